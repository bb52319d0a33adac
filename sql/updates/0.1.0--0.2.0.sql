-- From 0.1.0 to 0.2.0: no table changes, only an index and comments on columns do.

drop index coord.intent_key_active_idx;
create index intent_key_active_idx
    on coord.intent_key (key collate "C", is_exclusive, intent_no) where is_active;

comment on column coord.lock_key.holder is
    'Which transaction took it last: see coord._lock_holder()';
comment on column coord.lock_container.holder is
    'Which transaction took it last: see coord._lock_holder()';
comment on column coord.setting_default.check_as is
    'number, channel, function, or the allowed values with | between them';

-- A function whose result is another now.
drop function coord._store_conflicts(uuid, json, boolean);
