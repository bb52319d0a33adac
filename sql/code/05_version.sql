-- Which version the objects in this schema are.

create or replace function coord.version() returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
return '{{version}}';
comment on function coord.version() is 'Version of confiture_coord in this database';
