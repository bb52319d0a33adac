grant select, update (email, phone) on account to shop_ro;

-- misses: table *: the schema is named, not what is in it
grant all on all tables in schema billing to shop_owner;

grant select on product, category, app.orders to shop_ro with grant option;

revoke insert on orders from shop_app;

revoke all on shared.tenant from public, shop_ro;

-- misses: sequence *: the schema is named, not what is in it
grant usage, select on all sequences in schema app to shop_app;

grant usage on sequence billing.invoice_no to shop_app;

grant execute on function rank_of(priority), shared.is_staff() to shop_app;

-- misses: function *: the schema is named, not what is in it
grant execute on all functions in schema shared to shop_ro;

grant usage on type order_state, shared.currency to shop_ro;

grant usage on domain shared.email to shop_ro;

grant create, usage on schema stage to shop_owner;

grant usage on foreign server depot to shop_app;
grant usage on foreign data wrapper warehouse to shop_owner;

grant usage on language plpgsql to shop_app;

grant shop_ro to shop_app;

alter default privileges in schema app grant select on tables to shop_ro;

alter default privileges for role shop_owner grant execute on functions to shop_app;
alter default privileges for role shop_owner in schema billing grant usage on sequences to shop_app, shop_ro;

alter default privileges in schema app revoke select on tables from shop_ro;
-- setup: alter default privileges in schema app grant select on tables to shop_ro

comment on schema app is 'the shop';
comment on column orders.total is 'with tax';
comment on constraint orders_total_positive on orders is 'no debts';
comment on index orders_open_idx is 'to do';
comment on view active_account is 'who may log in';
comment on function rank_of(app.priority) is 'for sorting';
comment on type shared.currency is 'ISO 4217';
comment on domain email is 'an address';
comment on sequence order_no is 'from 1000';
comment on policy account_tenant on account is 'own rows';
comment on rule setting_keep on shared.setting is 'never';
comment on statistics app.product_stat is 'for the planner';
comment on publication shop_feed is 'to the web';
comment on server depot is 'north';
comment on materialized view sales_by_day is 'nightly';
comment on operator shared.<<< (priority, priority) is 'lower';
comment on aggregate app.total(numeric) is 'sum';
comment on procedure archive_orders(date) is 'cleans';
comment on collation shared.natural is 'numbers in order';
comment on text search configuration shop_search is 'English';
comment on event trigger guard is 'asks twice';
comment on trigger orders_audit on orders is 'who did it';
comment on foreign table stage.depot_stock is 'far away';
comment on constraint email_has_at on domain shared.email is 'at least';
comment on extension plpgsql is 'loops';

comment on table app.orders is null;

comment on table active_account is 'it is a view';
-- error

create publication billing_feed for table billing.invoice, billing.payment with (publish = 'insert, update');

-- from: 15
create publication rows_feed for table orders (id, state) where (id > 5), product;

create publication all_feed for all tables;
alter publication all_feed set (publish = 'insert');
alter publication all_feed rename to whole_feed;

alter publication shop_feed add table orders, app.order_item;

alter publication shop_feed drop table category;

alter publication shop_feed set table product;

drop publication shop_feed;

create server north foreign data wrapper warehouse options (host 'north');
create user mapping for shop_owner server north options (user 'n');
create foreign table stage.north_stock (sku text, n integer check (n >= 0)) server north;
alter server north options (set host 'south');

alter server depot version '2' options (add host 'depot.local');

alter user mapping for shop_app server depot options (add user 'x');

drop user mapping for shop_app server depot;

drop server depot cascade;

drop foreign table stage.depot_stock;

create foreign data wrapper csvs options (delimiter ';');
alter foreign data wrapper csvs options (set delimiter ',');
drop foreign data wrapper csvs;

alter server depot owner to shop_owner;
-- setup: grant usage on foreign data wrapper warehouse to shop_owner

drop schema stage cascade;

drop schema if exists nothing_there;

alter schema stage rename to inbox;
create table inbox.letter (id int);

alter schema billing owner to shop_owner;

create sequence app.counter as smallint increment 2 minvalue 2 start 2 cycle;
alter table product alter weight_g set default nextval('counter');

create sequence if not exists order_no;

create temp sequence scratch_no;

drop sequence shared.ticket_no;

drop sequence if exists app.account_id_seq cascade;

create extension if not exists citext with schema shared;
-- misses: *: what an extension brings, its script knows
-- says: *: the same

create extension pg_trgm schema public;
-- misses: *: what an extension brings, its script knows
-- says: *: the same

drop extension if exists pgcrypto;

alter extension plpgsql set schema public;
-- error

insert into country (code, name) values ('DE', 'Germany'), ('FR', 'France') on conflict (code) do update set name = excluded.name;
update account set country_code = 'DE' where phone like '+49%';
delete from audit_log where at < now() - interval '10 years';

-- from: 15
merge into app.setting s using shared.setting d on s.name = d.name when matched then update set value = d.value when not matched then insert (tenant_id, name, value) values (current_tenant(), d.name, d.value);

with moved as (delete from stage.import_row where error is null returning line, raw)
insert into event (account_id, kind, payload, at) select line, 'import', to_jsonb(raw), now() from moved;

lock table orders in share mode;
call archive_orders('2020-01-01');
select count(*) from product;

begin;
alter table tenant add column domain text unique;
update tenant set domain = slugify(name) || '.example.com';
alter table tenant alter column domain set not null;
commit;
-- outside

vacuum analyze account;
-- outside

analyze orders (state, total);

explain analyze update orders set note = 'x';

prepare by_id (bigint) as select * from orders where id = $1;
execute by_id (1);
deallocate by_id;

set session authorization default; set role none; show search_path;

