-- Finding what was done to history by somebody with the power to switch its guards off.

create or replace function coord._known_hashes(out id bigint, out row_hash bytea) returns setof record
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
select h.id, h.row_hash from coord.intent_history h
union all
select a.id, a.row_hash from coord.archived_history a
$function$;
comment on function coord._known_hashes() is
    'Hashes of all history rows, archived ones included (internal)';

create or replace function coord._digest_of(last_id bigint, gaps int8multirange)
returns table (covered bigint, digest bytea)
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
-- In two levels, so that a long history does not have to fit into one value.
select coalesce(sum(block.number), 0)::bigint,
       sha256(coalesce(string_agg(block.digest, '' order by block.no), ''))
from (
    select k.id / 10000 as no, count(*) as number,
           sha256(string_agg(int8send(k.id) || k.row_hash, '' order by k.id)) as digest
    from coord._known_hashes() k
    where k.id <= last_id and not k.id <@ gaps
    group by k.id / 10000
) block
$function$;
comment on function coord._digest_of(bigint, int8multirange) is
    'Digest of all history rows up to an id but for some (internal)';

create or replace function coord.history_digest() returns text
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
-- The gaps are ids that belong to nobody, or to transactions that have not committed yet: naming
-- them is what lets the token verify after those rows have come.
with seen as (
    select k.id, lag(k.id, 1, 0::bigint) over (order by k.id) as before from coord._known_hashes() k
), span as (
    select coalesce(max(s.id), 0) as last_id,
           coalesce(range_agg(int8range(s.before + 1, s.id)) filter (where s.id > s.before + 1),
                    '{}'::int8multirange) as gaps
    from seen s
)
select format('confiture_coord-1/%s/%s/%s/%s', span.last_id, d.covered,
    (select string_agg(lower(g) || '-' || (upper(g) - 1), ',' order by lower(g))
     from unnest(span.gaps) g), encode(d.digest, 'hex'))
from span, coord._digest_of(span.last_id, span.gaps) d
$function$;
comment on function coord.history_digest() is
    'A token over all history so far; keep it elsewhere and give it to coord.verify_history()';

