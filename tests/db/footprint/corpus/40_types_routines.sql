create type mood as enum ('sad', 'happy')

create type archive.mood as enum ()

alter type condition add value 'lost'

alter type condition add value if not exists 'fair' before 'worn'

alter type condition add value if not exists 'good'
-- claims: type public.condition: IF NOT EXISTS, and it does

alter type condition rename value 'worn' to 'used'

alter type condition rename to state_of_book
-- misses: *: they are called by the names of their argument types

alter type condition set schema archive
-- misses: *: they are called by the names of their argument types

alter type condition owner to librarian

drop type loans.state cascade

drop type if exists nothing_here
-- claims: type public.nothing_here: IF EXISTS, and it does not

drop type address cascade

create type point3 as (x float8, y float8, z condition)

alter type address add attribute country text

alter type address add attribute country text cascade, drop attribute street

alter type address alter attribute town type varchar(100) cascade
-- error

alter type address rename attribute town to city

alter type address rename attribute town to city cascade

alter type address rename to postal
-- misses: *: they are called by the names of their argument types

alter type address set schema archive
-- misses: *: they are called by the names of their argument types

alter type address owner to librarian

create type span as range (subtype = date)

create type price_range as range (subtype = numeric, multirange_type_name = price_ranges)

create type archive.cond_range as range (subtype = condition)

drop type page_range

create type shell

create domain zip as text

create domain archive.zip as text collate "C" default '00000' not null check (length(value) = 5) check (value ~ '^\d+$')

create domain zip as isbn constraint z check (slug(value) <> '')

alter domain isbn set default '0000000000'

alter domain isbn drop default
-- claims: type public.isbn: it has none

alter domain isbn set not null

alter domain loans.fine add check (value < 1000)
-- misses: domain constraint loans.fine / fine_check1: that the first name is taken, the catalog knows
-- claims: domain constraint loans.fine / fine_check: the same

alter domain loans.fine add constraint cap check (value < 1000) not valid

-- setup: alter domain loans.fine add constraint cap check (value < 1000) not valid
alter domain loans.fine validate constraint cap

alter domain isbn drop constraint isbn_length

alter domain isbn drop constraint if exists nothing
-- claims: domain constraint public.isbn / nothing: IF EXISTS, and it does not

alter domain isbn rename constraint isbn_length to len

alter domain isbn rename to book_no
-- misses: table column public.book / isbn: its type has another name

alter domain isbn owner to librarian

alter domain isbn set schema archive
-- misses: table column public.book / isbn: its type has another name

drop domain isbn cascade

create function f() returns int language sql as 'select 1'

create function f(a int, b text, out c int, inout d numeric default 1, variadic e text[] default '{}') language plpgsql as 'begin end'

create function archive.f(condition, condition[], address, book, loans.fine) returns setof book language sql as 'select * from book'

create or replace function slug(t text) returns text language sql immutable as 'select upper(t)'

create or replace function slug(t text) returns text language sql stable strict parallel safe cost 5 as 'select upper(t)'

create function t(x book.title%type, timestamp(3) with time zone, varchar(10), "char", bit varying, double precision, time, interval) returns table (a int, b text) language sql as 'select 1, null'
-- misses: function public.t(text,timestamp with time zone,character varying,"char",bit varying,double precision,time without time zone,interval): the column's type is in the catalog
-- says: CREATE FUNCTION: function public.t(text,*: the same
-- claims: function public.t(public.book.title%type,timestamp with time zone,character varying,"char",bit varying,double precision,time without time zone,interval): the column's type is in the catalog

create function f(a int) returns int language sql begin atomic select a + 1; end

create function f(a int) returns int return a + 1

create function on_copy() returns trigger language plpgsql set search_path = archive as 'begin insert into event values (1, now()); return new; end'

create procedure p(a int, inout b text) language plpgsql as 'begin end'

create procedure loans.p(in a int, variadic b int[]) language sql as 'select 1'

create or replace procedure loans.close_all(d date) language sql as 'select 2'

create aggregate longest(text) (sfunc = textcat, stype = text)

create aggregate ordered(float8 order by text) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final)
-- error

create or replace aggregate counted(integer) (sfunc = plus_one, stype = integer, initcond = '5')

create aggregate old_style (basetype = text, sfunc = textcat, stype = text)

create aggregate every_row(*) (sfunc = int8inc, stype = int8, initcond = '0')

alter function slug(text) immutable
-- claims: function public.slug(text): it is already

alter function slug(text) stable strict security definer leakproof parallel safe cost 7

