-- How intents that share an object find one another, and wait for one another.

create table coord.intent_key (
    intent_no bigint not null,
    key text not null,
    is_exclusive boolean not null,
    is_container boolean not null,
    is_active boolean not null,
    constraint intent_key_pkey primary key (intent_no, key),
    constraint intent_key_intent_exists
        foreign key (intent_no) references coord.intent (intent_no)
);
-- In another collation than the primary key, so that only this one can find intents by a key: the
-- planner may hold both for equally cheap while the table is small, and a session keeps its plan.
create index intent_key_active_idx
    on coord.intent_key (key collate "C", is_exclusive, intent_no) where is_active;
comment on table coord.intent_key is
    'Under which keys an intent is found by others: what they are is said in keys.py';
comment on column coord.intent_key.key is
    'A name in its namespace, a container (schema, database) or a feature name';
comment on column coord.intent_key.is_exclusive is
    'The intent changes what the key stands for; otherwise it only uses it, or is a member of it';
comment on column coord.intent_key.is_active is
    'The intent is active: only then do others find it';

create sequence coord.intent_footprint_version_seq as bigint;

create table coord.intent_footprint (
    intent_no bigint not null,
    version bigint not null default pg_catalog.nextval('coord.intent_footprint_version_seq'),
    touches json not null,
    constraint intent_footprint_pkey primary key (intent_no),
    constraint intent_footprint_intent_exists
        foreign key (intent_no) references coord.intent (intent_no)
);
alter sequence coord.intent_footprint_version_seq owned by coord.intent_footprint.version;
comment on table coord.intent_footprint is
    'What each intent touches, catalog included, as the detector wrote it when it looked last';
comment on column coord.intent_footprint.version is
    'Another number for every text, never used twice: sessions keep what they have read by it';

create table coord.lock_key (
    key text not null,
    holder xid8 not null,
    constraint lock_key_pkey primary key (key)
) with (fillfactor = 70);
comment on table coord.lock_key is
    'Rows that concurrent registrations lock, by updating them; no content worth keeping';
comment on column coord.lock_key.holder is 'Which transaction took it last: see coord._lock_holder()';

-- Several rows for each container, so that its members do not wait for one another; containers
-- share buckets, and all rows are there from the beginning, so that nobody waits for the first
-- registration in a schema to commit.
create table coord.lock_container (
    bucket smallint not null,
    shard smallint not null,
    holder xid8 not null,
    constraint lock_container_pkey primary key (bucket, shard)
) with (fillfactor = 50);
insert into coord.lock_container (bucket, shard, holder)
select bucket, shard, '0' from generate_series(0, 16) bucket, generate_series(0, 31) shard;
comment on table coord.lock_container is
    'Rows that stand for schemas (in buckets) and for the database (bucket 0): a member locks any '
    'free one, who changes the whole locks all';
comment on column coord.lock_container.holder is 'Which transaction took it last: see coord._lock_holder()';

create table coord.branch_counter (
    slug text not null,
    last_number integer not null,
    constraint branch_counter_pkey primary key (slug)
);
comment on table coord.branch_counter is 'The last number given to a branch of that slug';
