-- In which order to merge.

create or replace function coord._sort_intents(nodes json, edges json) returns json
language plpython3u stable
as $function$
{{detector}}
return detector.merge_order(nodes, edges)
$function$;
comment on function coord._sort_intents(json, json) is
    'Intent numbers in an order that respects the edges, with the cycles among them (internal)';

create or replace function coord._depends_on(metadata jsonb) returns setof text
language sql immutable
set search_path = pg_catalog, pg_temp
as $function$
select d.name
from jsonb_array_elements_text(
    case jsonb_typeof(metadata->'depends_on')
        when 'array' then metadata->'depends_on'
        when 'string' then jsonb_build_array(metadata->'depends_on')
        else '[]' end) as d (name)
$function$;
comment on function coord._depends_on(jsonb) is
    'What metadata.depends_on names: one feature or intent id, or a list of them (internal)';

create or replace function coord.merge_order(intent_ids uuid[] default null)
returns table (
    place integer, intent_id uuid, agent_id text, feature_name text, branch_name text, status text,
    after uuid[], cycle integer, problem text
)
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $function$
-- Without JIT: the planner expects many needs, and would compile for longer than the query runs.
#variable_conflict use_column
declare
    v_missing uuid;
    v_chosen bigint[];
    v_edges json;
    v_sorted json;
begin
    select w into v_missing from unnest(intent_ids) w
    where not exists (select from coord.intent i where i.id = w) limit 1;
    if found then
        perform coord._check_intent(v_missing);
    end if;
    select array_agg(i.intent_no order by i.intent_no) into v_chosen
    from coord.intent i join coord.status s on s.status = i.status
    where case when intent_ids is null then s.is_active else i.id = any (intent_ids) end;

    with chosen as materialized (
        select i.id, i.intent_no, lower(i.feature_name) as feature, i.metadata
        from coord.intent i where i.intent_no = any (v_chosen)
    ), need as materialized (
        select i.intent_no, lower(d.name) as name
        from chosen i cross join coord._depends_on(i.metadata) d (name)
    )
    select json_agg(json_build_array(e.first_no, e.then_no)) into v_edges
    from (
        select f.intent_no as first_no, t.intent_no as then_no
        from coord.conflict c
        join chosen f on f.id = c.first_intent
        join chosen t on t.id = case when c.first_intent = c.intent_a then c.intent_b
                                     else c.intent_a end
        where c.outcome = 'order' and c.moot_at is null
        union
        select o.first_no, o.then_no
        from coord.own_order o
        join chosen f on f.intent_no = o.first_no
        join chosen t on t.intent_no = o.then_no
        union
        select f.intent_no, n.intent_no
        from need n join chosen f on f.feature = n.name and f.intent_no <> n.intent_no
        union
        select f.intent_no, n.intent_no
        from need n join chosen f on f.id::text = n.name and f.intent_no <> n.intent_no
    ) e;
    v_sorted := coord._sort_intents(to_json(v_chosen), coalesce(v_edges, '[]'));
    return query
        with earlier as materialized (
            select (e.value->>1)::bigint as then_no, array_agg(f.id order by f.intent_no) as ids
            from json_array_elements(v_edges) e
            join coord.intent f on f.intent_no = (e.value->>0)::bigint
            group by 1
        ), unknown as materialized (
            select i.intent_no, array_to_string((array_agg(format(
                       'depends_on names "%s", which no intent is called', left(d.name, 255))))[:10],
                       '; ')
                   || case when count(*) > 10 then format('; and %s more', count(*) - 10) else '' end
                       as problem
            from unnest(v_chosen) n (intent_no)
            join coord.intent i on i.intent_no = n.intent_no
            cross join coord._depends_on(i.metadata) d (name)
            where not exists (
                      select from coord.intent f where lower(f.feature_name) = lower(d.name))
              and not exists (
                      select from coord.intent f where f.id::text = lower(d.name))
            group by 1
        )
        select s.place, i.id, i.agent_id, i.feature_name, i.branch_name, i.status,
               coalesce(e.ids, '{}'), s.cycle,
               concat_ws('; ',
                   case when s.cycle is not null
                        then format('in cycle %s: no order of its members works', s.cycle) end,
                   u.problem)
        from json_to_recordset(v_sorted) as s (place integer, intent_no bigint, cycle integer)
        join coord.intent i on i.intent_no = s.intent_no
        left join earlier e on e.then_no = s.intent_no
        left join unknown u on u.intent_no = s.intent_no
        order by s.place;
end
$function$;
comment on function coord.merge_order(uuid[]) is
    'The active intents, or those given, in an order that respects order conflicts, order between '
    'intents of one agent, and metadata.depends_on; otherwise as they were registered. Members of '
    'a cycle stand together and say so';
