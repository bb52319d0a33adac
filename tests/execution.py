"""The truth about two changes: run them in both orders, roll back, compare the catalogs.

The comparison is by name. Left out, because they differ without anybody having asked for it:
OIDs, the order of columns, the order of privileges, and ``pg_attribute.attoptions``, which some
builds stamp with a counter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

Verdict = Literal["commute", "diverge", "exclusive", "order", "requires", "neither"]
Side = Literal["a", "b"]


class Failure(NamedTuple):
    """One statement that did not work."""

    statement: int
    sqlstate: str
    message: str


class Truth(NamedTuple):
    """What PostgreSQL did with a pair."""

    verdict: Verdict
    first: Side | None = None
    differing: tuple[str, ...] = ()
    failures: tuple[tuple[str, Failure], ...] = ()

    @property
    def only_contents(self) -> bool:
        """Only rows differ, and the values of sequences."""
        return self.verdict == "diverge" and all(
            name.startswith("rows of ") for name in self.differing
        )


class Executor:
    """Runs changes in a database that is the same before and after."""

    def __init__(self, connection: psycopg.Connection[Any], *, contents: bool = True) -> None:
        self.connection = connection
        self.contents = contents
        with connection.transaction():
            self._sequences = [Jsonb(row[0]) for row in connection.execute(_POSITIONS).fetchall()]
        self._alone: dict[tuple[str, ...], Failure | None] = {}
        connection.execute("set lock_timeout = '1min'")
        connection.execute("set statement_timeout = '5min'")
        connection.execute("set client_min_messages = error")

    def alone(self, changes: Sequence[str]) -> Failure | None:
        """How a change fares by itself."""
        key = tuple(changes)
        if key not in self._alone:
            with self._nothing_stays():
                self._alone[key] = self._run(changes)
        return self._alone[key]

    def truth(self, a: Sequence[str], b: Sequence[str]) -> Truth:
        alone_a, alone_b = self.alone(a), self.alone(b)
        if alone_a is not None and alone_b is not None:
            return Truth("neither", failures=(("a", alone_a), ("b", alone_b)))
        if alone_a is not None:
            failure, _ = self._both(b, a, snapshot=False)
            kept = (("a", alone_a),)
            return Truth("neither", failures=kept) if failure else Truth("requires", "b", (), kept)
        if alone_b is not None:
            failure, _ = self._both(a, b, snapshot=False)
            kept = (("b", alone_b),)
            return Truth("neither", failures=kept) if failure else Truth("requires", "a", (), kept)
        # One transaction around both orders, so that now() is the same in both.
        with self._nothing_stays():
            fails_ab, after_ab = self._both(a, b)
            fails_ba, after_ba = self._both(b, a)
        if fails_ab and fails_ba:
            return Truth("exclusive", failures=(("ab", fails_ab), ("ba", fails_ba)))
        if fails_ab:
            return Truth("order", "b", (), (("ab", fails_ab),))
        if fails_ba:
            return Truth("order", "a", (), (("ba", fails_ba),))
        differing = tuple(
            sorted(
                name
                for name in after_ab.keys() | after_ba.keys()
                if after_ab.get(name) != after_ba.get(name)
            )
        )
        return Truth("diverge" if differing else "commute", None, differing)

    def _both(
        self, first: Sequence[str], then: Sequence[str], *, snapshot: bool = True
    ) -> tuple[Failure | None, dict[str, str]]:
        with self._nothing_stays():
            failure = self._run(first) or self._run(then)
            if failure is not None or not snapshot:
                return failure, {}
            return None, catalog(self.connection, contents=self.contents)
        raise AssertionError("unreachable")

    @contextmanager
    def _nothing_stays(self) -> Iterator[None]:
        with self.connection.transaction(force_rollback=True):
            # nextval is not rolled back: what a sequence gave before, it must give again.
            self.connection.execute(_REWIND, [self._sequences])
            yield

    def _run(self, changes: Sequence[str]) -> Failure | None:
        for number, script in enumerate(changes):
            try:
                with self.connection.transaction():
                    self.connection.execute(script.encode())
                    self.connection.execute("set constraints all immediate")
            except psycopg.Error as error:
                primary = error.diag.message_primary or str(error)
                return Failure(number, error.sqlstate or "", primary)
        return None


def catalog(connection: psycopg.Connection[Any], *, contents: bool = True) -> dict[str, str]:
    """Everything that DDL can make, by name; and the rows, if they matter."""
    before = connection.execute("show search_path").fetchone()
    assert before is not None
    connection.execute("set local search_path = pg_catalog")
    newer = connection.info.server_version >= 150000
    publications = _PUBLICATIONS.format(contents=_PARTS_AND_SCHEMAS if newer else _WHOLE_TABLES)
    found = {
        str(name): str(value)
        for query in (_CATALOG, publications.encode())
        for name, value in connection.execute(query).fetchall()
    }
    if contents:
        tables = connection.execute(_TABLES).fetchall()
        for start in range(0, len(tables), 50):
            parts = [
                f"select {_literal(name)}, coalesce(md5(string_agg(row, e'\\n' order by row)), '')"
                f" from (select to_jsonb(t)::text as row from only {name} t) r"
                for (name,) in tables[start : start + 50]
            ]
            query = " union all ".join(parts)
            for name, rows in connection.execute(query.encode()).fetchall():
                found[f"rows of {name}"] = str(rows)
        sequences = connection.execute(_SEQUENCES).fetchall()
        if sequences:
            query = " union all ".join(
                f"select {_literal(name)}, concat_ws(' ', last_value, is_called) from {name}"
                for (name,) in sequences
            )
            for name, value in connection.execute(query.encode()).fetchall():
                found[f"rows of {name}"] = str(value)
    connection.execute("select set_config('search_path', %s, true)", before)
    return found


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_POSITIONS = """
select jsonb_build_object('name', quote_ident(schemaname) || '.' || quote_ident(sequencename),
  'value', coalesce(last_value, start_value), 'called', last_value is not null)
