-- Intents: declared plans to run DDL.

create sequence coord.intent_no_seq as bigint;
comment on sequence coord.intent_no_seq is 'Numbers intents in the order of their registration';

create table coord.intent (
    id uuid not null default pg_catalog.gen_random_uuid(),
    intent_no bigint not null default pg_catalog.nextval('coord.intent_no_seq'),
    agent_id text not null,
    feature_name text not null,
    branch_name text not null,
    schema_changes text[] not null,
    tables_affected text[] not null,
    tables_declared text[] not null default '{}',
    search_path text[] not null,
    estimated_duration_ms bigint not null default 0,
    risk_level text not null default 'low',
    status text not null,
    status_before_conflict text,
    metadata jsonb not null default '{}',
    revision integer not null default 1,
    history_rows integer not null,
    history_hash bytea not null,
    pending_event jsonb,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    heartbeat_at timestamptz,
    constraint intent_pkey primary key (id),
    constraint intent_intent_no_key unique (intent_no),
    constraint intent_branch_name_key unique (branch_name),
    constraint intent_status_exists foreign key (status) references coord.status (status),
    constraint intent_agent_id_is_not_blank check (agent_id <> '' and agent_id = btrim(agent_id)),
    constraint intent_feature_name_is_not_blank
        check (feature_name <> '' and feature_name = btrim(feature_name)),
    constraint intent_has_schema_changes check (cardinality(schema_changes) > 0),
    constraint intent_risk_level_is_known check (risk_level in ('low', 'medium', 'high')),
    constraint intent_duration_is_not_negative check (estimated_duration_ms >= 0),
    constraint intent_metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),
    constraint intent_history_begins_with_the_intent check (history_rows >= 1),
    constraint intent_history_hash_is_sha256 check (octet_length(history_hash) = 32),
    constraint intent_pending_event_is_consumed check (pending_event is null)
);
alter sequence coord.intent_no_seq owned by coord.intent.intent_no;

create index intent_agent_id_idx on coord.intent (agent_id);
create index intent_status_idx on coord.intent (status);
create index intent_feature_name_idx on coord.intent (lower(feature_name));
create index intent_tables_affected_idx on coord.intent using gin (tables_affected)
    with (fastupdate = off);

comment on table coord.intent is
    'Declared plans to run DDL; written by the functions of this schema only';
comment on column coord.intent.intent_no is 'Order of registration';
comment on column coord.intent.agent_id is 'Who plans it: an AI agent or a person';
comment on column coord.intent.branch_name is 'feature/<slug>_NNN, allocated at registration';
comment on column coord.intent.schema_changes is 'The DDL, one statement per element';
comment on column coord.intent.tables_affected is 'Tables that the agent named or the DDL touches';
comment on column coord.intent.tables_declared is 'Those of them that the agent named';
comment on column coord.intent.search_path is 'The path that unqualified names were resolved with';
comment on column coord.intent.status_before_conflict is
    'The status that a conflicted intent returns to when its last open conflict is closed';
comment on column coord.intent.revision is 'Grows with every amendment';
comment on column coord.intent.history_rows is 'How many history rows the intent has';
comment on column coord.intent.history_hash is 'Hash of its latest history row';
comment on column coord.intent.pending_event is
    'Event, reason and actor on their way to the history trigger, which consumes them; '
    'a column and not a parameter, because any session could set a parameter';
comment on column coord.intent.heartbeat_at is 'When somebody last said that it is still alive';
