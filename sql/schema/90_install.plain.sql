-- Marks an installation without CREATE EXTENSION, and says which version its tables have.

create table coord.plain_install (
    version text not null,
    installed_at timestamptz not null default pg_catalog.now()
);
comment on table coord.plain_install is
    'Present where confiture_coord was installed as plain SQL: the version of its objects';
insert into coord.plain_install (version) values ('{{version}}');