from pg_sequences
"""

_REWIND = """
select setval((s ->> 'name')::regclass, (s ->> 'value')::bigint, (s ->> 'called')::boolean)
from unnest(%s::jsonb[]) s
"""

_OURS = """
  not in ('pg_catalog', 'information_schema', 'pg_toast')
"""

_CATALOG = f"""
with ns as (
  select oid, nspname, nspowner, nspacl from pg_namespace
  where nspname {_OURS} and nspname !~ '^pg_(temp|toast)'
), rel as (
  select c.*, format('%I.%I', n.nspname, c.relname) as full_name
  from pg_class c join ns n on n.oid = c.relnamespace
), comment as (
  select classoid, objoid, objsubid, description from pg_description
), acl as (
  select null::aclitem[] as x
)
select 'schema ' || nspname,
       concat_ws('|', nspowner::regrole,
         (select string_agg(a::text, ',' order by a::text) from unnest(nspacl) a),
         obj_description(oid, 'pg_namespace'))
from ns
union all
select concat_ws(' ', 'relation', full_name),
       concat_ws('|', relkind, relowner::regrole, relpersistence, relreplident, relrowsecurity,
         relforcerowsecurity, reltablespace,
         (select string_agg(o, ',' order by o) from unnest(reloptions) o),
         (select string_agg(a::text, ',' order by a::text) from unnest(relacl) a),
         obj_description(oid, 'pg_class'),
         pg_get_expr(relpartbound, oid), pg_get_partkeydef(oid),
         case when relkind in ('v', 'm') then pg_get_viewdef(oid) end,
         (select string_agg(inhparent::regclass::text, ',' order by inhseqno)
          from pg_inherits where inhrelid = rel.oid),
         case when reloftype <> 0 then reloftype::regtype end,
         (select amname from pg_am where oid = relam),
         case when relkind = 'm' then relispopulated end)
from rel where relkind <> 'i' and relkind <> 'I'
union all
select concat_ws(' ', 'column', r.full_name || '.' || a.attname),
       concat_ws('|', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
         a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attstorage, a.attcompression,
         a.attstattarget, a.attcollation::regcollation, a.attislocal, a.attinhcount,
         (select string_agg(x::text, ',' order by x::text) from unnest(a.attacl) x),
         col_description(r.oid, a.attnum), a.attfdwoptions)
