create sequence tickets

create sequence if not exists archive.tickets as smallint increment by 2 minvalue 5 start 7 cache 3 cycle

create sequence if not exists card_no
-- claims: sequence public.card_no: IF NOT EXISTS, and it does

create sequence tickets owned by book.pages

create temporary sequence tickets

alter sequence card_no increment by 5 no maxvalue

alter sequence card_no restart with 100

alter sequence card_no as smallint

alter sequence card_no owned by member.card

-- setup: alter sequence card_no owned by member.card
alter sequence card_no owned by none

alter sequence card_no rename to number_of_card

alter sequence archive.box_no set schema public

alter sequence if exists card_no owner to librarian

alter table card_no owner to librarian
-- says: ALTER TABLE: sequence public.card_no: the same
-- misses: sequence public.card_no: that it is a sequence, the catalog knows
-- claims: table public.card_no: the same

drop sequence archive.box_no

drop sequence if exists card_no cascade

create trigger copy_stamp before insert or update of shelf, bought on copy for each row when (new.number > 1) execute function stamp()

create or replace trigger book_stamp after update on book for each statement execute procedure public.stamp()

create constraint trigger later after insert on copy deferrable initially deferred for each row execute function stamp()

create trigger v instead of insert on plain_members for each row execute function stamp()

create trigger part after insert on archive.event referencing new table as fresh for each statement execute function public.stamp()

-- from: 15
create trigger each_row before insert on archive.event for each row execute function stamp()
-- misses: trigger archive.event_old / each_row: partitions are known to the catalog
-- misses: trigger archive.event_default / each_row: partitions are known to the catalog

alter trigger book_stamp on book rename to stamping

drop trigger book_stamp on book

drop trigger if exists loan_stamp on loans.loan cascade

drop trigger if exists nothing on book
-- claims: trigger public.book / nothing: IF EXISTS, and it does not

alter trigger book_stamp on book depends on extension plpgsql

create policy own on loans.loan using (member_id = 1)

create policy own on member as restrictive for update to reader, librarian using (id > 0) with check (email is not null)

alter policy loan_read on loans.loan to public

alter policy loan_read on loans.loan to auditor using (due > current_date)

alter policy loan_read on loans.loan with check (true)
-- error

alter policy loan_read on loans.loan rename to readers

drop policy loan_read on loans.loan

drop policy if exists loan_read on loans.loan

create event trigger other on sql_drop execute function on_ddl()

create event trigger tagged on ddl_command_start when tag in ('ALTER TABLE', 'DROP TABLE') execute function public.on_ddl()

alter event trigger note disable

alter event trigger note enable always

alter event trigger note rename to noting

alter event trigger note owner to postgres
-- claims: event trigger note: it is the owner already

drop event trigger note

create schema reading

create schema if not exists loans
-- claims: schema loans: IF NOT EXISTS, and it does

create schema reading authorization librarian create table room (id serial primary key, label text) create view rooms as select id, label from room create index on room (label) create sequence numbers grant select on rooms to reader

create schema authorization auditor

alter schema archive rename to old_archive

alter schema archive owner to librarian

drop schema if exists nothing_here
-- claims: schema nothing_here: IF EXISTS, and it does not

-- setup: create schema empty
drop schema empty

drop schema loans, archive cascade

grant select, insert on book to reader, librarian

grant all on table book, author to librarian with grant option

grant select (title, price), update (price) on book to auditor

grant insert, select (id) on member to auditor

revoke select on book from reader

revoke all privileges on book from reader cascade

revoke grant option for select on book from reader
-- claims: table public.book: it had none

grant usage on sequence card_no to reader

grant usage, create on schema archive to reader

grant execute on function slug(text), loans.overdue(date) to reader

revoke execute on function slug(text) from public

grant execute on procedure loans.close_all(date) to reader

grant execute on routine slug(text) to reader

grant usage on type condition to reader

revoke usage on domain isbn from public

grant usage on language plpgsql to reader

grant usage on foreign server branch to reader

grant usage on foreign data wrapper remote to reader

grant select on plain_members to reader

grant select on "Odd Name" to reader

alter default privileges in schema loans grant select on tables to reader

alter default privileges for role librarian grant execute on functions to reader

alter default privileges for role librarian in schema archive revoke insert on tables from reader
-- claims: default acl archive.on tables / librarian: there was nothing to take away

alter default privileges for role librarian grant usage on schemas to reader

comment on table book is 'Books'

comment on column book.title is 'Title'

comment on column public.book.price is null
-- claims: table column public.book / price: it had none

comment on constraint book_pages_positive on book is 'c'

comment on constraint isbn_length on domain isbn is 'c'

comment on index book_title_idx is 'i'

comment on view loans.late is 'v'

comment on materialized view stock is 'm'

comment on sequence card_no is 's'

comment on schema loans is 's'

