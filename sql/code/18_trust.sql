-- Who is calling, and whom they may act for.

create or replace function coord._caller() returns name
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
-- In a SECURITY DEFINER function current_user is the owner. The session's user, or after SET ROLE
-- (poolers, PostgREST) that role, is who really calls, and nobody can forge either.
begin
    return case when current_setting('role') = 'none' then session_user
                else current_setting('role')::name end;
end
$function$;
comment on function coord._caller() is 'The role that really calls (internal)';

create or replace function coord._is_member(group_role name) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
-- By OID, and false where one of the two roles does not exist.
begin
    return coalesce((
        select pg_has_role(caller.oid, wanted.oid, 'usage')
        from pg_roles caller, pg_roles wanted
        where caller.rolname = coord._caller() and wanted.rolname = group_role), false);
end
$function$;
comment on function coord._is_member(name) is
    'Whether the caller has the rights of a role (internal)';

create or replace function coord._may_act_for(agent_id text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    if not exists (select from coord.agent_binding b where b.agent_id = $1) then
        return true;
    end if;
    return coord._is_member('coord_reviewer') or exists (
        select from coord.agent_binding b
        join pg_roles r on r.oid = b.role_oid and r.rolname = b.role_name
        where b.agent_id = $1 and coord._is_member(b.role_name));
end
$function$;
comment on function coord._may_act_for(text) is
    'Whether the caller may act for the agent: it is bound to no role, to the caller''s, or the '
    'caller is a reviewer (internal)';

create or replace function coord._authorise(agent_id text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_binding coord.agent_binding;
begin
    if coord._may_act_for(agent_id) then
        return;
    end if;
    select * into v_binding from coord.agent_binding b where b.agent_id = $1;
    perform coord._raise('42501',
        format('role "%s" may not act for agent "%s"', coord._caller(), $1),
        format('the agent is bound to role "%s"', v_binding.role_name),
        case when exists (select from pg_roles r
                          where r.oid = v_binding.role_oid and r.rolname = v_binding.role_name)
             then format('connect as that role, or have a member of coord_reviewer do it')
             else 'that role was renamed, dropped or left in another cluster: have a member of '
                  'coord_reviewer call coord.bind_agent() again'
        end);
end
$function$;
comment on function coord._authorise(text) is
    'Raises 42501 unless the caller may act for the agent (internal)';

create or replace function coord._authorise_reviewer(what text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    if not coord._is_member('coord_reviewer') then
        perform coord._raise('42501', format('only a reviewer may %s', what),
            format('role "%s" is not a member of coord_reviewer', coord._caller()),
            'have a reviewer do it, or grant the role: GRANT coord_reviewer TO ...');
    end if;
end
$function$;
comment on function coord._authorise_reviewer(text) is
    'Raises 42501 unless the caller is a reviewer (internal)';

create or replace function coord._actor(changed_by text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_actor text := coalesce(nullif(btrim(changed_by), ''), coord._caller());
begin
    -- Acting under the name of a bound agent needs its role; any other name is a mere label, and
    -- session_role says beside it who it really was.
    if changed_by is not null then
        perform coord._check_name('changed_by', v_actor);
        perform coord._authorise(v_actor);
    end if;
    return v_actor;
end
$function$;
comment on function coord._actor(text) is
    'The name that history shows for the acting agent (internal)';

create or replace function coord.bind_agent(agent_id text, role name) returns void
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_agent text := btrim(agent_id);
    v_oid oid;
begin
    perform coord._authorise_reviewer('bind an agent to a role');
    perform coord._check_name('agent_id', v_agent);
    if role is null then
        delete from coord.agent_binding b where b.agent_id = v_agent;
        return;
    end if;
    select r.oid into v_oid from pg_roles r where r.rolname = role;
    if not found then
        perform coord._raise('42704', format('role "%s" does not exist', role), null,
            'create it first, or give null to unbind the agent');
    end if;
    insert into coord.agent_binding as b (agent_id, role_oid, role_name, bound_by, bound_at)
    values (v_agent, v_oid, role, coord._caller(), clock_timestamp())
    on conflict on constraint agent_binding_pkey do update
    set role_oid = excluded.role_oid, role_name = excluded.role_name,
        bound_by = excluded.bound_by, bound_at = excluded.bound_at;
end
$function$;
comment on function coord.bind_agent(text, name) is
    'Lets only that database role (or a reviewer) act for the agent; a null role unbinds it';
