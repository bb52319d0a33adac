"""What a database holds of confiture_coord, in a form that two databases can be compared in."""

from __future__ import annotations

from typing import Any

from tests.db.intents import Connection

# No OIDs and no positions: an upgrade may give what a fresh install gives in another order.
# attoptions is left out, because some builds count DDL in it.
CATALOG = {
    "schema": """
        select n.nspname, n.nspowner::regrole::text, obj_description(n.oid, 'pg_namespace')
        from pg_namespace n where n.nspname = 'coord'""",
    "relations": """
        select c.relname, c.relkind, c.relowner::regrole::text, c.relpersistence, c.reloptions,
               c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
               obj_description(c.oid, 'pg_class'),
               case when c.relkind = 'v' then pg_get_viewdef(c.oid) end
        from pg_class c where c.relnamespace = 'coord'::regnamespace and c.relkind <> 'i'""",
    "columns": """
        select a.attrelid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod),
               a.attnotnull, a.attgenerated, a.attidentity, a.attstorage, a.attcompression,
               a.attcollation::regcollation::text, pg_get_expr(d.adbin, d.adrelid),
               col_description(a.attrelid, a.attnum), a.attacl::text
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where c.relnamespace = 'coord'::regnamespace and c.relkind in ('r', 'v')
          and a.attnum > 0 and not a.attisdropped""",
    "sequences": """
        select s.seqrelid::regclass::text, s.seqtypid::regtype::text, s.seqstart, s.seqincrement,
               s.seqmax, s.seqmin, s.seqcache, s.seqcycle, d.refobjid::regclass::text, a.attname
        from pg_sequence s join pg_class c on c.oid = s.seqrelid
        left join pg_depend d on d.objid = s.seqrelid and d.deptype = 'a'
        left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where c.relnamespace = 'coord'::regnamespace""",
    "constraints": """
        select conrelid::regclass::text, conname, contype, convalidated,
               pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')
        from pg_constraint where connamespace = 'coord'::regnamespace""",
    "indexes": """
        select pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisreplident, i.indisclustered
        from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relnamespace = 'coord'::regnamespace""",
    "functions": """
        select p.oid::regprocedure::text, pg_get_functiondef(p.oid), p.proowner::regrole::text,
               obj_description(p.oid, 'pg_proc')
        from pg_proc p where p.pronamespace = 'coord'::regnamespace""",
    "triggers": """
        select t.tgrelid::regclass::text, t.tgenabled, pg_get_triggerdef(t.oid),
               obj_description(t.oid, 'pg_trigger')
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = 'coord'::regnamespace and not t.tgisinternal""",
    "policies and rules": """
        select polrelid::regclass::text, polname from pg_policy p
        join pg_class c on c.oid = p.polrelid where c.relnamespace = 'coord'::regnamespace
        union all
        select ev_class::regclass::text, rulename from pg_rewrite r
        join pg_class c on c.oid = r.ev_class where c.relnamespace = 'coord'::regnamespace""",
    "types": """
        select typname, typtype, typowner::regrole::text, typacl::text
        from pg_type where typnamespace = 'coord'::regnamespace""",
    "privileges": """
        select o.name, p.grantor::regrole::text, p.grantee::regrole::text, p.privilege_type,
               p.is_grantable
        from (select 'schema ' || nspname, coalesce(nspacl, acldefault('n', nspowner))
              from pg_namespace where nspname = 'coord'
              union all
              select oid::regclass::text, coalesce(relacl,
                  acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
              from pg_class
              where relnamespace = 'coord'::regnamespace and relkind in ('r', 'v', 'S')
              union all
              select oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner))
              from pg_proc where pronamespace = 'coord'::regnamespace) as o (name, acl),
             aclexplode(o.acl) p""",
    "statuses": "select * from coord.status where builtin",
    "transitions": "select * from coord.status_transition where builtin",
    "default settings": "select * from coord.setting_default",
    "compiled detector": "select fingerprint, python, path from coord.detector_code",
    "version": "select coord.version()",
}

MEMBERSHIP = {
    "extension": """
        select extname, extowner::regrole::text, extversion, extnamespace::regnamespace::text
        from pg_extension where extname = 'confiture_coord'""",
    "members": """
        select pg_describe_object(classid, objid, objsubid) from pg_depend
        where refclassid = 'pg_extension'::regclass and deptype = 'e' and refobjid = (
            select oid from pg_extension where extname = 'confiture_coord')""",
    "needs": """
        select pg_describe_object(refclassid, refobjid, refobjsubid) from pg_depend
        where classid = 'pg_extension'::regclass and objid = (
            select oid from pg_extension where extname = 'confiture_coord')""",
    "dumped": """
        select c.config::regclass::text, c.condition
        from pg_extension e, unnest(e.extconfig, e.extcondition) as c (config, condition)
        where e.extname = 'confiture_coord'""",
    "privileges that are not dumped": """
        select pg_describe_object(i.classoid, i.objoid, i.objsubid), i.privtype,
               p.grantee::regrole::text, p.privilege_type
        from pg_init_privs i
        join pg_depend d on d.classid = i.classoid and d.objid = i.objoid and d.deptype = 'e'
        join pg_extension e on e.oid = d.refobjid and e.extname = 'confiture_coord',
             aclexplode(i.initprivs) p""",
}

# Locks of transactions, what each installation compiles for itself, and what marks a plain
# installation: no content worth keeping.
NOT_KEPT = ("lock_key", "lock_container", "detector_code", "plain_install")


def catalog(conn: Connection, *, extension: bool = True) -> dict[str, list[str]]:
    """What CREATE EXTENSION made, as text, sorted."""
    queries = {**CATALOG, **(MEMBERSHIP if extension else {})}
    with conn.transaction():
        conn.execute("set local search_path = pg_catalog")
        return {
            what: sorted(map(str, conn.execute(query).fetchall()))
            for what, query in queries.items()
        }


def contents(conn: Connection) -> dict[str, list[Any]]:
    """Every row of every table, and the state of every sequence."""
    tables = conn.execute(
        "select relname, relkind from pg_class where relnamespace = 'coord'::regnamespace"
        " and relkind in ('r', 'S') and relname <> all (%s) order by 1",
        (list(NOT_KEPT),),
    ).fetchall()
    what = {"r": "to_jsonb(t)::text", "S": "format('%%s %%s', last_value, is_called)"}
    return {
        name: conn.execute(
            f"select {what[kind].replace('%%', '%')} from coord.{name} t order by 1"
        ).fetchall()
        for name, kind in tables
    }


def difference(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> dict[str, Any]:
    """What only one of the two has, by part; empty when they are the same."""
    return {
        part: (
            [each for each in one.get(part, []) if each not in other.get(part, [])],
            [each for each in other.get(part, []) if each not in one.get(part, [])],
        )
        for part in {*one, *other}
        if one.get(part) != other.get(part)
    }
