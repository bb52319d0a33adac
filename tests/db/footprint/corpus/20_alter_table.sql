alter table book add column shelf text

alter table public.book add shelf text not null default 'a', add column height numeric(5, 1) check (height > 0)

alter table book add column if not exists shelf varchar(10) unique

alter table book add column if not exists title text
-- claims: table column public.book / title: IF NOT EXISTS, and it does

alter table if exists book add column translator_id bigint references author

alter table book add column editor_id bigint constraint book_editor references author (id) on delete restrict deferrable

alter table copy add column serial_no bigserial

alter table copy add column line int generated always as identity

alter table book add column long_title text generated always as (title || coalesce(subtitle, '')) stored

alter table book add column cond condition, add column place address, add column code isbn

alter table book drop column notes

alter table book drop column if exists notes cascade

alter table book drop column if exists no_such_column
-- claims: table column public.book / no_such_column: IF EXISTS, and it does not

alter table book drop column isbn

alter table book drop column id cascade

alter table book alter column notes type text

alter table book alter notes set data type varchar(300), alter column pages type bigint

alter table member alter column email type text collate "C"

alter table copy alter column shelf type integer using shelf::integer

alter table book alter column price set default 10

alter table book alter column price drop default

alter table member alter card set default nextval('archive.box_no')

alter table book alter column notes set not null

alter table book alter column title drop not null

alter table book alter column full_title drop expression

alter table book alter column full_title drop expression if exists

alter table book alter column title set statistics 500

alter table book alter column title set (n_distinct = 5)

alter table book alter column title reset (n_distinct)
-- claims: table column public.book / title: resetting what was not set changes nothing

alter table book alter column title set storage external

alter table book alter column title set compression pglz

alter table member alter column id add generated always as identity

alter table loans.loan alter column id set generated always
-- says: ALTER SEQUENCE: sequence loans.loan_id_seq: with nothing to change

alter table loans.loan alter column id set increment by 5
-- says: ALTER TABLE: table loans.loan: the sequence is what changes

alter table loans.loan alter column id set generated always set start 7 restart

alter table loans.loan alter column id drop identity

alter table member alter column id drop identity if exists
-- claims: table column public.member / id: it has no identity
-- claims: sequence public.member_id_seq: it has no identity

alter table archive.loose add primary key (id)

alter table archive.loose add constraint loose_key primary key (id)

alter table archive.loose add unique (id, label)

alter table archive.loose add constraint u unique nulls not distinct (label) include (weight)
-- from: 15

alter table archive.loose add constraint e exclude using btree (label with =)

alter table archive.loose add check (weight > 0)

alter table archive.loose add constraint w check (weight > 0) not valid

alter table archive.loose add check (weight > id), add check (weight > id + 1), add check (label <> '')

alter table archive.loose add foreign key (id) references member

alter table archive.loose add constraint fk foreign key (id) references public.member (id) on delete cascade not valid

alter table archive.loose add constraint nn check (id is not null) no inherit

-- setup: create unique index loose_idx on archive.loose (id)
alter table archive.loose add constraint loose_unique unique using index loose_idx

-- setup: create unique index loose_idx on archive.loose (id); alter table archive.loose alter id set not null
alter table archive.loose add primary key using index loose_idx

alter table book drop constraint book_pages_positive

alter table book drop constraint if exists book_pages_positive cascade

alter table book drop constraint if exists nothing_there
-- claims: table constraint public.book / nothing_there: IF EXISTS, and it does not

alter table book drop constraint book_isbn_key

alter table loans.loan drop constraint loan_check
-- error

alter table loans.loan drop constraint loan_due_check

alter table loans.loan alter constraint loan_member deferrable initially deferred

-- setup: alter table archive.loose add constraint w check (weight > 0) not valid
alter table archive.loose validate constraint w

alter table book rename column notes to remarks

alter table book rename notes to "Remarks"

