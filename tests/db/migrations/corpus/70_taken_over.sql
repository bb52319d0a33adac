create table app.account_copy (like account including all); create table stage.product_like (like product including constraints, note text);

create table app.order_archive () inherits (orders); create table stage.tenants (like shared.tenant including storage, extra shared.email collate shared.natural); create table stage.tenants2 (like stage.tenants);

create table app.parcel (id bigint, at date not null, state order_state default 'draft', paid shared.percent) partition by range (at); create table app.parcel_2025 partition of app.parcel for values from ('2025-01-01') to ('2026-01-01'); create table app.parcel_rest partition of app.parcel default;

create view some_accounts as select * from account tablesample system (10); create table stage.sample as select a.*, c.name as country from account a tablesample bernoulli (5) repeatable (1) join country c on c.code = a.country_code;

create type stage.mood as enum ('good', 'bad'); create table stage.diary (day date primary key, mood stage.mood, old text); alter table stage.diary alter mood set default 'good'; alter table stage.diary alter old type stage.mood using old::stage.mood; create table stage.diary2 (like stage.diary);

alter table orders alter column priority set default 'high', alter currency set default 'EUR';

alter domain shared.email add constraint short_email check (length(value) < 200); alter domain shared.email rename constraint short_email to brief_email; alter domain shared.email drop constraint brief_email; alter domain shared.email add constraint short_email check (length(value) < 100) not valid; alter domain shared.email validate constraint short_email;

create domain stage.code as text check (value <> ''); alter domain stage.code add check (length(value) < 9); alter domain stage.code drop constraint code_check1; alter domain stage.code rename constraint code_check to code_filled; alter domain stage.code add check (value <> 'x');

alter table stage.base_item add constraint label_short check (length(label) < 50); alter table stage.base_item rename constraint label_short to label_brief; alter table stage.base_item rename constraint label_brief to label_not_long;

alter table event add constraint kind_known check (kind in ('view', 'click')); alter table event rename constraint kind_known to kind_is_known; alter table event drop constraint kind_is_known;

create function stage.f1(a int) returns int language sql return a; create function stage.f2() returns int language sql return 1; create procedure stage.p1() language sql as 'select 1'; create aggregate stage.agg(int) (sfunc = int4pl, stype = int); grant execute on all functions in schema stage to shop_app; revoke execute on all procedures in schema stage from public; grant execute on all routines in schema stage to shop_ro;

create table app.session2 (like app.session including all); drop table app.session; create table app.session (token uuid primary key, account_id bigint unique); alter table app.session drop constraint session_pkey; alter table app.session add primary key (token);

alter function price_with_tax(numeric, shared.percent) set search_path = app, shared; alter function shared.is_staff() set work_mem = 65536; alter function shared.slugify set extra_float_digits to 2; alter function shared.slugify reset all;

alter table orders disable trigger all; alter table account disable trigger user;

alter table order_no owner to shop_owner; alter table shared.ticket_no set schema stage; alter table orders_account_idx rename to orders_of_account; alter table active_account owner to shop_owner; alter table sales_by_day set schema shared; alter table stage.depot_stock rename to depot_store;

create table if not exists orders (id bigint primary key, state order_state); create table if not exists app.fresh (id bigint primary key, state order_state);

drop table stage.import_row; create table stage.import_row (line integer primary key); create index on stage.import_row (line); drop table stage.import_row; create table stage.import_row (line integer primary key); create index on stage.import_row (line);

create table stage.part (id int primary key, label text); create view stage.part_list as select id, label from stage.part; create view stage.part_count as select count(*) as parts from stage.part_list; alter table stage.part rename to piece; alter view stage.part_list rename to piece_list; alter table stage.piece rename column label to title; drop view stage.piece_list cascade; drop table stage.piece;

create table stage.head (id int primary key); create table stage.line (id int primary key, head int references stage.head, other int constraint line_other references stage.head deferrable); alter table stage.head rename to top; create table stage.head (id int primary key); alter table stage.line add constraint line_new foreign key (id) references stage.head; drop table stage.top cascade; drop table stage.head cascade;

create table stage.log (at date not null, what text) partition by range (at); create table stage.log_1 partition of stage.log for values from ('2025-01-01') to ('2026-01-01'); create table stage.log_2 partition of stage.log default; create trigger log_stamp before insert on stage.log for each row execute function shared.set_updated_at(); create trigger own_stamp before insert on stage.log_1 for each row execute function shared.set_updated_at(); alter table stage.log detach partition stage.log_1; drop trigger log_stamp on stage.log; drop trigger own_stamp on stage.log_1;

-- misses: table constraint stage.uses_it / uses_it_parted_fkey*: a constraint for each partition, which versions call differently
create table stage.parted (id int primary key) partition by hash (id); create table stage.parted_0 partition of stage.parted for values with (modulus 1, remainder 0); create table stage.uses_it (parted int references stage.parted);

alter table order_item alter line_no type bigint, alter product_id type integer; alter table billing.payment alter id type integer;

create table stage.kept (id serial primary key, code varchar(10) unique, n int check (n > 0), c char(2) references shared.country, d date); create index on stage.kept (n, code); create index on stage.kept (lower(code)); create index on stage.kept (d) where n > 1; alter table stage.kept alter id type bigint, alter code type text, alter n type smallint, alter d type timestamptz; alter table stage.kept alter code type varchar(30), alter c type char(2), alter n type smallint;

create table stage.flight (id bigserial primary key, name varchar(255) not null, no int generated always as identity); alter table stage.flight alter column name type text, alter column name set not null, alter column name drop default, alter column name drop identity if exists; alter table stage.flight alter id drop identity if exists, alter no drop identity if exists;
