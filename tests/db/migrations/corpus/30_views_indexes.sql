create or replace view active_account as
    select id, tenant_id, email, full_name, phone from account where is_active;

create or replace view cheap_product as select p.id, p.name, c.name as category from product p left join category c on c.id = p.category_id where p.price < 10;

create view order_overview as
    with paid as (select order_id, sum(amount) as paid from billing.invoice where paid_on is not null group by order_id)
    select o.id, o.state, o.total, coalesce(paid.paid, 0) as paid, a.email
    from orders o left join paid on paid.order_id = o.id join account a on a.id = o.account_id;

create view recursive_category as
    with recursive tree (id, path) as (
        select id, name from category where parent_id is null
        union all
        select c.id, t.path || '/' || c.name from category c join tree t on t.id = c.parent_id
    ) select * from tree;

create recursive view numbers (n) as select 1 union all select n + 1 from numbers where n < 10;

create view everything as select * from orders o join order_item i on i.order_id = o.id;

create view order_lines as select o.*, i.line_no, i.quantity from orders o join order_item i on i.order_id = o.id;

create view app.latest_event as select distinct on (account_id) account_id, kind, at from event order by account_id, at desc;

create view billing.tax_total as select i.id, (t).label, sum((t).amount) as amount from billing.invoice i, unnest(i.taxes) t group by 1, 2;

create view ranked as select id, rank_of(priority) as r, row_number() over (partition by account_id order by placed_at) from orders where priority <<< 'high';

create view tenant_setting as
    select t.name as tenant, coalesce(a.name, s.name) as setting, coalesce(a.value, s.value) as value
    from tenant t cross join shared.setting s left join setting a on a.tenant_id = t.id and a.name = s.name;

create view who_is as select (home).town, (t.home).street from tenant t;

create view staff_orders with (security_barrier) as select id, total from orders where is_staff() with local check option;

create view sums as select currency, app.total(total) as total, count(*) filter (where state = 'paid') as paid from orders group by currency having app.total(total) > 0;

create view lateral_top as
    select a.id, l.id as order_id, l.total from account a
    left join lateral (select o.id, o.total from orders o where o.account_id = a.id order by o.total desc limit 3) l on true;

create view union_all as select 'account' as kind, id::text from account union all select 'product', id::text from product union select 'order', id::text from orders where exists (select 1 from order_item i where i.order_id = orders.id);

create view casts as select 'EUR'::currency as c, 'normal'::app.priority as p, '(a,b,de)'::address as a, null::shared.percent as x, array['low']::priority[] as l;

create view search_view as select id, ts_rank(search, to_tsquery('shared.shop_search', 'shoe')) from product where search @@ plainto_tsquery('shoe');

create view sorted_names as select name collate "natural" from product order by name collate shared.natural;

create view whole_row as select a as account, to_jsonb(o) as j from account a join orders o on o.account_id = a.id;

create view nested as select * from active_account where id in (select account_id from orders where state = 'paid');
create view nested_twice as select email from nested;

create view seq_state as select last_value, nextval('app.order_no') from app.order_no;

create view pref as select "userId", "Key" from "User Pref";

create materialized view product_stats as
    select p.id, count(i.order_id) as sold, max(o.placed_at) as last_sold
    from product p left join order_item i on i.product_id = p.id left join orders o on o.id = i.order_id group by p.id
    with no data;
create unique index product_stats_id on product_stats (id);
refresh materialized view product_stats;

create materialized view if not exists sales_by_day as select 1 as x;

refresh materialized view app.sales_by_day;

drop view active_account;

drop view billing.open_invoice, shared.tenant_summary;

drop materialized view sales_by_day;
create materialized view sales_by_day as select placed_at::date as day, sum(total) as total from orders group by 1;
create unique index on sales_by_day (day);

drop view if exists plain_category cascade;

create index on orders (state, placed_at desc nulls last) include (total);

create index account_email_trgm on account (lower(email::text) text_pattern_ops);

create unique index account_phone on account (shared.normalize_phone(phone)) where phone is not null and deleted_at is null;

