-- The append-only history: one hash chain per intent.

create sequence coord.intent_history_id_seq as bigint;

create table coord.intent_history (
    id bigint not null default pg_catalog.nextval('coord.intent_history_id_seq'),
    intent_id uuid not null,
    intent_row integer not null,
    event text not null,
    old_status text,
    new_status text not null,
    conflict_id bigint,
    details jsonb not null default '{}',
    reason text,
    changed_by text not null,
    session_role text not null,
    changed_at timestamptz not null,
    previous_hash bytea,
    row_hash bytea not null,
    constraint intent_history_pkey primary key (id),
    constraint intent_history_intent_row_key unique (intent_id, intent_row),
    constraint intent_history_intent_exists foreign key (intent_id) references coord.intent (id),
    constraint intent_history_first_row_begins_the_chain
        check ((intent_row = 1) = (previous_hash is null)),
    constraint intent_history_first_row_has_no_old_status
        check ((intent_row = 1) = (old_status is null)),
    constraint intent_history_row_hash_is_sha256 check (octet_length(row_hash) = 32)
);
alter sequence coord.intent_history_id_seq owned by coord.intent_history.id;

comment on table coord.intent_history is
    'Everything that happened to an intent, append-only, each row hashed with the one before it';
comment on column coord.intent_history.intent_row is 'Position in the chain of its intent';
comment on column coord.intent_history.event is
    'registered, transition, amended, rechecked, reviewed, or what a site calls its own';
comment on column coord.intent_history.changed_by is
    'The acting agent as given, else the session''s user';
comment on column coord.intent_history.session_role is
    'The role that really acted: the session''s user, or what it SET ROLE to';
comment on column coord.intent_history.row_hash is
    'SHA-256 over a canonical encoding of the row and the previous hash';

-- What is left of history that was exported and removed: its hashes, so that digests taken before
-- still verify.
create table coord.archived_history (
    id bigint not null,
    intent_id uuid not null,
    intent_row integer not null,
    row_hash bytea not null,
    archived_at timestamptz not null,
    constraint archived_history_pkey primary key (id)
);
comment on table coord.archived_history is
    'Hashes of history rows that coord.archive_ended() removed after they were exported';
