-- Branch names: feature/<slug>_NNN, unique without a lock that everybody shares.

create or replace function coord._branch_slug(feature_name text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $function$
-- Letters, digits, - and _ only: valid for git check-ref-format whatever the feature is called.
-- The number follows the last underscore, so two slugs never share a name.
select coalesce(nullif(
    left(btrim(regexp_replace(lower(feature_name), '[^a-z0-9-]+', '_', 'g'), '_-'), 100), ''),
    'intent')
$function$;
comment on function coord._branch_slug(text) is
    'The part of a branch name that comes from the feature (internal)';

create or replace function coord.allocate_branch(feature_name text) returns text
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_slug text;
    v_number integer;
begin
    perform coord._check_name('feature_name', feature_name);
    v_slug := coord._branch_slug(feature_name);
    insert into coord.branch_counter as c (slug, last_number) values (v_slug, 1)
    on conflict on constraint branch_counter_pkey
    do update set last_number = c.last_number + 1
    returning c.last_number into v_number;
    -- to_char would cut the number short from 1,000 on
    return format('feature/%s_%s', v_slug,
        case when v_number < 1000 then lpad(v_number::text, 3, '0') else v_number::text end);
end
$function$;
comment on function coord.allocate_branch(text) is
    'Reserves the next branch name of a feature; register_intent does so by itself';