notify changes, 'x'; listen changes; checkpoint;

create or replace procedure app.nightly() language plpgsql as $$
declare r record;
begin
    for r in select id from tenant loop
        execute format('refresh materialized view app.sales_%s', r.id);
    end loop;
    delete from session where expires < now();
    call archive_orders(current_date - 365);
    insert into event (kind, at, payload) select 'night', now(), jsonb_build_object('n', count(*)) from orders;
end $$;

drop owned by shop_ro;
-- misses: *: what a role owns and may do, the catalog knows

reassign owned by shop_app to shop_owner;

security label on table account is 'x';
-- error

alter table account add column plan_id integer;
create table plan (id serial primary key, code text not null unique, monthly numeric(8,2) not null check (monthly >= 0));
insert into plan (code, monthly) values ('free', 0), ('pro', 9);
update account a set plan_id = p.id from plan p, tenant t where t.id = a.tenant_id and p.code = t.plan;
alter table account add foreign key (plan_id) references plan;
create index on account (plan_id);
create or replace view account_plan as select a.id, a.email, p.code from account a left join plan p on p.id = a.plan_id;
grant select on account_plan to shop_ro;
alter table tenant drop column plan;

create table account_new (like account including defaults);
insert into account_new select * from account;
alter table account rename to account_old;
alter table account_new rename to account;
alter table account add primary key (id);

drop view active_account;
alter table account alter column email type varchar(320);
create view active_account as select id, tenant_id, email, full_name from account where is_active and deleted_at is null;

drop materialized view if exists sales_by_day;
alter table orders alter column total type numeric(16, 4);
create materialized view sales_by_day as select placed_at::date as day, currency, sum(total) as total from orders where state in ('paid', 'shipped') group by 1, 2;
create unique index sales_by_day_key on sales_by_day (day, currency);

create type app.order_state_new as enum ('draft', 'placed', 'paid', 'shipped', 'cancelled', 'returned');
drop materialized view sales_by_day;
drop index orders_open_idx;
alter table orders alter state drop default, alter state type order_state_new using state::text::order_state_new, alter state set default 'draft';
drop type order_state;
alter type order_state_new rename to order_state;

create table gadget (id bigserial primary key, name text);
alter table gadget rename to widget;
alter table widget rename column name to title;
alter sequence gadget_id_seq rename to widget_id_seq;
alter index gadget_pkey rename to widget_pkey;
create index on widget (title);
drop table widget;

create table t1 (id int primary key); create view v1 as select id from t1; create function f1() returns setof v1 language sql as 'select * from v1'; drop function f1(); drop view v1; drop table t1;

alter table orders add column approved_by bigint references account (id), add column approved_at timestamptz, add constraint orders_approval check ((approved_by is null) = (approved_at is null));
create policy orders_approve on orders for update using (approved_by is null) with check (approved_by is not null);
create function approve(o bigint, who bigint) returns void language sql begin atomic
    update orders set approved_by = who, approved_at = now() where id = o and state = 'placed';
end;

set search_path = shared, app;
create table setting2 (like setting including all);
create view which_setting as select name, value from setting;
alter table setting add column note text;

set search_path = app, shared;
create view both_setting as select s.name, t.name as tname from setting s, shared.setting t where s.value = t.value;
create function read_setting(n text) returns jsonb language sql stable begin atomic select value from setting where name = n; end;

create function shared.rank_of(p app.priority) returns integer language sql immutable return 1;
create view by_rank as select rank_of(priority) from orders;

-- misses: table * app.orders / *: a name means what the script has made under it
create table shared.orders (id bigint primary key, legacy text);
alter table orders add column legacy_id bigint references shared.orders;
create view shared.legacy as select o.id, s.legacy from orders o join shared.orders s on s.id = o.legacy_id;

alter table billing.payment add column fee numeric(12,2) default shared.price_with_tax(0.3), add check (fee < amount), alter method drop default, alter received_at type date using received_at::date;
create index payment_day on billing.payment (received_at, (amount - fee));

alter table only orders add column if not exists channel text collate "C" default 'web' not null constraint channel_known check (channel in ('web', 'app'));

create view colcheck as select country.name, vat from country where vat > (select max(rate) from billing.invoice i cross join lateral unnest(i.taxes));

create function app.json_order(o bigint) returns jsonb language sql stable begin atomic
    select jsonb_build_object('order', to_jsonb(x), 'items', (select jsonb_agg(i) from order_item i where i.order_id = x.id)) from orders x where x.id = o;
end;

create index event_payload on event using gin (payload jsonb_path_ops) where kind = 'click';
create statistics event_stat on kind, account_id from event;
alter table event_rest add constraint rest_kind check (kind <> 'x');

create trigger tenant_touch before update on tenant for each row execute function shared.set_updated_at(); alter table tenant add column updated_at timestamptz; alter table tenant disable trigger user;

drop table if exists app.wish cascade; drop view if exists app.wishes; drop index if exists app.wish_idx; drop sequence if exists wish_seq; drop function if exists wish(); drop type if exists wish_t; drop trigger if exists w on orders; drop policy if exists w on orders; drop rule if exists w on orders;

alter table billing.invoice alter column id drop default; drop sequence billing.invoice_no; alter table billing.invoice alter column id add generated by default as identity (start with 1000);

create or replace view billing.open_invoice as select i.id, i.number, i.amount, o.account_id, i.due_on from billing.invoice i left join orders o on o.id = i.order_id where i.paid_on is null and i.amount > 0;

alter table account drop constraint account_country_code_fkey; drop table country; create table country (code char(2) primary key, label text not null); alter table account add constraint account_country_fk foreign key (country_code) references country not valid;