alter table if exists book rename column notes to remarks

alter table book rename constraint book_pages_positive to pages_positive

alter table book rename constraint book_isbn_key to one_isbn

alter table book rename to volume

alter table if exists public.book rename to volume

alter table nothing_here rename to something
-- error

alter table book set schema archive
-- misses: index *: whose indexes they are, the catalog knows
-- misses: sequence *: the same

alter table copy set schema archive
-- misses: index *: whose indexes they are, the catalog knows

alter table archive.loose set schema public

alter table book owner to librarian
-- misses: index *: whose indexes they are, the catalog knows
-- misses: sequence *: the same

alter table scratch set logged

alter table archive.loose set unlogged

alter table archive.loose set (fillfactor = 50, autovacuum_enabled = false)

alter table archive.loose reset (fillfactor)
-- claims: table archive.loose: resetting what was not set changes nothing

alter table archive.loose set without oids
-- says: ALTER TABLE: table archive.loose: nothing changes

alter table book cluster on book_title_idx
-- claims: table public.book: the mark is on the index

-- setup: alter table book cluster on book_title_idx
-- claims: table public.book: the mark is on the index, which the text does not name
-- misses: index public.book_title_idx: which index has the mark, the text does not say
alter table book set without cluster

alter table book disable trigger book_stamp

alter table book enable always trigger book_stamp

alter table book enable replica trigger book_stamp

alter table book disable trigger user
-- claims: table public.book: the switches are the triggers' own
-- misses: trigger public.book / book_stamp: which triggers there are, the text does not say

alter table member disable rule member_keep

alter table member enable always rule member_keep

alter table book enable row level security

alter table loans.loan disable row level security, force row level security

-- setup: alter table loans.loan force row level security
alter table loans.loan no force row level security

alter table book replica identity full

alter table member replica identity using index member_pkey

alter table book replica identity nothing

alter table archive.loose add parent_id int, add constraint parent_fk foreign key (parent_id) references member, alter column label set default 'none', drop column weight

alter table archive.box no inherit archive.item

-- setup: create table archive.heir (id integer, label text)
alter table archive.heir inherit archive.item

alter table archive.item add column colour text
-- misses: table column archive.box / colour: it goes down to an heir that only the catalog knows

alter table only archive.item add check (id > 0) no inherit

alter table archive.event attach partition archive.event_2030 for values from ('2030-01-01') to ('2031-01-01')
-- claims: table archive.event: the server notes it at the partition alone

alter table archive.event detach partition archive.event_old
-- claims: table archive.event: the server notes it at the partition alone

-- setup: create table home (street text, town text)
alter table home of address

-- setup: create table home of address
alter table home not of

alter foreign table far_book add column isbn text options (column_name 'i')

alter foreign table far_book alter column title options (add column_name 't')

alter foreign table far_book options (add schema_name 'x')

alter foreign table far_book drop column title

alter foreign table far_book rename column title to name

alter foreign table far_book rename to remote_book

alter foreign table far_book owner to librarian

alter table book add column a int, add column b int default 1, add unique (a, b), alter column title drop not null, drop column notes

alter table "Odd Name" add column "New Col" text

alter table "Odd Name" rename column "select" to "order"

alter table book alter column price type integer, alter column price set default 5, alter column price set not null

alter table member drop constraint member_mentor_fkey, add constraint member_mentor_fkey foreign key (mentor) references member on delete set null

alter table loans.loan add constraint loan_due_check2 check (due > '2010-01-01'), drop constraint loan_due_check

-- setup: create schema "Other"; create table "Other"."T" (a int)
alter table "Other"."T" add column "B" int unique

alter table book alter column tags set default array['x'], alter column state drop default

alter table U&"b\006fok" add column x int

alter table BOOK add column NewOne int

alter table book add column a_very_long_column_name_that_will_be_cut_off_at_sixty_three_bytes_for_sure int