from pg_attribute a join rel r on r.oid = a.attrelid
left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
where a.attnum > 0 and not a.attisdropped and r.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
union all
select concat_ws(' ', 'constraint', coalesce(conrelid::regclass::text, contypid::regtype::text)
         || '.' || conname),
       concat_ws('|', contype, pg_get_constraintdef(k.oid), convalidated, condeferrable,
         condeferred, conislocal, coninhcount, connoinherit,
         obj_description(k.oid, 'pg_constraint'))
from pg_constraint k join ns n on n.oid = k.connamespace
where contype <> 't'
union all
select concat_ws(' ', 'index', r.full_name),
       concat_ws('|', pg_get_indexdef(i.indexrelid), i.indisclustered, i.indisreplident,
         i.indisvalid, r.relowner::regrole, r.reltablespace,
         (select string_agg(o, ',' order by o) from unnest(r.reloptions) o),
         (select string_agg(inhparent::regclass::text, ',') from pg_inherits
          where inhrelid = r.oid),
         (select string_agg(attstattarget::text, ',' order by attnum) from pg_attribute
          where attrelid = r.oid),
         obj_description(r.oid, 'pg_class'))
from pg_index i join rel r on r.oid = i.indexrelid
union all
select concat_ws(' ', 'trigger', r.full_name || '.' || t.tgname),
       concat_ws('|', pg_get_triggerdef(t.oid), t.tgenabled, obj_description(t.oid, 'pg_trigger'))
from pg_trigger t join rel r on r.oid = t.tgrelid where not t.tgisinternal
union all
select concat_ws(' ', 'policy', r.full_name || '.' || p.polname),
       concat_ws('|', p.polcmd, p.polpermissive,
         (select string_agg(x::regrole::text, ',' order by x::regrole::text)
          from unnest(p.polroles) x),
         pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
         obj_description(p.oid, 'pg_policy'))
from pg_policy p join rel r on r.oid = p.polrelid
union all
select concat_ws(' ', 'rule', r.full_name || '.' || w.rulename),
       concat_ws('|', pg_get_ruledef(w.oid), w.ev_enabled, obj_description(w.oid, 'pg_rewrite'))
from pg_rewrite w join rel r on r.oid = w.ev_class where w.rulename <> '_RETURN'
union all
select concat_ws(' ', 'routine', p.oid::regprocedure::text),
       concat_ws('|', case when p.prokind <> 'a' then pg_get_functiondef(p.oid)
           else concat_ws(' ', a.aggfnoid::regprocedure, a.aggtransfn, a.aggfinalfn,
             a.agginitval, a.aggtranstype::regtype, a.aggsortop::regoperator) end,
         p.proowner::regrole,
         (select string_agg(x::text, ',' order by x::text) from unnest(p.proacl) x),
         obj_description(p.oid, 'pg_proc'))
from pg_proc p join ns n on n.oid = p.pronamespace
left join pg_aggregate a on a.aggfnoid = p.oid
union all
select concat_ws(' ', 'type', format('%I.%I', n.nspname, t.typname)),
       concat_ws('|', t.typtype, t.typowner::regrole,
         (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum
          where enumtypid = t.oid),
         format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
         (select concat_ws(',', rngsubtype::regtype, rngcollation::regcollation, rngsubdiff)
          from pg_range where rngtypid = t.oid),
         (select string_agg(x::text, ',' order by x::text) from unnest(t.typacl) x),
         obj_description(t.oid, 'pg_type'))
from pg_type t join ns n on n.oid = t.typnamespace
where t.typtype in ('e', 'd', 'r', 'b', 'm')
   and not (t.typtype = 'b' and t.typelem <> 0)
   or t.typtype = 'c' and exists (select from rel where oid = t.typrelid and relkind = 'c')
union all
select concat_ws(' ', 'sequence', r.full_name),
       concat_ws('|', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin,
         s.seqcache, s.seqcycle,
         (select refobjid::regclass::text || '.' || attname from pg_depend d
          join pg_attribute on attrelid = refobjid and attnum = refobjsubid
          where d.objid = r.oid and d.classid = 'pg_class'::regclass
            and d.refclassid = 'pg_class'::regclass and deptype in ('a', 'i')))