create index orders_ship_town on orders (((ship_to).town));

create index product_tags_gin on product using gin (tags);
create index product_brin on product using brin (id) with (pages_per_range = 32);
create index product_hash on product using hash (sku);

create index orders_rank_idx on orders (rank_of(priority), total);

create index tax_idx on product (price_with_tax(price, currency)) where price_with_tax(price) > 10;

create index metadata_path on account ((metadata -> 'plan' ->> 'name'), (metadata ->> 'x'));

create index on account (email); create index on account (email); create index on account ((lower(email)), (upper(phone)));

create index if not exists account_live on account (id);

create index if not exists account_live2 on account (id);

create index concurrently account_name_idx on account (full_name);
-- outside

drop index concurrently product_name_lower;
-- outside

drop index product_name_lower, account_live;

drop index if exists nothing_here_idx;

reindex table account; reindex index orders_open_idx;

cluster account using account_created_idx;

create statistics state_priority (ndistinct, mcv) on state, priority from orders;
create statistics app.account_expr on lower(email), (metadata ->> 'x') from account;

alter statistics product_stat set statistics 500;
alter statistics product_stat rename to product_statistics;

drop statistics app.product_stat;

create trigger product_slug before insert or update of name, sku on product for each row when (new.price > 0) execute function set_updated_at();

create trigger order_paid after update on orders for each row when (old.state is distinct from new.state and new.state = 'paid') execute function shared.audit();
comment on trigger order_paid on orders is 'books';

create constraint trigger check_total after insert or update of total on orders deferrable initially deferred for each row execute function audit();

create trigger bulk after insert on order_item referencing new table as added for each statement execute function audit();

create trigger view_insert instead of insert on active_account for each row execute function audit();

create or replace trigger account_updated before update on account for each row execute function shared.set_updated_at('x');

create trigger event_audit after insert on event for each row execute function audit();

drop trigger account_updated on account;

drop trigger if exists none_such on account;

alter trigger orders_audit on orders rename to orders_log;

create rule insert_active as on insert to active_account do instead insert into account (tenant_id, email, full_name) values (new.tenant_id, new.email, new.full_name);

create or replace rule setting_keep as on delete to shared.setting where old.name = 'locked' do instead nothing;

create rule log_orders as on update to orders where new.total <> old.total do also insert into audit_log (what, row_data) values ('orders', to_jsonb(new));

drop rule setting_keep on shared.setting;

alter rule setting_keep on shared.setting rename to setting_guard;

create policy orders_own on orders for select to shop_app, shop_ro using (account_id in (select id from account where tenant_id = current_tenant()));
alter table orders enable row level security;

create policy item_write on order_item as restrictive for insert with check (quantity > 0 and exists (select from orders o where o.id = order_id and o.state = 'draft'));

alter policy account_tenant on account to shop_app, shop_owner using (tenant_id = current_tenant() or is_staff()) with check (not is_active or deleted_at is null);

alter policy account_tenant on account rename to account_own_tenant;

drop policy account_tenant on account;

drop policy if exists no_policy on account;

create or replace view shared.tenant_summary as select t.id, t.name, count(a.id) as accounts, max(a.created_at) as newest from tenant t left join account a on a.tenant_id = t.id group by t.id;

create view with_tablesample as select id from orders tablesample system (10) where total > 5;

create view srf as select g, jsonb_array_elements(payload) from event, generate_series(1, 3) g where kind = 'x';

create view xml_and_json as select e.id, j.a from event e cross join lateral jsonb_to_record(e.payload) as j (a int, b text);

create view grp as select category_id, currency, grouping(currency), avg(price) from product group by cube (category_id, currency) order by 1;

create view aliased (a, b, c) as select x.one, x.two, y.id from (select id as one, name as two from tenant) x join account y on y.tenant_id = x.one;

create view using_join as select * from order_item join (select id as product_id, name from product) p using (product_id);

create view merged as select tenant_id, a.email, p.sku from account a join product p using (tenant_id) where p.price > (select avg(price) from product q where q.tenant_id = p.tenant_id);
