-- The detector compiled for the server's Python, so that a session begins quickly. Not dumped:
-- every installation compiles its own.

create table coord.detector_code (
    fingerprint text not null,
    python text not null,
    path text not null,
    code bytea not null,
    constraint detector_code_pkey primary key (fingerprint, python, path)
);
comment on table coord.detector_code is
    'The detector''s files, compiled; sessions compile for themselves what is not here';
comment on column coord.detector_code.fingerprint is 'Of all the files of the detector';
comment on column coord.detector_code.python is 'The Python that can run it';

-- Sessions run what is here as the owner. A careless GRANT ON ALL TABLES must not be enough to have
-- them run something else: without a policy, row-level security lets nobody in but the owner.
alter table coord.detector_code enable row level security;