create or replace function coord._verify_digest(expected text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_parts text[] := regexp_match(btrim(expected, e' \t\r\n'),
        '^confiture_coord-1/([0-9]{1,18})/([0-9]{1,18})'
        '/((?:[0-9]{1,18}-[0-9]{1,18}(?:,[0-9]{1,18}-[0-9]{1,18})*)?)/([0-9a-f]{64})$');
    v_gaps int8multirange;
    v_now record;
begin
    if v_parts is null or exists (
        select from unnest(string_to_array(nullif(v_parts[3], ''), ',')) g
        where split_part(g, '-', 1)::bigint > split_part(g, '-', 2)::bigint)
    then
        perform coord._raise('22023', 'this is no digest of history', format('given: %s', left(expected, 200)),
            'give a token that coord.history_digest() returned, unchanged');
    end if;
    select coalesce(range_agg(int8range(split_part(g, '-', 1)::bigint, split_part(g, '-', 2)::bigint, '[]')),
                    '{}'::int8multirange) into v_gaps
    from unnest(string_to_array(nullif(v_parts[3], ''), ',')) g;
    select * into v_now from coord._digest_of(v_parts[1]::bigint, v_gaps);
    if v_now.covered <> v_parts[2]::bigint then
        return format('the digest covers %s rows, and %s of them are there: rows were removed or added',
            v_parts[2], v_now.covered);
    elsif encode(v_now.digest, 'hex') <> v_parts[4] then
        return 'the rows that the digest covers are not what they were when it was taken';
    end if;
    return null;
end
$function$;
comment on function coord._verify_digest(text) is
    'What contradicts a digest that was kept elsewhere; null when nothing does (internal)';

create or replace function coord.verify_history(expected_digest text default null)
returns table (intent_id uuid, history_id bigint, problem text)
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
    v_problem text;
begin
    if expected_digest is not null then
        v_problem := coord._verify_digest(expected_digest);
        if v_problem is not null then
            return query select null::uuid, null::bigint, v_problem;
        end if;
    end if;
    return query
        select null::uuid, null::bigint, format('trigger %s on %s %s; mend it with: %s',
            g.trigger_name, g.relation, g.problem, g.mending)
        from coord._guard_triggers() g
        union all
        select null::uuid, null::bigint, w.problem from coord._foreign_writers() w
        union all
        select null::uuid, null::bigint, f.problem from coord._function_problems() f;
    return query
        with linked as (
            select h.*,
                lag(h.row_hash) over chain as hash_before,
                lag(h.intent_row, 1, 0) over chain as row_before,
                lag(h.new_status) over chain as status_before
            from coord.intent_history h
            window chain as (partition by h.intent_id order by h.intent_row, h.id)
        ), checked as (
            select l.intent_id, l.id,
                case
                    when l.row_hash is distinct from coord._history_hash(l.id, l.intent_id,
                        l.intent_row, l.event, l.old_status, l.new_status, l.conflict_id, l.details,
                        l.reason, l.changed_by, l.session_role, l.changed_at, l.previous_hash)
                        then 'the row was changed after it was written'
                    when l.intent_row <> l.row_before::bigint + 1
                        then format('row %s of this intent follows row %s: rows between are missing',
                            l.intent_row, l.row_before)
                    when l.previous_hash is distinct from l.hash_before
                        then 'it does not continue the row before it'
                    when l.old_status is distinct from l.status_before
                        then format('it starts from %s, but the row before ended in %s',
                            l.old_status, l.status_before)
                end as problem
            from linked l
        )
        select c.intent_id, c.id, c.problem from checked c where c.problem is not null
        order by c.id;
    return query
        with last as (
            select distinct on (h.intent_id) h.intent_id, h.id, h.intent_row, h.new_status, h.row_hash
            from coord.intent_history h order by h.intent_id, h.intent_row desc, h.id desc
        )
        select coalesce(i.id, l.intent_id), l.id,
            case
                when i.id is null then 'history of an intent that does not exist'
                when l.id is null then 'the intent has no history'
                when l.intent_row < i.history_rows
                    then format('the intent has %s history rows, and the last %s are missing',
                        i.history_rows, i.history_rows::bigint - l.intent_row)
                when l.new_status <> i.status
                    then format('the intent is %s, but its history ends in %s', i.status, l.new_status)
                else 'the intent does not know its last history row'
            end
        from coord.intent i
        full join last l on l.intent_id = i.id
        where i.id is null or l.id is null or l.intent_row <> i.history_rows
           or l.new_status <> i.status or l.row_hash <> i.history_hash;
    return query
        with plan as (
            select distinct on (h.intent_id) h.intent_id, h.id, h.details->'schema_changes' as changes
            from coord.intent_history h where h.event in ('registered', 'amended', 'imported')
            order by h.intent_id, h.intent_row desc
        )
        select i.id, p.id, 'the plan of the intent is not the one that history has'
        from coord.intent i join plan p on p.intent_id = i.id
        where p.changes <> to_jsonb(i.schema_changes)
        union all
        select i.id, h.id, format('the intent is %s''s, but %s registered it', i.agent_id, h.changed_by)
        from coord.intent i join coord.intent_history h on h.intent_id = i.id and h.intent_row = 1
        where h.event = 'registered' and h.changed_by <> i.agent_id;
    return query
        select a.intent_id, min(a.id),
            format('history counts as archived from row %s on, but the intent is here', min(a.intent_row))
        from coord.archived_history a
        where exists (select from coord.intent i where i.id = a.intent_id)
           or exists (select from coord.intent_history h where h.intent_id = a.intent_id)
        group by a.intent_id;
    return query
        with review as (
            select distinct on (h.conflict_id) h.*
            from coord.intent_history h where h.event = 'reviewed'
            order by h.conflict_id, h.id desc
        )
        select r.intent_id, r.id,
            case when c.id is null then format('conflict %s was reviewed, and is gone', r.conflict_id)
                 when not c.reviewed
                     then format('conflict %s was reviewed, and counts as open again', c.id)
                 else format('conflict %s is not as its review left it', c.id) end
        from review r left join coord.conflict c on c.id = r.conflict_id
        where c.id is null or not c.reviewed or c.reviewed_by <> r.changed_by
           or c.severity <> r.details->>'severity' or c.resolution_notes <> r.details->>'notes';
    return query
        select c.intent_a, null::bigint,
            format('conflict %s counts as reviewed, but no review of it is in history', c.id)
        from coord.conflict c
        where c.reviewed and not exists (
            select from coord.intent_history h
            where h.conflict_id = c.id and h.intent_id = c.intent_a and h.event = 'reviewed');
end
$function$;
comment on function coord.verify_history(text) is
    'A row for each inconsistency of history, none when it is intact; with a digest that was kept '
    'elsewhere it also finds what a forger of every hash would leave behind';
