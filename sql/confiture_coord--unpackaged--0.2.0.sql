\echo Use "ALTER EXTENSION confiture_coord UPDATE" to load this file. \quit
-- Built by sql/build.py from sql/schema, sql/code and plpython: edit those, not this.

-- sql/updates/unpackaged/update.sql
-- The second step from a plain-SQL installation to an extension: its objects become members, with
-- every row that they hold.

do $do$
declare
    v_version text;
    v_owner oid;
    v_missing text[];
    v_kinds text[];
    v_addresses text[];
    v_acls text[];
    v_foreign text[];
    v_too_many text[];
    v_grants text;
    v_statement text;
begin
    select version into v_version from coord.plain_install;
    if v_version is distinct from '0.2.0' then
        raise exception 'the plain-SQL installation has version %, not 0.2.0', v_version
            using errcode = 'IC007',
                  hint = pg_catalog.format('upgrade it first, or have both done at once with '
                      '"confiture-coord upgrade --as-extension"; in SQL, where the server has the '
                      'files of its version too: ALTER EXTENSION confiture_coord UPDATE TO %L; '
                      'ALTER EXTENSION confiture_coord UPDATE', v_version);
    end if;
    select n.nspowner into v_owner from pg_catalog.pg_namespace n where n.nspname = 'coord';

    select array_agg(distinct m.kind || ' coord.' || m.name) filter (where m.there < m.number),
           array_agg(m.kind || ' ' || m.address) filter (where m.there > m.number),
           array_agg(m.kind), array_agg(m.address), array_agg(m.acl::text),
           array_agg(m.kind || ' ' || m.address) filter (where m.owner <> v_owner)
    into v_missing, v_too_many, v_kinds, v_addresses, v_acls, v_foreign
    from (
        select e.kind, e.name, e.number, found.address, found.acl, found.owner,
               pg_catalog.count(found.address) over (partition by e.kind, e.name) as there
        from (values
('function', '_actor', 1),
('function', '_amend', 1),
('function', '_analyse', 1),
('function', '_append_history', 1),
('function', '_authorise', 1),
('function', '_authorise_review', 1),
('function', '_authorise_reviewer', 1),
('function', '_branch_hook', 1),
('function', '_branch_slug', 1),
('function', '_call_branch_hook', 1),
('function', '_caller', 1),
('function', '_check_active', 1),
('function', '_check_age', 1),
('function', '_check_intent', 1),
('function', '_check_metadata', 1),
('function', '_check_name', 1),
('function', '_check_readable', 1),
('function', '_check_rows', 1),
('function', '_check_text', 1),
('function', '_check_transition', 1),
('function', '_choice', 1),
('function', '_compare', 1),
('function', '_compare_rows', 1),
('function', '_conflict_json', 1),
('function', '_conflict_line', 1),
('function', '_container_bucket', 1),
('function', '_count_of', 1),
('function', '_counts', 1),
('function', '_declare', 1),
('function', '_depends_on', 1),
('function', '_detect', 1),
('function', '_detector_facts', 1),
('function', '_detector_sources', 1),
('function', '_digest_of', 1),
('function', '_ended', 1),
('function', '_follow_transition', 1),
('function', '_footprint', 1),
('function', '_footprint_problems', 1),
('function', '_footprint_rows', 1),
('function', '_for_client', 1),
('function', '_foreign_writers', 1),
('function', '_found_conflicts', 1),
('function', '_function_problems', 1),
('function', '_guard_intent', 1),
('function', '_guard_triggers', 1),
('function', '_history_hash', 1),
('function', '_import', 1),
('function', '_import_chain', 1),
('function', '_import_changed', 1),
('function', '_import_check', 1),
('function', '_import_columns', 1),
('function', '_import_conflict', 1),
('function', '_import_conflict_plan', 1),
('function', '_import_id', 1),
('function', '_import_keys', 1),
('function', '_import_or_not', 1),
('function', '_import_plan', 1),
('function', '_import_rows', 1),
('function', '_import_status', 1),
('function', '_import_texts', 1),
('function', '_insert_intent', 1),
('function', '_is_member', 1),
('function', '_known_hashes', 1),
('function', '_limit_lock_wait', 1),
('function', '_limits', 1),
('function', '_load_detector', 1),
('function', '_lock_container', 1),
('function', '_lock_holder', 1),
('function', '_lock_intent_keys', 1),
('function', '_lock_intents', 1),
('function', '_lock_keys', 1),
('function', '_lock_plan', 1),
('function', '_lock_with_partners', 1),
('function', '_mark_conflicted', 1),
('function', '_may_act_for', 1),
('function', '_moot_conflicts', 1),
('function', '_move', 1),
('function', '_notify_of_conflicts', 1),
('function', '_privilege_problems', 1),
('function', '_raise', 2),
('function', '_raise_lock_wait', 1),
('function', '_recheck', 1),
('function', '_redetect', 1),
('function', '_refuse_blocking', 1),
('function', '_refuse_history_change', 1),
('function', '_refuse_intent_removal', 1),
('function', '_register', 1),
('function', '_setting_of', 1),
('function', '_settle', 1),
('function', '_sort_intents', 1),
('function', '_status_after_conflict', 1),
('function', '_store_conflicts', 1),
('function', '_store_footprint', 1),
('function', '_verify_digest', 1),
('function', '_warn_of_conflicts', 2),
('function', '_write_setting', 1),
('function', 'abandon_stale', 1),
('function', 'allocate_branch', 1),
('function', 'amend_intent', 2),
('function', 'archive_ended', 1),
('function', 'bind_agent', 1),
('function', 'check_intent', 2),
('function', 'compare_changes', 4),
('function', 'compile_detector', 1),
('function', 'conflicts_of', 1),
('function', 'detector_check', 1),
('function', 'export_ended', 1),
('function', 'footprint', 2),
('function', 'heartbeat', 1),
('function', 'history_digest', 1),
('function', 'ignore', 1),
('function', 'import_registry', 1),
('function', 'mark_abandoned', 1),
('function', 'mark_completed', 1),
('function', 'mark_in_progress', 1),
('function', 'mark_merged', 1),
('function', 'merge_order', 1),
('function', 'move_intent', 1),
('function', 'recheck', 1),
('function', 'register_intent', 2),
('function', 'resolve_conflict', 1),
('function', 'stale_intents', 1),
('function', 'unignore', 1),
('function', 'verify_history', 1),
('function', 'version', 1),
('sequence', 'conflict_id_seq', 1),
('sequence', 'ignore_rule_id_seq', 1),
('sequence', 'intent_footprint_version_seq', 1),
('sequence', 'intent_history_id_seq', 1),
('sequence', 'intent_no_seq', 1),
('table', 'agent_binding', 1),
('table', 'archived_history', 1),
('table', 'branch_counter', 1),
('table', 'conflict', 1),
('table', 'detector_code', 1),
('table', 'ignore_rule', 1),
('table', 'intent', 1),
('table', 'intent_footprint', 1),
('table', 'intent_history', 1),
('table', 'intent_key', 1),
('table', 'lock_container', 1),
('table', 'lock_key', 1),
('table', 'own_order', 1),
('table', 'setting_default', 1),
('table', 'setting_value', 1),
('table', 'status', 1),
('table', 'status_transition', 1),
('view', 'setting', 1)
        ) as e (kind, name, number)
        left join (
            select case c.relkind when 'r' then 'table' when 'v' then 'view' when 'S' then 'sequence' end,
                   c.relname::text, pg_catalog.format('coord.%I', c.relname), c.relowner, c.relacl
            from pg_catalog.pg_class c where c.relnamespace = 'coord'::pg_catalog.regnamespace
            union all
            select 'function', p.proname::text, p.oid::pg_catalog.regprocedure::text, p.proowner, p.proacl
            from pg_catalog.pg_proc p where p.pronamespace = 'coord'::pg_catalog.regnamespace
        ) as found (kind, name, address, owner, acl) on found.kind = e.kind and found.name = e.name
    ) m;
    if v_missing is not null then
        raise exception 'the plain-SQL installation is not complete'
            using errcode = 'undefined_object',
                  detail = 'missing: ' || pg_catalog.array_to_string(v_missing, ', '),
                  hint = 'dump the rows of schema coord, install afresh, and restore them';
    end if;
    if v_too_many is not null then
        raise exception 'functions of this site have the names of functions of confiture_coord'
            using errcode = 'duplicate_function',
                  detail = pg_catalog.array_to_string(v_too_many, ', '),
                  hint = 'rename those that are yours, or drop them: as members of the extension '
                         'they would not be dumped';
    end if;
    if v_foreign is not null then
        raise exception 'objects of confiture_coord belong to others than the owner of the schema'
            using errcode = 'insufficient_privilege',
                  detail = pg_catalog.array_to_string(v_foreign, ', '),
                  hint = pg_catalog.format('look at what they are, then: ALTER ... OWNER TO %I',
                      pg_catalog.pg_get_userbyid(v_owner));
    end if;

    -- An extension's own privileges are not dumped; those that a site granted would count as such.
    select pg_catalog.string_agg(pg_catalog.format('REVOKE %s ON %s %s FROM %s;', p.privilege_type,
        o.kind, o.address, case p.grantee when 0 then 'PUBLIC'
                           else p.grantee::pg_catalog.regrole::text end), e'\n')
    into v_grants
    from (
        select * from unnest(v_kinds, v_addresses, v_acls) as a (kind, address, acl)
        union all
        select 'schema', 'coord', n.nspacl::text
        from pg_catalog.pg_namespace n where n.nspname = 'coord'
    ) o, pg_catalog.aclexplode(o.acl::pg_catalog._aclitem) p
    left join pg_catalog.pg_roles r on r.oid = p.grantee
    where p.grantee <> v_owner
      and coalesce(r.rolname not in ('coord_reader', 'coord_agent', 'coord_reviewer'), true);
    if v_grants is not null then
        raise exception 'privileges that this site granted would no longer be dumped'
            using errcode = 'object_not_in_prerequisite_state', detail = v_grants,
                  hint = 'run these statements, make it an extension, and GRANT them again: what is '
                         'granted on a member of an extension is dumped';
    end if;

    for v_statement in
        select 'alter extension confiture_coord add schema coord'
        union all
        select pg_catalog.format('alter extension confiture_coord add %s %s', a.kind, a.address)
        from unnest(v_kinds, v_addresses) as a (kind, address)
    loop
        execute v_statement;
    end loop;
    drop table coord.plain_install;