from pg_sequence s join rel r on r.oid = s.seqrelid
union all
select concat_ws(' ', 'statistics', format('%I.%I', n.nspname, s.stxname)),
       concat_ws('|', pg_get_statisticsobjdef(s.oid), s.stxowner::regrole, s.stxstattarget,
         obj_description(s.oid, 'pg_statistic_ext'))
from pg_statistic_ext s join ns n on n.oid = s.stxnamespace
union all
select concat_ws(' ', 'default privileges', defaclrole::regrole,
         coalesce((select nspname from pg_namespace where oid = defaclnamespace), '*'),
         defaclobjtype),
       (select string_agg(x::text, ',' order by x::text) from unnest(defaclacl) x)
from pg_default_acl
union all
select concat_ws(' ', 'extension', extname),
       concat_ws('|', extversion, extnamespace::regnamespace, extowner::regrole)
from pg_extension
union all
select concat_ws(' ', 'cast', castsource::regtype, casttarget::regtype),
       concat_ws('|', castfunc::regprocedure, castcontext, castmethod)
from pg_cast where oid >= 16384
union all
select concat_ws(' ', 'operator', o.oid::regoperator::text),
       concat_ws('|', oprcode, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin,
         oprcanhash, oprcanmerge, oprowner::regrole)
from pg_operator o join ns n on n.oid = o.oprnamespace
union all
select concat_ws(' ', 'event trigger', evtname),
       concat_ws('|', evtevent, evtowner::regrole, evtfoid::regproc, evtenabled, evttags,
         obj_description(oid, 'pg_event_trigger'))
from pg_event_trigger
union all
select concat_ws(' ', 'role', rolname),
       concat_ws('|', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,
         rolreplication, rolconnlimit, rolbypassrls,
         (select string_agg(roleid::regrole::text || admin_option::text, ',' order by 1)
          from pg_auth_members where member = r.oid),
         (select string_agg(setconfig::text, ';') from pg_db_role_setting where setrole = r.oid))
from pg_roles r where rolname !~ '^pg_'
union all
select concat_ws(' ', 'collation', format('%I.%I', n.nspname, collname)),
       concat_ws('|', collprovider, collcollate, collowner::regrole)
from pg_collation c join ns n on n.oid = c.collnamespace
"""

_TABLES = f"""
select format('%I.%I', nspname, relname)
from pg_class c join pg_namespace n on n.oid = relnamespace
where relkind in ('r', 'm') and (relkind = 'r' or relispopulated)
  and nspname {_OURS} and nspname !~ '^pg_(temp|toast)'
order by 1
"""

_SEQUENCES = """
select format('%I.%I', schemaname, sequencename) from pg_sequences order by 1
"""

_PUBLICATIONS = """
select concat_ws(' ', 'publication', p.pubname),
       concat_ws('|', p.pubowner::regrole, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete,
         p.pubtruncate, p.pubviaroot, obj_description(p.oid, 'pg_publication'), {contents})
from pg_publication p
"""

_WHOLE_TABLES = """
(select string_agg(pr.prrelid::regclass::text, ';' order by pr.prrelid::regclass::text)
 from pg_publication_rel pr where pr.prpubid = p.oid)
"""

# What PostgreSQL 15 brought: lists of columns, conditions, and all tables of a schema.
_PARTS_AND_SCHEMAS = """
(select string_agg(concat_ws(' ', pr.prrelid::regclass,
     (select string_agg(attname, ',' order by attname) from pg_attribute
      where attrelid = pr.prrelid and attnum = any (pr.prattrs)),
     pg_get_expr(pr.prqual, pr.prrelid)), ';' order by pr.prrelid::regclass::text)
 from pg_publication_rel pr where pr.prpubid = p.oid),
(select string_agg(pn.pnnspid::regnamespace::text, ',' order by 1)
 from pg_publication_namespace pn where pn.pnpubid = p.oid)
"""