comment on type condition is 't'

comment on domain isbn is 't'

comment on function slug(text) is 'f'

comment on procedure loans.close_all(date) is 'f'

comment on aggregate counted(integer) is 'f'

comment on operator === (address, address) is 'o'

comment on trigger book_stamp on book is 't'

comment on policy loan_read on loans.loan is 'p'

comment on rule member_keep on member is 'r'

comment on cast (condition as integer) is 'c'

comment on collation numeric_order is 'c'

comment on conversion to_latin is 'c'

comment on text search configuration words is 'c'

comment on text search dictionary plain is 'c'

comment on statistics book_stat is 's'

comment on event trigger note is 'e'

comment on publication shelf is 'p'

comment on server branch is 's'

comment on foreign data wrapper remote is 's'

comment on foreign table far_book is 's'

comment on column far_book.title is 's'

comment on column plain_members.name is 's'

comment on extension plpgsql is 's'

comment on language plpgsql is 's'

comment on operator family fam using btree is 's'

comment on column address.town is 'x'

create publication news for table copy, only member

create publication news for table book (id, title) where (price > 0) with (publish = 'insert')
-- from: 15

create publication news for all tables with (publish_via_partition_root)

create publication news for tables in schema loans
-- from: 15

alter publication shelf add table author, copy

alter publication shelf set table author
-- misses: publication relation public.book / shelf: what leaves, the catalog knows
-- claims: publication shelf: what leaves, the catalog knows

alter publication shelf drop table book

alter publication shelf set (publish = 'delete')

alter publication shelf rename to stand
-- misses: publication relation *: which tables are in it, the catalog knows

alter publication shelf owner to postgres
-- claims: publication shelf: it is the owner already

drop publication shelf

drop publication if exists shelf, everything

create foreign data wrapper other options (a 'b')

alter foreign data wrapper remote options (add x 'y')

alter foreign data wrapper remote rename to distant

drop foreign data wrapper remote cascade

create server if not exists other type 't' version '1' foreign data wrapper remote options (host 'x')

alter server branch version '2' options (add host 'y')

alter server branch rename to annex
-- misses: user mapping *: which mappings it has, the catalog knows

alter server branch owner to postgres
-- claims: server branch: it is the owner already

drop server branch cascade

create user mapping for public server branch options (u 'x')

create user mapping if not exists for librarian server branch

alter user mapping for reader server branch options (add u 'z')

drop user mapping for reader server branch

drop user mapping if exists for auditor server branch
-- claims: user mapping branch / auditor: IF EXISTS, and it does not

create foreign table archive.far (id int not null, title text options (x 'y') default 'a', check (id > 0)) server branch options (t 'x')

drop foreign table far_book

drop foreign table if exists far_book, nothing
-- claims: table public.nothing: IF EXISTS, and it does not

create extension if not exists plpgsql
-- claims: extension plpgsql: IF NOT EXISTS, and it does

alter extension plpgsql add function slug(text)

alter extension plpgsql add table scratch

set search_path = archive, public; create table fresh (a int); alter table fresh add b int

set search_path = archive; create table book (id int); alter table book add b int; create index on book (id)

select pg_catalog.set_config('search_path', 'archive', false); create table fresh (id serial)

begin; set local search_path = loans; create table a (i int); commit; create table b (i int)
-- outside

set schema 'loans'; create view v as select id from loan

prepare q as insert into scratch values (1); execute q

explain analyze create table copied as select id from book

explain create table copied as select id from book

do $$ begin create table from_block (id int); execute 'alter table book add column from_block int'; end $$

do $$ begin if exists (select from pg_class) then alter table book drop column notes; end if; end $$

insert into scratch values (1, 'x')

update book set price = 1

delete from scratch

truncate scratch

truncate book cascade

lock table book

call loans.close_all('2020-01-01')

analyze book

vacuum scratch
-- outside

reindex index book_title_idx

set work_mem = '1MB'

show work_mem

security label for none on table book is 'x'
-- error

create table x1 (id int); alter table x1 rename to x2; alter table x2 rename column id to no; create index on x2 (no); alter table x2 set schema archive; alter table archive.x2 add y int

create table x1 (id serial primary key, a int unique, check (a > 0)); alter table x1 drop column a; alter table x1 drop constraint x1_pkey

create table x1 (a int); create index on x1 (a); drop index x1_a_idx; create index on x1 (a)

create table x1 (a int check (a > 0)); alter table x1 drop constraint x1_a_check; alter table x1 add check (a > 5); alter table x1 add check (a > 6)

create view base_view as select id from book; create view upper_view as select id from base_view; drop view base_view cascade

alter table archive.loose rename to heavy; alter table archive.heavy rename column weight to mass; alter table archive.heavy add check (mass > 0)
-- claims: table column archive.heavy / weight: it was there under neither name at the end