end
$do$;

-- sql/schema/90_dump.extension.sql
-- pg_dump leaves out the rows of an extension's tables unless they are marked. lock_key is not:
-- its rows mean nothing in another cluster. One call a statement: several in one SELECT fail.

select pg_catalog.pg_extension_config_dump('coord.status', 'where not builtin');
select pg_catalog.pg_extension_config_dump('coord.status_transition', 'where not builtin');
select pg_catalog.pg_extension_config_dump('coord.setting_value', '');
select pg_catalog.pg_extension_config_dump('coord.intent', '');
select pg_catalog.pg_extension_config_dump('coord.intent_no_seq', '');
select pg_catalog.pg_extension_config_dump('coord.ignore_rule', '');
select pg_catalog.pg_extension_config_dump('coord.ignore_rule_id_seq', '');
select pg_catalog.pg_extension_config_dump('coord.conflict', '');
select pg_catalog.pg_extension_config_dump('coord.conflict_id_seq', '');
select pg_catalog.pg_extension_config_dump('coord.own_order', '');
select pg_catalog.pg_extension_config_dump('coord.intent_history', '');
select pg_catalog.pg_extension_config_dump('coord.intent_history_id_seq', '');
select pg_catalog.pg_extension_config_dump('coord.archived_history', '');
select pg_catalog.pg_extension_config_dump('coord.intent_key', '');
select pg_catalog.pg_extension_config_dump('coord.intent_footprint', '');
select pg_catalog.pg_extension_config_dump('coord.intent_footprint_version_seq', '');
select pg_catalog.pg_extension_config_dump('coord.branch_counter', '');
select pg_catalog.pg_extension_config_dump('coord.agent_binding', '');
