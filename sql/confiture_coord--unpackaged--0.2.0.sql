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

    select array_agg(e.kind || ' coord.' || e.name) filter (where found.address is null),
           array_agg(e.kind) filter (where found.address is not null),
           array_agg(found.address) filter (where found.address is not null),
           array_agg(found.acl::text) filter (where found.address is not null),
           array_agg(e.kind || ' ' || found.address) filter (where found.owner <> v_owner)
    into v_missing, v_kinds, v_addresses, v_acls, v_foreign
    from (values
('function', '_actor'),
('function', '_amend'),
('function', '_analyse'),
('function', '_append_history'),
('function', '_authorise'),
('function', '_authorise_review'),
('function', '_authorise_reviewer'),
('function', '_branch_hook'),
('function', '_branch_slug'),
('function', '_call_branch_hook'),
('function', '_caller'),
('function', '_check_active'),
('function', '_check_age'),
('function', '_check_intent'),
('function', '_check_metadata'),
('function', '_check_name'),
('function', '_check_rows'),
('function', '_check_text'),
('function', '_check_transition'),
('function', '_choice'),
('function', '_compare'),
('function', '_compare_rows'),
('function', '_conflict_json'),
('function', '_conflict_line'),
('function', '_container_bucket'),
('function', '_count_of'),
('function', '_counts'),
('function', '_declare'),
('function', '_depends_on'),
('function', '_detect'),
('function', '_detector_facts'),
('function', '_detector_sources'),
('function', '_digest_of'),
('function', '_ended'),
('function', '_follow_transition'),
('function', '_footprint'),
('function', '_footprint_rows'),
('function', '_found_conflicts'),
('function', '_function_problems'),
('function', '_guard_intent'),
('function', '_guard_triggers'),
('function', '_history_hash'),
('function', '_import'),
('function', '_import_chain'),
('function', '_import_changed'),
('function', '_import_check'),
('function', '_import_columns'),
('function', '_import_conflict'),
('function', '_import_conflict_plan'),
('function', '_import_id'),
('function', '_import_keys'),
('function', '_import_or_not'),
('function', '_import_plan'),
('function', '_import_rows'),
('function', '_import_status'),
('function', '_import_texts'),
('function', '_insert_intent'),
('function', '_is_member'),
('function', '_known_hashes'),
('function', '_limit_lock_wait'),
('function', '_limits'),
('function', '_load_detector'),
('function', '_lock_container'),
('function', '_lock_holder'),
('function', '_lock_intent_keys'),
('function', '_lock_intents'),
('function', '_lock_keys'),
('function', '_lock_plan'),
('function', '_lock_with_partners'),
('function', '_mark_conflicted'),
('function', '_may_act_for'),
('function', '_moot_conflicts'),
('function', '_move'),
('function', '_notify_of_conflicts'),
('function', '_raise'),
('function', '_raise_lock_wait'),
('function', '_recheck'),
('function', '_redetect'),
('function', '_refuse_blocking'),
('function', '_refuse_history_change'),
('function', '_refuse_intent_removal'),
('function', '_register'),
('function', '_setting_of'),
('function', '_settle'),
('function', '_sort_intents'),
('function', '_status_after_conflict'),
('function', '_store_conflicts'),
('function', '_store_footprint'),
('function', '_verify_digest'),
('function', '_warn_of_conflicts'),
('function', '_write_setting'),
('function', 'abandon_stale'),
('function', 'allocate_branch'),
('function', 'amend_intent'),
('function', 'archive_ended'),
('function', 'bind_agent'),
('function', 'check_intent'),
('function', 'compare_changes'),
('function', 'compile_detector'),
('function', 'conflicts_of'),
('function', 'detector_check'),
('function', 'export_ended'),
('function', 'footprint'),
('function', 'heartbeat'),
('function', 'history_digest'),
('function', 'ignore'),
('function', 'import_registry'),
('function', 'mark_abandoned'),
('function', 'mark_completed'),
('function', 'mark_in_progress'),
('function', 'mark_merged'),
('function', 'merge_order'),
('function', 'move_intent'),
('function', 'recheck'),
('function', 'register_intent'),
('function', 'resolve_conflict'),
('function', 'stale_intents'),
('function', 'unignore'),
('function', 'verify_history'),
('function', 'version'),
('sequence', 'conflict_id_seq'),
('sequence', 'ignore_rule_id_seq'),
('sequence', 'intent_footprint_version_seq'),
('sequence', 'intent_history_id_seq'),
('sequence', 'intent_no_seq'),
('table', 'agent_binding'),
('table', 'archived_history'),
('table', 'branch_counter'),
('table', 'conflict'),
('table', 'detector_code'),
('table', 'ignore_rule'),
('table', 'intent'),
('table', 'intent_footprint'),
('table', 'intent_history'),
('table', 'intent_key'),
('table', 'lock_container'),
('table', 'lock_key'),
('table', 'own_order'),
('table', 'setting_default'),
('table', 'setting_value'),
('table', 'status'),
('table', 'status_transition'),
('view', 'setting')
    ) as e (kind, name)
    left join (
        select case c.relkind when 'r' then 'table' when 'v' then 'view' when 'S' then 'sequence' end,
               c.relname::text, pg_catalog.format('coord.%I', c.relname), c.relowner, c.relacl
        from pg_catalog.pg_class c where c.relnamespace = 'coord'::pg_catalog.regnamespace
        union all
        select 'function', p.proname::text, p.oid::pg_catalog.regprocedure::text, p.proowner, p.proacl
        from pg_catalog.pg_proc p where p.pronamespace = 'coord'::pg_catalog.regnamespace
    ) as found (kind, name, address, owner, acl) on found.kind = e.kind and found.name = e.name;
    if v_missing is not null then
        raise exception 'the plain-SQL installation is not complete'
            using errcode = 'undefined_object',
                  detail = 'missing: ' || pg_catalog.array_to_string(v_missing, ', '),
                  hint = 'dump the rows of schema coord, install afresh, and restore them';
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
