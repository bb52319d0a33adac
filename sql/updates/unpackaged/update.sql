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
    if v_version is distinct from '{{version}}' then
        raise exception 'the plain-SQL installation has version %, not {{version}}', v_version
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
{{objects}}
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
