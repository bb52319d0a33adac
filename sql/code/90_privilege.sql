-- Who may call and read what: PUBLIC nothing, the group roles what is listed here. What a site
-- granted to roles of its own stays as it is.
--
-- Only what differs is changed. Inside an extension's script each GRANT or REVOKE makes all
-- privileges of its object count as the extension's own, and pg_dump would from then on leave out
-- what a site had granted on that object.

do $do$
declare
    v_readable constant text[] := array[
        'status', 'status_transition', 'setting', 'intent', 'conflict', 'ignore_rule',
        'own_order', 'intent_history', 'archived_history', 'intent_key', 'agent_binding'];
    -- A function whose name begins with _ is not for people; these are called by one that runs with
    -- the caller's rights, so the caller needs them too. Each is as safe to call as that one.
    v_readers constant text[] := array[
        'version', 'detector_check', 'footprint', '_footprint', '_footprint_rows',
        '_load_detector', '_raise', '_for_client', 'compare_changes', '_compare_rows', 'check_intent',
        '_check_rows', 'conflicts_of', 'verify_history', 'history_digest', 'merge_order',
        'stale_intents', 'export_ended'];
    v_agents constant text[] := array[
        'register_intent', '_declare', '_register', '_call_branch_hook', 'allocate_branch',
        'mark_in_progress', 'mark_completed', 'mark_merged', 'mark_abandoned', 'move_intent',
        '_move', 'amend_intent', '_amend', 'recheck', '_recheck', 'heartbeat',
        'resolve_conflict'];
    v_reviewers constant text[] := array['bind_agent', 'ignore', 'unignore', 'abandon_stale'];
    v_statement text;
begin
    for v_statement in
        with object (kind, name, acl, reader_may, grantee) as (
            select 'schema', 'coord', coalesce(nspacl, acldefault('n', nspowner)), 'USAGE',
                   'coord_reader'
            from pg_namespace where nspname = 'coord'
            union all
            select case relkind when 'S' then 'sequence' else 'table' end,
                   format('coord.%I', relname),
                   coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char",
                                               relowner)),
                   'SELECT', case when relname = any (v_readable) then 'coord_reader' end
            from pg_class
            where relnamespace = 'coord'::regnamespace and relkind in ('r', 'v', 'S')
            union all
            select 'function', oid::regprocedure::text,
                   coalesce(proacl, acldefault('f', proowner)), 'EXECUTE',
                   case when proname = any (v_readers) then 'coord_reader'
                        when proname = any (v_agents) then 'coord_agent'
                        when proname = any (v_reviewers) then 'coord_reviewer' end
            from pg_proc
            where pronamespace = 'coord'::regnamespace
        ), wanted as (
            select kind, name, reader_may as privilege, grantee from object where grantee is not null
        ), present as (
            select o.kind, o.name, p.privilege_type, coalesce(r.rolname::text, 'public')
            from object o, aclexplode(o.acl) p left join pg_roles r on r.oid = p.grantee
            where p.grantee = 0
               or r.rolname in ('coord_reader', 'coord_agent', 'coord_reviewer')
        )
        select format('revoke %s on %s %s from %s', privilege_type, kind, name, grantee)
        from (select * from present except select * from wanted)
            as surplus (kind, name, privilege_type, grantee)
        union all
        select format('grant %s on %s %s to %s', privilege, kind, name, grantee)
        from (select * from wanted except select * from present) as lacking
    loop
        execute v_statement;
    end loop;
end
$do$;
