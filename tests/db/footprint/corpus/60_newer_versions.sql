-- from: 15
create table shelf (a int unique nulls not distinct)

-- from: 15
-- setup: create access method heap2 type table handler heap_tableam_handler
alter table archive.loose set access method heap2

-- from: 15
create view short_titles with (security_invoker = true) as select title from book

-- from: 15
alter view catalogue set (security_invoker = true)

-- from: 15
create publication cheap for table book (id, price) where (price < 10)

-- from: 15
-- setup: create publication loaned for tables in schema loans
alter publication loaned add table book

-- from: 16
-- setup: alter table book alter column title set storage external
alter table book alter column title set storage default

-- from: 17
alter table book alter column full_title set expression as (title)

-- from: 17
-- setup: create access method heap2 type table handler heap_tableam_handler; create table archive.odd (a int) using heap2
alter table archive.odd set access method default

-- from: 17
-- from: 18
create table v (a int, b int generated always as (a * 2) virtual, c int generated always as (a * 3))

-- from: 18
alter table book add column doubled numeric generated always as (price * 2) virtual

-- from: 18
-- setup: alter table archive.loose add column doubled real generated always as (weight * 2)
alter table archive.loose alter column doubled set expression as (weight * 3)

-- from: 18
alter table archive.loose add constraint loose_id_there not null id

-- from: 18
alter table archive.loose add constraint loose_id_there not null id not valid

-- from: 18
alter table archive.loose add not null id

-- from: 18
-- setup: alter table archive.loose add constraint loose_id_there not null id not valid
alter table archive.loose validate constraint loose_id_there

-- from: 18
alter table archive.item add constraint item_id_there not null id
-- misses: table column archive.box / id: it goes down to an heir that only the catalog knows
-- misses: table constraint archive.box / item_id_there: so does the constraint

-- from: 18
alter table archive.item add constraint item_id_there not null id no inherit

-- from: 18
-- setup: alter table archive.item add constraint item_id_there not null id
alter table archive.item alter constraint item_id_there no inherit

-- from: 18
alter table book add column place text constraint place_there not null

-- from: 18
create table t (a int constraint a_there not null, constraint b_there not null b, b int)

-- from: 18
create table t (a int, b int, constraint b_there not null b no inherit)

-- from: 18
-- setup: alter table archive.loose add constraint loose_id_there not null id
alter table archive.loose drop constraint loose_id_there
-- misses: table column archive.loose / id: which column it is about, the catalog knows

-- from: 18
-- setup: alter table archive.loose add constraint loose_id_there not null id
alter table archive.loose rename constraint loose_id_there to loose_id_is_there

-- from: 18
-- setup: alter table archive.loose add constraint loose_id_there not null id
comment on constraint loose_id_there on archive.loose is 'x'

-- from: 18
alter table book add constraint thin check (pages < 10000) not enforced

-- from: 18
alter table book add constraint by foreign key (author_id) references author not enforced

-- from: 18
alter table book alter constraint book_author_id_fkey not enforced

-- from: 18
create table stay (room int4range, during daterange, primary key (room, during without overlaps))

-- from: 18
create table stay (room int4range, during daterange, constraint once unique (room, during without overlaps))

-- from: 18
-- setup: create table room (id int4range, during daterange, primary key (id, during without overlaps))
create table stay (room int4range, during daterange, foreign key (room, period during) references room (id, period during))

-- from: 18
create foreign table archive.near (like book including all) server branch
-- misses: statistics object archive.near_title_pages_stat: and what statistics
-- says: CREATE STATISTICS: statistics object archive.near_title_pages_stat: and what statistics
-- misses: table column archive.near / *: what columns book has, the catalog knows
-- misses: table constraint archive.near / *: and what constraints

-- from: 17
alter domain isbn add constraint isbn_there not null

-- from: 17
create domain zip as text constraint zip_there not null

-- from: 18
create table shelf (a int constraint a_there not null, b int null)

-- from: 18
create table shelf (a int); alter table shelf add constraint a_there not null a no inherit

-- from: 18
create table shelf (a int); create table heir () inherits (shelf); alter table shelf add constraint a_there not null a
