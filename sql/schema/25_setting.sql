-- Policy and limits: rows that the owner writes, never configuration parameters that any session
-- could set. The defaults come with every installation (code/15_setting.sql); what a site changed
-- is in a table of its own, so that a dump can carry all of that without colliding.

create table coord.setting_default (
    name text not null,
    value text not null,
    check_as text not null,
    description text not null,
    constraint setting_default_pkey primary key (name),
    constraint setting_default_name_is_lower_case check (name ~ '^[a-z][a-z0-9_]*$')
);
comment on table coord.setting_default is
    'Every setting with its default, and how a value is checked; belongs to the extension';
comment on column coord.setting_default.check_as is
    'number, channel, function, or the allowed values with | between them';

create table coord.setting_value (
    name text not null,
    value text not null,
    constraint setting_value_pkey primary key (name),
    constraint setting_value_name_is_lower_case check (name ~ '^[a-z][a-z0-9_]*$')
);
comment on table coord.setting_value is
    'Settings that differ from their defaults; read and write them through coord.setting';
