-- CREATE EXTENSION pins the path for its script; here we do it ourselves, for this transaction.
select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