alter function slug(text) set search_path = public, archive

alter function slug set work_mem = '8MB'
-- misses: function public.slug(text): which function of the name it is, the catalog knows
-- claims: function public.slug: the same
-- says: ALTER FUNCTION: function public.slug(text): the same

alter function loans.overdue(date) rename to is_late

alter function loans.overdue(date, integer) set schema archive

alter function slug(text) owner to librarian

alter routine slug(text) rename to make_slug

alter procedure loans.close_all(date) owner to librarian

alter procedure loans.close_all(date) security definer

alter aggregate counted(integer) rename to counter

alter aggregate counted(integer) owner to librarian

drop function loans.overdue(date)

drop function if exists loans.overdue(date, int4), nothing(int)
-- claims: function public.nothing(integer): IF EXISTS, and it does not

drop function full_title cascade
-- misses: function public.full_title(text,text): which function of the name it is, the catalog knows
-- claims: function public.full_title: which function of the name it is, the catalog knows

create function once(a int) returns int language sql as 'select 1'; alter function once rename to twice; drop function twice

drop procedure loans.close_all(date)

drop routine loans.close_all(date)

drop aggregate counted(integer)

drop function nothing_here()
-- error

create operator <<>> (leftarg = text, rightarg = text, function = texteq)

create operator archive.!! (rightarg = address, function = slug_address)
-- error

-- setup: create function neg(address) returns boolean language sql as 'select true'
create operator archive.!! (rightarg = address, function = neg)

alter operator === (address, address) set (restrict = eqsel)

alter operator === (address, address) owner to librarian

alter operator === (address, address) set schema archive

drop operator === (address, address)

create operator class cond_ops for type condition using hash as operator 1 = (anyenum, anyenum), function 1 hashenum(anyenum)

create operator class archive.addr_ops for type address using btree family fam as operator 3 ===

create operator family archive.fam2 using hash

alter operator family fam using btree add operator 3 === (address, address)

alter operator family fam using btree rename to fam2

alter operator family fam using btree owner to librarian

alter operator family fam using btree set schema archive

drop operator family fam using btree

-- setup: create operator class cond_ops for type condition using hash as operator 1 = (anyenum, anyenum), function 1 hashenum(anyenum)
alter operator class cond_ops using hash rename to c_ops

-- setup: create operator class cond_ops for type condition using hash as operator 1 = (anyenum, anyenum), function 1 hashenum(anyenum)
drop operator class cond_ops using hash

create cast (loans.state as integer) with function state_no(loans.state)
-- error

create cast (address as text) with inout as assignment

drop cast (condition as integer)

drop cast if exists (address as int)
-- claims: cast (public.address AS integer): IF EXISTS, and it does not

create function to_sql(internal) returns internal language internal immutable as 'int4'
-- error

create conversion archive.conv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8

create default conversion conv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8

alter conversion to_latin rename to latin

alter conversion to_latin set schema archive

alter conversion to_latin owner to librarian

drop conversion to_latin

create collation german (locale = 'C')

create collation if not exists archive.c2 from "C"

alter collation numeric_order rename to by_number

alter collation numeric_order refresh version
-- claims: collation public.numeric_order: it is up to date

alter collation numeric_order owner to librarian

alter collation numeric_order set schema archive

drop collation numeric_order

create text search configuration archive.cfg (parser = pg_catalog."default")

alter text search configuration words alter mapping for asciiword with plain

alter text search configuration words add mapping for tag with simple, plain

alter text search configuration words drop mapping if exists for url, email

alter text search configuration words rename to w

alter text search configuration words set schema archive

alter text search configuration words owner to librarian

drop text search configuration words

create text search dictionary archive.d (template = snowball, language = 'english')

alter text search dictionary plain (accept = false)

alter text search dictionary plain rename to p

drop text search dictionary plain

create text search parser tsp (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)

create text search template tst (lexize = dsimple_lexize, init = dsimple_init)

-- setup: create text search template tst (lexize = dsimple_lexize)
alter text search template tst set schema archive

-- setup: create text search parser tsp (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)
drop text search parser tsp

create language other handler plpgsql_call_handler

create or replace trusted language other handler plpgsql_call_handler inline plpgsql_inline_handler validator plpgsql_validator

-- setup: create language other handler plpgsql_call_handler
alter language other rename to another

-- setup: create language other handler plpgsql_call_handler
drop language other

create access method heap2 type table handler heap_tableam_handler

-- setup: create access method heap2 type table handler heap_tableam_handler
drop access method heap2
