\echo Use "CREATE EXTENSION confiture_coord VERSION 'unpackaged'" to load this file. \quit
-- Built by sql/build.py from sql/schema, sql/code and plpython: edit those, not this.

-- sql/updates/unpackaged/create.sql
-- The first step from a plain-SQL installation to an extension: one without members. The second
-- (unpackaged--X.Y.Z) adds the objects that are there.

do $do$
begin
    if not exists (
        select from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_roles r on r.oid = n.nspowner and r.rolsuper
        where n.nspname = 'coord' and c.relname = 'plain_install' and c.relkind = 'r'
          and c.relowner = n.nspowner
    ) then
        raise exception 'there is no plain-SQL installation of confiture_coord to make an extension of'
            using errcode = 'undefined_object',
                  detail = 'schema "coord" with the table plain_install, owned by a superuser, is '
                           'not there',
                  hint = 'to install it afresh: CREATE EXTENSION confiture_coord CASCADE';
    end if;
    raise notice 'the extension has no members yet'
        using hint = 'go on with: ALTER EXTENSION confiture_coord UPDATE';
end
$do$;
