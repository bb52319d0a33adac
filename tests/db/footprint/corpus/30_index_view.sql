create index on book (title)
-- misses: index public.book_title_idx1: that the first name is taken, the catalog knows
-- says: CREATE INDEX: index public.book_title_idx1: the same
-- claims: index public.book_title_idx: the same

create index on book (author_id); create index on book (author_id)

create index book_by_price on book (price desc nulls last) where price > 0

create index if not exists book_title_idx on book (title)
-- claims: index public.book_title_idx: IF NOT EXISTS, and it does

create unique index on member (lower(name), (id % 10))

create index on book using gin (tags)

create index on public.book (full_title(title, subtitle), slug(title), title)

create index on book (title) include (price, pages)

create index on book ((title || ' '), (price * 2), (case when pages > 1 then 1 end), (pages::text), (coalesce(pages, 1)))

create index on book (title collate "C" text_pattern_ops desc)
-- misses: index public.book_title_idx1: that the first name is taken, the catalog knows
-- says: CREATE INDEX: index public.book_title_idx1: the same
-- claims: index public.book_title_idx: the same

create index on loans.loan (due, due)

create index on archive.event (kind)
-- misses: index archive.event_old_kind_idx: partitions are known to the catalog
-- misses: index archive.event_default_kind_idx: partitions are known to the catalog

create index on only archive.event (kind)

create index on stock (copies)

create index on "Odd Name" ("select")

create index concurrently book_pages_idx on book (pages)
-- outside

drop index concurrently book_title_idx
-- outside

drop index book_title_idx

drop index if exists public.book_slug, loans.loan_due_idx cascade

drop index if exists nothing_here
-- claims: index public.nothing_here: IF EXISTS, and it does not

alter index book_title_idx rename to title_of_book

alter index if exists loans.loan_due_idx rename to due

alter index book_title_idx set (fillfactor = 80)

alter index book_slug alter column 1 set statistics 100

-- setup: create index on only archive.event (kind); create index old_kind on archive.event_old (kind)
alter index archive.event_kind_idx attach partition archive.old_kind
-- claims: index archive.event_kind_idx: the server notes it at the part alone

cluster book using book_title_idx
-- claims: table public.book: the mark is on the index

reindex table book

create view cheap as select * from book where price < 5
-- misses: table column public.cheap / *: what the star stands for, the catalog knows

create view cheap (a, b) as select id, title from book

create or replace view cheap as select id, title from book

create or replace view plain_members as select id, name, email from member
-- claims: table column public.plain_members / id: whether a column is new, only the catalog knows
-- claims: table column public.plain_members / name: the same

-- claims: table column public.plain_members / id: whether a column is new, only the catalog knows
-- claims: table column public.plain_members / name: the same
create or replace view plain_members as select id, name from member where id > 0

create view loans.mine with (security_barrier) as select * from loans.late where member_id = 1 with check option
-- misses: table column loans.mine / *: what the star stands for, the catalog knows

create recursive view mentors (id, up) as select id, mentor from member union all select m.id, t.up from member m join mentors t on t.id = m.mentor

create temporary view cheap as select id from book

create temp table tmp (a int); create view on_tmp as select a from tmp

create view named as select 1, 'x'::text, now(), max(price), count(*) as n, coalesce(max(title), '') from book

alter view plain_members rename to members_view

alter view plain_members rename column name to full_name

alter view plain_members alter column name set default 'x'

alter view plain_members set (security_barrier = true)

alter view plain_members owner to librarian

alter view loans.late set schema archive

alter view if exists plain_members set schema archive

alter table plain_members rename to members_view

drop view catalogue

drop view if exists catalogue, loans.late cascade

create materialized view prices as select price, count(*) as n from book group by price

create materialized view if not exists archive.prices (p, n) as select price, count(*) from book group by price with no data

create materialized view stock2 as select * from stock
-- misses: table column public.stock2 / *: what the star stands for, the catalog knows

refresh materialized view stock
-- says: REFRESH MATERIALIZED VIEW: materialized view public.stock: its rows change

alter materialized view stock rename to inventory

alter materialized view stock rename column copies to n

alter materialized view stock set schema archive
-- misses: index *: whose indexes they are, the catalog knows

alter materialized view stock owner to librarian
-- misses: index *: whose indexes they are, the catalog knows

alter materialized view stock alter column copies set statistics 10

drop materialized view stock

create rule no_insert as on insert to plain_members do instead nothing

create or replace rule member_keep as on delete to member where old.id < 10 do instead nothing

create rule log_copy as on update to copy do also insert into scratch values (old.number, new.shelf)

alter rule member_keep on member rename to keep

drop rule member_keep on member

drop rule if exists member_keep on public.member cascade

create statistics on pages, price from book
-- from: 16

create statistics (ndistinct, mcv) on title, (price * 2) from book
-- from: 16

create statistics archive.st on pages, price from book

create statistics if not exists book_stat on pages, price from book
-- claims: statistics object public.book_stat: IF NOT EXISTS, and it does

alter statistics book_stat rename to st

alter statistics book_stat set schema archive

alter statistics book_stat owner to librarian

alter statistics book_stat set statistics 200

drop statistics book_stat

drop statistics if exists book_stat, nothing
-- claims: statistics object public.nothing: IF EXISTS, and it does not
