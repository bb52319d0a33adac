-- A freight company: what the statements of corpus.sql use.
create schema fleet;
create schema ledger;
create schema tools;
set search_path = public, fleet;

create type public.parcel_state as enum ('booked', 'moving', 'delivered', 'lost');
create type fleet.fuel as enum ('diesel', 'electric');
create type public.place as (street text, town text, zip text);
create domain public.weight_kg as numeric(10, 3) check (value > 0);
create domain ledger.cents as bigint;
create type public.money_range as range (subtype = numeric);
create collation tools.by_number (provider = icu, locale = 'en-u-kn-true');
create text search configuration tools.plain (copy = simple);

create sequence ledger.voucher_no;
create sequence public.label_no;

create function tools.slug(t text) returns text language sql immutable return lower(replace(t, ' ', '-'));
create function tools.is_zip(t text) returns boolean language plpgsql immutable as 'begin return length(t) = 5; end';
create function public.add_tax(amount numeric, rate numeric default 0.2) returns numeric language sql immutable return amount * (1 + rate);
create function public.touch_row() returns trigger language plpgsql as 'begin return new; end';
create function tools.days_between(a date, b date) returns integer language sql immutable return b - a;
create function tools.text_max(state text, value text) returns text language sql immutable return greatest(state, value);
create aggregate tools.longest(text) (sfunc = tools.text_max, stype = text);
create function tools.same_town(a public.place, b public.place) returns boolean language sql immutable return (a).town = (b).town;
create operator tools.=~= (leftarg = public.place, rightarg = public.place, function = tools.same_town);
create operator public.~<>~ (leftarg = public.place, rightarg = public.place, function = tools.same_town);
create function tools.text_to_place(t text) returns public.place language sql immutable return row(t, t, t)::public.place;

create table public.customer (
  id bigint generated always as identity primary key,
  name text not null,
  email text unique,
  address public.place,
  parent_id bigint references public.customer,
  tags text[] not null default '{}',
  settings jsonb not null default '{}',
  vip boolean not null default false,
  created_at timestamptz not null default now()
);
create table fleet.depot (
  id integer primary key,
  code text not null unique,
  town text not null,
  opened_on date
);
create table fleet.truck (
  id integer primary key,
  plate text not null unique,
  fuel fleet.fuel not null,
  depot_id integer references fleet.depot,
  bought_on date,
  capacity public.weight_kg
);
create table public.parcel (
  id bigint primary key,
  customer_id bigint not null references public.customer,
  truck_id integer references fleet.truck,
  state public.parcel_state not null default 'booked',
  weight public.weight_kg,
  price numeric(10, 2) not null,
  insured_for public.money_range,
  booked_at timestamptz not null default now(),
  delivered_at timestamptz,
  note text
);
create table public.scan (
  parcel_id bigint not null references public.parcel,
  depot_id integer not null references fleet.depot,
  scanned_at timestamptz not null,
  device text
) partition by range (scanned_at);
create table public.scan_2026 partition of public.scan for values from ('2026-01-01') to ('2027-01-01');
create table ledger.invoice (
  id bigint primary key,
  customer_id bigint not null references public.customer,
  amount ledger.cents not null,
  paid_at timestamptz
);
create table ledger.invoice_line (
  invoice_id bigint not null references ledger.invoice,
  line_no integer not null,
  parcel_id bigint references public.parcel,
  amount ledger.cents not null,
  primary key (invoice_id, line_no)
);
create table ledger.audit (
  at timestamptz not null default now(),
  who text not null default current_user,
  what text not null,
  row_data jsonb
);
create table public.depot_hours (
  depot_id integer not null references fleet.depot,
  weekday integer not null,
  opens time not null,
  closes time not null,
  primary key (depot_id, weekday)
);
create view public.open_parcel as
  select id, customer_id, truck_id, price, booked_at from public.parcel where state <> 'delivered';
create materialized view ledger.revenue as
  select customer_id, sum(amount) as total from ledger.invoice group by customer_id;
create function ledger.balance(customer bigint) returns numeric language sql stable
  begin atomic select coalesce(sum(amount), 0) from ledger.invoice where customer_id = customer; end;
create function fleet.trucks_of(depot integer) returns setof fleet.truck language sql stable
  begin atomic select * from fleet.truck where depot_id = depot; end;
create function public.bump() returns bigint language sql return nextval('public.label_no');
create procedure ledger.close_month(m date) language plpgsql as 'begin null; end';
