-- Conflicts between two intents, and the rules that silence some of them.

create sequence coord.ignore_rule_id_seq as bigint;

create table coord.ignore_rule (
    id bigint not null default pg_catalog.nextval('coord.ignore_rule_id_seq'),
    conflict_type text,
    rule text,
    object_name text,
    agent_id text,
    reason text not null,
    expires_at timestamptz,
    created_by text not null,
    created_at timestamptz not null,
    constraint ignore_rule_pkey primary key (id),
    constraint ignore_rule_says_what_to_ignore
        check (num_nonnulls(conflict_type, rule, object_name, agent_id) > 0),
    constraint ignore_rule_has_a_reason check (btrim(reason) <> '')
);
alter sequence coord.ignore_rule_id_seq owned by coord.ignore_rule.id;
comment on table coord.ignore_rule is
    'Conflicts that a site does not want to hear about; those that match are recorded as closed';
comment on column coord.ignore_rule.conflict_type is 'Only conflicts of this type';
comment on column coord.ignore_rule.rule is 'Only conflicts that this rule of the detector found';
comment on column coord.ignore_rule.object_name is
    'Only conflicts whose objects all match this LIKE pattern';
comment on column coord.ignore_rule.agent_id is 'Only conflicts in which this agent takes part';

create sequence coord.conflict_id_seq as bigint;

create table coord.conflict (
    id bigint not null default pg_catalog.nextval('coord.conflict_id_seq'),
    intent_a uuid not null,
    intent_b uuid not null,
    conflict_type text not null,
    affected_objects text[] not null,
    severity text not null,
    outcome text not null,
    first_intent uuid,
    rule text not null,
    resolution_suggestions text[] not null default '{}',
    reviewed boolean not null default false,
    reviewed_at timestamptz,
    reviewed_by text,
    resolution_notes text not null default '',
    moot_at timestamptz,
    moot_reason text,
    ignored_by bigint,
    is_open boolean not null
        generated always as (not reviewed and moot_at is null and ignored_by is null) stored,
    created_at timestamptz not null,
    constraint conflict_pkey primary key (id),
    constraint conflict_intent_a_exists foreign key (intent_a) references coord.intent (id),
    constraint conflict_intent_b_exists foreign key (intent_b) references coord.intent (id),
    constraint conflict_ignore_rule_exists
        foreign key (ignored_by) references coord.ignore_rule (id),
    constraint conflict_is_between_two_intents check (intent_a <> intent_b),
    constraint conflict_severity_is_known check (severity in ('warning', 'error')),
    constraint conflict_outcome_is_known
        check (outcome in ('overlap', 'duplicate', 'order', 'clash')),
    constraint conflict_first_intent_belongs_to_order
        check ((first_intent is not null) = (outcome = 'order')),
    constraint conflict_first_intent_is_one_of_the_two
        check (first_intent is null or first_intent in (intent_a, intent_b)),
    constraint conflict_review_is_complete
        check (reviewed = (reviewed_at is not null) and reviewed = (reviewed_by is not null)),
    constraint conflict_moot_has_a_reason
        check ((moot_at is null) = (moot_reason is null))
);
alter sequence coord.conflict_id_seq owned by coord.conflict.id;

create index conflict_intent_a_idx on coord.conflict (intent_a);
create index conflict_intent_b_idx on coord.conflict (intent_b);
create index conflict_open_idx on coord.conflict (id) where is_open;

comment on table coord.conflict is 'Recorded clashes between two intents of different agents';
comment on column coord.conflict.intent_a is 'The newcomer: its registration or amendment found it';
comment on column coord.conflict.outcome is
    'What applying both would do: overlap (both orders work), duplicate (the same definition), '
    'order (only one order works), clash (they cannot both hold)';
comment on column coord.conflict.first_intent is 'Which one goes first where the outcome is order';
comment on column coord.conflict.rule is 'Name of the detector''s rule that found it';
comment on column coord.conflict.reviewed is 'Somebody looked and accepted it: it is closed';
comment on column coord.conflict.moot_at is
    'When it ceased to matter: a side was abandoned or amended';
comment on column coord.conflict.ignored_by is 'The ignore rule that it matched when it was found';
comment on column coord.conflict.is_open is 'Neither reviewed, nor moot, nor ignored';

-- Order between two intents of one agent: no conflict, but a merge order has to respect it.
create table coord.own_order (
    first_no bigint not null,
    then_no bigint not null,
    found_by bigint not null,
    affected_objects text[] not null,
    constraint own_order_pkey primary key (first_no, then_no),
    constraint own_order_first_exists foreign key (first_no) references coord.intent (intent_no),
    constraint own_order_then_exists foreign key (then_no) references coord.intent (intent_no),
    constraint own_order_is_between_two_intents check (first_no <> then_no)
);
create index own_order_then_no_idx on coord.own_order (then_no);
comment on table coord.own_order is
    'Pairs of intents of the same agent that work in one order only, for coord.merge_order()';
comment on column coord.own_order.found_by is 'The one whose registration or amendment found it';
