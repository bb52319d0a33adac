-- The schema and the group roles. The schema must be ours from the first moment: somebody who
-- had created it before would own it, and could drop it with everything inside.

do $do$
begin
    if pg_catalog.to_regnamespace('coord') is null then
        return;
    end if;
    -- Somebody else's schema is looked at, and nothing in it is called.
    if exists (
        select from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_roles r on r.oid = n.nspowner and r.rolsuper
        where n.nspname = 'coord' and c.relname = 'plain_install' and c.relkind = 'r'
    ) then
        raise exception 'confiture_coord is already installed here, as plain SQL'
            using errcode = 'duplicate_schema',
                  detail = 'schema "coord" has the table plain_install',
                  hint = 'upgrade it with "confiture-coord install", or make it an extension without '
                         'losing a row: BEGIN; '
                         'CREATE EXTENSION confiture_coord VERSION ''unpackaged''; '
                         'ALTER EXTENSION confiture_coord UPDATE; COMMIT';
    end if;
    raise exception 'schema "coord" exists already'
        using errcode = 'duplicate_schema',
              detail = pg_catalog.format('it belongs to role %s', (
                  select pg_catalog.pg_get_userbyid(nspowner)
                  from pg_catalog.pg_namespace where nspname = 'coord')),
              hint = 'rename or drop it: confiture_coord creates the schema itself, so that '
                     'nobody else owns what is inside';
end
$do$;

create schema coord;
comment on schema coord is
    'confiture_coord: declared schema changes, the conflicts between them, and their history';

-- Roles belong to the whole cluster: another database may have created them before, and whoever is
-- a member of them there is one here.
do $do$
declare
    v_role text;
begin
    foreach v_role in array array['coord_reader', 'coord_agent', 'coord_reviewer'] loop
        begin
            if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
                execute pg_catalog.format('create role %I nologin', v_role);
            end if;
        exception when duplicate_object or unique_violation then
            null;  -- another database was faster; the role is there, which is all we want
        end;
        if exists (select from pg_catalog.pg_roles where rolname = v_role and rolcanlogin) then
            raise warning 'role "%" was there before, and can log in', v_role
                using detail = 'it is meant as a group only: whoever knows its password has the '
                               'rights of all its members',
                      hint = pg_catalog.format('ALTER ROLE %I NOLOGIN', v_role);
        end if;
    end loop;
    if not pg_catalog.pg_has_role('coord_agent', 'coord_reader', 'member') then
        grant coord_reader to coord_agent;
    end if;
    if not pg_catalog.pg_has_role('coord_reviewer', 'coord_agent', 'member') then
        grant coord_agent to coord_reviewer;
    end if;
end
$do$;
