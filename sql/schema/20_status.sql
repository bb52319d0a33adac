-- What a status means, and which moves are legal. The rows are in code/20_transition.sql;
-- a site adds its own with INSERT, and a dump carries those (builtin = false) along.

create table coord.status (
    status text not null,
    is_active boolean not null,
    refuses_errors boolean not null default false,
    moots_conflicts boolean not null default false,
    description text not null default '',
    builtin boolean not null default false,
    constraint status_pkey primary key (status),
    constraint status_is_a_lower_case_word check (status ~ '^[a-z][a-z0-9_]{0,62}$'),
    constraint status_only_an_ended_intent_moots_its_conflicts
        check (not (is_active and moots_conflicts))
);
comment on table coord.status is
    'The statuses that an intent can have; a site may add rows';
comment on column coord.status.is_active is
    'An active intent takes part in detection; one that is not has ended';
comment on column coord.status.refuses_errors is
    'Moving here is refused while an unreviewed conflict of severity error remains';
comment on column coord.status.moots_conflicts is
    'Moving here closes the open conflicts of the intent, since nothing will be applied any more';
comment on column coord.status.builtin is
    'The row belongs to the extension: every installation brings it, so a dump leaves it out';

create table coord.status_transition (
    old_status text not null,
    new_status text not null,
    builtin boolean not null default false,
    constraint status_transition_pkey primary key (old_status, new_status),
    constraint status_transition_old_status_exists
        foreign key (old_status) references coord.status (status),
    constraint status_transition_new_status_exists
        foreign key (new_status) references coord.status (status)
);
comment on table coord.status_transition is
    'The legal moves of an intent from one status to another; a site may add rows';
comment on column coord.status_transition.builtin is
    'The row belongs to the extension: every installation brings it, so a dump leaves it out';
