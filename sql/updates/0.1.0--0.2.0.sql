-- What changes in tables, types and sequences from 0.1.0 to 0.2.0: comments only.

comment on column coord.lock_key.holder is
    'Which transaction took it last: see coord._lock_holder()';
comment on column coord.lock_container.holder is
    'Which transaction took it last: see coord._lock_holder()';
