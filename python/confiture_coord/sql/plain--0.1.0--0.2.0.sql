-- Built by sql/build.py from sql/schema, sql/code and plpython: edit those, not this.

-- sql/code/00_session.plain.sql
-- CREATE EXTENSION pins the path for its script; here we do it ourselves, for this transaction.
select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- sql/updates/begin.sql
-- Calls that are under way end before anything changes, and those to come wait: each reads the
-- limits before it does anything, and holds that lock until it commits. So no call finds itself
-- with its first half in the old code and its second in the new.
lock table coord.setting_default in access exclusive mode;

-- sql/updates/0.1.0--0.2.0.sql
-- From 0.1.0 to 0.2.0: no table changes, only an index and comments on columns do.

drop index coord.intent_key_active_idx;
create index intent_key_active_idx
    on coord.intent_key (key collate "C", is_exclusive, intent_no) where is_active;

comment on column coord.lock_key.holder is
    'Which transaction took it last: see coord._lock_holder()';
comment on column coord.lock_container.holder is
    'Which transaction took it last: see coord._lock_holder()';
comment on column coord.setting_default.check_as is
    'number, channel, function, or the allowed values with | between them';

-- Functions whose result or arguments are others now.
drop function coord._store_conflicts(uuid, json, boolean);
drop function coord._warn_of_conflicts(uuid, bigint);

-- sql/code/05_version.sql
-- Which version the objects in this schema are.

create or replace function coord.version() returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
return '0.2.0';
comment on function coord.version() is 'Version of confiture_coord in this database';

-- sql/code/08_error.sql
-- Errors: PL/Python hands them over as data, since plpy.error would prefix the message; these
-- functions raise them. Nobody else in this schema raises what came from elsewhere.

create or replace function coord._for_client(value text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
-- A message that the client's encoding has no characters for would fail with 22P05 instead of
-- saying anything: one agent's feature in Chinese must not keep a LATIN1 client from registering.
begin
    if current_setting('client_encoding') in ('UTF8', 'SQL_ASCII', getdatabaseencoding()) then
        return value;
    end if;
    begin
        perform convert_to(value, current_setting('client_encoding'));
        return value;
    exception when untranslatable_character then
        return regexp_replace(value, '[^ -~[:space:]]', '?', 'g');
    end;
end
$function$;
comment on function coord._for_client(text) is
    'The text with ? for what the client''s encoding does not have (internal)';

create or replace function coord._raise(
    sqlstate text, message text, detail text default null, hint text default null,
    machine_readable json default null
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_hint constant text := coord._for_client(
        coalesce(nullif(hint, ''), 'see the documentation of confiture_coord'));
begin
    message := coord._for_client(message);
    detail := coord._for_client(detail);
    -- RAISE takes no null and shows an empty field, so a field that is not there is left out. JSON
    -- for programs travels in the field DATATYPE, which psql shows in verbose mode only.
    if machine_readable is not null then
        raise exception using errcode = sqlstate, message = message, detail = coalesce(detail, ''),
            hint = v_hint, datatype = coord._for_client(machine_readable::text);
    elsif detail <> '' then
        raise exception using errcode = sqlstate, message = message, detail = detail,
            hint = v_hint;
    end if;
    raise exception using errcode = sqlstate, message = message, hint = v_hint;
end
$function$;
comment on function coord._raise(text, text, text, text, json) is
    'Raises an error given as data (internal)';

create or replace function coord._raise(problem text[]) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform coord._raise(problem[1], problem[2], problem[3], problem[4]);
end
$function$;
comment on function coord._raise(text[]) is
    'Raises what the detector reported: SQLSTATE, message, detail, hint (internal)';

-- sql/code/10_detector.sql
-- The detector's own source, and how a session loads it: once, under a name that carries the
-- hash of the source, so that an update of the extension takes effect in sessions that live on.

create or replace function coord._detector_sources(out path text, out source text)
returns setof record
language sql immutable
set search_path = pg_catalog, pg_temp
as $function$
select * from (values
('__init__.py', $coord0$"""The detector of confiture_coord: DDL text in, touches and conflicts out.

Ordinary importable Python, free of any server: tests and tools import it under this name, and
a PostgreSQL backend loads the same files from the extension under a name that carries their
hash. That is why the modules in here import one another only relatively, and why this file
imports nothing: whoever needs the parser asks ``loader`` first.
"""
$coord0$),
('analysis.py', $coord0$"""From what a caller hands in to touches and keys: arguments, text, catalog, in this order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from . import loader
from .catalog import enrich
from .footprint import footprint
from .identity import RELATION, display
from .identity import Key as ObjectKey
from .keys import TEMPORARY, Key, feature_key, keys_of
from .model import Json, Touch
from .names import Scope
from .net import net_effect
from .rules import VISIBLE
from .script import DEFAULT, Limits, ScriptError, Statement, parse_changes
from .touch_json import to_json

__all__ = ["footprint", "parse", "plan", "public_facet", "resolved_path", "touches_of"]

Query = Callable[[str, list[Any]], list[dict[str, Any]]]
Interrupts = Callable[[], None]

MEMBERS_OF_TABLES = frozenset(
    ("table column", "table constraint", "trigger", "policy", "rule", "default value")
)


class Plan(NamedTuple):
    """What is stored of an intent's changes."""

    statements: list[str]
    search_path: list[str]
    tables: list[str]
    tables_named: list[str]
    keys: list[Key]
    touches: str


def plan(
    statements: Sequence[Statement],
    path: Sequence[str],
    tables_declared: Sequence[str | None],
    feature_name: str,
    query: Query,
    interrupts: Interrupts,
    limits: Sequence[int] = DEFAULT,
) -> Plan:
    touches = touches_of(statements, path, query, interrupts)
    declared = declared_tables(tables_declared, path, query, Limits(*limits))
    named = sorted({shown(touch) for touch in declared})
    stored = [touch for touch in net_effect([*touches, *declared]) if touch.schema != TEMPORARY]
    return Plan(
        [statement.text for statement in statements],
        list(path),
        sorted({*tables_of(touches), *named}),
        named,
        [*keys_of(stored), feature_key(feature_name)],
        to_json(stored),
    )


def parse(
    changes: str | None,
    change_list: Sequence[str | None] | None,
    interrupts: Interrupts,
    limits: Sequence[int] = DEFAULT,
    argument: str = "schema_changes",
) -> list[Statement]:
    """Parse changes in either spelling."""
    if changes is not None:
        return parse_changes(changes, Limits(*limits), interrupts)
    if change_list is None:
        raise ScriptError("22004", f"{argument} must not be null", "", "give the DDL that you plan")
    given = [element for element in change_list if element is not None]
    if len(given) < len(change_list):
        raise ScriptError("22004", f"{argument} must not contain null", "", "leave it out")
    return parse_changes(given, Limits(*limits), interrupts)


def touches_of(
    statements: Sequence[Statement],
    path: Sequence[str],
    query: Query | None,
    interrupts: Interrupts,
) -> list[Touch]:
    """The footprint of statements, with what the catalog adds to it where it may be asked."""
    touches = footprint(statements, path, interrupts)
    return touches if query is None else enrich(touches, query)


LONGEST_PATH = 10_000
"""Characters of a search path: a hundred names of any length, quoted and escaped."""


def beginning(text: str) -> str:
    """What an error shows of an argument."""
    return text if len(text) <= 200 else f"{text[:200]}..."


def resolved_path(search_path: str | None, effective_path: Sequence[str]) -> list[str]:
    """The schemas to resolve names with: as given, else the caller's effective path."""
    if search_path is None:
        return [TEMPORARY if schema.startswith("pg_temp_") else schema for schema in effective_path]
    if not search_path.strip():
        return []
    wrong = ScriptError(
        "22023",
        "search_path is not a list of schema names",
        f"given: {beginning(search_path)}",
        "write it as in SET search_path: billing, public",
    )
    if len(search_path) > LONGEST_PATH:
        raise wrong
    try:
        statements = parse_changes(f"set search_path = {search_path}")
    except ScriptError:
        raise wrong from None
    node = statements[0].node
    if len(statements) != 1 or not isinstance(node, loader.ast.VariableSetStmt) or not node.args:
        raise wrong
    values = [getattr(argument, "val", None) for argument in node.args]
    schemas = [getattr(value, "sval", None) for value in values]
    if not all(isinstance(schema, str) for schema in schemas):
        raise wrong
    return [str(schema) for schema in schemas if schema]


def declared_tables(
    names: Sequence[str | None],
    path: Sequence[str],
    query: Query,
    limits: Limits = DEFAULT,
) -> list[Touch]:
    """Tables that the agent named, as touches that only say: I am busy here."""
    scope = Scope(path)
    touches = []
    count = 0
    for name in names:
        if not isinstance(name, str | None):
            raise ScriptError(
                "22023",
                "tables_affected must have one dimension",
                "",
                "give one array of names: ARRAY['users', 'billing.invoices']",
            )
        if name is None or not name.strip():
            raise ScriptError(
                "22023", "tables_affected contains an empty name", "", "leave the element out"
            )
        relations = parsed_names(name)
        count += len(relations)
        if count > limits.tables:
            raise ScriptError(
                "54000",
                "tables_affected names too many tables",
                f"the limit is {limits.tables}",
                f"name fewer, or raise the limit of {limits.tables} tables: "
                "the setting max_tables in coord.setting",
            )
        for relation in relations:
            parts = [part for part in (relation.schemaname, relation.relname) if part]
            places = scope.resolve(parts, "relation")
            detail: dict[str, Json] = {}
            if len(places) > 1:
                detail["candidate"] = scope.next_candidate_group()
            for schema, table in places:
                touches.append(Touch(0, "table", schema, table, None, "alter", "declared", detail))
    return enrich(touches, query) if touches else touches


def parsed_names(name: str) -> list[Any]:
    """A table name, or several with commas, as the parser reads them."""
    wrong = ScriptError(
        "22023",
        "tables_affected contains something that is not a table name",
        f"given: {beginning(name)}",
        'write names as in SQL: users, billing.invoices, "Order Items"',
    )
    try:
        # The mode is given here, so that a name cannot bring one along.
        statements = parse_changes(f"lock table {name}\n in share mode")
    except ScriptError:
        raise wrong from None
    if len(statements) != 1 or not isinstance(statements[0].node, loader.ast.LockStmt):
        raise wrong
    return list(statements[0].node.relations or ())


def tables_of(touches: Sequence[Touch]) -> set[str]:
    """The tables that a plan changes: itself, a member of it, or its rows."""
    found = set()
    placed: set[Json] = set()
    for touch in touches:
        if touch.schema == TEMPORARY:
            continue
        if touch.action == "use" and (
            touch.facet != "data" or touch.detail.get("access") == "read"
        ):
            continue
        if touch.kind != "table" and touch.kind not in MEMBERS_OF_TABLES:
            continue
        group = touch.detail.get("candidate")
        if group is not None:
            # Nobody knows which one it is: the first of the path stands for all.
            if group in placed:
                continue
            placed.add(group)
        found.add(shown(touch))
    return found


def shown(touch: Touch) -> str:
    """The relation of a touch, as the objects of a conflict show it."""
    return display(ObjectKey(RELATION, touch.schema, touch.name), VISIBLE)


def public_facet(touch: Touch) -> str | None:
    if "candidate" in touch.detail:
        return f"{touch.facet} (candidate)" if touch.facet else "(candidate)"
    return touch.facet
$coord0$),
('array_literal.py', $coord0$"""PostgreSQL's array literals, read as the server's ``text[]`` input reads them.

Drivers send a list as an untyped parameter, which the server resolves to ``text``; so changes
that begin with a brace are taken for an array. No SQL begins with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .script_error import ScriptError

_SPACES = " \t\n\r\f\v"
_MOST_DIMENSIONS = 6


class _Token(NamedTuple):
    """A brace, a comma, an element (``value`` is its text) or a NULL (``value`` is None)."""

    kind: str
    value: str | None = None


def is_array_literal(text: str) -> bool:
    return text.lstrip(_SPACES).startswith("{")


def parse_array_literal(text: str) -> list[str | None]:
    """Return the elements of all dimensions in order, as ``unnest`` does."""
    tokens = _tokens(text)
    elements: list[str | None] = []
    counts: list[int] = []
    sizes: dict[int, int] = {}
    dimensions = 0
    expect_delimiter = False
    while True:
        token = next(tokens)
        if token.kind == "{":
            if expect_delimiter:
                raise _malformed('Unexpected "{" character.')
            if len(counts) >= _MOST_DIMENSIONS:
                raise _malformed(f"The array has more than {_MOST_DIMENSIONS} dimensions.")
            counts.append(0)
            if len(counts) > dimensions:
                if elements or sizes:
                    raise _ragged()
                dimensions = len(counts)
        elif token.kind == "}":
            if counts[-1] > 0 and not expect_delimiter:
                raise _malformed('Unexpected "}" character.')
            size = counts.pop()
            if sizes.setdefault(len(counts), size) != size:
                raise _ragged()
            if not counts:
                break
            counts[-1] += 1
            expect_delimiter = True
        elif token.kind == ",":
            if not expect_delimiter:
                raise _malformed('Unexpected "," character.')
            expect_delimiter = False
        else:
            if expect_delimiter:
                raise _malformed("Unexpected array element.")
            if len(counts) != dimensions:
                raise _ragged()
            elements.append(token.value)
            counts[-1] += 1
            expect_delimiter = True
    if next(tokens, None) is not None:
        raise _malformed("Junk after closing right brace.")
    return elements


def _tokens(text: str) -> Iterator[_Token]:
    """Cut the literal into tokens; one more of kind "junk" where text follows the last brace."""
    depth = 0
    at = 0
    while True:
        while at < len(text) and text[at] in _SPACES:
            at += 1
        if at == len(text):
            if depth == 0:
                return
            raise _malformed("Unexpected end of input.")
        character = text[at]
        if character in "{},":
            depth += {"{": 1, "}": -1, ",": 0}[character]
            yield _Token(character)
            at += 1
        elif depth == 0:
            yield _Token("junk")
            return
        elif character == '"':
            value, at = _quoted(text, at + 1)
            yield _Token("element", value)
        else:
            unquoted, at = _unquoted(text, at)
            yield _Token("element", unquoted)


def _quoted(text: str, at: int) -> tuple[str, int]:
    parts: list[str] = []
    start = at
    while at < len(text):
        character = text[at]
        if character == "\\":
            parts.append(text[start:at])
            start = at + 1
            at += 2
        elif character == '"':
            parts.append(text[start:at])
            at += 1
            while at < len(text) and text[at] in _SPACES:
                at += 1
            if at < len(text) and text[at] not in "{},":
                raise _malformed("Incorrectly quoted array element.")
            return "".join(parts), at
        else:
            at += 1
    raise _malformed("Unexpected end of input.")


def _unquoted(text: str, at: int) -> tuple[str | None, int]:
    parts: list[str] = []
    length = 0
    escaped = False
    while at < len(text):
        character = text[at]
        if character == "{":
            raise _malformed('Unexpected "{" character.')
        if character == '"':
            raise _malformed("Incorrectly quoted array element.")
        if character in ",}":
            value = "".join(parts[:length])
            return (None if not escaped and value.upper() == "NULL" else value), at
        if character == "\\":
            escaped = True
            at += 1
            if at == len(text):
                break
            character = text[at]
            parts.append(character)
            length = len(parts)
        else:
            parts.append(character)
            if character not in _SPACES:
                length = len(parts)
        at += 1
    raise _malformed("Unexpected end of input.")


def _malformed(detail: str) -> ScriptError:
    return ScriptError(
        "22P02",
        "malformed array literal",
        f"{detail} Schema changes that begin with a brace are taken for an array of text.",
        "give the DDL as a plain string, or a valid array: ARRAY['ALTER TABLE ...', '...']",
    )


def _ragged() -> ScriptError:
    return _malformed("Multidimensional arrays must have sub-arrays with matching dimensions.")
$coord0$),
('ascii_text.py', $coord0$"""Texts outside ASCII in the two forms that spare the parser slow work.

``mask`` keeps every byte's place and the scanner's view of it: a byte of a character outside
ASCII is a letter of an identifier to the scanner, and so is the underscore that stands in for
it. ``rewrite`` spells the characters as Unicode escapes, which gives the same tree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, NamedTuple

_UNDERSCORE = bytes(byte if byte < 128 else 0x5F for byte in range(256))
_LOWER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


class Rewritten(NamedTuple):
    """An equivalent text in ASCII, and pairs of places that lead back to the original."""

    text: str
    places: list[int]
    originals: list[int]

    def original(self, index: int) -> int:
        """Return the original character index of a token's beginning or end."""
        anchor = bisect_right(self.places, index) - 1
        return self.originals[anchor] + index - self.places[anchor]


def mask(data: bytes) -> str | None:
    """Return a text of as many characters as there are bytes, with the same tokens.

    None when there is none: two dollar quotes whose tags differ only outside ASCII would look
    alike, so that one would seem to close the other.
    """
    masked = data.translate(_UNDERSCORE).decode("ascii")
    if b"$" in data and not data.isascii():
        tags: dict[str, bytes] = {}
        for tag, name in zip(data.split(b"$"), masked.split("$"), strict=True):
            if name.isidentifier() and tags.setdefault(name, tag) != tag:
                return None
    return masked


def rewrite(data: bytes, tokens: Sequence[Any]) -> Rewritten | None:
    """Spell every token of ``data`` that is outside ASCII with escapes; None when one resists."""
    parts: list[str] = []
    places = [0]
    originals = [0]
    length = index = done = 0

    def keep(until: int) -> None:
        nonlocal length, index, done
        text = data[done:until].decode()
        parts.append(text)
        length += len(text)
        index += len(text)
        done = until

    after_dollar_quote = False
    for token in tokens:
        source = data[token.start : token.end + 1]
        # N'...' is two tokens that a space would part. A quoted string that a dollar quote
        # becomes would go on with the next one.
        if token.name == "UESCAPE" or source in (b"N", b"n"):
            return None
        if after_dollar_quote and source[:1] == b"'":
            return None
        after_dollar_quote = False
        if source.isascii():
            continue
        after_dollar_quote = source[:1] == b"$"
        text = source.decode()
        escaped = _spell(token.name, text)
        if escaped is None:
            return None
        keep(token.start)
        places.append(length)
        originals.append(index)
        parts.append(escaped)
        length += len(escaped)
        index += len(text)
        done = token.end + 1
        places.append(length)
        originals.append(index)
    keep(len(data))
    result = "".join(parts)
    return Rewritten(result, places, originals) if result.isascii() else None


def _spell(name: str, text: str) -> str | None:
    if name in ("SQL_COMMENT", "C_COMMENT"):
        return text.encode().translate(_UNDERSCORE).decode("ascii")
    if name in ("IDENT", "SCONST") and text[0] in "\"'":
        escaped = _escape(text.replace("\\", "\\\\"))
        return f" U&{escaped} "
    if name == "IDENT":
        return f' U&"{_escape(text.translate(_LOWER))}" '
    if name in ("UIDENT", "USCONST"):
        return _escape(text)
    if name == "SCONST" and text[0] in "eE":
        return _escape_in_escapes(text)
    if name == "SCONST" and text[0] == "$":
        tag = text.index("$", 1) + 1
        body = text[tag:-tag].replace("\\", "\\\\").replace("'", "''")
        return f" U&'{_escape(body)}' "
    return None


def _escape(text: str) -> str:
    return "".join(
        character if character < "\x80" else f"\\+{ord(character):06X}" for character in text
    )


def _escape_in_escapes(text: str) -> str:
    """Spell the inside of E'...': a character after a backslash loses the backslash."""
    parts: list[str] = []
    backslash = False
    for character in text:
        if character >= "\x80":
            parts.append(f"\\U{ord(character):08X}")
            backslash = False
        elif backslash:
            parts.append("\\" + character)
            backslash = False
        elif character == "\\":
            backslash = True
        else:
            parts.append(character)
    return "".join(parts)
$coord0$),
('backend.py', $coord0$"""What the SQL functions call: the only file that knows it runs inside a server.

Problems come back as data, ``[SQLSTATE, message, detail, hint]`` in the first place of a result,
because PL/Python would prefix the message of an exception; a PL/pgSQL function raises them. An
error of PostgreSQL itself (a cancelled query, a lock not had) passes through untouched.

Importing this file must not need the parser: whatever does is imported by ``analysis``, inside
the calls, so that a parser that cannot be loaded is a problem like any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from . import loader
from .script import too_deep
from .script_error import ScriptError

Problem = list[str | None]

PROBLEMS = (ScriptError, loader.DetectorUnavailable, RecursionError)
"""What is handed back as data; a walk of ours that is too deep is an error about the text."""

INTERRUPT_SECONDS = 0.02
"""How much time passes between two checks for a cancelled query; each check is a query."""

_plpy: Any = None
_plans: dict[str, Any] = {}


def start(plpy: Any) -> None:
    """Called once by the function that loads this package into a session."""
    global _plpy
    _plpy = plpy


def footprint(
    changes: str | None,
    change_list: list[str | None] | None,
    search_path: str | None,
    effective_path: Sequence[str],
) -> tuple[Any, ...]:
    """The columns of ``coord.footprint``."""
    try:
        from . import analysis

        path = analysis.resolved_path(search_path, effective_path)
        statements = analysis.parse(changes, change_list, interrupts())
        touches = analysis.footprint(statements, path, interrupts())
    except PROBLEMS as error:
        return (problem(error), *[None] * 7)
    columns = list(zip(*(touch[:7] for touch in touches), strict=True)) or [()] * 7
    return (None, *columns[:6], [analysis.public_facet(touch) for touch in touches])


def compare(
    text_a: str | None,
    list_a: list[str | None] | None,
    text_b: str | None,
    list_b: list[str | None] | None,
    search_path: str | None,
    effective_path: Sequence[str],
    use_catalog: bool,
    limits: Sequence[int],
) -> tuple[Problem | None, str | None]:
    """The rows of ``coord.compare_changes`` as JSON."""
    from . import detection

    try:
        from . import analysis

        path = analysis.resolved_path(search_path, effective_path)
        sides = [
            analysis.touches_of(
                analysis.parse(text, items, interrupts(), limits, argument),
                path,
                query if use_catalog else None,
                interrupts(),
            )
            for argument, text, items in (
                ("changes_a", text_a, list_a),
                ("changes_b", text_b, list_b),
            )
        ]
    except PROBLEMS as error:
        return problem(error), None
    return None, json.dumps(detection.between(sides[0], sides[1], path, interrupts()))


def analyse(
    changes: str | None,
    change_list: list[str | None] | None,
    search_path: str | None,
    effective_path: Sequence[str],
    tables_declared: Sequence[str | None] | None,
    feature_name: str,
    limits: Sequence[int],
) -> tuple[Any, ...]:
    """Everything that is stored of a plan: statements, path, tables, keys and touches."""
    try:
        from . import analysis

        plan = analysis.plan(
            analysis.parse(changes, change_list, interrupts(), limits),
            analysis.resolved_path(search_path, effective_path),
            tables_declared or (),
            feature_name,
            query,
            interrupts(),
            limits,
        )
    except PROBLEMS as error:
        return (problem(error), *[None] * 8)
    return (
        None,
        plan.statements,
        plan.search_path,
        plan.tables,
        plan.tables_named,
        [key.key for key in plan.keys],
        [key.exclusive for key in plan.keys],
        [key.container for key in plan.keys],
        plan.touches,
    )


CANDIDATES = """
with mine as (
    select m.key, m.is_exclusive
    from unnest($1::text[], $2::boolean[]) as m (key, is_exclusive)
), matched as (
    select k.intent_no
    from mine m cross join lateral (
        select k.intent_no from coord.intent_key k
        where k.key = m.key collate "C" and k.is_active and k.is_exclusive offset 0) k
    union
    select k.intent_no
    from mine m cross join lateral (
        select k.intent_no from coord.intent_key k
        where k.key = m.key collate "C" and k.is_active and not k.is_exclusive offset 0) k
    where m.is_exclusive
)
select i.intent_no, i.id, i.agent_id, i.feature_name, i.branch_name, i.status, f.version
from matched c
cross join lateral (
    select i.* from coord.intent i where i.intent_no = c.intent_no offset 0) i
cross join lateral (
    select f.version from coord.intent_footprint f where f.intent_no = c.intent_no offset 0) f
where c.intent_no <> $3
order by c.intent_no
"""
"""Each look-up is fenced by OFFSET 0: from key to intent, one by one, whatever the statistics say.

A plan made while the tables were empty would otherwise be kept by a session in which they grow,
and read all that is active.
"""

FOOTPRINTS = """
select f.version, f.touches::text as touches
from coord.intent_footprint f where f.intent_no = any ($1::bigint[])
"""


def detect(
    intent_no: int | None,
    agent_id: str,
    feature_name: str,
    keys: Sequence[str],
    are_exclusive: Sequence[bool],
    touches: str,
    path: Sequence[str],
) -> str | None:
    """The conflicts of a footprint with every active intent that shares a key, as JSON."""
    candidates = query(CANDIDATES, [keys, are_exclusive, intent_no or 0])
    if not candidates:
        return None
    from . import detection

    others = [detection.Other(*candidate.values()) for candidate in candidates]
    unknown = detection.not_remembered(others)
    try:
        if unknown:
            for row in query(FOOTPRINTS, [unknown]):
                detection.remember(row["version"], row["touches"])
        found = detection.against(agent_id, feature_name, touches, path, others, interrupts())
    finally:
        detection.forget()
    return json.dumps(found) if found else None


def merge_order(nodes: str | None, edges: str) -> str:
    """Intents in an order to merge them, as JSON."""
    from .order import merge_order as sorted_by_need

    pairs = [(first, then) for first, then in json.loads(edges)]
    order = sorted_by_need(json.loads(nodes) if nodes else [], pairs)
    return json.dumps(
        [
            {"place": place, "intent_no": node, "cycle": cycle}
            for place, (node, cycle) in enumerate(order, start=1)
        ]
    )


def facts() -> tuple[Problem | None, str | None]:
    """What ``coord.detector_check`` shows of the parser."""
    try:
        return None, json.dumps(loader.facts())
    except loader.DetectorUnavailable as error:
        return problem(error), None


def problem(error: ScriptError | loader.DetectorUnavailable | RecursionError) -> Problem:
    if isinstance(error, RecursionError):
        error = too_deep()
    return [error.sqlstate, error.message, error.detail, error.hint]


def query(sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
    """Run one of our fixed queries, prepared once per session."""
    plan = _plans.get(sql)
    if plan is None:
        plan = _plans[sql] = _plpy.prepare(sql, [sql_type(value) for value in arguments])
    return list(_plpy.execute(plan, arguments))


def sql_type(value: Any) -> str:
    """The SQL type of an argument, told by its Python type; lists hold one type."""
    if isinstance(value, list | tuple):
        return (sql_type(value[0]) if value else "text") + "[]"
    if isinstance(value, bool):
        return "boolean"
    return "bigint" if isinstance(value, int) else "text"


def interrupts() -> Callable[[], None]:
    """A check for a cancelled query that asks the server now and then only."""
    due = monotonic() + INTERRUPT_SECONDS

    def check() -> None:
        nonlocal due
        if monotonic() >= due:
            query("select 1", [])
            due = monotonic() + INTERRUPT_SECONDS

    return check
$coord0$),
('big_stack.py', $coord0$"""Run a function in a thread whose stack is as large as the function needs.

The server knows nothing of the thread: it blocks every signal, so that the server's handlers
keep running where they expect to run, and it has ended whenever control returns, also when an
exception comes in between.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TypeVar

from .script_error import ScriptError

Result = TypeVar("Result")

_PAGE = 4096


def call_with_stack(stack_bytes: int, function: Callable[[], Result]) -> Result:
    """Return what ``function`` returns, and raise what it raises."""
    results: list[Result] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=work, name="confiture_coord parser", daemon=True)
    interruption: BaseException | None = None
    try:
        _start(thread, stack_bytes)
    except BaseException as error:
        if thread.ident is None:
            raise
        interruption = error
    while not done.is_set() or thread.is_alive():
        try:
            done.wait()
            thread.join()
        except BaseException as error:
            interruption = error
    if interruption is not None:
        raise interruption
    if errors:
        raise errors[0]
    return results[0]


def _start(thread: threading.Thread, stack_bytes: int) -> None:
    previous_size = threading.stack_size(-(-stack_bytes // _PAGE) * _PAGE)
    # A thread inherits the mask of the one that starts it: blocking signals in the thread
    # itself would leave a moment in which a handler of the server runs on the wrong stack.
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        thread.start()
    except RuntimeError as error:
        raise ScriptError(
            "53200",
            "not enough memory to parse the schema changes",
            f"a stack of {stack_bytes >> 20} MB could not be had: {error}",
            "give shorter statements, or relax the limits on the server's memory",
        ) from error
    finally:
        threading.stack_size(previous_size)
        # Last, because a signal that came meanwhile is delivered here.
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)
$coord0$),
('catalog/__init__.py', $coord0$"""The second layer: what the catalog of this database knows about the objects of a footprint.

The text says what a statement names. The catalog says which of several schemas a bare name means,
what an object takes along when it goes, what stands in its way, which partitions follow their
table, and what a called routine or a fired trigger does. All of that becomes touches of the same
vocabulary (``via='catalog'``), so that the rules need not know where they come from.

The number of queries does not depend on the size of the footprint, and each is told everything
at once. What does not exist in this database stays as the text has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..model import Touch
from . import (
    column_types,
    consequences,
    copies,
    defaults,
    dropped_checks,
    fields,
    inserted,
    keys,
    labels,
    performed,
    resolution,
    row_rules,
    views,
)
from .facts import Facts

Query = Callable[[str, list[Any]], list[dict[str, Any]]]

__all__ = ["Query", "enrich"]


def enrich(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """The touches, resolved and completed from the catalog that ``query`` asks."""
    if not touches:
        return []
    facts = Facts(query)
    facts.learn(touches)
    resolved = fields.add(resolution.resolve(touches, facts), facts)
    found = consequences.add(resolved, facts, query)
    found = copies.add(found, facts, query)
    found = column_types.add(found, facts)
    found = row_rules.note(found, facts, query)
    found = dropped_checks.note(found, query)
    found = inserted.note(found, query)
    found = views.note(found, query)
    found = keys.note(found, facts, query)
    found = performed.add(found, facts, query)
    found = labels.place(found, query)
    return defaults.note(found, query)
$coord0$),
('catalog/column_types.py', $coord0$"""The types of used columns: a definition that shows a column needs the column's type."""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import COLUMN, family_of
from ..model import Json, Touch
from .consequences import VIA
from .facts import BaseNames, Facts, Name

_OF_KEYS = frozenset(("index", "table constraint", "partition key", "statistics object"))
"""What is made of columns, and needs their types only in expressions."""


def add(touches: Sequence[Touch], facts: Facts) -> list[Touch]:
    """The touches, and the uses of types that go with uses of columns."""
    if not facts.user_types:
        return list(touches)
    names = BaseNames()
    seen: set[tuple[int, Name, Json]] = set()
    checks = {
        (touch.statement_no, touch.sub)
        for touch in touches
        if touch.kind == "table constraint" and touch.detail.get("constraint_type") == "check"
    }
    result: list[Touch] = []
    for touch in touches:
        names.follow(touch)
        result.append(touch)
        if touch.action != "use" or touch.facet != "reference" or touch.schema is None:
            continue
        if family_of(touch.kind) != COLUMN or touch.sub is None or "candidate" in touch.detail:
            continue
        number, by = touch.statement_no, touch.detail.get("by")
        if by in _OF_KEYS and (number, touch.detail.get("constraint")) not in checks:
            continue
        base = names.relation(touch.schema, touch.name)
        type_ = facts.user_types.get((*base, names.column(base, touch.sub)))
        if type_ is not None and (number, type_, by) not in seen:
            seen.add((number, type_, by))
            detail: dict[str, Json] = {**VIA}
            for word in ("by", "body"):
                if word in touch.detail:
                    detail[word] = touch.detail[word]
            result.append(Touch(number, "type", *type_, None, "use", "reference", detail))
    return result
$coord0$),
('catalog/consequences.py', $coord0$"""What a change brings with it: dependents that go along, or that stand in the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..identity import COLUMN, MEMBERS, RELATION, ROUTINE, Key, family_of, key_of
from ..model import Json, Touch
from ..rules.dependents import STOPS_RETYPE
from . import queries
from .facts import PG_CLASS, BaseNames, Facts, Name, Query

VIA: dict[str, Json] = {"via": "catalog", "implied": True}

MOST_TOUCHES = 20_000
"""What DROP SCHEMA \u2026 CASCADE takes along may be long; the container stands for it then."""


class Root:
    """A change whose dependents matter."""

    __slots__ = ("touch", "what")

    def __init__(self, touch: Touch, what: str) -> None:
        self.touch = touch
        self.what = what
        """drop, cascade, or type."""


def add(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """The touches, and after each what follows from it."""
    names = BaseNames()
    made: set[Key] = set()
    gone: set[Key] = set()
    roots: list[Root] = []
    addresses: list[tuple[int, int, int]] = []
    moving: dict[int, list[Touch]] = {}
    inherited: dict[int, list[Touch]] = {}
    result: list[tuple[int, Touch]] = []
    for number, touch in enumerate(touches):
        key = key_of(touch)
        own = key in made or Key(RELATION, key.schema, key.name) in made
        action = touch.action
        if action == "create":
            if not own and "exists" not in touch.detail and touch.facet not in ("name", "schema"):
                exists = False if key in gone else facts.exists(touch, names)
                if exists is not None:
                    touch = touch._replace(detail={**touch.detail, "exists": exists})
            if touch.facet not in ("name", "schema") and not (
                touch.detail.get("exists") and _is_guarded(touch)
            ):
                made.add(key)
        result.append((number, touch))
        if not own:
            address = facts.address(touch, names)
            if address is not None:
                place = (address.catalog, address.oid, address.sub)
                if action == "drop" and touch.facet not in ("name", "schema"):
                    roots.append(Root(touch, "cascade" if touch.detail.get("cascade") else "drop"))
                    addresses.append(place)
                elif (
                    action == "alter" and touch.facet == "type" and family_of(touch.kind) == COLUMN
                ):
                    roots.append(Root(touch, "type"))
                    addresses.append(place)
                elif action == "drop" and touch.facet == "schema" and place[0] == PG_CLASS:
                    moving.setdefault(address.oid, []).append(touch)
            for extra in _neighbours(touch, facts, names):
                result.append((number, extra))
            table = _inherited_from(touch, facts, names)
            if table is not None:
                inherited.setdefault(table, []).append(touch)
        if action == "drop":
            made.discard(key)
            gone.add(key)
        names.follow(touch)
    extras: list[Touch] = []
    if roots:
        extras += _dependents(roots, addresses, query)
    if moving:
        for row in query(queries.MOVING_ALONG, [sorted(moving)]):
            for touch in moving[row["root"]]:
                extras.append(
                    Touch(
                        touch.statement_no,
                        row["kind"],
                        row["schema"],
                        row["name"],
                        None,
                        "drop",
                        "schema",
                        {**VIA, "with": touch.name},
                    )
                )
    if inherited:
        for row in query(queries.CHILDREN, [sorted(inherited)]):
            for touch in inherited[row["root"]]:
                extras.append(
                    touch._replace(
                        schema=row["schema"],
                        name=row["name"],
                        detail={**touch.detail, **VIA, "inherited": True},
                    )
                )
    if not extras:
        return [touch for _, touch in result]
    return _without_own_drops([touch for _, touch in result], extras[:MOST_TOUCHES])


def _is_guarded(touch: Touch) -> bool:
    return bool(touch.detail.get("if_not_exists") or touch.detail.get("or_replace"))


# -------------------------------------------------------------------- dependents


def _dependents(
    roots: Sequence[Root], addresses: Sequence[tuple[int, int, int]], query: Query
) -> list[Touch]:
    rows = query(
        queries.DEPENDENTS,
        [
            list(range(len(roots))),
            [place[0] for place in addresses],
            [place[1] for place in addresses],
            [place[2] for place in addresses],
        ],
    )
    found: list[Touch] = []
    for row in rows:
        root = roots[row["root"]]
        place = _place(row)
        if place is None:
            continue
        kind, schema, name, sub = place
        number = root.touch.statement_no
        if root.what == "type":
            if row["depth"] == 1 and (kind in STOPS_RETYPE or kind == "generated column"):
                found.append(_obstacle(number, kind, schema, name, sub, "type"))
        elif root.what == "cascade" or not row["hard"]:
            detail: dict[str, Json] = dict(VIA)
            if root.what == "cascade":
                detail["cascade"] = True
            if kind == "default value":
                # The column stays, without its default.
                detail["value"] = None
                found.append(
                    Touch(number, "table column", schema, name, sub, "alter", "default", detail)
                )
                continue
            shown = "table column" if kind == "generated column" else kind
            found.append(Touch(number, shown, schema, name, sub, "drop", "definition", detail))
        else:
            found.append(_obstacle(number, kind, schema, name, sub, "drop"))
    return found


def _obstacle(
    number: int, kind: str, schema: str | None, name: str, sub: str | None, blocks: str
) -> Touch:
    """An object that must be out of the way first."""
    shown = "table column" if kind == "generated column" else kind
    return Touch(
        number, shown, schema, name, sub, "use", "absence", {"via": "catalog", "blocks": blocks}
    )


_PLAIN_MEMBERS = frozenset(
    (
        "table column",
        "view column",
        "foreign table column",
        "composite type column",
        "materialized view column",
        "table constraint",
        "trigger",
        "policy",
        "rule",
        "default value",
    )
)
_ROUTINE_KINDS = frozenset(("function", "procedure", "aggregate"))
_IN_SCHEMAS = frozenset(
    (
        "table",
        "view",
        "materialized view",
        "foreign table",
        "index",
        "sequence",
        "statistics object",
        "composite type",
        "collation",
        "text search configuration",
    )
)


def _place(row: dict[str, Any]) -> tuple[str, str | None, str, str | None] | None:
    """An object as the catalog identifies it, in the words of a touch."""
    kind, names = row["kind"], row["names"]
    if kind == "trigger" and names[-1].startswith("RI_ConstraintTrigger_"):
        return None  # the foreign key stands for it
    if kind in _PLAIN_MEMBERS and len(names) == 3:
        return kind, names[0], names[1], names[2]
    if kind in _ROUTINE_KINDS and len(names) == 2:
        types = ",".join(
            argument.removeprefix("pg_catalog.") for argument in row["arguments"] or ()
        )
        return kind, names[0], f"{names[1]}({types})", None
    if kind in _IN_SCHEMAS and len(names) == 2:
        return kind, names[0], names[1], None
    if kind == "type" and len(names) == 1:
        # pg_identify_object_as_address puts schema and name of a type into one text.
        schema, _, name = str(row["identity"]).partition(".")
        if name.endswith("[]"):
            return None
        return "type", schema.strip('"'), name.strip('"'), None
    if kind == "domain constraint":
        return None
    if kind in ("publication", "event trigger", "schema", "extension") and len(names) == 1:
        return kind, None, names[0], None
    return None


def _without_own_drops(touches: list[Touch], extras: list[Touch]) -> list[Touch]:
    """An obstacle that the script itself takes away, or goes with something that it drops."""
    gone = {key_of(touch) for touch in (*touches, *extras) if touch.action == "drop"}
    explicit = {
        key_of(touch)
        for touch in touches
        if touch.action == "drop" and not touch.detail.get("implied")
    }
    kept: list[Touch] = []
    seen: set[tuple[object, ...]] = set()
    for touch in extras:
        key = key_of(touch)
        if touch.facet == "absence" and key in gone:
            continue
        if touch.action == "drop" and key in explicit:
            continue
        if touch.action == "alter" and key in gone:
            continue  # the default of a column that goes itself
        same = (touch.statement_no, key, touch.action, touch.facet)
        if same in seen:
            continue
        seen.add(same)
        kept.append(touch)
    return sorted([*touches, *kept], key=lambda touch: touch.statement_no)


# -------------------------------------------------------------------- neighbours


def _neighbours(touch: Touch, facts: Facts, names: BaseNames) -> list[Touch]:
    """Objects that change together with this one: an index and its table or constraint."""
    if touch.action not in ("alter", "drop") or touch.schema is None:
        return []
    if touch.kind == "index":
        relation = facts.relations.get(names.relation(touch.schema, touch.name))
        if relation is None or relation.table is None:
            return []
        detail: dict[str, Json] = {"via": "catalog", "by": "index", "own": True}
        if touch.action == "drop" and touch.facet == "definition" and relation.partitioned:
            detail["lost"] = True
        found = [
            Touch(touch.statement_no, "table", *relation.table, None, "use", "reference", detail)
        ]
        if relation.constraint is not None and touch.action == "drop" and touch.facet == "name":
            found.append(
                Touch(
                    touch.statement_no,
                    "table constraint",
                    *relation.table,
                    relation.constraint,
                    "drop",
                    "name",
                    {**VIA, "renamed_to": touch.detail.get("renamed_to")},
                )
            )
        return found
    if touch.kind == "table constraint" and touch.action == "drop" and touch.sub is not None:
        base = names.relation(touch.schema, touch.name)
        index = facts.index_of_constraint.get((*base, touch.sub))
        if index is not None:
            return [
                Touch(
                    touch.statement_no,
                    "index",
                    touch.schema,
                    index,
                    None,
                    "drop",
                    touch.facet,
                    {**VIA, "renamed_to": touch.detail.get("renamed_to")},
                )
            ]
    if touch.facet == "definition" or touch.facet == "not null":
        return _not_null(touch, facts, names)
    return []


def _not_null(touch: Touch, facts: Facts, names: BaseNames) -> list[Touch]:
    """From PostgreSQL 18 on, a column's NOT NULL and its constraint go together."""
    if touch.schema is None or touch.sub is None:
        return []
    base = names.relation(touch.schema, touch.name)
    number, schema, name = touch.statement_no, touch.schema, touch.name
    if touch.kind == "table constraint" and touch.action == "drop":
        what, columns = facts.constraints.get((*base, touch.sub), ("", []))
        lost: dict[str, Json] = {**VIA, "value": False}
        return [
            Touch(number, "table column", schema, name, column, "alter", "not null", lost)
            for column in columns
            if what == "not null"
        ]
    if family_of(touch.kind) == COLUMN and touch.detail.get("value") is False:
        constraint = facts.not_nulls.get((*base, names.column(base, touch.sub)))
        if constraint is not None:
            gone: dict[str, Json] = {**VIA, "if_exists": True}
            return [
                Touch(number, "table constraint", schema, name, constraint, "drop",
                      "definition", gone)
            ]  # fmt: skip
    return []


_KEYS = ("primary key", "unique", "exclusion")


def _inherited_from(touch: Touch, facts: Facts, names: BaseNames) -> int | None:
    """The table whose heirs and partitions do the same, if it has any."""
    if touch.schema is None or touch.detail.get("only") or touch.detail.get("implied"):
        return None
    family = family_of(touch.kind)
    if family == COLUMN:
        follows = touch.action in ("create", "drop") or (
            touch.action == "alter" and touch.facet in ("type", "default", "not null", "generated")
        )
    elif touch.kind == "table constraint":
        # Keys have names of their own in each partition: see copies.
        own_names = touch.action == "create" and touch.detail.get("constraint_type") in _KEYS
        follows = touch.action in ("create", "drop") and not own_names
    else:
        follows = False
    if touch.action == "use" and touch.kind in ("table", "table column"):
        # Rows of a parent are rows of its children too; an index reaches its partitions.
        follows = touch.facet == "data" or (
            touch.kind == "table" and touch.detail.get("by") == "index"
        )
    if not follows:
        return None
    relation = facts.relations.get(names.relation(touch.schema, touch.name))
    if relation is None or relation.kind != "table":
        return None
    if touch.kind == "table constraint" and not relation.partitioned:
        # Heirs take over CHECK only; what a name that is dropped was, the children tell.
        what = touch.detail.get("constraint_type")
        if touch.action == "create" and what not in ("check", "not null"):
            return None
    if touch.action == "use" and touch.facet == "reference" and not relation.partitioned:
        return None
    return relation.oid


__all__ = ["MEMBERS", "ROUTINE", "Name", "add"]
$coord0$),
('catalog/copies.py', $coord0$"""What a new table or view takes over from relations that exist, and what partitions get.

The text names the parent, the table after LIKE or the ``*``; the columns, constraints and indexes
that come with it are in the catalog. What is made on a partitioned table is made on each of its
partitions too, under names that the server chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..footprint import automatic_names as names
from ..model import Json, Touch
from . import queries
from .consequences import MOST_TOUCHES, VIA
from .facts import BaseNames, Facts, Name, Query

_RELATIONS = ("table", "foreign table", "view", "materialized view")

_LABELS = {"primary key": "pkey", "unique": "key", "exclusion": "excl"}

_WANTED = {
    "partitioned table": {"column", "check", "foreign key", "index", "trigger"},
    "parent": {"column", "check"},
}


class Source:
    """A relation from which a statement takes something over."""

    __slots__ = ("made", "place", "wanted", "inherits")

    def __init__(self, made: Touch, place: Name, wanted: set[str], inherits: bool) -> None:
        self.made = made
        self.place = place
        self.wanted = wanted
        self.inherits = inherits


def add(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """The touches, and what follows from them in other tables."""
    sources = list(_sources(touches, facts))
    partitioned = list(_on_partitioned(touches, facts))
    if not sources and not partitioned:
        return list(touches)
    taken = {(one.statement_no, *one[1:5]) for one in touches if one.action != "use"}
    found: list[Touch] = []
    if sources:
        parts = _parts({source.place for source in sources}, query)
        for source in sources:
            for part in parts.get(source.place, ()):
                found += _copied(source, part)
    if partitioned:
        children: dict[int, list[Name]] = {}
        for row in query(queries.CHILDREN, [sorted({oid for oid, _ in partitioned})]):
            children.setdefault(row["root"], []).append((row["schema"], row["name"]))
        for oid, touch in partitioned:
            for child in children.get(oid, ()):
                found += _of_partition(touch, child)
    result = list(touches)
    for touch in found:
        key = (touch.statement_no, *touch[1:5])
        if touch.action == "use" or key not in taken:
            taken.add(key)
            result.append(touch)
    return sorted(result[: len(touches) + MOST_TOUCHES], key=lambda touch: touch.statement_no)


def _sources(touches: Sequence[Touch], facts: Facts) -> Iterator[Source]:
    base = BaseNames()
    made: Touch | None = None
    for touch in touches:
        base.follow(touch)
        if touch.action == "create" and touch.sub is None and touch.kind in _RELATIONS:
            guarded = touch.detail.get("exists") and touch.detail.get("if_not_exists")
            made = None if guarded or touch.facet != "definition" else touch
        if made is None or made.statement_no != touch.statement_no or touch.schema is None:
            continue
        detail = touch.detail
        place = base.relation(touch.schema, touch.name)
        if touch.action != "use" or touch.kind not in _RELATIONS or place not in facts.relations:
            continue
        role = detail.get("as")
        if role == "source":
            yield Source(made, place, _including(detail.get("including")), False)
        elif isinstance(role, str) and role in _WANTED:
            yield Source(made, place, _WANTED[role], True)
        elif detail.get("all_columns") and _shows(made, touch):
            yield Source(made, place, {"column"}, False)


def _including(words: Json) -> set[str]:
    wanted = {"column"}
    if isinstance(words, list):
        wanted |= {"check"} if "constraints" in words else set()
        wanted |= {"index"} if "indexes" in words else set()
    return wanted


def _shows(made: Touch, source: Touch) -> bool:
    """Whether a ``*`` for the relation is among the columns of what is made."""
    shown = made.detail.get("stars")
    return isinstance(shown, list) and source.name in shown


def _parts(places: Iterable[Name], query: Query) -> dict[Name, list[dict[str, Any]]]:
    ordered = sorted(places)
    arrays = [[place[0] for place in ordered], [place[1] for place in ordered]]
    found: dict[Name, list[dict[str, Any]]] = {}
    for row in query(queries.PARTS, arrays):
        found.setdefault((row["schema"], row["name"]), []).append(row)
    return found


def _copied(source: Source, part: dict[str, Any]) -> list[Touch]:
    """One part of a relation, as the new one has it."""
    made, what = source.made, part["part"]
    if what not in source.wanted or (source.inherits and part["stays"]):
        return []
    detail: dict[str, Json] = {**VIA, "from": "parent" if source.inherits else "like"}
    if what == "index":
        return _index(made, (str(made.schema), made.name), part["what"], part["words"], detail)
    kind = {"column": f"{made.kind} column", "trigger": "trigger"}.get(what, "table constraint")
    if kind == "table constraint":
        detail["constraint_type"] = what
        detail["columns"] = list(part["words"] or ())
    number, schema, name = made.statement_no, made.schema, made.name
    return [Touch(number, kind, schema, name, part["member"], "create", "definition", detail)]


def _index(
    origin: Touch,
    table: Name,
    constraint_type: str | None,
    columns: Sequence[str],
    detail: dict[str, Json],
) -> list[Touch]:
    """An index like another table's, with its constraint, under the name that the server gives."""
    label = _LABELS.get(constraint_type or "", "idx")
    middle = None if label == "pkey" else names.addition(columns)
    name = names.object_name(table[1], middle, label)
    number = origin.statement_no
    own: dict[str, Json] = {**detail, "automatic": True, "columns": list(columns)}
    found = []
    if constraint_type is not None:
        own["constraint_type"] = constraint_type
        found.append(Touch(number, "table constraint", *table, name, "create", "definition", own))
    placed: dict[str, Json] = {**own, "table": {"schema": table[0], "name": table[1]}}
    found.append(Touch(number, "index", table[0], name, None, "create", "definition", placed))
    return found


# -------------------------------------------------------------------- partitions


def _on_partitioned(touches: Sequence[Touch], facts: Facts) -> Iterator[tuple[int, Touch]]:
    """What is made on a partitioned table that exists, with the table's OID."""
    base = BaseNames()
    alone: set[tuple[int, str | None]] = {
        (touch.statement_no, str(touch.detail.get("index")))
        for touch in touches
        if touch.detail.get("only")
    }
    for touch in touches:
        base.follow(touch)
        if touch.action != "create" or touch.facet != "definition" or "via" in touch.detail:
            continue
        place: Name | None = None
        if touch.kind == "index":
            table = touch.detail.get("table")
            if isinstance(table, dict) and (touch.statement_no, touch.name) not in alone:
                place = (str(table.get("schema")), str(table.get("name")))
        elif touch.kind == "trigger" and touch.detail.get("each_row") and touch.schema is not None:
            place = (touch.schema, touch.name)
        relation = facts.relations.get(base.relation(*place)) if place is not None else None
        if relation is not None and relation.partitioned and relation.kind == "table":
            yield relation.oid, touch


def _of_partition(touch: Touch, child: Name) -> list[Touch]:
    detail: dict[str, Json] = {**VIA, "from": "parent", "inherited": True}
    if touch.kind == "trigger":
        return [touch._replace(schema=child[0], name=child[1], detail={**touch.detail, **detail})]
    columns = touch.detail.get("names") or touch.detail.get("columns")
    if not isinstance(columns, list):
        return []
    words = [str(column) for column in columns]
    what = touch.detail.get("constraint_type")
    found = _index(touch, child, str(what) if what else None, words, detail)
    plain = touch.detail.get("columns")
    by: dict[str, Json] = {**VIA, "by": "index", "own": True}
    return found + [
        Touch(touch.statement_no, "table column", *child, str(column), "use", "reference", by)
        for column in (plain if isinstance(plain, list) else ())
        if column is not None
    ]
$coord0$),
('catalog/defaults.py', $coord0$"""Default privileges as they are: whether a change of them changes anything."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from . import queries
from .facts import Query

_LETTERS = {"tables": "r", "sequences": "S", "functions": "f", "routines": "f", "types": "T"}

Present = dict[tuple[str, str], set[tuple[str, str]]]


def note(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Mark changes that are in effect already, and schemas that have default privileges."""
    schemas = sorted(
        {touch.schema for touch in touches if touch.kind == "default acl" and touch.schema}
        | {touch.name for touch in touches if touch.detail.get("all_in_schema")}
    )
    if not schemas:
        return list(touches)
    present: Present = {}
    for row in query(queries.DEFAULT_PRIVILEGES, [schemas]):
        present.setdefault((row["schema"], row["type"]), set()).add(
            (row["grantee"], row["privilege"])
        )
    return [_noted(touch, present) for touch in touches]


def _noted(touch: Touch, present: Present) -> Touch:
    detail = touch.detail
    if detail.get("all_in_schema"):
        what = (touch.facet or "").removeprefix("privileges of ")
        letter = _LETTERS.get(what, "")
        if (touch.name, letter) in present:
            grantees: list[Json] = [*sorted({one for one, _ in present[(touch.name, letter)]})]
            return touch._replace(detail={**detail, "defaults_for": grantees})
    elif touch.kind == "default acl" and touch.schema is not None:
        what = touch.name.removeprefix("on ")
        there = present.get((touch.schema, _LETTERS.get(what, "")), set())
        wanted = {
            (str(grantee), str(privilege).upper())
            for grantee in _listed(detail.get("grantee"))
            for privilege in _listed(detail.get("privileges"))
        }
        if any(privilege == "ALL" for _, privilege in wanted) or detail.get("grant_option"):
            return touch
        grants = bool(detail.get("is_grant"))
        if (grants and wanted <= there) or (not grants and not wanted & there):
            return touch._replace(detail={**detail, "effective": True})
    return touch


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
$coord0$),
('catalog/dropped_checks.py', $coord0$"""Checks that are dropped: which rows they have refused, so that somebody may wait for that."""

from __future__ import annotations

from collections.abc import Sequence

from .. import safe_parser
from ..model import Json, Touch
from ..script_error import ScriptError
from ..uses import row_facts
from .facts import BaseNames, Query

_CHECKS = """
select i.place, pg_catalog.pg_get_expr(k.conbin, k.conrelid) as expression
from unnest($1::text[], $2::text[], $3::text[], $4::int[])
  as i (schema, name, constraint_name, place)
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
join pg_catalog.pg_constraint k
  on k.conrelid = c.oid and k.conname = i.constraint_name and k.contype = 'c'
"""


def note(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Tell of each CHECK that goes what it demanded."""
    names = BaseNames()
    result = list(touches)
    wanted: list[tuple[str, str, str, int]] = []
    for place, touch in enumerate(touches):
        names.follow(touch)
        if (
            touch.kind == "table constraint"
            and (touch.action, touch.facet) == ("drop", "definition")
            and touch.schema is not None
            and touch.sub is not None
        ):
            wanted.append((*names.relation(touch.schema, touch.name), touch.sub, place))
    if not wanted:
        return result
    for row in query(_CHECKS, [[one[column] for one in wanted] for column in range(4)]):
        demands = _demands(row["expression"])
        if demands:
            touch = result[row["place"]]
            result[row["place"]] = touch._replace(detail={**touch.detail, "demands": demands})
    return result


def _demands(expression: str) -> Json:
    try:
        select = safe_parser.parse_sql(f"SELECT {expression}")[0].node
    except (safe_parser.Unparsable, ScriptError):
        # Newer than the parser, or too long for it: then nothing is known of the check.
        return None
    return row_facts.condition(select.targetList[0].val)["where"]
$coord0$),
('catalog/facts.py', $coord0$"""What exists under the names of a footprint, asked in a handful of queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ..identity import COLUMN, CONSTRAINT, MEMBERS, RELATION, ROUTINE, family_of
from ..model import Touch
from . import queries

Query = Callable[[str, list[Any]], list[dict[str, Any]]]
Name = tuple[str, str]

MEMBER_KINDS = {
    "table constraint": "constraint",
    "trigger": "trigger",
    "policy": "policy",
    "rule": "rule",
    "publication relation": "publication relation",
}
GLOBAL_KINDS = frozenset(
    (
        "schema",
        "extension",
        "role",
        "publication",
        "event trigger",
        "statistics object",
        "collation",
    )
)

NAMED_KINDS = frozenset(
    (
        "operator",
        "operator class",
        "operator family",
        "text search configuration",
        "text search dictionary",
        "conversion",
    )
)
"""Of these only the names are asked for: which schema of a path has them."""

KINDS = {
    "r": "table",
    "p": "table",
    "f": "foreign table",
    "v": "view",
    "m": "materialized view",
    "i": "index",
    "I": "index",
    "S": "sequence",
    "c": "composite type",
}

CONSTRAINT_TYPES = {
    "p": "primary key",
    "u": "unique",
    "f": "foreign key",
    "c": "check",
    "x": "exclusion",
    "n": "not null",
}

PG_CLASS, PG_TYPE, PG_PROC = 1259, 1247, 1255
"""The OIDs of these catalogs are fixed (src/include/catalog)."""


class Relation(NamedTuple):
    oid: int
    kind: str
    table: Name | None
    """Of an index: the table that it is on."""
    constraint: str | None
    """Of an index: the constraint whose index it is."""
    partitioned: bool = False
    """Whether it is a partitioned table, or an index of one."""


class Routine(NamedTuple):
    oid: int
    kind: str
    types: str
    least: int
    most: int
    variadic: bool


class Address(NamedTuple):
    """An object as pg_depend refers to it."""

    catalog: int
    oid: int
    sub: int = 0


class Facts:
    """The answers, by name."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self.relations: dict[Name, Relation] = {}
        self.types: dict[Name, int] = {}
        self.columns: dict[tuple[str, str, str], Address] = {}
        self.routines: dict[Name, list[Routine]] = {}
        self.members: dict[tuple[str, str, str, str], Address] = {}
        self.index_of_constraint: dict[tuple[str, str, str], str] = {}
        self.triggers: dict[tuple[str, str, str], tuple[int, list[str], bool]] = {}
        """When triggers fire (bits of tgtype), on which columns, and whether they have a WHEN."""
        self.filled: dict[tuple[str, str, str], tuple[bool, bool]] = {}
        """Of columns: whether they are NOT NULL, and whether they have a default."""
        self.not_nulls: dict[tuple[str, str, str], str] = {}
        """Of columns: the constraint that keeps NULL out, which PostgreSQL 18 and later have."""
        self.column_types: dict[tuple[str, str, str], str] = {}
        self.user_types: dict[tuple[str, str, str], Name] = {}
        """Of columns: their type, or that of the elements, unless PostgreSQL brings it."""
        self.constraints: dict[tuple[str, str, str], tuple[str, list[str]]] = {}
        """Type and columns of constraints."""
        self.globals: dict[tuple[str, str | None, str], Address] = {}
        self._named: set[tuple[str, str, str]] = set()

    def learn(self, touches: Sequence[Touch]) -> None:
        """Ask for everything that the touches name."""
        names = BaseNames()
        relations: set[Name] = set()
        columns: set[tuple[str, str, str]] = set()
        routines: set[Name] = set()
        members: set[tuple[str, str, str, str]] = set()
        others: set[tuple[str, str | None, str]] = set()
        named: set[tuple[str, str, str]] = set()
        for touch in touches:
            names.follow(touch)
            family = family_of(touch.kind)
            schema, name, sub = touch.schema, touch.name, touch.sub
            if touch.kind in GLOBAL_KINDS:
                others.add((touch.kind, schema, name))
                if touch.kind != "statistics object" and touch.kind != "collation":
                    continue
            if schema is None:
                continue
            if touch.kind in NAMED_KINDS:
                named.add((touch.kind, schema, name.partition("(")[0]))
            elif family == ROUTINE:
                routines.add((schema, name.partition("(")[0]))
            elif family == RELATION:
                base = names.relation(schema, name.removesuffix("[]"))
                relations.add(base)
            elif sub is not None and family in MEMBERS:
                base = names.relation(schema, name)
                relations.add(base)
                if family == COLUMN:
                    columns.add((*base, names.column(base, sub)))
                elif touch.kind in MEMBER_KINDS:
                    members.add((MEMBER_KINDS[touch.kind], *base, sub))
        self._learn_relations(relations)
        self._learn_columns(columns)
        self._learn_routines(routines)
        self._learn_members(members)
        self._learn_others(others)
        if named:
            for row in self._query(queries.NAMED, _columns(named, 3)):
                self._named.add((row["kind"], row["schema"], row["name"]))

    def _learn_relations(self, names: set[Name]) -> None:
        if not names:
            return
        arrays = _columns(names, 2)
        for row in self._query(queries.RELATIONS, arrays):
            table = (row["table_schema"], row["table_name"]) if row["table_name"] else None
            self.relations[(row["schema"], row["name"])] = Relation(
                row["oid"],
                KINDS.get(row["kind"], "table"),
                table,
                row["constraint_name"],
                row["kind"] in ("p", "I"),
            )
        for row in self._query(queries.TYPES, arrays):
            self.types[(row["schema"], row["name"])] = row["oid"]

    def _learn_columns(self, names: set[tuple[str, str, str]]) -> None:
        if names:
            for row in self._query(queries.COLUMNS, _columns(names, 3)):
                place = (row["schema"], row["name"], row["column_name"])
                self.filled[place] = (row["not_null"], row["has_default"])
                self.column_types[place] = row["type"]
                if row["type_name"]:
                    self.user_types[place] = (row["type_schema"], row["type_name"])
                if row["not_null_constraint"]:
                    self.not_nulls[place] = row["not_null_constraint"]
                self.columns[place] = Address(PG_CLASS, row["oid"], row["number"])

    def _learn_routines(self, names: set[Name]) -> None:
        if names:
            for row in self._query(queries.ROUTINES, _columns(names, 2)):
                self.routines.setdefault((row["schema"], row["name"]), []).append(
                    Routine(
                        row["oid"],
                        row["kind"],
                        row["types"],
                        row["least_arguments"],
                        row["most_arguments"],
                        row["is_variadic"],
                    )
                )

    def _learn_members(self, names: set[tuple[str, str, str, str]]) -> None:
        if names:
            for row in self._query(queries.MEMBERS, _columns(names, 4)):
                key = (row["kind"], row["schema"], row["name"], row["sub"])
                self.members[key] = Address(row["class"], row["oid"])
                if row["type"] and row["kind"] in ("trigger", "rule"):
                    self.triggers[key[1:]] = (
                        int(row["type"].removesuffix("?")),
                        row["columns"] or [],
                        row["type"].endswith("?"),
                    )
                elif row["type"]:
                    self.constraints[key[1:]] = (
                        CONSTRAINT_TYPES.get(row["type"], "other"),
                        row["columns"] or [],
                    )
                if row["index_name"]:
                    self.index_of_constraint[key[1:]] = row["index_name"]

    def _learn_others(self, names: set[tuple[str, str | None, str]]) -> None:
        if names:
            for row in self._query(queries.GLOBALS, _columns(names, 3)):
                self.globals[(row["kind"], row["schema"], row["name"])] = Address(
                    row["class"], row["oid"]
                )

    # ---------------------------------------------------------------- answers

    def exists(self, touch: Touch, names: BaseNames) -> bool | None:
        """Whether there is an object under the touch's name; None where nobody asked."""
        kind = touch.kind
        if kind in GLOBAL_KINDS:
            return (kind, touch.schema, touch.name) in self.globals
        return None if touch.schema is None else self.address(touch, names) is not None

    def is_named(self, touch: Touch) -> bool:
        """Whether an object of the kind has the name, if it is one of those known by it only."""
        name = touch.name.partition("(")[0]
        return touch.schema is not None and (touch.kind, touch.schema, name) in self._named

    def address(self, touch: Touch, names: BaseNames) -> Address | None:
        """Where the object of a touch is in the catalog, if it is there."""
        kind, schema, name, sub = touch[1:5]
        if kind in GLOBAL_KINDS:
            return self.globals.get((kind, schema, name))
        if schema is None:
            return None
        family = family_of(kind)
        if family == ROUTINE:
            routine = self.routine(schema, name)
            return None if routine is None else Address(PG_PROC, routine.oid)
        base = names.relation(schema, name.removesuffix("[]"))
        if family == RELATION:
            relation = self.relations.get(base)
            if kind in ("type", "domain") and base in self.types:
                return Address(PG_TYPE, self.types[base])
            if relation is not None:
                return Address(PG_CLASS, relation.oid)
            type_ = self.types.get(base)
            return None if type_ is None else Address(PG_TYPE, type_)
        if sub is None:
            return None
        if family == COLUMN:
            return self.columns.get((*base, names.column(base, sub)))
        if family == CONSTRAINT or kind in MEMBER_KINDS:
            return self.members.get((MEMBER_KINDS.get(kind, kind), *base, sub))
        return None

    def routine(self, schema: str, name: str) -> Routine | None:
        """The routine of a signature, or the only one of a bare name."""
        bare, parenthesis, rest = name.partition("(")
        known = self.routines.get((schema, bare), [])
        if not parenthesis:
            return known[0] if len(known) == 1 else None
        types = rest.removesuffix(")")
        return next((routine for routine in known if routine.types == types), None)

    def called(self, schema: str, name: str, arguments: int | None) -> list[Routine]:
        """The routines that a call with so many arguments can mean."""
        return [
            routine
            for routine in self.routines.get((schema, name.partition("(")[0]), [])
            if arguments is None
            or (routine.least <= arguments and (routine.variadic or arguments <= routine.most))
        ]


class BaseNames:
    """What the names in a script were called before the script renamed them."""

    def __init__(self) -> None:
        self._relations: dict[Name, Name] = {}
        self._columns: dict[tuple[str, str, str], str] = {}

    def follow(self, touch: Touch) -> None:
        """Take note of a rename or a move."""
        detail = touch.detail
        if touch.action != "create" or touch.schema is None:
            return
        if touch.facet == "name" and isinstance(detail.get("renamed_from"), str):
            old = str(detail["renamed_from"])
            family = family_of(touch.kind)
            if family == RELATION:
                self._relations[(touch.schema, touch.name)] = self.relation(touch.schema, old)
            elif family == COLUMN and touch.sub is not None:
                base = self.relation(touch.schema, touch.name)
                self._columns[(*base, touch.sub)] = self.column(base, old)
        elif touch.facet == "schema" and family_of(touch.kind) == RELATION:
            old_schema = detail.get("moved_from") or detail.get("renamed_from")
            if isinstance(old_schema, str):
                self._relations[(touch.schema, touch.name)] = self.relation(old_schema, touch.name)

    def relation(self, schema: str, name: str) -> Name:
        return self._relations.get((schema, name), (schema, name))

    def column(self, relation: Name, name: str) -> str:
        return self._columns.get((*relation, name), name)


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    ordered = sorted(rows, key=lambda row: [str(value) for value in row])
    return [[row[place] for row in ordered] for place in range(width)]
$coord0$),
('catalog/fields.py', $coord0$"""``(address).city``: a field of a column is a column of the column's type."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from .facts import BaseNames, Facts


def add(touches: Sequence[Touch], facts: Facts) -> list[Touch]:
    """The touches, and the fields that they use of columns which are rows themselves."""
    names = BaseNames()
    result: list[Touch] = []
    for touch in touches:
        names.follow(touch)
        result.append(touch)
        fields = touch.detail.get("fields")
        if not isinstance(fields, list) or touch.schema is None or touch.sub is None:
            continue
        base = names.relation(touch.schema, touch.name)
        type_ = facts.user_types.get((*base, names.column(base, touch.sub)))
        if type_ is None:
            continue
        detail: dict[str, Json] = {
            word: value
            for word, value in touch.detail.items()
            if word not in ("fields", "own", "candidate", "or_elsewhere", "depth")
        }
        result += [
            touch._replace(schema=type_[0], name=type_[1], sub=str(field), detail=detail)
            for field in fields
        ]
    return result
$coord0$),
('catalog/inserted.py', $coord0$"""Rows that are inserted: which columns their values are for, and which keys they must keep."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from . import queries
from .facts import BaseNames, Name, Query


def note(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Give values without a list of columns their columns, and each row the keys of its table."""
    names = BaseNames()
    tables: dict[int, Name] = {}
    for index, touch in enumerate(touches):
        names.follow(touch)
        if _is_row(touch) and touch.schema is not None:
            tables[index] = names.relation(touch.schema, touch.name)
    if not tables:
        return list(touches)
    wanted = sorted(set(tables.values()))
    arrays = [[one[0] for one in wanted], [one[1] for one in wanted]]
    columns: dict[Name, list[str]] = {
        (row["schema"], row["name"]): list(row["columns"])
        for row in query(queries.COLUMNS_IN_ORDER, arrays)
    }
    keys: dict[Name, list[Json]] = {}
    for row in query(queries.UNIQUE_KEYS, arrays):
        keys.setdefault((row["schema"], row["name"]), []).append(list(row["columns"]))
    for touch in touches:
        if touch.kind == "table column" and (touch.action, touch.facet) == ("create", "definition"):
            # Of a table that the script made, or what it added to one.
            place = names.relation(str(touch.schema), touch.name)
            columns.setdefault(place, []).append(str(touch.sub))
    result = list(touches)
    for index, table in tables.items():
        detail: dict[str, Json] = dict(touches[index].detail)
        rows = _rows(detail.pop("values", None), detail.pop("given", None) or columns.get(table))
        if len(rows) == 1:
            detail["row"] = rows[0]
        elif rows:
            detail["rows"] = rows
        if table in keys:
            detail["keys"] = keys[table]
        result[index] = touches[index]._replace(detail=detail)
    return result


def _rows(values: Json, columns: Json | list[str]) -> list[Json]:
    """The constants of each row, by column."""
    if not isinstance(values, list) or not isinstance(columns, list):
        return []
    return [
        {
            str(column): value[0]
            for column, value in zip(columns, row, strict=False)
            if isinstance(value, list) and value
        }
        for row in values
        if isinstance(row, list)
    ]


def _is_row(touch: Touch) -> bool:
    detail = touch.detail
    return detail.get("command") == "insert" and ("row" in detail or "values" in detail)
$coord0$),
('catalog/keys.py', $coord0$"""Unique keys: what a constraint that is dropped was, and whether a reference has its key."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from . import queries
from .facts import BaseNames, Facts, Query


def note(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """Complete dropped constraints and new foreign keys with what the catalog has of them."""
    tables = sorted({table for touch in touches if (table := _referenced(touch)) is not None})
    known: dict[tuple[str, str], list[tuple[bool, list[str]]]] = {}
    if tables:
        arrays = [[table[0] for table in tables], [table[1] for table in tables]]
        for row in query(queries.UNIQUE_KEYS, arrays):
            known.setdefault((row["schema"], row["name"]), []).append(
                (row["is_primary"], list(row["columns"]))
            )
    names = BaseNames()
    result = []
    for touch in touches:
        names.follow(touch)
        table = _referenced(touch)
        if table is not None and _has_key(touch, known.get(table, [])):
            touch = touch._replace(detail={**touch.detail, "key_exists": True})
        elif (
            touch.kind == "table constraint"
            and touch.action == "drop"
            and touch.schema is not None
            and touch.sub is not None
            and "constraint_type" not in touch.detail
        ):
            base = names.relation(touch.schema, touch.name)
            constraint = facts.constraints.get((*base, touch.sub))
            if constraint is not None:
                columns: list[Json] = list(constraint[1])
                touch = touch._replace(
                    detail={**touch.detail, "constraint_type": constraint[0], "columns": columns}
                )
        result.append(touch)
    return result


def _referenced(touch: Touch) -> tuple[str, str] | None:
    target = touch.detail.get("references")
    if touch.action != "create" or not isinstance(target, dict):
        return None
    schema, name = target.get("schema"), target.get("name")
    return (schema, name) if isinstance(schema, str) and isinstance(name, str) else None


def _has_key(touch: Touch, keys: Sequence[tuple[bool, list[str]]]) -> bool:
    target = touch.detail["references"]
    columns = target.get("columns") if isinstance(target, dict) else None
    if isinstance(columns, list):
        wanted = sorted(str(column) for column in columns)
        return any(sorted(key) == wanted for _, key in keys)
    return any(primary for primary, _ in keys)
$coord0$),
('catalog/labels.py', $coord0$"""Where a new enum label goes, between which two that exist."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from . import queries
from .facts import Query


def place(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Add the labels before and after to each new one whose type exists."""
    wanted = {
        (touch.schema, touch.name)
        for touch in touches
        if _is_new_label(touch) and touch.schema is not None
    }
    if not wanted:
        return list(touches)
    touches = _with_columns(touches, query)
    ordered = sorted(wanted)
    known = {
        (row["schema"], row["name"]): list(row["labels"])
        for row in query(queries.LABELS, [[one[0] for one in ordered], [one[1] for one in ordered]])
    }
    result: list[Touch] = []
    for touch in touches:
        labels = known.get((touch.schema or "", touch.name))
        if labels is not None and _is_new_label(touch):
            touch = _placed(touch, labels)
        result.append(touch)
    return result


def _with_columns(touches: Sequence[Touch], query: Query) -> Sequence[Touch]:
    """Add to each label the columns that may hold it."""
    types = sorted({(touch.schema or "", touch.name) for touch in touches if _is_new_label(touch)})
    columns: dict[tuple[str, str], list[Json]] = {}
    arrays = [[one[0] for one in types], [one[1] for one in types]]
    for row in query(queries.COLUMNS_OF_TYPE, arrays):
        columns.setdefault((row["schema"], row["name"]), []).append(
            [row["table_schema"], row["table_name"], row["column_name"]]
        )
    return [
        touch._replace(
            detail={**touch.detail, "columns": columns.get((touch.schema or "", touch.name), [])}
        )
        if _is_new_label(touch)
        else touch
        for touch in touches
    ]


def _is_new_label(touch: Touch) -> bool:
    return (
        touch.facet == "value"
        and touch.kind in ("type", "enum value")
        and (touch.action in ("alter", "create"))
    )


def _placed(touch: Touch, labels: list[str]) -> Touch:
    label = touch.sub if touch.sub is not None else touch.detail.get("value")
    if not isinstance(label, str):
        return touch
    if label in labels:
        return touch._replace(detail={**touch.detail, "exists": True})
    anchor = touch.detail.get("anchor")
    at = len(labels)
    if isinstance(anchor, dict):
        if anchor.get("before") in labels:
            at = labels.index(str(anchor["before"]))
        elif anchor.get("after") in labels:
            at = labels.index(str(anchor["after"])) + 1
        else:
            # Beside a label that the script itself added.
            return touch
    gap: list[Json] = [labels[at - 1] if at else None, labels[at] if at < len(labels) else None]
    labels.insert(at, label)
    return touch._replace(detail={**touch.detail, "gap": gap, "exists": False})
$coord0$),
('catalog/performed.py', $coord0$"""What happens when rows change or a routine is called: the bodies of what exists already.

A call runs a body, a change of rows fires triggers, and those use tables and columns that the
text never names. Only what the server can show as text is read (SQL and PL/pgSQL), and only
some levels deep.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import safe_parser
from ..identity import ROUTINE, family_of
from ..loader import ast
from ..model import Json, Touch
from ..names import Scope
from ..script_error import ScriptError
from ..uses import routine_body_uses
from . import queries, resolution
from .facts import BaseNames, Facts, Name, Query

MOST_LEVELS = 4
MOST_BODIES = 200
MOST_TABLES = 20
"""Of so many tables' triggers that run one function, the columns it uses are noted."""

LONGEST_BODY = 50_000
"""Longer ones, which nobody limited when they were created, would take the parser seconds."""


_FIRES_ON = {"insert": 4, "delete": 8, "update": 16, "truncate": 32}
"""Bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h)."""


class Writes:
    """How one table's rows are changed."""

    __slots__ = ("bits", "columns", "statement_no")

    def __init__(self, statement_no: int) -> None:
        self.statement_no = statement_no
        self.bits = 0
        self.columns: set[str] = set()

    def fire(self, type_: int, columns: list[str] | None) -> bool:
        """Whether a trigger of this type, for UPDATE OF these columns, is fired."""
        common = type_ & self.bits
        if common == _FIRES_ON["update"] and columns and self.columns:
            return not self.columns.isdisjoint(columns)
        return bool(common)


def add(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """The touches, and what the routines and triggers behind them do."""
    names = BaseNames()
    extras: list[Touch] = []
    seen: set[int] = set()
    level = list(touches)
    made = {
        touch.name.partition("(")[0]
        for touch in touches
        if touch.action == "create" and family_of(touch.kind) == ROUTINE
    }
    for _ in range(MOST_LEVELS):
        routines: dict[int, int] = {}
        fired: dict[int, list[Name]] = {}
        tables: dict[int, Writes] = {}
        places: dict[int, Name] = {}
        for touch in level:
            names.follow(touch)
            if touch.action != "use" or touch.facet != "data" or touch.schema is None:
                continue
            if family_of(touch.kind) == ROUTINE:
                if touch.name.partition("(")[0] in made:
                    continue
                arguments = touch.detail.get("args")
                for routine in facts.called(
                    touch.schema, touch.name, arguments if isinstance(arguments, int) else None
                ):
                    routines.setdefault(routine.oid, touch.statement_no)
            elif touch.detail.get("access") == "write":
                _note_write(touch, facts, names, tables, places)
        tables = {oid: writes for oid, writes in tables.items() if oid not in seen}
        seen.update(tables)
        if tables:
            for row in query(queries.TRIGGERS, [sorted(tables)]):
                writes = tables[row["root"]]
                if writes.fire(row["type"], row["columns"]):
                    if row["function"] not in routines or row["function"] in fired:
                        fired.setdefault(row["function"], []).append(places[row["root"]])
                    routines.setdefault(row["function"], writes.statement_no)
        wanted = sorted(oid for oid in routines if oid not in seen)[:MOST_BODIES]
        if not wanted:
            break
        seen.update(wanted)
        found: list[Touch] = []
        for row in query(queries.BODIES, [wanted]):
            of_tables = fired.get(row["oid"], [])
            found += _performed(row, routines[row["oid"]], of_tables)
        if not found:
            break
        facts.learn(found)
        level = resolution.resolve(found, facts)
        extras += level
    return [*touches, *extras]


def _note_write(
    touch: Touch,
    facts: Facts,
    names: BaseNames,
    tables: dict[int, Writes],
    places: dict[int, Name],
) -> None:
    base = names.relation(touch.schema or "", touch.name)
    relation = facts.relations.get(base)
    if relation is None:
        return
    places[relation.oid] = base
    writes = tables.setdefault(relation.oid, Writes(touch.statement_no))
    if touch.sub is not None:
        writes.columns.add(names.column(base, touch.sub))
    elif touch.detail.get("truncate"):
        writes.bits |= _FIRES_ON["truncate"]
    elif touch.kind == "table":
        command = touch.detail.get("command")
        bit = _FIRES_ON.get(command) if isinstance(command, str) else None
        writes.bits |= bit if bit is not None else sum(_FIRES_ON.values())


def _performed(row: dict[str, Any], statement_no: int, of_tables: list[Name]) -> list[Touch]:
    """What a body does when it runs, as data touches of the statement that makes it run.

    ``of_tables`` are those whose triggers it is run by; none when it is called.
    """
    if len(row["text"]) > LONGEST_BODY:
        return []
    try:
        node = safe_parser.parse_sql(row["text"])[0].node
    except (safe_parser.Unparsable, ScriptError):
        return []
    if not isinstance(node, ast.CreateFunctionStmt):
        return []
    scope = Scope([row["schema"], "public"], statement_no)
    running: dict[str, Json] = {"via": "catalog", "access": "read"}
    if of_tables:
        # A trigger knows its function, whatever the function is called by now.
        running["fired"] = True
    kind = "procedure" if node.is_procedure else "function"
    found = [Touch(statement_no, kind, row["schema"], row["name"], None, "use", "data", running)]
    used = routine_body_uses(node, scope, of_tables[0] if of_tables else None)
    for table in of_tables[1:MOST_TABLES]:
        used += [
            touch
            for touch in routine_body_uses(node, scope, table)
            if (touch.schema, touch.name) == table and touch.sub is not None
        ]
    for touch in used:
        detail: dict[str, Json] = {
            name: value for name, value in touch.detail.items() if name not in ("body", "checked")
        }
        if detail.get("opaque"):
            continue
        detail.setdefault("access", "read")
        detail["via"] = "catalog"
        if "candidate" in detail:
            detail["candidate"] = f"{row['oid']}.{detail['candidate']}"
        found.append(touch._replace(facet="data", detail=detail))
    return found
$coord0$),
('catalog/queries.py', $coord0$"""The questions that are put to the catalog: few, each for everything at once.

All names are qualified, so that nothing planted on anybody's path can answer instead, and
objects that do not exist are simply missing from the answer. The catalogs that are read here are
readable by everybody.
"""

from __future__ import annotations

RELATIONS = """
select n.nspname as schema, c.relname as name, c.oid::bigint as oid, c.relkind::text as kind,
       tn.nspname as table_schema, t.relname as table_name,
       kn.conname as constraint_name
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
left join pg_catalog.pg_index x on x.indexrelid = c.oid
left join pg_catalog.pg_class t on t.oid = x.indrelid
left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
left join pg_catalog.pg_constraint kn
  on kn.conindid = c.oid and kn.contype in ('p', 'u', 'x') and kn.conrelid = x.indrelid
"""

TYPES = """
select n.nspname as schema, t.typname as name, t.oid::bigint as oid, t.typtype::text as kind,
       t.typrelid::bigint as relation
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_type t on t.typnamespace = n.oid and t.typname = i.name
where t.typtype <> 'c' or exists (
    select from pg_catalog.pg_class r where r.oid = t.typrelid and r.relkind = 'c')
"""

COLUMNS = """
select n.nspname as schema, c.relname as name, a.attname as column_name,
       c.oid::bigint as oid, a.attnum::int as number, a.attnotnull as not_null,
       a.atthasdef or a.attidentity <> '' as has_default,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
       u.schema as type_schema, u.name as type_name, (
         select k.conname from pg_catalog.pg_constraint k
         where k.conrelid = c.oid and k.contype = 'n' and k.conkey = array[a.attnum]
       ) as not_null_constraint
from (select distinct * from unnest($1::text[], $2::text[], $3::text[])
        as i (schema, name, column_name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
join pg_catalog.pg_attribute a
  on a.attrelid = c.oid and a.attname = i.column_name and a.attnum > 0 and not a.attisdropped
left join lateral (
    select un.nspname as schema, e.typname as name
    from pg_catalog.pg_type t
    join pg_catalog.pg_type e
      on e.oid = case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem else t.oid end
    join pg_catalog.pg_namespace un on un.oid = e.typnamespace
    where t.oid = a.atttypid and un.nspname not in ('pg_catalog', 'information_schema')
) u on true
"""

ROUTINES = """
select n.nspname as schema, p.proname as name, p.oid::bigint as oid, p.prokind::text as kind,
       p.pronargs::int as most_arguments, (p.pronargs - p.pronargdefaults)::int as least_arguments,
       p.provariadic <> 0 as is_variadic, arguments.types
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname = i.name
cross join lateral (
    select coalesce(pg_catalog.string_agg(
        case when en.nspname = 'pg_catalog' then pg_catalog.format_type(t.oid, null)
             else pg_catalog.quote_ident(en.nspname) || '.' || pg_catalog.quote_ident(e.typname)
               || case when e.oid <> t.oid then '[]' else '' end
        end, ',' order by a.number), '') as types
    from unnest(p.proargtypes) with ordinality as a (type, number)
    join pg_catalog.pg_type t on t.oid = a.type
    join pg_catalog.pg_type e
      on e.oid = case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem else t.oid end
    join pg_catalog.pg_namespace en on en.oid = e.typnamespace
) arguments
order by p.oid
"""

MEMBERS = """
with i as (
    select distinct i.kind, c.oid as relation, i.schema, i.name, i.sub
    from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as i (kind, schema, name, sub)
    join pg_catalog.pg_namespace n on n.nspname = i.schema
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
)
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_constraint'::regclass::oid::bigint as class,
       k.oid::bigint as oid, x.relname as index_name, k.contype::text as type, (
         select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
         where a.attrelid = k.conrelid and a.attnum = any (k.conkey)) as columns
from i join pg_catalog.pg_constraint k on k.conrelid = i.relation and k.conname = i.sub
left join pg_catalog.pg_class x on x.oid = k.conindid and k.contype in ('p', 'u', 'x')
where i.kind = 'constraint'
union all
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_trigger'::regclass::oid::bigint,
       t.oid::bigint, null, t.tgtype::text || case when t.tgqual is null then '' else '?' end, (
         select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
         where a.attrelid = t.tgrelid and a.attnum = any (t.tgattr::smallint[]))
from i join pg_catalog.pg_trigger t on t.tgrelid = i.relation and t.tgname = i.sub
where i.kind = 'trigger' and not t.tgisinternal
union all
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_policy'::regclass::oid::bigint,
       p.oid::bigint, null, null, null
from i join pg_catalog.pg_policy p on p.polrelid = i.relation and p.polname = i.sub
where i.kind = 'policy'
union all
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_rewrite'::regclass::oid::bigint,
       r.oid::bigint, null, case r.ev_type when '2' then 16 when '3' then 4 when '4' then 8
         end::text || case when r.ev_qual::text = '<>' then '' else '?' end, null
from i join pg_catalog.pg_rewrite r on r.ev_class = i.relation and r.rulename = i.sub
where i.kind = 'rule'
union all
select i.kind, i.schema, i.name, i.sub, 'pg_catalog.pg_publication_rel'::regclass::oid::bigint,
       l.oid::bigint, null, null, null
from i join pg_catalog.pg_publication p on p.pubname = i.sub
join pg_catalog.pg_publication_rel l on l.prpubid = p.oid and l.prrelid = i.relation
where i.kind = 'publication relation'
"""

GLOBALS = """
with i as (
    select distinct * from unnest($1::text[], $2::text[], $3::text[]) as i (kind, schema, name)
)
select i.kind, i.schema, i.name, 'pg_catalog.pg_namespace'::regclass::oid::bigint as class,
       n.oid::bigint as oid
from i join pg_catalog.pg_namespace n on n.nspname = i.name where i.kind = 'schema'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_extension'::regclass::oid::bigint, e.oid::bigint
from i join pg_catalog.pg_extension e on e.extname = i.name where i.kind = 'extension'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_authid'::regclass::oid::bigint, r.oid::bigint
from i join pg_catalog.pg_roles r on r.rolname = i.name where i.kind = 'role'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_publication'::regclass::oid::bigint, p.oid::bigint
from i join pg_catalog.pg_publication p on p.pubname = i.name where i.kind = 'publication'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_event_trigger'::regclass::oid::bigint,
       t.oid::bigint
from i join pg_catalog.pg_event_trigger t on t.evtname = i.name where i.kind = 'event trigger'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_statistic_ext'::regclass::oid::bigint,
       s.oid::bigint
from i join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_statistic_ext s on s.stxnamespace = n.oid and s.stxname = i.name
where i.kind = 'statistics object'
union all
select i.kind, i.schema, i.name, 'pg_catalog.pg_collation'::regclass::oid::bigint, c.oid::bigint
from i join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_collation c on c.collnamespace = n.oid and c.collname = i.name
where i.kind = 'collation'
"""

NAMED = """
with i as (
    select distinct * from unnest($1::text[], $2::text[], $3::text[]) as i (kind, schema, name)
)
select i.kind, i.schema, i.name
from i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join (
    select 'operator' as kind, oprnamespace as namespace, oprname as name
    from pg_catalog.pg_operator
    union all
    select 'operator class' as kind, opcnamespace as namespace, opcname as name
    from pg_catalog.pg_opclass
    union all
    select 'operator family' as kind, opfnamespace as namespace, opfname as name
    from pg_catalog.pg_opfamily
    union all
    select 'text search configuration' as kind, cfgnamespace as namespace, cfgname as name
    from pg_catalog.pg_ts_config
    union all
    select 'text search dictionary' as kind, dictnamespace as namespace, dictname as name
    from pg_catalog.pg_ts_dict
    union all
    select 'conversion' as kind, connamespace as namespace, conname as name
    from pg_catalog.pg_conversion
) x on x.kind = i.kind and x.namespace = n.oid and x.name = i.name
"""

# A row of a generated column's expression points back at its own column: that is no dependent.
DEPENDENTS = """
with recursive reached (root, class, oid, sub, hard, depth) as (
    select i.root, i.class::oid, i.oid::oid, i.sub, false, 0
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
        as i (root, class, oid, sub)
  union
    select r.root, x.class, x.oid, x.sub, r.hard or d.deptype = 'n', r.depth + 1
    from reached r
    join pg_catalog.pg_depend d
      on d.refclassid = r.class and d.refobjid = r.oid
     and (r.sub = 0 or d.refobjsubid = r.sub)
    left join pg_catalog.pg_rewrite w
      on d.classid = 'pg_catalog.pg_rewrite'::regclass and w.oid = d.objid
     and w.rulename = '_RETURN'
    left join pg_catalog.pg_attrdef f
      on d.classid = 'pg_catalog.pg_attrdef'::regclass and f.oid = d.objid
    left join pg_catalog.pg_attribute g
      on g.attrelid = f.adrelid and g.attnum = f.adnum and g.attgenerated <> ''
    cross join lateral (
        select case when w.oid is not null or g.attrelid is not null
                    then 'pg_catalog.pg_class'::regclass::oid else d.classid end as class,
               coalesce(w.ev_class, g.attrelid, d.objid) as oid,
               case when w.oid is not null then 0
                    when g.attrelid is not null then g.attnum
                    else d.objsubid end::bigint as sub
    ) x
    where d.deptype in ('n', 'a', 'i', 'P', 'S', 'e') and r.depth < 12
      and not (x.class = r.class and x.oid = r.oid and (x.sub = r.sub or r.sub = 0))
)
select r.root, pg_catalog.bool_and(r.hard) as hard, min(r.depth)::int as depth,
       i.type as kind, a.object_names as names, a.object_args as arguments, i.identity
from (
    select root, class, oid, sub, pg_catalog.bool_and(hard) as hard, min(depth) as depth
    from reached where depth > 0 group by root, class, oid, sub
    limit 50000
) r
cross join lateral pg_catalog.pg_identify_object(r.class, r.oid, r.sub::int) i
cross join lateral pg_catalog.pg_identify_object_as_address(r.class, r.oid, r.sub::int) a
where i.type is not null and coalesce(i.schema, '') not in ('pg_toast')
group by r.root, i.type, a.object_names, a.object_args, i.identity
order by r.root, min(r.depth), i.type, i.identity
"""

CHILDREN = """
with recursive child (root, oid) as (
    select i.oid, i.oid::oid from unnest($1::bigint[]) as i (oid)
  union
    select c.root, h.inhrelid
    from child c join pg_catalog.pg_inherits h on h.inhparent = c.oid
)
select c.root, n.nspname as schema, r.relname as name
from child c
join pg_catalog.pg_class r on r.oid = c.oid
join pg_catalog.pg_namespace n on n.oid = r.relnamespace
where c.oid <> c.root::oid
order by c.root, n.nspname, r.relname
limit 20000
"""

PARTS = """
with i as (
    select c.oid, n.nspname as schema, c.relname as name
    from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
    join pg_catalog.pg_namespace n on n.nspname = i.schema
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
)
select i.schema, i.name, 'column' as part, a.attname as member, null as what,
       null::text[] as words, false as stays, a.attnum::int as position
from i join pg_catalog.pg_attribute a on a.attrelid = i.oid
where a.attnum > 0 and not a.attisdropped
union all
select i.schema, i.name, case k.contype when 'c' then 'check' else 'foreign key' end, k.conname,
       null, (select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
              where a.attrelid = i.oid and a.attnum = any (k.conkey)),
       k.contype = 'c' and k.connoinherit, 0
from i join pg_catalog.pg_constraint k on k.conrelid = i.oid
where k.contype in ('c', 'f')
union all
select i.schema, i.name, 'index', x.relname,
       case k.contype when 'p' then 'primary key' when 'u' then 'unique'
                      when 'x' then 'exclusion' end,
       (select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
        where a.attrelid = x.oid), false, 0
from i
join pg_catalog.pg_index d on d.indrelid = i.oid
join pg_catalog.pg_class x on x.oid = d.indexrelid
left join pg_catalog.pg_constraint k on k.conindid = x.oid and k.contype in ('p', 'u', 'x')
                                    and k.conrelid = i.oid
union all
select i.schema, i.name, 'trigger', g.tgname, null, null, g.tgtype & 1 = 0, 0
from i join pg_catalog.pg_trigger g on g.tgrelid = i.oid
where not g.tgisinternal
order by 1, 2, 3, 8, 4
limit 20000
"""

MOVING_ALONG = """
select t.oid::bigint as root, n.nspname as schema, x.relname as name, 'index' as kind
from unnest($1::bigint[]) as t (oid)
join pg_catalog.pg_index i on i.indrelid = t.oid::oid
join pg_catalog.pg_class x on x.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = x.relnamespace
union all
select t.oid::bigint, n.nspname, s.relname, 'sequence'
from unnest($1::bigint[]) as t (oid)
join pg_catalog.pg_depend d
  on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = t.oid::oid
 and d.classid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
join pg_catalog.pg_namespace n on n.oid = s.relnamespace
order by 1, 2, 3
"""

TRIGGERS = """
select t.oid::bigint as root, g.tgname as trigger_name, g.tgfoid::bigint as function,
       g.tgtype::int as type, (
         select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
         where a.attrelid = g.tgrelid and a.attnum = any (g.tgattr::smallint[])) as columns
from unnest($1::bigint[]) as t (oid)
join pg_catalog.pg_trigger g on g.tgrelid = t.oid::oid
where not g.tgisinternal and g.tgenabled <> 'D'
order by 1, 2
"""

BODIES = """
select p.oid::bigint as oid, n.nspname as schema, p.proname as name,
       pg_catalog.pg_get_functiondef(p.oid) as text
from unnest($1::bigint[]) as i (oid)
join pg_catalog.pg_proc p on p.oid = i.oid::oid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where p.prokind in ('f', 'p') and l.lanname in ('sql', 'plpgsql') and n.nspname <> 'pg_catalog'
order by p.oid
"""

LABELS = """
select n.nspname as schema, t.typname as name,
       array_agg(e.enumlabel::text order by e.enumsortorder) as labels
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_type t on t.typnamespace = n.oid and t.typname = i.name
join pg_catalog.pg_enum e on e.enumtypid = t.oid
group by n.nspname, t.typname
"""

COLUMNS_OF_TYPE = """
select n.nspname as schema, t.typname as name,
       rn.nspname as table_schema, r.relname as table_name, a.attname as column_name
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_type t on t.typnamespace = n.oid and t.typname = i.name
join pg_catalog.pg_attribute a on a.atttypid = t.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_class r on r.oid = a.attrelid
join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
order by 1, 2, 3, 4, 5
limit 20000
"""

DEFAULT_PRIVILEGES = """
select n.nspname as schema, d.defaclobjtype::text as type,
       coalesce(r.rolname, 'public') as grantee, x.privilege_type as privilege
from pg_catalog.pg_default_acl d
join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
cross join lateral pg_catalog.aclexplode(d.defaclacl) x
left join pg_catalog.pg_roles r on r.oid = x.grantee
where n.nspname = any ($1::text[])
"""

COLUMNS_IN_ORDER = """
select n.nspname as schema, c.relname as name, (
         select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c
  on c.relnamespace = n.oid and c.relname = i.name and c.relkind in ('r', 'p', 'v', 'f')
"""

UNIQUE_KEYS = """
select n.nspname as schema, c.relname as name, x.indisprimary as is_primary, (
         select array_agg(a.attname::text order by a.attname) from pg_catalog.pg_attribute a
         where a.attrelid = c.oid and a.attnum = any (x.indkey::smallint[])) as columns
from (select distinct * from unnest($1::text[], $2::text[]) as i (schema, name)) i
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
join pg_catalog.pg_index x on x.indrelid = c.oid
where x.indisunique and x.indpred is null and x.indexprs is null
"""
$coord0$),
('catalog/resolution.py', $coord0$"""Names that the text leaves open: which of the candidates the catalog has.

The touches of one name as a statement writes it are one group, and mean one place: the first
schema of the path that has such an object. What a statement makes beside it (an index, the new
name of a table) goes there, too. The touches of a bare column are a group as well, but one of
alternatives: those tables that have it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..identity import MEMBERS, RELATION, ROUTINE, family_of
from ..model import Touch
from ..names import quoted
from .facts import BaseNames, Facts, Name

_ALTERNATIVES = ("depth", "guessed", "by_columns")
"""Details of candidates each of which stands for itself."""

_PLACES = ("table", "references", "parent")
"""Details that name another relation."""


def resolve(touches: Sequence[Touch], facts: Facts) -> list[Touch]:
    """Keep of each set of candidates the one that exists; complete bare names of routines."""
    groups: dict[object, list[int]] = {}
    for index, touch in enumerate(touches):
        group = touch.detail.get("candidate")
        if group is not None:
            groups.setdefault(group, []).append(index)
    if not groups:
        return [_with_signature(touch, facts) for touch in touches]
    names = BaseNames()
    there: set[int] = set()
    standing: set[int] = set()
    for index, touch in enumerate(touches):
        names.follow(touch)
        if "candidate" not in touch.detail:
            continue
        if _is_there(touch, facts, names):
            there.add(index)
        if _relation_is_there(touch, facts, names):
            standing.add(index)
    settled: dict[int, Touch | None] = {}
    moves = _Moves()
    for indexes in groups.values():
        ones = [touches[index] for index in indexes]
        if any(word in one.detail for one in ones for word in _ALTERNATIVES):
            kept = _alternatives(touches, indexes, there, standing)
        else:
            kept = _one_place(touches, indexes, there, standing)
        if kept is None:
            continue
        chosen, certain = kept
        for index in indexes:
            touch = touches[index]
            if index not in chosen:
                settled[index] = None
            elif certain:
                settled[index] = _certain(touch)
        if certain:
            moves.note(ones, touches[min(chosen)])
    result: list[Touch] = []
    for index, touch in enumerate(touches):
        left = settled.get(index, touch)
        if left is not None:
            result.append(_with_signature(moves.apply(left), facts))
    return result


Kept = tuple[set[int], bool]
"""Which of a group stay, and whether it is certain that they are what is meant."""


def _one_place(
    touches: Sequence[Touch], indexes: Sequence[int], there: set[int], standing: set[int]
) -> Kept | None:
    """All that the group says of the first schema of the path that has the object."""
    for index in indexes:
        touch = touches[index]
        family = family_of(touch.kind)
        if index in (standing if family in MEMBERS else there) and (
            touch.action != "create" or family in MEMBERS
        ):
            return {one for one in indexes if touches[one].schema == touch.schema}, True
    return None


def _alternatives(
    touches: Sequence[Touch], indexes: Sequence[int], there: set[int], standing: set[int]
) -> Kept | None:
    found = [index for index in indexes if index in there]
    if not found:
        # A column that the script itself adds: whose tables are there at all.
        found = [index for index in indexes if index in standing]
        if not found or any("guessed" in touches[index].detail for index in indexes):
            return None
        kept = set(_nearest(touches, found))
        return kept, len({touches[one].name for one in indexes}) == 1
    return set(_nearest(touches, found)), True


def _nearest(touches: Sequence[Touch], found: Sequence[int]) -> list[int]:
    """The innermost query's, and of one name the first of the path."""
    least = min(_depth(touches[index]) for index in found)
    chosen = [index for index in found if _depth(touches[index]) == least]
    schemas: dict[str, str | None] = {}
    for index in chosen:
        schemas.setdefault(touches[index].name, touches[index].schema)
    if touches[chosen[0]].kind not in ("table column", "view column"):
        first = touches[chosen[0]]
        return [index for index in chosen if touches[index][2:4] == first[2:4]]
    return [index for index in chosen if schemas[touches[index].name] == touches[index].schema]


class _Moves:
    """Names that the text puts into the first schema of the path, and that are in another."""

    def __init__(self) -> None:
        self._made: dict[Name, str] = {}
        self._named: dict[tuple[int, str, str], str] = {}
        self._types: dict[int, dict[str, str]] = {}

    def note(self, ones: Sequence[Touch], chosen: Touch) -> None:
        """Take note of what the first candidate was, and is not."""
        first = ones[0].schema
        if first is None or chosen.schema is None or first == chosen.schema:
            return
        for touch in ones:
            if touch.schema != first or family_of(touch.kind) != RELATION:
                continue
            self._named[(touch.statement_no, first, touch.name)] = chosen.schema
            written = self._types.setdefault(touch.statement_no, {})
            written[_type(first, touch.name)] = _type(chosen.schema, touch.name)
            if touch.action == "create":
                self._made[(first, touch.name)] = chosen.schema

    def apply(self, touch: Touch) -> Touch:
        """The touch under the names that are meant."""
        number, detail, name = touch.statement_no, touch.detail, touch.name
        for word in _PLACES:
            place = detail.get(word)
            if isinstance(place, dict):
                meant = self._place(number, str(place.get("schema")), str(place.get("name")))
                if meant is not None:
                    detail = {**detail, word: {**place, "schema": meant}}
        if "(" in name and number in self._types:
            name = _with_types(name, self._types[number])
        schema = touch.schema
        if schema is not None and "candidate" not in detail and family_of(touch.kind) != ROUTINE:
            if touch.action == "create" and touch.sub is None:
                self._create(schema, touch, detail is not touch.detail)
            schema = self._made.get((schema, name), schema)
        if detail is touch.detail and name == touch.name and schema == touch.schema:
            return touch
        return touch._replace(schema=schema, name=name, detail=detail)

    def _place(self, number: int, schema: str, name: str) -> str | None:
        return self._named.get((number, schema, name)) or self._made.get((schema, name))

    def _create(self, schema: str, touch: Touch, elsewhere: bool) -> None:
        """What is made of something that is elsewhere is there, too: an index, a new name."""
        former = self._made.get((schema, str(touch.detail.get("renamed_from"))))
        table = touch.detail.get("table")
        if elsewhere and touch.kind == "index" and isinstance(table, dict):
            former = self._place(touch.statement_no, schema, str(table.get("name")))
        if former is not None:
            self._made[(schema, touch.name)] = former
        elif touch.facet == "definition":
            self._made.pop((schema, touch.name), None)


def _type(schema: str, name: str) -> str:
    return f"{quoted(schema)}.{quoted(name)}"


def _with_types(name: str, written: Mapping[str, str]) -> str:
    """A routine, an operator or a cast with the types that its arguments have."""
    head, parenthesis, rest = name.partition("(")
    types, closing, after = rest.rpartition(")")
    separator = " AS " if " AS " in types else ","
    meant = []
    for one in types.split(separator):
        element = one.removesuffix("[]")
        meant.append(written.get(element, element) + one[len(element) :])
    return head + parenthesis + separator.join(meant) + closing + after


def _is_there(touch: Touch, facts: Facts, names: BaseNames) -> bool:
    if family_of(touch.kind) == ROUTINE and touch.schema is not None:
        arguments = touch.detail.get("args")
        known = facts.called(
            touch.schema, touch.name, arguments if isinstance(arguments, int) else None
        )
        return bool(known)
    return bool(facts.exists(touch, names)) or facts.is_named(touch)


def _relation_is_there(touch: Touch, facts: Facts, names: BaseNames) -> bool:
    """Whether there is the relation or type that the touch is a member of."""
    if family_of(touch.kind) not in MEMBERS:
        return False
    return bool(facts.exists(touch._replace(kind="table", sub=None), names))


def _depth(touch: Touch) -> int:
    depth = touch.detail.get("depth")
    return depth if isinstance(depth, int) else 0


def _certain(touch: Touch) -> Touch:
    detail = {
        name: value for name, value in touch.detail.items() if name not in ("candidate", "depth")
    }
    return touch._replace(detail=detail)


def _with_signature(touch: Touch, facts: Facts) -> Touch:
    """DROP FUNCTION f: the one that there is, with its argument types."""
    if family_of(touch.kind) != ROUTINE or "(" in touch.name or touch.schema is None:
        return touch
    if touch.action == "use":
        return touch
    routine = facts.routine(touch.schema, touch.name)
    if routine is None:
        return touch
    return touch._replace(
        name=f"{touch.name}({routine.types})", detail={**touch.detail, "bare": True}
    )
$coord0$),
('catalog/row_rules.py', $coord0$"""What decides about rows that come or change: triggers, defaults, NOT NULL."""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import COLUMN, family_of
from ..model import Json, Touch
from . import queries
from .facts import MEMBER_KINDS, BaseNames, Facts, Name, Query

_EVENTS = {"insert": 4, "delete": 8, "update": 16, "truncate": 32}
"""Bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h)."""


def note(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """Tell of changed triggers when they fire, of changed columns how they are filled."""
    taken_along = [one for one in touches if one.kind == "trigger" and "cascade" in one.detail]
    if taken_along:
        facts.learn(taken_along)
    touches = _switched_together(touches, facts, query)
    names = BaseNames()
    result = []
    for touch in touches:
        names.follow(touch)
        sub = touch.sub
        if touch.schema is not None and sub is not None and touch.action != "use":
            base = names.relation(touch.schema, touch.name)
            if _is_absent(touch, base, facts):
                touch = touch._replace(detail={**touch.detail, "absent": True})
            elif touch.kind in ("trigger", "rule") and "events" not in touch.detail:
                touch = _trigger(touch, facts.triggers.get((*base, sub)))
            elif touch.facet == "type" and family_of(touch.kind) == COLUMN:
                known = facts.column_types.get((*base, names.column(base, sub)))
                if known is not None:
                    same: dict[str, Json] = (
                        {"unchanged": True} if known == touch.detail.get("value") else {}
                    )
                    touch = touch._replace(detail={**touch.detail, **same, "was": known})
            elif "demands" in touch.detail and touch.action == "create":
                touch = _checked(touch, base, names, facts)
            elif touch.facet in ("default", "not null") and family_of(touch.kind) == COLUMN:
                filled = facts.filled.get((*base, names.column(base, sub)))
                if filled is not None:
                    detail: dict[str, Json] = {"was_not_null": filled[0], "has_default": filled[1]}
                    if _is_so_already(touch, *filled):
                        detail["unchanged"] = True
                    touch = touch._replace(detail={**touch.detail, **detail})
        result.append(touch)
    return result


def _is_so_already(touch: Touch, not_null: bool, has_default: bool) -> bool:
    """Whether SET NOT NULL, DROP NOT NULL or DROP DEFAULT does nothing."""
    value = touch.detail.get("value")
    if touch.facet == "not null":
        return bool(value) == not_null
    return value is None and not has_default


def _is_absent(touch: Touch, table: Name, facts: Facts) -> bool:
    """Whether DROP \u2026 IF EXISTS finds nothing of that name on its table."""
    kind = MEMBER_KINDS.get(touch.kind)
    return (
        kind is not None
        and touch.action == "drop"
        and bool(touch.detail.get("if_exists"))
        and table in facts.relations
        and (kind, *table, str(touch.sub)) not in facts.members
    )


def _checked(touch: Touch, table: Name, names: BaseNames, facts: Facts) -> Touch:
    """Say of a CHECK that wants a value which columns get none by themselves."""
    demands = touch.detail["demands"]
    wanted = {
        str(part[0])
        for part in (demands if isinstance(demands, list) else ())
        if isinstance(part, list) and part[1] == "not null"
    }
    unfilled: list[Json] = [
        name
        for name in sorted(wanted)
        if facts.filled.get((*table, names.column(table, name)), (True, True)) == (False, False)
    ]
    return touch._replace(detail={**touch.detail, "unfilled": unfilled}) if unfilled else touch


def _switched_together(touches: Sequence[Touch], facts: Facts, query: Query) -> Sequence[Touch]:
    """ENABLE and DISABLE TRIGGER ALL or USER: when the triggers fire that there are."""
    names = BaseNames()
    tables: dict[int, int] = {}
    for index, touch in enumerate(touches):
        names.follow(touch)
        if touch.facet == "enabled" and "triggers" in touch.detail and touch.schema is not None:
            relation = facts.relations.get(names.relation(touch.schema, touch.name))
            if relation is not None:
                tables[index] = relation.oid
    if not tables:
        return touches
    bits: dict[int, int] = {}
    for row in query(queries.TRIGGERS, [sorted(set(tables.values()))]):
        bits[row["root"]] = bits.get(row["root"], 0) | row["type"]
    result = list(touches)
    for index, oid in tables.items():
        fired: list[Json] = [event for event, bit in _EVENTS.items() if bits.get(oid, 0) & bit]
        result[index] = touches[index]._replace(detail={**touches[index].detail, "events": fired})
    return result


def _trigger(touch: Touch, known: tuple[int, list[str], bool] | None) -> Touch:
    if known is None:
        return touch
    bits, columns, conditional = known
    events: list[Json] = [event for event, bit in _EVENTS.items() if bits & bit]
    detail: dict[str, Json] = {**touch.detail, "events": events}
    if columns:
        names: list[Json] = list(columns)
        detail["columns"] = names
    if conditional:
        detail["conditional"] = True
    return touch._replace(detail=detail)
$coord0$),
('catalog/views.py', $coord0$"""Views that exist and are defined anew: whether they get more columns."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Touch
from . import queries
from .facts import Query


def note(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Mark OR REPLACE of a view that has other columns afterwards."""
    redefined = {
        (touch.schema, touch.name): index
        for index, touch in enumerate(touches)
        if touch.kind == "view"
        and touch.action == "create"
        and touch.detail.get("or_replace")
        and touch.detail.get("exists")
    }
    if not redefined:
        return list(touches)
    result = list(touches)
    arrays = [[schema for schema, _ in redefined], [name for _, name in redefined]]
    for row in query(queries.COLUMNS_IN_ORDER, arrays):
        index = redefined[(row["schema"], row["name"])]
        columns = touches[index].detail.get("columns")
        if isinstance(columns, list) and columns != list(row["columns"]):
            result[index] = touches[index]._replace(
                detail={**touches[index].detail, "more_columns": True}
            )
    return result
$coord0$),
('detection.py', $coord0$"""From touches to conflicts as they are stored: the newcomer against each of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .keys import is_opaque
from .model import Conflict, Touch
from .rules import Prepared, compare, prepare
from .suggest import for_agents
from .touch_json import from_json

REMEMBERED_LENGTH = 2_000_000
"""How long the texts of all footprints together are that a session keeps ready for the next time.

A typical one has 200 to 500 characters. What is kept takes some ten times as much memory.
"""

LONGEST_REMEMBERED = 20_000
"""How long the text of one may be to be kept."""


class Side(NamedTuple):
    """A footprint ready to be compared, and what of it nobody can look into."""

    prepared: Prepared
    opaque: tuple[str, ...]
    changes: bool


def side(touches: Sequence[Touch]) -> Side:
    return Side(
        prepare(touches),
        tuple(sorted({touch.name for touch in touches if is_opaque(touch)})),
        any(touch.action != "use" for touch in touches),
    )


class Other(NamedTuple):
    """An active intent that shares a key with the newcomer."""

    intent_no: int
    id: str
    agent_id: str
    feature_name: str
    branch_name: str
    status: str
    version: int
    """Of its footprint; a version never comes twice with another text."""


def between(
    a: Sequence[Touch], b: Sequence[Touch], path: Sequence[str], interrupts: Callable[[], None]
) -> list[dict[str, Any]]:
    """Two scripts, nobody's: the rows of ``coord.compare_changes``, named as seen by the path."""
    return [
        {
            "conflict_type": conflict.type,
            "severity": conflict.severity,
            "outcome": conflict.outcome,
            "affected_objects": conflict.objects,
            "first_side": conflict.first,
            "resolution_suggestions": conflict.suggestions,
        }
        for conflict in compare(prepare(a), prepare(b), path, interrupts)
    ]


def against(
    agent_id: str,
    feature_name: str,
    touches: str,
    path: Sequence[str],
    others: Sequence[Other],
    interrupts: Callable[[], None],
) -> list[dict[str, Any]]:
    """The newcomer, who sees names by its path, against others that are remembered."""
    mine = side(from_json(touches))
    me = label(agent_id, feature_name)
    feature = feature_name.lower()
    rows: list[dict[str, Any]] = []
    for other in others:
        interrupts()
        theirs = _memory.side_of(other.version)
        conflicts = compare(mine.prepared, theirs.prepared, path, interrupts)
        own = other.agent_id == agent_id
        if own:
            # An agent does not conflict with itself; a merge order still has to know this.
            conflicts = [conflict for conflict in conflicts if conflict.outcome == "order"]
        else:
            # What the rules know for certain says more than that anything may happen.
            conflicts = conflicts or opaque_code(mine, theirs)
            if other.feature_name.lower() == feature:
                conflicts.append(same_feature(feature_name))
        for conflict in conflicts:
            rows.append(
                {
                    "intent_id": other.id,
                    "intent_no": other.intent_no,
                    "agent": other.agent_id,
                    "feature_name": other.feature_name,
                    "branch_name": other.branch_name,
                    "status": other.status,
                    "conflict_type": conflict.type,
                    "severity": conflict.severity,
                    "outcome": conflict.outcome,
                    "affected_objects": conflict.objects,
                    "newcomer_first": conflict.first == "a",
                    "rule": conflict.rule,
                    "resolution_suggestions": for_agents(
                        conflict, me, label(other.agent_id, other.feature_name)
                    ),
                    "own": own,
                }
            )
    return rows


def same_feature(feature_name: str) -> Conflict:
    """Two agents who work on a feature of one name probably do the same work twice."""
    return Conflict("timing", "warning", "overlap", (feature_name,), None, "same-feature-name")


def opaque_code(mine: Side, theirs: Side) -> list[Conflict]:
    """Code that is put together at run time may touch whatever the other side changes.

    Between two scripts this would be a guess; between two plans it is a reason to talk.
    """
    found = (*mine.opaque, *theirs.opaque)
    if (mine.opaque and theirs.changes) or (theirs.opaque and mine.changes):
        objects = tuple(dict.fromkeys(found))
        return [Conflict("dependency", "warning", "overlap", objects, None, "opaque-code")]
    return []


def label(agent_id: str, feature_name: str) -> str:
    """How suggestions name one side."""
    return f'"{feature_name}" of {agent_id}'


class Memory:
    """Footprints of others that are ready to be compared, by version."""

    def __init__(self) -> None:
        self._kept: dict[int, Side] = {}
        self._once: dict[int, Side] = {}
        """For the call that is going on, and no longer."""
        self._length = 0

    def __contains__(self, version: int) -> bool:
        return version in self._kept

    def side_of(self, version: int) -> Side:
        return self._kept.get(version) or self._once[version]

    def add(self, version: int, touches: str) -> None:
        ready = side(from_json(touches))
        if len(touches) > LONGEST_REMEMBERED or self._length >= REMEMBERED_LENGTH:
            self._once[version] = ready
        else:
            self._kept[version] = ready
            self._length += len(touches)

    def end_call(self) -> None:
        """Let go what was for one call, and start anew when the memory is full."""
        self._once.clear()
        if self._length >= REMEMBERED_LENGTH:
            self._kept.clear()
            self._length = 0


_memory = Memory()


def not_remembered(others: Sequence[Other]) -> list[int]:
    """Numbers of the intents whose footprints have to be read."""
    return [other.intent_no for other in others if other.version not in _memory]


remember = _memory.add
forget = _memory.end_call
$coord0$),
('footprint/__init__.py', $coord0$"""Statements -> touches: what each one creates, alters, drops and uses, by its text alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..model import Touch
from ..names import Scope
from ..script import Statement, noop
from .registry import HANDLERS, NO_OBJECT
from .work import Node, Target, Work

__all__ = ["footprint"]


def footprint(
    statements: Sequence[Statement],
    search_path: Sequence[str],
    interrupts: Callable[[], None] = noop,
) -> list[Touch]:
    """The touches of a script, in the order of its statements.

    Names are resolved by ``search_path`` and by what the script does to it and to its objects.
    """
    work = Work(Scope(search_path, interrupts=interrupts))
    work.dispatch = dispatch
    for statement in statements:
        work.next_statement(statement.no)
        dispatch(work, statement.node)
        interrupts()
    return work.touches


def dispatch(work: Work, node: Node) -> None:
    handler = HANDLERS.get(node.__class__)
    if handler is not None:
        handler(work, node)
    elif node.__class__ not in NO_OBJECT:
        name = node.__class__.__name__
        work.add("unknown", Target(None, name), None, "alter", None, {"opaque": True})
$coord0$),
('footprint/alter_column.py', $coord0$"""ALTER TABLE ... COLUMN: one handler for each subcommand."""

from __future__ import annotations

from typing import Any

from ..loader import enums
from . import automatic_names as names
from .cascade import column_dropped
from .columns import Later, create_column, create_sequence_of
from .constraints import create_constraints
from .dropping import drop_column, drop_sequence, drop_with_column
from .foreign_key import create_foreign_keys
from .subject import Command, Subject
from .work import Detail, Node, Target, foreign_options, option_values, strings

_T = enums.AlterTableType
_CASCADE = enums.DropBehavior.DROP_CASCADE


def _add_column(s: Subject, command: Node) -> None:
    work, definition = s.work, command.def_
    later = Later()
    extra = dict(s.guard)
    if command.missing_ok:
        extra["if_not_exists"] = True
        if s.table is not None and definition.colname in s.table.columns:
            work.use(s.column_kind, s.target, definition.colname, {"if_not_exists": True})
            return
    kind = "composite type" if s.kind == "type" else s.kind
    create_column(work, s.target, s.table, kind, definition, later, extra)
    heirs = s.children()
    create_constraints(work, s.target, s.table, s.kind, later, new_table=False, heirs=heirs)
    create_foreign_keys(work, s.target, s.table, s.kind, later, heirs)
    for child in heirs:
        own = work.relation_kind(child)
        create_column(work, child, work.table(child), own, definition, Later(), {"implied": True})


def _drop_column(s: Subject, command: Node) -> None:
    detail: Detail = dict(s.guard)
    if command.missing_ok:
        detail["if_exists"] = True
        if s.table is not None and s.table.complete and command.name not in s.table.columns:
            s.work.use(s.kind, s.target, None, {"if_exists": True})
            return
    if command.behavior == _CASCADE:
        detail["cascade"] = True
    heirs = s.children()
    s.work.add(s.column_kind, s.target, command.name, "drop", "definition", detail)
    drop_with_column(s.work, s.target, command.name)
    for child in heirs:
        drop_column(s.work, child, command.name, {"implied": True})
    if command.behavior == _CASCADE:
        column_dropped(s.work, s.target, command.name)


def _default(s: Subject, command: Node) -> None:
    if command.def_ is None:
        s.column(command.name, "default", value=None)
    else:
        s.column(command.name, "default", value=s.work.canonical(command.def_))
        s.work.expression(command.def_, None, by="default value")
    if s.table is not None and command.name in s.table.columns:
        column = s.table.columns[command.name]
        column.expression = command.def_
        column.default = None if command.def_ is None else s.work.canonical(command.def_)
    for child in s.children():
        s.work.add(s.column_kind, child, command.name, "alter", "default", {"implied": True})


def _set_not_null(s: Subject, command: Node) -> None:
    _not_null(s, command.name, True)


def _drop_not_null(s: Subject, command: Node) -> None:
    _not_null(s, command.name, False)


def _not_null(s: Subject, name: str, value: bool) -> None:
    s.column(name, "not null", value=value)
    if s.table is not None and name in s.table.columns:
        s.table.columns[name].not_null = value
    for child in s.children():
        s.work.add(
            s.column_kind, child, name, "alter", "not null", {"value": value, "implied": True}
        )


def _column_type(s: Subject, command: Node) -> None:
    definition = command.def_
    type_ = s.work.type_text(definition.typeName)
    detail: Detail = {"value": type_}
    if definition.collClause is not None:
        detail["collation"] = ".".join(strings(definition.collClause.collname))
        s.work.collation_use(definition.collClause, by=s.column_kind)
    if definition.raw_default is not None:
        detail["using"] = s.work.canonical(definition.raw_default)
    if command.behavior == _CASCADE:
        detail["cascade"] = True
    s.column(command.name, "type", **detail)
    s.work.type_use(definition.typeName, by=s.column_kind)
    if definition.raw_default is not None:
        s.work.expression(definition.raw_default, s.target, by="conversion")
    if s.table is not None and command.name in s.table.columns:
        s.table.columns[command.name].type = type_
    for child in s.children():
        s.work.add(
            s.column_kind, child, command.name, "alter", "type", {"value": type_, "implied": True}
        )


def _set_expression(s: Subject, command: Node) -> None:
    s.column(command.name, "generated", value=s.work.canonical(command.def_))
    s.work.expression(command.def_, s.target, by="generated column")


def _drop_expression(s: Subject, command: Node) -> None:
    detail: Detail = {"value": None}
    if command.missing_ok:
        detail["if_exists"] = True
    s.column(command.name, "generated", **detail)


def _statistics(s: Subject, command: Node) -> None:
    value = None if command.def_ is None else option_value_of_integer(command.def_)
    if command.name is None:
        s.alter("statistics", value=value, column=int(command.num))
    else:
        s.column(command.name, "statistics", value=value)


def option_value_of_integer(node: Node) -> int | None:
    value = getattr(node, "ival", None)
    return None if value is None else int(value)


def _column_options(s: Subject, command: Node) -> None:
    reset = command.subtype == _T.AT_ResetOptions
    values = [option.defname for option in command.def_] if reset else option_values(command.def_)
    s.column(command.name, "options", value=values, reset=reset)


def _storage(s: Subject, command: Node) -> None:
    s.column(command.name, "storage", value=command.def_.sval.lower())


def _compression(s: Subject, command: Node) -> None:
    s.column(command.name, "compression", value=command.def_.sval.lower())


def _foreign_column_options(s: Subject, command: Node) -> None:
    s.column(command.name, "options", value=foreign_options(command.def_))


def _add_identity(s: Subject, command: Node) -> None:
    constraint = command.def_
    always = "always" if constraint.generated_when == "a" else "by default"
    s.column(command.name, "identity", value=always)
    known = s.table.columns.get(command.name) if s.table is not None else None
    sequence = create_sequence_of(
        s.work,
        s.target,
        command.name,
        known.type if known is not None else "bigint",
        constraint.options or (),
    )
    if known is not None:
        known.sequence = (sequence.schema, sequence.name)


def _sequence_of(s: Subject, column: str) -> tuple[Target, bool]:
    """The sequence behind an identity column: the one that was made, or that was probably made."""
    known = s.table.columns.get(column) if s.table is not None else None
    if known is not None and known.sequence is not None:
        return Target(*known.sequence), True
    return s.target.renamed(names.object_name(s.target.name, column, "seq")), False


def _set_identity(s: Subject, command: Node) -> None:
    options = [option for option in command.def_ or () if option.defname != "generated"]
    for option in command.def_ or ():
        if option.defname == "generated":
            always = getattr(option.arg, "ival", 0) == ord("a")
            s.column(command.name, "identity", value="always" if always else "by default", set=True)
    if options:
        sequence, known = _sequence_of(s, command.name)
        detail: Detail = {"implied": True, "value": option_values(options)}
        if not known:
            detail["automatic"] = True
        restarts = all(option.defname == "restart" for option in options)
        facet = "value" if restarts else "options"
        s.work.add("sequence", sequence, None, "alter", facet, detail)
        s.work.use(s.column_kind, s.target, command.name, {"by": "sequence"})


def _drop_identity(s: Subject, command: Node) -> None:
    detail: Detail = {"value": None}
    if command.missing_ok:
        detail["if_exists"] = True
    s.column(command.name, "identity", **detail)
    sequence, known = _sequence_of(s, command.name)
    drop_sequence(s.work, sequence, known)


COLUMN_COMMANDS: dict[Any, Command] = {
    _T.AT_AddColumn: _add_column,
    _T.AT_DropColumn: _drop_column,
    _T.AT_ColumnDefault: _default,
    _T.AT_SetNotNull: _set_not_null,
    _T.AT_DropNotNull: _drop_not_null,
    _T.AT_AlterColumnType: _column_type,
    _T.AT_SetExpression: _set_expression,
    _T.AT_DropExpression: _drop_expression,
    _T.AT_SetStatistics: _statistics,
    _T.AT_SetOptions: _column_options,
    _T.AT_ResetOptions: _column_options,
    _T.AT_SetStorage: _storage,
    _T.AT_SetCompression: _compression,
    _T.AT_AlterColumnGenericOptions: _foreign_column_options,
    _T.AT_AddIdentity: _add_identity,
    _T.AT_SetIdentity: _set_identity,
    _T.AT_DropIdentity: _drop_identity,
}
$coord0$),
('footprint/alter_family.py', $coord0$"""ALTER TABLE about parents, types and partitions: who a table's relatives are."""

from __future__ import annotations

from typing import Any

from ..loader import enums
from ..names import Table
from .bounds import bound_values
from .constraints import implied_constraint, use_of_whole
from .subject import Command, Subject
from .table import copy_index
from .work import Detail, Node, Target

_T = enums.AlterTableType


def _inherit(s: Subject, command: Node) -> None:
    parent = s.work.relation(command.def_)
    adds = command.subtype == _T.AT_AddInherit
    s.alter("inheritance", parent=parent.text(), value=adds)
    s.work.use("table", parent, None, {"by": "table", "as": "parent"})
    known = s.work.table(parent)
    if known is not None and s.table is not None:
        here = s.target.options[0]
        if adds:
            known.children.append(here)
            s.table.parents.append(parent.options[0])
        elif here in known.children:
            known.children.remove(here)
            s.table.parents.remove(parent.options[0])


def _of_type(s: Subject, command: Node) -> None:
    if command.def_ is None:
        s.alter("type", value=None)
        _leave_type(s)
    else:
        s.alter("type", value=s.work.type_text(command.def_))
        s.work.type_use(command.def_, by="table")


def _leave_type(s: Subject) -> None:
    if s.table is None:
        return
    for place in list(s.table.parents):
        parent = s.work.scope.tables.get(place)
        if parent is not None and parent.kind == "type":
            parent.children.remove(s.target.options[0])
            s.table.parents.remove(place)


def _attach(s: Subject, command: Node) -> None:
    part = s.work.relation(command.def_.name)
    if s.kind == "index":
        known = s.work.table(part)
        owner = known.owner if known is not None else None
        if owner is not None and part.options[0] in owner.indexes:
            owner.indexes[part.options[0]]["part_of"] = s.target.options[0]
        s.alter("partition", partition=part.text(), value=True)
        s.work.add("index", part, None, "alter", "partition", {"of": s.target.text()})
        return
    bound = s.work.canonical(command.def_.bound)
    s.alter(
        "partition",
        partition=part.text(),
        bound=bound,
        bounds=bound_values(command.def_.bound),
        value=True,
    )
    s.work.add(
        s.work.relation_kind(part),
        part,
        None,
        "alter",
        "partition",
        {"of": s.target.text(), "bound": bound, "value": True},
    )
    known = s.work.table(part)
    if s.table is not None and known is not None:
        s.table.children.append(part.options[0])
        known.parents.append(s.target.options[0])
        _join_indexes(s, part, known)
        for name, facts in list(s.table.constraints.items()):
            if facts["type"] == "foreign key" and name not in known.constraints:
                implied_constraint(s.work, part, known, name, dict(facts), {"from": "parent"})


def _join_indexes(s: Subject, part: Target, known: Table) -> None:
    """Each index of the partitioned table gets a part: one that is there already, or a new one."""
    assert s.table is not None
    for index, facts in list(s.table.indexes.items()):
        parent = (index, s.target.options[0])
        for own, there in known.indexes.items():
            same = there["columns"] == facts["columns"] and not there.get("part_of")
            if same and bool(there["constraint"]) == bool(facts["constraint"]):
                there["part_of"] = index
                s.work.add("index", Target(*own), None, "alter", "partition", {"implied": True})
                use_of_whole(s.work, *parent, facts["constraint"])
                break
        else:
            copy_index(s.work, part, known, s.table, facts, parent)


def _detach(s: Subject, command: Node) -> None:
    part = s.work.relation(command.def_.name)
    detail: Detail = {"value": False}
    if command.def_.concurrent:
        detail["concurrently"] = True
    s.alter("partition", partition=part.text(), **detail)
    s.work.add(
        s.work.relation_kind(part),
        part,
        None,
        "alter",
        "partition",
        {"of": s.target.text(), **detail},
    )
    known = s.work.table(part)
    here = part.options[0]
    if s.table is not None and here in s.table.children:
        s.table.children.remove(here)
    if known is not None and s.target.options[0] in known.parents:
        known.parents.remove(s.target.options[0])
        for index, facts in known.indexes.items():
            if facts.pop("part_of", None):
                s.work.add("index", Target(*index), None, "alter", "partition", {"implied": True})


FAMILY_COMMANDS: dict[Any, Command] = {
    _T.AT_AddInherit: _inherit,
    _T.AT_DropInherit: _inherit,
    _T.AT_AddOf: _of_type,
    _T.AT_DropOf: _of_type,
    _T.AT_AttachPartition: _attach,
    _T.AT_DetachPartition: _detach,
    _T.AT_DetachPartitionFinalize: _detach,
}
$coord0$),
('footprint/alter_table.py', $coord0$"""ALTER TABLE and its kin: one handler for each subcommand."""

from __future__ import annotations

from typing import Any

from ..loader import enums
from ..model import Json
from ..names import Table
from .alter_column import COLUMN_COMMANDS
from .alter_family import FAMILY_COMMANDS
from .columns import Later
from .constraints import create_constraints
from .dropping import drop_constraint
from .foreign_key import create_foreign_keys
from .subject import Command, Subject
from .work import Detail, Node, Target, Work, foreign_options, option_values, role_name

_T = enums.AlterTableType
_CASCADE = enums.DropBehavior.DROP_CASCADE


WRITTEN_KINDS = {
    enums.ObjectType.OBJECT_TABLE: "table",
    enums.ObjectType.OBJECT_INDEX: "index",
    enums.ObjectType.OBJECT_SEQUENCE: "sequence",
    enums.ObjectType.OBJECT_VIEW: "view",
    enums.ObjectType.OBJECT_MATVIEW: "materialized view",
    enums.ObjectType.OBJECT_FOREIGN_TABLE: "foreign table",
    enums.ObjectType.OBJECT_TYPE: "type",
}

_FIRST = {
    _T.AT_DropColumn: 0,
    _T.AT_DropConstraint: 0,
    _T.AT_AlterColumnType: 1,
    _T.AT_AddColumn: 2,
    _T.AT_SetExpression: 3,
    _T.AT_AddConstraint: 4,
}
"""In which order the server carries out the parts of one statement, whatever their order in it."""


def alter_table(work: Work, node: Node) -> None:
    written = WRITTEN_KINDS[node.objtype]
    target = work.relation(node.relation)
    kind = work.relation_kind(target, written)
    only = kind in ("table", "foreign table") and not node.relation.inh
    subject = Subject(work, target, kind, node.missing_ok, only)
    commands = node.cmds
    if len(commands) > 1:
        commands = sorted(commands, key=lambda command: _FIRST.get(command.subtype, 5))
    for command in commands:
        handler = COMMANDS.get(command.subtype)
        if handler is None:
            work.add("unknown", target, None, "alter", str(command.subtype.name), {"opaque": True})
        else:
            handler(subject, command)


# -------------------------------------------------------------------- constraints


def _add_constraint(s: Subject, command: Node) -> None:
    later = Later()
    later.add(command.def_, None)
    heirs = s.children()
    create_constraints(s.work, s.target, s.table, s.kind, later, new_table=False, heirs=heirs)
    create_foreign_keys(s.work, s.target, s.table, s.kind, later, heirs)


def _alter_constraint(s: Subject, command: Node) -> None:
    change = command.def_
    name = change.conname
    if change.alterDeferrability:
        value = "not deferrable"
        if change.deferrable:
            value = "initially deferred" if change.initdeferred else "deferrable"
        _constraint(s, name, "deferrability", value=value)
    if change.alterEnforceability:
        _constraint(s, name, "enforcement", value=change.is_enforced)
    if change.alterInheritability:
        _constraint(s, name, "inheritance", value=not change.noinherit)


def _constraint(s: Subject, name: str, facet: str, **detail: Any) -> None:
    s.work.add("table constraint", s.target, name, "alter", facet, {**s.guard, **detail})


def _validate_constraint(s: Subject, command: Node) -> None:
    _constraint(s, command.name, "validation", value=True)


def _drop_constraint(s: Subject, command: Node) -> None:
    detail: Detail = dict(s.guard)
    if command.missing_ok:
        detail["if_exists"] = True
        if s.table is not None and _is_absent(s.table, command.name):
            s.work.use(s.kind, s.target, None, {"if_exists": True})
            return
    if command.behavior == _CASCADE:
        detail["cascade"] = True
    facts = s.table.constraints.get(command.name) if s.table is not None else None
    drop_constraint(s.work, s.target, s.table, command.name, detail)
    for child in s.children() if facts is None or facts["type"] in _GO_DOWN else ():
        table = s.work.table(child)
        if table is not None and command.name in table.constraints:
            drop_constraint(s.work, child, table, command.name, {"implied": True})


_GO_DOWN = ("check", "foreign key", "not null")
"""Constraints that partitions and heirs have under the same name."""


def _is_absent(table: Table, name: str) -> bool:
    """Tell whether the script's own table has no such constraint, nor one that the server named."""
    return table.complete and name not in table.constraints and not name.endswith("_not_null")


# -------------------------------------------------------------------- the relation itself


def _follow(s: Subject, facet: str, value: Json) -> None:
    """What the script gave to the table shares its owner, and is logged or not as it is."""
    if s.table is None:
        return
    detail: Detail = {"value": value, "implied": True}
    for index in s.table.indexes:
        s.work.add("index", Target(*index), None, "alter", facet, detail)
    for column in s.table.columns.values():
        if column.sequence is not None:
            s.work.add("sequence", Target(*column.sequence), None, "alter", facet, detail)


def _owner(s: Subject, command: Node) -> None:
    s.alter("owner", value=role_name(command.newowner))
    _follow(s, "owner", role_name(command.newowner))
    s.work.role_use(command.newowner)


def mark_index(work: Work, table: Table | None, mark: str, name: str | None) -> None:
    """At most one index of a table has a mark: whoever had it loses it."""
    for index, facts in table.indexes.items() if table is not None else ():
        if facts.pop(mark, False) and index[1] != name:
            detail: Detail = {"value": False, "implied": True}
            work.add("index", Target(*index), None, "alter", mark, detail)
        elif index[1] == name:
            facts[mark] = True


def _cluster_on(s: Subject, command: Node) -> None:
    mark_index(s.work, s.table, "cluster", command.name)
    s.alter("cluster", value=command.name)
    s.work.add("index", s.target.renamed(command.name), None, "alter", "cluster", {"value": True})


def _drop_cluster(s: Subject, command: Node) -> None:
    mark_index(s.work, s.table, "cluster", None)
    s.alter("cluster", value=None)


def _persistence(s: Subject, command: Node) -> None:
    logged = command.subtype == _T.AT_SetLogged
    value = "permanent" if logged else "unlogged"
    s.alter("persistence", value=value)
    _follow(s, "persistence", value)


def _access_method(s: Subject, command: Node) -> None:
    s.alter("access method", value=command.name)


def _tablespace(s: Subject, command: Node) -> None:
    s.alter("tablespace", value=command.name)
    s.work.use("tablespace", Target(None, command.name))


def _options(s: Subject, command: Node) -> None:
    if command.subtype == _T.AT_ResetRelOptions:
        s.alter("options", value=[option.defname for option in command.def_], reset=True)
    else:
        s.alter("options", value=option_values(command.def_))


def _generic_options(s: Subject, command: Node) -> None:
    s.alter("options", value=foreign_options(command.def_))


_ENABLED = {"Enable": "origin", "EnableAlways": "always", "EnableReplica": "replica"}


def _trigger(s: Subject, command: Node) -> None:
    _switch(s, "trigger", command)


def _rule(s: Subject, command: Node) -> None:
    _switch(s, "rule", command)


def _switch(s: Subject, kind: str, command: Node) -> None:
    word = str(command.subtype.name).removeprefix("AT_").removesuffix("Trig").removesuffix("Rule")
    value = _ENABLED.get(word, "disabled")
    s.work.add(kind, s.target, command.name, "alter", "enabled", {**s.guard, "value": value})


def _all_triggers(s: Subject, command: Node) -> None:
    word = str(command.subtype.name)
    s.alter(
        "enabled",
        value="origin" if "Enable" in word else "disabled",
        triggers="user" if word.endswith("User") else "all",
    )
    if s.table is not None:
        for name in sorted(s.table.triggers):
            value = "origin" if "Enable" in word else "disabled"
            s.work.add(
                "trigger", s.target, name, "alter", "enabled", {"value": value, "implied": True}
            )


def _replica_identity(s: Subject, command: Node) -> None:
    identity = command.def_
    word = {"n": "nothing", "f": "full", "d": "default", "i": "index"}[identity.identity_type]
    mark_index(s.work, s.table, "replica identity", identity.name)
    if identity.name:
        s.alter("replica identity", value=word, index=identity.name)
        index = s.target.renamed(identity.name)
        s.work.add("index", index, None, "alter", "replica identity", {"value": True})
    else:
        s.alter("replica identity", value=word)


def _row_security(s: Subject, command: Node) -> None:
    kind = command.subtype
    if kind in (_T.AT_ForceRowSecurity, _T.AT_NoForceRowSecurity):
        s.alter("force row security", value=kind == _T.AT_ForceRowSecurity)
    else:
        s.alter("row security", value=kind == _T.AT_EnableRowSecurity)


COMMANDS: dict[Any, Command] = {
    **COLUMN_COMMANDS,
    **FAMILY_COMMANDS,
    _T.AT_AddConstraint: _add_constraint,
    _T.AT_AlterConstraint: _alter_constraint,
    _T.AT_ValidateConstraint: _validate_constraint,
    _T.AT_DropConstraint: _drop_constraint,
    _T.AT_ChangeOwner: _owner,
    _T.AT_ClusterOn: _cluster_on,
    _T.AT_DropCluster: _drop_cluster,
    _T.AT_SetLogged: _persistence,
    _T.AT_SetUnLogged: _persistence,
    _T.AT_SetAccessMethod: _access_method,
    _T.AT_SetTableSpace: _tablespace,
    _T.AT_SetRelOptions: _options,
    _T.AT_ResetRelOptions: _options,
    _T.AT_GenericOptions: _generic_options,
    _T.AT_EnableTrig: _trigger,
    _T.AT_EnableAlwaysTrig: _trigger,
    _T.AT_EnableReplicaTrig: _trigger,
    _T.AT_DisableTrig: _trigger,
    _T.AT_EnableTrigAll: _all_triggers,
    _T.AT_DisableTrigAll: _all_triggers,
    _T.AT_EnableTrigUser: _all_triggers,
    _T.AT_DisableTrigUser: _all_triggers,
    _T.AT_EnableRule: _rule,
    _T.AT_EnableAlwaysRule: _rule,
    _T.AT_EnableReplicaRule: _rule,
    _T.AT_DisableRule: _rule,
    _T.AT_ReplicaIdentity: _replica_identity,
    _T.AT_EnableRowSecurity: _row_security,
    _T.AT_DisableRowSecurity: _row_security,
    _T.AT_ForceRowSecurity: _row_security,
    _T.AT_NoForceRowSecurity: _row_security,
    _T.AT_DropOids: lambda subject, command: None,
}

INTERNAL = frozenset(kind for kind in _T if kind not in COMMANDS)
"""Kinds of subcommands that the grammar never makes: the server's own work on dependents."""

__all__ = ["COMMANDS", "INTERNAL", "WRITTEN_KINDS", "alter_table"]
$coord0$),
('footprint/automatic_names.py', $coord0$"""The names that the server gives to what has none in the text.

Whatever is named here can be named by another statement: an index that was created without a
name is dropped by the one that the server chose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..names import Scope
from ..uses.output import figured_name

MOST_BYTES = 63
"""Longer names are cut off, at a whole character."""


def object_name(first: str, second: str | None, label: str) -> str:
    """Join with underscores; when that is too long, both names give, the longer one first."""
    one = first.encode()
    two = second.encode() if second is not None else None
    available = MOST_BYTES - len(label.encode()) - 1 - (two is not None)
    length_one, length_two = len(one), len(two or b"")
    if length_one + length_two <= available:
        return f"{first}_{label}" if second is None else f"{first}_{second}_{label}"
    while length_one + length_two > available:
        if length_one > length_two:
            length_one -= 1
        else:
            length_two -= 1
    cut = _clipped(one, length_one)
    return f"{cut}_{label}" if two is None else f"{cut}_{_clipped(two, length_two)}_{label}"


def _clipped(data: bytes, length: int) -> str:
    return data[:length].decode(errors="ignore")


def relation_name(
    scope: Scope,
    schema: str | None,
    first: str,
    second: str | None,
    label: str,
    is_constraint: bool = False,
) -> str:
    """A name that no relation of the schema has (as far as the script tells), nor a constraint."""

    def is_taken(name: str) -> bool:
        return scope.exists("relation", schema, name) or (
            is_constraint and scope.constraint_exists(schema, name)
        )

    family = "relation or constraint" if is_constraint else "relation"
    return _numbered(scope, (family, schema, first, second, label), is_taken)


def constraint_name(
    scope: Scope, schema: str | None, first: str, second: str | None, label: str
) -> str:
    """A name that no constraint in the schema has."""
    key = ("constraint", schema, first, second, label)
    return _numbered(scope, key, lambda name: scope.constraint_exists(schema, name))


def other_name(
    scope: Scope, family: str, schema: str | None, first: str, second: str | None, label: str
) -> str:
    """A name that no object of the kind has, as for statistics objects."""
    key = (family, schema, first, second, label)
    return _numbered(scope, key, lambda name: scope.exists(family, schema, name))


def _numbered(scope: Scope, key: _Wanted, is_taken: Callable[[str], bool]) -> str:
    """The first free name; a thousandth one does not try the 999 before it again."""
    _, _, first, second, label = key
    number = scope.numbers.get(key, 0)
    while True:
        name = object_name(first, second, f"{label}{number or ''}")
        if not is_taken(name):
            scope.numbers[key] = number
            return name
        number += 1


_Wanted = tuple[str, str | None, str, str | None, str]
"""Kind of object, schema, and what the name is made of."""


def addition(columns: Iterable[str]) -> str:
    """Column names in the middle of a name; no more than fills it."""
    text, length = "", 0
    for column in columns:
        text = f"{text}_{column}" if text else column
        length += len(column.encode()) + (1 if length else 0)
        if length > MOST_BYTES:
            break
    return text


def index_columns(parameters: Sequence[Any]) -> list[str]:
    """The names of an index's own columns, which are those of the table or made up."""
    names: dict[str, None] = {}
    numbers: dict[str, int] = {}
    for parameter in parameters:
        original = parameter.indexcolname or parameter.name or _expression_name(parameter.expr)
        name, number = original, numbers.get(original, 0)
        while name in names:
            number += 1
            suffix = str(number)
            name = _clipped(original.encode(), MOST_BYTES - len(suffix)) + suffix
        names[name] = None
        numbers[original] = number
    return list(names)


def _expression_name(node: Any) -> str:
    """An index calls an expression what a query would, if that has a name for it."""
    name = figured_name(node)
    return "expr" if name == "?column?" else name
$coord0$),
('footprint/bounds.py', $coord0$"""Bounds of partitions as values, so that two of one table can be compared."""

from __future__ import annotations

from typing import Any

from ..loader import ast
from ..model import Json
from ..uses.nodes import is_a
from .work import Detail, Node

_LIST, _RANGE, _HASH = "l", "r", "h"


def bound_values(bound: Node) -> Detail:
    """What rows a partition takes; an end that is no constant is left unknown (None)."""
    if bound.is_default:
        return {"default": True}
    strategy = bound.strategy
    if strategy == _HASH:
        return {"modulus": int(bound.modulus), "remainder": int(bound.remainder)}
    if strategy == _LIST:
        return {"in": [_value(one) for one in bound.listdatums or ()]}
    if strategy == _RANGE:
        return {
            "from": [_value(one) for one in bound.lowerdatums or ()],
            "to": [_value(one) for one in bound.upperdatums or ()],
        }
    return {}


_ENDS = ("minvalue", "maxvalue")


def _value(node: Any) -> Json:
    if is_a(node, ast.ColumnRef):
        word = str(node.fields[-1].sval)
        return {"end": word} if word in _ENDS else None
    if node.__class__ is ast.TypeCast:
        return _value(node.arg)
    if node.__class__ is not ast.A_Const or node.isnull:
        return None
    for attribute in ("sval", "ival", "fval", "boolval"):
        found = getattr(node.val, attribute, None)
        if found is not None:
            return str(found)
    return None
$coord0$),
('footprint/canonical.py', $coord0$"""Parse trees -> text that is the same for two spellings of the same definition.

It is meant for comparison and for reading, not for running. Deparsing would do as well and costs
ten times as much. The walk keeps its own stack: trees of long chains are deep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

from ..loader import ast, enums
from ..names import Scope, quoted, type_name
from ..uses.nodes import is_a

MOST_CHARACTERS = 300
"""Longer definitions are told apart by a digest; nobody would read them in a message."""

_NO_MEANING = frozenset(
    (
        "location",
        "arg_location",
        "list_start",
        "list_end",
        "rexpr_list_start",
        "rexpr_list_end",
        "stmt_location",
        "stmt_len",
        "name_location",
        "conninfo_location",
        "inhcount",
        "is_local",
    )
)

_fields: dict[type, tuple[str, ...]] = {}


def canonical(node: Any, scope: Scope) -> str:
    """Canonical text of a node, of a list of nodes, or of a plain value."""
    return shortened(full_text(node, scope))


def shortened(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{text[:40]}\u2026 #{digest}"


def full_text(node: Any, scope: Scope) -> str:
    pieces: list[str] = []
    stack: list[Any] = [node]
    while stack:
        part = stack.pop()
        part_class = part.__class__
        if part_class is str:
            pieces.append(part)
        elif part_class is tuple:
            stack.append(")")
            _push_joined(stack, part, ", ")
            stack.append("(")
        elif part is None:
            pieces.append("null")
        else:
            writer = _WRITERS.get(part_class)
            if writer is not None:
                stack.extend(reversed(tuple(writer(part, scope))))
            elif hasattr(part_class, "__slots__") and part_class.__module__.endswith("ast"):
                stack.append("}")
                for name in reversed(_fields_of(part_class)):
                    value = getattr(part, name)
                    if value is None or value is False or value == 0 or value == "\x00":
                        continue
                    stack.append(_plain(value))
                    stack.append(f" {name}=")
                stack.append(part_class.__name__ + "{")
            else:
                pieces.append(_plain(part))
    return "".join(pieces)


def _plain(value: Any) -> Any:
    """A leaf as text; names in generic nodes are quoted so that they cannot run together."""
    if value.__class__ is str:
        return quoted(value)
    if value.__class__ in (int, bool, float):
        return str(value)
    name = getattr(value, "name", None)
    if isinstance(value, int) and name is not None:
        return str(name)
    if value.__class__ is tuple or value.__class__.__module__.endswith("ast"):
        return value
    return str(name if name is not None else value)


def _push_joined(stack: list[Any], parts: Sequence[Any], separator: str) -> None:
    for index in range(len(parts) - 1, -1, -1):
        stack.append(parts[index])
        if index:
            stack.append(separator)


def _joined(parts: Iterable[Any], separator: str = ", ") -> list[Any]:
    result: list[Any] = []
    for part in parts:
        if result:
            result.append(separator)
        result.append(part)
    return result


def _fields_of(node_class: type) -> tuple[str, ...]:
    fields = _fields.get(node_class)
    if fields is None:
        slots: Any = node_class.__slots__  # type: ignore[attr-defined]
        fields = tuple(name for name in slots if name not in _NO_MEANING)
        _fields[node_class] = fields
    return fields


# -------------------------------------------------------------------- nodes of a shape of their own

Writer = Callable[[Any, Scope], Iterable[Any]]


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _constant(node: Any, scope: Scope) -> Iterable[Any]:
    if node.isnull:
        return ("null",)
    value = node.val
    if is_a(value, ast.String):
        return (literal(value.sval),)
    if value.__class__ is ast.Integer:
        return (str(value.ival),)
    if value.__class__ is ast.Float:
        return (value.fval,)
    if value.__class__ is ast.Boolean:
        return ("true" if value.boolval else "false",)
    return (f"b{literal(value.bsval)}",)


def _name(node: Any, scope: Scope) -> Iterable[Any]:
    return (quoted(node.sval),)


def _column(node: Any, scope: Scope) -> Iterable[Any]:
    return _joined(
        ["*" if field.__class__ is ast.A_Star else quoted(field.sval) for field in node.fields],
        ".",
    )


def _call(node: Any, scope: Scope) -> Iterable[Any]:
    names = node.funcname
    plain = not (
        node.agg_order
        or node.agg_filter
        or node.over
        or node.agg_within_group
        or node.agg_star
        or node.agg_distinct
        or node.func_variadic
    )
    text = ".".join(
        quoted(name.sval) for name in (names[1:] if names[0].sval == "pg_catalog" else names)
    )
    pieces: list[Any] = [text, "(", *_joined(node.args or ()), ")"]
    if not plain:
        pieces.append(
            f"[{int(node.agg_star)}{int(node.agg_distinct)}{int(node.func_variadic)}"
            f"{int(node.agg_within_group)}"
        )
        pieces += [" ", node.agg_order, " ", node.agg_filter, " ", node.over, "]"]
    return pieces


_OPERATOR = enums.A_Expr_Kind.AEXPR_OP


def _operation(node: Any, scope: Scope) -> Iterable[Any]:
    names = node.name
    symbol = ".".join(name.sval for name in names if name.sval != "pg_catalog")
    if node.kind != _OPERATOR:
        symbol = f"{node.kind.name[6:].lower()} {symbol}"
    if node.lexpr is None:
        return ("(", symbol, " ", node.rexpr, ")")
    return ("(", node.lexpr, f" {symbol} ", node.rexpr, ")")


def _cast(node: Any, scope: Scope) -> Iterable[Any]:
    return (node.arg, "::", node.typeName)


def _type(node: Any, scope: Scope) -> Iterable[Any]:
    text = type_name(node, scope)[1]
    return (("setof " if node.setof else "") + text,)


def _relation(node: Any, scope: Scope) -> Iterable[Any]:
    """Qualified as it is resolved here."""
    schema, name = relation_of(node, scope)
    text = quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"
    if not node.inh:
        text = "only " + text
    if node.alias is not None:
        return (text, " ", node.alias)
    return (text,)


def relation_of(node: Any, scope: Scope) -> tuple[str | None, str]:
    parts = (node.schemaname, node.relname) if node.schemaname else (node.relname,)
    return scope.resolve(parts, "relation")[0]


def _boolean(node: Any, scope: Scope) -> Iterable[Any]:
    word = node.boolop.name[:-5].lower()
    if word == "not":
        return ("(not ", node.args[0], ")")
    return ("(", *_joined(node.args, f" {word} "), ")")


_WRITERS: dict[type, Writer] = {
    ast.A_Const: _constant,
    ast.String: _name,
    ast.ColumnRef: _column,
    ast.FuncCall: _call,
    ast.A_Expr: _operation,
    ast.TypeCast: _cast,
    ast.TypeName: _type,
    ast.RangeVar: _relation,
    ast.BoolExpr: _boolean,
}
$coord0$),
('footprint/cascade.py', $coord0$"""What a DROP takes along of what the script itself has made: by CASCADE, or as a part of it."""

from __future__ import annotations

from ..names import Relation
from .dropping import drop_column, drop_constraint
from .work import Detail, Target, Work, qualified, strings

IMPLIED: Detail = {"implied": True}


def relation_dropped(work: Work, target: Target) -> None:
    """Foreign keys to a table, views of it and what inherits from it go with CASCADE."""
    places = set(target.options)
    work.look_at(len(work.scope.tables))
    for place, table in list(work.scope.tables.items()):
        if place in places or place not in work.scope.tables:
            continue
        if any(one in places for one, _ in table.needs):
            _drop_whole(work, place)
            continue
        for name, facts in list(table.constraints.items()):
            referenced = facts.get("referenced")
            if referenced is not None and referenced.options[0] in places:
                drop_constraint(work, Target(*place), table, name, dict(IMPLIED))
    for child in work.descendants(work.table(target)):
        if child.options[0] in work.scope.tables:
            _drop_whole(work, child.options[0])


def column_dropped(work: Work, target: Target, name: str) -> None:
    """Views that show a column go with it, by CASCADE."""
    work.look_at(len(work.scope.tables))
    for place, table in list(work.scope.tables.items()):
        if (target.options[0], name) in table.needs and place in work.scope.tables:
            _drop_whole(work, place)


def type_dropped(work: Work, target: Target) -> None:
    """Columns of a type go with it, by CASCADE."""
    texts = {qualified(schema, name) for schema, name in target.options}
    texts |= {f"{text}[]" for text in texts}
    work.look_at(len(work.scope.tables))
    for place, table in list(work.scope.tables.items()):
        for name, column in list(table.columns.items()):
            if column.type in texts:
                drop_column(work, Target(*place), name, dict(IMPLIED))


def function_dropped(work: Work, target: Target) -> None:
    """Triggers that call a function go with it, by CASCADE."""
    bare = target.name.partition("(")[0]
    work.look_at(len(work.scope.tables))
    for place, table in list(work.scope.tables.items()):
        for name, function in list(table.triggers.items()):
            if strings(function)[-1] == bare:
                work.add("trigger", Target(*place), name, "drop", "definition", IMPLIED)
                del table.triggers[name]


def schema_dropped(work: Work, schema: str) -> None:
    """What the script created in a schema is gone with it."""
    work.look_at(len(work.scope.tables) + len(work.routines))
    for place in [place for place in work.scope.tables if place[0] == schema]:
        table = work.scope.tables.get(place)
        if table is not None:
            work.add(table.kind, Target(*place), None, "drop", "definition", IMPLIED)
            work.forget_relation(Target(*place))
    for (kind, place_schema, _), signatures in work.routines.items():
        if place_schema == schema:
            for signature in signatures:
                work.add(kind, Target(schema, signature), None, "drop", "definition", IMPLIED)
            signatures.clear()


def _drop_whole(work: Work, place: Relation) -> None:
    """A relation with its indexes and sequences, and what hangs on it in its turn."""
    target = Target(*place)
    table = work.scope.tables[place]
    work.add(table.kind, target, None, "drop", "definition", IMPLIED)
    belongings_dropped(work, target)
    relation_dropped(work, target)
    work.forget_relation(target)


def belongings_dropped(work: Work, target: Target) -> None:
    """Indexes, sequences and partitions that the script itself gave to a table go with it."""
    table = work.table(target)
    if table is None:
        return
    for index in list(table.indexes):
        _drop_part(work, "index", index)
    table.indexes.clear()
    for column in table.columns.values():
        if column.sequence is not None:
            _drop_part(work, "sequence", column.sequence)
    if table.partitioned:
        for child in list(table.children):
            belongings_dropped(work, Target(*child))
            _drop_part(work, "table", child)


def _drop_part(work: Work, kind: str, place: Relation) -> None:
    part = Target(*place)
    work.add(kind, part, None, "drop", "definition", IMPLIED)
    work.forget_relation(part)


__all__ = [
    "belongings_dropped",
    "column_dropped",
    "function_dropped",
    "relation_dropped",
    "schema_dropped",
    "type_dropped",
]
$coord0$),
('footprint/columns.py', $coord0$"""A column definition -> the column, its sequence, and constraints that wait for the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..loader import ast, enums
from ..model import Json
from ..names import SERIAL_TYPES, Column, Table, quoted, setting_values
from .automatic_names import relation_name
from .canonical import literal, shortened
from .work import Detail, Node, Target, Work, option_values, place, qualified, strings

_C = enums.ConstrType

_ATTRIBUTES = {
    _C.CONSTR_ATTR_DEFERRABLE: "deferrable",
    _C.CONSTR_ATTR_NOT_DEFERRABLE: "",
    _C.CONSTR_ATTR_DEFERRED: "initially deferred",
    _C.CONSTR_ATTR_IMMEDIATE: "",
    _C.CONSTR_ATTR_ENFORCED: "",
    _C.CONSTR_ATTR_NOT_ENFORCED: "not enforced",
}
"""What the parser leaves as items of their own behind the constraint that they belong to."""

_WITH_ATTRIBUTES = frozenset(
    (_C.CONSTR_PRIMARY, _C.CONSTR_UNIQUE, _C.CONSTR_EXCLUSION, _C.CONSTR_FOREIGN, _C.CONSTR_CHECK)
)


class Pending(NamedTuple):
    """A constraint as written, with the column that it stands at."""

    node: Node
    column: str | None
    attributes: tuple[str, ...]


class Later:
    """Constraints of a table, by the order in which the server makes them."""

    __slots__ = ("checks", "indexes", "foreign_keys", "not_nulls")

    def __init__(self) -> None:
        self.checks: list[Pending] = []
        self.indexes: list[Pending] = []
        self.foreign_keys: list[Pending] = []
        self.not_nulls: list[Pending] = []

    def add(self, node: Node, column: str | None, attributes: Sequence[str] = ()) -> None:
        kind = node.contype
        pending = Pending(node, column, tuple(attributes))
        if kind == _C.CONSTR_CHECK:
            self.checks.append(pending)
        elif kind == _C.CONSTR_FOREIGN:
            self.foreign_keys.append(pending)
        elif kind in (_C.CONSTR_PRIMARY, _C.CONSTR_UNIQUE, _C.CONSTR_EXCLUSION):
            self.indexes.append(pending)
        elif kind == _C.CONSTR_NOTNULL:
            self.not_nulls.append(pending)


def create_column(
    work: Work,
    target: Target,
    table: Table | None,
    kind: str,
    node: Node,
    later: Later,
    extra: Detail | None = None,
) -> None:
    """Touch a new column, the types and functions it uses, and the sequence behind it."""
    name = node.colname
    type_node = node.typeName
    detail: Detail = {}
    words: list[str] = []
    serial = None
    column = Column()
    if type_node is not None:
        names = type_node.names
        if len(names) == 1 and not type_node.arrayBounds:
            serial = SERIAL_TYPES.get(names[0].sval)
        column.type = serial or work.type_text(type_node)
        detail["type"] = column.type
        words.append(column.type)
        if serial is None:
            work.type_use(type_node, by=f"{kind} column")
    if node.collClause is not None:
        words.append("collate " + ".".join(strings(node.collClause.collname)))
        work.collation_use(node.collClause, by=f"{kind} column")
    if serial is not None:
        column.not_null = True
        sequence = create_sequence_of(work, target, name, serial, ())
        column.sequence = (sequence.schema, sequence.name)
        text = qualified(sequence.schema, sequence.name)
        column.default = f"nextval({literal(text)}::regclass)"
    if node.constraints:
        _column_constraints(work, target, column, kind, node, later, detail, words)
    for attribute in ("storage_name", "compression"):
        value = getattr(node, attribute)
        if value:
            words.append(f"{attribute.partition('_')[0]} {value.lower()}")
    if node.fdwoptions:
        options = option_values(node.fdwoptions)
        detail["options"] = options
        words.append(f"options {sorted(options.items())}")
    if column.not_null:
        detail["not_null"] = True
        words.append("not null")
    if column.default is not None:
        detail["default"] = column.default
        words.append(f"default {column.default}")
    if column.sequence is not None:
        detail["sequence"] = {"schema": column.sequence[0], "name": column.sequence[1]}
    detail["definition"] = shortened(" ".join(words))
    if extra:
        detail.update(extra)
    work.add(f"{kind} column", target, name, "create", "definition", detail)
    if table is not None:
        table.columns[name] = column


def _column_constraints(
    work: Work,
    target: Target,
    column: Column,
    kind: str,
    node: Node,
    later: Later,
    detail: Detail,
    words: list[str],
) -> None:
    name = node.colname
    constraints = node.constraints
    for index, constraint in enumerate(constraints):
        what = constraint.contype
        if what == _C.CONSTR_NOTNULL:
            column.not_null = True
            if constraint.conname:
                later.add(constraint, name)
        elif what == _C.CONSTR_DEFAULT:
            column.default = work.canonical(constraint.raw_expr)
            column.expression = constraint.raw_expr
            work.expression(constraint.raw_expr, None, by="default value")
        elif what == _C.CONSTR_GENERATED:
            stored = "virtual" if constraint.generated_kind == "v" else "stored"
            text = work.canonical(constraint.raw_expr)
            column.generated = text
            column.expression = constraint.raw_expr
            detail["generated"] = f"{text} {stored}"
            words.append(f"generated always as {text} {stored}")
            work.expression(constraint.raw_expr, target, by="generated column")
        elif what == _C.CONSTR_IDENTITY:
            always = "always" if constraint.generated_when == "a" else "by default"
            column.not_null = True
            detail["identity"] = always
            words.append(f"generated {always} as identity")
            sequence = create_sequence_of(work, target, name, column.type, constraint.options or ())
            column.sequence = (sequence.schema, sequence.name)
        elif what in _WITH_ATTRIBUTES:
            attributes: list[str] = []
            for follower in constraints[index + 1 :]:
                word = _ATTRIBUTES.get(follower.contype)
                if word is None:
                    break
                if word:
                    attributes.append(word)
            later.add(constraint, name, attributes)
            if what == _C.CONSTR_PRIMARY:
                column.not_null = True


def create_sequence_of(
    work: Work, target: Target, column: str, type_: str, options: Sequence[Node]
) -> Target:
    """The sequence behind a serial or identity column, under the name that the server chooses."""
    given = next((option for option in options if option.defname == "sequence_name"), None)
    scope = work.scope
    automatic = given is None
    if given is not None:
        parts = strings(given.arg)
        schema = parts[-2] if len(parts) > 1 else target.schema
        sequence = Target(schema, parts[-1])
    else:
        sequence = target.renamed(relation_name(scope, target.schema, target.name, column, "seq"))
    others = [option for option in options if option.defname != "sequence_name"]
    values = option_values(others)
    detail: Detail = {
        "definition": shortened(
            f"as {type_} {sorted(values.items())}" if values else f"as {type_}"
        ),
        "implied": True,
        "owned_by": {**_as_dict(place(target)), "column": column},
    }
    if automatic:
        detail["automatic"] = True
    work.add("sequence", sequence, None, "create", "definition", detail)
    note_sequence(work, sequence)
    work.scope.tables[sequence.options[0]].owner = work.table(target)
    return sequence


def note_sequence(work: Work, sequence: Target) -> None:
    scope = work.scope
    for schema, name in sequence.options:
        scope.created("relation", schema, name)
        scope.tables[(schema, name)] = Table("sequence")


def _as_dict(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def copy_column(
    work: Work,
    target: Target,
    table: Table,
    kind: str,
    name: str,
    column: Column,
    origin: str,
    *,
    defaults: bool = True,
    generated: bool = True,
) -> None:
    """A column that comes from a parent or from LIKE."""
    copied = Column(
        column.type,
        column.not_null,
        None,
        column.default if defaults else None,
        column.generated if generated else None,
    )
    words = [copied.type]
    detail: Detail = {"type": copied.type, "implied": True, "from": origin}
    if copied.generated is not None:
        detail["generated"] = copied.generated
        words.append(f"generated always as {copied.generated}")
    if copied.not_null:
        detail["not_null"] = True
        words.append("not null")
    if copied.default is not None:
        detail["default"] = copied.default
        words.append(f"default {copied.default}")
    detail["definition"] = shortened(" ".join(words))
    work.add(f"{kind} column", target, name, "create", "definition", detail)
    table.columns[name] = copied
    if copied.generated is not None or copied.default is not None:
        copied.expression = column.expression
        own = target if copied.generated is not None else None
        work.expression(column.expression, own, by="default value")
        if column.sequence is not None:
            work.use("sequence", Target(*column.sequence), None, {"by": "default value"})


__all__ = [
    "Later",
    "Pending",
    "ast",
    "copy_column",
    "create_column",
    "create_sequence_of",
    "note_sequence",
    "quoted",
    "setting_values",
]
$coord0$),
('footprint/constraints.py', $coord0$"""Constraints of tables -> the constraint, its index, and what it uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..loader import ast, enums
from ..model import Json
from ..names import Relation, Table, quoted
from ..uses import row_facts
from ..uses.nodes import child_names, is_a
from . import automatic_names as names
from .canonical import full_text, shortened
from .columns import Later, Pending
from .referenced_key import use_of_key
from .work import Detail, Node, Target, Work, option_values, place, strings

_C = enums.ConstrType

_TYPES = {
    _C.CONSTR_CHECK: "check",
    _C.CONSTR_PRIMARY: "primary key",
    _C.CONSTR_UNIQUE: "unique",
    _C.CONSTR_EXCLUSION: "exclusion",
    _C.CONSTR_FOREIGN: "foreign key",
    _C.CONSTR_NOTNULL: "not null",
}


Heirs = Sequence[Target]
"""Partitions and children that get a table's constraints as well: none for ONLY."""


def create_constraints(
    work: Work,
    target: Target,
    table: Table | None,
    kind: str,
    later: Later,
    new_table: bool,
    heirs: Heirs = (),
) -> None:
    """Make what was put off until all columns are there; foreign keys come last of all."""
    for pending in later.checks:
        create_check(work, target, table, kind, pending, heirs)
    for pending in later.not_nulls:
        name_not_null(work, target, table, pending, heirs)
    for pending in _without_repetitions(later.indexes) if new_table else later.indexes:
        create_index_constraint(work, target, table, kind, pending, new_table, heirs)


def partitions(table: Table | None, heirs: Heirs) -> Heirs:
    """Keys go down to partitions, not to children."""
    return heirs if table is not None and table.partitioned else ()


def added(
    work: Work, target: Target, table: Table | None, name: str, facts: dict[str, Any]
) -> None:
    for schema, _ in target.options:
        work.scope.constraint_added(schema, name)
    if table is not None:
        table.constraints[name] = facts


def suffix(pending: Pending) -> str:
    node = pending.node
    words = list(pending.attributes)
    if node.deferrable and "deferrable" not in words:
        words.insert(0, "deferrable")
    if node.initdeferred and "initially deferred" not in words:
        words.append("initially deferred")
    if "initially deferred" in words and "deferrable" not in words:
        words.insert(0, "deferrable")
    if node.contype in (_C.CONSTR_CHECK, _C.CONSTR_FOREIGN, _C.CONSTR_NOTNULL):
        if node.skip_validation:
            words.append("not valid")
        # The grammar leaves the flag unset at NOT NULL, which is always enforced.
        enforced = node.is_enforced or node.contype == _C.CONSTR_NOTNULL
        if not enforced and "not enforced" not in words:
            words.append("not enforced")
    return "".join(" " + word for word in words)


def implied_constraint(
    work: Work,
    child: Target,
    table: Table | None,
    name: str,
    facts: dict[str, Any],
    detail: Detail,
) -> None:
    """A constraint that comes from a parent, with what it needs."""
    work.add("table constraint", child, name, "create", "definition", {**detail, "implied": True})
    added(work, child, table, name, facts)
    by: Detail = {"by": "table constraint", "constraint": name}
    use_own_columns(work, child, facts["columns"], by)
    work.expression(facts.get("expression"), child, **by)
    referenced = facts.get("referenced")
    if referenced is not None:
        for column in facts["keys"] or ():
            work.use("table column", referenced, column, by)
        use_of_key(work, referenced, facts["keys"], {**by, "by_columns": True})


def use_of_whole(work: Work, index: Relation, table: Relation, constraint: str | None) -> None:
    """A partition's index hangs on that of the partitioned table, and its constraint as well."""
    work.use("index", Target(*index), None, {"by": "index"})
    if constraint is not None:
        work.use("table constraint", Target(*table), constraint, {"by": "index"})


def use_own_columns(
    work: Work, target: Target, columns: Iterable[str | None], detail: Detail
) -> None:
    for column in columns:
        if column is not None:
            work.use("table column", target, column, {**detail, "own": True})


def columns_in(expression: Node, most: int = 1000) -> list[str | None]:
    """The distinct columns that an expression names, in the order of the text."""
    found: dict[str | None, None] = {}
    stack = [expression]
    while stack:
        node = stack.pop()
        if node is None:
            continue
        if node.__class__ is tuple:
            stack.extend(reversed(node))
        elif is_a(node, ast.ColumnRef):
            last = node.fields[-1]
            found[last.sval if last.__class__ is ast.String else None] = None
            if len(found) > most:
                break
        else:
            for name in child_names(node.__class__):
                child = getattr(node, name)
                if child is not None:
                    stack.append(child)
    return list(found)


def as_json(values: Sequence[str | None]) -> list[Json]:
    return list(values)


# -------------------------------------------------------------------- CHECK, NOT NULL


def create_check(
    work: Work, target: Target, table: Table | None, kind: str, pending: Pending, heirs: Heirs
) -> None:
    node = pending.node
    columns = columns_in(node.raw_expr)
    automatic = not node.conname
    if automatic:
        single = columns[0] if len(columns) == 1 else None
        name = names.constraint_name(work.scope, target.schema, target.name, single, "check")
    else:
        name = node.conname
    text = f"check {full_text(node.raw_expr, work.scope)}"
    if node.is_no_inherit:
        text += " no inherit"
    known = [column for column in columns if column is not None]
    detail: Detail = {
        "definition": shortened(text + suffix(pending)),
        "constraint_type": "check",
        "columns": as_json(known),
    }
    if automatic:
        detail["automatic"] = True
    if node.skip_validation:
        detail["not_valid"] = True
    detail["demands"] = row_facts.condition(node.raw_expr)["where"]
    work.add("table constraint", target, name, "create", "definition", detail)
    work.expression(node.raw_expr, target, by="table constraint", constraint=name)
    facts = {"type": "check", "columns": known, "no_inherit": bool(node.is_no_inherit)}
    facts["expression"] = node.raw_expr
    added(work, target, table, name, facts)
    for child in () if node.is_no_inherit else heirs:
        implied_constraint(work, child, work.table(child), name, dict(facts), detail)


def name_not_null(
    work: Work, target: Target, table: Table | None, pending: Pending, heirs: Heirs
) -> None:
    """NOT NULL with a name: an object from PostgreSQL 18 on; before, the name is mute."""
    node = pending.node
    columns = [pending.column] if pending.column is not None else strings(node.keys or ())
    if not columns:
        return
    if node.is_no_inherit:
        heirs = ()
    if node.conname:
        definition = f"not null {quoted(columns[0])}" + (
            " no inherit" if node.is_no_inherit else ""
        )
        detail: Detail = {
            "definition": definition + suffix(pending),
            "constraint_type": "not null",
            "columns": as_json(columns),
        }
        work.add("table constraint", target, node.conname, "create", "definition", detail)
        added(work, target, table, node.conname, {"type": "not null", "columns": list(columns)})
        for child in heirs:
            implied = {**detail, "implied": True}
            work.add("table constraint", child, node.conname, "create", "definition", implied)
    if pending.column is not None:
        return  # the column itself says that it is
    set_not_null(work, target, table, "table", columns[0], implied=False)
    for child in heirs:
        set_not_null(work, child, work.table(child), "table", columns[0])


def set_not_null(
    work: Work, target: Target, table: Table | None, kind: str, column: str, implied: bool = True
) -> None:
    known = table.columns.get(column) if table is not None else None
    if known is not None:
        if known.not_null and implied:
            return
        known.not_null = True
    detail: Detail = {"value": True}
    if implied:
        detail["implied"] = True
    work.add(f"{kind} column", target, column, "alter", "not null", detail)


# -------------------------------------------------------------------- PRIMARY KEY, UNIQUE, EXCLUDE


def _keys(pending: Pending) -> tuple[str, ...]:
    if pending.node.keys:
        return strings(pending.node.keys)
    return (pending.column,) if pending.column is not None else ()


def _without_repetitions(pending: list[Pending]) -> list[Pending]:
    """The primary key first; what has the same columns in the same order is one index."""
    ordered = sorted(pending, key=lambda one: one.node.contype != _C.CONSTR_PRIMARY)
    result: list[Pending] = []
    seen: dict[Any, int] = {}
    for one in ordered:
        node = one.node
        if node.contype == _C.CONSTR_EXCLUSION or node.indexname:
            result.append(one)
            continue
        key = (
            _keys(one),
            strings(node.including or ()),
            suffix(one),
            node.nulls_not_distinct,
            node.without_overlaps,
        )
        earlier = seen.get(key)
        if earlier is None:
            seen[key] = len(result)
            result.append(one)
        elif result[earlier].node.conname is None and node.conname:
            # The one that stays takes the name of the one that goes.
            kept = result[earlier]
            result[earlier] = Pending(_named(kept.node, node.conname), kept.column, kept.attributes)
    return result


def _named(node: Node, name: str) -> Node:
    fields = {field: getattr(node, field) for field in type(node).__slots__}
    fields["conname"] = name
    copy = ast.Constraint()
    for field, value in fields.items():
        if value is not None:
            setattr(copy, field, value)
    return copy


def create_index_constraint(
    work: Work,
    target: Target,
    table: Table | None,
    kind: str,
    pending: Pending,
    new_table: bool,
    heirs: Heirs,
) -> None:
    node = pending.node
    if node.indexname:
        _use_index(work, target, table, kind, pending)
        return
    what = _TYPES[node.contype]
    including = strings(node.including or ())
    if node.contype == _C.CONSTR_EXCLUSION:
        elements = [element for element, _ in node.exclusions]
        own_names = names.index_columns(elements)
        columns = tuple(element.name for element in elements if element.name)
        text, label = _exclusion(work, node), "excl"
        middle: str | None = names.addition([*own_names, *including])
    else:
        columns = _keys(pending)
        label = "pkey" if what == "primary key" else "key"
        middle = None if what == "primary key" else names.addition([*columns, *including])
        inside = ", ".join(quoted(column) for column in columns)
        if node.without_overlaps:
            inside += " without overlaps"
        text = f"{what} ({inside})"
        if node.nulls_not_distinct:
            text = f"{what} nulls not distinct ({inside})"
    if including:
        text += f" include ({', '.join(quoted(column) for column in including)})"
    if node.options:
        text += f" with {sorted(option_values(node.options).items())}"
    if node.indexspace:
        text += f" tablespace {quoted(node.indexspace)}"
    automatic = not node.conname
    name = node.conname or names.relation_name(
        work.scope, target.schema, target.name, middle, label, is_constraint=True
    )
    detail: Detail = {
        "definition": shortened(text + suffix(pending)),
        "constraint_type": what,
        "columns": as_json(columns),
    }
    if automatic:
        detail["automatic"] = True
    work.add("table constraint", target, name, "create", "definition", detail)
    add_index_of_constraint(work, target, table, name, what, columns, text, automatic)
    added(work, target, table, name, {"type": what, "columns": list(columns)})
    if node.contype == _C.CONSTR_EXCLUSION:
        _exclusion_uses(work, target, node, name)
    elif not new_table:
        for column in (*columns, *including):
            work.use(
                "table column",
                target,
                column,
                {"by": "table constraint", "own": True, "constraint": name},
            )
    if what == "primary key":
        for column in columns:
            if new_table and table is not None and column in table.columns:
                table.columns[column].not_null = True
            elif pending.column is None:
                set_not_null(work, target, table, kind, column)
    for child in partitions(table, heirs):
        _index_constraint_of_child(
            work, child, what, columns, including, text, middle, label, (target, name)
        )


def add_index_of_constraint(
    work: Work,
    target: Target,
    table: Table | None,
    name: str,
    what: str,
    columns: Sequence[str],
    text: str,
    automatic: bool,
) -> None:
    """The index behind a constraint, which has its name."""
    index = target.renamed(name)
    detail: Detail = {
        "definition": shortened(f"{text} on {target.text()}"),
        "columns": as_json(columns),
        "table": place(target),
        "implied": True,
        "constraint_type": what,
    }
    if automatic:
        detail["automatic"] = True
    work.add("index", index, None, "create", "definition", detail)
    note_index(work, index, table, {"columns": list(columns), "constraint": name})


def note_index(work: Work, index: Target, table: Table | None, facts: dict[str, Any]) -> None:
    for schema, name in index.options:
        known = Table("index")
        known.owner = table
        work.scope.created("relation", schema, name)
        work.scope.tables[(schema, name)] = known
    if table is not None:
        table.indexes[index.options[0]] = facts


def _index_constraint_of_child(
    work: Work,
    child: Target,
    what: str,
    columns: Sequence[str],
    including: Sequence[str],
    text: str,
    middle: str | None,
    label: str,
    parent: tuple[Target, str],
) -> None:
    """Keys of a partitioned table are keys of its partitions, under names of their own."""
    table = work.table(child)
    name = names.relation_name(
        work.scope, child.schema, child.name, middle, label, is_constraint=True
    )
    detail: Detail = {
        "definition": shortened(text),
        "constraint_type": what,
        "columns": as_json(columns),
        "automatic": True,
        "implied": True,
    }
    work.add("table constraint", child, name, "create", "definition", detail)
    add_index_of_constraint(work, child, table, name, what, columns, text, True)
    added(work, child, table, name, {"type": what, "columns": list(columns)})
    use_own_columns(work, child, [*columns, *including], {"by": "table constraint"})
    whole = parent[0].renamed(parent[1]).options[0]
    if table is not None:
        table.indexes[child.renamed(name).options[0]]["part_of"] = whole
    use_of_whole(work, whole, parent[0].options[0], parent[1])
    if what == "primary key":
        for column in columns:
            set_not_null(work, child, table, "table", column)


def _exclusion(work: Work, node: Node) -> str:
    parts = []
    for element, operator in node.exclusions:
        what = quoted(element.name) if element.name else full_text(element.expr, work.scope)
        opclass = "".join(f" {'.'.join(strings(element.opclass))}" if element.opclass else "")
        parts.append(f"{what}{opclass} with {'.'.join(strings(operator))}")
    text = f"exclude using {node.access_method or 'gist'} ({', '.join(parts)})"
    if node.where_clause is not None:
        text += f" where {full_text(node.where_clause, work.scope)}"
    return text


def _exclusion_uses(work: Work, target: Target, node: Node, name: str) -> None:
    for element, operator in node.exclusions:
        if element.name:
            work.use(
                "table column",
                target,
                element.name,
                {"by": "table constraint", "own": True, "constraint": name},
            )
        work.expression(element.expr, target, by="table constraint", constraint=name)
        parts = strings(operator)
        if len(parts) > 1:
            work.use("operator", work.reference(parts, "operator"), None, {"args": 2})
    work.expression(node.where_clause, target, by="table constraint", constraint=name)


def _use_index(
    work: Work, target: Target, table: Table | None, kind: str, pending: Pending
) -> None:
    """ADD CONSTRAINT \u2026 USING INDEX takes an index over, and gives it the constraint's name."""
    node = pending.node
    what = _TYPES[node.contype]
    old = target.renamed(node.indexname)
    name = node.conname or node.indexname
    facts: dict[str, Any] = {}
    if table is not None:
        facts = table.indexes.pop(old.options[0], {})
    columns = [column for column in facts.get("columns", ()) if column is not None]
    detail: Detail = {
        "definition": f"{what} using index {quoted(node.indexname)}{suffix(pending)}",
        "constraint_type": what,
        "index": node.indexname,
    }
    if columns:
        detail["columns"] = as_json(columns)
    work.add("table constraint", target, name, "create", "definition", detail)
    if name != node.indexname:
        rename_index(work, old, name, implied=True)
    else:
        if what == "primary key":
            work.add("index", old, None, "alter", "definition", {"implied": True, "value": what})
        work.use("index", old, None, {"by": "table constraint", "constraint": name})
    new = target.renamed(name)
    note_index(work, new, table, {**facts, "constraint": name})
    added(work, target, table, name, {"type": what, "columns": columns})
    if what == "primary key":
        for column in columns:
            set_not_null(work, target, table, kind, column)


def rename_index(work: Work, old: Target, name: str, implied: bool = False) -> None:
    new = old.renamed(name)
    extra: Detail = {"implied": True} if implied else {}
    work.add("index", old, None, "drop", "name", {"renamed_to": name, **extra})
    work.add("index", new, None, "create", "name", {"renamed_from": old.name, **extra})
    work.scope.relation_moved(old.options[0], new.options[0], "index")
$coord0$),
('footprint/data.py', $coord0$"""Statements that read, change or look after rows; blocks and statements that hold others."""

from __future__ import annotations

from ..loader import ast, enums
from ..model import Touch
from ..names import split_path
from ..uses import dml_uses, do_uses
from ..uses.literals import string_constant
from ..uses.routine import is_guarded_block
from .view import select_into
from .work import Detail, Node, Target, Work, option_values


def rows(work: Work, node: Node) -> None:
    """INSERT, UPDATE, DELETE, MERGE, COPY, CALL, LOCK, DECLARE CURSOR \u2026"""
    work.extend(dml_uses(node, work.scope))


def select(work: Work, node: Node) -> None:
    if node.intoClause is not None:
        select_into(work, node)
        return
    work.extend(dml_uses(node, work.scope))
    for target in node.targetList or ():
        if target.val.__class__ is ast.FuncCall:
            _set_config(work, target.val)


def _set_config(work: Work, call: Node) -> None:
    """``SELECT set_config('search_path', \u2026)``, with which every dump begins."""
    if call.funcname[-1].sval != "set_config" or len(call.args or ()) != 3:
        return
    name, value, local = call.args
    text = string_constant(value)
    if string_constant(name) == "search_path" and text is not None:
        is_local = getattr(getattr(local, "val", None), "boolval", False)
        work.scope.set_search_path(split_path(text), bool(is_local))


def truncate(work: Work, node: Node) -> None:
    for relation in node.relations:
        target = work.relation(relation)
        detail: Detail = {"access": "write", "truncate": True}
        if node.behavior == enums.DropBehavior.DROP_CASCADE:
            detail["cascade"] = True
        if node.restart_seqs:
            detail["restart_identity"] = True
        work.add(work.relation_kind(target), target, None, "use", "data", detail)


def do_block(work: Work, node: Node) -> None:
    """A DO block runs now: DDL in it is footprinted as if it stood alone."""
    touches = do_uses(node, work.scope, lambda inner: _nested(work, inner))
    guarded = any(touch.action != "use" for touch in touches) and is_guarded_block(node)
    for touch in touches:
        if touch.action != "use":
            work.touches.append(_with_guard(touch) if guarded else touch)
    work.extend(touch for touch in touches if touch.action == "use")


def _with_guard(touch: Touch) -> Touch:
    """What a block does only where it is missing or there, or without minding that it fails."""
    word = {"create": "if_not_exists", "drop": "if_exists"}.get(touch.action)
    return touch if word is None else touch._replace(detail={**touch.detail, word: True})


def _nested(work: Work, node: Node) -> list[Touch]:
    """What a statement inside touches, handed back instead of added."""
    position = len(work.touches)
    work.dispatch(work, node)
    found = work.touches[position:]
    del work.touches[position:]
    return found


def explain(work: Work, node: Node) -> None:
    options = option_values(node.options)
    if options.get("analyze", False) not in (False, "false", "off", 0):
        work.dispatch(work, node.query)
    elif node.query.__class__ is ast.CreateTableAsStmt:
        work.extend(dml_uses(node.query.query, work.scope))
    else:
        work.extend(dml_uses(node.query, work.scope))


def prepare(work: Work, node: Node) -> None:
    """Nothing is run; what the statement would use must be there when it is prepared."""
    work.prepared[node.name] = node.query
    work.extend(dml_uses(node.query, work.scope))


def execute(work: Work, node: Node) -> None:
    work.extend(dml_uses(node, work.scope))
    query = work.prepared.get(node.name)
    if query is not None:
        work.dispatch(work, query)


# -------------------------------------------------------------------- maintenance


def vacuum(work: Work, node: Node) -> None:
    """VACUUM and ANALYZE; without a list they go over every table there is."""
    word = "vacuum" if node.is_vacuumcmd else "analyze"
    for one in node.rels or ():
        _maintain(work, work.relation(one.relation), word)


def _maintain(work: Work, target: Target, word: str, kind: str = "table") -> None:
    detail: Detail = {"access": "read", "maintenance": word}
    work.add(work.relation_kind(target, kind), target, None, "use", "data", detail)


def cluster(work: Work, node: Node) -> None:
    if node.relation is None:
        return
    target = work.relation(node.relation)
    kind = work.relation_kind(target)
    if node.indexname:
        work.add(kind, target, None, "alter", "cluster", {"value": node.indexname})
        index = target.renamed(node.indexname)
        work.add("index", index, None, "alter", "cluster", {"value": True})
    else:
        _maintain(work, target, "cluster")


_REINDEX = enums.ReindexObjectType


def reindex(work: Work, node: Node) -> None:
    if node.relation is not None:
        kind = "index" if node.kind == _REINDEX.REINDEX_OBJECT_INDEX else "table"
        _maintain(work, work.relation(node.relation), "reindex", kind)
        options = option_values(node.params)
        if "tablespace" in options:
            target = work.relation(node.relation)
            value = options["tablespace"]
            work.add(kind, target, None, "alter", "tablespace", {"value": value})
    elif node.kind == _REINDEX.REINDEX_OBJECT_SCHEMA:
        detail: Detail = {"access": "read", "maintenance": "reindex"}
        work.add("schema", Target(None, node.name), None, "use", "data", detail)


def move_all(work: Work, node: Node) -> None:
    """ALTER TABLE ALL IN TABLESPACE: which tables that is, only the catalog knows."""
    kind = str(node.objtype.name).removeprefix("OBJECT_").lower().replace("matview", "view")
    work.add(
        "tablespace",
        Target(None, node.orig_tablespacename),
        None,
        "alter",
        "contents",
        {"value": node.new_tablespacename, "moves": kind, "opaque": True},
    )
    work.use("tablespace", Target(None, node.new_tablespacename))
$coord0$),
('footprint/data_types.py', $coord0$"""Enums, composite types, ranges, domains; ALTER TYPE and ALTER DOMAIN."""

from __future__ import annotations

from typing import Any

from ..model import Json
from ..names import Column, quoted
from . import automatic_names as names
from .canonical import full_text, literal, shortened
from .columns import Later, create_column
from .table import note_table
from .work import (
    Detail,
    Node,
    Target,
    Work,
    name_argument,
    option_value,
    strings,
    type_argument,
)


def _note_type(work: Work, target: Target) -> None:
    for schema, name in target.options:
        work.scope.created("type", schema, name)


# -------------------------------------------------------------------- enums


def create_enum(work: Work, node: Node) -> None:
    target = work.new(strings(node.typeName))
    labels = strings(node.vals or ())
    work.add(
        "type",
        target,
        None,
        "create",
        "definition",
        {
            "definition": shortened(f"enum ({', '.join(map(literal, labels))})"),
            "labels": list(labels),
        },
    )
    _note_type(work, target)


def alter_enum(work: Work, node: Node) -> None:
    target = work.reference(strings(node.typeName), "type")
    if node.oldVal is not None:
        detail: Detail = {"value": node.oldVal, "renamed_to": node.newVal}
    else:
        detail = {"value": node.newVal}
        if node.newValNeighbor is not None:
            where = "after" if node.newValIsAfter else "before"
            detail["anchor"] = {where: node.newValNeighbor}
        if node.skipIfNewValExists:
            detail["if_not_exists"] = True
    work.add("type", target, None, "alter", "value", detail)


# -------------------------------------------------------------------- composite and range types


def create_composite(work: Work, node: Node) -> None:
    target = work.new_relation(node.typevar)
    position = len(work.touches)
    table = note_table(work, target, "type")
    later = Later()
    for element in node.coldeflist or ():
        create_column(work, target, table, "composite type", element, later)
    parts = [f"{quoted(name)} {column.type}" for name, column in table.columns.items()]
    tail = work.touches[position:]
    del work.touches[position:]
    definition = shortened(f"composite ({', '.join(parts)})")
    work.add("type", target, None, "create", "definition", {"definition": definition})
    work.touches += tail


def create_range(work: Work, node: Node) -> None:
    target = work.new(strings(node.typeName))
    subtype = "?"
    given: tuple[str, ...] | None = None
    words: list[str] = []
    for option in node.params or ():
        name = option.defname
        if name == "multirange_type_name":
            given = strings(name_argument(work, option))
            continue
        if name == "subtype":
            argument = type_argument(work, option)
            subtype = work.type_text(argument, False)
            work.type_use(argument, by="type")
        elif name in ("canonical", "subtype_diff"):
            work.routine_use(name_argument(work, option), None, by="type")
        elif name == "collation":
            work.collation_name_use(name_argument(work, option), by="type")
        words.append(f"{name} = {work.canonical(option.arg)}")
    if given is None:
        multirange = target.renamed(_multirange_name(target.name))
    elif len(given) > 1:
        multirange = Target(given[-2], given[-1])
    else:
        multirange = work.new(given)
    work.add(
        "type",
        target,
        None,
        "create",
        "definition",
        {"definition": shortened(f"range ({', '.join(sorted(words))})")},
    )
    implied: Detail = {"implied": True}
    if given is None:
        implied["automatic"] = True
    work.add("type", multirange, None, "create", "definition", implied)
    _note_type(work, target)
    _note_type(work, multirange)
    of_range = target.text()
    cast = Target(None, f"({of_range} AS {multirange.text()})")
    work.add("cast", cast, None, "create", "definition", {"implied": True})
    for owner, arguments in (
        (target, f"{subtype},{subtype}"),
        (target, f"{subtype},{subtype},text"),
        (multirange, ""),
        (multirange, of_range),
        (multirange, f"{of_range}[]"),
    ):
        routine = owner.renamed(f"{owner.name}({arguments})")
        work.add("function", routine, None, "create", "definition", {"implied": True})


def _multirange_name(name: str) -> str:
    """``price_range`` has ``price_multirange``, ``span`` has ``span_multirange``."""
    head, found, tail = name.partition("range")
    if found:
        return _cut(f"{head}multi{found}{tail}", "")
    return _cut(name, "_multirange")


def _cut(name: str, suffix: str) -> str:
    data = name.encode()[: names.MOST_BYTES - len(suffix)]
    return data.decode(errors="ignore") + suffix


def define_base_type(work: Work, node: Node) -> None:
    """CREATE TYPE name (INPUT = \u2026), or the shell type without a definition."""
    target = work.new(strings(node.defnames))
    words = []
    for option in node.definition or ():
        if option.defname in _SUPPORT_FUNCTIONS:
            work.routine_use(name_argument(work, option), None, by="type")
        words.append(f"{option.defname} = {work.canonical(option.arg)}")
    work.add(
        "type",
        target,
        None,
        "create",
        "definition",
        {"definition": shortened(f"base ({', '.join(sorted(words))})")},
    )
    _note_type(work, target)


_SUPPORT_FUNCTIONS = frozenset(
    (
        "input",
        "output",
        "receive",
        "send",
        "typmod_in",
        "typmod_out",
        "analyze",
        "subscript",
    )
)


def alter_type(work: Work, node: Node) -> None:
    target = work.reference(strings(node.typeName), "type")
    for option in node.options:
        value: Json = option_value(option)
        work.add("type", target, None, "alter", "options", {"value": {option.defname: value}})
        if option.defname in _SUPPORT_FUNCTIONS and option.arg is not None:
            work.routine_use(name_argument(work, option), None, by="type")


# -------------------------------------------------------------------- domains


def create_domain(work: Work, node: Node) -> None:
    target = work.new(strings(node.domainname))
    base = work.type_text(node.typeName)
    words = [base]
    detail: Detail = {"type": base}
    position = len(work.touches)
    work.type_use(node.typeName, by="domain")
    if node.collClause is not None:
        words.append("collate " + ".".join(strings(node.collClause.collname)))
        work.collation_use(node.collClause, by="domain")
    for constraint in node.constraints or ():
        what = constraint.contype.name
        if what == "CONSTR_CHECK":
            words.append(_domain_check(work, target, constraint))
        elif what == "CONSTR_NOTNULL":
            detail["not_null"] = True
            words.append("not null")
            _domain_not_null_named(work, target, constraint)
        elif what == "CONSTR_DEFAULT":
            text = work.canonical(constraint.raw_expr)
            detail["default"] = text
            words.append(f"default {text}")
            work.expression(constraint.raw_expr, None, by="domain")
    detail["definition"] = shortened("domain " + " ".join(words))
    tail = work.touches[position:]
    del work.touches[position:]
    work.add("type", target, None, "create", "definition", detail)
    work.touches += tail
    _note_type(work, target)


def _domain_check(work: Work, target: Target, node: Node) -> str:
    automatic = not node.conname
    scope = work.scope
    name = node.conname or names.constraint_name(scope, target.schema, target.name, None, "check")
    text = f"check {full_text(node.raw_expr, scope)}"
    if node.skip_validation:
        text += " not valid"
    detail: Detail = {"definition": shortened(text), "constraint_type": "check"}
    if automatic:
        detail["automatic"] = True
    work.add("domain constraint", target, name, "create", "definition", detail)
    work.expression(node.raw_expr, None, by="domain constraint")
    for schema, _ in target.options:
        scope.constraint_added(schema, name)
    return text


def alter_domain(work: Work, node: Node) -> None:
    target = work.reference(strings(node.typeName), "type")
    _DOMAIN_CHANGES[node.subtype](work, target, node)


def _domain_default(work: Work, target: Target, node: Node) -> None:
    value = None if node.def_ is None else work.canonical(node.def_)
    work.add("type", target, None, "alter", "default", {"value": value})
    work.expression(node.def_, None, by="domain")


def _domain_nullable(work: Work, target: Target, node: Node) -> None:
    work.add("type", target, None, "alter", "not null", {"value": False})


def _domain_not_null(work: Work, target: Target, node: Node) -> None:
    work.add("type", target, None, "alter", "not null", {"value": True})


def _domain_not_null_named(work: Work, target: Target, node: Node) -> None:
    """An object from PostgreSQL 17 on; before, the name is mute."""
    if not node.conname:
        return
    detail: Detail = {"definition": "not null", "constraint_type": "not null"}
    work.add("domain constraint", target, node.conname, "create", "definition", detail)
    for schema, _ in target.options:
        work.scope.constraint_added(schema, node.conname)


def _domain_add(work: Work, target: Target, node: Node) -> None:
    if node.def_.contype.name == "CONSTR_NOTNULL":
        _domain_not_null_named(work, target, node.def_)
        _domain_not_null(work, target, node)
        return
    _domain_check(work, target, node.def_)


def _domain_drop(work: Work, target: Target, node: Node) -> None:
    detail: Detail = {}
    if node.missing_ok:
        detail["if_exists"] = True
    if node.behavior.name == "DROP_CASCADE":
        detail["cascade"] = True
    work.add("domain constraint", target, node.name, "drop", "definition", detail)
    for schema, _ in target.options:
        work.scope.constraint_removed(schema, node.name)


def _domain_validate(work: Work, target: Target, node: Node) -> None:
    work.add("domain constraint", target, node.name, "alter", "validation", {"value": True})


_DOMAIN_CHANGES: dict[str, Any] = {
    "T": _domain_default,
    "N": _domain_nullable,
    "O": _domain_not_null,
    "C": _domain_add,
    "X": _domain_drop,
    "V": _domain_validate,
}

__all__ = [
    "Column",
    "alter_domain",
    "alter_enum",
    "alter_type",
    "create_composite",
    "create_domain",
    "create_enum",
    "create_range",
    "define_base_type",
]
$coord0$),
('footprint/drop.py', $coord0$"""DROP of everything that the parser puts into DROP's common statement."""

from __future__ import annotations

from ..loader import enums
from .cascade import (
    belongings_dropped,
    function_dropped,
    relation_dropped,
    schema_dropped,
    type_dropped,
)
from .dropping import drop_index
from .objects import FAMILIES, RELATION_KINDS, ROUTINE_KINDS, Address, address, forget
from .publication import publication_dropped
from .work import Detail, Node, Target, Work

_CASCADE = enums.DropBehavior.DROP_CASCADE


def drop(work: Work, node: Node) -> None:
    detail: Detail = {}
    if node.missing_ok:
        detail["if_exists"] = True
    if node.behavior == _CASCADE:
        detail["cascade"] = True
    if node.concurrent:
        detail["concurrently"] = True
    for one in node.objects:
        what = address(work, node.removeType, one)
        if node.missing_ok and is_gone(work, what):
            continue
        drop_object(work, what, detail)


def drop_object(work: Work, what: Address, detail: Detail) -> None:
    kind, target, sub = what
    work.add(kind, target, sub, "drop", "definition", detail)
    cascades = bool(detail.get("cascade"))
    if kind == "schema":
        work.scope.dropped("schema", None, target.name)
        schema_dropped(work, target.name)
    elif kind in RELATION_KINDS:
        belongings_dropped(work, target)
        if cascades:
            relation_dropped(work, target)
        if kind == "sequence":
            work.disown(target)
        elif kind == "index":
            _drop_constraint_of(work, target)
    elif cascades and kind == "type":
        type_dropped(work, target)
    elif cascades and kind in ROUTINE_KINDS:
        function_dropped(work, target)
    elif kind == "publication":
        publication_dropped(work, target.name)
    forget(work, what)


def is_gone(work: Work, what: Address) -> bool:
    """Tell whether the script itself dropped or renamed it: then there is none."""
    kind, target, sub = what
    family = "relation" if kind in RELATION_KINDS else FAMILIES.get(kind, kind)
    return sub is None and work.scope.is_gone(family, *target.options[0])


def _drop_constraint_of(work: Work, target: Target) -> None:
    index = work.table(target)
    if index is None or index.owner is None:
        return
    index.owner.indexes.pop(target.options[0], None)
    for child in work.descendants(index.owner):
        table = work.table(child)
        for part, facts in list(table.indexes.items()) if table is not None else ():
            if facts.get("part_of") == target.options[0]:
                drop_index(work, Target(*part), table)


__all__ = ["FAMILIES", "drop", "drop_object"]
$coord0$),
('footprint/dropping.py', $coord0$"""Columns, constraints and indexes that go, with what goes with them for certain."""

from __future__ import annotations

from ..names import Table
from .constraints import columns_in
from .subject import COLUMN_KINDS
from .work import Detail, Target, Work


def drop_column(work: Work, target: Target, name: str, detail: Detail) -> None:
    """A column that goes for another's sake."""
    kind = work.relation_kind(target)
    kind = COLUMN_KINDS.get(kind, f"{kind} column")
    work.add(kind, target, name, "drop", "definition", detail)
    drop_with_column(work, target, name)


def drop_with_column(work: Work, target: Target, name: str) -> None:
    """What goes with a column: its indexes, constraints and sequence, as far as they are known."""
    table = work.table(target)
    if table is None:
        return
    column = table.columns.pop(name, None)
    for constraint, facts in list(table.constraints.items()):
        if name in facts["columns"]:
            drop_constraint(work, target, table, constraint, {"implied": True})
    for index, facts in list(table.indexes.items()):
        if name in facts["columns"]:
            drop_index(work, Target(*index), table)
    if column is not None and column.sequence is not None:
        drop_sequence(work, Target(*column.sequence), known=True)
    for other, made in list(table.columns.items()):
        if made.generated is not None and name in columns_in(made.expression):
            drop_column(work, target, other, {"implied": True})


def drop_sequence(work: Work, sequence: Target, known: bool) -> None:
    detail: Detail = {"implied": True}
    if not known:
        detail["automatic"] = True
    work.add("sequence", sequence, None, "drop", "definition", detail)
    work.forget_relation(sequence)


def drop_index(work: Work, index: Target, table: Table | None) -> None:
    work.add("index", index, None, "drop", "definition", {"implied": True})
    work.forget_relation(index)
    if table is not None:
        table.indexes.pop(index.options[0], None)


_ENDINGS = ("_pkey", "_key", "_excl")


def drop_constraint(
    work: Work, target: Target, table: Table | None, name: str, detail: Detail
) -> None:
    work.add("table constraint", target, name, "drop", "definition", detail)
    for schema, _ in target.options:
        work.scope.constraint_removed(schema, name)
    known = table.constraints.pop(name, None) if table is not None else None
    index = target.renamed(name)
    if known is not None:
        if known["type"] in ("primary key", "unique", "exclusion"):
            drop_index(work, index, table)
            for child in work.descendants(table):
                _drop_part(work, child, index)
    elif _is_index(work, index):
        drop_index(work, index, table)
    elif name.endswith(_ENDINGS) and (table is None or not table.complete):
        # Named so by the server: then there is an index of that name.
        work.add("index", index, None, "drop", "definition", {"implied": True, "automatic": True})
        work.forget_relation(index)


def _is_index(work: Work, target: Target) -> bool:
    known = work.table(target)
    return known is not None and known.kind == "index"


def _drop_part(work: Work, child: Target, index: Target) -> None:
    """The key of a partition that is a part of the partitioned table's goes with that."""
    table = work.table(child)
    for name, facts in list(table.indexes.items()) if table is not None else ():
        if facts.get("part_of") == index.options[0]:
            drop_constraint(work, child, table, name[1], {"implied": True})
$coord0$),
('footprint/extension.py', $coord0$"""Extensions: what is inside them, the text does not tell."""

from __future__ import annotations

from .objects import address
from .work import Detail, Node, Target, Work, option_values


def create_extension(work: Work, node: Node) -> None:
    options = option_values(node.options)
    detail: Detail = {"definition": f"extension {sorted(options.items(), key=str)}"}
    if node.if_not_exists:
        detail["if_not_exists"] = True
    for given, key in (("schema", "schema"), ("new_version", "version"), ("cascade", "cascade")):
        if given in options:
            detail[key] = options[given]
    work.add("extension", Target(None, node.extname), None, "create", "definition", detail)
    schema = options.get("schema")
    if isinstance(schema, str):
        work.use("schema", Target(None, schema), None, {"by": "extension"})


def alter_extension(work: Work, node: Node) -> None:
    version = option_values(node.options).get("new_version")
    work.add("extension", Target(None, node.extname), None, "alter", "version", {"value": version})


def alter_contents(work: Work, node: Node) -> None:
    """ALTER EXTENSION \u2026 ADD or DROP an object: the object belongs to it, or no longer does."""
    what = address(work, node.objtype, node.object)
    adds = node.action == 1
    detail: Detail = {"value": adds, "extension": node.extname}
    work.add(what.kind, what.target, what.sub, "alter", "extension", detail)
    work.add(
        "extension",
        Target(None, node.extname),
        None,
        "alter",
        "contents",
        {"value": adds, "object": f"{what.kind} {what.target.text()}"},
    )
$coord0$),
('footprint/foreign.py', $coord0$"""Foreign-data wrappers, servers, user mappings, IMPORT FOREIGN SCHEMA."""

from __future__ import annotations

from ..loader import enums
from .canonical import shortened
from .table import note_table
from .work import Detail, Node, Target, Work, foreign_options, option_values, role_name, strings


def create_wrapper(work: Work, node: Node) -> None:
    options = option_values(node.options)
    words = [f"{option.defname} {work.canonical(option.arg)}" for option in node.func_options or ()]
    words += [f"{name} {value}" for name, value in sorted(options.items())]
    work.add(
        "foreign-data wrapper",
        Target(None, node.fdwname),
        None,
        "create",
        "definition",
        {"definition": shortened(", ".join(words))},
    )
    _functions(work, node)


def alter_wrapper(work: Work, node: Node) -> None:
    target = Target(None, node.fdwname)
    for option in node.func_options or ():
        value = work.canonical(option.arg)
        work.add("foreign-data wrapper", target, None, "alter", option.defname, {"value": value})
    if node.options:
        value_ = foreign_options(node.options)
        work.add("foreign-data wrapper", target, None, "alter", "options", {"value": value_})
    _functions(work, node)


def _functions(work: Work, node: Node) -> None:
    for option in node.func_options or ():
        if option.arg is not None:
            types = "" if option.defname == "handler" else "text[],oid"
            work.routine_use(option.arg, types, by="foreign-data wrapper")


def create_server(work: Work, node: Node) -> None:
    options = option_values(node.options)
    detail: Detail = {
        "definition": shortened(
            f"{node.servertype} {node.version} {node.fdwname} {sorted(options.items())}"
        )
    }
    if node.if_not_exists:
        detail["if_not_exists"] = True
    work.add("server", Target(None, node.servername), None, "create", "definition", detail)
    work.use("foreign-data wrapper", Target(None, node.fdwname), None, {"by": "server"})


def alter_server(work: Work, node: Node) -> None:
    target = Target(None, node.servername)
    if node.has_version:
        work.add("server", target, None, "alter", "version", {"value": node.version})
    if node.options:
        value = foreign_options(node.options)
        work.add("server", target, None, "alter", "options", {"value": value})


def create_user_mapping(work: Work, node: Node) -> None:
    options = option_values(node.options)
    detail: Detail = {"definition": shortened(f"options {sorted(options.items())}")}
    if node.if_not_exists:
        detail["if_not_exists"] = True
    server = Target(None, node.servername)
    work.add("user mapping", server, role_name(node.user), "create", "definition", detail)
    work.use("server", server, None, {"by": "user mapping"})
    work.role_use(node.user, by="user mapping")


def alter_user_mapping(work: Work, node: Node) -> None:
    value = foreign_options(node.options)
    work.add(
        "user mapping",
        Target(None, node.servername),
        role_name(node.user),
        "alter",
        "options",
        {"value": value},
    )


def drop_user_mapping(work: Work, node: Node) -> None:
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    work.add(
        "user mapping",
        Target(None, node.servername),
        role_name(node.user),
        "drop",
        "definition",
        detail,
    )


_LIMIT = enums.ImportForeignSchemaType.FDW_IMPORT_SCHEMA_LIMIT_TO


def import_schema(work: Work, node: Node) -> None:
    """Which tables come, the foreign server decides, unless they are listed."""
    by: Detail = {"by": "foreign table", "remote_schema": node.remote_schema}
    work.use("server", Target(None, node.server_name), None, by)
    if node.list_type == _LIMIT:
        for relation in node.table_list:
            target = Target(node.local_schema, relation.relname)
            work.add(
                "foreign table",
                target,
                None,
                "create",
                "definition",
                {"server": node.server_name, "remote_schema": node.remote_schema},
            )
            note_table(work, target, "foreign table", complete=False)
        return
    work.add(
        "schema",
        Target(None, node.local_schema),
        None,
        "alter",
        "contents",
        {
            "server": node.server_name,
            "remote_schema": node.remote_schema,
            "except": list(strings(table.relname for table in node.table_list or ())),
            "opaque": True,
        },
    )
$coord0$),
('footprint/foreign_key.py', $coord0$"""Foreign keys: the columns on both sides, and the key that they refer to."""

from __future__ import annotations

from collections.abc import Sequence

from ..names import Table, quoted
from . import automatic_names as names
from .canonical import shortened
from .columns import Later, Pending
from .constraints import Heirs, added, as_json, implied_constraint, partitions, suffix
from .referenced_key import guess_keys, use_of_key
from .work import Detail, Target, Work, strings

_ACTIONS = {"r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}


def create_foreign_keys(
    work: Work, target: Target, table: Table | None, kind: str, later: Later, heirs: Heirs = ()
) -> None:
    for pending in later.foreign_keys:
        create_foreign_key(work, target, table, kind, pending, heirs)


def _in_period(columns: Sequence[str], period: bool) -> str:
    """The columns as text; of a temporal key the last one is a period."""
    *others, last = map(quoted, columns)
    return ", ".join((*others, f"period {last}" if period else last))


def create_foreign_key(
    work: Work, target: Target, table: Table | None, kind: str, pending: Pending, heirs: Heirs
) -> None:
    node = pending.node
    columns = strings(node.fk_attrs or ()) or (
        (pending.column,) if pending.column is not None else ()
    )
    automatic = not node.conname
    name = node.conname or names.constraint_name(
        work.scope, target.schema, target.name, names.addition(columns), "fkey"
    )
    referenced = work.relation(node.pktable)
    keys: tuple[str, ...] | None = strings(node.pk_attrs) if node.pk_attrs else None
    if keys is None:
        keys = _primary_key(work.table(referenced))
    text = (
        f"foreign key ({_in_period(columns, node.fk_with_period)}) references {referenced.text()}"
    )
    if node.pk_attrs:
        text += f" ({_in_period(strings(node.pk_attrs), node.pk_with_period)})"
    if node.fk_matchtype == "f":
        text += " match full"
    if node.fk_upd_action in _ACTIONS:
        text += f" on update {_ACTIONS[node.fk_upd_action]}"
    if node.fk_del_action in _ACTIONS:
        text += f" on delete {_ACTIONS[node.fk_del_action]}"
    if node.fk_del_set_cols:
        text += f" ({', '.join(map(quoted, strings(node.fk_del_set_cols)))})"
    detail: Detail = {
        "definition": shortened(text + suffix(pending)),
        "constraint_type": "foreign key",
        "columns": as_json(columns),
        "references": {
            "schema": referenced.schema,
            "name": referenced.name,
            "columns": None if keys is None else as_json(keys),
        },
    }
    if automatic:
        detail["automatic"] = True
    if node.skip_validation:
        detail["not_valid"] = True
    work.add("table constraint", target, name, "create", "definition", detail)
    by: Detail = {"by": "table constraint", "constraint": name}
    for column in columns:
        work.use("table column", target, column, {**by, "own": True})
    itself = referenced.options[0] == target.options[0]
    if not itself:
        work.use("table", referenced, None, by)
    for column in keys or ():
        work.use("table column", referenced, column, {**by, "own": True} if itself else by)
    if keys is None:
        guess_keys(work, referenced, columns, by)
    use_of_key(work, referenced, keys, {**by, "by_columns": True})
    facts = {
        "type": "foreign key",
        "columns": list(columns),
        "referenced": referenced,
        "keys": keys,
    }
    added(work, target, table, name, facts)
    for child in partitions(table, heirs):
        implied_constraint(work, child, work.table(child), name, dict(facts), detail)


def _primary_key(table: Table | None) -> tuple[str, ...] | None:
    if table is not None:
        for facts in table.constraints.values():
            if facts["type"] == "primary key":
                return tuple(facts["columns"])
    return None
$coord0$),
('footprint/index.py', $coord0$"""CREATE INDEX."""

from __future__ import annotations

from ..loader import enums
from ..names import quoted
from . import automatic_names as names
from .canonical import full_text, shortened
from .constraints import note_index
from .table import copy_index
from .work import Detail, Node, Target, Work, option_values, place, strings


def create_index(work: Work, node: Node) -> None:
    target = work.relation(node.relation)
    table = work.table(target)
    kind = work.relation_kind(target)
    parameters = node.indexParams
    including = node.indexIncludingParams or ()
    columns = [parameter.name for parameter in parameters]
    own_names = names.index_columns([*parameters, *including])
    automatic = not node.idxname
    name = node.idxname or names.relation_name(
        work.scope, target.schema, target.name, names.addition(own_names), "idx"
    )
    index = target.renamed(name)
    detail: Detail = {
        "definition": _definition(work, node, target),
        "columns": list(columns),
        "table": place(target),
    }
    if table is None and own_names != columns:
        detail["names"] = list(own_names)
    if automatic:
        detail["automatic"] = True
    if node.unique:
        detail["unique"] = True
    if node.concurrent:
        detail["concurrently"] = True
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists("relation", index.schema, index.name):
            work.use("index", index, None, {"if_not_exists": True})
            return
    work.add("index", index, None, "create", "definition", detail)
    by: Detail = {"by": "index", "index": name}
    alone: Detail = {} if node.relation.inh else {"only": True}
    work.use(kind, target, None, {**by, **alone, "own": True})
    column_kind = "table column" if kind == "table" else f"{kind} column"
    for parameter in (*parameters, *including):
        if parameter.name:
            chosen: Detail = {"operator_class": True} if parameter.opclass else {}
            work.use(column_kind, target, parameter.name, {**by, **chosen, "own": True})
        elif parameter.expr is not None:
            work.expression(parameter.expr, target, **by)
        if parameter.collation:
            work.collation_name_use(parameter.collation, **by)
        if parameter.opclass:
            opclass = strings(parameter.opclass)
            work.use("operator class", work.reference(opclass, "operator class"), None, by)
    work.expression(node.whereClause, target, **by)
    facts = {
        "columns": columns,
        "names": own_names,
        "constraint": None,
        "expressions": (*(one.expr for one in parameters if one.expr), node.whereClause),
    }
    note_index(work, index, table, facts)
    if table is not None and table.partitioned and node.relation.inh:
        for part in work.descendants(table):
            known = work.table(part)
            if known is not None:
                copy_index(work, part, known, table, facts, (index.options[0], target.options[0]))


def _definition(work: Work, node: Node, target: Target) -> str:
    """What the index is, without its name: two of one definition are one too many."""
    pieces = ["unique index" if node.unique else "index"]
    pieces.append(f"on {target.text()} using {node.accessMethod or 'btree'}")
    pieces.append(f"({', '.join(_element(work, element) for element in node.indexParams)})")
    if node.indexIncludingParams:
        inside = ", ".join(_element(work, element) for element in node.indexIncludingParams)
        pieces.append(f"include ({inside})")
    if node.nulls_not_distinct:
        pieces.append("nulls not distinct")
    if node.options:
        pieces.append(f"with {sorted(option_values(node.options).items())}")
    if node.tableSpace:
        pieces.append(f"tablespace {quoted(node.tableSpace)}")
    if node.whereClause is not None:
        pieces.append(f"where {full_text(node.whereClause, work.scope)}")
    return shortened(" ".join(pieces))


def _element(work: Work, element: Node) -> str:
    text = quoted(element.name) if element.name else full_text(element.expr, work.scope)
    if element.collation:
        text += f" collate {'.'.join(strings(element.collation))}"
    if element.opclass:
        text += f" {'.'.join(strings(element.opclass))}"
        if element.opclassopts:
            text += f" {sorted(option_values(element.opclassopts).items())}"
    descending = element.ordering == enums.SortByDir.SORTBY_DESC
    if descending:
        text += " desc"
    nulls = element.nulls_ordering
    # NULLS FIRST is what DESC means anyway, and NULLS LAST what ASC does.
    if nulls == enums.SortByNulls.SORTBY_NULLS_FIRST and not descending:
        text += " nulls first"
    elif nulls == enums.SortByNulls.SORTBY_NULLS_LAST and descending:
        text += " nulls last"
    return text
$coord0$),
('footprint/objects.py', $coord0$"""How statements name objects: by kind of object, a node of one shape or another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ..loader import ast, enums
from ..names import quoted, type_name, type_parts
from ..script_error import ScriptError
from .subject import COLUMN_KINDS
from .work import Node, Target, Work, strings

_O = enums.ObjectType


class Address(NamedTuple):
    """One object: its kind, where it is, and which member of that."""

    kind: str
    target: Target
    sub: str | None = None


RELATIONS = {
    _O.OBJECT_TABLE: "table",
    _O.OBJECT_VIEW: "view",
    _O.OBJECT_MATVIEW: "materialized view",
    _O.OBJECT_INDEX: "index",
    _O.OBJECT_SEQUENCE: "sequence",
    _O.OBJECT_FOREIGN_TABLE: "foreign table",
}

MEMBERS = {
    _O.OBJECT_TABCONSTRAINT: "table constraint",
    _O.OBJECT_TRIGGER: "trigger",
    _O.OBJECT_RULE: "rule",
    _O.OBJECT_POLICY: "policy",
}

ROUTINES = {
    _O.OBJECT_FUNCTION: "function",
    _O.OBJECT_PROCEDURE: "procedure",
    _O.OBJECT_ROUTINE: "routine",
    _O.OBJECT_AGGREGATE: "aggregate",
}

IN_SCHEMAS = {
    _O.OBJECT_COLLATION: "collation",
    _O.OBJECT_CONVERSION: "conversion",
    _O.OBJECT_STATISTIC_EXT: "statistics object",
    _O.OBJECT_TSCONFIGURATION: "text search configuration",
    _O.OBJECT_TSDICTIONARY: "text search dictionary",
    _O.OBJECT_TSPARSER: "text search parser",
    _O.OBJECT_TSTEMPLATE: "text search template",
}

BY_ACCESS_METHOD = {
    _O.OBJECT_OPCLASS: "operator class",
    _O.OBJECT_OPFAMILY: "operator family",
}

GLOBAL = {
    _O.OBJECT_SCHEMA: "schema",
    _O.OBJECT_EXTENSION: "extension",
    _O.OBJECT_LANGUAGE: "language",
    _O.OBJECT_FDW: "foreign-data wrapper",
    _O.OBJECT_FOREIGN_SERVER: "server",
    _O.OBJECT_EVENT_TRIGGER: "event trigger",
    _O.OBJECT_PUBLICATION: "publication",
    _O.OBJECT_SUBSCRIPTION: "subscription",
    _O.OBJECT_ACCESS_METHOD: "access method",
    _O.OBJECT_ROLE: "role",
    _O.OBJECT_DATABASE: "database",
    _O.OBJECT_TABLESPACE: "tablespace",
    _O.OBJECT_PARAMETER_ACL: "parameter ACL",
}

FAMILIES = {
    "function": "routine",
    "procedure": "routine",
    "routine": "routine",
    "aggregate": "routine",
    "operator": "operator",
    "collation": "collation",
    "conversion": "conversion",
    "statistics object": "statistics object",
    "text search configuration": "text search configuration",
    "text search dictionary": "text search dictionary",
    "text search parser": "text search parser",
    "text search template": "text search template",
    "operator class": "operator class",
    "operator family": "operator family",
    "type": "type",
}
"""The namespace that a kind of object shares with others."""


def address(work: Work, kind: Any, node: Node, relation: Node = None) -> Address:
    """The object that ``node`` (and ``relation``, for what a table has) names."""
    word = RELATIONS.get(kind)
    if word is not None:
        target = (
            work.relation(relation)
            if relation is not None
            else work.reference(strings(node), "relation")
        )
        return Address(work.relation_kind(target, word), target)
    word = MEMBERS.get(kind)
    if word is not None:
        parts = strings(node)
        target = (
            work.relation(relation)
            if relation is not None
            else work.reference(parts[:-1], "relation")
        )
        return Address(word, target, parts[-1])
    word = GLOBAL.get(kind)
    if word is not None:
        return Address(word, Target(None, node.sval))
    word = ROUTINES.get(kind)
    if word is not None:
        return routine(work, word, node)
    word = IN_SCHEMAS.get(kind)
    if word is not None:
        return Address(word, work.reference(strings(node), word))
    word = BY_ACCESS_METHOD.get(kind)
    if word is not None:
        return Address(word, work.reference(strings(node)[1:], word))
    special: Callable[[Work, Node], Address] = _SPECIAL[kind]
    return special(work, node)


def _type(work: Work, node: Node) -> Address:
    if node.__class__ is tuple:
        return Address("type", work.reference(strings(node), "type"))
    target = work.reference(type_parts(node), "type")
    return Address("type", target.renamed(f"{target.name}[]") if node.arrayBounds else target)


def _column(work: Work, node: Node) -> Address:
    parts = strings(node)
    if len(parts) < 2:
        # The grammar allows it, for COMMENT and SECURITY LABEL; the server does not.
        raise ScriptError(
            "42601",
            "column name must be qualified",
            f'in statement {work.no}, column "{parts[0]}"',
            "put the table's name in front of it: users.email",
        )
    target = work.reference(parts[:-1], "relation")
    return Address(column_kind(work, target, "table"), target, parts[-1])


def _attribute(work: Work, node: Node) -> Address:
    parts = strings(node)
    return Address("composite type column", work.reference(parts[:-1], "relation"), parts[-1])


def column_kind(work: Work, target: Target, written: str) -> str:
    kind = work.relation_kind(target, written)
    return COLUMN_KINDS.get(kind, f"{kind} column")


def _domain_constraint(work: Work, node: Node) -> Address:
    domain, name = node
    parts = type_parts(domain) if domain.__class__ is ast.TypeName else strings(domain)
    return Address("domain constraint", work.reference(parts, "type"), name.sval)


def _operator(work: Work, node: Node) -> Address:
    target = work.reference(strings(node.objname), "operator")
    return Address("operator", target.renamed(operator_name(work, target.name, node.objargs)))


def operator_name(work: Work, symbol: str, operands: Sequence[Any] | None) -> str:
    """``+(integer,integer)``; NONE stands for the operand that a prefix operator lacks."""
    types = [
        "NONE" if operand is None else work.type_text(operand, False) for operand in operands or ()
    ]
    return f"{symbol}({','.join(types)})"


def cast_name(work: Work, source: Node, target: Node) -> str:
    return f"({work.type_text(source, False)} AS {work.type_text(target, False)})"


def _cast(work: Work, node: Node) -> Address:
    source, target = node
    return Address("cast", Target(None, cast_name(work, source, target)))


def transform_name(work: Work, type_: Node, language: str) -> str:
    return f"for {type_name(type_, work.scope, False)[1]} language {quoted(language)}"


def _transform(work: Work, node: Node) -> Address:
    type_, language = node
    return Address("transform", Target(None, transform_name(work, type_, language.sval)))


def _large_object(work: Work, node: Node) -> Address:
    value = getattr(node, "ival", None)
    return Address("large object", Target(None, str(node.fval if value is None else value)))


_SPECIAL: dict[Any, Any] = {
    _O.OBJECT_TYPE: _type,
    _O.OBJECT_DOMAIN: _type,
    _O.OBJECT_COLUMN: _column,
    _O.OBJECT_ATTRIBUTE: _attribute,
    _O.OBJECT_DOMCONSTRAINT: _domain_constraint,
    _O.OBJECT_OPERATOR: _operator,
    _O.OBJECT_CAST: _cast,
    _O.OBJECT_TRANSFORM: _transform,
    _O.OBJECT_LARGEOBJECT: _large_object,
}


# -------------------------------------------------------------------- routines


def routine(work: Work, kind: str, node: Node) -> Address:
    """A routine by name and argument types, or by name alone where that is enough."""
    target = work.reference(strings(node.objname), "routine")
    if node.args_unspecified:
        known = [
            (made, signature)
            for made in ROUTINES.values()
            for signature in work.routines.get((made, *target.options[0]), ())
        ]
        if len(known) == 1:
            return Address(known[0][0], target.renamed(known[0][1]))
        return Address(kind, target)
    signature = work.signature(target.name, node.objargs or ())
    if kind in ("routine", "function"):
        for made in ROUTINES.values():
            if signature in work.routines.get((made, *target.options[0]), ()):
                kind = made
    return Address(kind, target.renamed(signature))


def note_routine(work: Work, kind: str, target: Target, name: str) -> None:
    """Remember a routine that the script creates; ``target`` has the signature."""
    for schema, signature in target.options:
        work.scope.created("routine", schema, name)
        known = work.routines.setdefault((kind, schema, name), [])
        if signature not in known:
            known.append(signature)


def forget(work: Work, address_: Address) -> None:
    """The object is gone: what it was called resolves to something else from here on."""
    kind, target, sub = address_
    if sub is not None:
        _forget_member(work, kind, target, sub)
    elif kind in RELATION_KINDS:
        work.forget_relation(target)
    elif kind in ROUTINE_KINDS:
        _forget_routine(work, kind, target)
    elif kind == "type":
        for schema, name in target.options:
            work.scope.dropped("type", schema, name)
            if work.scope.exists("relation", schema, name):
                work.forget_relation(target)
    else:
        family = FAMILIES.get(kind)
        if family is not None:
            for schema, name in target.options:
                work.scope.dropped(family, schema, name.partition("(")[0])


def _forget_member(work: Work, kind: str, target: Target, sub: str) -> None:
    table = work.table(target)
    if kind == "trigger" and table is not None:
        table.triggers.pop(sub, None)
    elif kind in ("table constraint", "domain constraint"):
        for schema, _ in target.options:
            work.scope.constraint_removed(schema, sub)


def _forget_routine(work: Work, kind: str, target: Target) -> None:
    for schema, signature in target.options:
        name = signature.partition("(")[0]
        left = 0
        for made in ROUTINES.values():
            known = work.routines.get((made, schema, name))
            if known is not None:
                if signature in known:
                    known.remove(signature)
                elif signature == name and made == kind:
                    known.clear()
                left += len(known)
        if not left and "(" not in signature:
            work.scope.dropped("routine", schema, name)


RELATION_KINDS = frozenset(RELATIONS.values())
ROUTINE_KINDS = frozenset(ROUTINES.values())


def members_known(work: Work, target: Target) -> Iterator[Target]:
    """Indexes and sequences of a table that the script created: they go where it goes."""
    table = work.table(target)
    if table is None:
        return
    for index in table.indexes:
        yield Target(*index)


__all__ = [
    "Address",
    "address",
    "cast_name",
    "column_kind",
    "forget",
    "members_known",
    "note_routine",
    "operator_name",
    "routine",
    "transform_name",
]
$coord0$),
('footprint/operators.py', $coord0$"""Operators, their classes and families, casts, transforms, conversions, collations, text search,
languages, access methods: what extends SQL itself."""

from __future__ import annotations

from ..loader import ast, enums
from ..model import Json
from .canonical import shortened
from .data_types import define_base_type
from .objects import cast_name, operator_name, transform_name
from .routine import define_aggregate
from .work import (
    Detail,
    Node,
    Target,
    Work,
    name_argument,
    option_values,
    strings,
    type_argument,
)

_O = enums.ObjectType

_PLAIN = {
    _O.OBJECT_COLLATION: "collation",
    _O.OBJECT_TSCONFIGURATION: "text search configuration",
    _O.OBJECT_TSDICTIONARY: "text search dictionary",
    _O.OBJECT_TSPARSER: "text search parser",
    _O.OBJECT_TSTEMPLATE: "text search template",
}

_FUNCTIONS_OF = {
    "text search parser": ("start", "gettoken", "end", "headline", "lextypes"),
    "text search template": ("init", "lexize"),
}


def define(work: Work, node: Node) -> None:
    kind = node.kind
    if kind == _O.OBJECT_AGGREGATE:
        define_aggregate(work, node)
    elif kind == _O.OBJECT_OPERATOR:
        _operator(work, node)
    elif kind == _O.OBJECT_TYPE:
        define_base_type(work, node)
    else:
        _plain(work, node, _PLAIN[kind])


def _plain(work: Work, node: Node, kind: str) -> None:
    target = work.new(strings(node.defnames))
    words = [f"{one.defname} = {work.canonical(one.arg)}" for one in node.definition or ()]
    detail: Detail = {"definition": shortened(", ".join(sorted(words)))}
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists(kind, *target.options[0]):
            work.use(kind, target, None, {"if_not_exists": True})
            return
    work.add(kind, target, None, "create", "definition", detail)
    for schema, name in target.options:
        work.scope.created(kind, schema, name)
    for one in node.definition or ():
        _definition_uses(work, kind, one)


def _definition_uses(work: Work, kind: str, option: Node) -> None:
    names = option.arg.names if option.arg.__class__ is ast.TypeName else option.arg
    if names.__class__ is not tuple:
        return
    parts = strings(names)
    if "pg_catalog" in parts[:-1]:
        return
    if option.defname in _FUNCTIONS_OF.get(kind, ()):
        work.routine_use(parts, None, by=kind)
    elif option.defname == "from":
        work.collation_name_use(names, by=kind)
    elif option.defname in ("copy", "parser", "template"):
        family = {
            "copy": "text search configuration",
            "parser": "text search parser",
            "template": "text search template",
        }[option.defname]
        if len(parts) > 1 or parts[0] not in _BUILTIN_TEXT_SEARCH:
            work.use(family, work.reference(parts, family), None, {"by": kind})


_BUILTIN_TEXT_SEARCH = frozenset(
    ("default", "simple", "synonym", "ispell", "thesaurus", "snowball", "english")
)


# -------------------------------------------------------------------- operators


def _operator(work: Work, node: Node) -> None:
    place = work.new(strings(node.defnames))
    left = right = None
    words = []
    for option in node.definition or ():
        if option.defname == "leftarg":
            left = type_argument(work, option)
        elif option.defname == "rightarg":
            right = type_argument(work, option)
        words.append(f"{option.defname} = {work.canonical(option.arg)}")
    target = place.renamed(operator_name(work, place.name, (left, right)))
    detail: Detail = {"definition": shortened(", ".join(sorted(words)))}
    work.add("operator", target, None, "create", "definition", detail)
    for schema, _ in target.options:
        work.scope.created("operator", schema, place.name)
    by: Detail = {"by": "operator"}
    for type_ in (left, right):
        if type_ is not None:
            work.type_use(type_, **by)
    for option in node.definition or ():
        if option.defname in ("function", "procedure"):
            types = ",".join(
                work.type_text(type_, False) for type_ in (left, right) if type_ is not None
            )
            work.routine_use(name_argument(work, option), types, **by)
        elif option.defname in ("restrict", "join"):
            work.routine_use(name_argument(work, option), None, **by)
        elif option.defname in ("commutator", "negator"):
            swapped = (right, left) if option.defname == "commutator" else (left, right)
            _partner(work, target, option, swapped)


def _partner(work: Work, operator: Target, option: Node, operands: tuple[Node, Node]) -> None:
    """The server notes the operator at its partner too, and makes a partner that is not there."""
    place = work.reference(strings(name_argument(work, option)), "operator")
    partner = place.renamed(operator_name(work, place.name, operands))
    if partner.options[0] != operator.options[0]:
        detail: Detail = {"value": operator.text(), "implied": True}
        work.add("operator", partner, None, "alter", option.defname, detail)


def alter_operator(work: Work, node: Node) -> None:
    name = node.opername
    target = work.reference(strings(name.objname), "operator")
    target = target.renamed(operator_name(work, target.name, name.objargs))
    options = {
        option.defname: None if option.arg is None else work.canonical(option.arg)
        for option in node.options
    }
    work.add("operator", target, None, "alter", "options", {"value": dict(options)})


def create_class(work: Work, node: Node) -> None:
    target = work.new(strings(node.opclassname))
    words = [work.canonical(node.datatype), node.amname, work.canonical(node.items)]
    if node.isDefault:
        words.append("default")
    work.add(
        "operator class",
        target,
        None,
        "create",
        "definition",
        {"definition": shortened(" ".join(words)), "access_method": node.amname},
    )
    for schema, name in target.options:
        work.scope.created("operator class", schema, name)
    by: Detail = {"by": "operator class"}
    if node.opfamilyname:
        family = work.reference(strings(node.opfamilyname), "operator family")
        work.use("operator family", family, None, by)
        members = _members(work, node, (node.datatype, node.datatype))
        if members:
            said: Detail = {"value": members, "implied": True, "access_method": node.amname}
            work.add("operator family", family, None, "alter", "options", said)
    else:
        implied: Detail = {"implied": True, "automatic": True, "access_method": node.amname}
        work.add("operator family", target, None, "create", "definition", implied)
        for schema, name in target.options:
            work.scope.created("operator family", schema, name)
    work.type_use(node.datatype, **by)
    _items(work, node, by, node.datatype)


def _items(work: Work, node: Node, by: Detail, type_: Node = None) -> None:
    """Operators and functions; operators of a class are those of its type, unless it says more."""
    for item in node.items or ():
        if item.storedtype is not None:
            work.type_use(item.storedtype, **by)
        if item.name is None:
            continue
        parts = strings(item.name.objname)
        if item.itemtype == 1:
            operands = item.name.objargs or ((type_, type_) if type_ is not None else None)
            if len(parts) > 1 or operands:
                _operator_use(work, parts, operands, by)
        elif item.name.args_unspecified:
            work.routine_use(parts, None, **by)
        else:
            types = ",".join(work.type_text(type_, False) for type_ in item.name.objargs or ())
            work.routine_use(parts, types, **by)


_MEMBERS = {1: "operator", 2: "function"}


def _members(work: Work, node: Node, types: tuple[Node, ...]) -> dict[str, Json]:
    """What a family has under which number and for which types; None for what leaves it."""
    found: dict[str, Json] = {}
    for item in node.items or ():
        if item.itemtype not in _MEMBERS:
            continue
        operands = item.class_args or (item.name.objargs if item.name is not None else ()) or types
        number = f"{_MEMBERS[item.itemtype]} {item.number} {operator_name(work, '', operands)}"
        found[number] = None if item.name is None else ".".join(strings(item.name.objname))
    return found


def _operator_use(work: Work, parts: tuple[str, ...], operands: Node, by: Detail) -> None:
    builtin = all(
        operand is None or work.type_text(operand, False).find(".") < 0
        for operand in operands or ()
    )
    if len(parts) == 1 and builtin:
        return
    target = work.reference(parts, "operator")
    if operands:
        target = target.renamed(operator_name(work, target.name, operands))
    work.use("operator", target, None, by)


def create_family(work: Work, node: Node) -> None:
    target = work.new(strings(node.opfamilyname))
    work.add(
        "operator family",
        target,
        None,
        "create",
        "definition",
        {"definition": f"using {node.amname}", "access_method": node.amname},
    )
    for schema, name in target.options:
        work.scope.created("operator family", schema, name)


def alter_family(work: Work, node: Node) -> None:
    target = work.reference(strings(node.opfamilyname), "operator family")
    detail: Detail = {"value": _members(work, node, ()), "access_method": node.amname}
    work.add("operator family", target, None, "alter", "options", detail)
    if not node.isDrop:
        _items(work, node, {"by": "operator family"})


# -------------------------------------------------------------------- casts and the like


def create_cast(work: Work, node: Node) -> None:
    target = Target(None, cast_name(work, node.sourcetype, node.targettype))
    how = "inout" if node.inout else "binary"
    if node.func is not None:
        how = f"function {'.'.join(strings(node.func.objname))}"
    context = str(node.context.name).removeprefix("COERCION_").lower()
    work.add("cast", target, None, "create", "definition", {"definition": f"{how} {context}"})
    work.type_use(node.sourcetype, by="cast")
    work.type_use(node.targettype, by="cast")
    _routine_use(work, node.func, by="cast")


def _routine_use(work: Work, node: Node, by: str) -> None:
    if node is None:
        return
    types = None
    if not node.args_unspecified:
        types = ",".join(work.type_text(type_, False) for type_ in node.objargs or ())
    work.routine_use(node.objname, types, by=by)


def create_transform(work: Work, node: Node) -> None:
    target = Target(None, transform_name(work, node.type_name, node.lang))
    detail: Detail = {"definition": shortened(work.canonical((node.fromsql, node.tosql)))}
    if node.replace:
        detail["or_replace"] = True
    work.add("transform", target, None, "create", "definition", detail)
    work.type_use(node.type_name, by="transform")
    if node.lang not in ("sql", "plpgsql", "c", "internal"):
        work.use("language", Target(None, node.lang), None, {"by": "transform"})
    _routine_use(work, node.fromsql, by="transform")
    _routine_use(work, node.tosql, by="transform")


def create_conversion(work: Work, node: Node) -> None:
    target = work.new(strings(node.conversion_name))
    text = f"{node.for_encoding_name} to {node.to_encoding_name}"
    text += f" {'.'.join(strings(node.func_name))}{' default' if node.def_ else ''}"
    work.add("conversion", target, None, "create", "definition", {"definition": text})
    for schema, name in target.options:
        work.scope.created("conversion", schema, name)
    work.routine_use(node.func_name, None, by="conversion")


def create_language(work: Work, node: Node) -> None:
    detail: Detail = {"definition": f"language trusted {bool(node.pltrusted)}"}
    if node.replace:
        detail["or_replace"] = True
    work.add("language", Target(None, node.plname), None, "create", "definition", detail)
    for names, types in (
        (node.plhandler, ""),
        (node.plinline, "internal"),
        (node.plvalidator, "oid"),
    ):
        if names:
            work.routine_use(names, types, by="language")


def create_access_method(work: Work, node: Node) -> None:
    kind = {"i": "index", "t": "table"}.get(node.amtype, node.amtype)
    handler = ".".join(strings(node.handler_name))
    work.add(
        "access method",
        Target(None, node.amname),
        None,
        "create",
        "definition",
        {"definition": f"{kind} {handler}"},
    )
    work.routine_use(node.handler_name, "internal", by="access method")


# -------------------------------------------------------------------- ALTER of the same


def alter_collation(work: Work, node: Node) -> None:
    target = work.reference(strings(node.collname), "collation")
    work.add("collation", target, None, "alter", "version", {"value": "refresh"})


def alter_dictionary(work: Work, node: Node) -> None:
    family = "text search dictionary"
    target = work.reference(strings(node.dictname), family)
    value = {
        option.defname: None if option.arg is None else work.canonical(option.arg)
        for option in node.options
    }
    work.add(family, target, None, "alter", "options", {"value": dict(value)})


def alter_configuration(work: Work, node: Node) -> None:
    family = "text search configuration"
    target = work.reference(strings(node.cfgname), family)
    change = str(node.kind.name).removeprefix("ALTER_TSCONFIG_").lower()
    dictionaries = [strings(names) for names in node.dicts or ()]
    detail: Detail = {
        "change": change,
        "tokens": list(strings(node.tokentype or ())),
        "value": [".".join(names) for names in dictionaries],
    }
    if node.missing_ok:
        detail["if_exists"] = True
    work.add(family, target, None, "alter", "mapping", detail)
    for names in dictionaries:
        if len(names) > 1 or not (names[0] == "simple" or names[0].endswith("_stem")):
            kind = "text search dictionary"
            work.use(kind, work.reference(names, kind), None, {"by": family})


__all__ = [
    "alter_collation",
    "alter_configuration",
    "alter_dictionary",
    "alter_family",
    "alter_operator",
    "create_access_method",
    "create_cast",
    "create_class",
    "create_conversion",
    "create_family",
    "create_language",
    "create_transform",
    "define",
    "option_values",
]
$coord0$),
('footprint/privilege.py', $coord0$"""GRANT, REVOKE, ALTER DEFAULT PRIVILEGES."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..loader import ast, enums
from ..model import Json
from .objects import Address, address, column_kind
from .work import Detail, Node, Target, Work, role_name

_O = enums.ObjectType
_T = enums.GrantTargetType


def grant(work: Work, node: Node) -> None:
    if node.targtype == _T.ACL_TARGET_DEFAULTS:
        return
    detail = _detail(node)
    for role in node.grantees or ():
        work.role_use(role)
    if node.targtype == _T.ACL_TARGET_ALL_IN_SCHEMA:
        _on_all_in_schema(work, node, detail)
        return
    whole = [
        privilege.priv_name or "all" for privilege in node.privileges or () if not privilege.cols
    ]
    by_column = [privilege for privilege in node.privileges or () if privilege.cols]
    for object_ in node.objects:
        what = _granted(work, node.objtype, object_)
        if whole or not node.privileges:
            work.add(
                what.kind,
                what.target,
                what.sub,
                "alter",
                "privileges",
                {**detail, "privileges": _texts(whole or ["all"])},
            )
        for column, privileges in _columns(by_column).items():
            work.add(
                column_kind(work, what.target, "table"),
                what.target,
                column,
                "alter",
                "privileges",
                {**detail, "privileges": _texts(privileges)},
            )


def _texts(words: Sequence[str]) -> list[Json]:
    return list(words)


def _detail(node: Node) -> Detail:
    detail: Detail = {
        "is_grant": bool(node.is_grant),
        "grantee": [role_name(role) for role in node.grantees or ()],
    }
    if node.grant_option:
        detail["grant_option"] = True
    if node.behavior == enums.DropBehavior.DROP_CASCADE:
        detail["cascade"] = True
    return detail


def _columns(privileges: Iterable[Node]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for privilege in privileges:
        for column in privilege.cols:
            result.setdefault(column.sval, []).append(privilege.priv_name or "all")
    return result


def _granted(work: Work, kind: enums.ObjectType, node: Node) -> Address:
    if node.__class__ is ast.RangeVar:
        return address(work, kind, None, node)
    return address(work, kind, node)


_PLURALS = {
    _O.OBJECT_TABLE: "tables",
    _O.OBJECT_SEQUENCE: "sequences",
    _O.OBJECT_FUNCTION: "functions",
    _O.OBJECT_PROCEDURE: "procedures",
    _O.OBJECT_ROUTINE: "routines",
    _O.OBJECT_TYPE: "types",
    _O.OBJECT_SCHEMA: "schemas",
    _O.OBJECT_LARGEOBJECT: "large objects",
}

_KINDS_IN_SCHEMA = {
    "tables": ("table", "view", "materialized view", "foreign table"),
    "sequences": ("sequence",),
}


def _on_all_in_schema(work: Work, node: Node, detail: Detail) -> None:
    """Which objects that are, only the catalog knows: the schema stands for them."""
    words = [privilege.priv_name for privilege in node.privileges or ()] or ["all"]
    what = _PLURALS.get(node.objtype, "objects")
    for schema in node.objects:
        name = schema.sval
        work.add(
            "schema",
            Target(None, name),
            None,
            "alter",
            f"privileges of {what}",
            {**detail, "privileges": _texts(words), "all_in_schema": True},
        )
        work.look_at(len(work.scope.tables))
        for place, table in list(work.scope.tables.items()):
            if place[0] == name and table.kind in _KINDS_IN_SCHEMA.get(what, ()):
                work.add(
                    table.kind,
                    Target(*place),
                    None,
                    "alter",
                    "privileges",
                    {**detail, "privileges": _texts(words), "implied": True},
                )


def default_privileges(work: Work, node: Node) -> None:
    schemas: list[str | None] = []
    roles: list[Node] = []
    for option in node.options or ():
        if option.defname == "schemas":
            schemas += [schema.sval for schema in option.arg]
        elif option.defname == "roles":
            roles += option.arg
    action = node.action
    what = _PLURALS.get(action.objtype, "objects")
    words = [privilege.priv_name for privilege in action.privileges or ()] or ["all"]
    detail: Detail = {**_detail(action), "privileges": _texts(words)}
    for role in (*roles, *(action.grantees or ())):
        work.role_use(role)
    owners: list[str | None] = [role_name(role) for role in roles]
    for schema in schemas or [None]:
        for owner in owners or [None]:
            work.add(
                "default acl",
                Target(schema, f"on {what}"),
                owner,
                "alter",
                "privileges",
                detail,
            )
$coord0$),
('footprint/publication.py', $coord0$"""Logical replication: publications and subscriptions."""

from __future__ import annotations

from ..loader import enums
from ..model import Action, Json
from .canonical import full_text, shortened
from .work import Detail, Node, Target, Work, option_values, strings

_KIND = enums.PublicationObjSpecType
_ACTION = enums.AlterPublicationAction


def create_publication(work: Work, node: Node) -> None:
    target = Target(None, node.pubname)
    options = option_values(node.options)
    words = ["all tables"] if node.for_all_tables else []
    words += [_object_text(work, one) for one in node.pubobjects or ()]
    detail: Detail = {
        "definition": shortened(f"{', '.join(sorted(words))} {sorted(options.items(), key=str)}")
    }
    if node.for_all_tables:
        detail["all_tables"] = True
    work.add("publication", target, None, "create", "definition", detail)
    work.scope.publications[node.pubname] = {}
    for one in node.pubobjects or ():
        _member(work, node.pubname, one, "create", {})


def alter_publication(work: Work, node: Node) -> None:
    target = Target(None, node.pubname)
    if node.options:
        work.add(
            "publication", target, None, "alter", "options", {"value": option_values(node.options)}
        )
    if not node.pubobjects:
        return
    sets = node.action == _ACTION.AP_SetObjects
    if sets:
        # What is not in the list is taken out, and only the catalog knows what that is.
        value: list[Json] = [*sorted(_object_text(work, one) for one in node.pubobjects)]
        work.add("publication", target, None, "alter", "tables", {"value": value})
        _leave(work, node)
    else:
        work.use("publication", target, None, {"by": "publication relation"})
    action: Action = "drop" if node.action == _ACTION.AP_DropObjects else "create"
    for one in node.pubobjects:
        _member(work, node.pubname, one, action, {"or_replace": True} if sets else {})


def _leave(work: Work, node: Node) -> None:
    """SET takes out what the script put in, and the list does not name."""
    known = work.scope.publications.get(node.pubname)
    if known is None:
        return
    named = {
        work.relation(one.pubtable.relation).options[0]
        for one in node.pubobjects
        if one.pubobjtype == _KIND.PUBLICATIONOBJ_TABLE
    }
    for place in [place for place in known if place not in named]:
        detail: Detail = {"implied": True}
        relation = Target(*place)
        work.add("publication relation", relation, node.pubname, "drop", "definition", detail)
        del known[place]


def publication_dropped(work: Work, name: str) -> None:
    """No table is in it any more."""
    for place in work.scope.publications.pop(name, {}):
        detail: Detail = {"implied": True}
        work.add("publication relation", Target(*place), name, "drop", "definition", detail)


def publication_renamed(work: Work, old: str, new: str) -> None:
    """Its tables are in it under its new name."""
    known = work.scope.publications.pop(old, None)
    if known is None:
        return
    work.scope.publications[new] = known
    for place in known:
        detail: Detail = {"implied": True}
        kind, relation = "publication relation", Target(*place)
        work.add(kind, relation, old, "drop", "name", {**detail, "renamed_to": new})
        work.add(kind, relation, new, "create", "name", {**detail, "renamed_from": old})


def _object_text(work: Work, one: Node) -> str:
    if one.pubobjtype == _KIND.PUBLICATIONOBJ_TABLE:
        text = "table " + work.relation(one.pubtable.relation).text()
        if one.pubtable.columns:
            text += f" ({', '.join(strings(one.pubtable.columns))})"
        if one.pubtable.whereClause is not None:
            text += f" where {full_text(one.pubtable.whereClause, work.scope)}"
        return text
    if one.pubobjtype == _KIND.PUBLICATIONOBJ_TABLES_IN_SCHEMA:
        return f"schema {one.name}"
    return "schema " + str(_current(work))


def _current(work: Work) -> str | None:
    return work.scope.search_path[0] if work.scope.search_path else None


def _member(work: Work, publication: str, one: Node, action: Action, extra: Detail) -> None:
    if one.pubobjtype != _KIND.PUBLICATIONOBJ_TABLE:
        schema = (
            one.name if one.pubobjtype == _KIND.PUBLICATIONOBJ_TABLES_IN_SCHEMA else _current(work)
        )
        namespace = Target(None, str(schema))
        work.add("publication namespace", namespace, publication, action, "definition", extra)
        work.use("schema", namespace, None, {"by": "publication"})
        return
    relation = work.relation(one.pubtable.relation)
    text = _object_text(work, one)
    known = work.scope.publications.get(publication)
    if known is not None:
        place = relation.options[0]
        if action == "create" and known.get(place) == text:
            work.use("publication", Target(None, publication), None, {"by": "publication relation"})
            return
        known.pop(place, None)
        if action == "create":
            known[place] = text
    detail: Detail = {"definition": shortened(text), **extra}
    work.add("publication relation", relation, publication, action, "definition", detail)
    if action == "create":
        by: Detail = {"by": "publication"}
        work.use("table", relation, None, by)
        for column in strings(one.pubtable.columns or ()):
            work.use("table column", relation, column, by)
        work.expression(one.pubtable.whereClause, relation, False, **by)


def create_subscription(work: Work, node: Node) -> None:
    options = option_values(node.options)
    publications: list[Json] = list(strings(node.publication))
    work.add(
        "subscription",
        Target(None, node.subname),
        None,
        "create",
        "definition",
        {"publications": publications, "options": options},
    )


def alter_subscription(work: Work, node: Node) -> None:
    words = {
        "OPTIONS": "options",
        "CONNECTION": "connection",
        "SET_PUBLICATION": "publications",
        "ADD_PUBLICATION": "publications",
        "DROP_PUBLICATION": "publications",
        "REFRESH": "tables",
        "REFRESH_PUBLICATION": "tables",
        "ENABLED": "enabled",
        "SKIP": "skip",
    }
    kind = str(node.kind.name).removeprefix("ALTER_SUBSCRIPTION_")
    detail: Detail = {}
    if node.publication:
        detail["value"] = list(strings(node.publication))
        detail["change"] = kind.partition("_")[0].lower()
    elif node.options:
        detail["value"] = option_values(node.options)
    work.add(
        "subscription",
        Target(None, node.subname),
        None,
        "alter",
        words.get(kind, kind.lower()),
        detail,
    )


def drop_subscription(work: Work, node: Node) -> None:
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    work.add("subscription", Target(None, node.subname), None, "drop", "definition", detail)
$coord0$),
('footprint/referenced_key.py', $coord0$"""The key that a foreign key refers to, which the text does not always name."""

from __future__ import annotations

from collections.abc import Sequence

from . import automatic_names as names
from .work import Detail, Target, Work


def guess_keys(work: Work, referenced: Target, columns: Sequence[str], by: Detail) -> None:
    """A key of one column is mostly called id, and one of several is called what refers to it."""
    places = Target(referenced.schema, referenced.name, referenced.options)
    places.group = work.scope.next_candidate_group()
    for column in columns if len(columns) > 1 else ("id",):
        work.use("table column", places, column, {**by, "guessed": True})


def use_of_key(
    work: Work, referenced: Target, keys: tuple[str, ...] | None, detail: Detail
) -> None:
    """The unique index behind the referenced columns, which pg_depend records.

    The server finds it by its columns. Where the script did not make it, the names that the
    server would have given stand in, as candidates.
    """
    table = work.table(referenced)
    if table is not None and table.constraints:
        for name, facts in table.constraints.items():
            if facts["type"] in ("primary key", "unique") and facts["columns"] == list(keys or ()):
                work.use("index", referenced.renamed(name), None, detail)
                return
    guesses = [names.object_name(referenced.name, None, "pkey")]
    if keys is not None and table is None:
        guesses.append(names.object_name(referenced.name, names.addition(keys), "key"))
    if table is None:
        options = tuple((schema, guess) for schema, _ in referenced.options for guess in guesses)
        group = work.scope.next_candidate_group()
        work.use("index", Target(*options[0], options, group), None, detail)
$coord0$),
('footprint/registry.py', $coord0$"""Which module answers for which statement. What is in no table is reported as unknown."""

from __future__ import annotations

from collections.abc import Callable

from ..loader import ast
from . import (
    alter_table,
    data,
    data_types,
    drop,
    extension,
    foreign,
    index,
    operators,
    privilege,
    publication,
    remarks,
    rename,
    routine,
    schema,
    sequence,
    session,
    shared,
    statistics,
    table,
    trigger,
    view,
)
from .work import Node, Work

Handler = Callable[[Work, Node], None]

HANDLERS: dict[type, Handler] = {
    # tables and what belongs to them
    ast.CreateStmt: table.create_table,
    ast.CreateForeignTableStmt: table.create_foreign_table,
    ast.AlterTableStmt: alter_table.alter_table,
    ast.IndexStmt: index.create_index,
    ast.CreateStatsStmt: statistics.create_statistics,
    ast.AlterStatsStmt: statistics.alter_statistics,
    ast.CreateTrigStmt: trigger.create_trigger,
    ast.RuleStmt: trigger.create_rule,
    ast.CreatePolicyStmt: trigger.create_policy,
    ast.AlterPolicyStmt: trigger.alter_policy,
    ast.ViewStmt: view.create_view,
    ast.CreateTableAsStmt: view.create_table_as,
    ast.RefreshMatViewStmt: view.refresh,
    ast.CreateSeqStmt: sequence.create_sequence,
    ast.AlterSeqStmt: sequence.alter_sequence,
    # types
    ast.CreateEnumStmt: data_types.create_enum,
    ast.AlterEnumStmt: data_types.alter_enum,
    ast.CompositeTypeStmt: data_types.create_composite,
    ast.CreateRangeStmt: data_types.create_range,
    ast.AlterTypeStmt: data_types.alter_type,
    ast.CreateDomainStmt: data_types.create_domain,
    ast.AlterDomainStmt: data_types.alter_domain,
    # routines, and what extends SQL
    ast.CreateFunctionStmt: routine.create_function,
    ast.AlterFunctionStmt: routine.alter_function,
    ast.DefineStmt: operators.define,
    ast.AlterOperatorStmt: operators.alter_operator,
    ast.CreateOpClassStmt: operators.create_class,
    ast.CreateOpFamilyStmt: operators.create_family,
    ast.AlterOpFamilyStmt: operators.alter_family,
    ast.CreateCastStmt: operators.create_cast,
    ast.CreateTransformStmt: operators.create_transform,
    ast.CreateConversionStmt: operators.create_conversion,
    ast.CreatePLangStmt: operators.create_language,
    ast.CreateAmStmt: operators.create_access_method,
    ast.AlterCollationStmt: operators.alter_collation,
    ast.AlterTSDictionaryStmt: operators.alter_dictionary,
    ast.AlterTSConfigurationStmt: operators.alter_configuration,
    ast.CreateEventTrigStmt: trigger.create_event_trigger,
    ast.AlterEventTrigStmt: trigger.alter_event_trigger,
    # schemas, extensions, the outside world
    ast.CreateSchemaStmt: schema.create_schema,
    ast.CreateExtensionStmt: extension.create_extension,
    ast.AlterExtensionStmt: extension.alter_extension,
    ast.AlterExtensionContentsStmt: extension.alter_contents,
    ast.CreateFdwStmt: foreign.create_wrapper,
    ast.AlterFdwStmt: foreign.alter_wrapper,
    ast.CreateForeignServerStmt: foreign.create_server,
    ast.AlterForeignServerStmt: foreign.alter_server,
    ast.CreateUserMappingStmt: foreign.create_user_mapping,
    ast.AlterUserMappingStmt: foreign.alter_user_mapping,
    ast.DropUserMappingStmt: foreign.drop_user_mapping,
    ast.ImportForeignSchemaStmt: foreign.import_schema,
    ast.CreatePublicationStmt: publication.create_publication,
    ast.AlterPublicationStmt: publication.alter_publication,
    ast.CreateSubscriptionStmt: publication.create_subscription,
    ast.AlterSubscriptionStmt: publication.alter_subscription,
    ast.DropSubscriptionStmt: publication.drop_subscription,
    # whatever the kind of object
    ast.DropStmt: drop.drop,
    ast.RenameStmt: rename.rename,
    ast.AlterObjectSchemaStmt: rename.set_schema,
    ast.AlterOwnerStmt: rename.set_owner,
    ast.AlterObjectDependsStmt: rename.depends_on_extension,
    ast.CommentStmt: remarks.comment,
    ast.SecLabelStmt: remarks.security_label,
    ast.GrantStmt: privilege.grant,
    ast.AlterDefaultPrivilegesStmt: privilege.default_privileges,
    # rows
    ast.SelectStmt: data.select,
    ast.InsertStmt: data.rows,
    ast.UpdateStmt: data.rows,
    ast.DeleteStmt: data.rows,
    ast.MergeStmt: data.rows,
    ast.CopyStmt: data.rows,
    ast.CallStmt: data.rows,
    ast.LockStmt: data.rows,
    ast.DeclareCursorStmt: data.rows,
    ast.TruncateStmt: data.truncate,
    ast.DoStmt: data.do_block,
    ast.ExplainStmt: data.explain,
    ast.PrepareStmt: data.prepare,
    ast.ExecuteStmt: data.execute,
    ast.VacuumStmt: data.vacuum,
    ast.ClusterStmt: data.cluster,
    ast.ReindexStmt: data.reindex,
    ast.AlterTableMoveAllStmt: data.move_all,
    # the whole server
    ast.CreateRoleStmt: shared.create_role,
    ast.AlterRoleStmt: shared.alter_role,
    ast.AlterRoleSetStmt: shared.alter_role_set,
    ast.DropRoleStmt: shared.drop_role,
    ast.GrantRoleStmt: shared.grant_role,
    ast.DropOwnedStmt: shared.owned,
    ast.ReassignOwnedStmt: shared.owned,
    ast.CreatedbStmt: shared.create_database,
    ast.AlterDatabaseStmt: shared.alter_database,
    ast.AlterDatabaseSetStmt: shared.alter_database,
    ast.AlterDatabaseRefreshCollStmt: shared.alter_database,
    ast.DropdbStmt: shared.drop_database,
    ast.CreateTableSpaceStmt: shared.create_tablespace,
    ast.AlterTableSpaceOptionsStmt: shared.alter_tablespace,
    ast.DropTableSpaceStmt: shared.drop_tablespace,
    ast.AlterSystemStmt: shared.alter_system,
    # no object, but they decide what later names mean
    ast.VariableSetStmt: session.set_variable,
    ast.TransactionStmt: session.transaction,
    ast.DiscardStmt: session.discard,
}

NO_OBJECT: dict[type, str] = {
    ast.CheckPointStmt: "writes buffers",
    ast.ClosePortalStmt: "ends a cursor",
    ast.ConstraintsSetStmt: "says when constraints are checked in this transaction",
    ast.DeallocateStmt: "forgets a prepared statement",
    ast.FetchStmt: "reads from a cursor, whose query was seen when it was declared",
    ast.ListenStmt: "a channel is no object",
    ast.LoadStmt: "loads a library into this session",
    ast.NotifyStmt: "a channel is no object",
    ast.UnlistenStmt: "a channel is no object",
    ast.VariableShowStmt: "shows a setting",
}
"""Statements that touch no object, and why."""

PARTS: dict[type, str] = {
    ast.PLAssignStmt: "an assignment in PL/pgSQL, which is read as such",
    ast.RawStmt: "the wrapper of every statement, taken off by the parser module",
    ast.ReplicaIdentityStmt: "a part of ALTER TABLE",
    ast.ReturnStmt: "a part of CREATE FUNCTION",
    ast.SetOperationStmt: "made by the server's analysis, never by the grammar",
}
"""Nodes with the name of a statement that never stand alone."""
$coord0$),
('footprint/remarks.py', $coord0$"""COMMENT ON, SECURITY LABEL."""

from __future__ import annotations

from .objects import address
from .work import Detail, Node, Work


def comment(work: Work, node: Node) -> None:
    what = address(work, node.objtype, node.object)
    work.add(what.kind, what.target, what.sub, "alter", "comment", {"value": node.comment})


def security_label(work: Work, node: Node) -> None:
    what = address(work, node.objtype, node.object)
    detail: Detail = {"value": node.label}
    if node.provider:
        detail["provider"] = node.provider
    work.add(what.kind, what.target, what.sub, "alter", "security label", detail)
$coord0$),
('footprint/rename.py', $coord0$"""RENAME, SET SCHEMA, OWNER TO and DEPENDS ON EXTENSION, of whatever has them."""

from __future__ import annotations

from typing import Any

from ..loader import ast, enums
from ..names import Table, quoted
from .alter_table import WRITTEN_KINDS
from .columns import note_sequence
from .constraints import rename_index
from .objects import (
    FAMILIES,
    MEMBERS,
    RELATION_KINDS,
    ROUTINES,
    Address,
    address,
    column_kind,
    forget,
    note_routine,
)
from .publication import publication_renamed
from .work import Detail, Node, Target, Work, role_name

_O = enums.ObjectType


def rename(work: Work, node: Node) -> None:
    what = node.renameType
    if what in (_O.OBJECT_COLUMN, _O.OBJECT_ATTRIBUTE):
        _rename_column(work, node)
        return
    detail: Detail = {}
    if node.missing_ok:
        detail["if_exists"] = True
    if what in MEMBERS:
        target = work.relation(node.relation) if node.relation is not None else None
        if target is None:
            old = address(work, what, node.object)
        else:
            old = Address(MEMBERS[what], target, node.subname)
        _rename_member(work, old, node.newname, detail)
    elif what == _O.OBJECT_DOMCONSTRAINT:
        domain = address(work, _O.OBJECT_TYPE, node.object)
        old = Address("domain constraint", domain.target, node.subname)
        _rename_member(work, old, node.newname, detail)
    elif what in (_O.OBJECT_ROLE, _O.OBJECT_DATABASE, _O.OBJECT_TABLESPACE, _O.OBJECT_SCHEMA):
        kind = str(what.name).removeprefix("OBJECT_").lower()
        _move(work, Address(kind, Target(None, node.subname)), node.newname, None, detail)
        if kind == "schema":
            work.scope.dropped("schema", None, node.subname)
            work.scope.created("schema", None, node.newname)
            _schema_renamed(work, node.subname, node.newname)
    elif node.relation is not None:
        _rename_relation(work, node, detail)
    else:
        old = address(work, what, node.object)
        _move(work, old, node.newname, None, detail)
        if old.kind == "publication":
            publication_renamed(work, old.target.name, node.newname)


def _rename_column(work: Work, node: Node) -> None:
    target = work.relation(node.relation)
    written = WRITTEN_KINDS.get(node.relationType, "table")
    kind = column_kind(work, target, written)
    if node.renameType == _O.OBJECT_ATTRIBUTE:
        kind = "composite type column"
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    if node.behavior == enums.DropBehavior.DROP_CASCADE:
        detail["cascade"] = True
    table = work.table(target)
    _column_touches(work, kind, target, node, detail)
    _column_follows(table, node)
    for child in work.descendants(table):
        own = f"{work.relation_kind(child)} column"
        _column_touches(work, own, child, node, {"implied": True})
        _column_follows(work.table(child), node)


def _column_touches(work: Work, kind: str, target: Target, node: Node, detail: Detail) -> None:
    old, new = node.subname, node.newname
    work.add(kind, target, old, "drop", "name", {**detail, "renamed_to": new})
    work.add(kind, target, new, "create", "name", {**detail, "renamed_from": old})


def _column_follows(table: Table | None, node: Node) -> None:
    """Indexes and constraints keep their names, and know the column by its new one."""
    if table is None:
        return
    old, new = node.subname, node.newname
    table.columns = {
        (new if name == old else name): column for name, column in table.columns.items()
    }
    for facts in (*table.constraints.values(), *table.indexes.values()):
        facts["columns"] = [new if name == old else name for name in facts["columns"]]


def _rename_member(work: Work, old: Address, new_name: str, detail: Detail) -> None:
    kind, target, sub = old
    assert sub is not None
    work.add(kind, target, sub, "drop", "name", {**detail, "renamed_to": new_name})
    work.add(kind, target, new_name, "create", "name", {**detail, "renamed_from": sub})
    table = work.table(target)
    if kind == "table constraint":
        for schema, _ in target.options:
            work.scope.constraint_removed(schema, sub)
            work.scope.constraint_added(schema, new_name)
        _rename_index_of(work, target, table, sub, new_name)
    elif kind == "trigger" and table is not None and sub in table.triggers:
        table.triggers[new_name] = table.triggers.pop(sub)


_ENDINGS = ("_pkey", "_key", "_excl")


def _rename_index_of(work: Work, target: Target, table: Table | None, old: str, new: str) -> None:
    """The index behind a constraint is renamed with it."""
    facts: dict[str, Any] | None = None
    if table is not None:
        facts = table.constraints.pop(old, None)
        if facts is not None:
            table.constraints[new] = facts
    index = target.renamed(old)
    if facts is not None:
        if facts["type"] not in ("primary key", "unique", "exclusion"):
            return
    elif not old.endswith(_ENDINGS) or (table is not None and table.complete):
        return
    rename_index(work, index, new, implied=True)
    if table is not None:
        kept = table.indexes.get(target.renamed(new).options[0])
        if kept is not None:
            kept["constraint"] = new


def _rename_relation(work: Work, node: Node, detail: Detail) -> None:
    what = node.renameType
    target = work.relation(node.relation)
    written = "type" if what == _O.OBJECT_TYPE else WRITTEN_KINDS.get(what, "table")
    kind = work.relation_kind(target, written)
    _move(work, Address(kind, target), node.newname, None, detail)


def _move(
    work: Work, old: Address, new_name: str | None, new_schema: str | None, detail: Detail
) -> None:
    """An object under another name, or in another schema: the old one goes, a new one comes."""
    kind, target, sub = old
    name = new_name if new_name is not None else target.name
    if "(" in target.name and kind in FAMILIES and new_name is not None:
        # A routine keeps its argument types.
        name = new_name + target.name[len(_bare(target.name)) :]
    new = target.renamed(name) if new_schema is None else Target(new_schema, name)
    facet = "name" if new_schema is None else "schema"
    to: Any = name if new_schema is None else new_schema
    origin: Any = target.name if new_schema is None else target.schema
    work.add(kind, target, sub, "drop", facet, {**detail, "renamed_to": to})
    work.add(kind, new, sub, "create", facet, {**detail, "renamed_from": origin})
    _follow(work, old, new)


def _bare(signature: str) -> str:
    return signature.partition("(")[0]


def _follow(work: Work, old: Address, new: Target) -> None:
    kind, target, _ = old
    scope = work.scope
    if kind == "sequence" and work.table(target) is None:
        note_sequence(work, target)
    if kind in RELATION_KINDS or (kind == "type" and work.table(target) is not None):
        _relation_follows(work, target, new)
        return
    forget(work, old)
    if kind in ROUTINES.values():
        note_routine(work, kind, new, _bare(new.name))
        return
    family = FAMILIES.get(kind)
    if family is not None:
        for schema, name in new.options:
            scope.created(family, schema, _bare(name) if kind == "operator" else name)


def _relation_follows(work: Work, old: Target, new: Target) -> None:
    """What the script knows of a relation is true of it under its new name."""
    here, there = old.options[0], new.options[0]
    index = work.table(old)
    if index is not None and index.kind == "index" and index.owner is not None:
        _rename_constraint_of(work, index.owner, here, there)
        for child in work.descendants(index.owner):
            table = work.table(child)
            for facts in table.indexes.values() if table is not None else ():
                if facts.get("part_of") == here:
                    facts["part_of"] = there
    for one, other in zip(old.options, new.options, strict=False):
        work.scope.relation_moved(one, other)
    table = work.scope.tables.get(there)
    if table is not None and here[0] != there[0]:
        _belongings_move(work, table, here[0], there[0])


def _rename_constraint_of(
    work: Work, table: Table, old: tuple[str | None, str], new: tuple[str | None, str]
) -> None:
    """A constraint is called what its index is called."""
    name = table.indexes.get(old, {}).get("constraint")
    place = next((place for place, one in work.scope.tables.items() if one is table), None)
    if name is None or place is None or name not in table.constraints:
        return
    work.look_at(len(work.scope.tables))
    table.constraints[new[1]] = table.constraints.pop(name)
    table.indexes[old]["constraint"] = new[1]
    work.scope.constraint_removed(place[0], name)
    work.scope.constraint_added(place[0], new[1])
    target = Target(*place)
    kind = "table constraint"
    work.add(kind, target, name, "drop", "name", {"renamed_to": new[1], "implied": True})
    work.add(kind, target, new[1], "create", "name", {"renamed_from": name, "implied": True})


def _belongings_move(
    work: Work, table: Table, old_schema: str | None, new_schema: str | None
) -> None:
    """Indexes, constraints and owned sequences follow their table into another schema."""
    work.look_at(len(table.indexes) + len(table.columns) + len(table.constraints))
    for index in list(table.indexes):
        moved = (new_schema, index[1])
        work.scope.relation_moved(index, moved, "index")
        _implied_move(work, "index", index, moved)
    for column in table.columns.values():
        if column.sequence is not None:
            moved = (new_schema, column.sequence[1])
            work.scope.relation_moved(column.sequence, moved, "sequence")
            _implied_move(work, "sequence", column.sequence, moved)
            column.sequence = moved
    for name in table.constraints:
        work.scope.constraint_removed(old_schema, name)
        work.scope.constraint_added(new_schema, name)


def _implied_move(
    work: Work, kind: str, old: tuple[str | None, str], new: tuple[str | None, str]
) -> None:
    work.add(kind, Target(*old), None, "drop", "schema", {"renamed_to": new[0], "implied": True})
    work.add(
        kind, Target(*new), None, "create", "schema", {"renamed_from": old[0], "implied": True}
    )


def _schema_renamed(work: Work, old: str, new: str) -> None:
    work.look_at(len(work.scope.tables))
    for place in [place for place in work.scope.tables if place[0] == old]:
        table = work.scope.tables.get(place)
        if table is not None:
            _implied_move(work, table.kind, place, (new, place[1]))
            work.scope.relation_moved(place, (new, place[1]), table.kind)
            for column in table.columns.values():
                if column.sequence is not None and column.sequence[0] == old:
                    column.sequence = (new, column.sequence[1])
            for name in table.constraints:
                work.scope.constraint_removed(old, name)
                work.scope.constraint_added(new, name)
    for (kind, schema, name), signatures in list(work.routines.items()):
        if schema == old:
            for signature in list(signatures):
                moved = Target(new, signature)
                _implied_move(work, kind, (old, signature), (new, signature))
                forget(work, Address(kind, Target(old, signature)))
                note_routine(work, kind, moved, name)


def set_schema(work: Work, node: Node) -> None:
    what = node.objectType
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    old = address(work, what, node.object, node.relation)
    if what == _O.OBJECT_EXTENSION:
        work.add("extension", old.target, None, "alter", "schema", {"value": node.newschema})
        return
    _move(work, old, None, node.newschema, detail)


def set_owner(work: Work, node: Node) -> None:
    what = address(work, node.objectType, node.object, node.relation)
    work.add(
        what.kind, what.target, what.sub, "alter", "owner", {"value": role_name(node.newowner)}
    )
    work.role_use(node.newowner)


def depends_on_extension(work: Work, node: Node) -> None:
    object_ = node.object
    if node.relation is not None and object_.__class__ is ast.String:
        object_ = (object_,)
    what = address(work, node.objectType, object_, node.relation)
    extension = node.extname.sval
    work.add(
        what.kind,
        what.target,
        what.sub,
        "alter",
        "extension",
        {"value": not node.remove, "extension": extension},
    )
    work.use("extension", Target(None, extension), None, {"by": what.kind})


__all__ = ["depends_on_extension", "quoted", "rename", "set_owner", "set_schema"]
$coord0$),
('footprint/routine.py', $coord0$"""Functions, procedures, aggregates."""

from __future__ import annotations

from collections.abc import Sequence

from ..loader import ast, enums
from ..model import Json
from ..names import Relation, setting_values, type_parts
from ..uses import routine_body_uses
from ..uses.nodes import is_a
from .canonical import full_text, literal, shortened
from .objects import note_routine, routine
from .work import Detail, Node, Target, Work, name_argument, option_value, strings

_MODE = enums.FunctionParameterMode
_INPUT = frozenset(
    (
        _MODE.FUNC_PARAM_IN,
        _MODE.FUNC_PARAM_INOUT,
        _MODE.FUNC_PARAM_VARIADIC,
        _MODE.FUNC_PARAM_DEFAULT,
    )
)

_OUTPUT = frozenset((_MODE.FUNC_PARAM_OUT, _MODE.FUNC_PARAM_INOUT, _MODE.FUNC_PARAM_TABLE))

_BUILTIN_LANGUAGES = frozenset(("sql", "plpgsql", "c", "internal"))


def create_function(work: Work, node: Node) -> None:
    kind = "procedure" if node.is_procedure else "function"
    parts = strings(node.funcname)
    place = work.new(parts)
    parameters = node.parameters or ()
    inputs = [one.argType for one in parameters if one.mode in _INPUT]
    target = place.renamed(work.signature(place.name, inputs))
    detail: Detail = {}
    if node.replace:
        detail["or_replace"] = True
    if node.returnType is not None:
        detail["returns"] = work.type_text(node.returnType, False)
    detail["definition"] = _definition(work, node, parameters)
    names: list[Json] = [one.name for one in parameters if one.mode in _INPUT]
    if any(names):
        detail["arguments"] = names
    work.add(kind, target, None, "create", "definition", detail)
    note_routine(work, kind, target, place.name)
    _note_result(work, place.options[0], node)
    by: Detail = {"by": kind}
    for parameter in parameters:
        work.type_use(parameter.argType, **by)
        work.expression(parameter.defexpr, None, **by)
    if node.returnType is not None:
        work.type_use(node.returnType, **by)
    for option in node.options or ():
        if option.defname == "language" and option.arg.sval not in _BUILTIN_LANGUAGES:
            work.use("language", Target(None, option.arg.sval), None, by)
        elif option.defname == "support":
            work.routine_use(option.arg, None, **by)
        elif option.defname == "transform":
            for type_ in option.arg:
                work.type_use(type_, **by)
    work.extend(routine_body_uses(node, work.scope), **by)


def _note_result(work: Work, name: Relation, node: Node) -> None:
    """Remember what columns a call in FROM has."""
    columns: tuple[str, ...] | None = tuple(
        [one.name or f"column{no}" for no, one in enumerate(_returned(node), 1)]
    )
    if not columns and node.returnType is not None and not node.returnType.pct_type:
        options = work.scope.resolve(type_parts(node.returnType), "type")
        table = work.scope.tables.get(options[0])
        columns = tuple(table.columns) if table is not None and table.complete else None
    known = work.scope.returned
    known[name] = columns if known.get(name, columns) == columns else None


def _returned(node: Node) -> list[Node]:
    return [one for one in node.parameters or () if one.mode in _OUTPUT]


def _definition(work: Work, node: Node, parameters: Sequence[Node]) -> str:
    scope = work.scope
    arguments = []
    for one in parameters:
        text = f"{one.mode.value} {one.name or ''} {work.type_text(one.argType, False)}"
        if one.defexpr is not None:
            text += f" default {full_text(one.defexpr, scope)}"
        arguments.append(text)
    options = sorted(
        f"{option.defname} {_option_text(work, option)}" for option in node.options or ()
    )
    returns = work.type_text(node.returnType, False) if node.returnType is not None else ""
    setof = "setof " if node.returnType is not None and node.returnType.setof else ""
    body = full_text(node.sql_body, scope) if node.sql_body is not None else ""
    return shortened(
        f"({', '.join(arguments)}) returns {setof}{returns} {'; '.join(options)} {body}".rstrip()
    )


def _option_text(work: Work, option: Node) -> str:
    if option.defname == "as":
        return " ".join(literal(part.sval) for part in option.arg)
    return work.canonical(option.arg)


_FACETS = {"set": "configuration"}


def alter_function(work: Work, node: Node) -> None:
    words = {
        enums.ObjectType.OBJECT_FUNCTION: "function",
        enums.ObjectType.OBJECT_PROCEDURE: "procedure",
        enums.ObjectType.OBJECT_ROUTINE: "routine",
        enums.ObjectType.OBJECT_AGGREGATE: "aggregate",
    }
    kind, target, _ = routine(work, words[node.objtype], node.func)
    for action in node.actions:
        name = action.defname
        if name == "set":
            setting = action.arg
            value: Json = {setting.name or "all": _setting(setting)}
        else:
            value = option_value(action)
        work.add(kind, target, None, "alter", _FACETS.get(name, name), {"value": value})
        if name == "support" and action.arg is not None:
            work.routine_use(action.arg, None, by=kind)


def _setting(node: Node) -> Json:
    values = setting_values(node)
    if values is None:
        return None
    return [*values] or [option_value_text(argument) for argument in node.args]


def option_value_text(node: Node) -> Json:
    value = getattr(node, "val", None)
    for attribute in ("ival", "fval", "boolval"):
        found = getattr(value, attribute, None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    return str(node)


# -------------------------------------------------------------------- aggregates


_SUPPORT = frozenset(
    (
        "sfunc",
        "finalfunc",
        "combinefunc",
        "serialfunc",
        "deserialfunc",
        "msfunc",
        "minvfunc",
        "mfinalfunc",
        "sfunc1",
    )
)
_TYPES = frozenset(("stype", "mstype", "stype1", "basetype"))


def define_aggregate(work: Work, node: Node) -> None:
    place = work.new(strings(node.defnames))
    types = _old_style(node) if node.oldstyle else _arguments(node.args)
    target = place.renamed(work.signature(place.name, types))
    words = []
    by: Detail = {"by": "aggregate"}
    for option in node.definition or ():
        words.append(f"{option.defname} = {work.canonical(option.arg)}")
    detail: Detail = {"definition": shortened(", ".join(sorted(words)))}
    if node.replace:
        detail["or_replace"] = True
    work.add("aggregate", target, None, "create", "definition", detail)
    note_routine(work, "aggregate", target, place.name)
    for type_ in types:
        work.type_use(type_, **by)
    for option in node.definition or ():
        if option.defname in _SUPPORT and is_a(option.arg, ast.TypeName):
            work.routine_use(option.arg.names, None, **by)
        elif option.defname in _TYPES and is_a(option.arg, ast.TypeName):
            work.type_use(option.arg, **by)
        elif option.defname == "sortop":
            parts = strings(name_argument(work, option))
            if len(parts) > 1:
                work.use("operator", work.reference(parts, "operator"), None, by)


def _old_style(node: Node) -> list[Node]:
    for option in node.definition or ():
        if option.defname == "basetype":
            names: Sequence[Node] = option.arg.names if is_a(option.arg, ast.TypeName) else ()
            if len(names) == 1 and names[0].sval.lower() == "any":
                return []
            return [option.arg] if names else []
    return []


def _arguments(args: Sequence[Node] | None) -> list[Node]:
    """Direct and aggregated arguments in one row; a variadic one that is both counts once."""
    if not args or not args[0]:
        return []
    parameters = list(args[0])
    direct = args[1].ival if len(args) > 1 and hasattr(args[1], "ival") else -1
    if 0 < direct < len(parameters):
        first, last = parameters[direct - 1], parameters[-1]
        if (
            first.mode == _MODE.FUNC_PARAM_VARIADIC
            and last.mode == _MODE.FUNC_PARAM_VARIADIC
            and direct == len(parameters) - 1
        ):
            parameters.pop()
    return [parameter.argType for parameter in parameters]
$coord0$),
('footprint/schema.py', $coord0$"""CREATE SCHEMA, with the objects written inside it."""

from __future__ import annotations

from .work import Detail, Node, Target, Work, role_name


def create_schema(work: Work, node: Node) -> None:
    name = node.schemaname or role_name(node.authrole)
    detail: Detail = {"definition": f"schema {name}"}
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists("schema", None, name):
            work.use("schema", Target(None, name), None, {"if_not_exists": True})
            return
    if node.authrole is not None:
        detail["owner"] = role_name(node.authrole)
        work.role_use(node.authrole, by="schema")
    work.add("schema", Target(None, name), None, "create", "definition", detail)
    work.scope.created("schema", None, name)
    if not node.schemaElts:
        return
    around = work.scope
    # The elements are created as if the schema stood first in the path, whatever order they are
    # written in: the server sorts them by kind, so that each finds what it needs.
    work.scope = around.with_path((name, *around.search_path))
    try:
        for element in sorted(node.schemaElts, key=_turn):
            work.dispatch(work, element)
    finally:
        work.scope = around


_TURNS = {
    "CreateSeqStmt": 0,
    "CreateStmt": 1,
    "ViewStmt": 2,
    "IndexStmt": 3,
    "CreateTrigStmt": 4,
    "GrantStmt": 5,
}


def _turn(element: Node) -> int:
    return _TURNS.get(element.__class__.__name__, 2)
$coord0$),
('footprint/sequence.py', $coord0$"""CREATE SEQUENCE, ALTER SEQUENCE."""

from __future__ import annotations

from collections.abc import Sequence

from .canonical import shortened
from .columns import note_sequence
from .work import Detail, Node, Target, Work, option_value, option_values, role_name, strings

__all__ = ["alter_sequence", "create_sequence", "role_name"]


def create_sequence(work: Work, node: Node) -> None:
    target = work.new_relation(node.sequence)
    options = [option for option in node.options or () if option.defname != "owned_by"]
    detail: Detail = {"definition": _definition(work, options)}
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists("relation", target.schema, target.name):
            work.use("sequence", target, None, {"if_not_exists": True})
            return
    if node.sequence.relpersistence == "u":
        detail["persistence"] = "unlogged"
    owner = _owned_by(node.options or ())
    if owner:
        detail["owned_by"] = list(owner)
    work.add("sequence", target, None, "create", "definition", detail)
    note_sequence(work, target)
    _own(work, target, owner)
    _use_owner(work, owner)


def alter_sequence(work: Work, node: Node) -> None:
    target = work.relation(node.sequence)
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    options: Detail = {}
    for option in node.options or ():
        name = option.defname
        if name == "owned_by":
            owner = _owned_by((option,))
            work.add(
                "sequence", target, None, "alter", "owned by", {**detail, "value": list(owner)}
            )
            work.disown(target)
            _own(work, target, owner)
            _use_owner(work, owner)
        elif name == "restart":
            value = option_value(option)
            work.add("sequence", target, None, "alter", "value", {**detail, "value": value})
        elif name == "as":
            text = work.type_text(option.arg)
            work.add("sequence", target, None, "alter", "type", {**detail, "value": text})
        else:
            options[name] = option_value(option)
    if options:
        work.add("sequence", target, None, "alter", "options", {**detail, "value": options})


def _definition(work: Work, options: Sequence[Node]) -> str:
    values = option_values(option for option in options if option.defname != "as")
    type_ = next(
        (work.type_text(option.arg) for option in options if option.defname == "as"), "bigint"
    )
    return shortened(f"as {type_} {sorted(values.items(), key=str)}" if values else f"as {type_}")


def _owned_by(options: Sequence[Node]) -> tuple[str, ...]:
    """``table.column`` of OWNED BY; empty for NONE."""
    for option in options:
        if option.defname == "owned_by":
            parts = strings(option.arg)
            return parts if len(parts) > 1 else ()
    return ()


def _own(work: Work, sequence: Target, owner: tuple[str, ...]) -> None:
    """From now on it goes where the column goes."""
    if not owner:
        return
    table = work.table(work.reference(owner[:-1], "relation"))
    known = work.table(sequence)
    if table is not None and known is not None and owner[-1] in table.columns:
        table.columns[owner[-1]].sequence = sequence.options[0]
        known.owner = table


def _use_owner(work: Work, owner: tuple[str, ...]) -> None:
    if owner:
        table = work.reference(owner[:-1], "relation")
        work.use("table column", table, owner[-1], {"by": "sequence"})


__all__ += ["Target"]
$coord0$),
('footprint/session.py', $coord0$"""Statements that touch no object but move on what names mean for those that follow."""

from __future__ import annotations

from ..loader import enums
from ..names import setting_values
from .work import Node, Work

_KIND = enums.VariableSetKind
_TRANSACTION = enums.TransactionStmtKind

_BEGINS = (_TRANSACTION.TRANS_STMT_BEGIN, _TRANSACTION.TRANS_STMT_START)
_COMMITS = (
    _TRANSACTION.TRANS_STMT_COMMIT,
    _TRANSACTION.TRANS_STMT_PREPARE,
    _TRANSACTION.TRANS_STMT_COMMIT_PREPARED,
)


def set_variable(work: Work, node: Node) -> None:
    if node.kind == _KIND.VAR_RESET_ALL:
        work.scope.set_search_path(None)
    elif node.name == "search_path" and node.kind != _KIND.VAR_SET_CURRENT:
        values = None if node.kind == _KIND.VAR_RESET else setting_values(node)
        work.scope.set_search_path(values, bool(node.is_local))


def transaction(work: Work, node: Node) -> None:
    if node.kind in _BEGINS:
        work.scope.begin()
    elif node.kind in _COMMITS:
        work.scope.commit()
    elif node.kind == _TRANSACTION.TRANS_STMT_ROLLBACK:
        work.scope.rollback()


def discard(work: Work, node: Node) -> None:
    if node.target == enums.DiscardMode.DISCARD_ALL:
        work.scope.set_search_path(None)
$coord0$),
('footprint/shared.py', $coord0$"""Objects that belong to the whole server: roles, databases, tablespaces, settings."""

from __future__ import annotations

from ..names import setting_values
from .work import Detail, Node, Target, Work, option_values, role_name


def create_role(work: Work, node: Node) -> None:
    options = sorted(option.defname for option in node.options or ())
    kind = str(node.stmt_type.name).removeprefix("ROLESTMT_").lower()
    detail: Detail = {"definition": f"{kind} {' '.join(options)}"}
    work.add("role", Target(None, node.role), None, "create", "definition", detail)


def alter_role(work: Work, node: Node) -> None:
    names = [option.defname for option in node.options or ()]
    if names == ["rolemembers"]:
        for member in node.options[0].arg:
            action: str = "membership"
            work.add(
                "role",
                Target(None, role_name(node.role)),
                None,
                "alter",
                action,
                {"value": node.action == 1, "grantee": [role_name(member)]},
            )
        return
    # Passwords are options: their values are nobody's business.
    work.add(
        "role", Target(None, role_name(node.role)), None, "alter", "options", {"value": list(names)}
    )


def alter_role_set(work: Work, node: Node) -> None:
    name = role_name(node.role) if node.role is not None else "all"
    work.add("role", Target(None, name), None, "alter", "configuration", _setting(node.setstmt))


def _setting(node: Node) -> Detail:
    values = setting_values(node)
    return {"value": {node.name or "all": None if values is None else list(values)}}


def drop_role(work: Work, node: Node) -> None:
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    for role in node.roles:
        work.add("role", Target(None, role_name(role)), None, "drop", "definition", detail)


def grant_role(work: Work, node: Node) -> None:
    for privilege in node.granted_roles:
        grantees = [role_name(role) for role in node.grantee_roles]
        work.add(
            "role",
            Target(None, privilege.priv_name),
            None,
            "alter",
            "membership",
            {"value": bool(node.is_grant), "grantee": list(grantees)},
        )


def owned(work: Work, node: Node) -> None:
    """DROP OWNED and REASSIGN OWNED: whatever belongs to a role, only the catalog knows."""
    drops = node.__class__.__name__ == "DropOwnedStmt"
    for role in node.roles:
        detail: Detail = {"opaque": True, "value": None if drops else role_name(node.newrole)}
        work.add("role", Target(None, role_name(role)), None, "alter", "contents", detail)


def create_database(work: Work, node: Node) -> None:
    value = sorted(option_values(node.options).items(), key=str)
    detail: Detail = {"definition": f"database {value}"}
    work.add("database", Target(None, node.dbname), None, "create", "definition", detail)


def alter_database(work: Work, node: Node) -> None:
    target = Target(None, node.dbname)
    setting = getattr(node, "setstmt", None)
    if setting is not None:
        work.add("database", target, None, "alter", "configuration", _setting(setting))
    elif hasattr(node, "options"):
        value = option_values(node.options)
        work.add("database", target, None, "alter", "options", {"value": value})
    else:
        work.add("database", target, None, "alter", "version", {"value": "refresh"})


def drop_database(work: Work, node: Node) -> None:
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    work.add("database", Target(None, node.dbname), None, "drop", "definition", detail)


def create_tablespace(work: Work, node: Node) -> None:
    detail: Detail = {"definition": f"tablespace {node.location}"}
    target = Target(None, node.tablespacename)
    work.add("tablespace", target, None, "create", "definition", detail)


def alter_tablespace(work: Work, node: Node) -> None:
    value = sorted(option.defname for option in node.options or ())
    work.add(
        "tablespace",
        Target(None, node.tablespacename),
        None,
        "alter",
        "options",
        {"value": list(value), "reset": bool(node.isReset)},
    )


def drop_tablespace(work: Work, node: Node) -> None:
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    target = Target(None, node.tablespacename)
    work.add("tablespace", target, None, "drop", "definition", detail)


def alter_system(work: Work, node: Node) -> None:
    """A setting of the whole server; no object of a schema, but two such changes collide."""
    name = node.setstmt.name or "all"
    work.add("setting", Target(None, name), None, "alter", "value", _setting(node.setstmt))
$coord0$),
('footprint/statistics.py', $coord0$"""Extended statistics."""

from __future__ import annotations

from ..names import quoted
from . import automatic_names as names
from .canonical import full_text, shortened
from .work import Detail, Node, Work, place, strings

_FAMILY = "statistics object"


def create_statistics(work: Work, node: Node) -> None:
    relation = work.relation(node.relations[0])
    automatic = not node.defnames
    if automatic:
        middle = names.addition([element.name or "expr" for element in node.exprs])
        name = names.other_name(work.scope, _FAMILY, relation.schema, relation.name, middle, "stat")
        target = relation.renamed(name)
    else:
        target = work.new(strings(node.defnames))
    elements = [
        quoted(element.name) if element.name else full_text(element.expr, work.scope)
        for element in node.exprs
    ]
    kinds = sorted(strings(node.stat_types or ()))
    detail: Detail = {
        "definition": shortened(f"({', '.join(kinds)}) on {', '.join(elements)} from "
                                f"{relation.text()}"),
        "table": place(relation),
    }  # fmt: skip
    if automatic:
        detail["automatic"] = True
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists(_FAMILY, *target.options[0]):
            work.use(_FAMILY, target, None, {"if_not_exists": True})
            return
    work.add(_FAMILY, target, None, "create", "definition", detail)
    for schema, name in target.options:
        work.scope.created(_FAMILY, schema, name)
    by: Detail = {"by": _FAMILY}
    work.use("table", relation, None, {**by, "own": True})
    for element in node.exprs:
        if element.name:
            work.use("table column", relation, element.name, {**by, "own": True})
        else:
            work.expression(element.expr, relation, **by)


def alter_statistics(work: Work, node: Node) -> None:
    target = work.reference(strings(node.defnames), _FAMILY)
    value = getattr(node.stxstattarget, "ival", None)
    detail: Detail = {"value": value}
    if node.missing_ok:
        detail["if_exists"] = True
    work.add(_FAMILY, target, None, "alter", "statistics", detail)
$coord0$),
('footprint/subject.py', $coord0$"""What an ALTER statement is about: the relation, as far as the script tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .work import Detail, Target, Work

Command = Callable[["Subject", Any], None]
"""The handler of one subcommand of ALTER TABLE."""

COLUMN_KINDS = {"type": "composite type column"}


class Subject:
    """The relation that an ALTER statement is about."""

    __slots__ = ("work", "target", "table", "kind", "column_kind", "guard")

    def __init__(self, work: Work, target: Target, kind: str, missing_ok: bool, only: bool) -> None:
        self.work = work
        self.target = target
        self.table = work.table(target)
        self.kind = kind
        self.column_kind = COLUMN_KINDS.get(kind, f"{kind} column")
        self.guard: Detail = {"if_exists": True, "relation_if_exists": True} if missing_ok else {}
        if only:
            self.guard["only"] = True

    def alter(self, facet: str, **detail: Any) -> None:
        """Change the relation itself."""
        self.work.add(self.kind, self.target, None, "alter", facet, {**self.guard, **detail})

    def column(self, name: str, facet: str, **detail: Any) -> None:
        self.work.add(self.column_kind, self.target, name, "alter", facet, {**self.guard, **detail})

    def children(self) -> list[Target]:
        """Partitions and heirs that the script itself has made."""
        return [] if "only" in self.guard else self.work.descendants(self.table)
$coord0$),
('footprint/table.py', $coord0$"""CREATE TABLE in all its forms, CREATE FOREIGN TABLE."""

from __future__ import annotations

from typing import Any

from ..loader import ast, enums
from ..names import Column, Relation, Table, quoted
from ..uses.nodes import is_a
from . import automatic_names as names
from .bounds import bound_values
from .canonical import shortened
from .columns import Later, Pending, copy_column, create_column, create_sequence_of
from .constraints import (
    create_constraints,
    implied_constraint,
    note_index,
    use_of_whole,
    use_own_columns,
)
from .foreign_key import create_foreign_keys
from .work import Detail, Node, Target, Work, option_values, place

_LIKE = enums.TableLikeOption
_PARTITION_WORDS = {"l": "list", "r": "range", "h": "hash"}


def create_table(work: Work, node: Node) -> None:
    _create(work, node, "table", {})


def create_foreign_table(work: Work, node: Node) -> None:
    detail: Detail = {"server": node.servername}
    options = option_values(node.options)
    if options:
        detail["options"] = options
    _create(work, node.base, "foreign table", detail)
    work.use("server", Target(None, node.servername), None, {"by": "foreign table"})


def _create(work: Work, node: Node, kind: str, detail: Detail) -> None:
    scope = work.scope
    target = work.new_relation(node.relation)
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if scope.exists("relation", target.schema, target.name):
            work.use(work.relation_kind(target), target, None, {"if_not_exists": True})
            return
    if node.relation.relpersistence == "u":
        detail["persistence"] = "unlogged"
    position = len(work.touches)
    table = note_table(work, target, kind)
    later = Later()
    copied: list[Node] = []
    _parents(work, target, table, kind, node, detail)
    for element in node.tableElts or ():
        if element.__class__ is ast.ColumnDef:
            if element.typeName is None:
                _column_options(work, target, table, kind, element, later)
            else:
                create_column(work, target, table, kind, element, later)
        elif element.__class__ is ast.TableLikeClause:
            copied.append(element)
            _like_columns(work, target, table, kind, element)
        else:
            later.add(element, None)
    for constraint in node.constraints or ():
        later.add(constraint, None)
    _inherited_constraints(work, target, table)
    create_constraints(work, target, table, kind, later, new_table=True)
    for element in copied:
        _like_constraints(work, target, table, kind, element)
    create_foreign_keys(work, target, table, kind, later)
    _inherited_keys(work, target, table)
    if node.partspec is not None:
        _partitioning(work, target, node.partspec)
        table.partitioned = True
    detail["definition"] = _definition(work, target, node, kind, position)
    # The table comes first, though what it is made of is known last.
    tail = work.touches[position:]
    del work.touches[position:]
    work.add(kind, target, None, "create", "definition", detail)
    work.touches += tail


def note_table(work: Work, target: Target, kind: str, complete: bool = True) -> Table:
    """Remember a relation that the script creates."""
    scope = work.scope
    table = Table(kind, complete)
    for schema, name in target.options:
        scope.created("relation", schema, name)
        scope.created("type", schema, name)
        scope.tables[(schema, name)] = table
    return table


def _definition(work: Work, target: Target, node: Node, kind: str, position: int) -> str:
    """What was made, whatever the order in which constraints were written."""
    parts: list[str] = []
    for touch in work.touches[position:]:
        if touch.action != "create":
            continue
        if (touch.schema, touch.name) == (target.schema, target.name) and touch.sub is not None:
            parts.append(f"{quoted(touch.sub)} {touch.detail.get('definition')}")
    extra: list[str] = []
    for name in ("inhRelations", "partbound", "partspec", "ofTypename"):
        value = getattr(node, name)
        if value:
            extra.append(work.canonical(value))
    for element in node.tableElts or ():
        if is_a(element, ast.TableLikeClause):
            extra.append(f"like {work.canonical(element.relation)} {int(element.options)}")
    if node.options:
        extra.append(f"with {sorted(option_values(node.options).items())}")
    for name in ("tablespacename", "accessMethod"):
        value = getattr(node, name)
        if value:
            extra.append(f"{name.lower()} {value}")
    if node.relation.relpersistence == "u":
        extra.append("unlogged")
    return shortened(f"{kind} ({'; '.join(parts)}) {' '.join(extra)}".rstrip())


# -------------------------------------------------------------------- parents, partitions, types


def _parents(
    work: Work, target: Target, table: Table, kind: str, node: Node, detail: Detail
) -> None:
    for relation in node.inhRelations or ():
        parent = work.relation(relation)
        is_partition = node.partbound is not None
        note: Detail = {"by": kind, "as": "partitioned table" if is_partition else "parent"}
        if is_partition:
            bound = work.canonical(node.partbound)
            detail["partition_of"] = place(parent)
            detail["bound"] = bound
            note["bound"] = bound
            note["bounds"] = bound_values(node.partbound)
            work.expression(
                (node.partbound.listdatums, node.partbound.lowerdatums, node.partbound.upperdatums)
                if _has_calls(node.partbound)
                else None,
                None,
                by=kind,
            )
        work.use("table", parent, None, note)
        table.parents.append(parent.options[0])
        known = work.table(parent)
        if known is None:
            table.complete = False
            continue
        known.children.append(target.options[0])
        work.look_at(len(known.columns) + len(known.constraints) + len(known.indexes))
        table.complete = table.complete and known.complete
        for name, column in known.columns.items():
            if name not in table.columns:
                copy_column(work, target, table, kind, name, column, "parent")
    if node.ofTypename is not None:
        work.type_use(node.ofTypename, by=kind)
        parts = tuple(name.sval for name in node.ofTypename.names)
        known = work.scope.tables.get(work.scope.resolve(parts, "type")[0])
        if known is None:
            table.complete = False
        else:
            known.children.append(target.options[0])
            table.parents.append(work.scope.resolve(parts, "type")[0])
            for name, column in known.columns.items():
                copy_column(work, target, table, kind, name, column, "type")


def _has_calls(bound: Node) -> bool:
    for values in (bound.listdatums, bound.lowerdatums, bound.upperdatums):
        for value in values or ():
            if value.__class__ is not ast.A_Const and value.__class__ is not ast.ColumnRef:
                return True
    return False


def _inherited_constraints(work: Work, target: Target, table: Table) -> None:
    for parent in table.parents:
        known = work.scope.tables.get(parent)
        if known is None:
            continue
        partition = known.partitioned
        for name, facts in known.constraints.items():
            goes_down = facts["type"] == "check" and not facts.get("no_inherit")
            if goes_down:
                _implied_constraint(work, target, table, name, facts)
            elif facts["type"] == "foreign key" and partition:
                _implied_constraint(work, target, table, name, facts)
                work.use("table constraint", Target(*parent), name, {"by": "table constraint"})


def _implied_constraint(
    work: Work, target: Target, table: Table, name: str, facts: dict[str, Any]
) -> None:
    detail: Detail = {
        "constraint_type": facts["type"],
        "columns": list(facts["columns"]),
        "from": "parent",
    }
    implied_constraint(work, target, table, name, dict(facts), detail)


def _inherited_keys(work: Work, target: Target, table: Table) -> None:
    """A partition gets an index of its own for each index of the partitioned table."""
    for parent in table.parents:
        known = work.scope.tables.get(parent)
        if known is not None and known.partitioned:
            for index, facts in list(known.indexes.items()):
                copy_index(work, target, table, known, facts, (index, parent))
            for name, function in known.triggers.items():
                inherit_trigger(work, target, table, parent, name, function)


def inherit_trigger(
    work: Work, target: Target, table: Table | None, parent: Relation, name: str, function: Node
) -> None:
    """A partition has the row triggers of its table, under the same names."""
    if table is not None:
        table.triggers[name] = function
    detail: Detail = {"implied": True, "from": "parent"}
    work.add("trigger", target, name, "create", "definition", detail)
    work.use("trigger", Target(*parent), name, {"by": "trigger"})
    work.routine_use(function, "", by="trigger", trigger=name)


def copy_index(
    work: Work,
    target: Target,
    table: Table,
    origin: Table,
    facts: dict[str, Any],
    parent: tuple[Relation, Relation] | None = None,
) -> None:
    """An index like the one of another table, under the name that the server chooses.

    ``parent`` is the index of a partitioned table that it becomes a part of, and that table.
    """
    constraint = facts.get("constraint")
    what = origin.constraints.get(constraint, {}).get("type") if constraint else None
    middle: str | None = names.addition(facts.get("names") or facts["columns"])
    label = {"primary key": "pkey", "unique": "key", "exclusion": "excl", None: "idx"}[what]
    if what == "primary key":
        middle = None
    name = names.relation_name(
        work.scope, target.schema, target.name, middle, label, is_constraint=what is not None
    )
    detail: Detail = {"implied": True, "automatic": True, "columns": list(facts["columns"])}
    if what is not None:
        work.add(
            "table constraint",
            target,
            name,
            "create",
            "definition",
            {**detail, "constraint_type": what},
        )
        work.scope.constraint_added(target.schema, name)
        table.constraints[name] = {"type": what, "columns": facts["columns"]}
        if what == "primary key":
            for column in facts["columns"]:
                if column in table.columns:
                    table.columns[column].not_null = True
    work.add(
        "index",
        target.renamed(name),
        None,
        "create",
        "definition",
        {**detail, "table": place(target)},
    )
    own = {**facts, "constraint": name if what else None, "part_of": parent and parent[0]}
    note_index(work, target.renamed(name), table, own)
    by: Detail = {"by": "index", "index": name}
    use_own_columns(work, target, facts["columns"], by)
    if facts.get("expressions"):
        work.expression(facts["expressions"], target, **by)
    if parent is not None:
        use_of_whole(work, *parent, constraint)


def _column_options(
    work: Work, target: Target, table: Table, kind: str, node: Node, later: Later
) -> None:
    """``column WITH OPTIONS \u2026`` of a typed table or a partition: more about a column that comes.

    Its type comes from elsewhere, and is not known when the script does not tell.
    """
    name = node.colname
    column = table.columns.setdefault(name, Column())
    detail: Detail = {"implied": True, "from": "parent"}
    for constraint in node.constraints or ():
        what = constraint.contype
        if what == enums.ConstrType.CONSTR_NOTNULL:
            column.not_null = True
        elif what == enums.ConstrType.CONSTR_DEFAULT:
            column.default = work.canonical(constraint.raw_expr)
            work.expression(constraint.raw_expr, None, by="default value")
        elif what == enums.ConstrType.CONSTR_GENERATED:
            column.generated = work.canonical(constraint.raw_expr)
            work.expression(constraint.raw_expr, target, by="generated column")
        else:
            later.add(constraint, name)
    words = [column.type]
    if column.type:
        detail["type"] = column.type
    if column.not_null:
        detail["not_null"] = True
        words.append("not null")
    for word, value in (("default", column.default), ("generated", column.generated)):
        if value is not None:
            detail[word] = value
            words.append(f"{word} {value}")
    detail["definition"] = shortened(" ".join(words))
    work.add(f"{kind} column", target, name, "create", "definition", detail)


def _partitioning(work: Work, target: Target, spec: Node) -> None:
    for part in spec.partParams:
        if part.name:
            work.use("table column", target, part.name, {"by": "partition key", "own": True})
        work.expression(part.expr, target, by="partition key")
        if part.collation:
            work.collation_name_use(part.collation, by="partition key")
        if part.opclass:
            names_ = tuple(name.sval for name in part.opclass)
            work.use("operator class", work.reference(names_, "operator class"))


# -------------------------------------------------------------------- LIKE


def _like_columns(work: Work, target: Target, table: Table, kind: str, node: Node) -> None:
    options = int(node.options)
    source = work.relation(node.relation)
    including = [
        str(option.name).removeprefix("CREATE_TABLE_LIKE_").lower()
        for option in _LIKE
        if option.name != "CREATE_TABLE_LIKE_ALL" and options & option.value
    ]
    work.use(
        work.relation_kind(source),
        source,
        None,
        {"as": "source", "by": kind, "including": list(including), "all_columns": True},
    )
    known = work.table(source)
    if known is None:
        table.complete = False
        return
    work.look_at(len(known.columns) + len(known.constraints) + len(known.indexes))
    for name, column in list(known.columns.items()):
        defaults = bool(options & _LIKE.CREATE_TABLE_LIKE_DEFAULTS.value)
        generated = bool(options & _LIKE.CREATE_TABLE_LIKE_GENERATED.value)
        copy_column(
            work,
            target,
            table,
            kind,
            name,
            column,
            "like",
            defaults=defaults,
            generated=generated,
        )
        identity = column.sequence is not None and column.default is None
        if identity and options & _LIKE.CREATE_TABLE_LIKE_IDENTITY.value:
            sequence = create_sequence_of(work, target, name, column.type, ())
            table.columns[name].sequence = (sequence.schema, sequence.name)


def _like_constraints(work: Work, target: Target, table: Table, kind: str, node: Node) -> None:
    options = int(node.options)
    known = work.table(work.relation(node.relation))
    if known is None:
        return
    if options & _LIKE.CREATE_TABLE_LIKE_CONSTRAINTS.value:
        for name, facts in list(known.constraints.items()):
            if facts["type"] == "check":
                _implied_constraint(work, target, table, name, facts)
    if options & _LIKE.CREATE_TABLE_LIKE_INDEXES.value and kind == "table":
        for facts in list(known.indexes.values()):
            copy_index(work, target, table, known, facts)


__all__ = ["Pending", "copy_index", "create_foreign_table", "create_table", "note_table"]
$coord0$),
('footprint/trigger.py', $coord0$"""Triggers, event triggers, rules and policies: what watches over a table."""

from __future__ import annotations

from ..loader import enums
from ..model import Json
from ..uses import query_uses
from .canonical import full_text, shortened
from .table import inherit_trigger
from .work import Detail, Node, Target, Work, role_name, strings

_TIMINGS = {2: "before", 64: "instead of"}
_EVENTS = ((4, "insert"), (8, "delete"), (16, "update"), (32, "truncate"))


def create_trigger(work: Work, node: Node) -> None:
    target = work.relation(node.relation)
    kind = work.relation_kind(target)
    events = [word for bit, word in _EVENTS if node.events & bit]
    columns = strings(node.columns or ())
    pieces = [
        "constraint trigger" if node.isconstraint else "trigger",
        _TIMINGS.get(node.timing, "after"),
        " or ".join(events),
    ]
    if columns:
        pieces.append(f"of {', '.join(columns)}")
    pieces.append("for each row" if node.row else "for each statement")
    if node.whenClause is not None:
        pieces.append(f"when {full_text(node.whenClause, work.scope)}")
    if node.transitionRels:
        pieces.append(f"referencing {work.canonical(node.transitionRels)}")
    if node.deferrable:
        pieces.append("initially deferred" if node.initdeferred else "deferrable")
    arguments = strings(node.args or ())
    pieces.append(f"execute {'.'.join(strings(node.funcname))}({', '.join(arguments)})")
    detail: Detail = {"definition": shortened(" ".join(pieces)), "events": list(events)}
    if columns:
        detail["columns"] = list(columns)
    if node.whenClause is not None:
        detail["conditional"] = True
    if node.replace:
        detail["or_replace"] = True
    if node.row and work.table(target) is None:
        detail["each_row"] = True
    work.add("trigger", target, node.trigname, "create", "definition", detail)
    if node.isconstraint:
        work.add(
            "table constraint",
            target,
            node.trigname,
            "create",
            "definition",
            {"constraint_type": "trigger", "columns": [], "implied": True},
        )
    by: Detail = {"by": "trigger", "trigger": node.trigname}
    work.use(kind, target, None, {**by, "own": True})
    for column in columns:
        work.use(_column_kind(kind), target, column, {**by, "own": True})
    work.routine_use(node.funcname, "", **by)
    work.expression(node.whenClause, target, **by)
    if node.constrrel is not None:
        work.use("table", work.relation(node.constrrel), None, by)
    table = work.table(target)
    if table is not None:
        table.triggers[node.trigname] = node.funcname
        if table.partitioned and node.row:
            place = target.options[0]
            for child in work.descendants(table):
                inherit_trigger(work, child, work.table(child), place, node.trigname, node.funcname)


def _column_kind(kind: str) -> str:
    return f"{kind} column"


def create_event_trigger(work: Work, node: Node) -> None:
    target = Target(None, node.trigname)
    conditions = ""
    if node.whenclause:
        conditions = f" when {work.canonical(node.whenclause)}"
    text = f"on {node.eventname}{conditions} execute {'.'.join(strings(node.funcname))}()"
    work.add("event trigger", target, None, "create", "definition", {"definition": shortened(text)})
    work.routine_use(node.funcname, "", by="event trigger")


_SWITCHES = {"O": "origin", "D": "disabled", "R": "replica", "A": "always"}


def alter_event_trigger(work: Work, node: Node) -> None:
    value = _SWITCHES.get(node.tgenabled, node.tgenabled)
    work.add(
        "event trigger", Target(None, node.trigname), None, "alter", "enabled", {"value": value}
    )


# -------------------------------------------------------------------- rules


_RULE_EVENTS = {
    enums.CmdType.CMD_SELECT: "select",
    enums.CmdType.CMD_INSERT: "insert",
    enums.CmdType.CMD_UPDATE: "update",
    enums.CmdType.CMD_DELETE: "delete",
}


def create_rule(work: Work, node: Node) -> None:
    target = work.relation(node.relation)
    event = _RULE_EVENTS.get(node.event, str(node.event))
    actions = node.actions or ()
    text = f"on {event} do {'instead' if node.instead else 'also'} {full_text(actions, work.scope)}"
    if node.whereClause is not None:
        text += f" where {full_text(node.whereClause, work.scope)}"
    detail: Detail = {"definition": shortened(text), "event": event, "events": [event]}
    if node.whereClause is not None:
        detail["conditional"] = True
    if node.replace:
        detail["or_replace"] = True
    work.add("rule", target, node.rulename, "create", "definition", detail)
    by: Detail = {"by": "rule", "rule": node.rulename}
    work.use(work.relation_kind(target), target, None, {**by, "own": True})
    work.expression(node.whereClause, target, **by)
    for action in actions:
        if action is not None:
            work.extend(query_uses(action, work.scope, relations=target.options), **by)


# -------------------------------------------------------------------- policies


def create_policy(work: Work, node: Node) -> None:
    target = work.relation(node.table)
    roles: list[Json] = [*sorted(role_name(role) for role in node.roles or ())]
    pieces = [
        "permissive" if node.permissive else "restrictive",
        f"for {node.cmd_name or 'all'}",
        f"to {', '.join(map(str, roles))}",
    ]
    if node.qual is not None:
        pieces.append(f"using {full_text(node.qual, work.scope)}")
    if node.with_check is not None:
        pieces.append(f"with check {full_text(node.with_check, work.scope)}")
    work.add(
        "policy",
        target,
        node.policy_name,
        "create",
        "definition",
        {"definition": shortened(" ".join(pieces)), "roles": roles},
    )
    _policy_uses(work, target, node)


def alter_policy(work: Work, node: Node) -> None:
    target = work.relation(node.table)
    name = node.policy_name
    if node.roles:
        roles: list[Json] = [*sorted(role_name(role) for role in node.roles)]
        work.add("policy", target, name, "alter", "roles", {"value": roles})
    if node.qual is not None:
        value = work.canonical(node.qual)
        work.add("policy", target, name, "alter", "using", {"value": value})
    if node.with_check is not None:
        value = work.canonical(node.with_check)
        work.add("policy", target, name, "alter", "check", {"value": value})
    _policy_uses(work, target, node)


def _policy_uses(work: Work, target: Target, node: Node) -> None:
    by: Detail = {"by": "policy", "policy": node.policy_name}
    work.use("table", target, None, {**by, "own": True})
    work.expression(node.qual, target, **by)
    work.expression(node.with_check, target, **by)
    for role in node.roles or ():
        work.role_use(role, by="policy")
$coord0$),
('footprint/view.py', $coord0$"""Views, materialized views, CREATE TABLE AS and SELECT INTO."""

from __future__ import annotations

from collections.abc import Sequence

from ..loader import enums
from ..model import Touch
from ..names import TEMPORARY, Column, Table
from ..uses import query_uses, result_columns, starred
from .canonical import full_text, shortened
from .columns import note_sequence
from .table import note_table
from .work import Detail, Node, Target, Work, option_values, strings

_CHECKS = {
    enums.ViewCheckOption.LOCAL_CHECK_OPTION: "local",
    enums.ViewCheckOption.CASCADED_CHECK_OPTION: "cascaded",
}


def create_view(work: Work, node: Node) -> None:
    target = work.new_relation(node.view)
    text = full_text(node.query, work.scope)
    columns = _columns(work, node.query, strings(node.aliases or ()))
    detail: Detail = {}
    if node.aliases:
        text += f" as {', '.join(strings(node.aliases))}"
    check = _CHECKS.get(node.withCheckOption)
    if check:
        text += f" with {check} check option"
    if node.options:
        text += f" with {sorted(option_values(node.options).items(), key=str)}"
    detail["definition"] = shortened(text)
    _note_columns(work, detail, node.query, columns)
    if node.replace:
        detail["or_replace"] = True
    uses = query_uses(node.query, work.scope)
    if target.schema != TEMPORARY and any(use.schema == TEMPORARY for use in uses):
        # A view over a temporary table is temporary itself, whatever the text says.
        target = Target(TEMPORARY, target.name)
    work.add("view", target, None, "create", "definition", detail)
    earlier = work.table(target)
    _view_columns(work, target, "view", columns, earlier, bool(node.replace))
    _note_needs(work, target, uses)
    work.extend(uses, by="view")


def _note_columns(work: Work, detail: Detail, query: Node, columns: tuple[str, ...] | None) -> None:
    if columns is not None:
        detail["columns"] = list(columns)
    else:
        detail["stars"] = list(starred(query, work.scope))


def _columns(work: Work, query: Node, given: tuple[str, ...]) -> tuple[str, ...] | None:
    """Names of the columns; None where ``*`` hides some that only the catalog knows."""
    found = result_columns(query, work.scope)
    if found is None:
        return None
    return given + found[len(given) :]


def _view_columns(
    work: Work,
    target: Target,
    kind: str,
    columns: tuple[str, ...] | None,
    earlier: Table | None,
    replaces: bool,
) -> None:
    table = note_table(work, target, kind, complete=columns is not None)
    for name in columns or ():
        known = earlier is not None and name in earlier.columns
        table.columns[name] = Column()
        if not known:
            # Whether a view is there to be replaced, and has this column, the catalog knows.
            detail: Detail = {"implied": True}
            if replaces:
                detail["or_replace"] = True
            work.add(f"{kind} column", target, name, "create", "definition", detail)


def create_table_as(work: Work, node: Node) -> None:
    into, query = node.into, node.query
    is_view = node.objtype == enums.ObjectType.OBJECT_MATVIEW
    kind = "materialized view" if is_view else "table"
    target = work.new_relation(into.rel)
    detail: Detail = {}
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists("relation", target.schema, target.name):
            work.use(work.relation_kind(target), target, None, {"if_not_exists": True})
            return
    given = strings(into.colNames or ())
    is_query = query.__class__.__name__ == "SelectStmt"
    columns = _columns(work, query, given) if is_query else None
    text = full_text(query, work.scope)
    if given:
        text += f" as {', '.join(given)}"
    if into.options:
        text += f" with {sorted(option_values(into.options).items(), key=str)}"
    if into.tableSpaceName:
        text += f" tablespace {into.tableSpaceName}"
    if into.accessMethod:
        text += f" using {into.accessMethod}"
    if into.skipData:
        text += " with no data"
        detail["with_data"] = False
    if into.rel.relpersistence == "u":
        detail["persistence"] = "unlogged"
    detail["definition"] = shortened(text)
    if is_query:
        _note_columns(work, detail, query, columns)
    work.add(kind, target, None, "create", "definition", detail)
    uses: Sequence[Touch] = ()
    if is_query:
        # SELECT INTO was taken apart by the parser: its target is not part of the query.
        uses = query_uses(query, work.scope, facet="reference" if is_view else "data")
        work.extend(uses, by=kind)
    else:
        work.dispatch(work, query)
    _view_columns(work, target, kind, columns, None, False)
    if is_view:
        _note_needs(work, target, uses)


def _note_needs(work: Work, target: Target, uses: Sequence[Touch]) -> None:
    """Remember what the view is made of: it goes with that, by CASCADE."""
    table = work.table(target)
    if table is None:
        return
    for use in uses:
        if use.kind in ("table", "table column") and "candidate" not in use.detail:
            table.needs.add(((use.schema, use.name), use.sub))


def select_into(work: Work, node: Node) -> None:
    """SELECT \u2026 INTO, which the parser leaves to the server to turn into CREATE TABLE AS."""
    into = node.intoClause
    target = work.new_relation(into.rel)
    columns = result_columns(node, work.scope)
    detail: Detail = {"definition": shortened(full_text(node, work.scope))}
    _note_columns(work, detail, node, columns)
    work.add("table", target, None, "create", "definition", detail)
    work.extend(query_uses(node, work.scope, facet="data"), by="table")
    _view_columns(work, target, "table", columns, None, False)


def refresh(work: Work, node: Node) -> None:
    target = work.relation(node.relation)
    detail: Detail = {"access": "write"}
    if node.concurrent:
        detail["concurrently"] = True
    if node.skipData:
        detail["with_data"] = False
    work.add("materialized view", target, None, "use", "data", detail)


__all__ = ["create_table_as", "create_view", "note_sequence", "refresh", "select_into"]
$coord0$),
('footprint/work.py', $coord0$"""What the handlers of statements share: names resolved, touches collected, uses noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..loader import ast
from ..model import NO_DETAIL, Action, Json, Touch
from ..names import (
    SERIAL_TYPES,
    TEMPORARY,
    Relation,
    Scope,
    Table,
    is_builtin_type,
    quoted,
    schema_name,
    type_name,
    type_parts,
)
from ..script_error import ScriptError
from ..uses import builtin_names, expression_uses
from ..uses.nodes import is_a
from .canonical import canonical

Node = Any
"""A node of pglast's tree, which comes without types."""

Detail = dict[str, Json]


class Target:
    """An object that a statement names: where it is, or all places where it may be."""

    __slots__ = ("schema", "name", "options", "group")

    def __init__(
        self,
        schema: str | None,
        name: str,
        options: tuple[Relation, ...] = (),
        group: int | None = None,
    ) -> None:
        self.schema = schema
        self.name = name
        self.options = options or ((schema, name),)
        self.group = group
        """Number of the set of candidates, when the text does not tell which it is."""

    def text(self) -> str:
        name = quoted(self.name)
        return name if self.schema is None else f"{quoted(self.schema)}.{name}"

    def renamed(self, name: str) -> Target:
        """The same places under another name."""
        return Target(
            self.schema, name, tuple((schema, name) for schema, _ in self.options), self.group
        )

    def moved(self, schema: str) -> Target:
        return Target(schema, self.name)


MOST_TOUCHES = 250_000
"""More than any script of a reasonable length has; a few lines can ask for millions."""

MOST_LOOKS = 1_000_000
"""How often a script may make us look at what it created before, object by object."""


class Work:
    """The footprint of a script while it grows."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.no = scope.statement_no
        self.touches: list[Touch] = []
        self._used: set[Any] = set()
        self._looks = 0
        self.dispatch: Callable[[Work, Node], None] = _no_dispatch
        self.prepared: dict[str, Node] = {}
        self.routines: dict[tuple[str, str | None, str], list[str]] = {}
        """Signatures of routines that the script created, by kind, schema and bare name."""

    def next_statement(self, number: int) -> None:
        if len(self.touches) > MOST_TOUCHES:
            raise _too_much(self.no)
        self.no = self.scope.statement_no = number
        self._used.clear()

    def look_at(self, objects: int) -> None:
        """Count what a statement makes us look at, beyond what is written in it."""
        self._looks += objects
        if self._looks > MOST_LOOKS or len(self.touches) > MOST_TOUCHES:
            raise _too_much(self.no)

    # ---------------------------------------------------------------- names

    def reference(self, parts: Sequence[str], family: str) -> Target:
        """An object that exists already, as far as the text can tell."""
        options = self.scope.resolve(parts, family)
        schema, name = options[0]
        if len(options) == 1:
            return Target(schema, name, options)
        return Target(schema, name, options, self.scope.next_candidate_group())

    def relation(self, node: Node) -> Target:
        """The relation that a RangeVar refers to."""
        schema = node.schemaname
        return self.reference((schema, node.relname) if schema else (node.relname,), "relation")

    def new_relation(self, node: Node) -> Target:
        """The relation that a RangeVar creates."""
        return Target(
            self.scope.creation_schema(node.schemaname, node.relpersistence == "t"), node.relname
        )

    def new(self, parts: Sequence[str]) -> Target:
        """An object other than a relation that is created under a name."""
        schema = parts[-2] if len(parts) > 1 else None
        path = self.scope.search_path
        if schema is None and path and path[0] == TEMPORARY:
            # Temporary objects are relations and types; everything else goes to the next schema.
            schema = next((one for one in path if one != TEMPORARY), None)
            return Target(schema, parts[-1])
        return Target(self.scope.creation_schema(schema), parts[-1])

    def relation_kind(self, target: Target, written: str = "table") -> str:
        """The kind of a relation: what the script made of it, else the word in the statement."""
        table = self.scope.tables.get(target.options[0])
        return table.kind if table is not None else written

    def type_text(self, node: Node, modifiers: bool = True) -> str:
        text = type_name(node, self.scope, modifiers)[1]
        return f"setof {text}" if node.setof and modifiers else text

    def signature(self, name: str, types: Iterable[Node]) -> str:
        """``f(integer,public.mood)``: how a routine is told from others of its name."""
        return f"{name}({','.join([self.type_text(node, False) for node in types])})"

    def canonical(self, node: Node) -> str:
        return canonical(node, self.scope)

    # ---------------------------------------------------------------- touches

    def add(
        self,
        kind: str,
        target: Target,
        sub: str | None,
        action: Action,
        facet: str | None,
        detail: Mapping[str, Json] = NO_DETAIL,
    ) -> None:
        if not len(self.touches) % 256:
            self.look_at(0)
            self.scope.interrupts()
        if target.group is None:
            self.touches.append(
                Touch(self.no, kind, target.schema, target.name, sub, action, facet, detail)
            )
            return
        candidate = {**detail, "candidate": target.group}
        for schema, name in target.options:
            self.touches.append(Touch(self.no, kind, schema, name, sub, action, facet, candidate))

    def use(
        self,
        kind: str,
        target: Target,
        sub: str | None = None,
        detail: Mapping[str, Json] = NO_DETAIL,
        facet: str = "reference",
    ) -> None:
        """Note a use once per statement, whoever uses it most."""
        if target.schema in builtin_names.SCHEMAS:
            return
        key = (kind, target.options, sub, facet, detail.get("by"), detail.get("access"))
        if key not in self._used:
            self._used.add(key)
            self.add(kind, target, sub, "use", facet, detail)

    def type_use(self, node: Node, **detail: Json) -> None:
        """Note the type that a definition is made of, unless PostgreSQL brings it."""
        names = node.names
        if len(names) == 2 and names[0].sval == "pg_catalog":
            return
        parts = type_parts(node)
        if node.pct_type:
            if len(parts) > 1:
                target = self.reference(parts[:-1], "relation")
                self.use("table", target, None, detail)
                self.use("table column", target, parts[-1], detail)
            return
        if is_builtin_type(parts) or (len(parts) == 1 and parts[0] in SERIAL_TYPES):
            return
        self.use("type", self.reference(parts, "type"), None, detail)

    def collation_use(self, node: Node, **detail: Json) -> None:
        if node is not None:
            self.collation_name_use(node.collname, **detail)

    def collation_name_use(self, names: Sequence[Node], **detail: Json) -> None:
        parts = strings(names)
        if len(parts) == 1 and parts[0] in builtin_names.COLLATIONS:
            return
        if "." in parts[-1] or parts[-1].endswith("-x-icu"):
            return
        self.use("collation", self.reference(parts, "collation"), None, detail)

    def routine_use(
        self, names: Sequence[Node] | Sequence[str], types: str | None, **detail: Json
    ) -> None:
        """Note the use of a routine, whose argument types are known (``"integer,text"``) or not."""
        parts = strings(names)
        if len(parts) == 1 and (
            parts[0] in builtin_names.FUNCTIONS or parts[0] in BUILTIN_TRIGGER_FUNCTIONS
        ):
            return
        target = self.reference(parts, "routine")
        if types is not None:
            target = target.renamed(f"{target.name}({types})")
        self.use("function", target, None, detail)

    def role_use(self, role: Node, **detail: Json) -> None:
        name = getattr(role, "rolename", None)
        if name is not None:
            self.use("role", Target(None, name), None, detail)

    def extend(self, touches: Iterable[Touch], **detail: Json) -> None:
        """Take over what the uses of a part are, saying what kind of object has that part."""
        for touch in touches:
            key = (
                touch.kind,
                touch.schema,
                touch.name,
                touch.sub,
                touch.facet,
                detail.get("by"),
                touch.detail.get("access"),
                touch.detail.get("body"),
            )
            if touch.action == "use" and "candidate" not in touch.detail:
                if key in self._used:
                    continue
                self._used.add(key)
            if detail:
                touch = touch._replace(detail={**touch.detail, **detail})
            self.touches.append(touch)

    def expression(
        self, node: Node, target: Target | None = None, own: bool = True, /, **detail: Json
    ) -> None:
        """Note what an expression uses; bare names are columns of the target."""
        if node is None or node.__class__ is ast.A_Const:
            return
        relations = target.options if target is not None else ()
        touches = expression_uses(node, self.scope, relations)
        if not touches:
            return
        if target is None or not own:
            self.extend(touches, **detail)
            return
        places = set(target.options)
        inside = [touch for touch in touches if (touch.schema, touch.name) in places]
        if inside:
            self.extend(inside, own=True, expression=True, **detail)
            touches = [touch for touch in touches if (touch.schema, touch.name) not in places]
        self.extend(touches, **detail)

    # ---------------------------------------------------------------- what the script has made

    def table(self, target: Target) -> Table | None:
        """What the script knows of a relation: nothing unless it created it."""
        return self.scope.tables.get(target.options[0])

    def descendants(self, table: Table | None) -> list[Target]:
        """Partitions and heirs that the script itself has made, at every depth."""
        found: dict[Relation, None] = {}
        stack = list(reversed(table.children)) if table is not None else []
        while stack:
            self.look_at(1)
            place = stack.pop()
            if place in found:
                continue
            found[place] = None
            child = self.scope.tables.get(place)
            if child is not None:
                stack.extend(reversed(child.children))
        return [Target(schema, name) for schema, name in found]

    def disown(self, sequence: Target) -> None:
        """The sequence is no column's any more."""
        known = self.table(sequence)
        owner = known.owner if known is not None else None
        for column in owner.columns.values() if owner is not None else ():
            if column.sequence == sequence.options[0]:
                column.sequence = None

    def forget_relation(self, target: Target) -> Table | None:
        """The relation is gone: its names are free again."""
        for schema, name in target.options:
            self.scope.dropped("relation", schema, name)
            self.scope.dropped("type", schema, name)
        schema, name = target.options[0]
        table = self.scope.tables.pop((schema, name), None)
        if table is not None:
            for constraint in table.constraints:
                self.scope.constraint_removed(schema, constraint)
            for parent in table.parents:
                kept = self.scope.tables.get(parent)
                if kept is not None and (schema, name) in kept.children:
                    kept.children.remove((schema, name))
        return table


def _too_much(statement_no: int) -> ScriptError:
    return ScriptError(
        "54000",
        "schema changes touch too much",
        f"up to statement {statement_no} they touch more than {MOST_TOUCHES} objects, or move "
        "large numbers of them again and again",
        "hand them in as several intents",
    )


def _no_dispatch(work: Work, node: Node) -> None:
    raise NotImplementedError("the registry sets this")


BUILTIN_TRIGGER_FUNCTIONS = frozenset(
    (
        "suppress_redundant_updates_trigger",
        "tsvector_update_trigger",
        "tsvector_update_trigger_column",
    )
)


def strings(nodes: Iterable[Any]) -> tuple[str, ...]:
    """The texts of a list of String nodes."""
    return tuple([node if node.__class__ is str else node.sval for node in nodes])


def name_argument(work: Work, option: Node) -> tuple[Node, ...]:
    """The name that an option of a definition gives; no other value will do for the server."""
    value = option.arg
    if value.__class__ is tuple:
        return tuple(value)
    if is_a(value, ast.TypeName):
        return tuple(value.names)
    if is_a(value, ast.String):
        return (value,)
    raise _wrong_argument(work, option, "a name")


def type_argument(work: Work, option: Node) -> Node:
    """The type that an option of a definition gives."""
    if is_a(option.arg, ast.TypeName):
        return option.arg
    if is_a(option.arg, ast.String):
        return ast.TypeName(names=(option.arg,))
    raise _wrong_argument(work, option, "a type name")


def _wrong_argument(work: Work, option: Node, expected: str) -> ScriptError:
    return ScriptError(
        "42601",
        f"argument of {option.defname} must be {expected}",
        f"in statement {work.no}",
        f"write {option.defname} = {expected}",
    )


def qualified(schema: str | None, name: str) -> str:
    return quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"


def place(target: Target) -> Json:
    """A target as a value in a detail."""
    return {"schema": target.schema, "name": target.name}


def option_value(node: Node) -> Json:
    """The value of a DefElem as JSON."""
    value = node.arg
    if value is None:
        return True
    value_class = value.__class__
    if value_class is ast.String:
        return str(value.sval)
    if value_class is ast.Integer:
        return int(value.ival)
    if value_class is ast.Float:
        return str(value.fval)
    if value_class is ast.Boolean:
        return bool(value.boolval)
    if value_class is tuple:
        return [option_value_of(item) for item in value]
    return option_value_of(value)


def option_value_of(value: Any) -> Json:
    for attribute in ("sval", "ival", "fval", "boolval"):
        found = getattr(value, attribute, None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    if is_a(value, ast.TypeName):
        return ".".join(strings(value.names))
    if value.__class__ is ast.DefElem:
        return str(value.defname)
    return str(value)


def option_values(options: Iterable[Node] | None) -> dict[str, Json]:
    return {option.defname: option_value(option) for option in options or ()}


def role_name(role: Node) -> str:
    """A role as written; PUBLIC and CURRENT_USER under their keywords."""
    name = getattr(role, "rolename", None)
    if name is not None:
        return str(name)
    return str(role.roletype.name).removeprefix("ROLESPEC_").lower()


def foreign_options(options: Any) -> Detail:
    """OPTIONS (ADD \u2026, SET \u2026, DROP \u2026) of foreign objects."""
    result: Detail = {}
    for option in options or ():
        action = option.defaction.name.removeprefix("DEFELEM_").lower()
        result[option.defname] = None if action == "drop" else option_value(option)
    return result


__all__ = [
    "Detail",
    "Node",
    "Target",
    "Work",
    "foreign_options",
    "option_value",
    "option_values",
    "place",
    "qualified",
    "role_name",
    "schema_name",
    "strings",
]
$coord0$),
('identity.py', $coord0$"""Which touches mean the same object, and how an object is shown to people.

Tables, views, indexes, sequences and types of a schema share one namespace (two catalogs keep
it: ``pg_class`` for relations, ``pg_type`` for types and the row types of tables), so they share
one family here. A routine is known by its name and argument types; a call that does not tell the
types is matched by the bare name.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from .model import Touch


class Key(NamedTuple):
    """One object: its namespace family, schema, name, and member."""

    family: str
    schema: str | None
    name: str
    sub: str | None = None


RELATION = "relation"
COLUMN = "column"
CONSTRAINT = "constraint"
ROUTINE = "routine"
BARE_ROUTINE = "routine name"

_FAMILIES = {
    "table": RELATION,
    "partitioned table": RELATION,
    "foreign table": RELATION,
    "view": RELATION,
    "materialized view": RELATION,
    "sequence": RELATION,
    "index": RELATION,
    "partitioned index": RELATION,
    "type": RELATION,
    "composite type": RELATION,
    "domain": RELATION,
    "table column": COLUMN,
    "foreign table column": COLUMN,
    "view column": COLUMN,
    "materialized view column": COLUMN,
    "composite type column": COLUMN,
    "type attribute": COLUMN,
    "default value": COLUMN,
    "table constraint": CONSTRAINT,
    "domain constraint": CONSTRAINT,
    "function": ROUTINE,
    "procedure": ROUTINE,
    "aggregate": ROUTINE,
    "window function": ROUTINE,
    "routine": ROUTINE,
}

MEMBERS = frozenset((COLUMN, CONSTRAINT, "trigger", "policy", "rule", "publication relation"))
"""Families whose objects belong to a relation or type: they come and go with it."""

ONLY_TYPES = frozenset(("type", "domain"))
"""In ``pg_type`` only: their names do not collide with indexes and sequences."""

WITHOUT_ROW_TYPE = frozenset(("index", "partitioned index", "sequence"))

_CONFLICT_TYPES = {
    "table column": "column",
    "foreign table column": "column",
    "view column": "column",
    "materialized view column": "column",
    "composite type column": "column",
    "type attribute": "column",
    "default value": "column",
    "partitioned table": "table",
    "foreign table": "table",
    "partitioned index": "index",
    "table constraint": "constraint",
    "domain constraint": "constraint",
    "procedure": "function",
    "aggregate": "function",
    "window function": "function",
    "routine": "function",
    "composite type": "type",
    "domain": "type",
    "enum value": "type",
    "default acl": "privilege",
    "default privileges": "privilege",
}


def family_of(kind: str) -> str:
    return _FAMILIES.get(kind, kind)


def key_of(touch: Touch) -> Key:
    """The object that a touch is about."""
    kind, schema, name, sub = touch[1:5]
    family = _FAMILIES.get(kind, kind)
    if family == ROUTINE and "(" not in name:
        return Key(BARE_ROUTINE, schema, name)
    if family == RELATION:
        return Key(RELATION, schema, name.removesuffix("[]"))
    return Key(family, schema, name, sub)


def bare(key: Key) -> Key:
    """The key under which calls without known argument types look for a routine."""
    return Key(BARE_ROUTINE, key.schema, key.name.partition("(")[0])


def container(key: Key) -> Key:
    """The relation or type that a member belongs to."""
    return Key(RELATION, key.schema, key.name)


def conflict_type(kind: str) -> str:
    """The contract's name for conflicts over objects of this kind."""
    return _CONFLICT_TYPES.get(kind, kind)


def display(touch_or_key: Touch | Key, visible: Container[str]) -> str:
    """The object as regclass prints it: the schema only when it is not in sight."""
    schema, name, sub = touch_or_key.schema, touch_or_key.name, touch_or_key.sub
    if name.startswith("on ") and _is_default_acl(touch_or_key):
        place = f" in schema {quoted(schema)}" if schema is not None else ""
        role = f" of {quoted(sub)}" if sub is not None else ""
        return f"default privileges{role} {name}{place}"
    head, parenthesis, arguments = name.partition("(")
    shown = quoted(head) + parenthesis + arguments
    if schema is not None and schema not in visible:
        shown = f"{quoted(schema)}.{shown}"
    return f"{shown}.{quoted(sub)}" if sub is not None else shown


def _is_default_acl(touch_or_key: Touch | Key) -> bool:
    kind = touch_or_key.kind if isinstance(touch_or_key, Touch) else touch_or_key.family
    return kind == "default acl"


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_$")


def quoted(name: str) -> str:
    """An identifier as SQL needs it written."""
    if name and name[0] not in "0123456789$" and _PLAIN.issuperset(name):
        return name
    return '"' + name.replace('"', '""') + '"'
$coord0$),
('keys.py', $coord0$"""Touches -> keys: under what intents that share an object find, and lock, one another.

A key is wider than an object, for two reasons. Names share namespaces: a table, an index and a
type of one name cannot live together, so they have one key. And members are found through what
they belong to: a column's key is its table's. Above that stand containers, the schema and the
database, which their members hold in common and whoever changes them as a whole holds alone:
that is how ``DROP SCHEMA`` meets the tables inside without ``public`` making everybody wait.

Two intents are compared when they share a key that at least one of them holds exclusively.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .identity import MEMBERS, RELATION, ROUTINE, family_of
from .model import Touch
from .rules.effects import MADE_ON_A_TABLE

DATABASE = "database"
"""The container of everything: taken alone by code that nobody can look into."""

TEMPORARY = "pg_temp"
"""Temporary objects are invisible to every other session: they have no key."""


class Key(NamedTuple):
    """One key, whether the intent holds it alone, and whether it is a container's."""

    key: str
    exclusive: bool
    container: bool = False


def key_of(touch: Touch) -> str:
    """The key under which a touch is stored."""
    family = family_of(touch.kind)
    if family == RELATION or family in MEMBERS:
        return f"name {touch.schema or '?'}.{touch.name.removesuffix('[]')}"
    if family == ROUTINE:
        # Bare: a call names no argument types, and often no schema.
        return f"routine {touch.name.partition('(')[0]}"
    if touch.schema is None:
        return f"{touch.kind} {touch.name}"
    return f"{touch.kind} {touch.schema}.{touch.name}"


def is_exclusive(touch: Touch) -> bool:
    """Whether the touch changes its object; readers of one object need not know each other."""
    if touch.action != "use":
        return True
    if touch.facet == "data":
        return touch.detail.get("access") != "read"
    # Some uses change what they use: an index its table, a partition the bounds that are left.
    return touch.detail.get("by") in MADE_ON_A_TABLE or "bounds" in touch.detail


def is_opaque(touch: Touch) -> bool:
    """Whether the statement runs code that nobody can look into: it may touch anything."""
    return touch.kind == "unknown" and touch.facet == "data" and bool(touch.detail.get("opaque"))


def table_of(touch: Touch) -> str | None:
    """The key of the table that an index is made or dropped on: two indexes may be one."""
    table = touch.detail.get("table")
    if touch.action == "use" or not isinstance(table, dict):
        return None
    return f"name {table.get('schema') or '?'}.{table.get('name')}"


def tables_with_label(touch: Touch) -> list[str]:
    """The keys of the tables whose rows may have the label that is renamed."""
    columns = touch.detail.get("columns")
    if "renamed_to" not in touch.detail or not isinstance(columns, list):
        return []
    return [f"name {column[0]}.{column[1]}" for column in columns if isinstance(column, list)]


def container_of(touch: Touch) -> Key | None:
    """The container that the touch belongs to, or changes as a whole."""
    if is_opaque(touch):
        return Key(DATABASE, True, True)
    if touch.kind == "default acl":
        # It concerns whatever is created from then on, in one schema or anywhere.
        return Key(DATABASE if touch.schema is None else f"all in {touch.schema}", True, True)
    if touch.kind == "schema":
        whole = (
            touch.action in ("create", "drop")
            or touch.facet in ("name", "owner")
            or bool(touch.detail.get("all_in_schema"))
        )
        return Key(f"all in {touch.name}", whole, True)
    if touch.schema is not None:
        return Key(f"all in {touch.schema}", False, True)
    return None


def feature_key(feature_name: str) -> Key:
    """The key of a feature: two agents on the same one should know of each other."""
    return Key(f"feature {feature_name.lower()}", True)


def keys_of(touches: Iterable[Touch]) -> list[Key]:
    """Every key of a footprint, each once, in the strongest mode, sorted."""
    strongest: dict[tuple[str, bool], bool] = {(DATABASE, True): False}
    for touch in touches:
        if touch.schema == TEMPORARY:
            continue
        found = [Key(key_of(touch), is_exclusive(touch))]
        table = table_of(touch)
        if table is not None:
            found.append(Key(table, True))
        found += [Key(key, True) for key in tables_with_label(touch)]
        container = container_of(touch)
        if container is not None:
            found.append(container)
        for key, exclusive, is_container in found:
            held = (key, is_container)
            strongest[held] = strongest.get(held, False) or exclusive
    return [Key(key, exclusive, box) for (key, box), exclusive in sorted(strongest.items())]
$coord0$),
('loader.py', $coord0$"""The only place that imports pglast, and the reason why doing so does not kill the server.

The ``postgres`` binary and pglast's shared object both export ``palloc``, ``raw_parser``,
``CurrentMemoryContext`` and many more names of the same code base. When a backend loads the
shared object in the ordinary way, the backend's definitions win over the object's own ones, and
the first parse writes through the wrong pointers: the whole server goes down. Loaded with
``RTLD_DEEPBIND``, the object prefers its own definitions. The flag takes effect only at the
first ``dlopen`` of the object in a process, so a session in which somebody else imported pglast
before us is lost for this purpose, and is refused rather than tried.

Other modules write ``from .loader import ast, enums, pglast``; that imports pglast safely.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pglast import ast as ast
    from pglast import enums as enums
    from pglast import parser as parser

SUPPORTED_MAJOR = 8
"""The only major release of pglast whose tree (PostgreSQL 18's grammar) this detector reads."""

SUPPORTED = f"{SUPPORTED_MAJOR}.x"
"""The supported releases in words, for messages and for ``coord.detector_check()``."""

TESTED = "8.7"
"""The release that the tests run with, and that ``make install`` pins."""

_REGISTRY = "_confiture_coord_parser"
"""Name in ``sys.modules`` of the record that this loader leaves for its successors."""


class DetectorUnavailable(Exception):
    """The parser cannot be used safely in this process (SQLSTATE IC006)."""

    sqlstate = "IC006"

    def __init__(self, message: str, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint


_in_backend: bool | None = None
_directory: str | None = None
_loaded: ModuleType | None = None


def prepare(directory: str | None = None, in_backend: bool | None = None) -> None:
    """Say where to look for pglast first, and whether this process is a server's backend.

    Without it the loader looks in ``sys.path`` only and finds out by itself what it runs in.
    Once pglast is loaded both are settled, and calling this changes nothing.
    """
    global _directory, _in_backend
    _directory = directory
    _in_backend = in_backend


def pglast() -> ModuleType:
    """Return pglast, imported safely; raise DetectorUnavailable when that cannot be done."""
    global _loaded
    if _loaded is None:
        _loaded = _load()
    return _loaded


def __getattr__(name: str) -> Any:
    if name in ("ast", "enums", "parser"):
        return getattr(pglast(), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def facts() -> dict[str, str | bool]:
    """What ``coord.detector_check()`` shows; raises DetectorUnavailable as ``pglast()`` does."""
    package = pglast()
    grammar_major, grammar_minor = package.parser.get_postgresql_version()
    deep_bind = _is_backend() and _registered(package)
    return {
        "pglast": _version(package),
        "pglast_supported": SUPPORTED,
        "grammar": f"PostgreSQL {grammar_major}.{grammar_minor}",
        "python": platform.python_version(),
        "libc": " ".join(platform.libc_ver()).strip() or "unknown",
        "path": os.path.dirname(package.__file__ or ""),
        "backend": _is_backend(),
        "deep_bind": deep_bind,
        "safe": deep_bind or not _is_backend(),
    }


def _is_backend() -> bool:
    """Tell whether this Python is embedded in a PostgreSQL backend.

    PL/Python registers its built-in module ``plpy`` before it runs anything; nothing else does.
    """
    if _in_backend is not None:
        return _in_backend
    return "plpy" in sys.modules


def _load() -> ModuleType:
    if not _is_backend():
        return _supported(_import())
    earlier = sys.modules.get("pglast")
    if earlier is not None and _registered(earlier):
        return _supported(earlier)
    if not hasattr(os, "RTLD_DEEPBIND"):
        raise DetectorUnavailable(
            "the parser cannot be loaded into this server",
            "pglast and the server export the same symbols, and this platform's dynamic loader "
            "has no RTLD_DEEPBIND to keep them apart; loading it anyway would crash the server",
            "run PostgreSQL on a system with the GNU C library",
        )
    strangers = _loaded_by_somebody_else()
    if strangers:
        raise DetectorUnavailable(
            "the parser was already imported in this session by something else",
            f"{strangers}; loaded that way its first call would crash the server",
            "open a new session and call confiture_coord before any other PL/Python code that "
            "imports pglast",
        )
    flags = sys.getdlopenflags()
    sys.setdlopenflags(os.RTLD_NOW | os.RTLD_LOCAL | os.RTLD_DEEPBIND)
    try:
        package = _import()
    finally:
        sys.setdlopenflags(flags)
    _register(package)
    return _supported(package)


def _import() -> ModuleType:
    """Import pglast with its shared object, looking into the given directory first."""
    importlib.invalidate_caches()
    path_before = list(sys.path)
    if _directory is not None:
        sys.path.insert(0, _directory)
    try:
        package = importlib.import_module("pglast")
        for part in ("ast", "enums", "parser"):
            importlib.import_module(f"pglast.{part}")
    except Exception as error:
        # Half an import must not look like a stranger's the next time somebody asks.
        for name in [name for name in sys.modules if name.partition(".")[0] == "pglast"]:
            del sys.modules[name]
        raise DetectorUnavailable(
            "the parser pglast cannot be imported",
            f"{type(error).__name__}: {error}; Python {platform.python_version()}, looked in "
            + ", ".join(path for path in sys.path if path),
            "install it for the server's Python: run `make install`, or "
            f"`{_python_command()} -m pip install --target {_directory or 'DIRECTORY'} "
            f"'pglast=={TESTED}'`"
            + ("" if _directory else " with DIRECTORY in the server's PYTHONPATH"),
        ) from error
    finally:
        sys.path[:] = path_before
    return package


def _supported(package: ModuleType) -> ModuleType:
    version = _version(package)
    if version.split(".")[0] != str(SUPPORTED_MAJOR):
        raise DetectorUnavailable(
            f"pglast {version} is not supported",
            f"it was found in {os.path.dirname(package.__file__ or '')}; the detector reads the "
            f"parse trees of pglast {SUPPORTED}",
            "install a supported release for the server's Python: run `make install`, or "
            f"`{_python_command()} -m pip install 'pglast=={TESTED}'`",
        )
    return package


def _version(package: ModuleType) -> str:
    return str(getattr(package, "__version__", "unknown")).removeprefix("v")


def _python_command() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _register(package: ModuleType) -> None:
    """Leave word that this very pglast was loaded safely.

    After an update of the extension the same session loads the new detector under another
    name, hence another loader: it must not mistake its predecessor's import for a stranger's.
    """
    record = ModuleType(_REGISTRY, "Which pglast the extension confiture_coord loaded safely.")
    setattr(record, "safe", (package, package.parser))  # noqa: B010
    sys.modules[_REGISTRY] = record


def _registered(package: ModuleType) -> bool:
    record = sys.modules.get(_REGISTRY)
    if record is None:
        return False
    safe_package, safe_parser = getattr(record, "safe", (None, None))
    return safe_package is package and safe_parser is sys.modules.get("pglast.parser")


def _loaded_by_somebody_else() -> str:
    """Say what betrays an earlier import of pglast in this process; empty when nothing does."""
    modules = sorted(name for name in sys.modules if name == "pglast" or name.startswith("pglast."))
    if modules:
        origin = getattr(sys.modules[modules[0]], "__file__", None)
        return f"found {', '.join(modules[:3])} from {origin}"
    # The modules may have been thrown out of sys.modules; a shared object is never unloaded.
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            path = line[line.find("/") :].strip() if "/" in line else ""
            folder, _, name = path.rpartition("/")
            if folder.endswith("/pglast") and name.startswith("parser."):
                return f"found the shared object {path}"
    return ""
$coord0$),
('model.py', $coord0$"""The vocabulary of the detector: what a statement touches, and what a conflict is.

Everything else in this package produces or consumes these values; nothing here
knows about PostgreSQL's parser, its catalogs or a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Action = Literal["create", "alter", "drop", "use"]
Outcome = Literal["overlap", "duplicate", "order", "clash"]
Severity = Literal["warning", "error"]
Side = Literal["a", "b"]

NO_DETAIL: Mapping[str, Json] = MappingProxyType({})


class Touch(NamedTuple):
    """One aspect of one database object that one statement creates, alters, drops or uses.

    ``kind`` is PostgreSQL's own word, as ``pg_event_trigger_ddl_commands().object_type``
    prints it. ``name`` is the object itself; for a column, constraint, trigger, policy or
    rule it is the relation that the member belongs to, and ``sub`` is the member. A
    routine's ``name`` carries its argument types: ``f(integer,text)``.
    """

    statement_no: int
    kind: str
    schema: str | None
    name: str
    sub: str | None
    action: Action
    facet: str | None
    detail: Mapping[str, Json] = NO_DETAIL


class Conflict(NamedTuple):
    """What two sets of touches do to each other: one row for each conflict type of a pair."""

    type: str
    severity: Severity
    outcome: Outcome
    objects: tuple[str, ...]
    first: Side | None
    rule: str
    suggestions: tuple[str, ...] = ()
$coord0$),
('names.py', $coord0$"""Names as the server reads them: the search path, what the script itself has made, type names.

The parser has already folded, unescaped and truncated every name. What is left is to say which
schema a bare name lives in. Nothing here looks into a catalog, so a name that several schemas of
the path could hold stays several candidates, unless the script itself created the object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .script import noop
from .script_error import ScriptError
from .uses import builtin_names
from .uses.identifiers import identifiers

Relation = tuple[str | None, str]
"""Schema and name of any object that has both."""

TEMPORARY = "pg_temp"
"""The schema of temporary objects, whatever number it has in a session."""

_SYSTEM = "pg_catalog"
_OWN_SCHEMA = "$user"

_FAMILIES_IN_TEMPORARY = frozenset(("relation", "type"))
"""What a bare name is looked up for in the temporary schema; routines and operators never are."""


class Column:
    """What is known of a column that the script created."""

    __slots__ = ("type", "not_null", "sequence", "default", "generated", "expression")

    def __init__(
        self,
        type_: str = "",
        not_null: bool = False,
        sequence: Relation | None = None,
        default: str | None = None,
        generated: str | None = None,
    ) -> None:
        self.type = type_
        self.not_null = not_null
        self.sequence = sequence
        self.default = default
        self.generated = generated
        self.expression: Any = None
        """The node of the default, or of what it is generated from."""


class Table:
    """What is known of a relation that the script created, or made members of."""

    __slots__ = (
        "kind", "columns", "complete", "constraints", "indexes", "parents", "children",
        "partitioned", "triggers", "owner", "needs",
    )  # fmt: skip

    def __init__(self, kind: str, complete: bool = True) -> None:
        self.kind = kind
        self.columns: dict[str, Column] = {}
        self.complete = complete
        """All of its columns are in ``columns``."""
        self.constraints: dict[str, dict[str, Any]] = {}
        self.indexes: dict[Relation, dict[str, Any]] = {}
        self.parents: list[Relation] = []
        self.children: list[Relation] = []
        self.partitioned = False
        self.triggers: dict[str, Any] = {}
        """Row triggers, which partitions inherit, with the names of their functions."""
        self.needs: set[tuple[Relation, str | None]] = set()
        """The relations, and their columns, that a view is made of."""
        self.owner: Table | None = None
        """The table that an index is on, or that a sequence belongs to."""


class Scope:
    """What names mean at one point of a script; the statements move it on."""

    def __init__(
        self,
        search_path: Sequence[str],
        statement_no: int = 0,
        interrupts: Callable[[], None] = noop,
    ) -> None:
        self.statement_no = statement_no
        self.interrupts = interrupts
        """Whoever loops for long over one statement calls it now and then."""
        self._first = _usable(search_path)
        self._session = self._first
        self._before_transaction: tuple[str, ...] | None = None
        self._known: dict[tuple[str, str], dict[str, bool]] = {}
        self._constraint_names: dict[Relation, int] = {}
        self._groups = [0]
        self.numbers: dict[tuple[Any, ...], int] = {}
        """Of automatic names: the first number that may be free; forgotten when a name is."""
        self.tables: dict[Relation, Table] = {}
        self.returned: dict[Relation, tuple[str, ...] | None] = {}
        """The columns of what routines return, by bare name; None where overloads differ."""
        self.publications: dict[str, dict[Relation, str]] = {}
        """The tables of publications that the script made, with how each is published."""
        self.search_path: tuple[str, ...] = self._first

    # ---------------------------------------------------------------- the search path

    def set_search_path(self, schemas: Sequence[str] | None, local: bool = False) -> None:
        """Do what SET search_path does; None restores what the session began with."""
        path = self._first if schemas is None else _usable(schemas)
        self.search_path = path
        if not local:
            self._session = path

    def begin(self) -> None:
        self._before_transaction = self._session

    def commit(self) -> None:
        """SET LOCAL ends with the transaction."""
        self.search_path = self._session
        self._before_transaction = None

    def rollback(self) -> None:
        if self._before_transaction is not None:
            self._session = self._before_transaction
        self.commit()

    def with_path(self, schemas: Sequence[str]) -> Scope:
        """The same script seen through another path: what SET clauses of a routine make of it."""
        other = Scope.__new__(Scope)
        other.__dict__.update(self.__dict__)
        other.search_path = _usable(schemas)
        return other

    def for_body(self, node: Any) -> Scope:
        """The names inside a routine's body: its own SET search_path applies there."""
        for option in node.options or ():
            if option.defname == "set" and option.arg.name == "search_path":
                schemas = setting_values(option.arg)
                if schemas is not None:
                    return self.with_path(schemas)
        return self

    # ---------------------------------------------------------------- looking up

    def resolve(self, parts: Sequence[str], family: str) -> tuple[Relation, ...]:
        """The objects that a name as written can mean; several when only the catalog can tell."""
        name = parts[-1]
        if len(parts) > 1:
            return ((schema_name(parts[-2]), name),)
        path = self.search_path
        known = self._known.get((family, name))
        if known is None:
            if len(path) == 1:
                return ((path[0], name),)
            if not path:
                return ((None, name),)
            return tuple(
                (schema, name)
                for schema in path
                if schema != TEMPORARY or family in _FAMILIES_IN_TEMPORARY
            ) or ((None, name),)
        if known.get(TEMPORARY) and family in _FAMILIES_IN_TEMPORARY:
            return ((TEMPORARY, name),)
        options: list[Relation] = []
        for schema in path:
            present = known.get(schema)
            if present:
                # What stands before it on the path may be there, but who creates an object
                # under a name means that object by the name.
                return ((schema, name),)
            if present is None and schema != TEMPORARY:
                options.append((schema, name))
        if options:
            return tuple(options)
        return ((path[0] if path else None, name),)

    def result_columns(self, parts: Sequence[str]) -> tuple[str, ...] | None:
        """The columns that a call in FROM has, where the script created the function."""
        options = self.resolve(parts, "routine")
        return self.returned.get(options[0]) if len(options) == 1 else None

    def next_candidate_group(self) -> int:
        """A number for a set of candidates, unique in the script."""
        self._groups[0] += 1
        return self._groups[0]

    def creation_schema(self, schema: str | None, temporary: bool = False) -> str | None:
        """Where an object goes that is created under a name."""
        if schema is not None:
            return schema_name(schema)
        if temporary:
            return TEMPORARY
        for candidate in self.search_path:
            if candidate != _SYSTEM:
                return candidate
        return None

    # ---------------------------------------------------------------- what the script does

    def created(self, family: str, schema: str | None, name: str) -> None:
        self._known.setdefault((family, name), {})[schema or ""] = True

    def dropped(self, family: str, schema: str | None, name: str) -> None:
        self._known.setdefault((family, name), {})[schema or ""] = False
        self.numbers.clear()

    def exists(self, family: str, schema: str | None, name: str) -> bool:
        """Tell whether the script created it (and did not drop it since)."""
        known = self._known.get((family, name))
        return known is not None and known.get(schema or "", False)

    def is_gone(self, family: str, schema: str | None, name: str) -> bool:
        """Tell whether the script dropped or renamed it (and did not create it again)."""
        known = self._known.get((family, name))
        return known is not None and not known.get(schema or "", True)

    def relation_moved(self, old: Relation, new: Relation, kind: str | None = None) -> None:
        """What is known of a relation is true of it under its new name.

        ``kind`` is what it is in any case; without it nothing is made up of what is not known.
        """
        self.dropped("relation", *old)
        self.created("relation", *new)
        if kind is None:
            self.dropped("type", *old)
            self.created("type", *new)
        table = self.tables.pop(old, None)
        if table is None:
            if kind is None:
                return
            table = Table(kind)
        self.tables[new] = table
        for name in table.parents:
            relative = self.tables.get(name)
            if relative is not None:
                relative.children = [new if one == old else one for one in relative.children]
        for name in table.children:
            relative = self.tables.get(name)
            if relative is not None:
                relative.parents = [new if one == old else one for one in relative.parents]
        if table.owner is not None and old in table.owner.indexes:
            table.owner.indexes[new] = table.owner.indexes.pop(old)

    def constraint_added(self, schema: str | None, name: str) -> None:
        key = (schema, name)
        self._constraint_names[key] = self._constraint_names.get(key, 0) + 1

    def constraint_removed(self, schema: str | None, name: str) -> None:
        key = (schema, name)
        self._constraint_names[key] = max(0, self._constraint_names.get(key, 0) - 1)
        self.numbers.clear()

    def constraint_exists(self, schema: str | None, name: str) -> bool:
        """Tell whether any table of the schema has a constraint of this name, made here."""
        return self._constraint_names.get((schema, name), 0) > 0


def schema_name(schema: str) -> str:
    """A schema as written; the session's own temporary one under its common name."""
    return TEMPORARY if schema.startswith("pg_temp_") else schema


MOST_SCHEMAS = 100
"""Each name without a schema may be in any schema of the path: footprints grow with it."""


def _usable(schemas: Iterable[str]) -> tuple[str, ...]:
    """The path without the schema that everybody's path has, and without the one nobody knows."""
    path: dict[str, None] = {}
    for schema in schemas:
        if schema and schema not in (_OWN_SCHEMA, _SYSTEM):
            path[schema_name(schema)] = None
    if len(path) > MOST_SCHEMAS:
        raise ScriptError(
            "54000",
            "search_path has too many schemas",
            f"{len(path)} schemas; the limit is {MOST_SCHEMAS}",
            "name only the schemas that the changes need, or qualify their names",
        )
    return tuple(path)


def setting_values(node: Any) -> tuple[str, ...] | None:
    """The values of SET name = \u2026; None for DEFAULT, RESET and FROM CURRENT."""
    if not node.args:
        return None
    values: list[str] = []
    for argument in node.args:
        value = getattr(argument, "val", None)
        text = getattr(value, "sval", None)
        if text is not None:
            values.append(text)
    return tuple(values)


def split_path(text: str) -> tuple[str, ...]:
    """Split what set_config() is given for search_path, a list in one string."""
    schemas: list[str] = []
    for item in _outside_quotes(text):
        parts = identifiers(item)
        if len(parts) == 1:
            schemas.append(parts[0])
    return tuple(schemas)


def _outside_quotes(text: str) -> Iterable[str]:
    start, quoted = 0, False
    for position, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            yield text[start:position]
            start = position + 1
    yield text[start:]


# -------------------------------------------------------------------- types

_WORDS = {
    "bool": "boolean",
    "bpchar": "character",
    "float4": "real",
    "float8": "double precision",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "varbit": "bit varying",
    "varchar": "character varying",
    "char": '"char"',
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
}
"""How ``format_type`` prints the types whose SQL names are not those of the catalog."""

_INTERVAL_FIELDS = {
    4: " year",
    2: " month",
    8: " day",
    1024: " hour",
    2048: " minute",
    4096: " second",
    6: " year to month",
    1032: " day to hour",
    3080: " day to minute",
    7176: " day to second",
    3072: " hour to minute",
    7168: " hour to second",
    6144: " minute to second",
}
"""Masks of the fields of an interval, as the grammar encodes them in the type's modifier."""

SERIAL_TYPES = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}


def is_builtin_type(parts: Sequence[str]) -> bool:
    if len(parts) == 1:
        name = parts[0]
        return name in builtin_names.TYPES or (name[:1] == "_" and name[1:] in builtin_names.TYPES)
    return parts[-2] in builtin_names.SCHEMAS


def type_parts(node: Any) -> tuple[str, ...]:
    names = node.names
    if len(names) == 1:
        return (names[0].sval,)
    return tuple([name.sval for name in names])


def type_name(node: Any, scope: Scope, modifiers: bool = True) -> tuple[str | None, str]:
    """Schema (None for a built-in one) and text of a type, as ``format_type`` prints it.

    Types of other schemas are always qualified. A routine's arguments have no modifiers.
    """
    parts = type_parts(node)
    arrays = bool(node.arrayBounds)
    if node.pct_type:
        return _column_type(parts, scope, modifiers)
    schema: str | None = None
    if is_builtin_type(parts):
        name = parts[-1]
        if len(parts) > 1 and parts[-2] != _SYSTEM:
            return parts[-2], f"{quoted(parts[-2])}.{quoted(name)}" + ("[]" if arrays else "")
        if name[:1] == "_" and name[1:] in builtin_names.TYPES:
            name, arrays = name[1:], True
        text = _WORDS.get(name, name)
        if modifiers and node.typmods:
            text = _with_modifiers(name, text, node.typmods)
    else:
        schema, name = scope.resolve(parts, "type")[0]
        text = quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"
        if modifiers and node.typmods:
            text += f"({','.join(_modifier(modifier) for modifier in node.typmods)})"
    if arrays:
        text += "[]"
    return schema, text


def _column_type(parts: tuple[str, ...], scope: Scope, modifiers: bool) -> tuple[str | None, str]:
    """``table.column%TYPE``, which is known when the script created the table."""
    options = scope.resolve(parts[:-1], "relation")
    table = scope.tables.get(options[0])
    if table is not None and parts[-1] in table.columns:
        text = table.columns[parts[-1]].type
        return None, text if modifiers else without_modifiers(text)
    schema, name = options[0]
    names = [quoted(part) for part in (schema, name, parts[-1]) if part is not None]
    return schema, ".".join(names) + "%type"


def without_modifiers(text: str) -> str:
    """``numeric(8,2)[]`` -> ``numeric[]``; brackets inside quotes are part of a name."""
    start = text.rfind("(")
    end = text.find(")", start)
    if start < 0 or '"' in text[start:]:
        return text
    return text[:start] + text[end + 1 :]


def _with_modifiers(name: str, text: str, typmods: Sequence[Any]) -> str:
    values = [_modifier(modifier) for modifier in typmods]
    if name == "interval":
        fields = _INTERVAL_FIELDS.get(int(values[0]), "") if values[0].isdigit() else ""
        return text + fields + (f"({values[1]})" if len(values) > 1 else "")
    if name == "numeric" and len(values) == 1:
        values.append("0")
    inside = f"({','.join(values)})"
    if name in ("time", "timestamp", "timetz", "timestamptz"):
        word, _, rest = text.partition(" ")
        return f"{word}{inside} {rest}"
    return text + inside


def _modifier(node: Any) -> str:
    value = getattr(node, "val", None)
    for attribute in ("ival", "sval", "fval", "boolval"):
        found = getattr(value, attribute, None)
        if found is not None:
            return str(found)
    fields = getattr(node, "fields", None)
    return str(fields[-1].sval) if fields else "?"


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz_")
_PLAIN_OR_DIGIT = _PLAIN | frozenset("0123456789")
_KEYWORDS = builtin_names.words(
    """
all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
boolean both case cast char character check coalesce collate collation column concurrently
constraint create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user dec decimal default deferrable desc distinct do else end except
exists extract false fetch float for foreign freeze from full grant greatest group grouping
having ilike in initially inner inout int integer intersect interval into is isnull join json
json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
json_serialize json_table json_value lateral leading least left like limit localtime
localtimestamp merge_action national natural nchar none normalize not notnull null nullif
numeric offset on only or order out outer overlaps overlay placing position precision primary
real references returning right row select session_user setof similar smallint some substring
symmetric system_user table tablesample then time timestamp to trailing treat trim true union
unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""
)
"""Words that ``quote_ident`` quotes: every keyword that the grammar reserves in some place."""

_quoted: dict[str, str] = {}


def quoted(name: str) -> str:
    """Quote an identifier where the server's ``quote_ident`` does."""
    text = _quoted.get(name)
    if text is None:
        plain = name[:1] in _PLAIN and _PLAIN_OR_DIGIT.issuperset(name) and name not in _KEYWORDS
        text = name if plain else '"' + name.replace('"', '""') + '"'
        if len(_quoted) < 10_000:
            _quoted[name] = text
    return text
$coord0$),
('net.py', $coord0$"""What a script comes to in the end: later statements win over earlier ones.

What is created and dropped again leaves nothing to conflict with. What is changed after a rename
is changed under the old name as well, for that is how everybody else still calls it. Of several
settings of one aspect the last one counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from .identity import COLUMN, MEMBERS, RELATION, Key, container, family_of, key_of
from .model import Json, Touch

TEMPORARY = "pg_temp"
"""Temporary objects are nobody else's business."""

SETTINGS = frozenset(
    (
        "type",
        "default",
        "not null",
        "generated",
        "identity",
        "statistics",
        "storage",
        "compression",
        "owner",
        "comment",
        "security label",
        "tablespace",
        "persistence",
        "row security",
        "force row security",
        "replica identity",
        "cluster",
        "access method",
    )
)
"""Aspects with one value, of which the last one stands."""


def net_effect(touches: Sequence[Touch]) -> list[Touch]:
    """The touches that matter to others, in the order of the statements."""
    ours = _without_returning([touch for touch in touches if not _is_nobodys(touch)])
    return _last_settings(_without_transient(_under_old_names(ours)))


def _is_nobodys(touch: Touch) -> bool:
    """Temporary objects, and keys that the server finds by their columns, whatever their name."""
    return touch.schema == TEMPORARY or "by_columns" in touch.detail


# -------------------------------------------------------------------- create, then drop


def _without_transient(touches: list[Touch]) -> list[Touch]:
    transient = _transient(touches)
    if not transient:
        return touches
    born = {
        touch.statement_no
        for touch in touches
        if touch.action == "create" and key_of(touch) in transient
    }
    shared = {
        touch.statement_no
        for touch in touches
        if touch.statement_no in born
        and touch.action != "use"
        and not _belongs(key_of(touch), transient)
    }
    kept = []
    for touch in touches:
        if _belongs(key_of(touch), transient):
            continue
        if (
            touch.action == "use"
            and touch.facet != "data"
            and touch.statement_no in born
            and touch.statement_no not in shared
        ):
            # It was used by nothing that lasts.
            continue
        kept.append(touch)
    return kept


def _transient(touches: Sequence[Touch]) -> set[Key]:
    """Objects that were not there before, and are not there afterwards."""
    lives: dict[Key, list[str]] = {}
    for touch in touches:
        if touch.action in ("create", "drop"):
            guarded = touch.detail.get("if_not_exists") or touch.detail.get("or_replace")
            what = "ensure" if touch.action == "create" and guarded else touch.action
            lives.setdefault(key_of(touch), []).append(what)
    return {
        key
        for key, life in lives.items()
        if len(life) > 1 and life[0] == "create" and life[-1] == "drop"
    }


def _belongs(key: Key, transient: set[Key]) -> bool:
    return key in transient or (key.family in MEMBERS and container(key) in transient)


def _without_returning(touches: list[Touch]) -> list[Touch]:
    """Without the renames of what is called as before in the end; it only must be there."""
    returned: set[Key] = set()
    origins: dict[Key, Key] = {}
    for touch in touches:
        if touch.facet == "name" and touch.action == "create":
            key = key_of(touch)
            old = _renamed(key, touch)
            origins[key] = origins.pop(old, old)
            if origins[key] == key:
                returned.add(key)
    if not returned:
        return touches
    result = []
    for touch in touches:
        if touch.facet != "name" or key_of(touch) not in returned:
            result.append(touch)
        elif touch.action == "create":
            result.append(touch._replace(action="alter", detail={"value": touch.sub or touch.name}))
    return result


def _renamed(key: Key, touch: Touch) -> Key:
    """The key of what a rename made this of."""
    old = str(touch.detail.get("renamed_from", touch.sub or touch.name))
    return key._replace(name=old) if touch.sub is None else key._replace(sub=old)


# -------------------------------------------------------------------- rename, then change


def _under_old_names(touches: list[Touch]) -> list[Touch]:
    if not any(touch.facet in ("name", "schema") for touch in touches):
        return touches
    relations: dict[tuple[str | None, str], tuple[str | None, str]] = {}
    columns: dict[tuple[str | None, str, str], str] = {}
    result: list[Touch] = []
    for touch in touches:
        result.append(touch)
        family = family_of(touch.kind)
        place = (touch.schema, touch.name)
        if touch.facet in ("name", "schema") and touch.action in ("create", "drop"):
            if touch.action == "create":
                if family == RELATION:
                    relations[place] = relations.get(_origin(touch), _origin(touch))
                elif family == COLUMN and touch.sub is not None:
                    old = str(touch.detail.get("renamed_from", touch.sub))
                    base = relations.get(place, place)
                    columns[(*base, touch.sub)] = columns.get((*base, old), old)
            continue
        old_place = relations.get(place)
        sub = touch.sub
        if sub is not None and family == COLUMN:
            sub = columns.get((*(old_place or place), sub), sub)
        if old_place is None and sub == touch.sub:
            continue
        schema, name = old_place or place
        detail: dict[str, Json] = {**touch.detail, "followed": True}
        result.append(touch._replace(schema=schema, name=name, sub=sub, detail=detail))
    return result


def _origin(touch: Touch) -> tuple[str | None, str]:
    """Where an object was before this rename or move."""
    detail = touch.detail
    old = detail.get("renamed_from")
    if touch.facet == "schema":
        schema = detail.get("moved_from", old)
        return (str(schema) if schema is not None else None, touch.name)
    return (touch.schema, str(old) if old is not None else touch.name)


# -------------------------------------------------------------------- the last value stands


def _last_settings(touches: list[Touch]) -> list[Touch]:
    last: dict[tuple[Key, str | None], int] = {}
    for index, touch in enumerate(touches):
        if touch.action == "alter" and touch.facet in SETTINGS:
            last[(key_of(touch), touch.facet)] = index
    if not last:
        return touches
    return [
        touch
        for index, touch in enumerate(touches)
        if touch.action != "alter"
        or touch.facet not in SETTINGS
        or last[(key_of(touch), touch.facet)] == index
    ]
$coord0$),
('order.py', $coord0$"""Merge order: nodes in an order that respects edges, with the cycles that make it impossible.

Where nothing prescribes an order the smaller number, the earlier registration, goes first. The
members of a cycle stand together, in the order of their registration, and whoever depends on one
of them comes after all of them. Neither algorithm recurses: a chain of thousands is ordinary.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """One node in the order; ``cycle`` numbers the cycle it belongs to, if any."""

    node: int
    cycle: int | None


def merge_order(nodes: Sequence[int], edges: Iterable[tuple[int, int]]) -> list[Place]:
    followers: dict[int, set[int]] = {node: set() for node in nodes}
    for first, then in edges:
        if first in followers and then in followers and first != then:
            followers[first].add(then)
    groups = strong_components(followers)
    group_of = {node: number for number, group in enumerate(groups) for node in group}

    waits_for = [0] * len(groups)
    leads_to: list[set[int]] = [set() for _ in groups]
    for node, thens in followers.items():
        for then in thens:
            here, there = group_of[node], group_of[then]
            if here != there and there not in leads_to[here]:
                leads_to[here].add(there)
                waits_for[there] += 1

    ready = [(min(group), number) for number, group in enumerate(groups) if not waits_for[number]]
    heapq.heapify(ready)
    order: list[Place] = []
    cycles = 0
    while ready:
        _, number = heapq.heappop(ready)
        group = groups[number]
        cycles += len(group) > 1
        order += [Place(node, cycles if len(group) > 1 else None) for node in sorted(group)]
        for follower in leads_to[number]:
            waits_for[follower] -= 1
            if not waits_for[follower]:
                heapq.heappush(ready, (min(groups[follower]), follower))
    return order


def strong_components(followers: dict[int, set[int]]) -> list[list[int]]:
    """Tarjan's algorithm with a stack of its own: groups of nodes that all reach one another."""
    found: dict[int, int] = {}
    lowest: dict[int, int] = {}
    pending: list[int] = []
    is_pending: set[int] = set()
    groups: list[list[int]] = []
    for root in followers:
        if root in found:
            continue
        work = [(root, iter(sorted(followers[root])))]
        found[root] = lowest[root] = len(found)
        pending.append(root)
        is_pending.add(root)
        while work:
            node, rest = work[-1]
            for follower in rest:
                if follower not in found:
                    found[follower] = lowest[follower] = len(found)
                    pending.append(follower)
                    is_pending.add(follower)
                    work.append((follower, iter(sorted(followers[follower]))))
                    break
                if follower in is_pending:
                    lowest[node] = min(lowest[node], found[follower])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                if lowest[node] == found[node]:
                    group = []
                    while True:
                        member = pending.pop()
                        is_pending.discard(member)
                        group.append(member)
                        if member == node:
                            break
                    groups.append(group)
    return groups
$coord0$),
('position.py', $coord0$"""Where in a text an error is, and how to show it to people."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

_BEFORE = 60
_AFTER = 40
_ELLIPSIS = "..."
_SPACES = " \t\n\r\f\v"


class Position(NamedTuple):
    """A line and a column, both counted from 1, and the line with a caret below it."""

    line: int
    column: int
    excerpt: str


def locate(text: str, index: int | None) -> Position:
    """Describe the character at ``index``; None is the end of the text."""
    if index is None or index >= len(text):
        index = len(text.rstrip(_SPACES))
    line_start = text.rfind("\n", 0, index) + 1
    line_end = text.find("\n", index)
    if line_end < 0:
        line_end = len(text)
    line = text.count("\n", 0, index) + 1
    column = index - line_start + 1
    return Position(line, column, _excerpt(text[line_start:line_end], index - line_start))


def _excerpt(line: str, index: int) -> str:
    """Cut a long line around ``index`` and put a caret below that character."""
    start = max(0, index - _BEFORE)
    end = min(len(line), index + _AFTER)
    before = "".join(map(_printable, line[start:index]))
    after = "".join(map(_printable, line[index:end])).rstrip()
    if start > 0:
        before = _ELLIPSIS + before
    if end < len(line.rstrip()):
        after += _ELLIPSIS
    return f"{before}{after}\n{''.join(map(_padding, before))}^"


def _printable(character: str) -> str:
    """Keep tabs, which the caret's line repeats; no other control character reaches a terminal."""
    if character == "\t" or unicodedata.category(character) not in ("Cc", "Zl", "Zp"):
        return character
    return " "


def _padding(character: str) -> str:
    """Return what is as wide as the character on a terminal."""
    if character == "\t":
        return "\t"
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return ""
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "
$coord0$),
('row_assignment.py', $coord0$"""``SET (a, b, \u2026) = \u2026``: refused where its tree would be out of all proportion to its text.

The parser hangs the whole right side below each column of the left side. Converted to Python
objects it becomes a copy for each: 10 kB with 1,000 columns take 6 s and 400 MB, 45 kB take
minutes, and assignments nested in each other multiply: forty levels of two columns would never
end. So the tree's excess is computed from the tokens before anything is parsed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .script_error import ScriptError

MOST_COPIES = 300_000
"""Tokens that the tree would hold beyond those of the text; so many take about a second."""

_OPENING, _CLOSING, _COMMA, _SEMICOLON, _EQUALS = (f"ASCII_{ord(sign)}" for sign in "(),;=")
_COMMENTS = frozenset(("SQL_COMMENT", "C_COMMENT"))


def is_possible(text: str) -> bool:
    """Tell cheaply whether a text may have such an assignment at all."""
    return "=" in text and "," in text and "set" in text.lower()


def refuse_explosion(tokens: Iterable[Any]) -> None:
    """Raise ScriptError when the tree of these tokens would be too large."""
    copied, copies = 0, 1
    before = ""
    closed_columns = 0
    parentheses: list[tuple[bool, int]] = []
    commas = 0
    assignments: list[tuple[int, int]] = []
    for token in tokens:
        name = token.name
        if name in _COMMENTS:
            continue
        copied += copies - 1
        if copied > MOST_COPIES:
            raise ScriptError(
                "54000",
                "a row assignment is too large",
                "SET (column, \u2026) = \u2026 repeats its right side for each column in the parse tree",
                "assign the columns one by one, or to fewer columns at once",
            )
        if name == _OPENING:
            parentheses.append((before in ("SET", _COMMA), commas))
            commas = 0
        elif name in (_CLOSING, _COMMA, _SEMICOLON):
            while assignments and assignments[-1][0] >= len(parentheses):
                copies = assignments.pop()[1]
            if name == _COMMA:
                commas += 1
            elif name == _CLOSING and parentheses:
                may_be_assigned, outer_commas = parentheses.pop()
                closed_columns = commas + 1 if may_be_assigned else 1
                commas = outer_commas
        elif name == _EQUALS and before == _CLOSING and closed_columns > 1:
            assignments.append((len(parentheses), copies))
            copies *= closed_columns
        before = name
$coord0$),
('rules/__init__.py', $coord0$"""Touches x touches -> conflicts: the verdict that PostgreSQL would give if both were run.

``prepare`` is the work for one intent, ``compare`` for a pair. The rules themselves are in
``interplay`` and its neighbours, by what each side does to an object; what each of them says,
why, and an example that the tests execute stand in ``book``.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from ..identity import BARE_ROUTINE, MEMBERS, RELATION, Key, container
from ..model import Conflict, Touch
from ..net import net_effect
from . import calls, makers, pairwide, retyping
from .effects import LIVES, Effect, Prepared
from .interplay import interplay
from .overlap import constraints_overlap, tables_overlap
from .report import put_together
from .verdict import Verdict

__all__ = ["Prepared", "compare", "prepare"]

VISIBLE = ("public",)

Interrupts = Callable[[], None]


def prepare(touches: Sequence[Touch]) -> Prepared:
    """The net effect of one intent's touches, indexed by object."""
    return Prepared(retyping.with_labels(net_effect(touches)))


def compare(
    a: Prepared,
    b: Prepared,
    visible_schemas: Container[str] = VISIBLE,
    interrupts: Interrupts | None = None,
) -> list[Conflict]:
    """What two intents do to each other: one conflict for each type, strongest first.

    Names are shown without their schema where it is one of the visible ones.
    """
    mine, theirs = a.effects, b.effects
    verdicts: list[Verdict] = []
    overlaps: list[Verdict] = []
    common = mine.keys() & theirs.keys()
    settled = _settled(mine, theirs, common)
    for number, key in enumerate(common):
        if interrupts is not None and not number % 1000:
            interrupts()
        if settled and key.family in MEMBERS and container(key) in settled:
            continue
        one, two = mine[key], theirs[key]
        if key.family == BARE_ROUTINE:
            calls.compare(a, b, key, verdicts.append)
            continue
        before = len(verdicts)
        interplay(one, two, verdicts.append)
        if len(verdicts) > before:
            makers.reconsider(verdicts, before, (one, two), a, b)
        elif key.family == RELATION:
            constraints_overlap(one, two, overlaps.append) or tables_overlap(
                one, two, overlaps.append
            )
    pairwide.compare(a, b, verdicts.append)
    if not verdicts and not overlaps:
        return []
    return put_together(verdicts, overlaps, visible_schemas)


def _settled(mine: dict[Key, Effect], theirs: dict[Key, Effect], common: set[Key]) -> set[Key]:
    """Relations whose coming or going says all there is to say about their members."""
    settled = set()
    for key in common:
        if key.family == RELATION:
            one, two = mine[key], theirs[key]
            if (one.flags & LIVES and two.flags & LIVES) or _goes(one) or _goes(two):
                settled.add(key)
    return settled


def _goes(effect: Effect) -> bool:
    if effect.replaces:
        return True
    return effect.drop is not None and effect.drop.facet not in ("name", "schema")
$coord0$),
('rules/belongings.py', $coord0$"""What belongs to a role or comes with an extension, though no statement names it."""

from __future__ import annotations

from collections.abc import Iterable

from ..identity import ROUTINE, family_of, key_of
from ..model import Json, Side, Touch
from .dependents import is_looked_up
from .effects import Prepared
from .verdict import Report, Verdict

BROUGHT: dict[str, frozenset[str]] = {
    "btree_gin": frozenset(("int4_ops", "text_ops")),
    "btree_gist": frozenset(("gist_int4_ops", "gist_text_ops", "gist_timestamptz_ops")),
    "citext": frozenset(("citext",)),
    "cube": frozenset(("cube", "gist_cube_ops")),
    "dblink": frozenset(("dblink", "dblink_connect", "dblink_exec")),
    "earthdistance": frozenset(("earth", "ll_to_earth", "earth_distance", "earth_box")),
    "fuzzystrmatch": frozenset(("levenshtein", "soundex", "metaphone", "dmetaphone")),
    "hstore": frozenset(("hstore", "gin_hstore_ops", "gist_hstore_ops", "hstore_to_json")),
    "intarray": frozenset(("gin__int_ops", "gist__int_ops", "query_int", "sort", "uniq")),
    "isn": frozenset(("isbn", "isbn13", "ean13", "issn", "upc")),
    "ltree": frozenset(("ltree", "lquery", "ltxtquery", "gist_ltree_ops", "nlevel", "subpath")),
    "pg_trgm": frozenset(
        ("gin_trgm_ops", "gist_trgm_ops", "similarity", "word_similarity", "show_trgm")
    ),
    "pgcrypto": frozenset(
        (
            "crypt",
            "gen_salt",
            "digest",
            "hmac",
            "encrypt",
            "decrypt",
            "pgp_sym_encrypt",
            "pgp_sym_decrypt",
            "pgp_pub_encrypt",
            "gen_random_bytes",
        )
    ),
    "postgis": frozenset(("geometry", "geography", "st_distance", "st_makepoint", "st_contains")),
    "seg": frozenset(("seg", "gist_seg_ops")),
    "tablefunc": frozenset(("crosstab", "connectby", "normal_rand")),
    "unaccent": frozenset(("unaccent",)),
    "uuid-ossp": frozenset(("uuid_generate_v1", "uuid_generate_v4", "uuid_generate_v5")),
    "vector": frozenset(("vector", "halfvec", "vector_l2_ops", "vector_cosine_ops")),
}
"""Names that well-known extensions are created for (documentation, Additional Supplied Modules)."""

_KINDS = frozenset(("type", "operator class", "text search dictionary"))


def compare(owner: Prepared, other: Prepared, side: Side, report: Report) -> None:
    for extension in owner.extensions:
        if not extension.detail.get("exists"):
            _extension(extension, other.touches, side, report)
    if owner.estates:
        _estates(owner.estates, other.touches, report)


def _extension(extension: Touch, touches: Iterable[Touch], side: Side, report: Report) -> None:
    names = BROUGHT.get(extension.name, frozenset())
    for touch in touches:
        if (
            touch.action == "use"
            and touch.name.partition("(")[0] in names
            and (touch.kind in _KINDS or family_of(touch.kind) in (ROUTINE, "routine name"))
            and is_looked_up(touch)
        ):
            report(
                Verdict(
                    "create-before-use",
                    "dependency",
                    "order",
                    "warning",
                    side,
                    (key_of(extension),),
                )
            )
            return


def _estates(estates: Iterable[Touch], touches: Iterable[Touch], report: Report) -> None:
    """DROP OWNED also takes away privileges; REASSIGN OWNED hands over what is owned."""
    of_role: dict[Json, Touch] = {estate.name: estate for estate in estates}
    dropped = {estate.name for estate in estates if estate.detail.get("value") is None}
    for touch in touches:
        detail = touch.detail
        roles: list[Json] = []
        if (touch.facet or "").startswith("privileges") and detail.get("is_grant"):
            roles += [role for role in _listed(detail.get("grantee")) if role in dropped]
        if touch.facet == "owner":
            roles.append(detail.get("value"))
        if touch.action == "create":
            roles.append(detail.get("owner"))
        for role in roles:
            estate = of_role.get(role) if isinstance(role, str) else None
            if estate is not None:
                report(
                    Verdict(
                        "owned-or-granted",
                        "privilege",
                        "clash",
                        "error",
                        None,
                        (key_of(estate), key_of(touch)),
                    )
                )


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
$coord0$),
('rules/book.py', $coord0$"""The table of rules: what each says, why, where PostgreSQL says so, and an example.

The tests execute every example in both orders on a real server and compare what they find with
the verdict; docs/conflict-matrix.md is made from this table. Its chapters are the modules
``book_*`` beside this one.
"""

from __future__ import annotations

from .book_changed import CHANGED
from .book_contained import CONTAINED
from .book_created import CREATED
from .book_gone import GONE
from .book_needed import NEEDED
from .book_rows import ROWS
from .book_rule import Rule

__all__ = ["BY_NAME", "GROUPS", "RULES", "Rule"]

RULES: tuple[Rule, ...] = (*CREATED, *GONE, *NEEDED, *CHANGED, *CONTAINED, *ROWS)

GROUPS: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("Both create, or one creates what the other needs", CREATED),
    ("One drops, renames or replaces", GONE),
    ("One uses what the other changes", NEEDED),
    ("Both change the same object", CHANGED),
    ("Schemas, partitions and heirs", CONTAINED),
    ("Rows", ROWS),
)

BY_NAME = {rule.name: rule for rule in RULES}
$coord0$),
('rules/book_changed.py', $coord0$"""Rules for two changes of one object that stays."""

from __future__ import annotations

from .book_rule import ENUM, FUNCTION, TABLE, Rule

CHANGED: tuple[Rule, ...] = (
    Rule(
        "last-value-wins",
        "clash",
        "both set the same aspect of one object to different values",
        "both orders work, and the last one wins",
        "documentation, ALTER TABLE: SET DEFAULT",
        TABLE,
        "alter table t alter column c set default 'x'",
        "alter table t alter column c set default 'y'",
    ),
    Rule(
        "too-many-to-compare",
        "clash",
        "both make so many changes of one aspect that nobody compared them one by one",
        "above 200,000 pairs of changes the comparison would keep the server busy for long; "
        "whether any two of them get in each other's way is not known",
        "none: a limit of this detector, as a clash so that somebody looks",
        TABLE + " grant select on t to public;",
        "grant select on t to public",
        "revoke select on t from public",
        times=450,
    ),
    Rule(
        "same-value",
        "duplicate",
        "both set the same aspect of one object to the same value",
        "the second changes nothing",
        "documentation, ALTER TABLE: SET DEFAULT",
        TABLE,
        "alter table t alter column c set default 'x'",
        "alter table t alter column c set default 'x'",
    ),
    Rule(
        "different-aspects",
        "overlap",
        "both change one object, each another aspect of it",
        "the changes are kept in different columns of the catalog, or different entries of a list",
        "documentation, System Catalogs",
        TABLE,
        "alter table t alter column c set default 'x'",
        "alter table t alter column c set not null",
    ),
    Rule(
        "one-source-of-values",
        "clash",
        "one gives a column a default, the other makes it an identity or generated column",
        "a column has one source of values",
        "documentation, CREATE TABLE: GENERATED \u2026 AS IDENTITY",
        TABLE,
        "alter table t alter column id set default 1",
        "alter table t alter column id add generated always as identity",
    ),
    Rule(
        "redefinition-resets",
        "clash",
        "one redefines it with OR REPLACE, the other changes a property that this writes anew",
        "what CREATE OR REPLACE does not mention goes back to its default",
        "documentation, CREATE FUNCTION: OR REPLACE",
        FUNCTION,
        "create or replace function f(a integer) returns integer language sql as 'select a + 1'",
        "alter function f(integer) immutable",
    ),
    Rule(
        "labels-at-one-place",
        "clash",
        "both add a label to an enum at the same place",
        "the label that comes last stands nearest to the place: the order of the enum differs",
        "documentation, ALTER TYPE: ADD VALUE BEFORE, AFTER",
        ENUM,
        "alter type mood add value 'fine' after 'ok'",
        "alter type mood add value 'good' after 'ok'",
    ),
    Rule(
        "labels-in-order",
        "order",
        "one names a label that the other adds or renames, or adds the same one IF NOT EXISTS",
        "the label must be there under that name",
        "documentation, ALTER TYPE: ADD VALUE",
        ENUM,
        "alter type mood add value 'fine' after 'ok'",
        "alter type mood rename value 'ok' to 'so so'",
        "a",
    ),
    Rule(
        "grant-and-revoke",
        "clash",
        "one grants what the other revokes",
        "the last one wins",
        "documentation, GRANT, REVOKE",
        TABLE + " grant select on t to public;",
        "grant select on t to public",
        "revoke select on t from public",
    ),
    Rule(
        "same-grant",
        "duplicate",
        "both grant, or both revoke, the same privilege",
        "the second changes nothing",
        "documentation, GRANT",
        TABLE,
        "grant select on t to public",
        "grant select, insert on t to public",
    ),
    Rule(
        "grant-on-all",
        "clash",
        "one grants on everything in a schema, the other brings something in or takes it out",
        "ALL TABLES IN SCHEMA means those that are there when it is executed",
        "documentation, GRANT: ALL TABLES IN SCHEMA",
        "create schema s;",
        "grant select on all tables in schema s to public",
        "create table s.n (id integer)",
    ),
    Rule(
        "dynamic-sql",
        "clash",
        "one runs SQL that is put together at run time and mentions a schema, the other brings a "
        "table in or takes one out",
        "a loop over the tables of a schema meets those that are there when it runs",
        "documentation, PL/pgSQL: Executing Dynamic Commands",
        "create schema s; create table s.t (id integer);",
        "do $$ declare n text; begin for n in select tablename from pg_catalog.pg_tables"
        " where schemaname = 's' loop"
        " execute pg_catalog.format('grant select on s.%I to public', n); end loop; end $$",
        "create table s.n (id integer)",
    ),
    Rule(
        "named-in-dynamic-sql",
        "order",
        "one runs SQL that is put together at run time from the name of a table, the other drops, "
        "renames or moves it",
        "afterwards there is no table of that name",
        "documentation, PL/pgSQL: Executing Dynamic Commands",
        TABLE,
        "do $$ declare n text; begin foreach n in array array['t'] loop"
        " execute format('alter table %I add column e text', n); end loop; end $$",
        "alter table t rename to u",
        "a",
    ),
    Rule(
        "default-privileges",
        "clash",
        "one changes default privileges, the other creates what they apply to",
        "an object gets the default privileges of the moment it is created",
        "documentation, ALTER DEFAULT PRIVILEGES",
        "create schema s;",
        "alter default privileges in schema s grant select on tables to public",
        "create table s.n (id integer)",
    ),
    Rule(
        "list-replaced",
        "clash",
        "one sets the whole list of a publication, the other adds to it or takes from it",
        "SET TABLE drops what is not in its list",
        "documentation, ALTER PUBLICATION",
        TABLE + " create table u (id integer); create publication p for table t;",
        "alter publication p set table t",
        "alter publication p add table u",
    ),
    Rule(
        "two-primary-keys",
        "clash",
        "both give one table a primary key, under different names",
        "a table can have one primary key only",
        "documentation, Primary Keys",
        "create table t (id integer, c text);",
        "alter table t add constraint one primary key (id)",
        "alter table t add constraint two primary key (c)",
    ),
    Rule(
        "all-triggers-switched",
        "clash",
        "one enables or disables all triggers of a table, the other creates one",
        "ALL and USER mean the triggers that are there",
        "documentation, ALTER TABLE: DISABLE TRIGGER",
        "create table t (id integer, c text); create function g() returns trigger"
        " language plpgsql as 'begin return new; end';",
        "alter table t disable trigger all",
        "create trigger tr before update on t for each row execute function g()",
    ),
    Rule(
        "constraints-of-one-table",
        "overlap",
        "both change constraints of one table",
        "each constraint stands for itself; whether rows satisfy all of them, the data tells",
        "documentation, ALTER TABLE: ADD table_constraint",
        TABLE,
        "alter table t add constraint one check (c <> '')",
        "alter table t add constraint two check (d <> '')",
    ),
    Rule(
        "one-table",
        "overlap",
        "both touch one table, and at least one changes it or its rows",
        "the weakest interaction: nothing is wrong yet, but the two should know of each other",
        "documentation, Explicit Locking: what they wait for",
        TABLE,
        "alter table t add column e text",
        "alter table t add column f text",
    ),
)
$coord0$),
('rules/book_contained.py', $coord0$"""Rules for schemas and what is in them, partitions, parents and heirs."""

from __future__ import annotations

from .book_rule import PARTS, TABLE, Rule

CONTAINED: tuple[Rule, ...] = (
    Rule(
        "schema-not-empty",
        "clash",
        "one drops a schema, the other creates something in it",
        "DROP SCHEMA without CASCADE is refused when there is something inside",
        "documentation, DROP SCHEMA",
        "create schema s;",
        "drop schema s",
        "create table s.n (id integer)",
    ),
    Rule(
        "inside-before-schema-dropped",
        "order",
        "one drops a schema with what is in it, the other works inside",
        "afterwards there is no such schema",
        "documentation, DROP SCHEMA: CASCADE",
        "create schema s; create table s.t (id integer);",
        "alter table s.t add column c text",
        "drop schema s cascade",
        "a",
    ),
    Rule(
        "inside-before-schema-renamed",
        "order",
        "one renames a schema, the other works inside under its old name",
        "afterwards there is no schema of that name",
        "documentation, ALTER SCHEMA: RENAME",
        "create schema s; create table s.t (id integer);",
        "alter table s.t add column c text",
        "alter schema s rename to r",
        "a",
    ),
    Rule(
        "reaches-the-child-or-not",
        "clash",
        "one changes a parent table, the other takes a child away or brings it in",
        "the change reaches the partitions and heirs of the moment",
        "documentation, Inheritance; ALTER TABLE: DETACH PARTITION",
        PARTS,
        "alter table p add column d text",
        "alter table p detach partition p1",
    ),
    Rule(
        "shape-of-a-child",
        "clash",
        "one attaches a table, the other changes the columns of that table",
        "a partition must have exactly its parent's columns, and cannot change them by itself",
        "documentation, ALTER TABLE: ATTACH PARTITION",
        PARTS,
        "alter table p attach partition p2 for values from (10) to (20)",
        "alter table p2 add column d text",
    ),
    Rule(
        "join-before-parent-changes",
        "order",
        "one attaches a table, the other changes the columns of the parent",
        "a child that has joined gets the change, one that joins later must have it already",
        "documentation, ALTER TABLE: ATTACH PARTITION",
        PARTS,
        "alter table p attach partition p2 for values from (10) to (20)",
        "alter table p add column d text",
        "a",
    ),
    Rule(
        "child-prepared-first",
        "order",
        "one attaches a table, the other gives that table a primary key of its own",
        "attaching creates the key when it is missing, and then there is one already",
        "documentation, ALTER TABLE: ATTACH PARTITION",
        "create table p (id integer primary key, c text) partition by range (id);"
        " create table p2 (id integer not null, c text);",
        "alter table p2 add primary key (id)",
        "alter table p attach partition p2 for values from (10) to (20)",
        "a",
    ),
    Rule(
        "partitions-overlap",
        "clash",
        "both add partitions that take the same rows",
        "partitions of one table may not overlap",
        "documentation, CREATE TABLE: PARTITION OF",
        PARTS,
        "create table p3 partition of p for values from (10) to (30)",
        "alter table p attach partition p2 for values from (20) to (40)",
    ),
    Rule(
        "opposite-orders",
        "clash",
        "each needs to come before the other",
        "what works in neither order does not work",
        "follows from the rules about order",
        TABLE + " create table u (id integer, c text);",
        "alter table t rename column c to e; alter table u alter column c set default ''",
        "alter table u rename column c to e; alter table t alter column c set default ''",
    ),
)
$coord0$),
('rules/book_created.py', $coord0$"""Rules for what both create, or what one creates and the other needs."""

from __future__ import annotations

from .book_rule import FUNCTION, TABLE, Rule

CREATED: tuple[Rule, ...] = (
    Rule(
        "same-definition",
        "duplicate",
        "both create the same object with the same definition",
        "the second CREATE finds the name taken",
        "pg_class, pg_attribute, pg_proc \u2026 have unique indexes on name and schema",
        TABLE,
        "alter table t add column e text",
        "alter table t add column e text",
    ),
    Rule(
        "same-definition-again",
        "duplicate",
        "both create the same object with the same definition, and the second does not mind",
        "with IF NOT EXISTS or OR REPLACE the second changes nothing; where the server chooses the "
        "name, it makes a second one",
        "documentation, CREATE TABLE: IF NOT EXISTS",
        TABLE,
        "alter table t add column if not exists e text",
        "alter table t add column if not exists e text",
    ),
    Rule(
        "same-name",
        "clash",
        "both create different objects under one name",
        "tables, views, indexes and sequences share the names of a schema, tables and types too",
        "documentation, CREATE TABLE: the name must be distinct from any other relation's",
        "",
        "create table n (id integer)",
        "create view n as select 1 as one",
    ),
    Rule(
        "guarded-create-second",
        "order",
        "both create it, one of them only IF NOT EXISTS or OR REPLACE",
        "the guarded one gives way, or replaces, when it comes second; the plain one fails then",
        "documentation, CREATE TABLE: IF NOT EXISTS issues a notice",
        "",
        "create table if not exists n (id integer)",
        "create table n (id integer, c text)",
        "b",
    ),
    Rule(
        "last-definition-wins",
        "clash",
        "both create it guarded, with different definitions",
        "OR REPLACE keeps the last definition and IF NOT EXISTS the first: the result depends on "
        "the order, without any error",
        "documentation, CREATE FUNCTION: OR REPLACE",
        FUNCTION,
        "create or replace function f(a integer) returns integer language sql as 'select a + 1'",
        "create or replace function f(a integer) returns integer language sql as 'select a + 2'",
    ),
    Rule(
        "fewer-columns-first",
        "order",
        "both redefine a view with OR REPLACE, one of them with more columns at the end",
        "OR REPLACE may add columns at the end of a view, and cannot take any away",
        "documentation, CREATE VIEW: OR REPLACE",
        TABLE + " create view v as select id from t;",
        "create or replace view v as select id from t where id > 0",
        "create or replace view v as select id, c from t",
        "a",
    ),
    Rule(
        "automatic-names-swap",
        "clash",
        "both leave it to the server to name different things, and it chooses the same name",
        "whoever comes second gets the name with a number: the names end up swapped",
        "ChooseRelationName and ChooseConstraintName in the server's source",
        TABLE,
        "create index on t (c)",
        "create index on t (c desc)",
    ),
    Rule(
        "chosen-name-first",
        "order",
        "one names an object as the server would name the other's",
        "the server steps aside for a name that is taken, a statement that gives one fails",
        "ChooseRelationName in the server's source",
        TABLE,
        "create index on t (c)",
        "create index t_c_idx on t (d)",
        "b",
    ),
    Rule(
        "same-index-other-name",
        "duplicate",
        "both create the same index under different names",
        "PostgreSQL allows it: the second costs space and time on every write and serves no query",
        "documentation, CREATE INDEX",
        TABLE,
        "create index one on t (c)",
        "create index two on t (c)",
    ),
    Rule(
        "create-before-use",
        "order",
        "one creates what the other uses or changes",
        "names are looked up when a statement is executed",
        "documentation, Schemas: name resolution",
        TABLE,
        "create table n (id integer primary key)",
        "alter table t add foreign key (id) references n",
        "a",
    ),
    Rule(
        "name-becomes-ambiguous",
        "order",
        "one names a routine without argument types, the other creates a second of that name",
        "without types there must be exactly one routine of the name",
        "documentation, DROP FUNCTION: the argument types can be left out if the name is unique",
        FUNCTION,
        "drop function f",
        "create function f(a text) returns text language sql as 'select a'",
        "a",
    ),
)
$coord0$),
('rules/book_gone.py', $coord0$"""Rules for what one side drops, renames, moves or replaces."""

from __future__ import annotations

from .book_rule import FUNCTION, TABLE, Rule

GONE: tuple[Rule, ...] = (
    Rule(
        "both-drop",
        "duplicate",
        "both drop it",
        "the second finds nothing to drop",
        "documentation, DROP TABLE: an error unless IF EXISTS",
        TABLE,
        "alter table t drop column c",
        "alter table t drop column c",
    ),
    Rule(
        "both-drop-if-there",
        "duplicate",
        "both drop it with IF EXISTS",
        "the second finds nothing to drop, and does not mind",
        "documentation, DROP TABLE: IF EXISTS",
        TABLE,
        "alter table t drop column if exists c",
        "alter table t drop column if exists c",
    ),
    Rule(
        "guarded-drop-second",
        "order",
        "both drop it, one of them with IF EXISTS or along with something else",
        "the guarded one has nothing to do when it comes second; the plain one fails then",
        "documentation, DROP TABLE: IF EXISTS",
        TABLE,
        "alter table t drop column if exists c",
        "alter table t drop column c",
        "b",
    ),
    Rule(
        "both-rename",
        "clash",
        "both rename or move it",
        "after the first the old name is gone",
        "documentation, ALTER TABLE: RENAME",
        TABLE,
        "alter table t rename column c to one",
        "alter table t rename column c to two",
    ),
    Rule(
        "rename-and-drop",
        "clash",
        "one renames it, the other drops it",
        "after either the name is gone, and the other fails",
        "documentation, ALTER TABLE: RENAME",
        TABLE,
        "alter table t rename column c to e",
        "alter table t drop column c",
    ),
    Rule(
        "create-before-drop",
        "order",
        "one creates what the other drops, and it is not there now",
        "there is nothing to drop before it is created",
        "documentation, DROP TABLE",
        "",
        "create table n (id integer)",
        "drop table n",
        "a",
    ),
    Rule(
        "name-freed-first",
        "order",
        "one drops, renames or moves what the other wants to create under that name",
        "the name must be free",
        "unique indexes of the catalogs",
        TABLE,
        "alter table t rename to old",
        "create table t (id bigint)",
        "a",
    ),
    Rule(
        "recreate-or-drop",
        "clash",
        "one makes sure that it exists, the other that it does not",
        "both orders work, and the last one wins",
        "documentation, CREATE FUNCTION: OR REPLACE",
        FUNCTION,
        "create or replace function f(a integer) returns integer language sql as 'select a + 1'",
        "drop function f(integer)",
    ),
    Rule(
        "both-replace",
        "clash",
        "both drop it and create it anew, differently",
        "the last one wins",
        "documentation, ALTER TABLE: ADD table_constraint",
        "create table t (c text constraint k check (c <> ''));",
        "alter table t drop constraint k; alter table t add constraint k check (c <> 'x')",
        "alter table t drop constraint k; alter table t add constraint k check (c <> 'y')",
    ),
    Rule(
        "same-replacement",
        "duplicate",
        "both drop it and create it anew in the same way",
        "the second does the work again",
        "documentation, ALTER TABLE: ADD table_constraint",
        "create table t (c text constraint k check (c <> ''));",
        "alter table t drop constraint k; alter table t add constraint k check (c <> 'x')",
        "alter table t drop constraint k; alter table t add constraint k check (c <> 'x')",
    ),
    Rule(
        "replace-before-drop",
        "order",
        "one replaces it, the other drops it",
        "after the drop there is nothing to replace",
        "documentation, ALTER TABLE: DROP CONSTRAINT",
        "create table t (c text constraint k check (c <> ''));",
        "alter table t drop constraint k; alter table t add constraint k check (c <> 'x')",
        "alter table t drop constraint k",
        "a",
    ),
    Rule(
        "change-before-drop",
        "order",
        "one changes it or a part of it, the other drops it",
        "after the drop there is nothing to change",
        "documentation, ALTER TABLE",
        TABLE,
        "alter table t alter column c set default ''",
        "alter table t drop column c",
        "a",
    ),
    Rule(
        "change-before-rename",
        "order",
        "one changes it or a part of it under its old name, the other renames or moves it",
        "after the rename the old name is not found",
        "documentation, ALTER TABLE: RENAME, SET SCHEMA",
        TABLE,
        "alter table t add column e text",
        "alter table t rename to u",
        "a",
    ),
    Rule(
        "skipped-after-drop",
        "overlap",
        "one drops it, the other changes it IF EXISTS",
        "either way it is gone in the end",
        "documentation, ALTER TABLE: IF EXISTS",
        TABLE,
        "drop table t",
        "alter table if exists t add column e text",
    ),
    Rule(
        "skipped-if-absent",
        "clash",
        "one creates, renames or moves it, the other changes it only IF EXISTS",
        "in one order the change is silently left out",
        "documentation, ALTER TABLE: IF EXISTS",
        TABLE,
        "alter table t rename to u",
        "alter table if exists t add column e text",
    ),
    Rule(
        "skipped-before-name-is-taken",
        "order",
        "one creates something under a name, the other changes a table of that name IF EXISTS",
        "what has the name then is no table, which IF EXISTS does not excuse",
        "documentation, ALTER TABLE: IF EXISTS",
        TABLE,
        "alter table if exists n add column e text",
        "create view n as select id from t",
        "a",
    ),
    Rule(
        "replaced-under-change",
        "clash",
        "one replaces it by a new one, the other changes or extends it",
        "the change is lost with the old one, or made to the new one",
        "documentation, DROP TABLE: indexes, rules, triggers and constraints go with the table",
        TABLE + " create materialized view m as select id, c from t;",
        "drop materialized view m; create materialized view m as select id, d from t",
        "create index on m (id)",
    ),
)
$coord0$),
('rules/book_needed.py', $coord0$"""Rules for what one side uses and the other changes."""

from __future__ import annotations

from .book_rule import TABLE, Rule

NEEDED: tuple[Rule, ...] = (
    Rule(
        "drop-while-used",
        "clash",
        "one drops what the other makes a definition depend on",
        "DROP without CASCADE is refused while something depends on the object, and the "
        "definition is refused after the drop",
        "documentation, Dependency Tracking",
        TABLE,
        "alter table t drop column c",
        "create view v as select c from t",
    ),
    Rule(
        "use-before-drop",
        "order",
        "one drops what the other reads, writes, or lets go along with it",
        "what uses it must run while it is there; an index, a check or what CASCADE takes goes too",
        "documentation, Dependency Tracking; pg_depend.deptype",
        TABLE,
        "update t set c = ''",
        "alter table t drop column c",
        "a",
    ),
    Rule(
        "rows-served-alike",
        "overlap",
        "one puts a view in the place of the renamed table, or makes a materialized view anew; the "
        "other changes or reads its rows, or refreshes it",
        "a view that shows the table hands the changes on to it",
        "documentation, CREATE VIEW: Updatable Views",
        TABLE,
        "alter table t rename to t_1; create view t as select * from t_1",
        "insert into t values (1, 'x', 'y')",
    ),
    Rule(
        "use-before-rename",
        "order",
        "one renames or moves what the other uses by its old name",
        "definitions made before follow the object, statements after it do not find the name",
        "documentation, ALTER TABLE: RENAME",
        TABLE,
        "create view v as select c from t",
        "alter table t rename column c to e",
        "a",
    ),
    Rule(
        "retype-before-use",
        "order",
        "one changes the type of a column that the other makes a view, trigger, policy or "
        "generated column of",
        "the type of a column cannot be changed while one of these uses it",
        "documentation, ALTER TABLE: SET DATA TYPE; feature_not_supported (0A000)",
        TABLE,
        "alter table t alter column c type varchar(20)",
        "create view v as select c from t",
        "a",
    ),
    Rule(
        "retype-before-expression",
        "order",
        "one makes a column another kind of type, with USING; the other adds a check, or an index "
        "with an expression or a condition, that names the column",
        "constants in an expression got their type when it was made: what compared text does not "
        "compare the new type, but a new expression does",
        "documentation, ALTER TABLE: SET DATA TYPE; undefined_function (42883)",
        TABLE + " create type side as enum ('left', 'right');",
        "alter table t alter column c type side using c::side",
        "alter table t add check (c <> 'right')",
        "a",
    ),
    Rule(
        "operator-class-of-another-type",
        "clash",
        "one makes a column another kind of type, with USING; the other indexes it with an "
        "operator class",
        "an operator class is for one type, and for what is stored like it",
        "documentation, Operator Classes and Operator Families; datatype_mismatch (42804)",
        TABLE,
        "alter table t alter column c type integer using length(c)",
        "create index on t (c text_pattern_ops)",
    ),
    Rule(
        "replace-before-use",
        "order",
        "one drops and creates anew what the other makes a definition depend on",
        "after the definition the drop is refused",
        "documentation, Dependency Tracking",
        TABLE + " create view v as select id, c from t;",
        "drop view v; create view v as select id, c, d from t",
        "create view w as select id from v",
        "a",
    ),
    Rule(
        "use-before-replace",
        "order",
        "one replaces it by one that lacks what the other uses",
        "the other side's columns are only in the old one",
        "documentation, CREATE MATERIALIZED VIEW",
        TABLE + " create materialized view m as select id, c from t;",
        "create index on m (c)",
        "drop materialized view m; create materialized view m as select id, d from t",
        "a",
    ),
    Rule(
        "replace-before-rename",
        "order",
        "one redefines a view with OR REPLACE, the other renames a column of it",
        "OR REPLACE must give the view the columns that it has, under the same names",
        "documentation, CREATE VIEW: OR REPLACE",
        TABLE + " create view v as select id, c from t;",
        "create or replace view v as select id, c, d from t",
        "alter view v rename column c to e",
        "a",
    ),
    Rule(
        "dependent-goes-first",
        "order",
        "one drops something that stands in the other's way",
        "the change is refused while the dependent exists; only the catalog knows that it does",
        "documentation, Dependency Tracking; pg_depend",
        TABLE + " create view v as select c from t;",
        "drop view v",
        "alter table t alter column c type varchar(20)",
        "a",
    ),
    Rule(
        "body-outlives-drop",
        "overlap",
        "one drops or renames what a routine's body of the other names",
        "bodies in strings are not dependencies, and PL/pgSQL looks names up when it runs: both "
        "orders work, and the next call fails",
        "documentation, Dependency Tracking: no dependencies of functions on the objects in "
        "their bodies",
        TABLE,
        "create function g() returns bigint language plpgsql as "
        "'begin return (select count(c) from t); end'",
        "alter table t rename column c to e",
    ),
    Rule(
        "key-before-reference",
        "order",
        "one makes the unique key that the other's foreign key refers to",
        "a foreign key needs a unique key of exactly its columns",
        "documentation, CREATE TABLE: REFERENCES",
        TABLE,
        "alter table t add constraint k unique (c)",
        "create table u (c text references t (c))",
        "a",
    ),
    Rule(
        "key-dropped-while-used",
        "clash",
        "one drops the unique key that the other's foreign key refers to",
        "the foreign key depends on the key's index, and without it there is nothing to refer to",
        "documentation, Dependency Tracking",
        TABLE + " alter table t add constraint k unique (c);",
        "alter table t drop constraint k",
        "create table u (c text references t (c))",
    ),
    Rule(
        "owned-or-granted",
        "clash",
        "one drops or hands over all that a role owns or was granted, the other gives it something",
        "DROP OWNED and REASSIGN OWNED mean what the role has at the time",
        "documentation, DROP OWNED",
        TABLE + " create role example_of_a_rule;",
        "drop owned by example_of_a_rule",
        "grant select on t to example_of_a_rule",
    ),
    Rule(
        "redefined-while-run",
        "clash",
        "one redefines a routine that the other runs, by a call or a trigger",
        "the rows depend on which body ran",
        "documentation, CREATE FUNCTION: OR REPLACE",
        TABLE + " create procedure q() language sql as 'insert into t values (1, ''x'')';",
        "create or replace procedure q() language sql as 'insert into t values (1, ''y'')'",
        "call q()",
    ),
    Rule(
        "star-settles",
        "clash",
        "one takes all columns of a table (*, LIKE), the other changes which there are",
        "* is expanded when it is executed, so the result has the column or not",
        "documentation, CREATE VIEW: notes",
        TABLE,
        "create view v as select * from t",
        "alter table t add column e text",
    ),
    Rule(
        "drop-before-star",
        "order",
        "one drops a column of a table that the other makes a view of with *",
        "the view then depends on every column of the table",
        "documentation, CREATE VIEW: notes",
        TABLE,
        "alter table t drop column c",
        "create view v as select * from t",
        "a",
    ),
)
$coord0$),
('rules/book_rows.py', $coord0$"""Rules for changes of rows."""

from __future__ import annotations

from .book_rule import TABLE, Rule

FILLED = (
    "create table t (id integer primary key, c text default 'x', d text);"
    " insert into t values (1, 'a', 'b');"
    " create function g() returns trigger language plpgsql as"
    " 'begin new.d := new.c; return new; end';"
)

ROWS: tuple[Rule, ...] = (
    Rule(
        "default-for-new-rows",
        "clash",
        "one changes a column's default, the other inserts rows without that column",
        "a row gets the default of the moment",
        "documentation, Default Values",
        FILLED,
        "alter table t alter column c set default 'y'",
        "insert into t (id) values (2)",
    ),
    Rule(
        "insert-before-default-goes",
        "order",
        "one takes the default of a NOT NULL column away, the other inserts rows without it",
        "without a default such a row is refused",
        "documentation, Not-Null Constraints",
        "create table t (id integer, c text not null default 'x');",
        "insert into t (id) values (2)",
        "alter table t alter column c drop default",
        "a",
    ),
    Rule(
        "insert-before-identity",
        "order",
        "one drops an identity or makes it GENERATED ALWAYS, the other inserts rows as they were",
        "without identity the column gets no value, and GENERATED ALWAYS takes none",
        "documentation, CREATE TABLE: GENERATED \u2026 AS IDENTITY",
        "create table t (id integer generated by default as identity primary key, c text);",
        "insert into t (id) values (7)",
        "alter table t alter column id set generated always",
        "a",
    ),
    Rule(
        "insert-before-not-null",
        "order",
        "one fills a column and makes it NOT NULL, the other inserts rows without it",
        "afterwards such a row is refused, before it is filled like the others",
        "documentation, Not-Null Constraints",
        FILLED,
        "insert into t (id) values (2)",
        "update t set d = '' where d is null; alter table t alter column d set not null",
        "a",
    ),
    Rule(
        "row-without-value",
        "clash",
        "one makes a column NOT NULL, the other inserts rows without a value for it",
        "the row stops the constraint, or the constraint the row",
        "documentation, Not-Null Constraints",
        FILLED,
        "alter table t alter column d set not null",
        "insert into t (id) values (2)",
    ),
    Rule(
        "row-against-check",
        "clash",
        "one adds a check, or makes a column an enum; the other inserts or sets constants that "
        "are refused",
        "the row stops the constraint, or the constraint the row",
        "documentation, Check Constraints",
        FILLED,
        "alter table t add constraint k check (c in ('a', 'x'))",
        "update t set c = 'z' where id = 1",
    ),
    Rule(
        "row-before-check",
        "order",
        "one adds a check NOT VALID, the other inserts or sets constants that it refuses",
        "rows that are there already are left alone, the next ones are not",
        "documentation, ALTER TABLE: NOT VALID",
        TABLE,
        "insert into t values (1, '')",
        "alter table t add check (c <> '') not valid",
        "a",
    ),
    Rule(
        "check-goes-before-row",
        "order",
        "one drops or replaces a check, the other inserts or sets constants that it refuses",
        "while the check is there, such a row is refused",
        "documentation, Check Constraints; check_violation (23514)",
        "create table t (id integer, c text constraint known check (c in ('x', 'y')));",
        "alter table t drop constraint known",
        "insert into t (id, c) values (1, 'z')",
        "a",
    ),
    Rule(
        "same-key-twice",
        "clash",
        "both insert a row with the same values of a key",
        "the second is refused",
        "documentation, Unique Constraints",
        FILLED,
        "insert into t (id, c) values (2, 'x')",
        "insert into t (id, c) values (2, 'y')",
    ),
    Rule(
        "plain-insert-first",
        "order",
        "both insert a row with the same values of a key, one of them ON CONFLICT",
        "the one with ON CONFLICT gives way, or updates, when it comes second; the plain one fails",
        "documentation, INSERT: ON CONFLICT",
        FILLED,
        "insert into t (id, c) values (2, 'x') on conflict (id) do nothing",
        "insert into t (id, c) values (2, 'y')",
        "b",
    ),
    Rule(
        "trigger-for-changed-rows",
        "clash",
        "one creates, drops or switches a trigger or rule, the other changes rows that fire it",
        "the trigger does its work for these rows or not",
        "documentation, Overview of Trigger Behavior",
        FILLED,
        "create trigger tr before update on t for each row execute function g()",
        "update t set c = 'z'",
    ),
    Rule(
        "same-rows",
        "clash",
        "both change rows of one table, and constants tell that they meet in one",
        "the row ends up as the last one leaves it, or is reached by one only in one order",
        "documentation, Read Committed Isolation Level; UPDATE",
        FILLED,
        "update t set c = 'y' where d = 'b'",
        "update t set c = 'z' where d = 'b'",
    ),
    Rule(
        "rows-copied",
        "clash",
        "one copies rows into a new table, the other changes them",
        "the copy has the rows of the moment",
        "documentation, CREATE TABLE AS",
        FILLED,
        "create table u as select * from t",
        "update t set c = 'z'",
    ),
)
$coord0$),
('rules/book_rule.py', $coord0$"""What the book tells of a rule, and the schemas that its examples begin with."""

from __future__ import annotations

from typing import NamedTuple

from ..model import Outcome, Side


class Rule(NamedTuple):
    """One rule. The example is what the first side and the second do after the setup."""

    name: str
    outcome: Outcome
    says: str
    reason: str
    source: str
    setup: str
    a: str
    b: str
    first: Side | None = None
    times: int = 1
    """How often each side says the same again in the example."""


TABLE = "create table t (id integer primary key, c text, d text);"
ENUM = "create type mood as enum ('sad', 'ok', 'happy');"
FUNCTION = "create function f(a integer) returns integer language sql as 'select a';"
PARTS = (
    "create table p (id integer, c text) partition by range (id);"
    " create table p1 partition of p for values from (0) to (10);"
    " create table p2 (id integer, c text);"
)
$coord0$),
('rules/both_live.py', $coord0$"""Both sides create, drop, rename or replace one object."""

from __future__ import annotations

from itertools import zip_longest

from ..identity import ONLY_TYPES, RELATION, ROUTINE, WITHOUT_ROW_TYPE, family_of
from ..model import Side, Touch
from . import facets
from .effects import Effect
from .guards import guard, is_guarded, is_rename, just_goes, same_move
from .verdict import OTHER, Report, say


def different_namespaces(a: Effect, b: Effect) -> bool:
    """An enum and an index of one name live in different catalogs, and do not meet."""
    kinds = (a.touch.kind, b.touch.kind)
    return any(kind in ONLY_TYPES for kind in kinds) and any(
        kind in WITHOUT_ROW_TYPE for kind in kinds
    )


def both_live(a: Effect, life_a: str, b: Effect, life_b: str, report: Report) -> None:
    making = ("create", "ensure")
    if life_a in making and life_b in making:
        _both_create(a, b, report)
    elif life_a == "drop" and life_b == "drop":
        _both_drop(a, b, report)
    elif life_a in making and life_b == "drop":
        _create_and_drop(a, b, "a", report)
    elif life_b in making and life_a == "drop":
        _create_and_drop(b, a, "b", report)
    elif life_a == "replace" and life_b == "replace":
        if facets.same_definition(a.create, b.create):
            say(report, "same-replacement", "duplicate", a)
        elif _takes_away(a, b) == _takes_away(b, a):
            say(report, "both-replace", "clash", a)
        else:
            first: Side = "b" if _takes_away(a, b) else "a"
            say(report, "replace-before-drop", "order", a, first, weight="error")
    elif life_a == "replace":
        _replace_and_live(a, b, life_b, "a", report)
    else:
        _replace_and_live(b, a, life_a, "b", report)


def _both_create(a: Effect, b: Effect, report: Report) -> None:
    made_a, made_b = a.create, b.create
    assert made_a is not None
    assert made_b is not None
    if made_a.detail.get("implied") and made_b.detail.get("implied"):
        one, two = made_a.detail.get("table"), made_b.detail.get("table")
        if one != two and not (made_a.detail.get("automatic") or made_b.detail.get("automatic")):
            say(report, "same-name", "clash", a)  # the indexes of constraints of two tables
        return  # what makes them has a verdict of its own
    if a.key.family == "publication relation" and guard(made_a) and guard(made_b):
        return  # SET TABLE is about the publication
    same = facets.same_definition(made_a, made_b) and made_a.kind == made_b.kind
    guard_a = guard(made_a) or bool(made_a.detail.get("inherited"))
    guard_b = guard(made_b) or bool(made_b.detail.get("inherited"))
    automatic_a = bool(made_a.detail.get("automatic"))
    automatic_b = bool(made_b.detail.get("automatic"))
    if automatic_a and automatic_b:
        # The server gives the second a name of its own; the two may end up with swapped names.
        if not same:
            say(report, "automatic-names-swap", "clash", a)
        else:
            say(report, "same-definition-again", "duplicate", a)
    elif automatic_a != automatic_b:
        say(report, "chosen-name-first", "order", a, "b" if automatic_a else "a", weight="error")
    elif (is_rename(made_a) and _waits(made_b)) or (is_rename(made_b) and _waits(made_a)):
        first_side: Side = "a" if is_rename(made_a) else "b"
        say(report, "guarded-create-second", "order", a, first_side, weight="error")
    elif is_rename(made_a) or is_rename(made_b):
        if not (made_a.facet == made_b.facet and _same_origin(made_a, made_b)):
            say(report, "same-name", "clash", a)
    elif guard_a and guard_b:
        grows = _grows(made_a, made_b)
        if same:
            say(report, "same-definition-again", "duplicate", a, weight="warning")
        elif grows is not None:
            say(report, "fewer-columns-first", "order", a, grows, weight="error")
        else:
            say(report, "last-definition-wins", "clash", a)
    elif guard_a or guard_b:
        say(report, "guarded-create-second", "order", a, "b" if guard_a else "a", weight="error")
    elif same:
        say(report, "same-definition", "duplicate", a)
    else:
        say(report, "same-name", "clash", a)


def _waits(made: Touch) -> bool:
    """Whether it leaves alone what bears the name, whatever it is."""
    return bool(made.detail.get("if_not_exists")) and not is_rename(made)


def _same_origin(a: Touch, b: Touch) -> bool:
    """Both rename or move the same object to here: its old name has the verdict."""
    return a.kind == b.kind and a.detail.get("renamed_from") == b.detail.get("renamed_from")


def _grows(a: Touch, b: Touch) -> Side | None:
    """Which of two OR REPLACE of a view must come first: columns may be added, never dropped."""
    one, two = a.detail.get("columns"), b.detail.get("columns")
    if a.kind != "view" or not isinstance(one, list) or not isinstance(two, list):
        return None
    if len(one) == len(two):
        return None
    if one == two[: len(one)]:
        return "a"
    return "b" if two == one[: len(two)] else None


def _both_drop(a: Effect, b: Effect, report: Report) -> None:
    gone_a, gone_b = a.drop, b.drop
    assert gone_a is not None
    assert gone_b is not None
    moved_a, moved_b = is_rename(gone_a), is_rename(gone_b)
    guard_a, guard_b = is_guarded(gone_a), is_guarded(gone_b)
    if gone_a.detail.get("implied") and gone_b.detail.get("implied"):
        return
    if guard_a and guard_b:
        if just_goes(gone_a) or just_goes(gone_b):
            return  # it is gone in the end, whatever its name was
        if moved_a or moved_b:
            if not same_move(gone_a, gone_b):
                say(report, "both-rename", "clash", a)
        elif not (gone_a.detail.get("implied") or gone_b.detail.get("implied")):
            say(report, "both-drop-if-there", "duplicate", a, weight="warning")
    elif guard_a or guard_b:
        first: Side = "b" if guard_a else "a"
        say(report, "guarded-drop-second", "order", a, first, weight="error")
    elif moved_a or moved_b:
        say(report, "rename-and-drop" if moved_a != moved_b else "both-rename", "clash", a)
    else:
        say(report, "both-drop", "duplicate", a)


def _create_and_drop(maker: Effect, dropper: Effect, maker_side: Side, report: Report) -> None:
    made, gone = maker.create, dropper.drop
    assert made is not None
    assert gone is not None
    if just_goes(gone):
        # It goes with something else that the other side drops: that has its own rule.
        exists = made.detail.get("exists")
        if not guard(made) and exists:
            say(report, "name-freed-first", "order", maker, OTHER[maker_side], weight="error")
        return
    if made.detail.get("automatic"):
        return  # the server takes another name while this one is taken
    if made.kind != gone.kind and maker.key.family == RELATION:
        if made.kind not in ONLY_TYPES and gone.kind not in ONLY_TYPES:
            # DROP TABLE IF EXISTS of a view's name is an error, unless the name is free.
            say(report, "name-freed-first", "order", maker, OTHER[maker_side], weight="error")
        return
    exists = made.detail.get("exists")
    guarded = is_guarded(gone)
    if guard(made):
        if exists is False and not guarded:
            say(report, "create-before-drop", "order", maker, maker_side, weight="error")
        elif exists is False or not is_rename(gone) or guard(made):
            say(report, "recreate-or-drop", "clash", maker)
    elif exists:
        say(report, "name-freed-first", "order", maker, OTHER[maker_side], weight="error")
    elif guarded:
        say(report, "recreate-or-drop", "clash", maker)
    else:
        say(report, "create-before-drop", "order", maker, maker_side, weight="error")


def _replace_and_live(
    replacer: Effect, other: Effect, life: str, side: Side, report: Report
) -> None:
    dropped = replacer.drop
    assert dropped is not None
    if life == "drop":
        assert other.drop is not None
        if just_goes(other.drop) and is_guarded(dropped):
            return  # if the new one needs what the other drops, that has a verdict of its own
        if is_guarded(dropped) or not _takes_away(other, replacer):
            say(report, "recreate-or-drop", "clash", replacer)
        else:
            say(report, "replace-before-drop", "order", replacer, side, weight="error")
    elif life == "ensure" and _cannot_follow(other, replacer):
        say(report, "replace-before-drop", "order", replacer, OTHER[side], weight="error")
    elif life == "create" and is_guarded(dropped):
        # Absent for both: whoever comes second finds it there, and only one of them minds.
        say(report, "guarded-create-second", "order", replacer, OTHER[side], weight="error")
    else:
        say(report, "both-replace", "clash", replacer)


def _takes_away(second: Effect, first: Effect) -> bool:
    """Whether what the second drops or renames can be what the first put in its place.

    DROP TABLE of a view's name is an error; ALTER TABLE renames whatever bears the name.
    """
    gone, made = second.drop, first.create
    assert gone is not None
    assert made is not None
    return gone.kind == made.kind or is_rename(gone) or second.key.family != RELATION


def _cannot_follow(ensuring: Effect, replacer: Effect) -> bool:
    """Whether OR REPLACE fails on the new one.

    A view may get more columns, at the end; a routine must keep what it returns, and the names
    of its parameters.
    """
    late, early = ensuring.create, replacer.create
    assert late is not None
    assert early is not None
    if family_of(late.kind) == ROUTINE:
        return _returns(late) != _returns(early) or _renames_parameters(late, early)
    if late.kind != "view":
        return False
    if early.kind != "view":
        return True
    one, two = early.detail.get("columns"), late.detail.get("columns")
    return isinstance(one, list) and isinstance(two, list) and two[: len(one)] != one


def _returns(made: Touch) -> object:
    return made.detail.get("returns")


def _renames_parameters(late: Touch, early: Touch) -> bool:
    """Whether a parameter that has a name would get another, or none."""
    new, old = (made.detail.get("arguments") or [] for made in (late, early))
    if not isinstance(new, list) or not isinstance(old, list):
        return False
    return any(was and was != now for was, now in zip_longest(old, new))
$coord0$),
('rules/both_stay.py', $coord0$"""Both sides change or use one object that stays."""

from __future__ import annotations

from ..identity import COLUMN, RELATION
from ..model import Side, Touch
from . import dependents, facets, families, labels, publications, retyping, rows, stars, writers
from .effects import READS_DATA, SPECIAL, WRITES, Effect
from .verdict import OTHER, Report, Weight, say
from .volume import too_many

TABLES = frozenset(("table", "foreign table", "partitioned table"))


def both_stay(a: Effect, b: Effect, report: Report) -> None:
    if a.members and b.members:
        _primary_keys(a, b, report)
    if "enabled" in a.alters:
        _switched_triggers(a, b, report)
    if "enabled" in b.alters:
        _switched_triggers(b, a, report)
    if a.commands and b.commands:
        writers.compare(a, b, report)
    if a.commands and b.flags & (WRITES | READS_DATA):
        rows.compare(a, b, "a", report)
    if b.commands and a.flags & (WRITES | READS_DATA):
        rows.compare(b, a, "b", report)
    if not (a.flags & SPECIAL or b.flags & SPECIAL):
        return
    if a.alters and b.alters:
        _both_alter(a, b, report)
    if a.alters:
        _alter_and_use(a, b, "a", report)
    if b.alters:
        _alter_and_use(b, a, "b", report)
    if a.stars and (b.members or b.uses):
        stars.compare(a, b, "a", report)
    if b.stars and (a.members or a.uses):
        stars.compare(b, a, "b", report)
    if a.key.family == RELATION:
        families.compare(a, b, report)


def _switched_triggers(switcher: Effect, other: Effect, report: Report) -> None:
    """ENABLE and DISABLE TRIGGER ALL are about the triggers that are there."""
    if any("triggers" in touch.detail for touch in switcher.alters.get("enabled", ())) and any(
        touch.kind == "trigger" and touch.action == "create" and touch.facet == "definition"
        for touch in other.members
    ):
        say(report, "all-triggers-switched", "clash", switcher, kind="trigger")


def _primary_keys(a: Effect, b: Effect, report: Report) -> None:
    """A table has one primary key; under one name, the constraints themselves meet."""
    names_a, names_b = _new_primary_keys(a), _new_primary_keys(b)
    if names_a and names_b and names_a.isdisjoint(names_b):
        say(report, "two-primary-keys", "clash", a, kind="constraint")


def _new_primary_keys(effect: Effect) -> set[str | None]:
    return {
        touch.sub
        for touch in effect.members
        if touch.action == "create"
        and touch.kind == "table constraint"
        and touch.detail.get("constraint_type") == "primary key"
    }


def _both_alter(a: Effect, b: Effect, report: Report) -> None:
    if _labels_in_order(a, b, report) or _identity_goes(a, b, report):
        return
    verdict = facets.compare(a.alters, b.alters)
    if verdict is None:
        return
    rule, outcome = verdict
    if outcome == "overlap":
        if a.key.family == RELATION and a.touch.kind in TABLES:
            return  # the table's own overlap says it
        cosmetic = all(facet in facets.COSMETIC for facet in (*a.alters, *b.alters))
        weight: Weight = "warning" if cosmetic or a.key.family != COLUMN else "default"
        say(report, rule, outcome, a, weight=weight)
        return
    if rule == "grant-and-revoke":
        say(report, rule, outcome, a, kind="privilege")
    elif rule == "same-value":
        say(report, rule, outcome, a, weight="warning")
    elif rule == "same-grant":
        say(report, rule, outcome, a, kind="privilege", weight="warning")
    else:
        say(report, rule, outcome, a)


def _takes_identity(effect: Effect) -> bool:
    return any(touch.detail.get("value") is None for touch in effect.alters.get("identity", ()))


def _identity_goes(a: Effect, b: Effect, report: Report) -> bool:
    """DROP IDENTITY and a change of it: afterwards there is none to change."""
    sides: tuple[tuple[Effect, Effect, Side], ...] = ((a, b, "b"), (b, a, "a"))
    for dropper, other, first in sides:
        theirs = other.alters.get("identity", ())
        if not _takes_identity(dropper):
            continue
        guarded = any("if_exists" in touch.detail for touch in theirs)
        mine = any("if_exists" in touch.detail for touch in dropper.alters["identity"])
        if mine and not guarded and _takes_identity(other):
            say(report, "guarded-drop-second", "order", a, first, weight="error")
            return True
        if any("set" in touch.detail for touch in theirs):
            say(
                report,
                "change-before-drop",
                "order",
                a,
                first,
                weight="error",
            )
            return True
    return False


def _labels_in_order(a: Effect, b: Effect, report: Report) -> bool:
    """New labels of an enum that name, or give way to, those of the other side."""
    firsts: set[Side] = set()
    ones, twos = a.alters.get("value", ()), b.alters.get("value", ())
    if too_many(ones, twos):
        return False
    for one in ones:
        for two in twos:
            if one.kind != "type":
                continue
            first = labels.first_of(one, two)
            if first is not None:
                firsts.add("a" if first == "a" else "b")
    for side in firsts:
        say(report, "labels-in-order", "order", a, side, weight="warning")
    return bool(firsts)


def _is_rebuilt(touch: Touch) -> bool:
    """Whether a change of the type reads the expression again that uses the column."""
    by = touch.detail.get("by")
    return "expression" in touch.detail and by in ("index", "table constraint")


def _alter_and_use(changer: Effect, user: Effect, side: Side, report: Report) -> None:
    if "tables" in changer.alters:
        publications.compare(changer, user, side, report)
    if _takes_identity(changer) and any(
        touch.detail.get("by") == "sequence" for touch in user.uses
    ):
        say(report, "change-before-drop", "order", changer, OTHER[side], weight="error")
    if not changer.alters.get("type"):
        return
    becomes_another = any(retyping.changes_class(touch) for touch in changer.alters["type"])
    for touch in user.uses:
        if touch.facet == "absence" or touch.detail.get("via") == "catalog":
            continue
        if becomes_another and "operator_class" in touch.detail:
            say(report, "operator-class-of-another-type", "clash", changer, kind="dependency")
            return
        if dependents.blocks_retype(touch):
            say(
                report,
                "retype-before-use",
                "order",
                changer,
                side,
                kind="dependency",
                weight="warning",
            )
            return
        if becomes_another and _is_rebuilt(touch):
            say(
                report,
                "retype-before-expression",
                "order",
                changer,
                side,
                kind="dependency",
                weight="error",
            )
            return
$coord0$),
('rules/bounds.py', $coord0$"""Whether two partitions of one table would claim the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd

from ..model import Json

Bounds = Mapping[str, Json]


def overlap(one: Bounds, two: Bounds) -> bool:
    """Tell for certain; values that cannot be compared are taken to be apart."""
    if one.get("default") or two.get("default"):
        return bool(one.get("default") and two.get("default"))
    if "in" in one and "in" in two:
        return bool(_values(one["in"]) & _values(two["in"]))
    if "modulus" in one and "modulus" in two:
        return _same_remainders(one, two)
    if "from" in one and "from" in two:
        return _less(one["from"], two["to"]) and _less(two["from"], one["to"])
    return False


def _values(value: Json) -> set[str]:
    return {str(item) for item in value} if isinstance(value, list) else set()


def _same_remainders(one: Bounds, two: Bounds) -> bool:
    a, b = one["modulus"], two["modulus"]
    left, right = one["remainder"], two["remainder"]
    if not (isinstance(a, int) and isinstance(b, int)):
        return False
    if not (isinstance(left, int) and isinstance(right, int)):
        return False
    return (left - right) % gcd(a, b) == 0


def _less(lower: Json, upper: Json) -> bool:
    """Compare two ends of ranges, column by column, as far as the values tell."""
    if not (isinstance(lower, list) and isinstance(upper, list)):
        return False
    for one, two in zip(lower, upper, strict=False):
        a, b = _rank(one), _rank(two)
        if a is None or b is None or (a[0] == b[0] == 1 and type(a[1]) is not type(b[1])):
            return False
        if a != b:
            return a < b
    return False


def _rank(value: Json) -> tuple[int, Json] | None:
    """MINVALUE before, MAXVALUE after everything; numbers as numbers, dates as their texts."""
    if isinstance(value, dict):
        return (0, 0) if value.get("end") == "minvalue" else (2, 0)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        try:
            return (1, float(value))
        except ValueError:
            return (1, value)
    return (1, float(value)) if isinstance(value, int | float) else None
$coord0$),
('rules/calls.py', $coord0$"""Routines that one side names without argument types: calls, and DROP FUNCTION f."""

from __future__ import annotations

from ..identity import Key, key_of
from ..model import Json, Side, Touch
from .effects import Effect, Prepared, enter
from .interplay import interplay
from .verdict import Report, say

MOST_CALLS = 50
"""So many calls with one number of arguments tell all that matters about them."""


def compare(a: Prepared, b: Prepared, key: Key, report: Report) -> None:
    """Compare what both do to routines of one name, where at least one does not say to which."""
    if a.effects[key].is_touched and b.effects[key].is_touched:
        interplay(a.effects[key], b.effects[key], report)
    for caller, other, side in ((a, b, "a"), (b, a, "b")):
        signatures = other.signatures.get(key, ())
        if not signatures:
            continue
        named: Side = "a" if side == "a" else "b"
        if caller.effects[key].is_touched:
            _called(caller.effects[key], signatures, named, report)
        _ambiguous(caller.signatures.get(key, ()), signatures, named, report)


def _called(
    calling: Effect, signatures: list[Touch] | tuple[Touch, ...], side: Side, report: Report
) -> None:
    by_signature: dict[str, list[Touch]] = {}
    for touch in signatures:
        by_signature.setdefault(touch.name, []).append(touch)
    by_count: dict[Json, list[Touch]] = {}
    for touch in (*calling.uses, *calling.data):
        by_count.setdefault(touch.detail.get("args"), []).append(touch)
    for name, touches in by_signature.items():
        one = Effect(calling.key, calling.touch)
        for arguments, calls in by_count.items():
            if _fits(arguments, name, touches):
                for touch in calls[:MOST_CALLS]:
                    enter(one, touch)
        for touch in _by_name(calling):
            enter(one, touch)
        two = Effect(key_of(touches[0]), touches[0])
        for touch in touches:
            enter(two, touch)
        if not one.is_touched:
            continue
        if side == "a":
            interplay(one, two, report)
        else:
            interplay(two, one, report)


def _by_name(effect: Effect) -> list[Touch]:
    """Changes of the routine, not calls: there is only one of that name, or they fail."""
    changes = [touch for touches in effect.alters.values() for touch in touches]
    return [touch for touch in (effect.drop, effect.create, *changes) if touch is not None]


def _fits(arguments: Json, signature: str, touches: list[Touch]) -> bool:
    """Whether a call with so many arguments can mean this routine."""
    if not isinstance(arguments, int):
        return True
    declared = _count(signature)
    if arguments == declared:
        return True
    made = next((touch for touch in touches if touch.action == "create"), None)
    definition = made.detail.get("definition") if made is not None else None
    if not isinstance(definition, str):
        return False
    if arguments < declared:
        return " default " in definition
    return "variadic" in definition or "(v " in definition or ", v " in definition


def _count(signature: str) -> int:
    """How many arguments a signature has: commas outside parentheses and quotes."""
    inside = signature.partition("(")[2].removesuffix(")")
    if not inside:
        return 0
    depth, quoted, count = 0, False, 1
    for character in inside:
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "," and not depth:
            count += 1
    return count


def _ambiguous(
    named: list[Touch] | tuple[Touch, ...],
    signatures: list[Touch] | tuple[Touch, ...],
    side: Side,
    report: Report,
) -> None:
    """DROP FUNCTION f works while there is one f: a second one makes it ambiguous."""
    for touch in named:
        if not touch.detail.get("bare"):
            continue
        for made in signatures:
            if (
                made.action == "create"
                and made.name != touch.name
                and not made.detail.get("exists")
            ):
                say(
                    report,
                    "name-becomes-ambiguous",
                    "order",
                    Effect(key_of(touch), touch),
                    side,
                    weight="error",
                )
                return
$coord0$),
('rules/conditions.py', $coord0$"""Whether two changes of rows can reach the same row, as far as constants tell.

A condition is a list of ``[column, operator, value]``, all of which must hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..model import Json

Values = Mapping[str, Json]
Condition = list[list[Json]]


def condition_of(detail: Mapping[str, Json], where_told: str = "where") -> Condition:
    where = detail.get(where_told)
    return [part for part in where if isinstance(part, list)] if isinstance(where, list) else []


def columns_of(condition: Condition) -> set[str]:
    return {str(part[0]) for part in condition}


def holds(part: list[Json], values: Values) -> bool | None:
    """Whether one comparison holds for a row of which these values are known."""
    column, operator, wanted = str(part[0]), part[1], part[2]
    if column not in values:
        return None
    value = values[column]
    if operator == "null":
        return value is None
    if value is None:
        return False
    if operator == "not null":
        return True
    if operator == "in":
        return value in wanted if isinstance(wanted, list) else None
    if operator == "=":
        return value == wanted
    if operator == "<>":
        return value != wanted
    left, right = _number(value), _number(wanted)
    if left is None or right is None:
        return None
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == ">":
        return left > right
    return left >= right


def satisfied(condition: Condition, values: Values) -> bool | None:
    """Whether a row satisfies all of it; None when that depends on what is not known."""
    answers = [holds(part, values) for part in condition]
    if False in answers:
        return False
    return None if None in answers else True


def is_violated(check: Condition, values: Values) -> bool:
    """Whether a CHECK refuses a row for certain: what is NULL in it is no reason."""
    return any(
        holds(part, values) is False and (values[str(part[0])] is not None or part[1] == "not null")
        for part in check
    )


def disjoint(one: Condition, two: Condition) -> bool:
    """Whether no row can satisfy both, for certain."""
    fixed_one, fixed_two = fixed(one), fixed(two)
    return satisfied(two, fixed_one) is False or satisfied(one, fixed_two) is False


def fixed(condition: Condition) -> dict[str, Json]:
    """Values that a condition leaves no choice of."""
    values: dict[str, Json] = {}
    for column, operator, value in condition:
        if operator == "=":
            values[str(column)] = value
        elif operator == "null":
            values[str(column)] = None
    return values


def _number(value: Json) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
$coord0$),
('rules/dependents.py', $coord0$"""What it means that a definition uses something: which dependents stop a change, which follow.

PostgreSQL records dependencies of several strengths (pg_depend.deptype): a view stops DROP COLUMN
unless CASCADE is given, an index simply goes with its column, and a function whose body is a
string is not recorded at all.
"""

from __future__ import annotations

from ..identity import COLUMN, RELATION, Key
from ..model import Touch

GOES_WITH_COLUMN = frozenset(("index", "statistics object", "sequence"))
"""Dependents of type AUTO: dropped silently with the column they are made on."""

STOPS_RETYPE = frozenset(
    (
        "view",
        "materialized view",
        "rule",
        "policy",
        "trigger",
        "generated column",
        "function",
        "procedure",
    )
)
"""ALTER COLUMN TYPE is refused while one of these uses the column; indexes and constraints are
rebuilt."""


def is_looked_up(touch: Touch) -> bool:
    """Whether the server looks for the object when the statement is executed.

    PL/pgSQL bodies are looked up when they run, later; SQL bodies once, at CREATE.
    """
    detail = touch.detail
    return not detail.get("body") or bool(detail.get("checked"))


def blocks_drop(touch: Touch, key: Key) -> bool:
    """Whether a definition that uses the object stops DROP \u2026 RESTRICT."""
    detail = touch.detail
    by = detail.get("by")
    if detail.get("body") or by == "conversion":
        return False
    own = bool(detail.get("own"))
    if key.family == COLUMN:
        if by in GOES_WITH_COLUMN:
            return False
        return not (own and by == "table constraint")
    if key.family == RELATION:
        if own or by in ("index", "statistics object", "publication"):
            return False
        return detail.get("as") not in ("source", "partitioned table")
    return key.family != "publication"


def blocks_retype(touch: Touch) -> bool:
    """Whether a definition that uses the column stops ALTER COLUMN \u2026 TYPE."""
    detail = touch.detail
    if detail.get("body"):
        return False
    by = detail.get("by")
    return by in STOPS_RETYPE


__all__ = ["COLUMN", "RELATION", "blocks_drop", "blocks_retype", "is_looked_up"]
$coord0$),
('rules/effects.py', $coord0$"""One intent, indexed by object: what it does to each, and what it needs of each.

This is the work that is done once for an intent, so that comparing a pair only looks at the
objects that both touch.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import (
    BARE_ROUTINE,
    COLUMN,
    MEMBERS,
    RELATION,
    ROUTINE,
    Key,
    bare,
    container,
    key_of,
)
from ..model import Touch
from .dependents import is_looked_up

WRITES = 1
"""Changes the definition of the object or of a member of it."""
READS_DATA = 2
WRITES_DATA = 4
REFERS = 8
LIVES = 16
"""Creates, drops, renames or replaces it."""
SPECIAL = 32
"""Anything that a mere overlap does not cover."""


class Effect:
    """Everything that one intent does to one object."""

    __slots__ = (
        "key",
        "touch",
        "flags",
        "create",
        "drop",
        "replaces",
        "is_gone",
        "alters",
        "members",
        "uses",
        "data",
        "columns",
        "stars",
        "written",
        "commands",
    )

    def __init__(self, key: Key, touch: Touch) -> None:
        self.key = key
        self.touch = touch
        """Stands for the object: its kind, and how it is shown."""
        self.flags = 0
        self.create: Touch | None = None
        self.drop: Touch | None = None
        self.is_gone = False
        """As things are after the touches that were entered."""
        self.replaces = False
        """Dropped first and created again."""
        self.alters: dict[str, list[Touch]] = {}
        self.members: list[Touch] = []
        """What it does to columns, constraints, indexes, triggers \u2026 of this relation."""
        self.uses: list[Touch] = []
        self.data: list[Touch] = []
        self.columns: set[str] = set()
        """Columns of it that are named as they are looked up."""
        self.written: set[str] = set()
        """Columns of it whose rows get values."""
        self.commands: set[str] = set()
        """How its rows are changed: insert, update, delete, truncate."""
        self.stars: list[Touch] = []
        """Uses of all its columns, whichever they are: ``*``, LIKE."""

    @property
    def is_touched(self) -> bool:
        """Whether anything was entered, or it only marks that there is more elsewhere."""
        return bool(self.flags)

    @property
    def life(self) -> str:
        """How the object comes or goes: create, ensure, drop, replace, or not at all."""
        if self.replaces:
            return "replace"
        if self.drop is not None:
            return "drop"
        if self.create is not None:
            detail = self.create.detail
            guarded = detail.get("if_not_exists") or detail.get("or_replace")
            return "ensure" if guarded else "create"
        return ""


class Prepared:
    """One intent, ready to be compared."""

    __slots__ = (
        "estates",
        "extensions",
        "mentions",
        "defaults",
        "keys",
        "lists",
        "references",
        "labels",
        "unlisted",
        "effects",
        "indexes",
        "made",
        "schemas",
        "signatures",
        "touches",
        "whole_schemas",
        "_makers",
    )

    def __init__(self, touches: Sequence[Touch]) -> None:
        self.touches = touches
        self._makers: dict[int, dict[Key, Touch]] | None = None
        self.effects: dict[Key, Effect] = {}
        self.indexes: dict[str, Touch] = {}
        """Indexes that it makes, by definition: the name is not part of that."""
        self.signatures: dict[Key, list[Touch]] = {}
        """What it does to routines whose argument types are known, by bare name."""
        self.schemas: dict[str, list[Touch]] = {}
        """What it touches inside each schema."""
        self.whole_schemas: list[Touch] = []
        """What it does to schemas as a whole."""
        self.made: list[Touch] = []
        """What it creates anew, which default privileges apply to."""
        self.estates: list[Touch] = []
        """Roles all of whose belongings it drops or hands over."""
        self.extensions: list[Touch] = []
        """Extensions that it creates."""
        self.mentions: set[str] = set()
        """Names in the literals of code that puts SQL together at run time."""
        self.defaults: list[Touch] = []
        """Its changes of default privileges."""
        self.references: list[Touch] = []
        """Its new foreign keys, and its ON CONFLICT with columns."""
        self.lists: list[Touch] = []
        """Publications whose whole list it sets."""
        self.unlisted: list[Touch] = []
        """Tables that it takes out of publications."""
        self.labels: list[Touch] = []
        """Labels of enums that it adds or renames."""
        self.keys: list[Touch] = []
        """Unique constraints and indexes that it makes or drops."""
        for touch in touches:
            self._add(touch)

    @property
    def makers(self) -> dict[int, dict[Key, Touch]]:
        """What each statement makes or gives a default: made at the first question."""
        if self._makers is None:
            self._makers = {}
            for touch in self.touches:
                if "implied" not in touch.detail and (
                    (touch.action == "create" and touch.facet == "definition")
                    or (touch.action == "alter" and touch.facet == "default")
                ):
                    self._makers.setdefault(touch.statement_no, {})[key_of(touch)] = touch
        return self._makers

    def _effect(self, key: Key, touch: Touch) -> Effect:
        effect = self.effects.get(key)
        if effect is None:
            effect = self.effects[key] = Effect(key, touch)
        return effect

    def _add(self, touch: Touch) -> None:
        key = key_of(touch)
        if touch.schema is not None:
            self.schemas.setdefault(touch.schema, []).append(touch)
        effect = self._effect(key, touch)
        enter(effect, touch)
        family = key.family
        if touch.action == "use" and family == COLUMN and touch.sub is not None:
            owner = self._effect(container(key), touch)
            if _names_it(touch):
                owner.columns.add(touch.sub)
            if touch.detail.get("access") == "write":
                owner.written.add(touch.sub)
        elif "all_columns" in touch.detail:
            effect.stars.append(touch)
            effect.flags |= SPECIAL
        if touch.facet == "contents":
            self.estates.append(touch)
        elif touch.kind == "extension" and touch.action == "create":
            self.extensions.append(touch)
        elif touch.kind == "unknown":
            mentions = touch.detail.get("mentions")
            if isinstance(mentions, list):
                self.mentions.update(str(one) for one in mentions)
        if family == "schema":
            self.whole_schemas.append(touch)
        elif family == "default acl":
            self.defaults.append(touch)
        elif touch.facet == "tables":
            self.lists.append(touch)
        elif family == "publication relation" and touch.action == "drop":
            if "implied" not in touch.detail:
                self.unlisted.append(touch)
        elif touch.facet == "value" and touch.kind in ("type", "enum value"):
            self.labels.append(touch)
        if touch.action == "create" and touch.facet == "definition":
            self.made.append(touch)
        detail = touch.detail
        if detail.get("conflict"):
            self.references.append(touch)
        if touch.kind == "table constraint":
            if detail.get("constraint_type") == "foreign key" and touch.action == "create":
                self.references.append(touch)
            elif (
                detail.get("constraint_type") in UNIQUE
                and touch.action in ("create", "drop")
                and touch.facet == "definition"
            ):
                self.keys.append(touch)
        elif touch.kind == "index" and detail.get("unique") and touch.action == "create":
            self.keys.append(touch)
        if touch.kind == "index" and touch.action == "create":
            definition = touch.detail.get("definition")
            if isinstance(definition, str):
                self.indexes[definition] = touch
        if family in MEMBERS:
            if touch.action != "use":
                owner = self._effect(container(key), touch)
                owner.members.append(touch)
                owner.flags |= WRITES
                if "inherited" in touch.detail:
                    owner.flags |= SPECIAL
        elif family == ROUTINE:
            # Calls that tell no argument types find it under its bare name.
            self.signatures.setdefault(bare(key), []).append(touch)
            self._effect(bare(key), touch)


def _names_it(touch: Touch) -> bool:
    """Whether a use looks the object up under its name."""
    if touch.facet == "data":
        return "inherited" not in touch.detail
    return touch.facet != "absence" and "via" not in touch.detail and is_looked_up(touch)


def enter(effect: Effect, touch: Touch) -> None:
    action = touch.action
    if action == "use":
        if touch.facet == "data":
            effect.data.append(touch)
            access = touch.detail.get("access")
            effect.flags |= WRITES_DATA if access == "write" else READS_DATA
            command = touch.detail.get("command")
            if isinstance(command, str):
                effect.commands.add(command)
            elif touch.detail.get("truncate"):
                effect.commands.add("truncate")
        else:
            effect.uses.append(touch)
            effect.flags |= REFERS
            detail = touch.detail
            if effect.key.family == RELATION and (
                detail.get("by") in MADE_ON_A_TABLE or "bounds" in detail
            ):
                effect.flags |= WRITES
            if detail.get("all_columns") or touch.facet == "absence" or "bounds" in detail:
                effect.flags |= SPECIAL
    elif action == "alter":
        effect.alters.setdefault(touch.facet or "definition", []).append(touch)
        effect.flags |= WRITES | SPECIAL
        effect.touch = touch
    elif action == "create":
        effect.create = touch
        effect.is_gone = False
        effect.replaces = effect.replaces or effect.drop is not None
        effect.flags |= WRITES | LIVES
        effect.touch = touch
    else:
        if effect.is_gone:
            return  # IF EXISTS, after it went away: nothing happens
        effect.is_gone = True
        effect.drop = touch
        effect.flags |= WRITES | LIVES
        effect.touch = touch


UNIQUE = ("primary key", "unique")

MADE_ON_A_TABLE = frozenset(("index", "statistics object"))
"""Objects of their own that change the table they are made on: a use by them is a change."""

__all__ = [
    "BARE_ROUTINE",
    "COLUMN",
    "LIVES",
    "READS_DATA",
    "REFERS",
    "SPECIAL",
    "WRITES",
    "WRITES_DATA",
    "Effect",
    "Prepared",
]
$coord0$),
('rules/facets.py', $coord0$"""Two changes of one object that stays: of one aspect, or of aspects that exclude each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..model import Json, Outcome, Touch
from . import labels
from .volume import too_many

COSMETIC = frozenset(
    (
        "comment",
        "privileges",
        "statistics",
        "storage",
        "compression",
        "owner",
        "security label",
        "options",
        "cluster",
        "replica identity",
        "enabled",
        "validation",
    )
)
"""Aspects that change nothing about what the object means."""

RESET_BY_REPLACE = frozenset(
    (
        "volatility",
        "strict",
        "strictness",
        "security",
        "leakproof",
        "parallel",
        "cost",
        "rows",
        "support",
        "configuration",
        "options",
        "definition",
        "attributes",
        "set",
    )
)
"""CREATE OR REPLACE writes these anew: owner, privileges and comments survive it."""


def is_reset(made: Touch, changed: Iterable[str]) -> bool:
    """Whether CREATE OR REPLACE undoes a change of one of these aspects."""
    resets = RESET_BY_REPLACE if made.kind != "trigger" else _RESET_TRIGGER
    return any(facet in resets for facet in changed)


_RESET_TRIGGER = RESET_BY_REPLACE | {"enabled"}

EXCLUDING: tuple[frozenset[str], ...] = (frozenset(("default", "identity", "generated")),)
"""A column has one source of values: a default, an identity or a generation expression."""

_NOISE = frozenset(
    (
        "if_exists",
        "if_not_exists",
        "or_replace",
        "exists",
        "candidate",
        "statement",
        "via",
        "implied",
        "automatic",
        "cascade",
        "by",
        "own",
        "followed",
        "concurrently",
        "text",
        "recurse",
        "was_not_null",
        "relation_if_exists",
        "unchanged",
        "has_default",
        "inherited",
        "events",
        "columns",
        "conditional",
        "demands",
        "more_columns",
        "was",
        "unfilled",
        "absent",
    )
)


def meaning(touch: Touch) -> Mapping[str, Json]:
    """What the touch sets, without how it was written."""
    return {name: value for name, value in touch.detail.items() if name not in _NOISE}


def same_definition(a: Touch | None, b: Touch | None) -> bool:
    """Whether two touches make the very same thing; not when neither says what it makes."""
    if a is None or b is None:
        return False
    one, two = a.detail.get("definition"), b.detail.get("definition")
    if one is not None or two is not None:
        return one == two
    return meaning(a) == meaning(b)


def compare(
    a: Mapping[str, Sequence[Touch]], b: Mapping[str, Sequence[Touch]]
) -> tuple[str, Outcome] | None:
    """The strongest thing that two sets of changes of one object mean to each other."""
    found: tuple[str, Outcome] | None = None
    for facet in a:
        if facet == "declared":
            continue
        others = b.get(facet)
        if others is not None:
            if too_many(a[facet], others):
                return ("too-many-to-compare", "clash")
            for one in a[facet]:
                for two in others:
                    implied = one.detail.get("implied") or two.detail.get("implied")
                    if implied and meaning(one) == meaning(two):
                        continue
                    verdict = _same_facet(facet, one, two)
                    if verdict[1] == "clash":
                        return verdict
                    if verdict[1] == "duplicate" or found is None:
                        found = verdict
        for group in EXCLUDING:
            if facet in group and any(other != facet and other in group for other in b):
                return ("one-source-of-values", "clash")
    if found is None and _means_something(a) and _means_something(b):
        return ("different-aspects", "overlap")
    return found


_PLACES = ("partition", "parent", "of", "triggers", "column", "constraint", "extension")
"""Details that say which part of an aspect a change is about."""


def _means_something(changes: Mapping[str, Sequence[Touch]]) -> bool:
    """Whether more is changed than who owns it, who may use it and what is said about it."""
    return any(facet not in COSMETIC and facet != "declared" for facet in changes)


def _same_facet(facet: str, one: Touch, two: Touch) -> tuple[str, Outcome]:
    if facet == "privileges" or facet.startswith("privileges of"):
        return _privileges(one, two)
    if facet == "value" and one.kind in ("type", "enum value"):
        return labels.compare(one, two)
    a, b = one.detail, two.detail
    if any(a.get(place) != b.get(place) for place in _PLACES):
        return ("different-aspects", "overlap")
    if facet in ("options", "configuration"):
        return _options(one, two)
    if meaning(one) == meaning(two):
        return ("same-value", "duplicate")
    return ("last-value-wins", "clash")


def _options(one: Touch, two: Touch) -> tuple[str, Outcome]:
    a, b = _settings(one), _settings(two)
    common = a.keys() & b.keys()
    if not common:
        return ("different-aspects", "overlap")
    if all(a[name] == b[name] for name in common):
        return ("same-value", "duplicate")
    return ("last-value-wins", "clash")


def _settings(touch: Touch) -> dict[str, Json]:
    value = touch.detail.get("value")
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list):
        return {str(name): None for name in value}
    return {"": value}


_EVERYTHING = frozenset(("all", "ALL"))


def same_grantees(one: Touch, two: Touch) -> bool:
    """Whether two grants or revokes are about a common privilege of a common role."""
    if listed_in(one, "grantee").isdisjoint(listed_in(two, "grantee")):
        return False
    rights_a, rights_b = listed_in(one, "privileges"), listed_in(two, "privileges")
    return bool(rights_a & rights_b or _EVERYTHING & rights_a or _EVERYTHING & rights_b)


def _privileges(one: Touch, two: Touch) -> tuple[str, Outcome]:
    if not same_grantees(one, two):
        return ("different-aspects", "overlap")
    if one.detail.get("is_grant") == two.detail.get("is_grant"):
        return ("same-grant", "duplicate")
    return ("grant-and-revoke", "clash")


def listed_in(touch: Touch, word: str) -> set[str]:
    """A detail that is a list, as a set."""
    value = touch.detail.get(word)
    if value is None:
        return set()
    if isinstance(value, list):
        return {str(item) for item in value}
    return {str(value)}
$coord0$),
('rules/families.py', $coord0$"""Parents, partitions and heirs: who belongs to a table when it is changed."""

from __future__ import annotations

from ..identity import COLUMN, family_of
from ..model import Json, Side, Touch
from .bounds import overlap
from .effects import Effect
from .verdict import OTHER, Report, say

_MEMBERSHIP = ("partition", "inheritance")


def compare(a: Effect, b: Effect, report: Report) -> None:
    for one, two, side in ((a, b, "a"), (b, a, "b")):
        changes = [touch for facet in _MEMBERSHIP for touch in one.alters.get(facet, ())]
        if changes:
            _membership(changes, two, "a" if side == "a" else "b", report)
        if _takes_in(one) and any("only" in touch.detail for touch in two.uses):
            # An index ON ONLY the parent is given to the children that come later.
            say(report, "reaches-the-child-or-not", "clash", two, kind="table")
    _bounds(a, b, report)


def _takes_in(effect: Effect) -> bool:
    return any(
        "bounds" in touch.detail and "of" not in touch.detail
        for touch in (*effect.uses, *effect.alters.get("partition", ()))
    )


def _membership(changes: list[Touch], other: Effect, side: Side, report: Report) -> None:
    for change in changes:
        joins = change.detail.get("value") is not False
        is_child = "of" in change.detail or change.facet == "inheritance"
        if is_child and not joins:
            _leaves(other, report)
        elif is_child:
            _joins(other, side, report)
        elif joins:
            _parent_of_joining(other, side, report)
        elif any("lost" in touch.detail for touch in other.uses):
            # DROP INDEX takes the indexes of the children along.
            say(report, "reaches-the-child-or-not", "clash", other, kind="table")


def _leaves(other: Effect, report: Report) -> None:
    """DETACH, NO INHERIT: what the parent changes reaches the child or not."""
    if any("inherited" in touch.detail for touch in (*other.members, *other.uses)) or any(
        "inherited" in touch.detail and touch.detail.get("access") == "write"
        for touch in other.data
    ):
        say(report, "reaches-the-child-or-not", "clash", other, kind="table")


def _joins(other: Effect, side: Side, report: Report) -> None:
    """ATTACH, INHERIT compare the columns of both; afterwards the parent's are not its own."""
    for touch in other.members:
        if "inherited" in touch.detail or family_of(touch.kind) != COLUMN:
            continue
        loosened = touch.facet == "not null" and not touch.detail.get("value")
        if touch.action in ("create", "drop") or touch.facet == "type" or loosened:
            say(report, "shape-of-a-child", "clash", other, kind="table")
            return
    for touch in other.members:
        if touch.detail.get("constraint_type") == "primary key" and touch.action == "create":
            say(
                report,
                "child-prepared-first",
                "order",
                other,
                OTHER[side],
                kind="table",
                weight="error",
            )


def _parent_of_joining(other: Effect, side: Side, report: Report) -> None:
    """What the parent gets after the child joined, the child gets too; before, it must have it."""
    for touch in other.members:
        if "inherited" in touch.detail or touch.detail.get("implied"):
            continue
        if touch.action == "alter" and touch.facet == "default":
            say(report, "reaches-the-child-or-not", "clash", other, kind="table")
        elif _changes_the_shape(touch):
            say(
                report,
                "join-before-parent-changes",
                "order",
                other,
                side,
                kind="table",
                weight="error",
            )
            return


def _changes_the_shape(touch: Touch) -> bool:
    """What a joining child must have too."""
    if family_of(touch.kind) == COLUMN:
        if touch.action in ("create", "drop") or touch.facet in ("type", "generated"):
            return True
        return touch.facet == "not null" and bool(touch.detail.get("value"))
    return (
        touch.kind == "table constraint"
        and touch.action == "create"
        and touch.detail.get("constraint_type") == "check"
    )


# -------------------------------------------------------------------- bounds


def _bounds(a: Effect, b: Effect, report: Report) -> None:
    theirs = _new_bounds(b)
    if not theirs:
        return
    for one in _new_bounds(a):
        if any(overlap(one, two) for two in theirs):
            say(report, "partitions-overlap", "clash", a, kind="table")
            return


def _new_bounds(effect: Effect) -> list[dict[str, Json]]:
    """The bounds of partitions that come to this table."""
    found = []
    for touch in (*effect.uses, *effect.alters.get("partition", ())):
        bounds = touch.detail.get("bounds")
        if isinstance(bounds, dict) and "of" not in touch.detail:
            found.append(bounds)
    return found
$coord0$),
('rules/guards.py', $coord0$"""What a touch says of IF EXISTS, IF NOT EXISTS, OR REPLACE, and of renames."""

from __future__ import annotations

from ..model import Touch


def guard(made: Touch) -> bool:
    return bool(made.detail.get("if_not_exists") or made.detail.get("or_replace"))


def is_guarded(gone: Touch) -> bool:
    return bool(gone.detail.get("if_exists") or gone.detail.get("implied"))


def skips(touch: Touch) -> bool:
    """IF EXISTS: nothing happens when the relation, or the object itself, is not there."""
    if touch.sub is None or touch.kind in ("trigger", "policy", "rule"):
        return bool(touch.detail.get("if_exists"))
    return bool(touch.detail.get("relation_if_exists"))


def is_rename(touch: Touch) -> bool:
    return touch.facet in ("name", "schema")


def just_goes(gone: Touch) -> bool:
    """It goes with something else, without being named."""
    return bool(gone.detail.get("implied")) and not is_rename(gone)


def same_move(a: Touch, b: Touch) -> bool:
    return a.facet == b.facet and a.detail.get("renamed_to") == b.detail.get("renamed_to")
$coord0$),
('rules/interplay.py', $coord0$"""Two effects on one object -> what that means: which rules to ask, by what each side does.

The functions that are asked answer for one combination each; the names in quotation marks that
they give are those of the rule book, where each has its reason, its source and an example that
the tests execute.
"""

from __future__ import annotations

from collections.abc import Callable

from ..model import Side
from .both_live import both_live, different_namespaces
from .both_stay import both_stay
from .effects import Effect
from .one_makes import one_creates, one_ensures
from .one_takes_away import one_drops, one_replaces
from .verdict import Report

_LIFE: dict[str, Callable[[Effect, Effect, Side, Report], None]] = {
    "create": one_creates,
    "ensure": one_ensures,
    "drop": one_drops,
    "replace": one_replaces,
}


def interplay(a: Effect, b: Effect, report: Report) -> None:
    """Report what the rules say about an object that both sides touch."""
    life_a, life_b = a.life, b.life
    if life_a and life_b:
        if not different_namespaces(a, b):
            both_live(a, life_a, b, life_b, report)
    elif life_a:
        _LIFE[life_a](a, b, "a", report)
    elif life_b:
        _LIFE[life_b](b, a, "b", report)
    else:
        both_stay(a, b, report)
$coord0$),
('rules/labels.py', $coord0$"""Two changes of one enum: the order of its labels is part of what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..identity import COLUMN, RELATION, Key, key_of
from ..model import Json, Outcome, Side, Touch
from .effects import Prepared
from .verdict import OTHER, Report, Verdict
from .volume import too_many, too_many_to_compare

Detail = Mapping[str, Json]


def compare(one: Touch, two: Touch) -> tuple[str, Outcome]:
    """Compare ADD VALUE and RENAME VALUE of one type; which goes first is told elsewhere."""
    a, b = one.detail, two.detail
    renames_a, renames_b = "renamed_to" in a, "renamed_to" in b
    if renames_a or renames_b:
        return _with_rename(a, b, renames_a, renames_b)
    if a.get("value") == b.get("value"):
        return _same_label(a, b)
    if _anchor(a) == _anchor(b):
        # AFTER x puts a label right behind x: the one that comes last stands nearest.
        return ("labels-at-one-place", "clash")
    return ("different-aspects", "overlap")


def first_of(one: Touch, two: Touch) -> str | None:
    """Which of two must go first because the other names its label: ``a``, ``b`` or neither."""
    a, b = one.detail, two.detail
    if "renamed_to" not in a and "renamed_to" not in b and a.get("value") == b.get("value"):
        guard_a, guard_b = bool(a.get("if_not_exists")), bool(b.get("if_not_exists"))
        if guard_a != guard_b:
            return "b" if guard_a else "a"
        return None
    if "renamed_to" in a and "renamed_to" in b and a.get("value") == b.get("value"):
        return None
    if _makes(a) in _needs(b):
        return "a"
    if _makes(b) in _needs(a):
        return "b"
    if "renamed_to" in a and a.get("value") in _needs(b):
        return "b"
    if "renamed_to" in b and b.get("value") in _needs(a):
        return "a"
    return None


def written(changes: Sequence[Touch], other: Prepared, side: Side, report: Report) -> None:
    """Labels that come or go, and a text that has one: it is read when it is executed.

    ``side`` is the other one: it goes first where it names what is renamed, and second where it
    names what is new.
    """
    holding = [touch for touch in other.touches if _may_hold_labels(touch)]
    if too_many(changes, holding):
        report(too_many_to_compare("type", key_of(changes[0])))
        return
    made_of: dict[object, set[Key]] = {}
    for touch in holding:
        if touch.action == "create" and touch.kind == "table column":
            made_of.setdefault(touch.detail.get("type"), set()).add(key_of(touch))
    theirs = {(key_of(touch), _makes(touch.detail)) for touch in other.labels}
    for change in changes:
        key = key_of(change)
        columns = _columns_of(change) | made_of.get(f"{key.schema}.{key.name}", set())
        by_name = key in other.effects
        if not by_name and not any(column in other.effects for column in columns):
            tables = {(column.schema, column.name) for column in columns}
            if not any(Key(RELATION, *table) in other.effects for table in tables):
                continue
        renames = "renamed_to" in change.detail
        old = change.detail.get("value") if renames else None
        new = _makes(change.detail) if renames or not change.detail.get("exists") else None
        for label, first in ((old, side), (new, OTHER[side])):
            if not isinstance(label, str) or (label == new and (key, new) in theirs):
                continue
            if any(_has_label(touch, label, columns, by_name) for touch in holding):
                report(Verdict("labels-in-order", "type", "order", "warning", first, (key,)))
                return


def _columns_of(change: Touch) -> set[Key]:
    """The columns of the type that there are, as the catalog has them."""
    columns = change.detail.get("columns")
    return {
        Key(COLUMN, str(column[0]), str(column[1]), str(column[2]))
        for column in (columns if isinstance(columns, list) else ())
        if isinstance(column, list)
    }


def _may_hold_labels(touch: Touch) -> bool:
    """Whether a text of the plan could be one of labels that is read later."""
    if touch.detail.get("via") == "catalog":
        return False
    if touch.facet == "data":
        return True
    if touch.kind in ("type", "enum value") or touch.action == "use":
        return False
    return "language plpgsql" not in str(touch.detail.get("definition"))  # read when it runs


def _has_label(touch: Touch, label: str, columns: set[Key], by_name: bool) -> bool:
    detail = touch.detail
    if touch.facet == "data":
        return any(
            label in _constants(detail, column.sub)
            for column in columns
            if (column.schema, column.name) == (touch.schema, touch.name)
        )
    if touch.facet == "default" and not by_name and key_of(touch) not in columns:
        return False
    quoted_label = "'" + label.replace("'", "''") + "'"
    texts = (detail.get("definition"), detail.get("value"), detail.get("default"))
    return any(quoted_label in text.replace("''", "'") for text in texts if isinstance(text, str))


def _constants(detail: Detail, column: str | None) -> list[Json]:
    """The constants that a change of rows gives a column, or compares it with."""
    found: list[Json] = []
    rows = detail.get("rows")
    for values in (detail.get("row"), detail.get("set"), *(rows if isinstance(rows, list) else ())):
        if isinstance(values, dict) and column in values:
            found.append(values[str(column)])
    where = detail.get("where")
    for part in where if isinstance(where, list) else ():
        if isinstance(part, list) and part[0] == column:
            found += part[2] if isinstance(part[2], list) else [part[2]]
    return found


def _with_rename(a: Detail, b: Detail, renames_a: bool, renames_b: bool) -> tuple[str, Outcome]:
    if renames_a and renames_b:
        if a.get("value") == b.get("value"):
            same = a.get("renamed_to") == b.get("renamed_to")
            return ("both-rename", "duplicate" if same else "clash")
        if a.get("renamed_to") == b.get("renamed_to"):
            return ("same-name", "clash")
    elif _makes(a) == _makes(b):
        return ("same-name", "clash")
    return ("different-aspects", "overlap")


def _same_label(a: Detail, b: Detail) -> tuple[str, Outcome]:
    same_place = _anchor(a) == _anchor(b) or ("gap" in a and a.get("gap") == b.get("gap"))
    guarded = a.get("if_not_exists") and b.get("if_not_exists")
    if same_place:
        return ("same-definition-again" if guarded else "same-definition", "duplicate")
    if guarded:
        return ("last-definition-wins", "clash")
    return ("same-name", "clash")


def _anchor(detail: Detail) -> Json:
    return detail.get("anchor")


def _makes(detail: Detail) -> Json:
    return detail["renamed_to"] if "renamed_to" in detail else detail.get("value")


def _needs(detail: Detail) -> tuple[Json, ...]:
    if "renamed_to" in detail:
        return (detail.get("value"),)
    anchor = detail.get("anchor")
    return tuple(anchor.values()) if isinstance(anchor, dict) else ()
$coord0$),
('rules/makers.py', $coord0$"""What uses an object because a statement makes it, when the other side takes that away itself.

A view that one side makes stops the other from dropping a column, unless the other drops this
very view first: then only the object's own coming and going is left to be judged.
"""

from __future__ import annotations

from ..identity import MEMBERS, RELATION, Key, container
from ..model import Side, Touch
from . import dependents
from .effects import Effect, Prepared
from .needs import looked_up_by
from .verdict import OTHER, Verdict

STOPPED = frozenset(("drop-while-used", "retype-before-use", "retype-before-expression"))
"""Verdicts that are about a definition which stands in the way."""


def reconsider(
    verdicts: list[Verdict], since: int, effects: tuple[Effect, Effect], a: Prepared, b: Prepared
) -> None:
    """Correct the newest verdicts, on one object, where what stands in the way goes too."""
    kept: list[Verdict] = []
    for verdict in verdicts[since:]:
        if verdict.rule in STOPPED:
            user: Side = _user(verdict, effects)
            ours, theirs = (a, b) if user == "a" else (b, a)
            effect = effects[0] if user == "a" else effects[1]
            standing = _in_the_way(verdict, effect)
            if standing and all(_goes_too(touch, ours, theirs) for touch in standing):
                if verdict.rule == "drop-while-used":
                    kept.append(
                        verdict._replace(rule="use-before-drop", outcome="order", first=user)
                    )
                continue
        kept.append(verdict)
    verdicts[since:] = kept


def _user(verdict: Verdict, effects: tuple[Effect, Effect]) -> Side:
    """The side whose definition stands in the way."""
    if verdict.first is not None:
        return OTHER[verdict.first]
    return "b" if effects[0].drop is not None else "a"


def _in_the_way(verdict: Verdict, user: Effect) -> list[Touch]:
    if verdict.rule == "retype-before-use":
        return [touch for touch in looked_up_by(user) if dependents.blocks_retype(touch)]
    if verdict.rule == "retype-before-expression":
        return [touch for touch in looked_up_by(user) if "expression" in touch.detail]
    return [touch for touch in looked_up_by(user) if dependents.blocks_drop(touch, user.key)]


def _goes_too(use: Touch, ours: Prepared, theirs: Prepared) -> bool:
    """Whether the other side takes away all that the statement makes, or sets it anew."""
    made = ours.makers.get(use.statement_no, {})
    return bool(made) and all(_is_taken(touch, key, theirs) for key, touch in made.items())


def _is_taken(made: Touch, key: Key, by: Prepared) -> bool:
    effect = by.effects.get(key)
    if effect is not None and (effect.drop is not None or "default" in effect.alters):
        return effect.drop is not None or made.facet == "default"
    if key.family in MEMBERS:
        owner = by.effects.get(container(key))
        return owner is not None and owner.key.family == RELATION and owner.drop is not None
    return False
$coord0$),
('rules/needs.py', $coord0$"""What of an effect needs its object to be there, under its name, when it is executed."""

from __future__ import annotations

from ..model import Touch
from . import dependents
from .effects import Effect
from .guards import skips


def needed_by(effect: Effect) -> list[Touch]:
    """What needs the object to be there when it is executed."""
    return [*changes_of(effect), *data_named_by(effect), *looked_up_by(effect)]


def changes_of(effect: Effect) -> list[Touch]:
    """What changes the object or a member of it, under its name."""
    changes = [touch for touches in effect.alters.values() for touch in touches]
    return [
        touch
        for touch in (*changes, *effect.members)
        if touch.facet != "declared"
        and not touch.detail.get("implied")
        and not ("absent" in touch.detail and skips(touch))
    ]


def data_named_by(effect: Effect) -> list[Touch]:
    return [
        touch
        for touch in effect.data
        if not touch.detail.get("inherited") and not touch.detail.get("fired")
    ]


def looked_up_by(effect: Effect) -> list[Touch]:
    return [
        touch
        for touch in effect.uses
        if touch.facet != "absence"
        and touch.detail.get("via") != "catalog"
        and dependents.is_looked_up(touch)
    ]
$coord0$),
('rules/one_makes.py', $coord0$"""One side creates an object, or makes sure of it, and the other changes or uses it."""

from __future__ import annotations

from ..identity import ONLY_TYPES, RELATION
from ..model import Side
from . import facets
from .both_stay import TABLES
from .effects import Effect
from .guards import skips
from .needs import needed_by
from .stars import keeps_columns
from .verdict import OTHER, Report, Weight, say


def one_creates(maker: Effect, other: Effect, side: Side, report: Report) -> None:
    made = maker.create
    assert made is not None
    if made.detail.get("exists"):
        # It would fail alone; the other side's changes are about the object that is there.
        return
    needing = needed_by(other)
    if not needing:
        return
    guarded = [touch for touch in needing if touch.action != "use" and skips(touch)]
    if len(guarded) == len(needing):
        if maker.key.family != RELATION or made.kind in TABLES:
            say(report, "skipped-if-absent", "clash", maker)
        elif made.kind not in ONLY_TYPES:
            # What then bears the name is not what the statement is for.
            say(report, "skipped-before-name-is-taken", "order", maker, OTHER[side])
        return
    weight: Weight = "warning"
    say(report, "create-before-use", "order", maker, side, kind="dependency", weight=weight)


def one_ensures(maker: Effect, other: Effect, side: Side, report: Report) -> None:
    made = maker.create
    assert made is not None
    exists = made.detail.get("exists")
    if made.detail.get("if_not_exists"):
        if exists:
            return
        one_creates(maker, other, side, report)
        return
    if exists is not False and facets.is_reset(made, other.alters):
        say(report, "redefinition-resets", "clash", maker)
    elif exists is not False and any(
        touch.kind in ("function", "procedure", "routine") and "fired" not in touch.detail
        for touch in other.data
    ):
        say(report, "redefined-while-run", "clash", maker)
    elif exists:
        if any(touch.action == "drop" and touch.facet == "name" for touch in other.members):
            say(report, "replace-before-rename", "order", maker, side, weight="error")
        elif made.detail.get("more_columns") and any(keeps_columns(star) for star in other.stars):
            say(report, "star-settles", "clash", maker, kind="dependency")
        elif other.alters:
            say(report, "different-aspects", "overlap", maker, weight="warning")
    else:
        one_creates(maker, other, side, report)
$coord0$),
('rules/one_takes_away.py', $coord0$"""One side drops, renames or replaces an object, and the other changes or uses it."""

from __future__ import annotations

from ..identity import COLUMN, RELATION, family_of
from ..model import Outcome, Side, Touch
from . import dependents
from .both_stay import TABLES
from .effects import Effect
from .guards import is_rename, skips
from .needs import changes_of, data_named_by, looked_up_by
from .verdict import OTHER, Report, say


def one_drops(dropper: Effect, other: Effect, side: Side, report: Report) -> None:
    gone = dropper.drop
    assert gone is not None
    user_side = OTHER[side]
    if is_rename(gone):
        one_renames(dropper, other, side, report)
        return
    waiting = [touch for touch in other.uses if touch.facet == "absence"]
    if waiting:
        _dependent_first(dropper, side, report)
        return
    cascade = bool(gone.detail.get("cascade")) or bool(gone.detail.get("implied"))
    looked_up = [touch for touch in looked_up_by(other) if "all_columns" not in touch.detail]
    changes = changes_of(other)
    if not cascade and any(dependents.blocks_drop(touch, dropper.key) for touch in looked_up):
        say(report, "drop-while-used", "clash", dropper, kind="dependency")
    elif other.stars and dropper.key.family == RELATION and _stars_that_stay(other):
        rule: Outcome = "order" if cascade else "clash"
        side_first = user_side if cascade else None
        name = "use-before-drop" if cascade else "drop-while-used"
        say(report, name, rule, dropper, side_first, kind="dependency", weight="error")
    elif looked_up or other.columns or data_named_by(other) or other.stars:
        say(
            report,
            "use-before-drop",
            "order",
            dropper,
            user_side,
            kind="dependency",
            weight="error",
        )
    elif changes and all(skips(touch) for touch in changes):
        say(report, "skipped-after-drop", "overlap", dropper, weight="warning")
    elif changes:
        say(report, "change-before-drop", "order", dropper, user_side, weight="error")
    elif not gone.detail.get("implied") and any(
        not dependents.is_looked_up(touch) for touch in other.uses
    ):
        say(report, "body-outlives-drop", "overlap", dropper, kind="dependency", weight="warning")


def _dependent_first(dropper: Effect, side: Side, report: Report) -> None:
    """If what replaces it needs the same again, that has a verdict of its own."""
    say(
        report,
        "dependent-goes-first",
        "order",
        dropper,
        side,
        kind="dependency",
        weight="error",
    )


def _stars_that_stay(effect: Effect) -> bool:
    return any(touch.detail.get("by") in ("view", "materialized view") for touch in effect.stars)


def one_renames(mover: Effect, other: Effect, side: Side, report: Report) -> None:
    user_side = OTHER[side]
    changes = changes_of(other)
    if looked_up_by(other) or other.columns or data_named_by(other):
        say(
            report,
            "use-before-rename",
            "order",
            mover,
            user_side,
            kind="dependency",
            weight="error",
        )
    elif changes:
        if all(skips(touch) for touch in changes):
            say(report, "skipped-if-absent", "clash", mover)
        else:
            say(report, "change-before-rename", "order", mover, user_side, weight="error")
    elif any(not dependents.is_looked_up(touch) for touch in other.uses):
        say(report, "body-outlives-drop", "overlap", mover, kind="dependency", weight="warning")


def one_replaces(replacer: Effect, other: Effect, side: Side, report: Report) -> None:
    gone, made = replacer.drop, replacer.create
    assert gone is not None
    assert made is not None
    looked_up = [touch for touch in looked_up_by(other) if not touch.detail.get("body")]
    changes = [touch for touch in changes_of(other) if not _is_done(touch, made)]
    data = data_named_by(other)
    if any(touch.facet == "absence" for touch in other.uses):
        _dependent_first(replacer, side, report)
        return
    if not (looked_up or changes or data or other.columns):
        return
    if replacer.key.family == RELATION and (
        _lacks(replacer, made, other, changes) or _is_not_for(made, looked_up, changes)
    ):
        # The new one lacks what the other side uses, or is nothing that can be used so.
        say(
            report,
            "use-before-replace",
            "order",
            replacer,
            OTHER[side],
            kind="dependency",
            weight="error",
        )
    elif not looked_up and not changes and not is_rename(gone) and _only_loses_rows(data):
        return  # rows of the old one, which are gone anyway
    elif changes:
        say(report, "replaced-under-change", "clash", replacer)
    elif not looked_up and _serves_rows(replacer, data):
        say(report, "rows-served-alike", "overlap", replacer, kind="dependency", weight="warning")
    elif not (looked_up or data):
        return  # a body, or a part of it, that the new one has too
    elif not looked_up:
        say(
            report,
            "use-before-replace",
            "order",
            replacer,
            OTHER[side],
            kind="dependency",
            weight="error",
        )
    elif (
        is_rename(gone)
        or gone.detail.get("cascade")
        or not any(dependents.blocks_drop(touch, replacer.key) for touch in looked_up)
    ):
        say(report, "replaced-under-change", "clash", replacer, kind="dependency")
    else:
        say(
            report,
            "replace-before-use",
            "order",
            replacer,
            side,
            kind="dependency",
            weight="error",
        )


def _lacks(replacer: Effect, made: Touch, other: Effect, changes: list[Touch]) -> bool:
    """Whether the new one has no column or member that the other side names."""
    new = {(touch.kind, touch.sub) for touch in replacer.members if touch.action == "create"}
    columns = made.detail.get("columns")
    if isinstance(columns, list):
        known = {str(column) for column in columns}
    elif made.facet == "definition" and made.kind == "table":
        known = {sub for kind, sub in new if kind == "table column" and sub is not None}
    elif is_rename(made):
        return False
    else:
        # A star, most often over the old one under its new name: without what that lost before.
        return not other.columns.isdisjoint(_lost_columns(replacer))
    if other.columns - known:
        return True
    return any(
        touch.sub is not None
        and touch.action in ("drop", "alter")
        and (touch.kind, touch.sub) not in new
        and not (family_of(touch.kind) == COLUMN and touch.sub in known)
        for touch in changes
    )


def _lost_columns(replacer: Effect) -> set[str]:
    """Columns that are renamed or dropped before the name is given to something else."""
    last = {
        touch.sub: touch.action
        for touch in replacer.members
        if touch.kind == "table column"
        and touch.sub is not None
        and touch.action in ("create", "drop")
        and not touch.detail.get("implied")
    }
    return {column for column, action in last.items() if action == "drop"}


def _is_not_for(made: Touch, uses: list[Touch], changes: list[Touch]) -> bool:
    """Whether a view takes the place of a table that is changed, indexed or referred to as one."""
    if made.kind != "view" or is_rename(made):
        return False
    return any(touch.detail.get("by") in ONLY_ON_TABLES for touch in uses) or any(
        touch.kind in TABLES | ONLY_IN_TABLES
        and touch.facet not in ("privileges", "owner", "default")
        for touch in changes
    )


def _only_loses_rows(data: list[Touch]) -> bool:
    """Whether rows are changed or removed, and none is inserted that would be missed.

    What triggers insert goes wherever the table is then.
    """
    return bool(data) and all(
        touch.detail.get("command") in ("update", "delete")
        or "truncate" in touch.detail
        or touch.detail.get("via") == "catalog"
        for touch in data
    )


def _is_done(change: Touch, made: Touch) -> bool:
    """Whether it does nothing to the new one.

    VALIDATE CONSTRAINT does nothing where it is valid from the start, and what is renamed and
    renamed back is called as before.
    """
    if change.facet == "name" and change.action == "alter":
        return True
    return change.facet == "validation" and "not_valid" not in made.detail


def _serves_rows(replacer: Effect, data: list[Touch]) -> bool:
    """Whether rows are read and changed through the new one as through the old one.

    A materialized view made anew is refreshed like the one before. A view in the place of the
    table that was renamed shows its rows; changed through it they can be where it has all columns.
    """
    gone, made = replacer.drop, replacer.create
    if gone is None or made is None or not data:
        return False
    if gone.kind == made.kind == "materialized view":
        return True
    reads = all(touch.detail.get("access") != "write" for touch in data)
    return is_rename(gone) and made.kind == "view" and (reads or bool(replacer.stars))


ONLY_ON_TABLES = frozenset(("index", "statistics object", "table constraint", "policy"))
"""What uses a table and is refused on a view."""

ONLY_IN_TABLES = frozenset(("table column", "table constraint", "trigger", "policy"))
"""Members of a table: triggers of a view are made another way, the others it has not."""
$coord0$),
('rules/overlap.py', $coord0$"""The weakest interaction: two changes of one table that do not get into each other's way."""

from __future__ import annotations

from ..identity import RELATION
from .effects import READS_DATA, REFERS, WRITES, WRITES_DATA, Effect
from .verdict import Report, Verdict

_ANY = READS_DATA | WRITES_DATA | REFERS | WRITES

_SHOWN_AS = {
    "view": "view",
    "materialized view": "materialized view",
}
_SILENT = frozenset(
    (
        "type",
        "domain",
        "composite type",
        "sequence",
        "index",
        "partitioned index",
        "enum value",
        "type attribute",
        "composite type column",
        "domain constraint",
    )
)


def _in_passing(effect: Effect) -> bool:
    """Whether it only loses what CASCADE takes along, or gets rows from a trigger."""
    return (
        not (effect.alters or effect.create or effect.drop)
        and all(touch.detail.get("via") == "catalog" for touch in effect.members)
        and all(touch.detail.get("via") == "catalog" for touch in effect.uses)
        and all(touch.detail.get("via") == "catalog" for touch in effect.data)
    )


def constraints_overlap(a: Effect, b: Effect, report: Report) -> bool:
    """Both change constraints of one table."""
    if a.key.family != RELATION:
        return False
    if not (_changes_constraints(a) and _changes_constraints(b)):
        return False
    if _kind(a, b) in _SILENT:
        return False
    report(
        Verdict(
            "constraints-of-one-table",
            "constraint",
            "overlap",
            "warning",
            None,
            (a.key,),
            (a.key,),
        )
    )
    return True


def tables_overlap(a: Effect, b: Effect, report: Report) -> bool:
    """Both touch one table, and one changes what the other may rely on."""
    if a.key.family != RELATION:
        return False
    if a.life == b.life == "drop":
        return False  # it goes, whoever lets it go
    if _in_passing(a) != _in_passing(b):
        return False
    one, two = a.flags, b.flags
    data = READS_DATA | WRITES_DATA
    if not (
        (one & WRITES and two & _ANY)
        or (two & WRITES and one & _ANY)
        or (one & WRITES_DATA and two & data)
        or (two & WRITES_DATA and one & data)
    ):
        return False
    kind = _kind(a, b)
    if kind in _SILENT:
        return False
    report(
        Verdict(
            "one-table",
            _SHOWN_AS.get(kind, "table"),
            "overlap",
            "warning",
            None,
            (a.key,),
            (a.key,),
        )
    )
    return True


def _changes_constraints(effect: Effect) -> bool:
    return any(touch.kind == "table constraint" for touch in effect.members)


def _kind(a: Effect, b: Effect) -> str:
    """What the relation is: uses call every relation a table, its own statements know better."""
    for effect in (a, b):
        kind = effect.touch.kind
        if kind in _SHOWN_AS or kind in _SILENT:
            return kind
    return "table"
$coord0$),
('rules/pairwide.py', $coord0$"""Rules that look at more than one object: schemas and what is in them, equal indexes."""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import RELATION, Key, container, key_of
from ..model import Side, Touch
from . import belongings, labels, publications, references
from .dependents import is_looked_up
from .effects import WRITES, Effect, Prepared
from .facets import listed_in, same_grantees
from .verdict import OTHER, Report, Verdict
from .volume import too_many, too_many_to_compare


def compare(a: Prepared, b: Prepared, report: Report) -> None:
    if a.indexes and b.indexes:
        _equal_indexes(a, b, report)
    if a.references and b.keys:
        references.compare(a.references, b.keys, "b", report)
    if b.references and a.keys:
        references.compare(b.references, a.keys, "a", report)
    if a.whole_schemas:
        _schema_and_inside(a, b, "a", report)
    if b.whole_schemas:
        _schema_and_inside(b, a, "b", report)
    if a.estates or a.extensions:
        belongings.compare(a, b, "a", report)
    if b.estates or b.extensions:
        belongings.compare(b, a, "b", report)
    if a.mentions:
        _dynamic_and_tables(a, b, "a", report)
    if b.mentions:
        _dynamic_and_tables(b, a, "b", report)
    if a.lists and b.unlisted:
        publications.taken_out(a, b, "b", report)
    if b.lists and a.unlisted:
        publications.taken_out(b, a, "a", report)
    if a.labels:
        labels.written(a.labels, b, "b", report)
    if b.labels:
        labels.written(b.labels, a, "a", report)
    if a.defaults and b.made:
        _defaults_and_made(a, b, report)
    if b.defaults and a.made:
        _defaults_and_made(b, a, report)


def _equal_indexes(a: Prepared, b: Prepared, report: Report) -> None:
    for definition in a.indexes.keys() & b.indexes.keys():
        made_a, made_b = a.indexes[definition], b.indexes[definition]
        one, two = key_of(made_a), key_of(made_b)
        if one != two:
            table = made_a.detail.get("table")
            covers = (container(one),)
            if isinstance(table, dict):
                covers = (Key("relation", _text(table.get("schema")), str(table.get("name"))),)
            report(
                Verdict(
                    "same-index-other-name",
                    "index",
                    "duplicate",
                    "warning",
                    None,
                    (one, two),
                    covers,
                )
            )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


# -------------------------------------------------------------------- schemas


def _schema_and_inside(whole: Prepared, other: Prepared, side: Side, report: Report) -> None:
    for touch in _compared(whole.whole_schemas, other.touches, report):
        inside = other.schemas.get(touch.name)
        if not inside:
            continue
        if touch.action == "drop":
            _drop_and_inside(touch, inside, side, report)
        elif touch.action == "create":
            if not any(
                one.name == touch.name and one.action == "create" for one in other.whole_schemas
            ):
                _create_and_inside(touch, inside, side, report)
        elif touch.detail.get("all_in_schema"):
            _all_and_inside(touch, inside, whole.defaults, report)


def _compared(wholes: list[Touch], others: Sequence[Touch], report: Report) -> list[Touch]:
    """What is compared with each of the others: all, or nothing where that would never end."""
    if not too_many(wholes, others):
        return wholes
    report(too_many_to_compare("privilege", key_of(wholes[0])))
    return []


def _drop_and_inside(gone: Touch, inside: list[Touch], side: Side, report: Report) -> None:
    needing = [touch for touch in inside if touch.action != "use" or is_looked_up(touch)]
    needing = [touch for touch in needing if touch.detail.get("via") != "catalog"]
    if not needing:
        return
    key = key_of(gone)
    renamed = gone.facet == "name"
    if not renamed and not gone.detail.get("cascade"):
        lasting = [
            touch
            for touch in needing
            if touch.action == "create" and not touch.detail.get("implied")
        ]
        if lasting:
            report(
                Verdict(
                    "schema-not-empty",
                    "schema",
                    "clash",
                    "error",
                    None,
                    (key, key_of(lasting[0])),
                )
            )
            return
    skipping = all(touch.detail.get("if_exists") for touch in needing)
    if skipping:
        if renamed:
            report(Verdict("skipped-if-absent", "schema", "clash", "error", None, (key,)))
        return
    rule = "inside-before-schema-renamed" if renamed else "inside-before-schema-dropped"
    report(Verdict(rule, "schema", "order", "error", OTHER[side], (key,)))


def _create_and_inside(made: Touch, inside: list[Touch], side: Side, report: Report) -> None:
    if made.detail.get("exists"):
        return
    if made.facet == "name" or any(
        touch.action != "use" or is_looked_up(touch) for touch in inside
    ):
        report(
            Verdict("create-before-use", "dependency", "order", "warning", side, (key_of(made),))
        )


_COVERED_BY = {
    "table": "tables",
    "partitioned table": "tables",
    "foreign table": "tables",
    "view": "tables",
    "materialized view": "tables",
    "sequence": "sequences",
    "function": "functions",
    "aggregate": "functions",
    "procedure": "procedures",
    "type": "types",
    "domain": "types",
    "schema": "schemas",
}


def _all_and_inside(
    granted: Touch, inside: list[Touch], defaults: list[Touch], report: Report
) -> None:
    """GRANT \u2026 ON ALL TABLES IN SCHEMA means those that are there when it is run."""
    what = (granted.facet or "").removeprefix("privileges of ")
    schema = key_of(granted)
    later_too = any(_goes_with(granted, default) for default in defaults)
    for touch in inside:
        covered = _COVERED_BY.get(touch.kind)
        if covered != what and not (what == "routines" and covered in ("functions", "procedures")):
            continue
        arrives = touch.action == "create" and touch.facet != "name"
        leaves = touch.action == "drop" and touch.facet == "schema"
        # Where the schema has default privileges, what is new has a list of them already, and
        # taking away what is not in it changes nothing.
        listed = granted.detail.get("defaults_for")
        counts = granted.detail.get("is_grant") or not isinstance(listed, list)
        if not counts and isinstance(listed, list):
            counts = not listed_in(granted, "grantee").isdisjoint(map(str, listed))
        if (arrives and counts and not later_too and not _was_there(touch)) or leaves:
            report(
                Verdict(
                    "grant-on-all", "privilege", "clash", "error", None, (key_of(touch), schema)
                )
            )
        elif (
            touch.facet == "privileges"
            and granted.detail.get("is_grant") != touch.detail.get("is_grant")
            and same_grantees(granted, touch)
        ):
            report(
                Verdict("grant-and-revoke", "privilege", "clash", "error", None, (key_of(touch),))
            )


def _goes_with(granted: Touch, default: Touch) -> bool:
    """Whether both grant the same: on what is there in a schema, and on what comes later."""
    what = (granted.facet or "").removeprefix("privileges of ")
    return (
        default.sub is None
        and default.schema == granted.name
        and default.name == f"on {what}"
        and default.detail.get("is_grant") == granted.detail.get("is_grant")
        and listed_in(default, "grantee") == listed_in(granted, "grantee")
        and listed_in(default, "privileges") == listed_in(granted, "privileges")
    )


def _was_there(touch: Touch) -> bool:
    detail = touch.detail
    return bool(detail.get("exists") and (detail.get("if_not_exists") or detail.get("or_replace")))


# -------------------------------------------------------------------- SQL made at run time


def _dynamic_and_tables(dynamic: Prepared, other: Prepared, side: Side, report: Report) -> None:
    """A loop over the tables of a schema meets those that are there when it runs."""
    for key, effect in other.effects.items():
        if key.family == RELATION and key.name in dynamic.mentions:
            _named_table(effect, side, report)
    for touch in other.whole_schemas:
        if (
            touch.name in dynamic.mentions
            and touch.action in ("create", "drop")
            and not touch.detail.get("exists")
        ):
            _dynamic(touch, report)
    for schema in dynamic.mentions & other.schemas.keys():
        for touch in other.schemas[schema]:
            if touch.kind != "table" or touch.detail.get("implied"):
                continue
            arrives = touch.action == "create" and touch.facet != "name" and not _was_there(touch)
            if arrives or (touch.action == "drop" and touch.facet == "schema"):
                _dynamic(touch, report)


def _named_table(effect: Effect, side: Side, report: Report) -> None:
    """A table whose name is a literal of code that puts SQL together."""
    key, kind = effect.key, effect.touch.kind
    if effect.drop is not None and not effect.drop.detail.get("implied"):
        report(
            Verdict("named-in-dynamic-sql", "dependency", "order", "error", side, (key,), (key,))
        )
    elif effect.flags & WRITES and effect.create is None and "table" in kind:
        report(Verdict("one-table", "table", "overlap", "warning", None, (key,), (key,)))


def _dynamic(touch: Touch, report: Report) -> None:
    key = key_of(touch)
    report(Verdict("dynamic-sql", "dependency", "clash", "error", None, (key,), (key,)))


# -------------------------------------------------------------------- default privileges


def _defaults_and_made(changer: Prepared, maker: Prepared, report: Report) -> None:
    """Default privileges are copied when an object is created, and never again."""
    for change in _compared(changer.defaults, maker.made, report):
        what = change.name.removeprefix("on ")
        if change.sub is not None or change.detail.get("effective"):
            continue  # for what another role creates; or it is so already
        if any(_goes_with(whole, change) for whole in changer.whole_schemas):
            continue  # what is there already gets the same
        for made in maker.made:
            covered = _COVERED_BY.get(made.kind)
            if covered != what and not (
                what in ("functions", "routines") and covered in ("functions", "procedures")
            ):
                continue
            if change.schema is not None and change.schema != made.schema:
                continue
            if _was_there(made):
                continue
            report(
                Verdict("default-privileges", "privilege", "clash", "error", None, (key_of(made),))
            )
$coord0$),
('rules/publications.py', $coord0$"""ALTER PUBLICATION \u2026 SET TABLE against what else happens to the list of its tables."""

from __future__ import annotations

from ..identity import key_of
from ..model import Side
from .effects import Effect, Prepared
from .verdict import Report, Verdict, say


def compare(setter: Effect, other: Effect, side: Side, report: Report) -> None:
    """SET replaces the whole list, whatever others added to it or took out."""
    if any(touch.detail.get("by") == "publication relation" for touch in other.uses):
        say(report, "list-replaced", "clash", setter)


def taken_out(setter: Prepared, other: Prepared, side: Side, report: Report) -> None:
    """DROP TABLE of what SET TABLE no longer lists works only before it."""
    publications = {change.name for change in setter.lists}
    for gone in other.unlisted:
        key = key_of(gone)
        if gone.sub in publications and key not in setter.effects:
            report(Verdict("change-before-drop", "publication", "order", "error", side, (key,)))
$coord0$),
('rules/references.py', $coord0$"""Foreign keys and the keys they refer to."""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import Key, container, key_of
from ..model import Json, Side, Touch
from .verdict import Report, Verdict


def compare(references: Sequence[Touch], keys: Sequence[Touch], side: Side, report: Report) -> None:
    """Foreign keys and ON CONFLICT need a unique key; ``side`` makes or drops one."""
    of_columns: dict[object, list[Touch]] = {}
    of_table: dict[object, list[Touch]] = {}
    replaced = _made_anew(keys)
    for key in keys:
        of_columns.setdefault((_table(key), _columns(key)), []).append(key)
        if key.detail.get("constraint_type") == "primary key":
            of_table.setdefault(_table(key), []).append(key)
    for reference in references:
        target = _target(reference)
        if target is None:
            continue
        table, columns = target
        if isinstance(columns, list):
            needed = of_columns.get((table, tuple(sorted(map(str, columns)))), ())
        else:
            needed = of_table.get(table, ())
        for key in needed:
            _verdict(reference, key, side, report, anew=_place(key) in replaced)


def _made_anew(keys: Sequence[Touch]) -> set[object]:
    """Primary keys, and the columns of others, that are there again after a drop."""
    dropped = {_place(key) for key in keys if key.action == "drop"}
    return {_place(key) for key in keys if key.action == "create" and _place(key) in dropped}


def _place(key: Touch) -> object:
    if key.detail.get("constraint_type") == "primary key":
        return _table(key)
    return (_table(key), _columns(key))


def _target(reference: Touch) -> tuple[tuple[str | None, str], Json] | None:
    """The table and the columns that must have a unique key."""
    if "conflict" in reference.detail:
        return (reference.schema, reference.name), reference.detail["conflict"]
    target = reference.detail.get("references")
    if not isinstance(target, dict):
        return None
    schema = target.get("schema")
    return (None if schema is None else str(schema), str(target.get("name"))), target.get("columns")


def _has_key(reference: Touch) -> bool:
    """Whether there is such a key already, as the catalog has it."""
    keys, columns = reference.detail.get("keys"), reference.detail.get("conflict")
    if isinstance(keys, list) and isinstance(columns, list):
        wanted = {str(column) for column in columns}
        return any(isinstance(key, list) and wanted == set(map(str, key)) for key in keys)
    return bool(reference.detail.get("key_exists"))


def _verdict(
    reference: Touch, key: Touch, side: Side, report: Report, *, anew: bool = False
) -> None:
    object_ = key_of(key)
    table = _table(key)
    covers = (container(object_),) if table is None else (Key("relation", *table),)
    if key.action == "create":
        if _has_key(reference):
            return
        report(
            Verdict(
                "key-before-reference", "dependency", "order", "warning", side, (object_,), covers
            )
        )
    elif anew and reference.action == "use":
        return  # it finds the old key or the new one
    elif anew and not key.detail.get("cascade"):
        report(
            Verdict("replace-before-use", "dependency", "order", "error", side, (object_,), covers)
        )
    elif (key.detail.get("cascade") or reference.action == "use") and not anew:
        first: Side = "b" if side == "a" else "a"
        report(
            Verdict("use-before-drop", "dependency", "order", "error", first, (object_,), covers)
        )
    else:
        report(
            Verdict(
                "key-dropped-while-used", "dependency", "clash", "error", None, (object_,), covers
            )
        )


def _table(key: Touch) -> tuple[str | None, str] | None:
    if key.kind == "table constraint":
        return (key.schema, key.name)
    table = key.detail.get("table")
    if not isinstance(table, dict):
        return None
    schema = table.get("schema")
    return (None if schema is None else str(schema), str(table.get("name")))


def _columns(key: Touch) -> tuple[str, ...]:
    columns = key.detail.get("columns")
    return tuple(sorted(map(str, columns))) if isinstance(columns, list) else ()
$coord0$),
('rules/report.py', $coord0$"""Findings about single objects -> the conflicts of a pair, one for each type."""

from __future__ import annotations

from collections.abc import Container, Sequence

from ..identity import display
from ..model import Conflict, Side
from ..suggest import suggestions
from .verdict import STRENGTH, Verdict

FAILS_IN_BOTH_ORDERS = frozenset(
    (
        "same-name",
        "both-rename",
        "rename-and-drop",
        "drop-while-used",
        "key-dropped-while-used",
        "one-source-of-values",
        "row-against-check",
        "row-without-value",
        "same-key-twice",
        "two-primary-keys",
        "schema-not-empty",
        "shape-of-a-child",
        "partitions-overlap",
        "opposite-orders",
    )
)
"""Clashes that no order avoids; with the others the last writer wins."""


WORKS_TWICE = frozenset(
    (
        "same-value",
        "same-grant",
        "same-index-other-name",
        "same-replacement",
        "same-definition-again",
        "both-drop-if-there",
    )
)
"""Duplicates of which the second changes nothing, or does no harm: no order is wrong."""


def put_together(
    verdicts: Sequence[Verdict], overlaps: Sequence[Verdict], visible: Container[str]
) -> list[Conflict]:
    covered = {key for verdict in verdicts for key in verdict.covers}
    found = [*verdicts, *(one for one in overlaps if one.objects[0] not in covered)]
    firsts = {one.first for one in found if one.outcome == "order"}
    if len(firsts) > 1:
        # It would take A before B and B before A: no order works.
        found = [_as_clash(one) if one.outcome == "order" else one for one in found]
    elif firsts and not any(
        one.outcome == "clash" and one.rule in FAILS_IN_BOTH_ORDERS for one in found
    ):
        # Only one order works at all: then who comes last is no longer open.
        [first] = firsts
        found = [_in_order(one, first) for one in found]
    by_type: dict[str, list[Verdict]] = {}
    for one in found:
        by_type.setdefault(one.type, []).append(one)
    conflicts = [_conflict(type_, group, visible) for type_, group in by_type.items()]
    conflicts.sort(key=_strongest_first)
    return conflicts


def _in_order(verdict: Verdict, first: Side | None) -> Verdict:
    """A finding beside another that leaves one order only."""
    if verdict.outcome == "clash":
        return verdict._replace(outcome="order", first=first)
    if verdict.outcome == "duplicate" and verdict.rule in WORKS_TWICE:
        return verdict._replace(outcome="overlap")
    return verdict


def _as_clash(verdict: Verdict) -> Verdict:
    return verdict._replace(rule="opposite-orders", outcome="clash", severity="error", first=None)


def _conflict(type_: str, group: Sequence[Verdict], visible: Container[str]) -> Conflict:
    strongest = max(group, key=lambda one: (STRENGTH[one.outcome], one.severity == "error"))
    severity = "error" if any(one.severity == "error" for one in group) else "warning"
    objects = tuple(sorted({display(key, visible) for one in group for key in one.objects}))
    return Conflict(
        type_,
        "error" if severity == "error" else "warning",
        strongest.outcome,
        objects,
        strongest.first,
        strongest.rule,
        suggestions(type_, strongest.outcome, strongest.rule, objects, strongest.first),
    )


def _strongest_first(conflict: Conflict) -> tuple[int, int, str]:
    return (-STRENGTH[conflict.outcome], conflict.severity != "error", conflict.type)
$coord0$),
('rules/retyping.py', $coord0$"""Whether ALTER COLUMN TYPE makes a column something else, or more of the same."""

from __future__ import annotations

from ..model import Touch

_ALIKE: dict[str, str] = {
    **dict.fromkeys(
        ("text", "character varying", "varchar", "character", "bpchar", "name"), "text"
    ),
    **dict.fromkeys(
        ("smallint", "integer", "bigint", "numeric", "real", "double precision"), "number"
    ),
    **dict.fromkeys(
        (
            "date",
            "timestamp",
            "timestamp without time zone",
            "timestamp with time zone",
            "timestamptz",
        ),
        "time",
    ),
}
"""Types that are compared with the same constants, and with each other."""


def changes_class(touch: Touch) -> bool:
    """Whether constants that fitted the column need not fit it any more.

    USING is given where the server knows no cast that it would take by itself.
    """
    detail = touch.detail
    if "using" not in detail or "unchanged" in detail:
        return False
    was = detail.get("was")
    return was is None or _class_of(was) != _class_of(detail.get("value"))


def with_labels(touches: list[Touch]) -> list[Touch]:
    """Say of columns that become an enum of the same script which values they take from then on."""
    labels = {
        f"{touch.schema}.{touch.name}": touch.detail["labels"]
        for touch in touches
        if touch.action == "create" and "labels" in touch.detail
    }
    if not labels:
        return touches
    return [
        touch._replace(detail={**touch.detail, "demands": [[touch.sub, "in", labels[value]]]})
        if touch.action == "alter"
        and touch.facet == "type"
        and (value := str(touch.detail.get("value"))) in labels
        else touch
        for touch in touches
    ]


def _class_of(name: object) -> str:
    text = str(name)
    bare = text.partition("(")[0].strip()
    return _ALIKE.get(bare, text)
$coord0$),
('rules/rows.py', $coord0$"""Changes of rows against what decides about rows: defaults, triggers, copies of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ..identity import COLUMN, family_of, key_of
from ..model import Json, Side, Touch
from .conditions import condition_of, is_violated
from .effects import Effect
from .verdict import OTHER, Report, Verdict, say, severity_of
from .writers import rows_of


def compare(writer: Effect, other: Effect, side: Side, report: Report) -> None:
    """``writer`` changes rows of a relation, ``other`` does something to it."""
    backfilled = other.written
    replaced = _anyway(writer, other.members)
    for switch in other.alters.get("enabled", ()):
        if "triggers" in switch.detail:
            _trigger(writer, switch, set(), report)
    for member in other.members:
        if member.kind in ("trigger", "rule"):
            _trigger(writer, member, replaced.get(member.sub, set()), report)
        elif member.facet == "identity" and "insert" in writer.commands:
            _identity(writer, member, side, report)
        elif "demands" in member.detail and member.action == "drop":
            _check_goes(writer, member, side, report)
        elif "demands" in member.detail and "inherited" not in member.detail:
            _check(writer, other, member, side, report)
        elif (
            member.facet == "not null"
            and member.detail.get("value")
            and _gives_null(writer, member)
        ):
            _refused(writer, other, member, side, report)
        elif (
            "insert" in writer.commands
            and family_of(member.kind) == COLUMN
            and member.action == "alter"
            and member.sub is not None
            and not _gives_all(writer)
            and member.sub not in writer.written
        ):
            if member.facet == "default" and member.sub not in backfilled:
                _default(writer, member, side, report)
            elif member.facet == "not null" and member.detail.get("value"):
                _not_null(writer, other, member, side, report)
    _copied(writer, other, report)


def _gives_all(writer: Effect) -> bool:
    return any(star.detail.get("access") == "write" for star in writer.stars)


def _default(writer: Effect, member: Touch, side: Side, report: Report) -> None:
    key = key_of(member)
    if member.detail.get("value") is None and member.detail.get("was_not_null"):
        report(
            Verdict(
                "insert-before-default-goes",
                "column",
                "order",
                "error",
                side,
                (key,),
                (writer.key,),
            )
        )
    elif "inherited" not in member.detail and "unchanged" not in member.detail:
        report(
            Verdict("default-for-new-rows", "column", "clash", "error", None, (key,), (writer.key,))
        )


def _identity(writer: Effect, member: Touch, side: Side, report: Report) -> None:
    """A column that gets no value any more, or that none may be given."""
    value = member.detail.get("value")
    given = member.sub in writer.written
    if (value is None and not given and not _gives_all(writer)) or (value == "always" and given):
        report(
            Verdict(
                "insert-before-identity",
                "column",
                "order",
                "error",
                side,
                (key_of(member),),
                (writer.key,),
            )
        )


def _not_null(writer: Effect, other: Effect, member: Touch, side: Side, report: Report) -> None:
    """A row without a value for a column that must have one from now on."""
    if member.detail.get("has_default") is not False or member.detail.get("was_not_null"):
        return
    if any(one.facet == "default" and one.sub == member.sub for one in other.members):
        return
    _refused(writer, other, member, side, report)


def _gives_null(writer: Effect, member: Touch) -> bool:
    """Whether a row comes with NULL for the column, or gets it, in so many words."""
    return member.sub is not None and any(
        member.sub in row and row[member.sub] is None for row in _values(writer)
    )


def _values(writer: Effect) -> Iterator[dict[str, Json]]:
    """What is known of the rows that come, and of what others get."""
    for touch in writer.data:
        yield from rows_of(touch)
        values = touch.detail.get("set")
        if isinstance(values, dict):
            yield values


def _left_out(writer: Effect, check: Touch) -> Iterator[dict[str, Json]]:
    """The NULLs of rows that come without a value for columns which have no default."""
    unfilled = check.detail.get("unfilled")
    if "insert" in writer.commands and isinstance(unfilled, list) and not _gives_all(writer):
        yield {str(name): None for name in unfilled if name not in writer.written}


def _refused(writer: Effect, other: Effect, member: Touch, side: Side, report: Report) -> None:
    """A NULL that the column may not have from now on: who fills the column does so before."""
    key = key_of(member)
    if member.sub in other.written:
        report(
            Verdict(
                "insert-before-not-null", "column", "order", "error", side, (key,), (writer.key,)
            )
        )
    else:
        report(
            Verdict("row-without-value", "column", "clash", "error", None, (key,), (writer.key,))
        )


def _check(writer: Effect, other: Effect, member: Touch, side: Side, report: Report) -> None:
    """A row whose constants tell that it does not satisfy a new check."""
    demands = condition_of(member.detail, "demands")
    rows = chain(_values(writer), _left_out(writer, member))
    if not any(is_violated(demands, row) for row in rows):
        return
    key = key_of(member)
    looks_back = "not_valid" not in member.detail or any(
        one.facet == "validation" and one.sub == member.sub for one in other.members
    )
    if looks_back:
        report(
            Verdict(
                "row-against-check", "constraint", "clash", "error", None, (key,), (writer.key,)
            )
        )
    else:
        report(
            Verdict("row-before-check", "constraint", "order", "error", side, (key,), (writer.key,))
        )


def _check_goes(writer: Effect, member: Touch, side: Side, report: Report) -> None:
    """A row that the check which goes refuses: it waits for that."""
    demands = condition_of(member.detail, "demands")
    if any(is_violated(demands, row) for row in _values(writer)):
        key = key_of(member)
        first = OTHER[side]
        report(
            Verdict(
                "check-goes-before-row",
                "constraint",
                "order",
                "error",
                first,
                (key,),
                (writer.key,),
            )
        )


def _anyway(writer: Effect, members: list[Touch]) -> dict[str | None, set[str]]:
    """By trigger that is dropped and made anew: the commands that fire the old and the new one."""
    fired: dict[str | None, dict[str, set[str]]] = {}
    for touch in members:
        if touch.kind == "trigger" and "events" in touch.detail:
            fired.setdefault(touch.sub, {})[touch.action] = _fires(writer, touch)
    return {
        name: by["drop"] & by["create"]
        for name, by in fired.items()
        if "drop" in by and "create" in by
    }


def _fires(writer: Effect, trigger: Touch) -> set[str]:
    """The commands of the writer that fire a trigger."""
    events, columns = trigger.detail.get("events"), trigger.detail.get("columns")
    if not isinstance(events, list):
        return set()
    common = writer.commands.intersection(str(event) for event in events)
    if isinstance(columns, list) and writer.written.isdisjoint(str(column) for column in columns):
        common.discard("update")
    return common


def _trigger(writer: Effect, member: Touch, anyway: set[str], report: Report) -> None:
    detail = member.detail
    if detail.get("conditional") or (detail.get("implied") and not detail.get("cascade")):
        return
    if member.action == "alter" and member.facet != "enabled":
        return
    if member.facet == "name":
        return
    if _fires(writer, member) - anyway:
        report(
            Verdict(
                "trigger-for-changed-rows",
                member.kind,
                "clash",
                severity_of(member.kind, "clash"),
                None,
                (key_of(member),),
                (writer.key,),
            )
        )


def _copied(writer: Effect, other: Effect, report: Report) -> None:
    """CREATE TABLE AS takes the rows of the moment."""
    for touch in other.data:
        if touch.detail.get("by") != "table" or touch.detail.get("access") == "write":
            continue
        if writer.commands - {"update"} or other.stars or writer.written & other.columns:
            say(report, "rows-copied", "clash", writer, kind="table")
            return
$coord0$),
('rules/stars.py', $coord0$"""``*`` and LIKE: what they stand for is settled when they are run, and never again."""

from __future__ import annotations

from ..identity import COLUMN, family_of
from ..model import Side, Touch
from .effects import Effect
from .verdict import OTHER, Report, say

_VIEWS = ("view", "materialized view")


def compare(user: Effect, changer: Effect, side: Side, report: Report) -> None:
    """One side takes all columns of a relation, the other changes which there are."""
    for star in _distinct(user.stars):
        if star.detail.get("body") or star.detail.get("access") == "write":
            if star.detail.get("access") == "write" and not star.detail.get("body"):
                _written(changer, side, report)
            continue
        for member in changer.members:
            if family_of(member.kind) == COLUMN:
                _column(star, member, changer, side, report)
        if _copies(star, changer):
            say(report, "star-settles", "clash", changer, kind="dependency")


def _distinct(stars: list[Touch]) -> list[Touch]:
    """One of those that the rules cannot tell apart: a thousand views of ``*`` are one question."""
    told_by = ("by", "as", "access", "body", "including")
    return list({repr([one.detail.get(word) for word in told_by]): one for one in stars}.values())


def keeps_columns(star: Touch) -> bool:
    """Whether it makes columns that stay, not only rows as they are at the time."""
    detail = star.detail
    if detail.get("body") or detail.get("access") == "write":
        return False
    return detail.get("by") in (*_VIEWS, "table") or detail.get("as") == "source"


def _column(star: Touch, member: Touch, changer: Effect, side: Side, report: Report) -> None:
    is_view = star.detail.get("by") in _VIEWS
    if not keeps_columns(star):
        return
    if member.action == "drop" and member.facet not in ("name", "schema") and is_view:
        if member.detail.get("cascade"):
            say(report, "star-settles", "clash", changer, kind="dependency")
        else:
            say(
                report,
                "drop-before-star",
                "order",
                changer,
                OTHER[side],
                kind="dependency",
                weight="error",
            )
    elif member.action in ("create", "drop"):
        if not (member.detail.get("exists") and member.detail.get("if_not_exists")):
            say(report, "star-settles", "clash", changer, kind="dependency")
    elif member.action == "alter" and member.facet == "type":
        if is_view:
            say(
                report,
                "retype-before-use",
                "order",
                changer,
                OTHER[side],
                kind="dependency",
                weight="warning",
            )
        elif not member.detail.get("unchanged"):
            say(report, "star-settles", "clash", changer, kind="dependency")
    elif (
        member.action == "alter"
        and "unchanged" not in member.detail
        and star.detail.get("as") == "source"
        and member.facet in _copied(star)
    ):
        say(report, "star-settles", "clash", changer, kind="dependency")


def _copies(star: Touch, changer: Effect) -> bool:
    """Whether LIKE \u2026 INCLUDING copies constraints, indexes or statistics that come or go."""
    including = star.detail.get("including")
    words = including if isinstance(including, list) else ()
    made_on = {str(touch.detail.get("by")) for touch in changer.uses if touch.detail.get("own")}
    if ("indexes" in words and "index" in made_on) or (
        "statistics" in words and "statistics object" in made_on
    ):
        return True
    wanted = {"check"} if "constraints" in words else set()
    if "indexes" in words:
        wanted |= {"primary key", "unique", "exclusion"}
    return any(
        member.kind == "table constraint"
        and member.action in ("create", "drop")
        and member.detail.get("constraint_type") in wanted
        for member in changer.members
    )


_COPIED = {
    "defaults": "default",
    "identity": "identity",
    "generated": "generated",
    "storage": "storage",
    "comments": "comment",
    "compression": "compression",
}


def _copied(star: Touch) -> set[str]:
    """What LIKE \u2026 INCLUDING copies of a column, beside its name, type and NOT NULL."""
    including = star.detail.get("including")
    words = including if isinstance(including, list) else []
    return {"not null", *(_COPIED[str(word)] for word in words if str(word) in _COPIED)}


def _written(changer: Effect, side: Side, report: Report) -> None:
    """INSERT without a list of columns: its values are matched with the columns there are."""
    for member in changer.members:
        if (
            family_of(member.kind) == COLUMN
            and member.action == "drop"
            and member.facet not in ("name", "schema")
        ):
            say(
                report,
                "use-before-drop",
                "order",
                changer,
                side,
                kind="dependency",
                weight="error",
            )
$coord0$),
('rules/verdict.py', $coord0$"""What one rule says about one object of a pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from ..identity import BARE_ROUTINE, ROUTINE, Key, conflict_type, container
from ..model import Outcome, Severity, Side
from .effects import Effect

STRENGTH: dict[str, int] = {"overlap": 0, "order": 1, "duplicate": 2, "clash": 3}

Weight = Literal["default", "warning", "error"]


class Verdict(NamedTuple):
    """One finding, before those of one pair are put together."""

    rule: str
    type: str
    outcome: Outcome
    severity: Severity
    first: Side | None
    objects: tuple[Key, ...]
    covers: tuple[Key, ...] = ()
    """Relations that need no mention of a mere overlap beside this."""


DEFAULT_SEVERITY: dict[str, Severity] = {"column": "error", "function": "error"}
"""What the documents say; everything else is a warning until it breaks something."""

OTHER: dict[Side, Side] = {"a": "b", "b": "a"}


def severity_of(kind: str, outcome: Outcome, weight: Weight = "default") -> Severity:
    if outcome == "clash" or weight == "error":
        return "error"
    if weight == "warning":
        return "warning"
    return DEFAULT_SEVERITY.get(kind, "warning")


Report = Callable[[Verdict], None]


def say(
    report: Report,
    rule: str,
    outcome: Outcome,
    effect: Effect,
    first: Side | None = None,
    *,
    kind: str | None = None,
    weight: Weight = "default",
    others: Iterable[Key] = (),
) -> None:
    """Report a verdict on the object of an effect."""
    type_ = kind or conflict_type(effect.touch.kind)
    key = effect.key
    covers = () if key.family in (ROUTINE, BARE_ROUTINE) else (container(key),)
    report(
        Verdict(
            rule,
            type_,
            outcome,
            severity_of(type_, outcome, weight),
            first,
            (key, *others),
            covers,
        )
    )
$coord0$),
('rules/volume.py', $coord0$"""How many pairs of touches one rule compares before it gives up, and what it says then."""

from __future__ import annotations

from collections.abc import Sized

from ..identity import Key
from .verdict import Verdict

MOST_PAIRS = 200_000
"""So many pairs of changes of one aspect are compared one by one, in well under a second.

Nobody writes that many by hand. What lies above is not looked into, and says so by a rule of its
own ("too-many-to-compare"): a clash, so that somebody looks, since silence might hide one.
"""


def too_many(a: Sized, b: Sized) -> bool:
    return len(a) * len(b) > MOST_PAIRS


def too_many_to_compare(kind: str, key: Key) -> Verdict:
    return Verdict("too-many-to-compare", kind, "clash", "error", None, (key,))
$coord0$),
('rules/writers.py', $coord0$"""Two changes of the rows of one table: whether the order of the two shows in the rows."""

from __future__ import annotations

from itertools import islice

from ..model import Json, Side, Touch
from .conditions import columns_of, condition_of, disjoint, fixed, satisfied
from .effects import Effect
from .verdict import Report, say

Row = dict[str, Json] | None
"""What is known of a row; None when it is deleted."""


def compare(a: Effect, b: Effect, report: Report) -> None:
    """Report a clash where constants tell that both reach a row, and that it ends up different."""
    for one in _writes(a):
        for two in _writes(b):
            if _same_key(one, two):
                _same_row(one, two, a, report)
                return
            if _differ(one, two, a, b) or _differ(two, one, b, a):
                say(report, "same-rows", "clash", a, kind="table")
                return


def _same_key(one: Touch, two: Touch) -> bool:
    """Whether both insert a row, and one of the table's keys is the same in both."""
    theirs = rows_of(two)
    if not theirs:
        return False
    keys = _keys(one) or _keys(two)
    for key in keys:
        taken = [[row.get(column) for column in key] for row in theirs]
        for row in rows_of(one):
            values = [row.get(column) for column in key]
            if key and None not in values and values in taken:
                return True
    return False


def rows_of(insert: Touch) -> list[dict[str, Json]]:
    """What is known of the rows that a statement inserts."""
    rows = insert.detail.get("rows") or [insert.detail.get("row")]
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _keys(insert: Touch) -> list[list[str]]:
    keys = insert.detail.get("keys") or [insert.detail.get("conflict")]
    return [
        [str(column) for column in key]
        for key in (keys if isinstance(keys, list) else ())
        if isinstance(key, list)
    ]


def _same_row(one: Touch, two: Touch, effect: Effect, report: Report) -> None:
    """Two rows of one key: the second is refused, or ON CONFLICT says what to do."""
    prepared_a, prepared_b = "conflict" in one.detail, "conflict" in two.detail
    if prepared_a != prepared_b:
        first: Side = "b" if prepared_a else "a"
        say(report, "plain-insert-first", "order", effect, first, kind="table", weight="error")
    elif not prepared_a:
        say(report, "same-key-twice", "clash", effect, kind="table")
    elif rows_of(one) != rows_of(two):
        say(report, "same-rows", "clash", effect, kind="table")


MOST_WRITES = 100
"""So many changes of one table are compared with each of the other side's, in a second at most."""


def _writes(effect: Effect) -> list[Touch]:
    found = (
        touch
        for touch in effect.data
        if ("command" in touch.detail or touch.detail.get("truncate"))
        and touch.detail.get("via") != "catalog"
        and "inherited" not in touch.detail
    )
    return list(islice(found, MOST_WRITES))


def _differ(one: Touch, two: Touch, first: Effect, second: Effect) -> bool:
    """``one`` before ``two`` is not the same as after it."""
    commands = (_command(one), _command(two))
    if commands[0] == "insert" and commands[1] in ("update", "delete"):
        return _reaches_new_row(one, two, first, second)
    if commands == ("insert", "truncate"):
        return True
    if commands[0] == "update" and commands[1] in ("update", "delete"):
        return _in_both_orders(one, two, first, second)
    return False


def _command(touch: Touch) -> str:
    return str(touch.detail.get("command", "truncate"))


def _reaches_new_row(insert: Touch, change: Touch, inserter: Effect, changer: Effect) -> bool:
    condition = condition_of(change.detail)
    if change.detail.get("rest") or any(
        member.facet == "default" and member.sub in columns_of(condition)
        for member in changer.members
    ):
        # A new default for new rows, and the old rows brought in line with it.
        return False
    row = insert.detail.get("row")
    if not isinstance(row, dict):
        return not condition and "where" in change.detail
    values: dict[str, Json] = dict(row)
    defaults = insert.detail.get("defaults")
    if isinstance(defaults, dict):
        values = {**defaults, **values}
    for part in condition:
        column = str(part[0])
        if column not in values and column not in inserter.written and part[1] == "null":
            # Not given, and no default is known.
            values[column] = None
    if satisfied(condition, values) is not True:
        return False
    sets = change.detail.get("set")
    if isinstance(sets, dict) and sets:
        # Nothing shows when it is set to what it has already.
        return any(values.get(column, "?") != value for column, value in sets.items())
    return True


def _in_both_orders(one: Touch, two: Touch, first: Effect, second: Effect) -> bool:
    """Try both orders on a row that both reach, and on one that the first brings to the second."""
    a, b = one.detail, two.detail
    if "where" not in a or "where" not in b:
        return False
    where_a, where_b = condition_of(a), condition_of(b)
    if a.get("rest") or b.get("rest"):
        return not disjoint(where_a, where_b) and _set_differently(one, two)
    if not disjoint(where_a, where_b):
        start = {**fixed(where_a), **fixed(where_b)}
        ab = _then(_then(start, one, first), two, second)
        ba = _then(_then(start, two, second), one, first)
        return ab != ba
    start = fixed(where_a)
    alone = _then(start, one, first)
    if alone is None:
        return False
    return satisfied(where_b, alone) is True and _then(alone, two, second) != alone


def _set_differently(one: Touch, two: Touch) -> bool:
    """Whether both set a column, and not to the same constant."""
    a, b = one.detail.get("set"), two.detail.get("set")
    if not isinstance(a, dict) or not isinstance(b, dict):
        return False
    return any(column in b and a[column] != b[column] for column in a)


def _then(row: Row, change: Touch, effect: Effect) -> Row:
    """The row after a change, if the change still reaches it."""
    if row is None:
        return None
    condition = [part for part in condition_of(change.detail) if str(part[0]) in row]
    if satisfied(condition, row) is False:
        return row
    if change.detail["command"] == "delete":
        return None
    sets = change.detail.get("set")
    constants = dict(sets) if isinstance(sets, dict) else {}
    result = {**row, **constants}
    for column in effect.written:
        if column not in constants:
            # Computed from what was there: the order shows.
            result[column] = f"{change.statement_no} of {id(change)} on {row.get(column)}"
    return result
$coord0$),
('safe_parser.py', $coord0$"""pglast's entry points for texts of any content, made harmless.

What was measured with pglast 8.7, and what is done about it here:

- The parser and the conversion of its result to Python objects are recursive C code.
  ``1+1+1...`` takes 174 bytes of C stack for each byte of text, so that 48 kB overflow an
  ordinary stack of 8 MB and kill the process. Texts above ``DIRECT_BYTES`` are parsed in a
  thread whose stack fits their length.
- Nested shapes (parentheses, CASE, subselects) are stopped by the grammar at 10,000 levels.
- The scanner reads a whole run of operator characters before it looks for the comment or the
  shorter operator at its beginning: 100 kB of ``/**/`` take 4 s, 200 kB 18 s. Nobody writes
  runs that long; they are refused.
- pglast turns every byte offset into a character index by searching through all characters
  outside ASCII: a list of 60 kB with 40 kB of accented letters takes 1.4 s, one of 200 kB
  18 s. Above ``_SLOW_PRODUCT`` an equivalent text in ASCII is parsed instead.
- An error's position is wrong where characters outside ASCII precede it (see _error_index).
- ``parse_sql`` releases the interpreter's lock while the grammar runs; the conversion holds
  it. Nothing can interrupt either, so whoever calls this limits the length of one text
  (``Limits.statement_bytes``).
- ``parse_plpgsql`` is safe in a backend as well, but of no use: it stops at every variable of
  a qualified type and at every field of an unknown record, and reads no DO blocks.
- Trees are released without recursion. Of a peak of 60 MB (the worst 200 kB) less than 10 MB
  stay with the process afterwards, and later parses use them again: no need for malloc_trim.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from . import loader, row_assignment
from .ascii_text import Rewritten, mask, rewrite
from .big_stack import call_with_stack
from .script_error import ScriptError

DIRECT_BYTES = 4096
"""Texts up to this length are parsed on the caller's stack: they take 0.7 MB of it at most."""

OPERATOR_RUN = 1000
"""The longest run of operator characters that reaches the scanner."""

_STACK_BASE = 16 << 20
_STACK_PER_BYTE = 1024
_STACK_LARGEST = 4 << 30
_SLOW_PRODUCT = 100_000_000
_TOO_SLOW_PRODUCT = 1_000_000_000
_OPERATOR_CHARACTERS = b"+-*/<>=~!@#%^&|`?"
_RUN_MARKS = bytes(43 if byte in _OPERATOR_CHARACTERS else 32 for byte in range(256))
_LONG_RUN = b"+" * (OPERATOR_RUN + 1)
_MESSAGE_LENGTH = 200

Result = TypeVar("Result")


class Unparsable(Exception):
    """The parser's error: its message, and the character that it points at (None: the end)."""

    def __init__(self, message: str, index: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


class Parsed(NamedTuple):
    """One statement's tree and where it stands in the text: characters [start, end)."""

    start: int
    end: int
    node: Any


def parse_sql(text: str) -> list[Parsed]:
    """Parse statements; raise Unparsable, or ScriptError for a text that cannot be handled."""
    refuse_nul(text)
    if row_assignment.is_possible(text):
        _refuse_explosion(text)
    parse = loader.pglast().parser.parse_sql
    if text.isascii():
        return _located(_run(parse, text, len(text)), len(text))
    data = encode(text)
    outside = len(data) - len(data.translate(None, _HIGH))
    if outside * (len(data) - outside) <= _SLOW_PRODUCT:
        return _located(_run(parse, text, len(data)), len(text))
    return _parse_rewritten(text, data)


def _refuse_explosion(text: str) -> None:
    data = encode(text)
    try:
        tokens = scan(data)
        if tokens is None:
            # Names do not matter here, but dollar quotes must stay as different as they are.
            spelled = "".join(c if c.isascii() else f"_{ord(c):x}_" for c in text)
            tokens = scan(spelled.encode()) or []
    except Unparsable:
        # What cannot be scanned cannot be parsed either, and has no tree.
        return
    row_assignment.refuse_explosion(tokens)


def split(data: bytes) -> list[tuple[int, int]]:
    """Find the statements by the parser's scanner, without building trees: byte ranges.

    The scanner knows quotes, comments and parentheses. It does not know BEGIN ATOMIC bodies,
    at whose semicolons it splits too, and it leaves out what contains no keyword at all.
    Where it cannot be used on this text, all of it is one range.
    """
    masked = mask(data)
    if masked is None:
        return [(0, len(data))]
    parser = loader.pglast().parser
    try:
        slices: tuple[slice, ...] = _run(
            lambda text: parser.split(text, with_parser=False, only_slices=True),
            masked,
            len(data),
            recursive=False,
        )
    except Unparsable as error:
        raise _unmasked(error, data) from error
    return [(found.start, found.stop) for found in slices]


def scan(data: bytes) -> list[Any] | None:
    """Return pglast's tokens, their positions in bytes; None where that cannot be done."""
    masked = mask(data)
    if masked is None:
        return None
    tokens: list[Any] = _run(loader.pglast().parser.scan, masked, len(data), recursive=False)
    return tokens


def _unmasked(error: Unparsable, data: bytes) -> Unparsable:
    """Return the error as it is about the original: its words, and its index in characters."""
    if error.index is None or data.isascii():
        return error
    index = len(data[: error.index].decode(errors="ignore"))
    what, near, _ = error.message.partition(' at or near "')
    if near:
        rest = data[error.index :].decode(errors="ignore")
        return Unparsable(_shortened(f'{what}{near}{rest}"'), index)
    return Unparsable(error.message, index)


def refuse_nul(text: str) -> None:
    """Raise ScriptError for a NUL: the parser takes C strings and would read on no further."""
    if "\0" in text:
        raise ScriptError(
            "22021",
            "schema changes contain a NUL character",
            f"at character {text.index(chr(0)) + 1}",
            "remove it, or read the file in the encoding that it was written in",
        )


def encode(text: str) -> bytes:
    """Return UTF-8; raise ScriptError for what is no text that a database can store."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ScriptError(
            "22021",
            "schema changes contain a character that is not valid Unicode",
            f"lone surrogate U+{ord(text[error.start]):04X} at character {error.start + 1}",
            "read the file in the encoding that it was written in",
        ) from error


_HIGH = bytes(range(128, 256))


def _run(parse: Callable[[str], Result], text: str, size: int, recursive: bool = True) -> Result:
    if size <= DIRECT_BYTES:
        return _call(parse, text)
    if _LONG_RUN in text.encode().translate(_RUN_MARKS):
        raise ScriptError(
            "54000",
            f"more than {OPERATOR_RUN} operator characters in a row",
            "the parser's scanner takes quadratic time for such runs",
            "shorten the row of characters like = * / - in the comment or string",
        )
    if not recursive:
        return _call(parse, text)
    stack = min(_STACK_BASE + _STACK_PER_BYTE * size, _STACK_LARGEST)
    return call_with_stack(stack, lambda: _call(parse, text))


def _call(parse: Callable[[str], Result], text: str) -> Result:
    try:
        return parse(text)
    except loader.pglast().parser.ParseError as error:
        message, index = error.args
        if not text.isascii():
            index = _error_index(parse, text, index)
        raise Unparsable(_shortened(message), index) from error


def _error_index(parse: Callable[[str], object], text: str, claimed: int | None) -> int | None:
    """Find the character at which parsing a text outside ASCII fails.

    The grammar reports characters, pglast takes them for bytes and converts them once more. The
    masked text fails at the same token, and there a byte is a character.
    """
    data = text.encode()
    masked = mask(data)
    if masked is None:
        return claimed
    try:
        parse(masked)
    except loader.pglast().parser.ParseError as error:
        place: int | None = error.args[1]
        return None if place is None else len(data[:place].decode(errors="ignore"))
    return claimed


def _shortened(message: str) -> str:
    """Cut what "at or near" quotes: all the rest, where a string or comment is not closed."""
    return message if len(message) <= _MESSAGE_LENGTH else f"{message[:_MESSAGE_LENGTH]}..."


def _located(statements: tuple[Any, ...], length: int) -> list[Parsed]:
    return [
        Parsed(
            found.stmt_location,
            found.stmt_location + found.stmt_len if found.stmt_len else length,
            found.stmt,
        )
        for found in statements
    ]


def _parse_rewritten(text: str, data: bytes) -> list[Parsed]:
    parse = loader.pglast().parser.parse_sql
    try:
        tokens = scan(data)
    except Unparsable:
        return _located(_run(parse, text, len(data)), len(text))
    rewritten: Rewritten | None = rewrite(data, tokens) if tokens is not None else None
    if rewritten is None:
        if len(data) ** 2 // 4 > _TOO_SLOW_PRODUCT:
            raise ScriptError(
                "54000",
                "too many characters outside ASCII in so long a statement",
                f"the statement has {len(data)} bytes, and a form that cannot be simplified",
                "split the statement into shorter ones",
            )
        return _located(_run(parse, text, len(data)), len(text))
    try:
        found = _located(_run(parse, rewritten.text, len(rewritten.text)), len(rewritten.text))
    except Unparsable:
        # The original fails as well, in its own words, and before any tree is converted.
        return _located(_run(parse, text, len(data)), len(text))
    return [
        Parsed(rewritten.original(one.start), rewritten.original(one.end), one.node)
        for one in found
    ]
$coord0$),
('script.py', $coord0$"""Changes as they are handed in -> single parsed statements, or an error that says where.

The parser alone decides where a statement ends. Short changes go to it as they are. Longer ones
are first cut by the parser's own scanner, which builds no trees, so that the length of each
statement can be limited before any is parsed; what the scanner cannot know (the semicolons
inside BEGIN ATOMIC bodies) is put together again before parsing, and the parser's positions,
not the scanner's, say what one statement's text is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from .array_literal import is_array_literal, parse_array_literal
from .position import locate
from .safe_parser import (
    DIRECT_BYTES,
    Parsed,
    Unparsable,
    encode,
    parse_sql,
    refuse_nul,
    scan,
    split,
)
from .script_error import ScriptError

__all__ = [
    "DEFAULT",
    "Limits",
    "ScriptError",
    "Statement",
    "Unparsable",
    "noop",
    "parse_changes",
    "parse_sql",
    "too_deep",
]

_SPACES = " \t\n\r\f\v"
_COPY_LENGTH = 4096


class Limits(NamedTuple):
    """How much one call may ask of the parser; each is the setting ``max_<name>``.

    The worst statement of 200 kB takes one second here and 60 MB while it is parsed; ten times
    as much would be ten seconds that nobody can cancel.
    """

    script_bytes: int = 1_000_000
    statement_bytes: int = 200_000
    statements: int = 20_000
    tables: int = 10_000


DEFAULT = Limits()


class Statement(NamedTuple):
    """One statement: its number in the whole of the changes, its own text, its parse tree.

    Locations in the tree are indexes into whatever was parsed, not into ``text``.
    """

    no: int
    text: str
    node: Any


def noop() -> None:
    """Stand in for the check for interrupts where there is nobody to interrupt."""


def parse_changes(
    changes: str | Sequence[str],
    limits: Limits = DEFAULT,
    interrupts: Callable[[], None] = noop,
) -> list[Statement]:
    """Parse a script, an array literal or a list of scripts into numbered statements.

    Raises ScriptError: 42601 for text that does not parse, 54000 for what is over a limit,
    22023 where there is no statement, 22004 for NULL, 22021 for what is no valid text.
    """
    statements: list[Statement] = []
    work = _Work(limits, interrupts)
    elements = _elements(changes, limits)
    for number, element in enumerate(elements, 1):
        if len(elements) > 1:
            work.where = f" (element {number})"
        _parse_element(element, statements, work)
    if not statements:
        raise ScriptError(
            "22023",
            "schema changes contain no statement",
            "there is nothing but white space and comments" if changes else "they are empty",
            "give the DDL that is planned, for example 'ALTER TABLE users ADD COLUMN email text'",
        )
    return statements


def too_deep() -> ScriptError:
    """What a RecursionError means, wherever in the detector a walk ran into it."""
    return ScriptError(
        "54000",
        "a statement is nested too deeply to analyse",
        "its expressions or queries are chained or nested more deeply than the detector can follow",
        "split the statement, or write long chains as AND, OR, IN or VALUES lists",
    )


# -- what was handed in -----------------------------------------------------------------------


def _elements(changes: str | Sequence[str] | None, limits: Limits) -> Sequence[str]:
    if changes is None:
        raise _null_error()
    if isinstance(changes, str):
        if not is_array_literal(changes):
            return (changes,)
        # A literal is longer than its elements by its quotes and backslashes: at most doubled.
        _check_script_length(len(changes) // 2, limits)
        elements = parse_array_literal(changes)
    else:
        elements = list(_flattened(changes))
    texts = [element for element in elements if element is not None]
    if len(texts) < len(elements):
        raise _null_error()
    return texts


def _flattened(changes: Sequence[Any]) -> Iterator[str | None]:
    for element in changes:
        if isinstance(element, (list, tuple)):
            yield from _flattened(element)
        else:
            yield element


def _null_error() -> ScriptError:
    return ScriptError(
        "22004",
        "schema changes must not be null",
        "an element of the array, or all of it, is NULL",
        "leave the element out, or give its DDL",
    )


# -- limits -----------------------------------------------------------------------------------


class _Work:
    """How much text came with one call, and the look for interrupts between statements."""

    def __init__(self, limits: Limits, interrupts: Callable[[], None]) -> None:
        self.limits = limits
        self.interrupts = interrupts
        self.where = ""
        self._total = 0

    def receive(self, size: int) -> None:
        self._total += size
        _check_script_length(self._total, self.limits)


def _check_script_length(size: int, limits: Limits) -> None:
    if size > limits.script_bytes:
        raise ScriptError(
            "54000",
            "schema changes are too long",
            f"they have at least {size} bytes; the limit is {limits.script_bytes}",
            f"hand them in as several intents, or raise the limit of {limits.script_bytes} bytes: "
            "the setting max_script_bytes in coord.setting",
        )


def _statement_too_long(
    data: bytes, start: int, statements_before: int, limits: Limits
) -> ScriptError:
    start += len(data[start:]) - len(data[start:].lstrip())
    line = data.count(b"\n", 0, start) + 1
    return ScriptError(
        "54000",
        f"statement {statements_before + 1} is too long",
        f"it begins in line {line} and has more than {limits.statement_bytes} bytes",
        f"split it, or raise the limit of {limits.statement_bytes} bytes: "
        "the setting max_statement_bytes in coord.setting",
    )


def _append(statements: list[Statement], text: str, parsed: list[Parsed], work: _Work) -> None:
    for one in parsed:
        if len(statements) >= work.limits.statements:
            raise ScriptError(
                "54000",
                "schema changes have too many statements",
                f"the limit is {work.limits.statements}",
                "hand them in as several intents, or raise the limit of "
                f"{work.limits.statements} statements: "
                "the setting max_statements in coord.setting",
            )
        own_text = _trimmed(text[one.start : one.end])
        statements.append(Statement(len(statements) + 1, own_text, one.node))


def _trimmed(text: str) -> str:
    """Cut white space and comments off the end; the parser's start is already exact."""
    text = text.rstrip(_SPACES)
    if text.endswith("*/") or "--" in text[text.rfind("\n") + 1 :]:
        data = text.encode()
        for token in reversed(scan(data) or ()):
            if token.name not in ("SQL_COMMENT", "C_COMMENT"):
                return data[: token.end + 1].decode()
    return text


# -- one element ------------------------------------------------------------------------------


def _parse_element(element: str, statements: list[Statement], work: _Work) -> None:
    work.receive(len(element))
    refuse_nul(element)
    size = len(element)
    if not element.isascii():
        size = len(encode(element))
        work.receive(size - len(element))
    if size <= min(DIRECT_BYTES, work.limits.statement_bytes):
        try:
            parsed = parse_sql(element)
        except Unparsable as error:
            raise _syntax_error(element, error, len(statements), work) from error
        _append(statements, element, parsed, work)
        work.interrupts()
        return
    _parse_long_element(element, statements, work)


def _parse_long_element(element: str, statements: list[Statement], work: _Work) -> None:
    data = encode(element)
    before = len(statements)
    try:
        ranges = split(data)
    except Unparsable as error:
        _parse_unscannable(element, data, error, statements, work)
        raise _syntax_error(element, error, before, work) from error
    pieces = _pieces(data, ranges, work.limits.statement_bytes)
    _parse_pieces(element, data, pieces, before, statements, work)


def _parse_unscannable(
    element: str, data: bytes, scan_error: Unparsable, statements: list[Statement], work: _Work
) -> None:
    """Raise what the parser has to complain about before the scanner's error, if anything."""
    before = len(statements)
    head = element[: scan_error.index].encode()
    start = 0
    try:
        pieces = list(_pieces(head, split(head), work.limits.statement_bytes))
    except Unparsable:
        pieces = []
    if pieces:
        start = pieces[-1].start
        _parse_pieces(element, head, pieces[:-1], before, statements, work)
    end = start + work.limits.statement_bytes
    if len(head) > end:
        return
    try:
        parse_sql(data[start:end].decode(errors="ignore"))
    except Unparsable as error:
        raise _syntax_error(element, _shifted(error, data, start), before, work) from error


def _shifted(error: Unparsable, data: bytes, start: int) -> Unparsable:
    """Return the error of a piece of an element as an error of the element."""
    if error.index is None:
        return error
    return Unparsable(error.message, error.index + len(data[:start].decode()))


def _parse_pieces(
    element: str,
    data: bytes,
    pieces: Iterable[_Piece],
    before: int,
    statements: list[Statement],
    work: _Work,
) -> None:
    for start, content_end, end in pieces:
        piece = data[start:end].decode()
        try:
            if content_end - start > work.limits.statement_bytes:
                _complain_about_long(data, start, len(statements), work.limits)
            parsed = parse_sql(piece)
        except Unparsable as error:
            if error.index is None and end < len(data):
                # It ends too early for the parser, not for the scanner: a body in disguise.
                raise _statement_too_long(data, start, len(statements), work.limits) from error
            raise _syntax_error(element, _shifted(error, data, start), before, work) from error
        _append(statements, piece, parsed, work)
        work.interrupts()


def _complain_about_long(data: bytes, start: int, statements_before: int, limits: Limits) -> None:
    """Raise the syntax error that makes a statement endless, or else that it is too long."""
    head = data[start : start + limits.statement_bytes].decode(errors="ignore")
    # Only what is far from the cut can be blamed on the text itself.
    blameless = len(head) - len(head) // 10
    try:
        parse_sql(head)
    except Unparsable as error:
        if error.index is not None and error.index < blameless and "unterminated" not in str(error):
            raise
    raise _statement_too_long(data, start, statements_before, limits)


class _Piece(NamedTuple):
    """What is parsed at a time: where it starts, where its last statement ends, where the next
    piece starts."""

    start: int
    content_end: int
    end: int


def _pieces(data: bytes, ranges: Sequence[tuple[int, int]], most: int) -> Iterator[_Piece]:
    """Put the scanner's ranges together to whole statements.

    The first piece reaches back to the beginning and each one up to the next, so that not a
    byte goes unseen: the scanner leaves out what contains no keyword.
    """
    starts = [0, *(start for start, _ in ranges[1:]), len(data)]
    position = 0
    count = max(1, len(ranges))
    while position < count:
        last = position
        if ranges and b"atomic" in data[starts[position] : starts[position + 1]].lower():
            last = _end_of_body(data, starts, position, most)
        content_end = ranges[last][1] if ranges else len(data)
        yield _Piece(starts[position], content_end, starts[last + 1])
        position = last + 1


def _end_of_body(data: bytes, starts: Sequence[int], first: int, most: int) -> int:
    """Return the last of the ranges that a BEGIN ATOMIC body beginning in ``first`` covers.

    That is the very last where the body has no end, and ``first`` where it is over the limit:
    the parser will say what is wrong.
    """
    open_bodies: list[str] = []
    previous = ""
    for position in range(first, len(starts) - 1):
        if starts[position + 1] - starts[first] > most and position > first:
            break
        for token in scan(data[starts[position] : starts[position + 1]]) or ():
            name = token.name
            if name in ("SQL_COMMENT", "C_COMMENT"):
                continue
            if previous not in ("AS", "ASCII_46"):
                if (name == "ATOMIC" and previous == "BEGIN_P") or (name == "CASE" and open_bodies):
                    open_bodies.append(name)
                elif name == "END_P" and open_bodies:
                    open_bodies.pop()
            previous = name
        if not open_bodies:
            return position
    else:
        return len(starts) - 2
    return first


# -- errors -----------------------------------------------------------------------------------


def _syntax_error(
    element: str, error: Unparsable, statements_before: int, work: _Work
) -> ScriptError:
    index = error.index
    line, column, excerpt = locate(element, index)
    number = statements_before + _statements_until(element, index)
    message, hint = _explain(element, error)
    return ScriptError(
        "42601",
        message,
        f"statement {number}{work.where}, line {line}, column {column}:\n{excerpt}",
        hint,
    )


def _statements_until(element: str, index: int | None) -> int:
    """Count the statements of an element up to the one that the character belongs to."""
    head = element if index is None else element[:index]
    # The word stands for the offending token, with which a statement begins or goes on.
    data = (head + " select").encode()
    try:
        return sum(1 for _ in _pieces(data, split(data), len(data)))
    except Unparsable as error:
        # The character is inside a string or a quoted name: count up to where that begins.
        if error.index is None or error.index >= len(head):
            return 1
        return _statements_until(element, error.index)


def _explain(element: str, error: Unparsable) -> tuple[str, str]:
    """Return message and hint; what only psql understands gets words of its own."""
    index = len(element) if error.index is None else error.index
    here = element[index : index + 1]
    following = element[index + 1 : index + 2]
    if not error.message.startswith("syntax error"):
        return error.message, "correct the statement where the caret points"
    if here == "\\":
        command = element[index:].split(None, 1)[0][:40]
        return (
            f'psql meta-command "{command}" is not SQL',
            "only psql understands commands that begin with a backslash; hand in the SQL that "
            "results from it",
        )
    if here == ":" and (following.isalpha() or following in ("_", "'", '"', "{")):
        return (
            f"{error.message}: psql variables are not SQL",
            "only psql replaces :name; hand in the SQL with the value in its place",
        )
    if _follows_copy(element, index):
        return (
            f"{error.message}: the data of COPY ... FROM stdin are not SQL",
            "hand in the DDL without the rows between COPY ... FROM stdin and \\.; "
            "use INSERT where the rows are part of the change",
        )
    return error.message, "correct the statement where the caret points"


def _follows_copy(element: str, index: int) -> bool:
    """Tell whether the last complete statement before the character is COPY ... FROM stdin."""
    head = element[:index]
    end = head.rfind(";")
    if end < 0 or "copy" not in head[:end].lower():
        return False
    start = max(0, end - _COPY_LENGTH)
    at = head.lower().rfind("copy", start, end)
    if at < 0:
        return False
    try:
        found = parse_sql(head[at:end])
    except (Unparsable, ScriptError):
        return False
    if len(found) != 1:
        return False
    node = found[0].node
    return (
        type(node).__name__ == "CopyStmt"
        and bool(node.is_from)
        and node.filename is None
        and not node.is_program
    )
$coord0$),
('script_error.py', $coord0$"""The error that any part of the detector raises about the changes that it was given."""

from __future__ import annotations


class ScriptError(Exception):
    """Changes that cannot be analysed: an SQLSTATE, and the texts of a PostgreSQL error."""

    def __init__(self, sqlstate: str, message: str, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
        self.hint = hint
$coord0$),
('suggest.py', $coord0$"""What to do about a conflict: specific to its objects, its outcome and who is on the other side.

Texts name the two sides ``{a}`` and ``{b}``; ``for_agents`` fills in who they are, so that the
rules, which know neither agents nor features, stay free of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from .model import Conflict, Outcome, Side


def suggestions(
    type_: str, outcome: Outcome, rule: str, objects: Sequence[str], first: Side | None
) -> tuple[str, ...]:
    """Suggestions for two changes that have no agent: ``change a`` and ``change b``."""
    return suggest(type_, outcome, rule, objects, first, "change a", "change b")


def for_agents(conflict: Conflict, a: str, b: str) -> tuple[str, ...]:
    """The same for two intents, each shown as its agent and feature."""
    return suggest(
        conflict.type, conflict.outcome, conflict.rule, conflict.objects, conflict.first, a, b
    )


def suggest(
    type_: str,
    outcome: Outcome,
    rule: str,
    objects: Sequence[str],
    first: Side | None,
    a: str,
    b: str,
) -> tuple[str, ...]:
    what = _listed(objects)
    if outcome == "order":
        one, two = (a, b) if first == "a" else (b, a)
        return (
            f"Apply {one} before {two}",
            f"Adapt {two} to {what} as {one} leaves it",
        )
    if outcome == "duplicate":
        return (
            f"Keep {what} in one of {a} and {b}, and drop it from the other",
            f"Agree with {b} on who owns {what}",
        )
    if outcome == "clash":
        texts = [f"Merge what {a} and {b} do to {what} into one change"]
        if type_ == "column":
            texts.append(f"Choose a different column name than {what} for one of the two")
        elif type_ == "function":
            texts.append(f"Rename one of the two versions of {what}")
        else:
            texts.append(f"Let one side leave {what} alone")
        return tuple(texts)
    if type_ == "table":
        return (
            f"Coordinate column naming on {what} with {b}",
            f"Consider applying {a} and {b} one after the other",
            f"Review {what} for conflicts that the definitions do not show",
        )
    if type_ == "constraint":
        return (f"Check that the constraints of {what} in {a} and {b} can hold together",)
    return (f"Review {what} together with {b}",)


def _listed(objects: Sequence[str], most: int = 5) -> str:
    if not objects:
        return "the object"
    if len(objects) > most:
        return f"{', '.join(objects[:most])} and {len(objects) - most} more"
    if len(objects) == 1:
        return objects[0]
    return f"{', '.join(objects[:-1])} and {objects[-1]}"
$coord0$),
('touch_json.py', $coord0$"""Touches as JSON and back: how a footprint is stored, one array per touch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .model import NO_DETAIL, Touch


def to_json(touches: Iterable[Touch]) -> str:
    """Compact on purpose: these texts are most of what an intent takes on disk."""
    rows: list[list[Any]] = []
    for touch in touches:
        row: list[Any] = list(touch[:7])
        if touch.detail:
            row.append(dict(touch.detail))
        rows.append(row)
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str) -> list[Touch]:
    return [Touch._make(row if len(row) == 8 else (*row, NO_DETAIL)) for row in json.loads(text)]
$coord0$),
('uses/__init__.py', $coord0$"""Queries, expressions and bodies of routines -> touches of what they use.

``facet`` is ``reference`` for what a definition depends on, and ``data`` for what a statement
that runs now reads or changes (``access`` in the detail). A column that may belong to one of
several tables is a touch of each, with a common number in ``candidate``; ``depth`` is how many
queries further out a candidate was found, so that 0 is the likeliest; ``or_elsewhere`` says that
it may be none of them, but a field of something that is no table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..model import Touch
from .collector import Collector, Facet
from .expression import walk
from .output import output_names
from .query import NO_COMMON_TABLES
from .result_columns import result_columns, starred
from .routine import block_of, body_of
from .sources import Level, Relation, Source, Sources
from .statement import statement

if TYPE_CHECKING:
    from ..names import Scope

__all__ = [
    "dml_uses",
    "do_uses",
    "expression_uses",
    "output_names",
    "query_uses",
    "result_columns",
    "routine_body_uses",
    "starred",
]

_ROWS = ("old", "new")


def query_uses(
    node: Any,
    scope: Scope,
    *,
    facet: Facet = "reference",
    relations: Sequence[Relation] = (),
) -> list[Touch]:
    """What a view's query or a rule's action uses, whose OLD and NEW are rows of ``relations``."""
    collector = Collector(scope, facet)
    statement(collector, node, None, _rows_level(relations) if relations else None)
    return collector.touches


def dml_uses(node: Any, scope: Scope) -> list[Touch]:
    """What a statement reads and changes that runs by itself: DML, COPY, EXPLAIN, CALL \u2026"""
    collector = Collector(scope, "data")
    statement(collector, node, None)
    return collector.touches


def expression_uses(
    node: Any,
    scope: Scope,
    relations: Sequence[Relation] = (),
    *,
    facet: Facet = "reference",
) -> list[Touch]:
    """What an expression uses, or a list of them; bare names are columns of ``relations``.

    ``old`` and ``new``, as in a trigger's WHEN, are rows of the first of them. Relations of one
    name are the places where one relation may be.
    """
    collector = Collector(scope, facet)
    # Open even where the script created the table: a definition may use a column of its own.
    sources = Sources(
        Source(name, tables=tables, is_open=True) for name, tables in _by_name(relations)
    )
    walk(collector, node, Level(sources, _rows_level(relations), NO_COMMON_TABLES))
    return collector.touches


def routine_body_uses(node: Any, scope: Scope, table: Relation | None = None) -> list[Touch]:
    """What the body of CREATE FUNCTION or CREATE PROCEDURE uses; the signature is not looked at.

    ``table`` is the one whose trigger runs it: ``new`` and ``old`` are rows of that.
    """
    return body_of(node, scope, table)


def do_uses(
    node: Any, scope: Scope, nested: Callable[[Any], list[Touch]] | None = None
) -> list[Touch]:
    """What a DO block uses; ``nested`` tells what DDL in it touches, statement by statement."""
    return block_of(node, scope, nested)


def _rows_level(relations: Sequence[Relation]) -> Level | None:
    if not relations:
        return None
    sources = Sources()
    for alias in _ROWS:
        sources.add_hidden(Source(alias, tables=_by_name(relations)[0][1], is_open=True))
    return Level(sources, None, NO_COMMON_TABLES)


def _by_name(relations: Sequence[Relation]) -> list[tuple[str, tuple[Relation, ...]]]:
    """Relations of one name are one relation, of which only the catalog can tell the schema."""
    places: dict[str, list[Relation]] = {}
    for relation in relations:
        places.setdefault(relation[1], []).append(relation)
    return [(name, tuple(options)) for name, options in places.items()]
$coord0$),
('uses/builtin_names.py', $coord0$"""Names that PostgreSQL itself brings: uses of them are left out as noise.

Facts read from the catalogs of a PostgreSQL 15 server (``pg_proc``, ``pg_class``, ``pg_operator``,
``pg_collation`` and ``pg_ts_config``, schema ``pg_catalog``), with what 14 has more and what 16,
17 and 18 added. Support functions that only the server calls (input, output, operator classes)
are not among them. A name that is missing here does little harm: a use that nobody else touches.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


SCHEMAS = frozenset(("pg_catalog", "information_schema", "pg_toast"))
"""Schemas whose objects cannot be changed by the DDL that this package compares."""

SYSTEM_COLUMNS = frozenset(("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"))
"""Columns that every table has, and that no user can name a column of his own."""

FUNCTIONS = words(
    """
abbrev abs aclcontains acldefault aclexplode aclinsert aclitemeq aclremove acos acosd acosh age
amvalidate any_value anyarray_send anycompatiblearray_send anytextcat area array_agg
array_append array_cat array_dims array_fill array_length array_ndims array_position
array_positions array_prepend array_remove array_replace array_reverse array_sample array_send
array_shuffle array_sort array_to_json array_to_string array_to_tsvector array_upper
arraycontained arraycontains arrayoverlap ascii asin asind asinh atan atan2 atan2d atand atanh
avg bit bit_and bit_count bit_length bit_or bit_send bit_xor bittypmodin bool bool_and bool_or
booland_statefunc booleq boolge boolgt boolle boollt boolne boolor_statefunc boolsend bound_box
box bpchar brin_bloom_summary_send brin_desummarize_range brin_minmax_multi_summary_send
brin_summarize_new_values brin_summarize_range broadcast btequalimage btrim btvarstrequalimage
byteacmp byteasend cardinality casefold cbrt ceil ceiling center char char_length
character_length charsend chr cideq cidr cidr_send cidsend circle clock_timestamp
col_description concat concat_ws convert convert_from convert_to corr cos cosd cosh cot cotd
count covar_pop covar_samp crc32 crc32c cume_dist current_database current_query current_schema
current_schemas current_setting current_user currtid2 currval cursor_to_xml cursor_to_xmlschema
database_to_xml database_to_xml_and_xmlschema database_to_xmlschema date date_add date_bin
date_part date_pli date_subtract date_trunc datemultirange daterange daterange_canonical
daterange_subdiff datetime_pl datetimetz_pl dcbrt decode degrees dense_rank dexp diagonal
diameter div dlog1 dlog10 dpow dround dsqrt dtrunc elem_contained_by_multirange
elem_contained_by_range encode enum_first enum_last enum_range erf erfc every exp extract
factorial family first_value float4 float8 floor flt4_mul_cash flt8_mul_cash fmgr_c_validator
fmgr_internal_validator fmgr_sql_validator format format_type gamma gcd gen_random_uuid
generate_series generate_subscripts get_bit get_byte get_current_ts_config getdatabaseencoding
getpgusername gin_clean_pending_list gin_cmp_tslexeme gin_compare_jsonb
has_any_column_privilege has_column_privilege has_database_privilege
has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege
has_largeobject_privilege has_parameter_privilege has_schema_privilege has_sequence_privilege
has_server_privilege has_table_privilege has_tablespace_privilege has_type_privilege hashint4
hashint8 hashtext hashtextextended height host hostmask icu_unicode_version in_range
inet_client_addr inet_client_port inet_merge inet_same_family inet_send inet_server_addr
inet_server_port inetand inetmi inetmi_int8 inetnot inetor inetpl initcap int2 int4
int4multirange int4range int8 int8multirange int8range integer_pl_date interval
intervaltypmodin is_normalized isclosed isempty isfinite ishorizontal isopen isparallel isperp
isvertical json_agg json_agg_strict json_array_element json_array_element_text
json_array_elements json_array_elements_text json_array_length json_build_array
json_build_object json_each json_each_text json_extract_path json_extract_path_text json_object
json_object_agg json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict
json_object_field json_object_field_text json_object_keys json_populate_record
json_populate_recordset json_scalar json_send json_serialize json_strip_nulls json_to_record
json_to_recordset json_to_tsvector json_typeof jsonb_agg jsonb_agg_strict jsonb_array_element
jsonb_array_element_text jsonb_array_elements jsonb_array_elements_text jsonb_array_length
jsonb_build_array jsonb_build_object jsonb_concat jsonb_contained jsonb_contains jsonb_delete
jsonb_delete_path jsonb_each jsonb_each_text jsonb_exists jsonb_exists_all jsonb_exists_any
jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg
jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict
jsonb_object_field jsonb_object_field_text jsonb_object_keys jsonb_path_exists
jsonb_path_exists_opr jsonb_path_exists_tz jsonb_path_match jsonb_path_match_opr
jsonb_path_match_tz jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz
jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record
jsonb_populate_recordset jsonb_pretty jsonb_send jsonb_set jsonb_set_lax jsonb_strip_nulls
jsonb_to_record jsonb_to_recordset jsonb_to_tsvector jsonb_typeof jsonpath_send justify_days
justify_hours justify_interval lag last_value lastval lcm lead left length lgamma like
like_escape line ln lo_close lo_creat lo_create lo_export lo_from_bytea lo_get lo_import
lo_lseek lo_lseek64 lo_open lo_put lo_tell lo_tell64 lo_truncate lo_truncate64 lo_unlink log
log10 loread lower lower_inc lower_inf lowrite lpad lseg ltrim macaddr8_set7bit make_date
make_interval make_time make_timestamp make_timestamptz makeaclitem masklen max md5 min
min_scale mod mode money mul_d_interval multirange mxid_age name nameconcatoid namesend netmask
network nextval normalize notlike now npoints nth_value ntile num_nonnulls num_nulls numeric
numeric_pl_pg_lsn numeric_send numerictypmodin nummultirange numnode numrange numrange_subdiff
obj_description octet_length oid overlaps overlay parse_ident path pclose percent_rank
percentile_cont percentile_disc pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock
pg_advisory_unlock_all pg_advisory_unlock_shared pg_advisory_xact_lock
pg_advisory_xact_lock_shared pg_available_extension_versions pg_available_extensions
pg_available_wal_summaries pg_backend_pid pg_backup_start pg_backup_start_time pg_backup_stop
pg_basetype pg_blocking_pids pg_cancel_backend pg_char_to_encoding pg_clear_attribute_stats
pg_clear_relation_stats pg_client_encoding pg_collation_actual_version pg_collation_for
pg_collation_is_visible pg_column_compression pg_column_is_updatable pg_column_size
pg_column_toast_chunk_id pg_conf_load_time pg_config pg_control_checkpoint pg_control_init
pg_control_recovery pg_control_system pg_conversion_is_visible pg_copy_logical_replication_slot
pg_copy_physical_replication_slot pg_create_logical_replication_slot
pg_create_physical_replication_slot pg_create_restore_point pg_current_logfile
pg_current_snapshot pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn
pg_current_xact_id pg_current_xact_id_if_assigned pg_cursor
pg_database_collation_actual_version pg_database_size pg_ddl_command_send pg_dependencies_send
pg_describe_object pg_drop_replication_slot pg_encoding_max_length pg_encoding_to_char
pg_event_trigger_ddl_commands pg_event_trigger_dropped_objects
pg_event_trigger_table_rewrite_oid pg_event_trigger_table_rewrite_reason pg_export_snapshot
pg_extension_config_dump pg_extension_update_paths pg_filenode_relation pg_function_is_visible
pg_get_acl pg_get_aios pg_get_backend_memory_contexts pg_get_catalog_foreign_keys
pg_get_constraintdef pg_get_expr pg_get_function_arg_default pg_get_function_arguments
pg_get_function_identity_arguments pg_get_function_result pg_get_function_sqlbody
pg_get_functiondef pg_get_indexdef pg_get_keywords pg_get_loaded_modules
pg_get_multixact_members pg_get_multixact_stats pg_get_object_address
pg_get_partition_constraintdef pg_get_partkeydef pg_get_process_memory_contexts
pg_get_publication_tables pg_get_replica_identity_index pg_get_replication_slots pg_get_ruledef
pg_get_sequence_data pg_get_serial_sequence pg_get_shmem_allocations pg_get_statisticsobjdef
pg_get_statisticsobjdef_columns pg_get_statisticsobjdef_expressions pg_get_triggerdef
pg_get_userbyid pg_get_viewdef pg_get_wait_events pg_get_wal_replay_pause_state
pg_get_wal_resource_managers pg_get_wal_summarizer_state pg_has_role pg_hba_file_rules
pg_ident_file_mappings pg_identify_object pg_identify_object_as_address
pg_import_system_collations pg_index_column_has_property pg_index_has_property
pg_indexam_has_property pg_indexam_progress_phasename pg_indexes_size pg_input_error_info
pg_input_is_valid pg_is_in_backup pg_is_in_recovery pg_is_other_temp_schema
pg_is_wal_replay_paused pg_isolation_test_session_is_blocked pg_jit_available
pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn
pg_last_xact_replay_timestamp pg_listening_channels pg_lock_status
pg_log_backend_memory_contexts pg_log_standby_snapshot pg_logical_emit_message
pg_logical_slot_get_binary_changes pg_logical_slot_get_changes
pg_logical_slot_peek_binary_changes pg_logical_slot_peek_changes pg_ls_archive_statusdir
pg_ls_dir pg_ls_logdir pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir
pg_ls_summariesdir pg_ls_tmpdir pg_ls_waldir pg_lsn pg_lsn_cmp pg_lsn_eq pg_lsn_ge pg_lsn_gt
pg_lsn_hash pg_lsn_hash_extended pg_lsn_larger pg_lsn_le pg_lsn_lt pg_lsn_mi pg_lsn_mii
pg_lsn_ne pg_lsn_pli pg_lsn_send pg_lsn_smaller pg_mcv_list_items pg_mcv_list_send
pg_my_temp_schema pg_ndistinct_send pg_nextoid pg_node_tree_send pg_notification_queue_usage
pg_notify pg_numa_available pg_opclass_is_visible pg_operator_is_visible pg_opfamily_is_visible
pg_options_to_table pg_partition_ancestors pg_partition_root pg_partition_tree
pg_postmaster_start_time pg_prepared_statement pg_prepared_xact pg_promote pg_read_binary_file
pg_read_file pg_read_file_old pg_relation_filenode pg_relation_filepath
pg_relation_is_publishable pg_relation_is_updatable pg_relation_size pg_reload_conf
pg_replication_origin_advance pg_replication_origin_create pg_replication_origin_drop
pg_replication_origin_oid pg_replication_origin_progress pg_replication_origin_session_is_setup
pg_replication_origin_session_progress pg_replication_origin_session_reset
pg_replication_origin_session_setup pg_replication_origin_xact_reset
pg_replication_origin_xact_setup pg_replication_slot_advance pg_restore_attribute_stats
pg_restore_relation_stats pg_rotate_logfile pg_rotate_logfile_old
pg_safe_snapshot_blocking_pids pg_sequence_last_value pg_sequence_parameters
pg_sequence_read_tuple pg_set_attribute_stats pg_set_relation_stats pg_settings_get_flags
pg_show_all_file_settings pg_show_all_settings pg_show_replication_origin_status pg_size_bytes
pg_size_pretty pg_sleep pg_sleep_for pg_sleep_until pg_snapshot_send pg_snapshot_xip
pg_snapshot_xmax pg_snapshot_xmin pg_split_walfile_name pg_start_backup pg_stat_clear_snapshot
pg_stat_file pg_stat_force_next_flush pg_stat_get_activity pg_stat_get_analyze_count
pg_stat_get_archiver pg_stat_get_autoanalyze_count pg_stat_get_autovacuum_count
pg_stat_get_backend_activity pg_stat_get_backend_activity_start pg_stat_get_backend_client_addr
pg_stat_get_backend_client_port pg_stat_get_backend_dbid pg_stat_get_backend_idset
pg_stat_get_backend_io pg_stat_get_backend_pid pg_stat_get_backend_start
pg_stat_get_backend_userid pg_stat_get_backend_wait_event pg_stat_get_backend_wait_event_type
pg_stat_get_backend_wal pg_stat_get_backend_xact_start
pg_stat_get_bgwriter_buf_written_checkpoints pg_stat_get_bgwriter_buf_written_clean
pg_stat_get_bgwriter_maxwritten_clean pg_stat_get_bgwriter_requested_checkpoints
pg_stat_get_bgwriter_stat_reset_time pg_stat_get_bgwriter_timed_checkpoints
pg_stat_get_blocks_fetched pg_stat_get_blocks_hit pg_stat_get_buf_alloc
pg_stat_get_buf_fsync_backend pg_stat_get_buf_written_backend pg_stat_get_checkpoint_sync_time
pg_stat_get_checkpoint_write_time pg_stat_get_checkpointer_num_timed pg_stat_get_db_active_time
pg_stat_get_db_blk_read_time pg_stat_get_db_blk_write_time pg_stat_get_db_blocks_fetched
pg_stat_get_db_blocks_hit pg_stat_get_db_checksum_failures pg_stat_get_db_checksum_last_failure
pg_stat_get_db_conflict_all pg_stat_get_db_conflict_bufferpin pg_stat_get_db_conflict_lock
pg_stat_get_db_conflict_snapshot pg_stat_get_db_conflict_startup_deadlock
pg_stat_get_db_conflict_tablespace pg_stat_get_db_deadlocks
pg_stat_get_db_idle_in_transaction_time pg_stat_get_db_numbackends pg_stat_get_db_session_time
pg_stat_get_db_sessions pg_stat_get_db_sessions_abandoned pg_stat_get_db_sessions_fatal
pg_stat_get_db_sessions_killed pg_stat_get_db_stat_reset_time pg_stat_get_db_temp_bytes
pg_stat_get_db_temp_files pg_stat_get_db_tuples_deleted pg_stat_get_db_tuples_fetched
pg_stat_get_db_tuples_inserted pg_stat_get_db_tuples_returned pg_stat_get_db_tuples_updated
pg_stat_get_db_xact_commit pg_stat_get_db_xact_rollback pg_stat_get_dead_tuples
pg_stat_get_function_calls pg_stat_get_function_self_time pg_stat_get_function_total_time
pg_stat_get_ins_since_vacuum pg_stat_get_io pg_stat_get_last_analyze_time
pg_stat_get_last_autoanalyze_time pg_stat_get_last_autovacuum_time pg_stat_get_last_vacuum_time
pg_stat_get_lastscan pg_stat_get_live_tuples pg_stat_get_mod_since_analyze pg_stat_get_numscans
pg_stat_get_progress_info pg_stat_get_recovery_prefetch pg_stat_get_replication_slot
pg_stat_get_slru pg_stat_get_snapshot_timestamp pg_stat_get_subscription
pg_stat_get_subscription_stats pg_stat_get_tuples_deleted pg_stat_get_tuples_fetched
pg_stat_get_tuples_hot_updated pg_stat_get_tuples_inserted pg_stat_get_tuples_returned
pg_stat_get_tuples_updated pg_stat_get_vacuum_count pg_stat_get_wal pg_stat_get_wal_receiver
pg_stat_get_wal_senders pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit
pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time
pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted
pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_hot_updated
pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_returned
pg_stat_get_xact_tuples_updated pg_stat_have_stats pg_stat_reset pg_stat_reset_backend_stats
pg_stat_reset_replication_slot pg_stat_reset_shared pg_stat_reset_single_function_counters
pg_stat_reset_single_table_counters pg_stat_reset_slru pg_stat_reset_subscription_stats
pg_statistics_obj_is_visible pg_stop_backup pg_stop_making_pinned_objects pg_switch_wal
pg_sync_replication_slots pg_table_is_visible pg_table_size pg_tablespace_databases
pg_tablespace_location pg_tablespace_size pg_terminate_backend pg_timezone_abbrevs
pg_timezone_names pg_total_relation_size pg_trigger_depth pg_try_advisory_lock
pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared
pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible pg_ts_template_is_visible
pg_type_is_visible pg_typeof pg_visible_in_snapshot pg_wal_lsn_diff pg_wal_replay_pause
pg_wal_replay_resume pg_wal_summary_contents pg_walfile_name pg_walfile_name_offset
pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status phraseto_tsquery pi
plainto_tsquery plpgsql_validator point point_distance point_send polygon popen position
postgresql_fdw_validator pow power pt_contained_circle pt_contained_poly query_to_xml
query_to_xml_and_xmlschema query_to_xmlschema querytree quote_ident quote_literal
quote_nullable radians radius random random_normal range_adjacent range_adjacent_multirange
range_after range_after_multirange range_agg range_intersect_agg range_merge range_minus rank
regclass regclasssend regcollationsend regconfigsend regdictionarysend regexp_count
regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array
regexp_split_to_table regexp_substr regnamespacesend regoperatorsend regopersend
regproceduresend regprocsend regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope
regr_sxx regr_sxy regr_syy regrolesend regtypesend repeat replace reverse right round
row_number row_security_active row_to_json rpad rtrim satisfies_hash_partition scale
schema_to_xml schema_to_xml_and_xmlschema schema_to_xmlschema session_user set_bit set_byte
set_config set_masklen setseed setval setweight sha224 sha256 sha384 sha512 shobj_description
sign similar_escape similar_to_escape sin sind sinh slope spg_poly_quad_compress split_part
sqrt starts_with statement_timestamp stddev stddev_pop stddev_samp string_agg string_to_array
string_to_table strip strpos substr substring sum suppress_redundant_updates_trigger
system_user table_to_xml table_to_xml_and_xmlschema table_to_xmlschema tan tand tanh text
textanycat textcat textsend time timedate_pl timeofday timestamp timestamptz timetypmodin
timetz timetzdate_pl timetztypmodin timezone to_ascii to_bin to_char to_date to_hex to_json
to_jsonb to_number to_oct to_regclass to_regcollation to_regnamespace to_regoper to_regoperator
to_regproc to_regprocedure to_regrole to_regtype to_regtypemod to_timestamp to_tsquery
to_tsvector transaction_timestamp translate trim_array trim_scale trunc ts_debug ts_delete
ts_filter ts_headline ts_lexize ts_match_qv ts_match_tq ts_match_tt ts_match_vq ts_parse
ts_rank ts_rank_cd ts_rewrite ts_stat ts_token_type tsmultirange tsquery_phrase tsrange
tstzmultirange tstzrange tstzrange_subdiff tsvector_to_array tsvector_update_trigger
tsvector_update_trigger_column txid_current txid_current_if_assigned txid_current_snapshot
txid_snapshot_send txid_snapshot_xip txid_snapshot_xmax txid_snapshot_xmin txid_status
txid_visible_in_snapshot unicode_assigned unicode_version unique_key_recheck unistr unknownsend
unnest upper upper_inc upper_inf uuid_extract_timestamp uuid_extract_version uuid_send uuidv4
uuidv7 var_pop var_samp varbit varchar varcharsend varchartypmodin variance version void_send
websearch_to_tsquery width width_bucket xml xml_is_well_formed xml_is_well_formed_content
xml_is_well_formed_document xml_send xmlagg xmlcomment xmlconcat2 xmlexists xmltext xmlvalidate
xpath xpath_exists
"""
)
"""Functions, procedures, aggregates and window functions, by bare name."""

RELATIONS = words(
    """
pg_aggregate pg_aios pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_auth_members pg_authid
pg_available_extension_versions pg_available_extensions pg_backend_memory_contexts pg_cast
pg_class pg_collation pg_config pg_constraint pg_conversion pg_cursors pg_database
pg_db_role_setting pg_default_acl pg_depend pg_description pg_enum pg_event_trigger
pg_extension pg_file_settings pg_foreign_data_wrapper pg_foreign_server pg_foreign_table
pg_group pg_hba_file_rules pg_ident_file_mappings pg_index pg_indexes pg_inherits pg_init_privs
pg_language pg_largeobject pg_largeobject_metadata pg_locks pg_matviews pg_namespace pg_opclass
pg_operator pg_opfamily pg_parameter_acl pg_partitioned_table pg_policies pg_policy
pg_prepared_statements pg_prepared_xacts pg_proc pg_publication pg_publication_namespace
pg_publication_rel pg_publication_tables pg_range pg_replication_origin
pg_replication_origin_status pg_replication_slots pg_rewrite pg_roles pg_rules pg_seclabel
pg_seclabels pg_sequence pg_sequences pg_settings pg_shadow pg_shdepend pg_shdescription
pg_shmem_allocations pg_shmem_allocations_numa pg_shseclabel pg_stat_activity
pg_stat_all_indexes pg_stat_all_tables pg_stat_archiver pg_stat_bgwriter pg_stat_checkpointer
pg_stat_database pg_stat_database_conflicts pg_stat_gssapi pg_stat_io pg_stat_progress_analyze
pg_stat_progress_basebackup pg_stat_progress_cluster pg_stat_progress_copy
pg_stat_progress_create_index pg_stat_progress_vacuum pg_stat_recovery_prefetch
pg_stat_replication pg_stat_replication_slots pg_stat_slru pg_stat_ssl pg_stat_subscription
pg_stat_subscription_stats pg_stat_sys_indexes pg_stat_sys_tables pg_stat_user_functions
pg_stat_user_indexes pg_stat_user_tables pg_stat_wal pg_stat_wal_receiver
pg_stat_xact_all_tables pg_stat_xact_sys_tables pg_stat_xact_user_functions
pg_stat_xact_user_tables pg_statio_all_indexes pg_statio_all_sequences pg_statio_all_tables
pg_statio_sys_indexes pg_statio_sys_sequences pg_statio_sys_tables pg_statio_user_indexes
pg_statio_user_sequences pg_statio_user_tables pg_statistic pg_statistic_ext
pg_statistic_ext_data pg_stats pg_stats_ext pg_stats_ext_exprs pg_subscription
pg_subscription_rel pg_tables pg_tablespace pg_timezone_abbrevs pg_timezone_names pg_transform
pg_trigger pg_ts_config pg_ts_config_map pg_ts_dict pg_ts_parser pg_ts_template pg_type pg_user
pg_user_mapping pg_user_mappings pg_views pg_wait_events
"""
)
"""System catalogs and system views."""

TYPES = words(
    """
aclitem any anyarray anycompatible anycompatiblearray anycompatiblemultirange
anycompatiblenonarray anycompatiblerange anyelement anyenum anymultirange anynonarray anyrange
bit bool box bpchar bytea char cid cidr circle cstring date datemultirange daterange
event_trigger fdw_handler float4 float8 gtsvector index_am_handler inet int2 int2vector int4
int4multirange int4range int8 int8multirange int8range internal interval json jsonb jsonpath
language_handler line lseg macaddr macaddr8 money name numeric nummultirange numrange oid
oidvector path pg_brin_bloom_summary pg_brin_minmax_multi_summary pg_ddl_command
pg_dependencies pg_lsn pg_mcv_list pg_ndistinct pg_node_tree pg_snapshot point polygon record
refcursor regclass regcollation regconfig regdictionary regnamespace regoper regoperator
regproc regprocedure regrole regtype table_am_handler text tid time timestamp timestamptz
timetz trigger tsm_handler tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector
txid_snapshot unknown uuid varbit varchar void xid xid8 xml
"""
)
"""Types, by the names of the catalog: int4, not integer."""

COLLATIONS = words(
    """
C POSIX default pg_c_utf8 pg_unicode_fast ucs_basic unicode
"""
)
"""Collations of every installation; those of the operating system and of ICU are told by shape."""

TEXT_SEARCH_CONFIGURATIONS = words(
    """
arabic armenian basque catalan danish dutch english estonian finnish french german greek hindi
hungarian indonesian irish italian lithuanian nepali norwegian portuguese romanian russian
serbian simple spanish swedish tamil turkish yiddish
"""
)
"""Text search configurations, which share their names with the dictionaries' stems."""

OPERATORS = words(
    """
! !! != !~ !~* !~~ !~~* # ## #- #> #>> % & && &< &<| &> * *< *<= *<> *= *> *>= + - -> ->> -|- /
< <-> << <<= <<| <= <> <@ <^ = > >= >> >>= >^ ? ?# ?& ?- ?-| ?| ?|| @ @-@ @> @? @@ @@@ ^ ^@ |
|&> |/ |>> || ||/ ~ ~* ~<=~ ~<~ ~= ~>=~ ~>~ ~~ ~~*
"""
)
"""Operators, by symbol alone."""

RESULT_COLUMNS: dict[str, frozenset[str]] = {
    name: words(columns)
    for name, _, columns in (
        line.partition(" ")
        for line in """
aclexplode grantee grantor is_grantable privilege_type
json_array_elements value
json_array_elements_text value
json_each key value
json_each_text key value
jsonb_array_elements value
jsonb_array_elements_text value
jsonb_each key value
jsonb_each_text key value
ts_debug alias description dictionaries dictionary lexemes token
ts_parse token tokid
ts_stat ndoc nentry word
ts_token_type alias description tokid
unnest lexeme positions weights
""".strip().splitlines()
    )
}
"""Columns of functions with OUT parameters; other built-in functions return one column."""
$coord0$),
('uses/changes.py', $coord0$"""INSERT, UPDATE, DELETE and MERGE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..loader import ast, enums
from . import row_facts
from .collector import Collector
from .expression import walk
from .from_clause import from_item
from .nodes import is_a
from .output import output_of
from .query import query, walks
from .select import with_clause
from .sources import CommonTables, Level, Output, Source, Sources


@walks(ast.InsertStmt)
def _insert(collector: Collector, node: Any, outer: Level | None, common: CommonTables) -> Output:
    common = with_clause(collector, node.withClause, outer, common)
    target = _target(collector, node.relation, "insert", row_facts.inserted(node))
    if node.cols:
        for column in node.cols:
            collector.column(target, column.name, "write")
            walk(collector, column.indirection, Level(Sources(), outer, common))
    elif node.selectStmt is not None:
        collector.table(target, "write", all_columns=True)
        lists = getattr(node.selectStmt, "valuesLists", None)
        collector.first_columns(target, len(lists[0]) if lists else 0)
    if node.selectStmt is not None:
        query(collector, node.selectStmt, outer, common)
    level = Level(Sources([target]), outer, common)
    conflict = node.onConflictClause
    if conflict is not None:
        if conflict.infer is not None:
            _arbiter(collector, conflict.infer, target, level)
        excluded = Sources([target])
        excluded.add_hidden(collector.table_source("excluded", target.tables))
        inside = Level(excluded, outer, common)
        _assignments(collector, conflict.targetList, target, inside)
        walk(collector, conflict.whereClause, inside)
    return _returning(collector, node.returningClause, level, target)


def _arbiter(collector: Collector, infer: Any, target: Source, level: Level) -> None:
    """ON CONFLICT (columns) needs a unique index of them; ON CONSTRAINT names one."""
    if infer.conname:
        collector.use("table constraint", target.tables, infer.conname)
    for element in infer.indexElems or ():
        if element.name:
            collector.column(target, element.name)
        if element.collation:
            collector.collation(element.collation)
        walk(collector, element.expr, level)
    walk(collector, infer.whereClause, level)


@walks(ast.UpdateStmt)
def _update(collector: Collector, node: Any, outer: Level | None, common: CommonTables) -> Output:
    common = with_clause(collector, node.withClause, outer, common)
    target = _target(collector, node.relation, "update", row_facts.updated(node))
    level = Level(Sources([target]), outer, common)
    for item in node.fromClause or ():
        from_item(collector, item, level, level.sources)
    _assignments(collector, node.targetList, target, level)
    walk(collector, node.whereClause, level)
    return _returning(collector, node.returningClause, level, target)


@walks(ast.DeleteStmt)
def _delete(collector: Collector, node: Any, outer: Level | None, common: CommonTables) -> Output:
    common = with_clause(collector, node.withClause, outer, common)
    target = _target(collector, node.relation, "delete", row_facts.condition(node.whereClause))
    level = Level(Sources([target]), outer, common)
    for item in node.usingClause or ():
        from_item(collector, item, level, level.sources)
    walk(collector, node.whereClause, level)
    return _returning(collector, node.returningClause, level, target)


@walks(ast.MergeStmt)
def _merge(collector: Collector, node: Any, outer: Level | None, common: CommonTables) -> Output:
    common = with_clause(collector, node.withClause, outer, common)
    target = _target(collector, node.relation, "merge", {})
    source = Sources()
    source_level = Level(source, outer, common)
    from_item(collector, node.sourceRelation, source_level, source)
    both = Sources([target])
    both.absorb(source)
    level = Level(both, outer, common)
    walk(collector, node.joinCondition, level)
    for clause in node.mergeWhenClauses:
        walk(collector, clause.condition, level)
        if clause.commandType == enums.CmdType.CMD_INSERT:
            for column in clause.targetList or ():
                collector.column(target, column.name, "write")
            if not clause.targetList:
                collector.table(target, "write", all_columns=True)
            walk(collector, clause.values, source_level)
        else:
            _assignments(collector, clause.targetList, target, level)
    return _returning(collector, node.returningClause, level, target)


def _target(collector: Collector, relation: Any, command: str, facts: row_facts.Facts) -> Source:
    """The table that a statement changes; it is never a WITH query."""
    alias = relation.alias.aliasname if relation.alias is not None else None
    source = collector.source(relation.schemaname, relation.relname, alias)
    collector.table(source, "write", command=command, **facts)
    return source


def _assignments(
    collector: Collector, targets: Sequence[Any] | None, target: Source, level: Level
) -> None:
    for item in targets or ():
        collector.column(target, item.name, "write")
        walk(collector, item.indirection, level)
        value = item.val
        if is_a(value, ast.MultiAssignRef):
            # (a, b) = (SELECT ...): each column carries the whole row.
            if value.colno == 1:
                walk(collector, value.source, level)
        else:
            walk(collector, value, level)


def _returning(collector: Collector, clause: Any, level: Level, target: Source) -> Output:
    if clause is None:
        return Output()
    old, new = "old", "new"
    for option in clause.options or ():
        if option.option == enums.ReturningOptionKind.RETURNING_OPTION_OLD:
            old = option.value
        else:
            new = option.value
    for alias in (old, new):
        if alias not in level.sources.by_alias:
            level.sources.add_hidden(collector.table_source(alias, target.tables))
    for item in clause.exprs:
        walk(collector, item.val, level)
    return output_of(collector, clause.exprs, level)
$coord0$),
('uses/collector.py', $coord0$"""Where the walkers put what they find: one touch for each object, however often it is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ..model import NO_DETAIL, Json, Touch
from . import builtin_names
from .identifiers import identifiers
from .sources import MOST_CANDIDATES, Relation, Source

if TYPE_CHECKING:
    from ..names import Scope

Facet = Literal["reference", "data"]
Access = Literal["read", "write"]


class Variables:
    """Names that stand for values where a statement is embedded in a routine.

    They come and go with the blocks of a body, and an inner one may hide an outer one.
    """

    __slots__ = ("_declared",)

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._declared: dict[str, int] = {}
        for name in names:
            self.declare(name)

    def declare(self, name: str) -> None:
        self._declared[name] = self._declared.get(name, 0) + 1

    def forget(self, names: Iterable[str]) -> None:
        for name in names:
            if self._declared[name] == 1:
                del self._declared[name]
            else:
                self._declared[name] -= 1

    def __contains__(self, name: str) -> bool:
        return name in self._declared


NO_VARIABLES = Variables()

_MOST_NAMES = 500_000

_MOST_CANDIDATES_OF_ALL = 20_000
"""Thousands of columns of dozens of tables, none of them qualified, would be millions."""


class Collector:
    """The touches of one statement's uses, and what names mean where they were found."""

    def __init__(
        self,
        scope: Scope,
        facet: Facet = "reference",
        variables: Variables = NO_VARIABLES,
        **detail: Json,
    ) -> None:
        self.scope = scope
        self.facet = facet
        self.variables = variables
        self.detail = detail
        """What every touch says: that it comes from a body, for instance."""
        self.local_relations: set[str] = set()
        """Temporary tables and transition tables of a routine: names of no lasting table."""
        self.rows: dict[str, Source] = {}
        """Parameters of a routine that may be rows: their types, whose columns they have."""
        self.touches: list[Touch] = []
        self._seen: dict[Any, list[dict[str, Json]]] = {}
        self._whole: set[tuple[Relation, ...]] = set()
        self._known_columns: dict[Relation, frozenset[str] | None] = {}
        self._remembered = 0
        self._candidates = 0

    # ---------------------------------------------------------------- names

    def relations(self, schema: str | None, name: str) -> tuple[Relation, ...]:
        """The tables that this name can mean; none for the system's own and a routine's own."""
        if schema is None:
            if name in builtin_names.RELATIONS or name in self.local_relations:
                return ()
        elif schema in builtin_names.SCHEMAS:
            return ()
        return self.scope.resolve((schema, name) if schema else (name,), "relation")

    def source(self, schema: str | None, name: str, alias: str | None = None) -> Source:
        """A table as an item of a FROM clause."""
        return self.table_source(
            alias or name, self.relations(schema, name), None if alias else schema
        )

    def table_source(
        self, alias: str, tables: tuple[Relation, ...], schema: str | None = None
    ) -> Source:
        """A table under a name; of one that the script itself created the columns are known."""
        known = self._columns(tables[0]) if len(tables) == 1 else None
        if known is None:
            return Source(alias, schema=schema, tables=tables, is_open=True)
        return Source(alias, schema=schema, tables=tables, known=known, own=True)

    def _columns(self, relation: Relation) -> frozenset[str] | None:
        if relation not in self._known_columns:
            table = self.scope.tables.get(relation)
            complete = table is not None and table.complete and table.columns
            self._known_columns[relation] = frozenset(complete) if complete else None
        return self._known_columns[relation]

    # ---------------------------------------------------------------- uses

    def use(
        self,
        kind: str,
        options: Sequence[Relation],
        sub: str | None = None,
        access: Access = "read",
        **detail: Json,
    ) -> None:
        """Add the use of one object; of several that it may be, each as a candidate."""
        self._add(kind, tuple((option, 0) for option in options), sub, access, False, detail)

    def table(self, source: Source, access: Access = "read", **flags: Json) -> None:
        """Add the use of a table; what is said of it at one place holds for all."""
        options = tuple((option, 0) for option in source.tables)
        self._add("table", options, None, access, False, {}, flags)
        if "all_columns" in flags and source.own and source.tables not in self._whole:
            self._whole.add(source.tables)
            for name in sorted(source.known):
                self._column_type(source.tables[0], name)

    def column(self, source: Source, name: str, access: Access = "read") -> None:
        if name not in builtin_names.SYSTEM_COLUMNS:
            options = tuple((option, 0) for option in source.tables)
            self._add("table column", options, name, access, False, {})

    def spelled_out(self, source: Source) -> None:
        """Add what ``*`` stands for in a list of columns, as far as the script tells."""
        for base in source.bases:
            for name in sorted(base.known) if base.own else ():
                self.column(base, name)

    def first_columns(self, source: Source, count: int) -> None:
        """Add those columns that INSERT fills when it names none."""
        table = self.scope.tables.get(source.tables[0]) if source.own else None
        for name in list(table.columns)[:count] if table is not None else ():
            self.column(source, name, "write")

    def column_of(
        self, candidates: Sequence[tuple[Source, int]], name: str, uncertain: bool = False
    ) -> list[dict[str, Json]]:
        """Add the use of a column that one of these tables has, each so many queries further out.

        ``uncertain`` says that it may also be something else than a column of a table. What is
        told of each is returned, so that more can be said of it.
        """
        if name in builtin_names.SYSTEM_COLUMNS:
            return []
        if len(candidates) > MOST_CANDIDATES:
            self.opaque(f"column {name}", "it may belong to any of very many tables")
            return []
        options: dict[Relation, int] = {}
        for source, depth in candidates:
            for table in source.tables:
                options.setdefault(table, depth)
        return self._add("table column", tuple(options.items()), name, "read", uncertain, {})

    def constraint_guess(self, source: Source, name: str) -> None:
        """Add the use of a constraint that goes by this name unless somebody chose another."""
        options = tuple((option, 0) for option in source.tables)
        self._add("table constraint", options, name, "read", True, {})

    def _add(
        self,
        kind: str,
        options: tuple[tuple[Relation, int], ...],
        sub: str | None,
        access: Access,
        uncertain: bool,
        detail: dict[str, Json],
        flags: Mapping[str, Json] = NO_DETAIL,
    ) -> list[dict[str, Json]]:
        key = (kind, options, sub, access, uncertain, *detail.items())
        before = self._seen.get(key)
        if before is not None:
            if flags or self.detail:
                for known in before:
                    known.update(flags)
                    known.update(self.detail)
            return before
        if len(options) > 1:
            self._candidates += len(options)
            if self._candidates > _MOST_CANDIDATES_OF_ALL:
                self.opaque("names", "too many of them could be in several places")
                return []
        detail.update(flags)
        if self.facet == "data" or access == "write":
            detail["access"] = access
        detail.update(self.detail)
        is_candidate = uncertain or len(options) > 1
        if is_candidate and options:
            detail["candidate"] = self.scope.next_candidate_group()
            if uncertain:
                detail["or_elsewhere"] = True
        details: list[dict[str, Json]] = []
        for (schema, name), depth in options:
            own = {**detail, "depth": depth} if is_candidate else detail
            details.append(own)
            self.touches.append(
                Touch(self.scope.statement_no, kind, schema, name, sub, "use", self.facet, own)
            )
        self._seen[key] = details
        if kind == "table column" and sub is not None and len(options) == 1 and not is_candidate:
            self._column_type(options[0][0], sub)
        return details

    def _column_type(self, relation: Relation, name: str) -> None:
        """Whoever uses a column needs its type; of a table made in the script that is known."""
        table = self.scope.tables.get(relation)
        column = table.columns.get(name) if table is not None else None
        if column is None or "." not in column.type:
            return
        text = column.type.partition("(")[0].removesuffix("[]")
        parts = identifiers(text)
        if len(parts) == 2:
            self.use("type", [(parts[0], parts[1])], implied=True)

    def type_use(self, node: Any) -> None:
        """Add the type that a TypeName node names; ``table.column%TYPE`` uses the column."""
        if node.pct_type:
            parts = tuple(name.sval for name in node.names)
            if len(parts) > 1:
                source = self.source(parts[-3] if len(parts) > 2 else None, parts[-2])
                self.table(source)
                self.column(source, parts[-1])
            return
        options = self._types(node)
        if options:
            self.use("type", options)

    def _types(self, node: Any) -> tuple[Relation, ...]:
        """The types that a TypeName can mean; none for PostgreSQL's own."""
        parts = tuple(name.sval for name in node.names)
        if len(parts) == 1:
            if parts[0] in builtin_names.TYPES or parts[0].removeprefix("_") in builtin_names.TYPES:
                return ()
        elif parts[-2] in builtin_names.SCHEMAS:
            return ()
        return self.scope.resolve(parts[-2:], "type")

    def row_parameter(self, name: str, type_node: Any) -> None:
        """A parameter of a routine: where its type is a row, the body may name its columns."""
        if type_node.pct_type or type_node.arrayBounds:
            return
        options = self._types(type_node)
        if options:
            self.rows[name] = self.table_source(name, options)

    def function(self, names: Sequence[Any], arguments: int, kind: str = "function") -> None:
        """Add a call; PostgreSQL's own functions win over those of the path, and are left out."""
        parts = tuple(name.sval for name in names)
        if len(parts) == 1:
            if parts[0] in builtin_names.FUNCTIONS:
                return
        elif parts[-2] in builtin_names.SCHEMAS:
            return
        self.use(kind, self.scope.resolve(parts[-2:], "routine"), args=arguments)

    def operator(self, names: Sequence[Any], operands: int) -> None:
        parts = tuple(name.sval for name in names)
        if len(parts) == 1:
            if parts[0] in builtin_names.OPERATORS:
                return
        elif parts[-2] in builtin_names.SCHEMAS:
            return
        self.use("operator", self.scope.resolve(parts[-2:], "operator"), args=operands)

    def collation(self, names: Sequence[Any]) -> None:
        parts = tuple(name.sval for name in names)
        if len(parts) == 1:
            if parts[0] in builtin_names.COLLATIONS or _is_locale(parts[0]):
                return
        elif parts[-2] in builtin_names.SCHEMAS:
            return
        self.use("collation", self.scope.resolve(parts[-2:], "collation"))

    def may_remember(self, names: int) -> bool:
        """Tell whether so many more column names of subqueries may be kept.

        ``SELECT *, 1 AS x FROM`` the same of the one before, thousands deep, has millions.
        """
        self._remembered += names
        return self._remembered <= _MOST_NAMES

    def opaque(self, name: str, reason: str) -> None:
        """Say that there is something here that cannot be seen through."""
        if (name, reason) in self._seen:
            return
        self._seen[(name, reason)] = []
        detail: dict[str, Json] = {"opaque": True, "reason": reason, **self.detail}
        self.touches.append(
            Touch(self.scope.statement_no, "unknown", None, name, None, "use", self.facet, detail)
        )


def _is_locale(name: str) -> bool:
    """Tell a collation of the operating system or of ICU by its shape: de_DE.utf8, de-x-icu."""
    if name.endswith("-x-icu"):
        return True
    language, _, rest = name.partition("_")
    region = rest.partition(".")[0].partition("@")[0]
    return 2 <= len(language) <= 3 and language.islower() and len(region) == 2 and region.isupper()
$coord0$),
('uses/expression.py', $coord0$"""Expressions -> what they use.

The walk keeps a stack of its own: a chain of twenty thousand operators is a deep tree, and
Python's recursion has a limit that such a chain must not meet. Only subqueries recurse, and the
grammar itself bounds how deep they can be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..loader import ast
from ..model import Json
from . import builtin_names, literals
from .collector import Collector
from .nodes import child_names, is_a
from .sources import Level, Source

Handler = Callable[[Collector, Any, Level], Sequence[Any] | None]

HANDLERS: dict[type, Handler] = {}
"""What to do at a node that names something; it returns the children to go on with."""


def handles(*classes: type) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        for node_class in classes:
            HANDLERS[node_class] = handler
        return handler

    return register


_NODES_BETWEEN_INTERRUPTS = 100


def walk(collector: Collector, root: Any, level: Level) -> None:
    """Collect what an expression uses; a list of expressions will do as well."""
    stack = [root]
    seen = 0
    while stack:
        node = stack.pop()
        if node is None:
            continue
        if not seen % _NODES_BETWEEN_INTERRUPTS:
            collector.scope.interrupts()
        seen += 1
        node_class = node.__class__
        if node_class is tuple:
            stack.extend(reversed(node))
            continue
        handler = HANDLERS.get(node_class)
        if handler is not None:
            more = handler(collector, node, level)
            if more:
                stack.extend(reversed(more))
            continue
        for name in child_names(node_class):
            child = getattr(node, name)
            if child is not None:
                stack.append(child)


# -------------------------------------------------------------------- columns


@handles(ast.ColumnRef)
def _column_reference(collector: Collector, node: Any, level: Level) -> None:
    fields = node.fields
    last = fields[-1]
    if last.__class__ is ast.A_Star:
        if len(fields) == 1:
            all_columns(collector, level)
        else:
            whole_row(collector, [field.sval for field in fields[:-1]], level)
    elif len(fields) == 1:
        bare_name(collector, last.sval, level)
    else:
        qualified_name(collector, [field.sval for field in fields], level)


def all_columns(collector: Collector, level: Level) -> None:
    """``*``: every column of every source, as they are when the statement is run."""
    for source in level.sources.everything:
        for base in source.bases:
            collector.table(base, all_columns=True)


def whole_row(collector: Collector, parts: list[str], level: Level) -> None:
    source = find_source(parts, level)
    if source is not None:
        for base in source.bases:
            collector.table(base, all_columns=True)


def find_source(parts: list[str], level: Level) -> Source | None:
    """The source that ``alias`` or ``schema.table`` means, from the inside out."""
    alias = parts[-1]
    schema = parts[-2] if len(parts) > 1 else None
    around: Level | None = level
    while around is not None:
        source = around.sources.by_alias.get(alias)
        if source is not None and (schema is None or _is_in_schema(source, schema)):
            return source
        if source is not None:
            # Two tables of one name from different schemas in one FROM clause.
            for source in around.sources.everything:
                if source.alias == alias and _is_in_schema(source, str(schema)):
                    return source
        around = around.outer
    return None


def _is_in_schema(source: Source, schema: str) -> bool:
    if source.schema is not None:
        return source.schema == schema
    return any(schema == table_schema for table_schema, _ in source.tables)


def bare_name(collector: Collector, name: str, level: Level) -> list[dict[str, Json]]:
    """``name``: a column, a variable of the routine around, or a whole row."""
    candidates: list[tuple[Source, int]] = []
    or_elsewhere = False
    is_variable = name in collector.variables
    depth = 0
    around: Level | None = level
    while around is not None:
        found = around.sources.find(name)
        candidates += [(source, depth) for source in found.tables]
        if found.certain:
            or_elsewhere = or_elsewhere or not found.tables
            break
        if is_variable:
            return []
        or_elsewhere = or_elsewhere or found.or_elsewhere
        row = around.sources.by_alias.get(name)
        if row is not None:
            for base in row.bases:
                collector.table(base, all_columns=True)
            # A table may have a column of its own name, which comes before the whole row.
            if any(table == name for _, table in row.tables):
                collector.column_of([(row, depth)], name, uncertain=True)
            return []
        depth += 1
        around = around.outer
    return collector.column_of(candidates, name, or_elsewhere)


def qualified_name(collector: Collector, parts: list[str], level: Level) -> list[dict[str, Json]]:
    """``alias.column``, ``schema.table.column``, or a field of a record variable."""
    name = parts[-1]
    source = find_source(parts[:-1], level) or collector.rows.get(parts[-2])
    if source is None:
        return []
    found = source.find(name)
    return collector.column_of([(table, 0) for table in found.tables], name, found.or_elsewhere)


@handles(ast.A_Indirection)
def _indirection(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    """``(users).email`` is a column of the row that ``users`` stands for.

    ``(address).city`` is a field of a column; what type that has, the catalog knows.
    """
    first = node.indirection[0]
    names = node.arg.fields if is_a(node.arg, ast.ColumnRef) else ()
    if is_a(first, ast.String) and names and all(is_a(name, ast.String) for name in names):
        parts = [name.sval for name in names]
        if len(parts) == 1 and (find_source(parts, level) or parts[0] in collector.rows):
            qualified_name(collector, [parts[0], first.sval], level)
        else:
            find = qualified_name if len(parts) > 1 else _bare
            for detail in find(collector, parts, level):
                fields = detail.setdefault("fields", [])
                if isinstance(fields, list) and first.sval not in fields:
                    fields.append(first.sval)
    return (node.arg, *node.indirection)


def _bare(collector: Collector, parts: list[str], level: Level) -> list[dict[str, Json]]:
    return bare_name(collector, parts[0], level)


# -------------------------------------------------------------------- calls, types, symbols


@handles(ast.FuncCall)
def _function_call(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    names = node.funcname
    arguments = node.args or ()
    collector.function(names, len(arguments))
    if arguments and (len(names) == 1 or names[-2].sval == "pg_catalog"):
        literals.function_literal(collector, names[-1].sval, arguments)
    return (arguments, node.agg_order, node.agg_filter, node.over)


@handles(ast.TypeCast)
def _type_cast(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    name = node.typeName.names[-1].sval
    if name in literals.REG_TYPES:
        text = literals.string_constant(node.arg)
        if text is not None:
            literals.cast_literal(collector, name, text)
    else:
        collector.type_use(node.typeName)
    return (node.arg,)


@handles(ast.TypeName)
def _type_name(collector: Collector, node: Any, level: Level) -> None:
    collector.type_use(node)


@handles(ast.CollateClause)
def _collate(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    collector.collation(node.collname)
    return (node.arg,)


@handles(ast.A_Expr)
def _operator_call(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    names = node.name
    # BETWEEN and its kin carry their keyword where others carry an operator.
    symbol = names[0].sval
    if len(names) > 1 or not (symbol in builtin_names.OPERATORS or symbol[0].isalpha()):
        collector.operator(names, 1 if node.lexpr is None else 2)
    return (node.lexpr, node.rexpr)


@handles(ast.SortBy)
def _sort_by(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    if node.useOp:
        collector.operator(node.useOp, 2)
    return (node.node,)


@handles(
    ast.A_Const,
    ast.ParamRef,
    ast.String,
    ast.Integer,
    ast.SetToDefault,
    ast.SQLValueFunction,
    ast.CurrentOfExpr,
    ast.A_Star,
)
def _names_nothing(collector: Collector, node: Any, level: Level) -> None:
    """Constants, parameters, keywords."""
$coord0$),
('uses/from_clause.py', $coord0$"""The FROM clause: tables, joins, subqueries, functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..loader import ast
from . import builtin_names
from .collector import Collector
from .expression import all_columns, walk
from .nodes import is_a
from .output import OutputBuilder, figured_name
from .query import query
from .sources import CommonTables, Level, Output, Source, Sources, renamed


def names_of(strings: Sequence[Any] | None) -> tuple[str, ...]:
    return tuple(string.sval for string in strings or ())


def from_item(collector: Collector, node: Any, level: Level, into: Sources) -> None:
    """Add one item of a FROM clause to ``into``; ``level`` is what LATERAL items can see."""
    if is_a(node, ast.RangeVar):
        into.add(_table(collector, node, level.common))
    elif is_a(node, ast.JoinExpr):
        into.absorb(_join(collector, node, level))
    elif is_a(node, ast.RangeSubselect):
        seen_from_inside = level if node.lateral else level.outer
        output = query(collector, node.subquery, seen_from_inside, level.common)
        into.add(_derived(node.alias, output))
    elif is_a(node, ast.RangeFunction):
        into.add(_function(collector, node, level))
    elif is_a(node, ast.RangeTableFunc):
        walk(collector, (node.docexpr, node.rowexpr, node.namespaces), level)
        for column in node.columns:
            walk(collector, (column.typeName, column.colexpr, column.coldefexpr), level)
        names = tuple(column.colname for column in node.columns)
        into.add(_derived(node.alias, Output(names), "xmltable"))
    elif is_a(node, ast.JsonTable):
        walk(collector, (node.context_item, node.passing, node.on_error), level)
        names = tuple(_json_columns(collector, node.columns, level))
        into.add(_derived(node.alias, Output(names), "json_table"))
    elif is_a(node, ast.RangeTableSample):
        from_item(collector, node.relation, level, into)
        method = node.method
        if len(method) > 1 or method[0].sval not in ("bernoulli", "system"):
            collector.function(method, 1)
        walk(collector, (node.args, node.repeatable), level)
    else:
        collector.opaque(node.__class__.__name__, "an item of FROM of a kind that is not known")


def _table(collector: Collector, node: Any, common: CommonTables) -> Source:
    alias = node.alias.aliasname if node.alias is not None else None
    columns = names_of(node.alias.colnames) if node.alias is not None else ()
    if node.schemaname is None:
        known = common.get(node.relname)
        if known is not None:
            return known.source(alias or node.relname, columns)
    source = collector.source(node.schemaname, node.relname, alias)
    collector.table(source)
    if columns:
        # The list renames the first columns, whichever they are.
        collector.table(source, all_columns=True)
        source = Source(
            source.alias,
            tables=source.tables,
            known=frozenset(columns),
            is_open=True,
        )
    return source


def _derived(alias: Any, output: Output, default_alias: str = "") -> Source:
    name = alias.aliasname if alias is not None else default_alias
    columns = names_of(alias.colnames) if alias is not None else ()
    return Source(
        name,
        known=frozenset(renamed(output.names, columns)),
        through=output.tables,
        is_open=output.is_open,
    )


def _function(collector: Collector, node: Any, level: Level) -> Source:
    known: set[str] = set(names_of(node.alias.colnames) if node.alias is not None else ())
    is_open = False
    alias = node.alias.aliasname if node.alias is not None else ""
    for call, definitions in node.functions:
        walk(collector, call, level)
        for definition in definitions or ():
            known.add(definition.colname)
            walk(collector, (definition.typeName, definition.collClause), level)
        name = figured_name(call)
        alias = alias or name
        known.update((name, alias))
        if definitions:
            continue
        if not is_a(call, ast.FuncCall):
            continue
        if name in builtin_names.FUNCTIONS:
            known |= builtin_names.RESULT_COLUMNS.get(name, frozenset())
            # A record whose fields are those of its argument's type.
            is_open = is_open or name.startswith(("json_populate", "jsonb_populate", "pg_"))
        else:
            is_open = is_open or not (node.alias is not None and node.alias.colnames)
    for definition in node.coldeflist or ():
        known.add(definition.colname)
        walk(collector, (definition.typeName, definition.collClause), level)
        is_open = False
    if node.ordinality:
        known.add("ordinality")
    return Source(alias, known=frozenset(known), is_open=is_open)


def _json_columns(collector: Collector, columns: Sequence[Any], level: Level) -> list[str]:
    names: list[str] = []
    for column in columns:
        if column.columns:
            names += _json_columns(collector, column.columns, level)
            continue
        names.append(column.name)
        walk(collector, (column.typeName, column.on_empty, column.on_error), level)
    return names


def _common_columns(collector: Collector, left: Sources, right: Sources) -> None:
    """A natural join compares the columns of one name, where the script tells which those are."""
    sides = [
        {name: base for source in side.everything for base in source.bases for name in base.known}
        for side in (left, right)
    ]
    for name in sorted(sides[0].keys() & sides[1].keys()):
        for side in sides:
            if side[name].own:
                collector.column(side[name], name)


def _join(collector: Collector, node: Any, level: Level) -> Sources:
    """Walk a tree of joins. Chains lean to the left, and may be very long."""
    chain: list[Any] = []
    while is_a(node, ast.JoinExpr):
        chain.append(node)
        node = node.larg
    joined = Sources()
    from_item(collector, node, level, joined)
    gone_through = 0  # of the joined sources, whose columns a natural join has used already
    for join in reversed(chain):
        right = Sources()
        # What is LATERAL on the right sees the left side, and the items of FROM before the join.
        around = Level(level.sources, level.outer, level.common)
        from_item(collector, join.rarg, Level(joined, around, level.common), right)
        if join.isNatural:
            left = Sources(joined.everything[gone_through:])
            all_columns(collector, Level(left, None, level.common))
            all_columns(collector, Level(right, None, level.common))
            _common_columns(collector, left, right)
        for name in names_of(join.usingClause):
            for side in (joined, right):
                found = side.find(name)
                collector.column_of(
                    [(source, 0) for source in found.tables], name, found.or_elsewhere
                )
        joined.absorb(right)
        if join.isNatural:
            gone_through = len(joined.everything)
        joined.merged.update(names_of(join.usingClause))
        if join.quals is not None:
            walk(collector, join.quals, Level(joined, level.outer, level.common))
        if join.join_using_alias is not None:
            alias = join.join_using_alias.aliasname
            known = frozenset(names_of(join.usingClause))
            joined.add_hidden(Source(alias, known=known))
        if join.alias is not None:
            # Columns that the list renames are some of those beneath, whichever they are.
            beneath = OutputBuilder(collector)
            for name in (*names_of(join.alias.colnames), *joined.merged):
                beneath.name(name)
            for source in joined.everything:
                beneath.all_of(source)
            joined = Sources([_derived(join.alias, beneath.output())])
            gone_through = 0
    return joined
$coord0$),
('uses/grouping.py', $coord0$"""GROUP BY a primary key: the query then depends on the constraint, not on its columns only.

``SELECT c.id, c.name, count(*) \u2026 GROUP BY c.id`` is right because ``c.id`` is the key of ``c``.
PostgreSQL records that a view with this query needs the constraint. Its name is known when the
script makes the table; else the name that the server would give stands in, as a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..loader import ast
from .collector import Collector
from .expression import find_source
from .nodes import is_a
from .sources import Level, Source

_LONGEST_NAME = 63
_SUFFIX = "_pkey"


def primary_keys(
    collector: Collector, targets: Sequence[Any], clause: Sequence[Any], level: Level
) -> None:
    """Note the primary keys that allow ungrouped columns in a target list."""
    by_alias = {target.name: target.val for target in reversed(targets) if target.name}
    grouped: set[tuple[int, str]] = set()
    for item in clause:
        if is_a(item, ast.GroupingSet):
            return
        grouped.update(_columns([_meant(item, targets, by_alias)], level))
    sources = {id(source): source for source in level.sources.everything}
    keys = {source for source, _ in grouped if source in sources}
    for column in _columns([target.val for target in targets], level):
        if column[0] in keys and column not in grouped:
            keys.discard(column[0])
            _use(collector, sources[column[0]])


def _meant(item: Any, targets: Sequence[Any], by_alias: dict[str, Any]) -> Any:
    """``GROUP BY 1`` and ``GROUP BY alias`` stand for a target."""
    if is_a(item, ast.A_Const) and is_a(item.val, ast.Integer):
        position = item.val.ival
        return targets[position - 1].val if 0 < position <= len(targets) else item
    if is_a(item, ast.ColumnRef) and len(item.fields) == 1 and is_a(item.fields[0], ast.String):
        return by_alias.get(item.fields[0].sval, item)
    return item


def _columns(nodes: Iterable[Any], level: Level) -> Iterable[tuple[int, str]]:
    """Those of the nodes that are, or may be, columns of a table of this level: table and name."""
    for node in nodes:
        if not is_a(node, ast.ColumnRef) or not is_a(node.fields[-1], ast.String):
            continue
        names = [field.sval for field in node.fields]
        if len(names) > 1:
            source = find_source(names[:-1], level)
            tables: tuple[Source, ...] = (source,) if source is not None else ()
        else:
            tables = level.sources.find(names[0]).tables
        for table in tables:
            if table.tables:
                yield id(table), names[-1]


def _use(collector: Collector, source: Source) -> None:
    table = collector.scope.tables.get(source.tables[0]) if len(source.tables) == 1 else None
    if table is not None:
        for name, facts in table.constraints.items():
            if facts["type"] == "primary key":
                collector.use("table constraint", source.tables, name)
        return
    name = source.tables[0][1].encode()[: _LONGEST_NAME - len(_SUFFIX)].decode(errors="ignore")
    collector.constraint_guess(source, name + _SUFFIX)
$coord0$),
('uses/identifiers.py', $coord0$"""Qualified names inside strings, read as the server reads them."""

from __future__ import annotations


def identifiers(text: str) -> list[str]:
    """Split ``schema."Name"`` as the server reads it; empty when it is no qualified name."""
    parts: list[str] = []
    position, end = 0, len(text)
    while True:
        while position < end and text[position].isspace():
            position += 1
        if position == end:
            return []
        if text[position] == '"':
            part = ""
            position += 1
            while True:
                closing = text.find('"', position)
                if closing < 0:
                    return []
                part += text[position:closing]
                position = closing + 1
                if text[position : position + 1] != '"':
                    break
                part += '"'
                position += 1
        else:
            start = position
            while position < end and (text[position].isalnum() or text[position] in "_$"):
                position += 1
            part = _fold(text[start:position])
        if not part:
            return []
        parts.append(part)
        while position < end and text[position].isspace():
            position += 1
        if position == end:
            return parts
        if text[position] != ".":
            return []
        position += 1


def _fold(text: str) -> str:
    """Lower-case as the server does in a multibyte encoding: ASCII letters only."""
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in text)
$coord0$),
('uses/literals.py', $coord0$"""Objects named in string literals: ``nextval('orders_id_seq')``, ``'users'::regclass``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import safe_parser
from ..loader import ast
from ..script import DEFAULT
from . import builtin_names
from .collector import Collector
from .identifiers import identifiers
from .nodes import is_a

_FIRST_ARGUMENT_NAMES_RELATION = builtin_names.words(
    """
    nextval currval setval pg_relation_size pg_table_size pg_total_relation_size pg_indexes_size
    pg_relation_filenode pg_relation_filepath pg_partition_tree pg_partition_ancestors
    pg_partition_root pg_relation_is_updatable pg_sequence_last_value table_to_xml
    table_to_xmlschema table_to_xml_and_xmlschema brin_summarize_new_values brin_summarize_range
    brin_desummarize_range gin_clean_pending_list pg_index_has_property
    pg_index_column_has_property pg_column_is_updatable pg_get_replica_identity_index
    """
)
"""Functions of a regclass argument, which turn a bare literal into an object once and for all."""

_SEQUENCE_FUNCTIONS = frozenset(("nextval", "currval", "setval", "pg_sequence_last_value"))

_FIRST_ARGUMENT_NAMES_CONFIGURATION = {
    "to_tsvector": 2,
    "json_to_tsvector": 3,
    "jsonb_to_tsvector": 3,
    "to_tsquery": 2,
    "plainto_tsquery": 2,
    "phraseto_tsquery": 2,
    "websearch_to_tsquery": 2,
    "ts_debug": 2,
    "ts_headline": 3,
}
"""Functions whose first argument is a text search configuration, given so many arguments."""


def string_constant(node: Any) -> str | None:
    """The text of a string literal, and nothing for anything else."""
    if is_a(node, ast.A_Const) and is_a(node.val, ast.String):
        return str(node.val.sval)
    return None


def function_literal(collector: Collector, name: str, arguments: Sequence[Any]) -> None:
    """Note the object that a system function's literal argument names."""
    if name in _FIRST_ARGUMENT_NAMES_RELATION:
        text = string_constant(arguments[0])
        if text is not None:
            changes_sequence = name in ("nextval", "setval") and collector.facet == "data"
            relation_literal(
                collector,
                text,
                "sequence" if name in _SEQUENCE_FUNCTIONS else "table",
                writes=changes_sequence,
            )
    elif len(arguments) >= _FIRST_ARGUMENT_NAMES_CONFIGURATION.get(name, 99):
        text = string_constant(arguments[0])
        if text is not None:
            configuration_literal(collector, text)


def cast_literal(collector: Collector, type_name: str, text: str) -> None:
    """Note the object that a literal cast to one of the reg* types names."""
    if type_name == "regclass":
        relation_literal(collector, text, "table")
    elif type_name == "regtype":
        type_literal(collector, text)
    elif type_name in ("regproc", "regprocedure"):
        routine_literal(collector, text)
    elif type_name == "regconfig":
        configuration_literal(collector, text)
    elif type_name == "regnamespace":
        parts = identifiers(text)
        if len(parts) == 1 and parts[0] not in builtin_names.SCHEMAS:
            collector.use("schema", [(None, parts[0])])
    elif type_name == "regrole":
        parts = identifiers(text)
        if len(parts) == 1:
            collector.use("role", [(None, parts[0])])


REG_TYPES = frozenset(
    ("regclass", "regtype", "regproc", "regprocedure", "regconfig", "regnamespace", "regrole")
)


def relation_literal(collector: Collector, text: str, kind: str, *, writes: bool = False) -> None:
    parts = identifiers(text)
    if not 1 <= len(parts) <= 2:
        return
    schema = parts[0] if len(parts) == 2 else None
    options = collector.relations(schema, parts[-1])
    collector.use(kind, options, None, "write" if writes else "read")


def routine_literal(collector: Collector, text: str) -> None:
    """``'f'::regproc`` and ``'f(integer)'::regprocedure``: the types are not told apart."""
    parts = identifiers(text.partition("(")[0])
    if 1 <= len(parts) <= 2:
        names = [ast.String(part) for part in parts]
        arguments = text.partition("(")[2].rpartition(")")[0].strip()
        collector.function(names, arguments.count(",") + 1 if arguments else 0)


def type_literal(collector: Collector, text: str) -> None:
    """``'public.mood[]'::regtype``: any spelling of a type will do."""
    try:
        (parsed,) = safe_parser.parse_sql(f"SELECT NULL::{text}")
    except (safe_parser.Unparsable, ValueError):
        # No type, or more than one statement: the server refuses the cast as well.
        return
    cast = parsed.node.targetList[0].val
    if is_a(cast, ast.TypeCast):
        collector.type_use(cast.typeName)


def configuration_literal(collector: Collector, text: str) -> None:
    parts = identifiers(text)
    if len(parts) == 1 and parts[0] in builtin_names.TEXT_SEARCH_CONFIGURATIONS:
        return
    if not 1 <= len(parts) <= 2 or (len(parts) == 2 and parts[0] in builtin_names.SCHEMAS):
        return
    kind = "text search configuration"
    collector.use(kind, collector.scope.resolve(tuple(parts), kind))


def constant_text(node: Any) -> str | None:
    """The text of an expression of constants: literals, ``||``, ``format()``, quote_ident().

    What EXECUTE runs is often put together so, from pieces that are all written out. Nothing is
    returned when any piece is not.
    """
    text = _constant_text(node)
    # Each quote_literal() around another doubles the quotes: soon longer than any memory.
    return None if text is None or len(text) > DEFAULT.script_bytes else text


def _constant_text(node: Any) -> str | None:
    text = string_constant(node)
    if text is not None:
        return text
    if is_a(node, ast.TypeCast):
        return constant_text(node.arg)
    if is_a(node, ast.A_Expr) and node.name and node.name[-1].sval == "||":
        pieces: list[str] = []
        todo = [node]
        while todo:
            part = todo.pop()
            if is_a(part, ast.A_Expr) and part.name and part.name[-1].sval == "||":
                todo += [part.rexpr, part.lexpr]
                continue
            piece = constant_text(part)
            if piece is None:
                return None
            pieces.append(piece)
        return "".join(pieces)
    if is_a(node, ast.FuncCall) and node.args and not node.func_variadic:
        arguments = [constant_text(argument) for argument in node.args]
        known = [argument for argument in arguments if argument is not None]
        if len(known) == len(arguments):
            name = node.funcname[-1].sval
            if name == "format":
                return _formatted(known[0], known[1:])
            if name == "quote_ident" and len(known) == 1:
                return _quoted(known[0], '"')
            if name == "quote_literal" and len(known) == 1:
                return _quoted(known[0], "'")
            if name == "concat":
                return "".join(known)
    return None


def _formatted(template: str, arguments: Sequence[str]) -> str | None:
    """What format() makes of strings; positions and widths are left to the server."""
    pieces = template.split("%")
    result = [pieces[0]]
    rest = iter(arguments)
    index = 1
    while index < len(pieces):
        piece = pieces[index]
        if piece == "" and index + 1 < len(pieces):
            result.append("%" + pieces[index + 1])
            index += 2
            continue
        value = next(rest, None)
        if value is None or piece[:1] not in ("I", "L", "s"):
            return None
        if piece[0] == "I":
            value = _quoted(value, '"')
        elif piece[0] == "L":
            value = _quoted(value, "'")
        result.append(value + piece[1:])
        index += 1
    return "".join(result)


def _quoted(text: str, mark: str) -> str:
    return mark + text.replace(mark, mark * 2) + mark
$coord0$),
('uses/nodes.py', $coord0$"""Telling parse nodes apart, and finding their way down."""

from __future__ import annotations

from functools import cache
from typing import Any

_SCALAR_TYPES = frozenset(("char*", "Bitmapset*"))


def is_a(node: Any, *classes: type) -> bool:
    """Tell whether a node is of one of these classes; the tree's classes have no subclasses."""
    return node.__class__ in classes


@cache
def child_names(node_class: type) -> tuple[str, ...]:
    """The attributes of a node class that can hold other nodes or lists of them, last one first.

    Each class of the tree says in its ``__slots__`` what C type an attribute has.
    """
    slots = getattr(node_class, "__slots__", ())
    if not isinstance(slots, dict):
        return ()
    names: list[str] = []
    for name, description in slots.items():
        c_type = str(description[0] if isinstance(description, tuple) else description)
        if c_type.endswith("*") and c_type not in _SCALAR_TYPES:
            names.append(name)
    return tuple(reversed(names))
$coord0$),
('uses/output.py', $coord0$"""The columns that a query returns: their names as the server figures them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..loader import ast, enums
from .collector import Collector
from .expression import find_source
from .nodes import is_a
from .sources import Level, Output, Relation, Source


class OutputBuilder:
    """Adds up output columns; tables that are passed on more than once count once."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._names: dict[str, None] = {}
        self._tables: dict[tuple[Relation, ...], Source] = {}
        self._is_open = False

    def name(self, name: str) -> None:
        self._names[name] = None

    def all_of(self, source: Source) -> None:
        if not source.own:
            self._names.update(dict.fromkeys(source.known))
        for table in source.bases:
            self._tables.setdefault(table.tables, table)
        if not source.tables and source.is_open:
            self._is_open = True

    def unknown(self) -> None:
        self._is_open = True

    def output(self) -> Output:
        if not self._collector.may_remember(len(self._names)):
            return Output((), tuple(self._tables.values()), True)
        return Output(tuple(self._names), tuple(self._tables.values()), self._is_open)


def output_of(collector: Collector, targets: Sequence[Any], level: Level) -> Output:
    """The columns of a target list or a RETURNING list."""
    builder = OutputBuilder(collector)
    for target in targets:
        value = target.val
        if is_a(value, ast.ColumnRef) and is_a(value.fields[-1], ast.A_Star):
            if len(value.fields) == 1:
                for source in level.sources.everything:
                    builder.all_of(source)
                    collector.spelled_out(source)
                continue
            named = find_source([field.sval for field in value.fields[:-1]], level)
            if named is not None:
                builder.all_of(named)
                collector.spelled_out(named)
            else:
                # The fields of a record variable cannot be told.
                builder.unknown()
        elif is_a(value, ast.A_Indirection) and is_a(value.indirection[-1], ast.A_Star):
            builder.unknown()
        else:
            builder.name(target.name or figured_name(value))
    return builder.output()


def output_names(node: Any) -> tuple[str, ...] | None:
    """The column names that a query returns; None where ``*`` hides some of them."""
    leaf = leftmost(node)
    if leaf is None:
        return None
    if leaf.valuesLists:
        return tuple(f"column{number}" for number in range(1, len(leaf.valuesLists[0]) + 1))
    names: list[str] = []
    for target in leaf.targetList or ():
        last = target.val
        if is_a(last, ast.ColumnRef):
            last = last.fields[-1]
        elif is_a(last, ast.A_Indirection):
            last = last.indirection[-1]
        if is_a(last, ast.A_Star):
            return None
        names.append(target.name or figured_name(target.val))
    return tuple(names)


def figured_name(node: Any) -> str:
    """The name that the server gives to an output column without AS."""
    return _figured(node)[0] or "?column?"


def _figured(node: Any) -> tuple[str, bool]:
    """A name, and whether it counts for more than the name of a type or the word ``case``."""
    while True:
        if is_a(node, ast.CollateClause):
            node = node.arg
        elif is_a(node, ast.A_Indirection):
            fields = [part.sval for part in node.indirection if is_a(part, ast.String)]
            if fields:
                return str(fields[-1]), True
            node = node.arg
        else:
            break
    if is_a(node, ast.ColumnRef):
        return str(node.fields[-1].sval), True
    if is_a(node, ast.FuncCall):
        return str(node.funcname[-1].sval), True
    if is_a(node, ast.TypeCast):
        # A chain of casts is named by what is cast, or by the outermost type.
        inner = node
        while is_a(inner, ast.TypeCast):
            inner = inner.arg
        name, is_strong = _figured(inner)
        return (name, True) if is_strong else (str(node.typeName.names[-1].sval), False)
    if is_a(node, ast.CaseExpr):
        name, is_strong = _figured(node.defresult) if node.defresult is not None else ("", False)
        return (name, True) if is_strong else ("case", False)
    if is_a(node, ast.A_Expr):
        is_nullif = node.kind == enums.A_Expr_Kind.AEXPR_NULLIF
        return ("nullif", True) if is_nullif else ("", False)
    if is_a(node, ast.SubLink):
        return _figured_sublink(node)
    words = _WORDS_OF.get(node.__class__)
    if words is None:
        return "", False
    if isinstance(words, str):
        return words, True
    name = words.get(int(node.op), "")
    return name, name != ""


def _figured_sublink(node: Any) -> tuple[str, bool]:
    if node.subLinkType == enums.SubLinkType.EXISTS_SUBLINK:
        return "exists", True
    if node.subLinkType == enums.SubLinkType.ARRAY_SUBLINK:
        return "array", True
    if node.subLinkType != enums.SubLinkType.EXPR_SUBLINK:
        return "", False
    names = output_names(node.subselect)
    return (names[0], True) if names and names[0] != "?column?" else ("", False)


def _words(enumeration: Any, prefix: str, suffix: str = "") -> dict[int, str]:
    """Names of the form XMLELEMENT \u2192 ``xmlelement`` that an enumeration's members stand for."""
    return {
        int(member): member.name.removeprefix(prefix).removesuffix(suffix).lower()
        for member in enumeration
    }


def _value_function_words() -> dict[int, str]:
    """``current_timestamp(3)`` is named like ``current_timestamp``."""
    words = _words(enums.SQLValueFunctionOp, "SVFOP_")
    return {number: word.removesuffix("_n") for number, word in words.items()}


_WORDS_OF: dict[type, str | dict[int, str]] = {
    ast.CoalesceExpr: "coalesce",
    ast.MinMaxExpr: _words(enums.MinMaxOp, "IS_"),
    ast.A_ArrayExpr: "array",
    ast.RowExpr: "row",
    ast.GroupingFunc: "grouping",
    ast.SQLValueFunction: _value_function_words(),
    ast.XmlExpr: {
        number: word
        for number, word in _words(enums.XmlExprOp, "IS_").items()
        if word.startswith("xml")
    },
    ast.XmlSerialize: "xmlserialize",
    ast.MergeSupportFunc: "merge_action",
    ast.JsonFuncExpr: _words(enums.JsonExprOp, "", "_OP"),
    ast.JsonParseExpr: "json",
    ast.JsonScalarExpr: "json_scalar",
    ast.JsonSerializeExpr: "json_serialize",
    ast.JsonObjectConstructor: "json_object",
    ast.JsonArrayConstructor: "json_array",
    ast.JsonArrayQueryConstructor: "json_array",
    ast.JsonObjectAgg: "json_objectagg",
    ast.JsonArrayAgg: "json_arrayagg",
}


NO_SET_OPERATION = enums.SetOperation.SETOP_NONE


def leftmost(node: Any) -> Any:
    while is_a(node, ast.SelectStmt) and node.op != NO_SET_OPERATION:
        node = node.larg
    return node if is_a(node, ast.SelectStmt) else None
$coord0$),
('uses/plpgsql.py', $coord0$"""PL/pgSQL source -> the SQL in it, with the variables that are in sight there.

The parser library can compile PL/pgSQL too, but it does so without a catalog: it refuses an
assignment to a field of a ``%ROWTYPE`` variable and every type of a schema other than public,
and it forgets which types were declared. PL/pgSQL itself hardly has a grammar: its statements
are told by their first word, and what they embed reaches to the next THEN, LOOP or semicolon
outside parentheses, whatever it may be. That is how the server reads it, and so does this,
on the tokens of the same scanner; the pieces are then parsed by the real parser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from .. import safe_parser
from ..script import noop
from .builtin_names import words
from .collector import Variables

PieceKind = Literal["expression", "query", "dynamic", "type", "row type", "column type"]


class Piece(NamedTuple):
    """One piece of SQL in a body, or a type that a declaration names."""

    kind: PieceKind
    text: str


class UnreadableBody(Exception):
    """The body is not PL/pgSQL as this reader knows it."""


class _Token(NamedTuple):
    word: str
    """Lower-case spelling; a quoted name keeps its quotes, so that it matches no keyword."""
    start: int
    end: int
    is_name: bool


class _Frame:
    """A block, loop, IF or CASE that is open where the reader is, and what it declares."""

    __slots__ = ("kind", "declared")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.declared: list[str] = []


_NOT_NAMES = frozenset(("SCONST", "BCONST", "XCONST", "USCONST", "FCONST", "ICONST", "PARAM", "Op"))
_PLAIN_WORDS = frozenset(("and", "or", "not", "null", "true", "false", "is"))
_PLAIN_SYMBOLS = words("+ - * / % = < > <> != <= >= || . ,")
_PLAIN_STARTS = frozenset("'0123456789$")
_OPENING = frozenset("([")
_CLOSING = frozenset(")]")
_RAISE_LEVELS = frozenset(("debug", "log", "info", "notice", "warning", "exception"))
_HANDLER_VARIABLES = ("sqlstate", "sqlerrm")


class BodyReader:
    """Reads one body from its beginning to its end.

    ``variables`` changes while it reads: each piece must be looked at before the next is read.
    """

    def __init__(
        self, body: str, variables: Variables, interrupts: Callable[[], None] = noop
    ) -> None:
        self.variables = variables
        self._interrupts = interrupts
        self._data = body.encode()
        self._tokens = self._scan()
        self._at = 0
        self._frames = [_Frame("routine")]
        self._label: str | None = None

    # ---------------------------------------------------------------- tokens

    def _scan(self) -> list[_Token]:
        found = safe_parser.scan(self._data)
        if found is None:
            raise UnreadableBody("its characters cannot be scanned")
        tokens: list[_Token] = []
        for token in found:
            if token.name in ("SQL_COMMENT", "C_COMMENT"):
                continue
            text = self._data[token.start : token.end + 1].decode()
            is_name = token.name not in _NOT_NAMES and (text[0].isalpha() or text[0] in '_"')
            tokens.append(_Token(text.lower(), token.start, token.end + 1, is_name))
        return tokens

    def _word(self, ahead: int = 0) -> str:
        index = self._at + ahead
        return self._tokens[index].word if index < len(self._tokens) else ""

    def _is_name(self, ahead: int = 0) -> bool:
        index = self._at + ahead
        return index < len(self._tokens) and self._tokens[index].is_name

    def _accept(self, *words: str) -> bool:
        for offset, word in enumerate(words):
            if self._word(offset) != word:
                return False
        self._at += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise UnreadableBody(f"{word!r} expected, not {self._word()!r}")

    def _name(self) -> str:
        if not self._is_name():
            raise UnreadableBody(f"a name expected, not {self._word()!r}")
        token = self._tokens[self._at]
        self._at += 1
        return self._folded(token)

    def _folded(self, token: _Token) -> str:
        if token.word[0] == '"':
            text = self._data[token.start : token.end].decode()
            return text[1:-1].replace('""', '"')
        return token.word

    def _text(self, start: int, end: int) -> str:
        """The source of the tokens from ``start`` up to ``end``, without the latter."""
        if start >= end:
            return ""
        return self._data[self._tokens[start].start : self._tokens[end - 1].end].decode()

    def _find(self, *words: str) -> int:
        """The next of these words outside parentheses."""
        depth = 0
        for index in range(self._at, len(self._tokens)):
            word = self._tokens[index].word
            if word in _OPENING:
                depth += 1
            elif word in _CLOSING:
                depth -= 1
            elif depth == 0 and word in words:
                return index
        raise UnreadableBody(f"{' or '.join(words)!r} missing")

    def _until(self, *words: str) -> str:
        """The source up to the next of these words, which is left to be read."""
        end = self._find(*words)
        text = self._text(self._at, end)
        self._at = end
        return text

    # ---------------------------------------------------------------- frames

    def _open(self, kind: str, names: Iterable[str] = ()) -> None:
        self._frames.append(_Frame(kind))
        for name in names:
            self._declare_name(name)
        if self._label:
            # A label can stand in front of a variable as an alias stands before a column.
            self._declare_name(self._label)
            self._label = None

    def _declare_name(self, name: str) -> None:
        self._frames[-1].declared.append(name)
        self.variables.declare(name)

    def _piece(self, kind: PieceKind, text: str) -> Iterator[Piece]:
        if text:
            yield Piece(kind, text)

    # ---------------------------------------------------------------- statements

    def read(self) -> Iterator[Piece]:
        while self._accept("#"):
            self._at += 2
        while self._at < len(self._tokens):
            self._interrupts()
            yield from self._statement()
        if len(self._frames) > 1:
            raise UnreadableBody("it ends too early")

    def _expression_until(self, *words: str) -> Iterator[Piece]:
        return self._expression(self._find(*words))

    def _expression(self, end: int) -> Iterator[Piece]:
        """An expression up to a place; most have nothing in them but variables."""
        start, self._at = self._at, end
        if not self._is_plain(start, end):
            yield from self._piece("expression", self._text(start, end))

    def _is_plain(self, start: int, end: int) -> bool:
        """Tell that nothing is used here: constants, operators of PostgreSQL's own, variables.

        No table is in sight, so that a name between two symbols is a variable, known or not.
        """
        is_operand = True
        for index in range(start, end):
            token = self._tokens[index]
            word = token.word
            if token.is_name and word not in _PLAIN_WORDS:
                is_alone = is_operand and (
                    index + 1 == end or self._tokens[index + 1].word in _PLAIN_SYMBOLS
                )
                if not is_alone and word not in self.variables:
                    return False
                is_operand = False
            elif token.is_name or word in _PLAIN_SYMBOLS:
                is_operand = True
            elif word[0] in _PLAIN_STARTS:
                is_operand = False
            else:
                return False
        return True

    def _statement(self) -> Iterator[Piece]:
        word = self._word()
        if word == ";":
            # After the last END.
            self._at += 1
        elif word == "<<":
            self._at += 1
            self._label = self._name()
            self._expect(">>")
        elif self._is_assignment():
            yield from self._assignment()
        else:
            method = _STATEMENTS.get(word)
            yield from method(self) if method is not None else self._sql()

    def _declare(self) -> Iterator[Piece]:
        self._at += 1
        self._open("block")
        while not self._accept("begin"):
            if not self._accept("declare"):
                yield from self._declaration()

    def _begin(self) -> Iterator[Piece]:
        self._at += 1
        self._open("block")
        return iter(())

    def _declaration(self) -> Iterator[Piece]:
        name = self._name()
        if self._accept("alias", "for"):
            self._until(";")
        elif self._word() in ("cursor", "scroll", "no"):
            yield from self._cursor()
        else:
            self._accept("constant")
            yield from self._declared_type(";", ":=", "=", "default", "not", "collate")
            self._until(";", ":=", "=", "default")
            if self._word() != ";":
                self._at += 1
                yield from self._expression_until(";")
        self._expect(";")
        self._declare_name(name)

    def _declared_type(self, *ends: str) -> Iterator[Piece]:
        start = self._at
        self._at = self._find(*ends)
        last = self._at
        text = self._text(start, last)
        for index in range(start, last - 1):
            if self._tokens[index].word == "%":
                text = self._text(start, index)
                first = self._folded(self._tokens[start])
                if self._tokens[index + 1].word == "rowtype":
                    yield from self._piece("row type", text)
                elif index > start + 1 and first not in self.variables:
                    yield from self._piece("column type", text)
                return
        yield from self._piece("type", text)

    def _cursor(self) -> Iterator[Piece]:
        self._accept("no")
        self._accept("scroll")
        self._expect("cursor")
        arguments: list[str] = []
        if self._accept("("):
            end = self._closing()
            while not self._accept(")"):
                arguments.append(self._name())
                comma = self._next_comma(end)
                yield from self._piece("type", self._text(self._at, comma))
                self._at = comma
                self._accept(",")
        if not self._accept("for"):
            self._expect("is")
        for argument in arguments:
            self.variables.declare(argument)
        yield from self._piece("query", self._until(";"))
        self.variables.forget(arguments)

    def _closing(self) -> int:
        """The parenthesis that closes the one that was opened before here."""
        depth = 0
        for index in range(self._at, len(self._tokens)):
            word = self._tokens[index].word
            if word in _OPENING:
                depth += 1
            elif word in _CLOSING:
                if depth == 0:
                    return index
                depth -= 1
        raise UnreadableBody("a parenthesis is not closed")

    def _exception(self) -> Iterator[Piece]:
        self._at += 1
        for name in _HANDLER_VARIABLES:
            self._declare_name(name)
        return iter(())

    def _when(self) -> Iterator[Piece]:
        self._at += 1
        text = self._until("then")
        self._at += 1
        if self._frames[-1].kind == "case":
            # The server compares with IN, so a list is allowed.
            yield from self._piece("expression", f"ARRAY[{text}]")

    def _end(self) -> Iterator[Piece]:
        self._at += 1
        if len(self._frames) == 1:
            raise UnreadableBody("END without a beginning")
        frame = self._frames.pop()
        self.variables.forget(frame.declared)
        if frame.kind in ("if", "case", "loop"):
            self._expect(frame.kind)
        if self._is_name():
            self._at += 1
        if self._at < len(self._tokens):
            self._expect(";")
        return iter(())

    def _if(self) -> Iterator[Piece]:
        if self._word() == "if":
            self._open("if")
        self._at += 1
        yield from self._expression_until("then")
        self._at += 1

    def _else(self) -> Iterator[Piece]:
        self._at += 1
        return iter(())

    def _case(self) -> Iterator[Piece]:
        self._at += 1
        self._open("case")
        yield from self._expression_until("when")

    def _loop(self) -> Iterator[Piece]:
        self._at += 1
        self._open("loop")
        return iter(())

    def _while(self) -> Iterator[Piece]:
        self._at += 1
        yield from self._expression_until("loop")
        yield from self._loop()

    def _for(self) -> Iterator[Piece]:
        self._at += 1
        targets: list[str] = []
        while self._word() != "in":
            if self._is_name() and self._word(-1) != ".":
                targets.append(self._folded(self._tokens[self._at]))
            self._at += 1
            if self._at >= len(self._tokens):
                raise UnreadableBody("FOR without IN")
        self._at += 1
        end = self._find("loop")
        if self._accept("execute"):
            yield from self._dynamic("loop")
        elif any(token.word == ".." for token in self._tokens[self._at : end]):
            self._accept("reverse")
            yield from self._expression_until("..")
            self._at += 1
            yield from self._expression_until("by", "loop")
            if self._accept("by"):
                yield from self._expression_until("loop")
        elif self._is_name() and self._word(1) in ("loop", "("):
            # A cursor variable, with arguments perhaps; a query begins with two words at least.
            if self._word() in ("values", "select", "explain"):
                yield from self._piece("query", self._until("loop"))
            else:
                self._at += 1
                yield from self._arguments("loop")
        else:
            yield from self._piece("query", self._until("loop"))
        self._expect("loop")
        self._open("loop", targets)

    def _foreach(self) -> Iterator[Piece]:
        self._at += 1
        self._until("array")
        self._at += 1
        yield from self._expression_until("loop")
        yield from self._loop()

    def _exit(self) -> Iterator[Piece]:
        self._at += 1
        self._until("when", ";")
        if self._accept("when"):
            yield from self._expression_until(";")
        self._at += 1

    def _return(self) -> Iterator[Piece]:
        self._at += 1
        if self._accept("query"):
            if self._accept("execute"):
                yield from self._dynamic(";")
            else:
                yield from self._piece("query", self._until(";"))
        else:
            self._accept("next")
            yield from self._expression_until(";")
        self._at += 1

    def _raise(self) -> Iterator[Piece]:
        self._at += 1
        if self._word() in _RAISE_LEVELS:
            self._at += 1
        self._until(",", "using", ";")
        while self._accept(","):
            yield from self._expression_until(",", "using", ";")
        if self._accept("using"):
            yield from self._options()
        self._at += 1

    def _options(self) -> Iterator[Piece]:
        while True:
            self._name()
            if not self._accept(":="):
                self._expect("=")
            yield from self._expression_until(",", ";")
            if not self._accept(","):
                return

    def _assert(self) -> Iterator[Piece]:
        self._at += 1
        yield from self._expression_until(";")
        self._at += 1

    def _perform(self) -> Iterator[Piece]:
        self._at += 1
        yield from self._piece("query", "SELECT " + self._until(";"))
        self._at += 1

    def _execute(self) -> Iterator[Piece]:
        self._at += 1
        yield from self._dynamic(";")
        self._at += 1

    def _dynamic(self, end: str) -> Iterator[Piece]:
        """EXECUTE's command, then INTO and USING in either order."""
        yield from self._piece("dynamic", self._until("into", "using", end))
        while self._word() != end:
            if self._accept("into"):
                self._until("using", end)
            else:
                self._expect("using")
                yield from self._expression_until("into", end)

    def _open_cursor(self) -> Iterator[Piece]:
        self._at += 1
        self._name()
        self._accept("no")
        self._accept("scroll")
        if self._accept("for"):
            if self._accept("execute"):
                yield from self._dynamic(";")
            else:
                yield from self._piece("query", self._until(";"))
        else:
            yield from self._arguments(";")
        self._at += 1

    def _arguments(self, end: str) -> Iterator[Piece]:
        """A cursor's arguments in parentheses; ``name := value`` is a named one."""
        if self._accept("("):
            closing = self._closing()
            while self._at < closing:
                if self._word(1) in (":=", "=>"):
                    self._at += 2
                stop = self._next_comma(closing)
                yield from self._expression(stop)
                self._at = stop + 1
            self._at = closing + 1
        self._until(end)

    def _next_comma(self, end: int) -> int:
        """The next comma outside parentheses before ``end``, or the end."""
        depth = 0
        for index in range(self._at, end):
            word = self._tokens[index].word
            if word in _OPENING:
                depth += 1
            elif word in _CLOSING:
                depth -= 1
            elif depth == 0 and word == ",":
                return index
        return end

    def _skip(self) -> Iterator[Piece]:
        """FETCH, MOVE, CLOSE, GET DIAGNOSTICS, NULL, COMMIT, ROLLBACK: variables only."""
        self._until(";")
        self._at += 1
        return iter(())

    def _is_assignment(self) -> bool:
        if not self._is_name() and not self._word().startswith("$"):
            return False
        ahead = 1
        while True:
            word = self._word(ahead)
            if word in (":=", "="):
                return True
            if word == ".":
                ahead += 2
            elif word == "[":
                depth = 1
                while depth and self._at + ahead < len(self._tokens):
                    ahead += 1
                    depth += (self._word(ahead) == "[") - (self._word(ahead) == "]")
                ahead += 1
            else:
                return False

    def _assignment(self) -> Iterator[Piece]:
        if self._word() in ("new", "old") and self._word(1) == ".":
            # A field of a trigger's row is a column of its table.
            yield from self._piece("expression", self._text(self._at, self._at + 3))
        while self._word() not in (":=", "="):
            self._at += 1
            if self._word(-1) == "[":
                closing = self._closing()
                for text in self._subscripts(self._at, closing):
                    yield from self._piece("expression", text)
                self._at = closing
        self._at += 1
        yield from self._expression_until(";")
        self._at += 1

    def _subscripts(self, start: int, end: int) -> list[str]:
        """``[1]`` or ``[1:2]``, either side of which may be missing."""
        colon = next((i for i in range(start, end) if self._tokens[i].word == ":"), None)
        if colon is None:
            return [self._text(start, end)]
        return [self._text(start, colon), self._text(colon + 1, end)]

    def _sql(self) -> Iterator[Piece]:
        """A statement of SQL, without the INTO that names variables."""
        start = self._at
        first = self._word()
        end = self._find(";")
        text = self._text(start, end)
        for index in range(start + 1, end):
            if self._tokens[index].word != "into" or first == "import":
                continue
            if self._tokens[index - 1].word in ("insert", "merge"):
                continue
            after = self._after_targets(index + 1, end)
            text = f"{self._text(start, index)} {self._text(after, end)}"
            break
        self._at = end + 1
        yield from self._piece("query", text)

    def _after_targets(self, at: int, end: int) -> int:
        if self._tokens[at].word == "strict":
            at += 1
        while True:
            at += 1
            while at < end and self._tokens[at].word == ".":
                at += 2
            if at < end and self._tokens[at].word == "[":
                self._at = at + 1
                at = self._closing() + 1
            if at >= end or self._tokens[at].word != ",":
                return at
            at += 1


_STATEMENTS = {
    "declare": BodyReader._declare,
    "begin": BodyReader._begin,
    "exception": BodyReader._exception,
    "when": BodyReader._when,
    "end": BodyReader._end,
    "if": BodyReader._if,
    "elsif": BodyReader._if,
    "elseif": BodyReader._if,
    "else": BodyReader._else,
    "case": BodyReader._case,
    "loop": BodyReader._loop,
    "while": BodyReader._while,
    "for": BodyReader._for,
    "foreach": BodyReader._foreach,
    "exit": BodyReader._exit,
    "continue": BodyReader._exit,
    "return": BodyReader._return,
    "raise": BodyReader._raise,
    "assert": BodyReader._assert,
    "perform": BodyReader._perform,
    "execute": BodyReader._execute,
    "open": BodyReader._open_cursor,
    "fetch": BodyReader._skip,
    "move": BodyReader._skip,
    "close": BodyReader._skip,
    "get": BodyReader._skip,
    "null": BodyReader._skip,
    "commit": BodyReader._skip,
    "rollback": BodyReader._skip,
}
"""Statements by their first word; every other one is SQL."""
$coord0$),
('uses/query.py', $coord0$"""Which function walks which statement that reads or changes rows, and queries in expressions.

Each walker returns the output columns of what it walked, so that the query around it can tell a
subquery's column from a table's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..loader import ast
from .collector import Collector
from .expression import handles
from .sources import CommonTables, Level, Output

NO_COMMON_TABLES: CommonTables = {}

Walker = Callable[[Collector, Any, Level | None, CommonTables], Output]

_WALKERS: dict[type, Walker] = {}


def walks(node_class: type) -> Callable[[Walker], Walker]:
    """Register the walker of a kind of statement."""

    def register(walker: Walker) -> Walker:
        _WALKERS[node_class] = walker
        return walker

    return register


def is_query(node: Any) -> bool:
    return node.__class__ in _WALKERS


def query(
    collector: Collector, node: Any, outer: Level | None, common: CommonTables = NO_COMMON_TABLES
) -> Output:
    """Walk any statement that reads or changes rows; ``outer`` is the query around it."""
    walker = _WALKERS.get(node.__class__)
    if walker is None:
        collector.opaque(node.__class__.__name__, "a statement of a kind that is not read here")
        return Output()
    return walker(collector, node, outer, common)


@handles(ast.SubLink)
def _sublink(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    if node.operName:
        collector.operator(node.operName, 2)
    query(collector, node.subselect, level, level.common)
    return (node.testexpr,)


@handles(ast.SelectStmt)
def _bare_select(collector: Collector, node: Any, level: Level) -> None:
    query(collector, node, level, level.common)
$coord0$),
('uses/result_columns.py', $coord0$"""The columns of a query, in order, with ``*`` spelled out where the script tells what it means.

``output.py`` follows a query for what it uses, and needs no order; a view or a table that is made
of a query has exactly the columns that are listed here, or nobody can tell them from the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..loader import ast
from . import builtin_names
from .from_clause import names_of
from .nodes import is_a
from .output import NO_SET_OPERATION, figured_name
from .sources import renamed

if TYPE_CHECKING:
    from ..names import Scope

Columns = tuple[str, ...] | None
"""None where the text does not tell them."""

MOST_COLUMNS = 1664
"""The server allows no more in one result; who asks for more gets no answer here."""

_MOST_LEVELS = 50
_NOTHING: Mapping[str, Columns] = {}


def result_columns(query: Any, scope: Scope) -> Columns:
    """The column names that a query returns, as the server would give them."""
    return _Reader(scope).query(query, _NOTHING)


def starred(query: Any, scope: Scope) -> tuple[str, ...]:
    """The relations whose columns a query shows by ``*``, where only the catalog has them."""
    while is_a(query, ast.SelectStmt) and query.op != NO_SET_OPERATION:
        query = query.larg
    if not is_a(query, ast.SelectStmt):
        return ()
    relations = list(_relations(query.fromClause or ()))
    found: dict[str, None] = {}
    for target in query.targetList or ():
        value = target.val
        if not _is_star(value) or not is_a(value, ast.ColumnRef):
            continue
        alias = value.fields[-2].sval if len(value.fields) > 1 else None
        for node in relations:
            shown = node.alias.aliasname if node.alias is not None else node.relname
            if alias is None or alias == shown:
                found[node.relname] = None
    return tuple(found)


def _relations(items: Sequence[Any]) -> Iterator[Any]:
    """The relations in FROM that show their columns as they are."""
    stack = list(reversed(items))
    while stack:
        node = stack.pop()
        if is_a(node, ast.JoinExpr):
            stack += [node.rarg, node.larg]
        elif is_a(node, ast.RangeVar) and not (node.alias is not None and node.alias.colnames):
            yield node


class _Item(NamedTuple):
    """An item of FROM: what ``*`` makes of it, and what ``alias.*`` does."""

    columns: Columns
    named: Mapping[str, Columns]


class _Reader:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._depth = 0

    def query(self, node: Any, common: Mapping[str, Columns]) -> Columns:
        if self._depth >= _MOST_LEVELS:
            return None
        self._depth += 1
        try:
            found = self._query(node, common)
        finally:
            self._depth -= 1
        return None if found is None or len(found) > MOST_COLUMNS else found

    def _query(self, node: Any, common: Mapping[str, Columns]) -> Columns:
        common = self._with(getattr(node, "withClause", None), common)
        while is_a(node, ast.SelectStmt) and node.op != NO_SET_OPERATION:
            # The first of the united queries gives the names.
            node = node.larg
            common = self._with(node.withClause, common)
        if is_a(node, ast.SelectStmt):
            if node.valuesLists:
                return tuple(f"column{no}" for no in range(1, len(node.valuesLists[0]) + 1))
            return self._targets(node.targetList or (), node.fromClause or (), common)
        clause = getattr(node, "returningClause", None)
        if clause is None:
            return None
        changed = (node.relation, *_others(node))
        return self._targets(clause.exprs or (), changed, common)

    def _with(self, clause: Any, common: Mapping[str, Columns]) -> Mapping[str, Columns]:
        if clause is None:
            return common
        visible = dict(common)
        for definition in clause.ctes:
            if clause.recursive:
                # Inside its own first part the name is none of these.
                visible.pop(definition.ctename, None)
            columns = self.query(definition.ctequery, visible)
            if columns is not None:
                columns = renamed(columns, names_of(definition.aliascolnames)) + _extra(definition)
            visible[definition.ctename] = columns
        return visible

    def _targets(
        self, targets: Sequence[Any], items: Sequence[Any], common: Mapping[str, Columns]
    ) -> Columns:
        sources: list[_Item] | None = None
        names: list[str] = []
        for target in targets:
            value = target.val
            if not _is_star(value):
                names.append(target.name or figured_name(value))
                continue
            if sources is None:
                sources = [self._item(item, common) for item in items]
            found = _expanded(value, sources)
            if found is None or len(names) > MOST_COLUMNS:
                return None
            names += found
        return tuple(names)

    # ---------------------------------------------------------------- FROM

    def _item(self, node: Any, common: Mapping[str, Columns]) -> _Item:
        if is_a(node, ast.JoinExpr):
            return self._joined(node, common)
        alias = node.alias.aliasname if getattr(node, "alias", None) is not None else ""
        given = names_of(node.alias.colnames) if alias else ()
        columns: Columns = None
        if is_a(node, ast.RangeVar):
            columns = self._relation(node, common)
            alias = alias or node.relname
        elif is_a(node, ast.RangeSubselect):
            columns = self.query(node.subquery, common)
        elif is_a(node, ast.RangeFunction):
            columns, alias = self._function(node, alias, given)
        if columns is not None:
            columns = renamed(columns, given)
        return _Item(columns, {alias: columns} if alias else {})

    def _relation(self, node: Any, common: Mapping[str, Columns]) -> Columns:
        if node.schemaname is None and node.relname in common:
            return common[node.relname]
        parts = (node.schemaname, node.relname) if node.schemaname else (node.relname,)
        options = self._scope.resolve(parts, "relation")
        table = self._scope.tables.get(options[0])
        if len(options) > 1 or table is None or not table.complete:
            return None
        return tuple(table.columns)

    def _function(self, node: Any, alias: str, given: tuple[str, ...]) -> tuple[Columns, str]:
        ordinality = ("ordinality",) if node.ordinality else ()
        if node.is_rowsfrom or len(node.functions) != 1:
            return None, alias
        call, definitions = node.functions[0]
        name = figured_name(call)
        alias = alias or name
        definitions = definitions or node.coldeflist
        if definitions:
            return tuple(one.colname for one in definitions) + ordinality, alias
        if is_a(call, ast.FuncCall):
            known = self._scope.result_columns(names_of(call.funcname))
            if known is not None:
                return known + ordinality, alias
            if name not in builtin_names.FUNCTIONS or name in builtin_names.RESULT_COLUMNS:
                # How many there are beyond those that the alias names, nobody tells.
                return (given[: len(given) - len(ordinality)] or None), alias
            if name.startswith(("json_populate", "jsonb_populate", "pg_")):
                return None, alias
        return (alias, *ordinality), alias

    def _joined(self, node: Any, common: Mapping[str, Columns]) -> _Item:
        """A chain of joins, which lean to the left and may be many."""
        chain = []
        while is_a(node, ast.JoinExpr):
            chain.append(node)
            node = node.larg
        columns, first = self._item(node, common)
        named = dict(first)
        for join in reversed(chain):
            right, more = self._item(join.rarg, common)
            columns = _merged(join, columns, right)
            if columns is not None and len(columns) > MOST_COLUMNS:
                columns = None
            for alias, known in more.items():
                named.setdefault(alias, known)
            if join.alias is not None:
                if columns is not None:
                    columns = renamed(columns, names_of(join.alias.colnames))
                named = {join.alias.aliasname: columns}
        return _Item(columns, named)


def _merged(join: Any, left: Columns, right: Columns) -> Columns:
    """USING and NATURAL show a common column once, before all others."""
    if left is None or right is None:
        return None
    if join.isNatural:
        there = frozenset(right)
        both = [name for name in left if name in there]
    else:
        both = list(names_of(join.usingClause))
    once = frozenset(both)
    rest = [name for side in (left, right) for name in side if name not in once]
    return (*both, *rest)


def _is_star(value: Any) -> bool:
    if is_a(value, ast.ColumnRef):
        return is_a(value.fields[-1], ast.A_Star)
    return is_a(value, ast.A_Indirection) and is_a(value.indirection[-1], ast.A_Star)


def _expanded(value: Any, sources: Sequence[_Item]) -> Columns:
    if not is_a(value, ast.ColumnRef):
        return None
    if len(value.fields) > 1:
        alias = value.fields[-2].sval
        for source in sources:
            if alias in source.named:
                return source.named[alias]
        return None
    names: list[str] = []
    for source in sources:
        if source.columns is None:
            return None
        names += source.columns
    return tuple(names)


def _others(node: Any) -> tuple[Any, ...]:
    """What UPDATE ... FROM and DELETE ... USING put beside the table."""
    return tuple(getattr(node, "fromClause", None) or getattr(node, "usingClause", None) or ())


def _extra(definition: Any) -> tuple[str, ...]:
    names: list[str] = []
    if definition.search_clause is not None:
        names.append(definition.search_clause.search_seq_column)
    if definition.cycle_clause is not None:
        names.append(definition.cycle_clause.cycle_mark_column)
        names.append(definition.cycle_clause.cycle_path_column)
    return tuple(names)
$coord0$),
('uses/routine.py', $coord0$"""Bodies of routines and DO blocks -> what the statements in them use.

PostgreSQL records what a BEGIN ATOMIC body depends on, and nothing of a body that is a string:
a table that such a body uses can be dropped, and the next call fails. The touches of string
bodies say so (``body``), and say as well when the server looks at them once, at creation
(``checked``): an SQL body as a whole, of a PL/pgSQL body the types in its declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import safe_parser
from ..loader import ast
from ..model import Json, Touch
from ..script_error import ScriptError
from .builtin_names import words
from .collector import NO_VARIABLES, Collector, Variables
from .expression import walk
from .literals import constant_text
from .nodes import is_a
from .plpgsql import BodyReader, Piece, UnreadableBody
from .query import NO_COMMON_TABLES
from .sources import Level, Relation, Sources
from .statement import Nested, statement

if TYPE_CHECKING:
    from ..names import Scope

_TRIGGER_VARIABLES = words(
    """
    new old tg_name tg_when tg_level tg_op tg_relid tg_relname tg_table_name tg_table_schema
    tg_nargs tg_argv tg_event tg_tag
    """
)

_EVERYWHERE = ("found",)

_INPUT_MODES = frozenset("dibv")
"""Modes of parameters whose names an SQL body can refer to: default, IN, INOUT, VARIADIC."""


def body_of(node: Any, scope: Scope, table: Relation | None = None) -> list[Touch]:
    """What the body of CREATE FUNCTION or CREATE PROCEDURE uses; its signature is not looked at.

    ``table`` is the one that ``new`` and ``old`` are rows of, when a trigger runs it.
    """
    options = {option.defname: option.arg for option in node.options or ()}
    name = node.funcname[-1].sval
    parameters = node.parameters or ()
    if node.sql_body is not None:
        named = _named_inputs(parameters)
        collector = Collector(scope, "reference", Variables([*named, name]))
        _rows(collector, named)
        for part in _flattened(node.sql_body):
            if is_a(part, ast.ReturnStmt):
                walk(collector, part.returnval, Level(Sources(), None, NO_COMMON_TABLES))
            else:
                statement(collector, part, None)
        return collector.touches
    language = options["language"].sval.lower() if "language" in options else "sql"
    texts = options.get("as")
    if language in ("c", "internal") or not texts:
        return []
    body = texts[0].sval
    inside = scope.for_body(node)
    if language == "sql":
        named = _named_inputs(parameters)
        collector = Collector(
            inside, "reference", Variables([*named, name]), body=True, checked=True
        )
        _rows(collector, named)
        _sql_text(collector, body, None)
        return collector.touches
    collector = Collector(inside, "reference", NO_VARIABLES, body=True)
    if table is not None:
        for row in ("new", "old"):
            collector.rows[row] = collector.table_source(row, (table,))
    if language == "plpgsql":
        names = [p.name for p in parameters if p.name]
        special = _TRIGGER_VARIABLES if _is_trigger(node) else ()
        variables = Variables([name, *names, *_EVERYWHERE, *special])
        _plpgsql(collector, body, variables, None)
    else:
        collector.opaque(f"{language} body", "only bodies in SQL and PL/pgSQL can be read")
    return collector.touches


def _named_inputs(parameters: Sequence[Any]) -> dict[str, Any]:
    """Parameters that an SQL body can refer to by name, with their types."""
    return {p.name: p.argType for p in parameters if p.name and p.mode.value in _INPUT_MODES}


def _rows(collector: Collector, parameters: dict[str, Any]) -> None:
    for name, type_node in parameters.items():
        collector.row_parameter(name, type_node)


def block_of(node: Any, scope: Scope, nested: Nested | None) -> list[Touch]:
    """What a DO block uses, which runs now; ``nested`` footprints the DDL that it contains."""
    language, body = "plpgsql", ""
    for option in node.args:
        if option.defname == "as":
            body = option.arg.sval
        elif option.defname == "language":
            language = option.arg.sval.lower()
    collector = Collector(scope, "data")
    if language == "plpgsql":
        _plpgsql(collector, body, Variables(_EVERYWHERE), nested)
    else:
        collector.opaque(f"{language} block", "only blocks in PL/pgSQL can be read")
    return _with_mentions(collector.touches, body)


_BEFORE_A_STATEMENT = frozenset((";", "begin", "then", "else", "loop"))


def is_guarded_block(node: Any) -> bool:
    """Whether a DO block looks first (IF \u2026 THEN), or catches errors (EXCEPTION WHEN \u2026)."""
    body = next((option.arg.sval for option in node.args if option.defname == "as"), "")
    data = body.encode(errors="surrogatepass")
    try:
        tokens = safe_parser.scan(data) or ()
    except safe_parser.Unparsable:
        return False
    words = [data[token.start : token.end + 1].decode(errors="replace").lower() for token in tokens]
    for before, word in zip(["begin", *words], words, strict=False):
        if word == "if" and before in _BEFORE_A_STATEMENT:
            return True
        if word == "when" and before == "exception":
            return True
    return False


MOST_MENTIONS = 20


def _with_mentions(touches: list[Touch], body: str) -> list[Touch]:
    """SQL that is put together at run time: at least the names among the block's literals."""
    if not any(touch.detail.get("opaque") for touch in touches):
        return touches
    data = body.encode(errors="surrogatepass")
    try:
        tokens = safe_parser.scan(data) or ()
    except safe_parser.Unparsable:
        # Said already: the block is opaque because it cannot be read.
        return touches
    mentions: list[Json] = []
    for token in tokens:
        if token.name == "SCONST":
            text = data[token.start + 1 : token.end].decode(errors="replace")
            if text.isidentifier() and text not in mentions and len(mentions) < MOST_MENTIONS:
                mentions.append(text)
    if not mentions:
        return touches
    return [
        touch._replace(detail={**touch.detail, "mentions": mentions})
        if touch.detail.get("opaque")
        else touch
        for touch in touches
    ]


def _is_trigger(node: Any) -> bool:
    return node.returnType is not None and node.returnType.names[-1].sval in (
        "trigger",
        "event_trigger",
    )


def _flattened(body: Any) -> Sequence[Any]:
    """BEGIN ATOMIC's statements come as a list in a list; RETURN alone as a node."""
    if not isinstance(body, tuple):
        return (body,)
    statements: list[Any] = []
    for part in body:
        statements.extend(_flattened(part))
    return statements


def _sql_text(collector: Collector, text: str, nested: Nested | None) -> None:
    """Statements in a string: an SQL function's body, or what EXECUTE runs."""
    try:
        parsed = safe_parser.parse_sql(text)
    except safe_parser.Unparsable as error:
        # The server's grammar may be newer or older than the parser's: it has the last word.
        collector.opaque("SQL text", f"it cannot be parsed: {error.message}")
        return
    for one in parsed:
        statement(collector, one.node, nested)
        collector.scope.interrupts()


MOST_PIECES = 20_000
"""As many expressions and queries of one body are parsed, which takes about a second."""


def _body_too_long() -> ScriptError:
    return ScriptError(
        "54000",
        "a PL/pgSQL body is too long",
        f"it has more than {MOST_PIECES} expressions and queries",
        "split it into several routines or blocks",
    )


def _plpgsql(collector: Collector, body: str, variables: Variables, nested: Nested | None) -> None:
    try:
        collector.variables = variables
        pieces = BodyReader(body, variables, collector.scope.interrupts).read()
        for number, piece in enumerate(pieces):
            if number >= MOST_PIECES:
                raise _body_too_long()
            _READERS[piece.kind](collector, piece, nested)
    except (UnreadableBody, safe_parser.Unparsable) as error:
        # Not an error here: the server decides what a valid body is, and says so at CREATE.
        collector.opaque("PL/pgSQL body", f"it cannot be read: {error}")


def _expression(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    _sql_text(collector, f"SELECT {piece.text}", nested)


def _query(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    _sql_text(collector, piece.text, nested)


def _dynamic(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    """EXECUTE: what it runs is known when it is put together from constants only."""
    value = _value(piece.text)
    command = constant_text(value)
    walk(collector, value, Level(Sources(), None, NO_COMMON_TABLES))
    if command is None:
        collector.opaque("dynamic SQL", "it is put together at run time")
        return
    # EXECUTE sees none of the variables around it.
    around, collector.variables = collector.variables, NO_VARIABLES
    _sql_text(collector, command, nested)
    collector.variables = around


def _type(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    value = _value(f"NULL::{piece.text}")
    if not is_a(value, ast.TypeCast):
        raise UnreadableBody(f"a type expected, not {piece.text!r}")
    _checked(collector, lambda: collector.type_use(value.typeName))


def _row_type(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    names = _qualified(piece.text)
    source = collector.source(names[-2] if len(names) > 1 else None, names[-1])
    _checked(collector, lambda: collector.table(source, all_columns=True))


def _column_type(collector: Collector, piece: Piece, nested: Nested | None) -> None:
    names = _qualified(piece.text)
    if len(names) < 2:
        # Another variable's type.
        return
    source = collector.source(names[-3] if len(names) > 2 else None, names[-2])

    def add() -> None:
        collector.table(source)
        collector.column(source, names[-1])

    _checked(collector, add)


def _checked(collector: Collector, add: Callable[[], None]) -> None:
    """Declarations are looked up when the routine is created, the statements are not."""
    before = collector.detail
    collector.detail = {**before, "checked": True} if "body" in before else before
    add()
    collector.detail = before


def _qualified(text: str) -> list[str]:
    value = _value(text)
    if not is_a(value, ast.ColumnRef) or not all(is_a(part, ast.String) for part in value.fields):
        raise UnreadableBody(f"a name expected, not {text!r}")
    return [field.sval for field in value.fields]


def _value(text: str) -> Any:
    """The tree of a single expression."""
    parsed = safe_parser.parse_sql(f"SELECT {text}")
    select = parsed[0].node
    if len(parsed) != 1 or not is_a(select, ast.SelectStmt) or len(select.targetList or ()) != 1:
        raise UnreadableBody(f"an expression expected, not {text!r}")
    return select.targetList[0].val


_READERS: dict[str, Callable[[Collector, Piece, Nested | None], None]] = {
    "expression": _expression,
    "query": _query,
    "dynamic": _dynamic,
    "type": _type,
    "row type": _row_type,
    "column type": _column_type,
}
$coord0$),
('uses/row_facts.py', $coord0$"""What a statement says about the rows it changes: constants, and the conditions on them.

Only what is plain is told: a column compared with a constant, IS NULL, conditions joined by AND.
``rest`` says that there is more to a condition than what is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..loader import ast, enums
from ..model import Json
from .nodes import is_a

Facts = dict[str, Json]

MOST = 40
"""Facts of wider rows than this are not worth keeping."""

_AND = enums.BoolExprType.AND_EXPR
_NULL = enums.NullTestType.IS_NULL
_OPERATOR = enums.A_Expr_Kind.AEXPR_OP
_IN = enums.A_Expr_Kind.AEXPR_IN
_ANY = enums.A_Expr_Kind.AEXPR_OP_ANY
_BETWEEN = enums.A_Expr_Kind.AEXPR_BETWEEN
_NOT = enums.BoolExprType.NOT_EXPR
_COMPARED = frozenset(("=", "<>", "<", "<=", ">", ">="))
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def inserted(node: Any) -> Facts:
    """The values of INSERT \u2026 VALUES with one row, and what ON CONFLICT looks for."""
    return {**_row(node), **_conflict(node.onConflictClause)}


def _conflict(clause: Any) -> Facts:
    """``conflict``: the columns whose values it takes to be there already; empty for any key."""
    if clause is None:
        return {}
    elements = getattr(clause.infer, "indexElems", None) or ()
    names: list[Json] = [element.name for element in elements if element.name]
    return {"conflict": names if len(names) == len(elements) else []}


def _row(node: Any) -> Facts:
    select = node.selectStmt
    lists = getattr(select, "valuesLists", None)
    if not lists or len(lists) > MOST or len(lists[0]) > MOST:
        return {}
    if not node.cols or len(lists) > 1:
        # Which columns these are, the catalog knows.
        values: list[Json] = [
            [[_constant(one)] if _is_constant(one) else [] for one in row] for row in lists
        ]
        return {"values": values, "given": [column.name for column in node.cols or ()]}
    row: dict[str, Json] = {
        column.name: _constant(value)
        for column, value in zip(node.cols, lists[0], strict=False)
        if _is_constant(value)
    }
    return {"row": row}


def updated(node: Any) -> Facts:
    """The constants that UPDATE sets, and its condition."""
    targets = node.targetList or ()
    if len(targets) > MOST:
        return {}
    values: dict[str, Json] = {
        target.name: _constant(target.val)
        for target in targets
        if target.name and _is_constant(target.val)
    }
    return {"set": values, **condition(node.whereClause)}


def condition(node: Any) -> Facts:
    """``where``: what is told of the condition; ``rest``: there is more to it."""
    told: list[Json] = []
    rest = False
    for part in _conjuncts(node):
        facts = _comparisons(part)
        if not facts or len(told) >= MOST:
            rest = True
        else:
            told += facts
    return {"where": told, "rest": True} if rest else {"where": told}


def _conjuncts(node: Any) -> Iterator[Any]:
    stack = [node]
    while stack:
        part = stack.pop()
        if part is None:
            continue
        if is_a(part, ast.BoolExpr) and part.boolop == _AND:
            stack.extend(part.args)
        else:
            yield part


def _comparisons(node: Any) -> list[Json]:
    if is_a(node, ast.A_Expr) and node.kind == _BETWEEN:
        name = _column(node.lexpr)
        ends = node.rexpr
        if name is None or not all(_is_constant(end) for end in ends):
            return []
        return [[name, ">=", _constant(ends[0])], [name, "<=", _constant(ends[1])]]
    fact = _comparison(node)
    return [] if fact is None else [fact]


def _comparison(node: Any) -> list[Json] | None:
    if is_a(node, ast.ColumnRef):
        name = _column(node)
        return None if name is None else [name, "=", "true"]
    if is_a(node, ast.BoolExpr) and node.boolop == _NOT:
        name = _column(node.args[0])
        return None if name is None else [name, "=", "false"]
    if is_a(node, ast.NullTest):
        name = _column(node.arg)
        if name is None:
            return None
        return [name, "null" if node.nulltesttype == _NULL else "not null", None]
    if not is_a(node, ast.A_Expr):
        return None
    operator = str(node.name[-1].sval)
    among = _among(node) if operator == "=" else None
    if among is not None:
        name = _column(node.lexpr)
        if name is None or not all(_is_constant(value) for value in among):
            return None
        return [name, "in", [_constant(value) for value in among]]
    if node.kind != _OPERATOR or operator not in _COMPARED:
        return None
    name, value = _column(node.lexpr), node.rexpr
    if name is None:
        name, value = _column(node.rexpr), node.lexpr
        operator = _MIRRORED.get(operator, operator)
    if name is None or not _is_constant(value) or _constant(value) is None:
        return None
    return [name, operator, _constant(value)]


def _among(node: Any) -> Sequence[Any] | None:
    """The values of IN (\u2026), or of = ANY (ARRAY [\u2026]), which the server makes of it."""
    if node.kind == _IN:
        return tuple(node.rexpr)
    values = node.rexpr
    while is_a(values, ast.TypeCast):
        values = values.arg
    if node.kind == _ANY and is_a(values, ast.A_ArrayExpr):
        return tuple(values.elements or ())
    return None


_TEXTS = frozenset(("text", "varchar", "bpchar"))


def _column(node: Any) -> str | None:
    if is_a(node, ast.TypeCast) and node.typeName.names[-1].sval in _TEXTS:
        # As the server shows a comparison of varchar, or of a domain over text.
        node = node.arg
    if not is_a(node, ast.ColumnRef) or not is_a(node.fields[-1], ast.String):
        return None
    return str(node.fields[-1].sval)


def _is_constant(node: Any) -> bool:
    while is_a(node, ast.TypeCast):
        node = node.arg
    return is_a(node, ast.A_Const)


def _constant(node: Any) -> Json:
    """The constant as text; None is NULL."""
    while is_a(node, ast.TypeCast):
        node = node.arg
    if node.isnull:
        return None
    for attribute in ("sval", "ival", "fval", "boolval"):
        found = getattr(node.val, attribute, None)
        if found is not None:
            return str(found).lower() if attribute == "boolval" else str(found)
    return None
$coord0$),
('uses/select.py', $coord0$"""SELECT, VALUES, set operations and WITH."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..loader import ast
from .collector import Collector
from .expression import find_source, walk
from .from_clause import from_item, names_of
from .grouping import primary_keys
from .nodes import is_a
from .output import NO_SET_OPERATION, output_of
from .query import query, walks
from .sources import CommonTable, CommonTables, Level, Output, Sources


@walks(ast.SelectStmt)
def _select(collector: Collector, node: Any, outer: Level | None, common: CommonTables) -> Output:
    """Walk a SELECT, or a tree of them joined by UNION and the like, however long its chain."""
    if node.op == NO_SET_OPERATION:
        return _simple_select(collector, node, outer, common)
    return _set_operation(collector, node, outer, common, lambda first: None)


def _set_operation(
    collector: Collector,
    node: Any,
    outer: Level | None,
    common: CommonTables,
    on_first: Callable[[Output], None],
) -> Output:
    output: Output | None = None
    stack = [(node, common)]
    while stack:
        part, visible = stack.pop()
        if part.op == NO_SET_OPERATION:
            found = _simple_select(collector, part, outer, visible)
            if output is None:
                output = found
                on_first(found)
            continue
        visible = with_clause(collector, part.withClause, outer, visible)
        stack.append((part.rarg, visible))
        stack.append((part.larg, visible))
        level = Level(Sources(), outer, visible)
        # The result of a set operation is sorted by its output columns, by nothing else.
        walk(collector, (part.limitOffset, part.limitCount), level)
    return output or Output()


def _simple_select(
    collector: Collector, node: Any, outer: Level | None, common: CommonTables
) -> Output:
    common = with_clause(collector, node.withClause, outer, common)
    level = Level(Sources(), outer, common)
    if node.valuesLists:
        walk(collector, node.valuesLists, level)
        _sort(collector, node.sortClause, level, frozenset())
        walk(collector, (node.limitOffset, node.limitCount), level)
        width = len(node.valuesLists[0])
        return Output(tuple(f"column{number}" for number in range(1, width + 1)))
    for item in node.fromClause or ():
        from_item(collector, item, level, level.sources)
    distinct = node.distinctClause
    targets = node.targetList or ()
    for target in targets:
        walk(collector, target.val, level)
    walk(collector, node.whereClause, level)
    aliases = frozenset(target.name for target in targets if target.name)
    for item in node.groupClause or ():
        if not _is_bare_name(item, aliases):
            walk(collector, item, level)
    if node.groupClause:
        primary_keys(collector, targets, node.groupClause, level)
    walk(collector, (node.havingClause, node.windowClause), level)
    if distinct and distinct[0] is not None:
        for item in distinct:
            if not _is_bare_name(item, aliases):
                walk(collector, item, level)
    _sort(collector, node.sortClause, level, aliases)
    walk(collector, (node.limitOffset, node.limitCount), level)
    for clause in node.lockingClause or ():
        _locking(collector, clause, level)
    return output_of(collector, targets, level)


def _sort(
    collector: Collector, clause: Sequence[Any] | None, level: Level, aliases: frozenset[str]
) -> None:
    for item in clause or ():
        if _is_bare_name(item.node, aliases):
            if item.useOp:
                collector.operator(item.useOp, 2)
        else:
            walk(collector, item, level)


def _is_bare_name(node: Any, aliases: frozenset[str]) -> bool:
    """Tell whether this is the name of an output column, as ORDER BY and GROUP BY may use it."""
    return (
        is_a(node, ast.ColumnRef)
        and len(node.fields) == 1
        and is_a(node.fields[0], ast.String)
        and node.fields[0].sval in aliases
    )


def _locking(collector: Collector, clause: Any, level: Level) -> None:
    """FOR UPDATE locks rows of the tables it names, or of all; it changes none of them."""
    if collector.facet != "data":
        return
    if clause.lockedRels:
        locked = [find_source([relation.relname], level) for relation in clause.lockedRels]
    else:
        locked = list(level.sources.everything)
    for source in locked:
        if source is not None and source.tables:
            collector.table(source, locked=True)


def with_clause(
    collector: Collector, clause: Any, outer: Level | None, common: CommonTables
) -> CommonTables:
    """Walk the WITH queries; return what names mean for the query that they belong to."""
    if clause is None:
        return common
    visible = dict(common)
    if clause.recursive:
        # Each may refer to itself and to those that follow.
        for definition in clause.ctes:
            visible[definition.ctename] = _common_table(definition)
    for definition in clause.ctes:
        table = visible[definition.ctename] if clause.recursive else _common_table(definition)
        body = definition.ctequery

        if is_a(body, ast.SelectStmt) and body.op != NO_SET_OPERATION:
            # A recursive one is in sight of itself as soon as its first part is known.
            table.settle(_set_operation(collector, body, outer, visible, table.settle))
        else:
            table.settle(query(collector, body, outer, visible))
        visible[definition.ctename] = table
    return visible


def _common_table(definition: Any) -> CommonTable:
    extra: list[str] = []
    if definition.search_clause is not None:
        extra.append(definition.search_clause.search_seq_column)
    if definition.cycle_clause is not None:
        extra.append(definition.cycle_clause.cycle_mark_column)
        extra.append(definition.cycle_clause.cycle_path_column)
    return CommonTable(names_of(definition.aliascolnames), tuple(extra))
$coord0$),
('uses/sources.py', $coord0$"""What the columns of a query can come from: the items of its FROM clause, level by level.

A table is known by name only: which columns it has, the text does not say, unless the table is
created in the same script. So a bare column name has an answer of one of three kinds: certainly
from this source (a subquery's output column), possibly from these tables, or from none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

Relation = tuple[str | None, str]
"""Schema and name of a relation."""

NOTHING: frozenset[str] = frozenset()

MOST_CANDIDATES = 64
"""Beyond so many tables that a column could belong to, naming them all says nothing."""


class Output(NamedTuple):
    """The columns that a query returns: names that it gives, and tables passed on whole (``*``)."""

    names: tuple[str, ...] = ()
    tables: tuple[Source, ...] = ()
    is_open: bool = False
    """It also passes on something of which the text does not tell the columns."""


class Source:
    """One item of a FROM clause, as column references see it."""

    __slots__ = ("alias", "schema", "tables", "known", "own", "through", "is_open")

    def __init__(
        self,
        alias: str,
        *,
        schema: str | None = None,
        tables: tuple[Relation, ...] = (),
        known: frozenset[str] = NOTHING,
        own: bool = False,
        through: tuple[Source, ...] = (),
        is_open: bool = False,
    ) -> None:
        self.alias = alias
        self.schema = schema
        """The schema as written, when there is no alias: ``public.users.id`` needs it."""
        self.tables = tables
        """The table itself; several when only the catalog can tell which; none for a subquery."""
        self.known = known
        """Column names that it has for certain."""
        self.own = own
        """The known names are the table's own, not names that the query gave."""
        self.through = through
        """Tables whose columns a subquery passes on, whatever they are."""
        self.is_open = is_open
        """It may have columns of which the text does not tell the names."""

    def find(self, name: str) -> Finding:
        """Tell whether a column of this name comes from here, and from which tables."""
        if name in self.known:
            return Finding(True, (self,) if self.own else ())
        if self.tables:
            return Finding(False, (self,)) if self.is_open else ABSENT
        possible: list[Source] = []
        for table in self.through:
            found = table.find(name)
            if found.certain:
                return found
            possible.extend(found.tables)
            if len(possible) > MOST_CANDIDATES:
                break
        return Finding(False, tuple(possible), self.is_open)

    @property
    def bases(self) -> tuple[Source, ...]:
        """The tables of which this source has all columns: itself, or what it passes on."""
        return (self,) if self.tables else self.through


class Finding(NamedTuple):
    """The answer of one source, or of a whole query, about one column name."""

    certain: bool
    tables: tuple[Source, ...]
    or_elsewhere: bool = False
    """It may also be a column of something that is no table: a function's result, say."""


ABSENT = Finding(False, ())

_FEW = 8
"""Names of sources with so few columns are indexed, other sources are asked one by one."""


class Sources:
    """The items of one FROM clause, indexed by what references to them look like."""

    __slots__ = ("by_alias", "_named", "_wide", "_unclear", "merged", "everything")

    def __init__(self, items: Iterable[Source] = ()) -> None:
        self.by_alias: dict[str, Source] = {}
        self._named: dict[str, Source] = {}
        self._wide: dict[frozenset[str], Source] = {}
        self._unclear: list[Source] = []
        self.merged: set[str] = set()
        """Columns of JOIN \u2026 USING: one column of both sides, already reported there."""
        self.everything: list[Source] = []
        for item in items:
            self.add(item)

    def add(self, source: Source) -> None:
        self.by_alias.setdefault(source.alias, source)
        self.everything.append(source)
        if len(source.known) > _FEW:
            # A WITH query that is used a thousand times has the same set each time.
            self._wide.setdefault(source.known, source)
        else:
            for name in source.known:
                self._named.setdefault(name, source)
        if source.is_open or source.through:
            self._unclear.append(source)

    def add_hidden(self, source: Source) -> None:
        """Add a source that only qualified references see (OLD, NEW, a join's alias)."""
        self.by_alias[source.alias] = source

    def absorb(self, other: Sources) -> None:
        for alias, source in other.by_alias.items():
            self.by_alias.setdefault(alias, source)
        for name, source in other._named.items():
            self._named.setdefault(name, source)
        for names, source in other._wide.items():
            self._wide.setdefault(names, source)
        self._unclear.extend(other._unclear)
        self.merged |= other.merged
        self.everything.extend(other.everything)

    def find(self, name: str) -> Finding:
        """Look for an unqualified column name in all of them."""
        if name in self.merged:
            return Finding(True, ())
        source = self._named.get(name)
        if source is None:
            source = next((wide for names, wide in self._wide.items() if name in names), None)
        if source is not None:
            return Finding(True, (source,) if source.own else ())
        possible: list[Source] = []
        or_elsewhere = False
        for source in self._unclear:
            found = source.find(name)
            if found.certain:
                return found
            possible.extend(found.tables)
            or_elsewhere = or_elsewhere or found.or_elsewhere
            if len(possible) > MOST_CANDIDATES:
                break
        return Finding(False, tuple(possible), or_elsewhere)


class CommonTable:
    """A WITH query: its name stands for its output from where it is in sight."""

    __slots__ = ("columns", "extra", "output", "is_open", "_known")

    def __init__(self, columns: tuple[str, ...], extra: tuple[str, ...]) -> None:
        self.columns = columns
        self.extra = extra
        """Columns that SEARCH and CYCLE add."""
        self.output = Output()
        self.is_open = True
        """Its columns are not known yet: a reference inside its own definition."""
        self._known = frozenset(columns + extra)

    def settle(self, output: Output) -> None:
        """Take note of the columns, which are known when its query has been walked."""
        self.output = output
        self.is_open = False
        self._known = frozenset(self._names())

    def source(self, alias: str, columns: tuple[str, ...]) -> Source:
        return Source(
            alias,
            known=frozenset(renamed(self._names(), columns)) if columns else self._known,
            through=self.output.tables,
            is_open=self.output.is_open or (self.is_open and not self.columns),
        )

    def _names(self) -> tuple[str, ...]:
        return renamed(self.output.names, self.columns) + self.extra


def renamed(names: tuple[str, ...], columns: tuple[str, ...]) -> tuple[str, ...]:
    """Put an alias's column list over a source's own column names."""
    return columns + names[len(columns) :] if columns else names


CommonTables = Mapping[str, CommonTable]


class Level:
    """A query's own sources, and the query around it that it may refer to."""

    __slots__ = ("sources", "outer", "common")

    def __init__(self, sources: Sources, outer: Level | None, common: CommonTables) -> None:
        self.sources = sources
        self.outer = outer
        self.common = common
$coord0$),
('uses/statement.py', $coord0$"""Any statement that stands in a body or runs by itself -> what it uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..loader import ast
from ..model import Touch
from . import changes, select  # noqa: F401  (they register what they walk)
from .collector import Access, Collector
from .expression import walk
from .nodes import child_names, is_a
from .query import NO_COMMON_TABLES, is_query, query
from .sources import Level, Sources

Nested = Callable[[Any], list[Touch]]
"""How to footprint DDL that a block runs."""


def statement(
    collector: Collector, node: Any, nested: Nested | None, outer: Level | None = None
) -> None:
    """Collect what one statement uses; ``outer`` holds rows that it sees from outside."""
    if is_query(node):
        _created_by_into(collector, node)
        query(collector, node, outer)
        return
    handler = _HANDLERS.get(node.__class__)
    if handler is not None:
        handler(collector, node, nested)
    elif nested is not None:
        collector.touches += nested(node)
    else:
        _definition(collector, node)


def _created_by_into(collector: Collector, node: Any) -> None:
    """SELECT \u2026 INTO makes a table, which is none that anybody else could touch."""
    if is_a(node, ast.SelectStmt) and node.intoClause is not None:
        collector.local_relations.add(node.intoClause.rel.relname)


def _inner_query(collector: Collector, node: Any, nested: Nested | None) -> None:
    """EXPLAIN, PREPARE and DECLARE CURSOR."""
    statement(collector, node.query, nested)


def _call(collector: Collector, node: Any, nested: Nested | None) -> None:
    call = node.funccall
    arguments = call.args or ()
    collector.function(call.funcname, len(arguments), "procedure")
    walk(collector, arguments, Level(Sources(), None, NO_COMMON_TABLES))


def _copy(collector: Collector, node: Any, nested: Nested | None) -> None:
    if node.query is not None:
        query(collector, node.query, None)
        return
    relation = node.relation
    source = collector.source(relation.schemaname, relation.relname)
    access: Access = "write" if node.is_from else "read"
    collector.table(source, access)
    if not node.attlist:
        collector.table(source, access, all_columns=True)
    for name in node.attlist or ():
        collector.column(source, name.sval, access)
    walk(collector, node.whereClause, Level(Sources([source]), None, NO_COMMON_TABLES))


def _create_table_as(collector: Collector, node: Any, nested: Nested | None) -> None:
    if nested is not None:
        collector.touches += nested(node)
        return
    statement(collector, node.query, None)
    collector.local_relations.add(node.into.rel.relname)


def _create_table(collector: Collector, node: Any, nested: Nested | None) -> None:
    if nested is not None:
        collector.touches += nested(node)
        return
    _definition(collector, node)
    collector.local_relations.add(node.relation.relname)


def _execute(collector: Collector, node: Any, nested: Nested | None) -> None:
    walk(collector, node.params, Level(Sources(), None, NO_COMMON_TABLES))


def _rows_of_tables(collector: Collector, node: Any, nested: Nested | None) -> None:
    """TRUNCATE and LOCK."""
    for relation in node.relations:
        source = collector.source(relation.schemaname, relation.relname)
        collector.table(source, "write" if is_a(node, ast.TruncateStmt) else "read")


def _definition(collector: Collector, node: Any) -> None:
    """DDL in a function's body runs when somebody calls it: the tables that it names are used."""
    stack = [node]
    while stack:
        part = stack.pop()
        if part.__class__ is tuple:
            stack.extend(part)
        elif is_a(part, ast.RangeVar):
            created = is_a(node, ast.CreateStmt, ast.ViewStmt, ast.CreateSeqStmt)
            if not created or part is not getattr(node, "relation", getattr(node, "view", None)):
                collector.table(collector.source(part.schemaname, part.relname), "write")
        elif part is not None:
            stack.extend(getattr(part, name) for name in child_names(part.__class__))


_HANDLERS: dict[type, Callable[[Collector, Any, Nested | None], None]] = {
    ast.ExplainStmt: _inner_query,
    ast.PrepareStmt: _inner_query,
    ast.DeclareCursorStmt: _inner_query,
    ast.CallStmt: _call,
    ast.CopyStmt: _copy,
    ast.CreateTableAsStmt: _create_table_as,
    ast.CreateStmt: _create_table,
    ast.ExecuteStmt: _execute,
    ast.TruncateStmt: _rows_of_tables,
    ast.LockStmt: _rows_of_tables,
}
$coord0$)
) as file (path, source)
$function$;
comment on function coord._detector_sources() is
    'The Python files of the detector, as they are in the source tree (internal)';

create or replace function coord._load_detector() returns void
language plpython3u volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
# As the owner: where the parser lies is nothing that a caller may influence.
if 'confiture_coord 7f306ec57b0d8bfe' in GD:
    return
import importlib
import importlib.machinery
import importlib.util
import marshal
import sys

package = 'coord_detector_7f306ec57b0d8bfe'
python = f'{sys.implementation.cache_tag} {importlib.util.MAGIC_NUMBER.hex()}'
compiled = plpy.prepare(
    'select path, code from coord.detector_code where fingerprint = $1 and python = $2',
    ['text', 'text'],
)
codes = {row['path']: row['code'] for row in plpy.execute(compiled, [package, python])}
paths = {row['path'] for row in plpy.execute('select path from coord._detector_sources()')}


def source_of(path):
    plan = plpy.prepare('select source from coord._detector_sources() where path = $1', ['text'])
    return plpy.execute(plan, [path])[0]['source']


class Importer:
    """Imports the package from the database; traceback finds the lines by get_source."""

    @staticmethod
    def file_of(name):
        stem = name[len(package) + 1:].replace('.', '/')
        for path in (f'{stem}/__init__.py' if stem else '__init__.py', f'{stem}.py'):
            if path in paths:
                return path
        return None

    def find_spec(self, name, path=None, target=None):
        if name != package and not name.startswith(package + '.'):
            return None
        file = self.file_of(name)
        if file is None:
            return None
        return importlib.machinery.ModuleSpec(
            name, self, origin=f'confiture_coord/{file}', is_package=file.endswith('__init__.py')
        )

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        spec = module.__spec__
        module.__file__ = spec.origin
        path = self.file_of(spec.name)
        if path in codes:
            code = marshal.loads(codes.pop(path))
        else:
            code = compile(source_of(path), spec.origin, 'exec', dont_inherit=True)
        exec(code, module.__dict__)

    def get_source(self, name):
        try:
            return source_of(self.file_of(name))
        except plpy.SPIError:
            return None  # the transaction has failed already: a traceback without its lines


sys.meta_path.insert(0, Importer())
folder = plpy.execute("select setting from pg_catalog.pg_config where name = 'PKGLIBDIR'")
version = f'python{sys.version_info.major}.{sys.version_info.minor}'
loader = importlib.import_module(package + '.loader')
loader.prepare(f"{folder[0]['setting']}/confiture_coord/{version}", in_backend=True)
backend = importlib.import_module(package + '.backend')
backend.start(plpy)
GD['confiture_coord 7f306ec57b0d8bfe'] = backend
$function$;
comment on function coord._load_detector() is
    'Loads the detector into this session (internal; harmless to call)';

create or replace function coord.compile_detector() returns integer
language plpython3u volatile
set search_path = pg_catalog, pg_temp
as $function$
import importlib.util
import marshal
import sys

package = 'coord_detector_7f306ec57b0d8bfe'
python = f'{sys.implementation.cache_tag} {importlib.util.MAGIC_NUMBER.hex()}'
insert = plpy.prepare(
    'insert into coord.detector_code (fingerprint, python, path, code) values ($1, $2, $3, $4)',
    ['text', 'text', 'text', 'bytea'],
)
plpy.execute('delete from coord.detector_code')
rows = plpy.execute('select path, source from coord._detector_sources()')
for row in rows:
    origin = f"confiture_coord/{row['path']}"
    code = compile(row['source'], origin, 'exec', dont_inherit=True)
    plpy.execute(insert, [package, python, row['path'], marshal.dumps(code)])
return len(rows)
$function$;
comment on function coord.compile_detector() is
    'Compiles the detector for the server''s Python, so that sessions begin quickly; an '
    'installation does it, the owner may do it again after Python was upgraded';

-- sql/code/15_setting.sql
-- Settings: their names, defaults and meaning, and the view through which the owner changes them.

delete from coord.setting_default;
insert into coord.setting_default (name, value, check_as, description)
values
    ('conflicted_from', 'warning', 'warning|error',
     'from which severity on an open conflict makes a new intent conflicted'),
    ('lock_wait_ms', '5000', 'number',
     'how long a call waits for another transaction before it gives up with 55P03'),
    ('merge_needs_reviewer', 'off', 'on|off',
     'whether only members of coord_reviewer may mark an intent merged'),
    ('branch_hook', '', 'function',
     'a function of one text argument, called with each new branch name and the caller''s rights'),
    ('notify_channel', '', 'channel',
     'a channel that is notified of each registration that found conflicts'),
    ('warnings_shown', '10', 'number',
     'how many conflicts one registration raises as warnings'),
    ('max_script_bytes', '1000000', 'number', 'how long all the changes of one call may be'),
    ('max_statement_bytes', '200000', 'number', 'how long one statement may be'),
    ('max_statements', '20000', 'number', 'how many statements one call may hand in'),
    ('max_name_length', '255', 'number', 'how long an agent id or a feature name may be'),
    ('max_tables', '10000', 'number', 'how many tables tables_affected may name'),
    ('max_metadata_bytes', '100000', 'number', 'how large the metadata may be'),
    ('max_text_length', '10000', 'number', 'how long a reason or a note may be');

create or replace function coord._setting_of(name text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_value text;
begin
    select coalesce(s.value, d.value) into v_value
    from coord.setting_default d left join coord.setting_value s on s.name = d.name
    where d.name = $1;
    return v_value;
end
$function$;
comment on function coord._setting_of(text) is 'The value in force of one setting (internal)';

create or replace view coord.setting as
select d.name, coalesce(s.value, d.value) as value, d.value as default_value, d.description
from coord.setting_default d
left join coord.setting_value s on s.name = d.name;
comment on view coord.setting is
    'Policy and limits; the owner changes them with UPDATE, everybody in coord_reader reads them';

create or replace function coord._write_setting() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_default record;
begin
    if tg_op = 'DELETE' then
        delete from coord.setting_value where name = old.name;
        return old;
    end if;
    if tg_op = 'UPDATE' and new.name <> old.name then
        perform coord._raise('22023', 'a setting cannot be renamed',
            format('"%s" to "%s"', old.name, new.name), 'set the value of the other setting');
    end if;
    select * into v_default from coord.setting_default d where d.name = new.name;
    if not found then
        perform coord._raise('22023', format('unknown setting "%s"', new.name), null,
            'list the settings with: SELECT * FROM coord.setting');
    end if;
    if new.value is null then
        perform coord._raise('22004', format('setting "%s" needs a value', new.name), null,
            'DELETE the row to return to the default');
    end if;
    if v_default.check_as = 'number' and new.value !~ '^[0-9]{1,9}$' then
        perform coord._raise('22023', format('setting "%s" is a number', new.name),
            format('given: "%s"', new.value), 'give digits only');
    elsif v_default.check_as like '%|%'
        and not new.value = any (string_to_array(v_default.check_as, '|')) then
        perform coord._raise('22023', format('setting "%s" cannot be "%s"', new.name, new.value),
            null, format('one of: %s', replace(v_default.check_as, '|', ', ')));
    elsif v_default.check_as = 'channel' and octet_length(new.value) > 63 then
        perform coord._raise('22023', format('setting "%s" is no name of a channel', new.name),
            format('given: "%s"', new.value), 'a channel has 63 bytes at most');
    elsif v_default.check_as = 'function' and new.value <> ''
        and to_regprocedure(new.value) is null then
        perform coord._raise('22023', format('setting "%s" names no function', new.name),
            format('given: "%s"', new.value),
            'give its schema and argument types: my_schema.my_function(text)');
    end if;
    if new.value = v_default.value then
        delete from coord.setting_value where name = new.name;
    else
        insert into coord.setting_value as s (name, value) values (new.name, new.value)
        on conflict on constraint setting_value_pkey do update set value = excluded.value;
    end if;
    return new;
end
$function$;
comment on function coord._write_setting() is 'Checks and stores a changed setting (internal)';

create or replace trigger setting_100_write
instead of insert or update or delete on coord.setting
for each row execute function coord._write_setting();

-- sql/code/18_trust.sql
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

-- sql/code/20_transition.sql
-- The transition rules: the statuses, the legal moves, and the triggers that enforce them.
-- Nothing else in the product decides which move is legal.

insert into coord.status as s
    (status, is_active, refuses_errors, moots_conflicts, description, builtin)
values
    ('registered', true, false, false, 'declared; nothing stands in the way', true),
    ('conflicted', true, false, false, 'declared; open conflicts are to be looked at', true),
    ('in_progress', true, true, false, 'being worked on', true),
    ('completed', true, false, false, 'done on its branch, not merged yet', true),
    ('merged', false, false, false, 'part of the schema now', true),
    ('abandoned', false, false, true, 'will not be done', true)
on conflict on constraint status_pkey do update
set is_active = excluded.is_active, refuses_errors = excluded.refuses_errors,
    moots_conflicts = excluded.moots_conflicts, description = excluded.description,
    builtin = true;

insert into coord.status_transition as t (old_status, new_status, builtin)
values
    ('registered', 'in_progress', true),
    ('registered', 'conflicted', true),
    ('registered', 'abandoned', true),
    ('conflicted', 'registered', true),
    ('conflicted', 'in_progress', true),
    ('conflicted', 'abandoned', true),
    ('in_progress', 'completed', true),
    ('in_progress', 'conflicted', true),
    ('in_progress', 'abandoned', true),
    ('completed', 'merged', true),
    ('completed', 'in_progress', true),
    ('completed', 'conflicted', true),
    ('completed', 'abandoned', true)
on conflict on constraint status_transition_pkey do update set builtin = true;

create or replace function coord._check_transition(
    intent_id uuid, old_status text, new_status text
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_legal text;
    v_open json;
    v_lines text;
begin
    if not exists (
        select from coord.status_transition t
        where t.old_status = $2 and t.new_status = $3
    ) then
        select string_agg(t.new_status, ', ' order by t.new_status) into v_legal
        from coord.status_transition t where t.old_status = $2;
        perform coord._raise('IC002',
            format('an intent cannot move from %s to %s', old_status, new_status),
            format('intent %s is %s', intent_id, old_status),
            case when v_legal is null then format('%s is final: register a new intent', old_status)
                 else format('from %s it can move to: %s', old_status, v_legal) end);
    end if;
    if (select s.refuses_errors from coord.status s where s.status = $3) then
        select json_agg(coord._conflict_json(c) order by c.id),
               string_agg(coord._conflict_line(c, $1), e'\n' order by c.id)
        into v_open, v_lines
        from coord.conflict c
        where c.is_open and c.severity = 'error' and $1 in (c.intent_a, c.intent_b);
        if v_open is not null then
            perform coord._raise('IC004',
                format('intent %s cannot move to %s while conflicts of severity error are open',
                       intent_id, new_status),
                v_lines,
                'settle them with the other agents, then record it: '
                'SELECT coord.resolve_conflict(<conflict id>, ''<what was agreed>'')',
                v_open);
        end if;
    end if;
end
$function$;
comment on function coord._check_transition(uuid, text, text) is
    'Raises IC002 for an illegal move, IC004 for one that open conflicts forbid (internal)';

create or replace function coord._guard_intent() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_event jsonb := new.pending_event;
    v_moves boolean;
begin
    if (new.id, new.intent_no, new.agent_id, new.feature_name, new.branch_name, new.created_at,
        new.history_rows, new.history_hash)
       is distinct from
       (old.id, old.intent_no, old.agent_id, old.feature_name, old.branch_name, old.created_at,
        old.history_rows, old.history_hash)
    then
        perform coord._raise('55000', 'who declared an intent, and when, does not change',
            format('intent %s', old.id), 'abandon it and register another one');
    end if;
    if (new.schema_changes, new.search_path) is distinct from (old.schema_changes, old.search_path)
        and v_event->>'event' is distinct from 'amended'
    then
        perform coord._raise('55000', 'the plan of an intent changes through coord.amend_intent() only',
            format('intent %s', old.id),
            'call coord.amend_intent(): footprint and conflicts have to follow');
    end if;
    new.pending_event := null;
    v_moves := new.status <> old.status
        or (v_event is not null and coalesce(v_event->>'event', 'transition') = 'transition');
    if not v_moves and v_event is null then
        return new;  -- a heartbeat, or metadata: nothing that history records
    end if;
    if v_moves then
        perform coord._check_transition(old.id, old.status, new.status);
        if new.status = 'conflicted' and old.status <> 'conflicted' then
            new.status_before_conflict := old.status;
        elsif new.status <> 'conflicted' then
            new.status_before_conflict := null;
        end if;
    end if;
    new.updated_at := clock_timestamp();
    new.history_rows := old.history_rows + 1;
    new.history_hash := coord._append_history(
        intent_id => old.id,
        intent_row => new.history_rows,
        event => coalesce(v_event->>'event', 'transition'),
        old_status => old.status,
        new_status => new.status,
        conflict_id => (v_event->>'conflict_id')::bigint,
        details => coalesce(v_event->'details', '{}'),
        reason => v_event->>'reason',
        changed_by => coalesce(v_event->>'changed_by', coord._caller()),
        changed_at => new.updated_at,
        previous_hash => old.history_hash);
    return new;
end
$function$;
comment on function coord._guard_intent() is
    'Checks every change of an intent and writes its history (internal)';

create or replace function coord._follow_transition() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_old coord.status;
    v_new coord.status;
    v_partners uuid[];
begin
    select * into v_old from coord.status s where s.status = old.status;
    select * into v_new from coord.status s where s.status = new.status;
    if v_old.is_active <> v_new.is_active then
        -- Whoever registers on one of these keys must notice, even with a stale snapshot.
        perform coord._lock_intent_keys(new.intent_no);
        update coord.intent_key k set is_active = v_new.is_active where k.intent_no = new.intent_no;
    end if;
    if v_new.moots_conflicts then
        v_partners := coord._moot_conflicts(new.id, format('%s was %s', new.branch_name, new.status));
        perform coord._settle(v_partners, format('%s was %s', new.branch_name, new.status));
    end if;
    return null;
end
$function$;
comment on function coord._follow_transition() is
    'What a move brings with it: the active set, and the conflicts of an ended intent (internal)';

create or replace trigger intent_100_guard
before update on coord.intent
for each row execute function coord._guard_intent();
alter table coord.intent enable always trigger intent_100_guard;

create or replace trigger intent_500_follow
after update of status on coord.intent
for each row when (new.status is distinct from old.status)
execute function coord._follow_transition();
alter table coord.intent enable always trigger intent_500_follow;

-- sql/code/25_history.sql
-- History: appending to it, and refusing everything else. Verification is in 26_verify.sql.

create or replace function coord._history_hash(
    id bigint, intent_id uuid, intent_row integer, event text, old_status text, new_status text,
    conflict_id bigint, details jsonb, reason text, changed_by text, session_role text,
    changed_at timestamptz, previous_hash bytea
) returns bytea
language sql stable
as $function$
-- A JSON array tells null from '' and every value from its neighbour; jsonb prints the same value
-- in one way; times go in as microseconds (an infinite one was never ours). So neither TimeZone nor
-- DateStyle nor the encoding of the server has a say. No SET, or the planner could not put this in
-- place of the call; everything is spelled out instead.
select pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.jsonb_build_array(
    'confiture_coord history 1', id, intent_id, intent_row, event, old_status, new_status,
    conflict_id, details, reason, changed_by, session_role,
    case when pg_catalog.isfinite(changed_at)
         then (extract(epoch from changed_at) operator(pg_catalog.*) 1000000)::pg_catalog.int8 end,
    pg_catalog.encode(previous_hash, 'hex'))::pg_catalog.text, 'UTF8'))
$function$;
comment on function coord._history_hash(bigint, uuid, integer, text, text, text, bigint, jsonb,
    text, text, text, timestamptz, bytea) is 'Hash of one history row (internal)';

create or replace function coord._append_history(
    intent_id uuid, intent_row integer, event text, old_status text, new_status text,
    conflict_id bigint, details jsonb, reason text, changed_by text, changed_at timestamptz,
    previous_hash bytea
) returns bytea
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_id bigint := nextval('coord.intent_history_id_seq');
    v_role text := coord._caller();
    v_hash bytea := coord._history_hash(v_id, intent_id, intent_row, event, old_status,
        new_status, conflict_id, details, reason, changed_by, v_role, changed_at, previous_hash);
begin
    insert into coord.intent_history
        (id, intent_id, intent_row, event, old_status, new_status, conflict_id, details, reason,
         changed_by, session_role, changed_at, previous_hash, row_hash)
    values
        (v_id, $1, $2, $3, $4, $5, $6, $7, $8, $9, v_role, $10, $11, v_hash);
    return v_hash;
end
$function$;
comment on function coord._append_history(uuid, integer, text, text, text, bigint, jsonb, text,
    text, timestamptz, bytea) is
    'Writes one history row and returns its hash (internal; no trigger writes on INSERT, so that '
    'a restore brings rows back as they were)';

create or replace function coord._refuse_history_change() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform coord._raise('IC003',
        format('%s is append-only', tg_argv[0]),
        format('%s on coord.%s was refused', lower(tg_op), tg_table_name),
        'write a correction as a new event; to remove what has ended, export it and call '
        'coord.archive_ended()');
end
$function$;
comment on function coord._refuse_history_change() is
    'Raises IC003 for whatever would change the past (internal)';

create or replace trigger intent_history_100_refuse_row
before update or delete on coord.intent_history
for each row execute function coord._refuse_history_change('history');
alter table coord.intent_history enable always trigger intent_history_100_refuse_row;

create or replace trigger intent_history_100_refuse_truncate
before truncate on coord.intent_history
for each statement execute function coord._refuse_history_change('history');
alter table coord.intent_history enable always trigger intent_history_100_refuse_truncate;

create or replace trigger archived_history_100_refuse_row
before update or delete on coord.archived_history
for each row execute function coord._refuse_history_change('the archive of history');
alter table coord.archived_history enable always trigger archived_history_100_refuse_row;

create or replace trigger archived_history_100_refuse_truncate
before truncate on coord.archived_history
for each statement execute function coord._refuse_history_change('the archive of history');
alter table coord.archived_history enable always trigger archived_history_100_refuse_truncate;

create or replace function coord._refuse_intent_removal() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform coord._raise('IC003', 'an intent cannot be deleted: its history would lose its subject',
        format('%s on coord.%s was refused', lower(tg_op), tg_table_name),
        'end it with coord.mark_abandoned(); to remove what has ended, export it and call '
        'coord.archive_ended()');
end
$function$;
comment on function coord._refuse_intent_removal() is
    'Raises IC003 for DELETE and TRUNCATE of intents (internal)';

create or replace trigger intent_100_refuse_delete
before delete on coord.intent
for each row execute function coord._refuse_intent_removal();
alter table coord.intent enable always trigger intent_100_refuse_delete;

create or replace trigger intent_100_refuse_truncate
before truncate on coord.intent
for each statement execute function coord._refuse_intent_removal();
alter table coord.intent enable always trigger intent_100_refuse_truncate;

-- sql/code/26_verify.sql
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

-- sql/code/30_lock.sql
-- Locks of registrations. One global order: containers by (bucket, shard), then keys, then a
-- branch counter, then intents by id, then conflicts.
--
-- A registration does not lock the intents that it conflicts with: whoever ends one of them, by a
-- function or by an UPDATE, takes that one's keys (code/20_transition.sql), so the two meet here.
--
-- A lock is an UPDATE of the key's row, never a mere row lock: that is the only kind of lock that
-- a transaction with an old snapshot (REPEATABLE READ, SERIALIZABLE) cannot get without noticing,
-- by SQLSTATE 40001, that somebody had it in between. Advisory locks would share a small table in
-- memory; rows have no such limit.

create or replace function coord._container_bucket(key text) returns smallint
language sql immutable
set search_path = pg_catalog, pg_temp
return case when key = 'database' then 0
            else 1 + (hashtext(key) & 2147483647) % 16 end;
comment on function coord._container_bucket(text) is
    'The rows of coord.lock_container that stand for a container (internal)';

create or replace function coord._lock_holder() returns xid8
language sql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- Not the bare transaction id: rows that were restored from another cluster, or that an earlier
-- life of this one left behind (pg_resetwal), may hold the very id that we have now, and would pass
-- for locks that we took ourselves. So the id is mixed with when the server was started. Different
-- transactions of one start have different numbers; those of different starts share none but by a
-- chance of 1 in 2^63.
select ((hashint8extended((extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint, 0)
         # pg_current_xact_id()::text::bigint) & 9223372036854775807)::text::xid8
$function$;
comment on function coord._lock_holder() is
    'A number of this transaction that no other has, here or on another server (internal)';

create or replace function coord._lock_container(bucket smallint, is_exclusive boolean)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- A member takes any free row; who changes the container as a whole takes all, in order.
declare
    v_holder xid8 := coord._lock_holder();
    v_mine integer := pg_backend_pid() % 32;
begin
    if is_exclusive then
        perform from coord.lock_container l where l.bucket = $1 order by l.shard for no key update;
        update coord.lock_container l set holder = v_holder
        where l.bucket = $1 and l.holder <> v_holder;
        return;
    end if;
    if exists (
        select from coord.lock_container l where l.bucket = $1 and l.holder = v_holder
    ) then
        return;
    end if;
    update coord.lock_container l set holder = v_holder
    where l.bucket = $1 and l.shard = (
        select free.shard from coord.lock_container free where free.bucket = $1
        order by (free.shard + v_mine) % 32
        limit 1 for no key update skip locked);
    if not found then
        update coord.lock_container l set holder = v_holder
        where l.bucket = $1 and l.shard = v_mine;
    end if;
end
$function$;
comment on function coord._lock_container(smallint, boolean) is
    'Locks a schema or the database, as a member or as a whole, until commit (internal)';

create or replace function coord._lock_keys(
    keys text[], are_exclusive boolean[], are_containers boolean[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_holder xid8 := coord._lock_holder();
    v_before text := coord._limit_lock_wait();
    v_container record;
begin
    for v_container in
        select coord._container_bucket(k.key) as bucket, bool_or(k.is_exclusive) as is_exclusive
        from unnest(keys, are_exclusive, are_containers) as k (key, is_exclusive, is_container)
        where k.is_container group by 1 order by 1
    loop
        perform coord._lock_container(v_container.bucket, v_container.is_exclusive);
    end loop;
    insert into coord.lock_key as l (key, holder)
    select k.key, v_holder
    from unnest(keys, are_containers) as k (key, is_container)
    where not k.is_container order by k.key collate "C"
    on conflict on constraint lock_key_pkey do update set holder = excluded.holder
    where l.holder <> excluded.holder;
    perform set_config('lock_timeout', v_before, true);
exception when lock_not_available then
    perform coord._raise_lock_wait('coord.lock_key', 'another registration that shares an object',
        array(select l.xmax from coord.lock_key l where l.key = any (keys) and l.xmax <> '0'
              union all
              select l.xmax from coord.lock_container l where l.xmax <> '0' and l.bucket in (
                  select coord._container_bucket(k.key)
                  from unnest(keys, are_containers) as k (key, is_container)
                  where k.is_container)));
end
$function$;
comment on function coord._lock_keys(text[], boolean[], boolean[]) is
    'Takes the locks of a footprint in the global order, until commit (internal)';

create or replace function coord._lock_intent_keys(intent_no bigint) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $function$
select coord._lock_keys(
    array_agg(k.key), array_agg(k.is_exclusive), array_agg(k.is_container))
from coord.intent_key k where k.intent_no = $1
having count(*) > 0
$function$;
comment on function coord._lock_intent_keys(bigint) is
    'Takes the locks of a stored footprint, until commit (internal)';

create or replace function coord._lock_intents(intents uuid[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_before text := coord._limit_lock_wait();
begin
    perform from coord.intent i where i.id = any (intents) order by i.id for no key update;
    perform set_config('lock_timeout', v_before, true);
exception when lock_not_available then
    perform coord._raise_lock_wait('coord.intent', 'another change of the same intent',
        array(select i.xmax from coord.intent i where i.id = any (intents) and i.xmax <> '0'));
end
$function$;
comment on function coord._lock_intents(uuid[]) is
    'Locks intents that are going to change, by id, until commit (internal)';

create or replace function coord._limit_lock_wait() returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- Returns the caller's value, to be restored. A stricter one of the caller's stays in force.
declare
    v_before text := current_setting('lock_timeout');
    v_before_ms numeric := extract(epoch from v_before::interval) * 1000;
    v_limit_ms integer := coord._setting_of('lock_wait_ms')::integer;
begin
    if v_limit_ms > 0 and (v_before_ms = 0 or v_before_ms > v_limit_ms) then
        perform set_config('lock_timeout', v_limit_ms::text, true);
    end if;
    return v_before;
end
$function$;
comment on function coord._limit_lock_wait() is
    'Bounds the wait for locks in this transaction; returns the previous value (internal)';

create or replace function coord._raise_lock_wait(relation regclass, what text, holders xid[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_lines text;
begin
    -- The rows' xmax says which transaction had locked them; where the row itself is not visible
    -- yet (its insertion is what we waited for), every writer of the table is a candidate. What
    -- somebody else's session runs is for those who would see it in pg_stat_activity, too.
    with granted as (
        select l.*, l.locktype = 'transactionid' and l.mode = 'ExclusiveLock'
                    and l.transactionid = any (holders) as is_holder
        from pg_locks l where l.granted and l.pid is distinct from pg_backend_pid()
    ), blocking as (
        select g.pid, g.virtualtransaction from granted g where g.is_holder
        union
        select g.pid, g.virtualtransaction from granted g
        where g.locktype = 'relation' and g.relation = $1
          and g.mode in ('RowExclusiveLock', 'RowShareLock') and g.database = (
              select d.oid from pg_database d where d.datname = current_database())
          and not exists (select from granted h where h.is_holder)
    ), said as (
        select format('process %s, role "%s"%s, %s since %s%s', a.pid, a.usename,
                   case when a.application_name <> '' then format(' (%s)', a.application_name)
                        else '' end,
                   coalesce(a.state, 'running'), date_trunc('second', a.xact_start),
                   case when coord._is_member(a.usename) or coord._is_member('pg_read_all_stats')
                        then ': ' || left(regexp_replace(a.query, '[[:space:]]+', ' ', 'g'), 120)
                   end) as line, a.pid
        from pg_stat_activity a where a.pid in (select b.pid from blocking b)
        union all
        select format('prepared transaction %L of role "%s" since %s: COMMIT PREPARED or ROLLBACK '
                      'PREPARED ends it', p.gid, p.owner, date_trunc('second', p.prepared)), null
        from pg_prepared_xacts p
        where p.transaction in (
            select g.transactionid from granted g
            join blocking b on b.pid is null and b.virtualtransaction = g.virtualtransaction
            where g.pid is null and g.locktype = 'transactionid' and g.mode = 'ExclusiveLock')
    )
    select string_agg(s.line, e'\n' order by s.pid, s.line) into v_lines from said s;
    perform coord._raise('55P03', format('gave up waiting for %s', what),
        coalesce(v_lines, 'the other transaction has ended meanwhile'),
        'try again; if that session is idle in a transaction, have it commit, or end it with '
        'pg_terminate_backend(); the setting lock_wait_ms bounds the wait');
end
$function$;
comment on function coord._raise_lock_wait(regclass, text, xid[]) is
    'Raises 55P03 naming the sessions that hold the lock (internal)';

-- sql/code/32_check.sql
-- Checks of what callers pass in, before anything else is done with it.

create or replace function coord._check_readable(argument text, value text, hidden text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
-- What a terminal obeys, what changes the order of what is read, and what nobody sees: with it one
-- name, or one line of history, looks like another. By bytes, since [:cntrl:] is as the locale says.
declare
    v_bytes text := encode(convert_to(value, 'UTF8'), 'hex');
begin
    if value ~ '[[:cntrl:]]' or v_bytes ~ '^(..)*c2[89]' then
        perform coord._raise('22023', format('%s must not contain control characters', argument),
            format('given: %s', to_json(value)),
            'plain text: names on one line, reasons and notes with line breaks if need be');
    elsif v_bytes ~ ('^(..)*' || hidden) then
        perform coord._raise('22023',
            format('%s must not contain characters that hide or reorder others', argument),
            format('in UTF-8: %s', left(v_bytes, 200)),
            'leave out what cannot be seen: zero-width characters, marks of direction');
    end if;
end
$function$;
comment on function coord._check_readable(text, text, text) is
    'Raises for a text that is not what it looks like (internal)';

create or replace function coord._check_name(argument text, value text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_limit integer := coord._setting_of('max_name_length')::integer;
begin
    if value is null then
        perform coord._raise('22004', format('%s must not be null', argument), null,
            format('give %s a short text that others will recognise', argument));
    elsif btrim(value, e' \t\r\n') = '' then
        perform coord._raise('22023', format('%s must not be empty', argument), null,
            format('give %s a short text that others will recognise', argument));
    elsif length(value) > v_limit then
        perform coord._raise('54000', format('%s is too long', argument),
            format('%s characters; the limit is %s (setting max_name_length)',
                   length(value), v_limit),
            'shorten it; longer explanations belong into metadata');
    end if;
    -- soft hyphen, U+200B, U+200E and F, U+2028 to 202E, U+2060 to 206F, U+FEFF; the joiners
    -- U+200C and D are letters' business
    perform coord._check_readable(
        argument, value, '(c2ad|e280(8[bef]|a[89a-e])|e281a|efbbbf)');
end
$function$;
comment on function coord._check_name(text, text) is
    'Raises for a name that is null, blank, unprintable or too long (internal)';

create or replace function coord._check_text(argument text, value text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_limit integer := coord._setting_of('max_text_length')::integer;
begin
    if length(value) > v_limit then
        perform coord._raise('54000', format('%s is too long', argument),
            format('%s characters; the limit is %s (setting max_text_length)',
                   length(value), v_limit), 'shorten it, and link to the rest');
    end if;
    -- U+2028 and 2029, U+202A to 202E, U+2066 to 2069; null is no text
    perform coord._check_readable(
        argument, translate(value, e'\t\r\n', ''), '(e280a[89a-e]|e281a[6-9])');
end
$function$;
comment on function coord._check_text(text, text) is
    'Raises for a text that is too long or unprintable (internal)';

create or replace function coord._choice(argument text, value text, choices text[]) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    if value is null then
        perform coord._raise('22004', format('%s must not be null', argument), null,
            format('one of: %s', array_to_string(choices, ', ')));
    elsif not lower(value) = any (choices) then
        perform coord._raise('22023', format('%s cannot be "%s"', argument, value), null,
            format('one of: %s', array_to_string(choices, ', ')));
    end if;
    return lower(value);
end
$function$;
comment on function coord._choice(text, text, text[]) is
    'The value in lower case, or 22023 when it is none of the choices (internal)';

create or replace function coord._check_metadata(metadata jsonb) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_limit integer := coord._setting_of('max_metadata_bytes')::integer;
begin
    if metadata is null then
        return '{}';
    elsif jsonb_typeof(metadata) <> 'object' then
        perform coord._raise('22023', 'metadata must be a JSON object',
            format('given: %s', jsonb_typeof(metadata)), 'for example {"ticket": "PAY-123"}');
    elsif octet_length(metadata::text) > v_limit then
        perform coord._raise('54000', 'metadata is too large',
            format('%s bytes; the limit is %s (setting max_metadata_bytes)',
                   octet_length(metadata::text), v_limit), 'store a link instead');
    end if;
    return metadata;
end
$function$;
comment on function coord._check_metadata(jsonb) is
    'The metadata, or an error when it is no object or too large (internal)';

-- sql/code/35_branch.sql
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

-- sql/code/40_analyse.sql
-- What scripts touch, and what two scripts would do to each other: these functions write nothing.

create or replace function coord._footprint(
    changes text, change_list text[], search_path text, effective_path name[],
    out problem text[], out statement_no integer[], out object_kind text[],
    out schema_name text[], out object_name text[], out sub_name text[], out action text[],
    out facet text[]
)
language plpython3u stable
as $function$
detector = GD.get('confiture_coord 7f306ec57b0d8bfe')
if detector is None:
    plpy.execute('select coord._load_detector()')
    detector = GD['confiture_coord 7f306ec57b0d8bfe']
return detector.footprint(changes, change_list, search_path, effective_path)
$function$;
comment on function coord._footprint(text, text[], text, name[]) is
    'The columns of a footprint as arrays, or the problem in its way (internal)';

create or replace function coord._footprint_rows(
    changes text, change_list text[], search_path text, effective_path name[]
) returns table (
    statement_no integer, object_kind text, schema_name text, object_name text, sub_name text,
    action text, facet text
)
language plpgsql stable
as $function$
-- No SET, which would cost more than all the rest: what is called here is spelled out in full
-- (unnest with several arguments is syntax, and always means pg_catalog's).
declare
    f record;
begin
    f := coord._footprint(changes, change_list, search_path, effective_path);
    if f.problem is not null then
        perform coord._raise(f.problem);
    end if;
    return query select * from unnest(f.statement_no, f.object_kind, f.schema_name,
        f.object_name, f.sub_name, f.action, f.facet);
end
$function$;
comment on function coord._footprint_rows(text, text[], text, name[]) is
    'The rows of a footprint (internal)';

create or replace function coord.footprint(schema_changes text, search_path text default null)
returns table (
    statement_no integer, object_kind text, schema_name text, object_name text, sub_name text,
    action text, facet text
)
language sql stable
as $function$
select * from coord._footprint_rows(schema_changes, null, search_path,
    pg_catalog.current_schemas(false))
$function$;
comment on function coord.footprint(text, text) is
    'Every object that the script creates, alters, drops or uses; reads no table. No fixed '
    'search_path on purpose: names resolve through the caller''s, unless one is given';

create or replace function coord.footprint(schema_changes text[], search_path text default null)
returns table (
    statement_no integer, object_kind text, schema_name text, object_name text, sub_name text,
    action text, facet text
)
language sql stable
as $function$
select * from coord._footprint_rows(null, schema_changes, search_path,
    pg_catalog.current_schemas(false))
$function$;
comment on function coord.footprint(text[], text) is
    'Every object that the statements create, alter, drop or use; reads no table. No fixed '
    'search_path on purpose: names resolve through the caller''s, unless one is given';

create or replace function coord._limits() returns integer[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    return array[coord._setting_of('max_script_bytes')::integer,
                 coord._setting_of('max_statement_bytes')::integer,
                 coord._setting_of('max_statements')::integer,
                 coord._setting_of('max_tables')::integer];
end
$function$;
comment on function coord._limits() is 'The limits of the detector, as it takes them (internal)';

create or replace function coord._compare(
    text_a text, list_a text[], text_b text, list_b text[], search_path text,
    effective_path name[], use_catalog boolean, limits integer[],
    out problem text[], out conflicts json
)
language plpython3u stable
set plan_cache_mode = force_generic_plan
set jit = off
set quote_all_identifiers = off
as $function$
detector = GD.get('confiture_coord 7f306ec57b0d8bfe')
if detector is None:
    plpy.execute('select coord._load_detector()')
    detector = GD['confiture_coord 7f306ec57b0d8bfe']
return detector.compare(
    text_a, list_a, text_b, list_b, search_path, effective_path, use_catalog, limits)
$function$;
comment on function coord._compare(text, text[], text, text[], text, name[], boolean, integer[]) is
    'The conflicts between two scripts as JSON, or the problem in the way (internal)';

create or replace function coord._compare_rows(
    text_a text, list_a text[], text_b text, list_b text[], search_path text,
    effective_path name[], use_catalog boolean
) returns table (
    conflict_type text, severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    f record;
begin
    if use_catalog is null then
        perform coord._raise('22004', 'use_catalog must not be null', null,
            'leave it out, or give true or false');
    end if;
    f := coord._compare(text_a, list_a, text_b, list_b, search_path, effective_path, use_catalog,
        coord._limits());
    if f.problem is not null then
        perform coord._raise(f.problem);
    end if;
    return query
        select c.conflict_type, c.severity, c.outcome, c.affected_objects, c.first_side,
               c.resolution_suggestions
        from json_to_recordset(f.conflicts) as c (
            conflict_type text, severity text, outcome text, affected_objects text[],
            first_side text, resolution_suggestions text[]);
end
$function$;
comment on function coord._compare_rows(text, text[], text, text[], text, name[], boolean) is
    'The conflicts between two scripts; as the owner, whose fixed queries of the catalog see every '
    'object (internal)';

create or replace function coord.compare_changes(
    changes_a text, changes_b text, search_path text default null, use_catalog boolean default true
) returns table (
    conflict_type text, severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql stable
as $function$
select * from coord._compare_rows(changes_a, null, changes_b, null, search_path,
    pg_catalog.current_schemas(false), use_catalog)
$function$;
comment on function coord.compare_changes(text, text, text, boolean) is
    'Would these two scripts conflict? Names resolve through the caller''s search_path';

create or replace function coord.compare_changes(
    changes_a text[], changes_b text[], search_path text default null,
    use_catalog boolean default true
) returns table (
    conflict_type text, severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql stable
as $function$
select * from coord._compare_rows(null, changes_a, null, changes_b, search_path,
    pg_catalog.current_schemas(false), use_catalog)
$function$;
comment on function coord.compare_changes(text[], text[], text, boolean) is
    'Would these two lists of statements conflict? Names resolve through the caller''s search_path';

create or replace function coord.compare_changes(
    changes_a text, changes_b text[], search_path text default null,
    use_catalog boolean default true
) returns table (
    conflict_type text, severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql stable
as $function$
select * from coord._compare_rows(changes_a, null, null, changes_b, search_path,
    pg_catalog.current_schemas(false), use_catalog)
$function$;
comment on function coord.compare_changes(text, text[], text, boolean) is
    'Would a script and a list conflict? Names resolve through the caller''s search_path';

create or replace function coord.compare_changes(
    changes_a text[], changes_b text, search_path text default null,
    use_catalog boolean default true
) returns table (
    conflict_type text, severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql stable
as $function$
select * from coord._compare_rows(null, changes_a, changes_b, null, search_path,
    pg_catalog.current_schemas(false), use_catalog)
$function$;
comment on function coord.compare_changes(text[], text, text, boolean) is
    'Would a list and a script conflict? Names resolve through the caller''s search_path';

create or replace function coord._detector_facts(out problem text[], out facts json)
language plpython3u stable
as $function$
detector = GD.get('confiture_coord 7f306ec57b0d8bfe')
if detector is None:
    plpy.execute('select coord._load_detector()')
    detector = GD['confiture_coord 7f306ec57b0d8bfe']
return detector.facts()
$function$;
comment on function coord._detector_facts() is
    'What the loader says about the parser, as JSON (internal)';

-- sql/code/45_detect.sql
-- From changes to conflicts with what is active. Registering, checking, amending and rechecking
-- all come through here; only the first, third and fourth lock and write.

create or replace function coord._analyse(
    changes text, change_list text[], search_path text, effective_path name[],
    tables_declared text[], feature_name text, limits integer[],
    out problem text[], out statements text[], out resolved_path text[], out tables text[],
    out tables_named text[], out keys text[], out are_exclusive boolean[],
    out are_containers boolean[], out touches text
)
language plpython3u stable
set plan_cache_mode = force_generic_plan
set jit = off
set quote_all_identifiers = off
as $function$
detector = GD.get('confiture_coord 7f306ec57b0d8bfe')
if detector is None:
    plpy.execute('select coord._load_detector()')
    detector = GD['confiture_coord 7f306ec57b0d8bfe']
return detector.analyse(changes, change_list, search_path, effective_path, tables_declared,
                        feature_name, limits)
$function$;
comment on function coord._analyse(text, text[], text, name[], text[], text, integer[]) is
    'Changes to statements, tables, keys and touches; or the problem in the way (internal)';

create or replace function coord._detect(
    intent_no bigint, agent_id text, feature_name text, keys text[], are_exclusive boolean[],
    touches text, resolved_path text[]
) returns json
language plpython3u volatile
-- By index only, whatever the statistics say: a plan made while the tables were empty would
-- otherwise be kept by a session in which they grow.
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
set quote_all_identifiers = off
as $function$
detector = GD.get('confiture_coord 7f306ec57b0d8bfe')
if detector is None:
    plpy.execute('select coord._load_detector()')
    detector = GD['confiture_coord 7f306ec57b0d8bfe']
return detector.detect(
    intent_no, agent_id, feature_name, keys, are_exclusive, touches, resolved_path)
$function$;
comment on function coord._detect(bigint, text, text, text[], boolean[], text, text[]) is
    'The conflicts of a footprint with every active intent that shares a key as JSON; null when '
    'there are none (internal)';

create or replace function coord._found_conflicts(findings json, agent_id text)
returns table (
    intent_id uuid, intent_no bigint, agent text, feature_name text, branch_name text, status text,
    conflict_type text, severity text, outcome text, affected_objects text[], newcomer_first boolean,
    rule text, resolution_suggestions text[], own boolean, ignored_by bigint
)
language sql stable
as $function$
-- No SET, or the planner could not put this in place of the call; those who call it have a fixed
-- path. Nobody's status is read again: whoever ends an intent takes its keys first, and they are ours.
select f.*,
       (select r.id from coord.ignore_rule r
        where (r.expires_at is null or r.expires_at > pg_catalog.statement_timestamp())
          and (r.conflict_type is null or r.conflict_type = f.conflict_type)
          and (r.rule is null or r.rule = f.rule)
          and (r.agent_id is null or r.agent_id in ($2, f.agent))
          and (r.object_name is null or not exists (
                  select from pg_catalog.unnest(f.affected_objects) o
                  where o operator(pg_catalog.!~~) r.object_name))
        order by r.id limit 1)
from pg_catalog.json_to_recordset($1) as f (
    intent_id uuid, intent_no bigint, agent text, feature_name text, branch_name text, status text,
    conflict_type text, severity text, outcome text, affected_objects text[], newcomer_first boolean,
    rule text, resolution_suggestions text[], own boolean)
$function$;
comment on function coord._found_conflicts(json, text) is
    'What the detector found, with the ignore rule that matches (internal)';

create or replace function coord._check_rows(
    agent_id text, feature_name text, changes text, change_list text[], tables_affected text[],
    search_path text, effective_path name[]
) returns table (
    intent_id uuid, other_agent_id text, other_feature_name text, status text, conflict_type text,
    severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
    a record;
    v_findings json;
begin
    perform coord._check_name('agent_id', agent_id);
    perform coord._check_name('feature_name', feature_name);
    a := coord._analyse(changes, change_list, search_path, effective_path, tables_affected,
        btrim(feature_name), coord._limits());
    if a.problem is not null then
        perform coord._raise(a.problem);
    end if;
    v_findings := coord._detect(null, btrim(agent_id), btrim(feature_name), a.keys,
        a.are_exclusive, a.touches, a.resolved_path);
    if v_findings is null then
        return;
    end if;
    return query
        select f.intent_id, f.agent, f.feature_name, f.status, f.conflict_type, f.severity,
               f.outcome, f.affected_objects,
               case when f.outcome = 'order' then case when f.newcomer_first then 'a' else 'b' end end,
               f.resolution_suggestions
        from coord._found_conflicts(v_findings, btrim(agent_id)) f
        where not f.own and f.ignored_by is null
        order by f.severity, f.intent_no, f.conflict_type;
end
$function$;
comment on function coord._check_rows(text, text, text, text[], text[], text, name[]) is
    'The conflicts that registering would record (internal)';

create or replace function coord.check_intent(
    agent_id text, feature_name text, schema_changes text, tables_affected text[] default null,
    search_path text default null
) returns table (
    intent_id uuid, agent_id text, feature_name text, status text, conflict_type text,
    severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql volatile
as $function$
select * from coord._check_rows($1, $2, $3, null, $4, $5, pg_catalog.current_schemas(false))
$function$;
comment on function coord.check_intent(text, text, text, text[], text) is
    'The conflicts that registering this script would record; writes nothing. Names resolve '
    'through the caller''s search_path, unless one is given';

create or replace function coord.check_intent(
    agent_id text, feature_name text, schema_changes text[], tables_affected text[] default null,
    search_path text default null
) returns table (
    intent_id uuid, agent_id text, feature_name text, status text, conflict_type text,
    severity text, outcome text, affected_objects text[], first_side text,
    resolution_suggestions text[]
)
language sql volatile
as $function$
select * from coord._check_rows($1, $2, null, $3, $4, $5, pg_catalog.current_schemas(false))
$function$;
comment on function coord.check_intent(text, text, text[], text[], text) is
    'The conflicts that registering these statements would record; writes nothing. Names resolve '
    'through the caller''s search_path, unless one is given';

-- sql/code/50_register.sql
-- Declaring an intent: one transaction from the text to the stored conflicts.

create or replace function coord._conflict_line(c coord.conflict, intent_id uuid) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
select format('conflict %s with "%s" of %s (%s, %s): %s %s [%s, %s]',
    c.id, i.feature_name, i.agent_id, i.id, i.status, c.conflict_type,
    array_to_string(c.affected_objects, ', '), c.severity, c.outcome)
from coord.intent i
where i.id = case when c.intent_a = $2 then c.intent_b else c.intent_a end
$function$;
comment on function coord._conflict_line(coord.conflict, uuid) is
    'One stored conflict in one line, seen from one of its intents (internal)';

create or replace function coord._conflict_json(c coord.conflict) returns json
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
select json_build_object(
    'id', c.id, 'intent_a', c.intent_a, 'intent_b', c.intent_b,
    'conflict_type', c.conflict_type, 'affected_objects', c.affected_objects,
    'severity', c.severity, 'outcome', c.outcome, 'first_intent', c.first_intent,
    'resolution_suggestions', c.resolution_suggestions)
$function$;
comment on function coord._conflict_json(coord.conflict) is
    'One stored conflict for programs (internal)';

create or replace function coord._refuse_blocking(findings json, agent_id text, threshold text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_lines text;
    v_json json;
begin
    select string_agg(format('"%s" of %s (%s, %s): %s %s [%s, %s]',
               f.feature_name, f.agent, f.intent_id, f.status, f.conflict_type,
               array_to_string(f.affected_objects, ', '), f.severity, f.outcome), e'\n'
               order by f.severity, f.intent_no),
           json_agg(json_build_object(
               'intent_id', f.intent_id, 'agent_id', f.agent, 'feature_name', f.feature_name,
               'status', f.status, 'conflict_type', f.conflict_type,
               'affected_objects', f.affected_objects, 'severity', f.severity,
               'outcome', f.outcome, 'resolution_suggestions', f.resolution_suggestions)
               order by f.severity, f.intent_no)
    into v_lines, v_json
    from coord._found_conflicts(findings, $2) f
    where not f.own and f.ignored_by is null
      and (f.severity = 'error' or threshold = 'warning');
    if v_json is not null then
        perform coord._raise('IC004',
            format('nothing was registered: %s of severity %s%s',
                case when json_array_length(v_json) = 1 then 'there is a conflict'
                     else format('there are %s conflicts', json_array_length(v_json)) end,
                threshold, case when threshold = 'warning' then ' or above' end),
            v_lines,
            'settle them first, change the plan, or register without refuse_on',
            v_json);
    end if;
end
$function$;
comment on function coord._refuse_blocking(json, text, text) is
    'Raises IC004 when there are conflicts at or above a severity (internal)';

create or replace function coord._store_conflicts(
    intent_id uuid, findings json, is_new boolean
) returns bigint[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
-- Returns those that are open, errors first. Those that are stored already, whatever became of
-- them, are not stored twice.
declare
    v_open bigint[];
begin
    with me as materialized (
        select i.id, i.intent_no, i.agent_id from coord.intent i where i.id = $1
    ), finding as materialized (
        select f.*, me.id as me, me.intent_no as my_no,
               case when f.outcome <> 'order' then null
                    when f.newcomer_first then me.id else f.intent_id end as first_intent
        from me, coord._found_conflicts($2, me.agent_id) f
    ), own as (
        insert into coord.own_order as o (first_no, then_no, found_by, affected_objects)
        select case when f.newcomer_first then f.my_no else f.intent_no end,
               case when f.newcomer_first then f.intent_no else f.my_no end,
               f.my_no, f.affected_objects
        from finding f
        where f.own and f.outcome = 'order'
        order by f.intent_no
        on conflict on constraint own_order_pkey do nothing
    ), stored as (
        insert into coord.conflict as c
            (intent_a, intent_b, conflict_type, affected_objects, severity, outcome, first_intent,
             rule, resolution_suggestions, ignored_by, created_at)
        select f.me, f.intent_id, f.conflict_type, f.affected_objects, f.severity, f.outcome,
               f.first_intent, f.rule, f.resolution_suggestions, f.ignored_by, clock_timestamp()
        from finding f
        where not f.own and (is_new or not exists (
            select from coord.conflict c
            where (c.intent_a, c.intent_b) in ((f.me, f.intent_id), (f.intent_id, f.me))
              and c.moot_at is null and c.conflict_type = f.conflict_type and c.outcome = f.outcome
              and c.affected_objects = f.affected_objects
              and c.first_intent is not distinct from f.first_intent))
        order by f.severity, f.intent_no, f.conflict_type
        returning c.id, c.severity, c.is_open
    )
    select array_agg(s.id order by s.severity, s.id) into v_open from stored s where s.is_open;
    return coalesce(v_open, '{}');
end
$function$;
comment on function coord._store_conflicts(uuid, json, boolean) is
    'Stores what detection found for an intent; returns the open ones (internal)';

create or replace function coord._counts(severity text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
select severity = 'error' or coord._setting_of('conflicted_from') = 'warning'
$function$;
comment on function coord._counts(text) is
    'Whether an open conflict of that severity makes an intent conflicted (internal)';

create or replace function coord._register(
    agent_id text, feature_name text, changes text, change_list text[], tables_affected text[],
    risk_level text, estimated_duration_ms bigint, metadata jsonb, refuse_on text,
    search_path text, effective_path name[],
    out intent_id uuid, out branch_name text, out status text, out tables text[],
    out conflicts integer, out branch_hook regprocedure
)
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $function$
declare
    a record;
    v_agent text := btrim(agent_id);
    v_feature text := btrim(feature_name);
    v_risk text;
    v_refuse text;
    v_findings json;
    v_no bigint := nextval('coord.intent_no_seq');
    v_now timestamptz := clock_timestamp();
    v_open bigint[];
begin
    perform coord._check_name('agent_id', agent_id);
    perform coord._check_name('feature_name', feature_name);
    perform coord._authorise(v_agent);
    v_risk := coord._choice('risk_level', risk_level, '{low,medium,high}');
    if refuse_on is not null then
        v_refuse := coord._choice('refuse_on', refuse_on, '{warning,error}');
    end if;
    if estimated_duration_ms < 0 then
        perform coord._raise('22023', 'estimated_duration_ms must not be negative',
            format('given: %s', estimated_duration_ms), 'give milliseconds, or leave it out');
    end if;
    metadata := coord._check_metadata(metadata);

    a := coord._analyse(changes, change_list, search_path, effective_path, tables_affected,
        v_feature, coord._limits());
    if a.problem is not null then
        perform coord._raise(a.problem);
    end if;
    perform coord._lock_keys(a.keys, a.are_exclusive, a.are_containers);
    v_findings := coord._detect(v_no, v_agent, v_feature, a.keys, a.are_exclusive, a.touches,
        a.resolved_path);
    if v_refuse is not null then
        perform coord._refuse_blocking(v_findings, v_agent, v_refuse);
    end if;

    intent_id := gen_random_uuid();
    branch_name := coord.allocate_branch(v_feature);
    tables := a.tables;
    perform coord._insert_intent(
        intent_id, v_no, v_agent, v_feature, branch_name, a.statements, a.tables, a.tables_named,
        a.resolved_path, coalesce(estimated_duration_ms, 0), v_risk, metadata, v_now);
    perform coord._store_footprint(v_no, a.keys, a.are_exclusive, a.are_containers, a.touches);
    status := 'registered';
    conflicts := 0;
    if v_findings is not null then
        v_open := coord._store_conflicts(intent_id, v_findings, true);
        conflicts := cardinality(v_open);
    end if;
    if conflicts > 0 then
        -- Errors come first: when that one does not count, none does.
        if coord._counts((select c.severity from coord.conflict c where c.id = v_open[1])) then
            status := 'conflicted';
            update coord.intent i
            set status = 'conflicted',
                pending_event = jsonb_build_object('event', 'transition', 'changed_by', v_agent,
                    'reason', format('%s found at registration',
                        coord._count_of(conflicts, 'conflict')),
                    'details', jsonb_build_object('automatic', true))
            where i.id = _register.intent_id;
        end if;
        perform coord._warn_of_conflicts(intent_id, v_open);
        perform coord._notify_of_conflicts(intent_id, conflicts);
    end if;
    branch_hook := coord._branch_hook(branch_name);
end
$function$;
comment on function coord._register(text, text, text, text[], text[], text, bigint, jsonb, text,
    text, name[]) is 'Registers an intent, as the owner (internal)';

create or replace function coord._store_footprint(
    intent_no bigint, keys text[], are_exclusive boolean[], are_containers boolean[], touches text
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
begin
    delete from coord.intent_key k where k.intent_no = $1;
    insert into coord.intent_key (intent_no, key, is_exclusive, is_container, is_active)
    select $1, k.key, k.is_exclusive, k.is_container, true
    from unnest(keys, are_exclusive, are_containers) as k (key, is_exclusive, is_container);
    insert into coord.intent_footprint as f (intent_no, touches) values ($1, $5::json)
    on conflict on constraint intent_footprint_pkey
    do update set touches = excluded.touches, version = excluded.version;
end
$function$;
comment on function coord._store_footprint(bigint, text[], boolean[], boolean[], text) is
    'Stores, or replaces, what an active intent touches (internal)';

create or replace function coord._insert_intent(
    intent_id uuid, intent_no bigint, agent_id text, feature_name text, branch_name text,
    schema_changes text[], tables_affected text[], tables_declared text[], resolved_path text[],
    estimated_duration_ms bigint, risk_level text, metadata jsonb, registered_at timestamptz
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_history bigint := nextval('coord.intent_history_id_seq');
    v_role text := coord._caller();
    v_details jsonb := jsonb_build_object(
        'schema_changes', to_jsonb(schema_changes), 'tables_affected', to_jsonb(tables_affected));
    v_hash bytea := coord._history_hash(v_history, intent_id, 1, 'registered', null, 'registered',
        null, v_details, 'registered', agent_id, v_role, registered_at, null);
begin
    insert into coord.intent
        (id, intent_no, agent_id, feature_name, branch_name, schema_changes, tables_affected,
         tables_declared, search_path, estimated_duration_ms, risk_level, status, metadata,
         history_rows, history_hash, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'registered', $12, 1, v_hash, $13, $13);
    insert into coord.intent_history
        (id, intent_id, intent_row, event, old_status, new_status, conflict_id, details, reason,
         changed_by, session_role, changed_at, previous_hash, row_hash)
    values (v_history, $1, 1, 'registered', null, 'registered', null, v_details, 'registered',
            $3, v_role, $13, null, v_hash);
end
$function$;
comment on function coord._insert_intent(uuid, bigint, text, text, text, text[], text[], text[],
    text[], bigint, text, jsonb, timestamptz) is
    'Stores an intent with its first history row (internal)';

create or replace function coord._count_of(number bigint, word text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return format('%s %s', number, case when number = 1 then word else word || 's' end);
comment on function coord._count_of(bigint, text) is '1 conflict, 2 conflicts (internal)';

create or replace function coord._warn_of_conflicts(intent_id uuid, conflicts bigint[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_shown integer := coord._setting_of('warnings_shown')::integer;
    v_line record;
begin
    for v_line in
        select format('%s conflict with "%s" of %s: %s [%s, %s]', c.conflict_type, i.feature_name,
                   i.agent_id, array_to_string(c.affected_objects, ', '), c.severity, c.outcome)
                   as message,
               format('conflict %s, intent %s, branch %s, %s', c.id, i.id, i.branch_name, i.status)
                   as detail,
               array_to_string(c.resolution_suggestions, e'\n') as hint
        -- One by one through the primary keys, whatever the statistics say (see backend.py).
        from unnest(conflicts[:v_shown]) with ordinality as f (id, place)
        cross join lateral (select c.* from coord.conflict c where c.id = f.id offset 0) c
        cross join lateral (select i.* from coord.intent i where i.id = c.intent_b offset 0) i
        order by f.place
    loop
        raise warning using message = coord._for_client(v_line.message),
            detail = coord._for_client(v_line.detail), hint = coord._for_client(v_line.hint);
    end loop;
    if cardinality(conflicts) > v_shown then
        raise warning using
            message = format('and %s with other intents',
                coord._count_of(cardinality(conflicts) - v_shown, 'more conflict')),
            hint = format('list them with: SELECT * FROM coord.conflicts_of(%L)', $1);
    end if;
end
$function$;
comment on function coord._warn_of_conflicts(uuid, bigint[]) is
    'Raises conflicts that were just found as warnings, in the order given (internal)';

create or replace function coord._notify_of_conflicts(intent_id uuid, conflicts bigint)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_channel text := coord._setting_of('notify_channel');
begin
    if v_channel <> '' then
        perform pg_notify(v_channel, json_build_object(
            'event', 'conflict_detected', 'intent_id', intent_id, 'conflicts', conflicts)::text);
    end if;
end
$function$;
comment on function coord._notify_of_conflicts(uuid, bigint) is
    'Notifies the channel of the setting notify_channel, if any (internal)';

create or replace function coord._branch_hook(branch_name text) returns regprocedure
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_name text := nullif(coord._setting_of('branch_hook'), '');
begin
    if v_name is not null and to_regprocedure(v_name) is null then
        raise warning using
            message = format('branch hook %s does not exist', v_name),
            detail = format('the intent is registered, its branch is %s', branch_name),
            hint = 'create the branch by hand, and the function again, or change the setting '
                   'branch_hook';
    end if;
    return to_regprocedure(v_name);
end
$function$;
comment on function coord._branch_hook(text) is
    'The function that the setting branch_hook names; warns where it was dropped (internal)';

create or replace function coord._call_branch_hook(hook regprocedure, branch_name text) returns void
language plpgsql volatile
as $function$
-- With the caller's rights and path: a hook is the site's own function, and may do only what the
-- caller may. That it fails must not undo the registration.
begin
    execute pg_catalog.format('select %s($1)', hook::pg_catalog.oid::pg_catalog.regproc)
    using branch_name;
exception when others then
    raise warning using
        message = pg_catalog.format('branch hook %s failed: %s', hook, sqlerrm),
        detail = pg_catalog.format('SQLSTATE %s; the intent is registered, its branch is %s',
            sqlstate, branch_name),
        hint = 'create the branch by hand, and mend the function that the setting branch_hook names';
end
$function$;
comment on function coord._call_branch_hook(regprocedure, text) is
    'Calls the function that the setting branch_hook names (internal)';

create or replace function coord._declare(
    agent_id text, feature_name text, changes text, change_list text[], declared text[],
    risk_level text, estimated_duration_ms bigint, metadata jsonb, refuse_on text,
    search_path text, effective_path name[],
    out intent_id uuid, out branch_name text, out status text, out tables text[],
    out conflicts integer
)
language plpgsql volatile
as $function$
declare
    r record;
begin
    r := coord._register(agent_id, feature_name, changes, change_list, declared, risk_level,
        estimated_duration_ms, metadata, refuse_on, search_path, effective_path);
    if r.branch_hook is not null then
        perform coord._call_branch_hook(r.branch_hook, r.branch_name);
    end if;
    intent_id := r.intent_id;
    branch_name := r.branch_name;
    status := r.status;
    tables := r.tables;
    conflicts := r.conflicts;
end
$function$;
comment on function coord._declare(text, text, text, text[], text[], text, bigint, jsonb, text,
    text, name[]) is
    'Registers as the owner, then calls the branch hook as the caller (internal)';

create or replace function coord.register_intent(
    agent_id text, feature_name text, schema_changes text, tables_affected text[] default null,
    risk_level text default 'low', estimated_duration_ms bigint default 0,
    metadata jsonb default '{}', refuse_on text default null, search_path text default null,
    out intent_id uuid, out branch_name text, out status text, out tables_affected text[],
    out conflicts integer
)
language sql volatile
as $function$
select r.intent_id, r.branch_name, r.status, r.tables, r.conflicts
from coord._declare($1, $2, $3, null, $4, $5, $6, $7, $8, $9, pg_catalog.current_schemas(false)) r
$function$;
comment on function coord.register_intent(text, text, text, text[], text, bigint, jsonb, text,
    text) is
    'Declares a script that an agent plans to run: stores the intent and its conflicts with every '
    'active one, and warns of them. Names resolve through the caller''s search_path, unless one '
    'is given';

create or replace function coord.register_intent(
    agent_id text, feature_name text, schema_changes text[], tables_affected text[] default null,
    risk_level text default 'low', estimated_duration_ms bigint default 0,
    metadata jsonb default '{}', refuse_on text default null, search_path text default null,
    out intent_id uuid, out branch_name text, out status text, out tables_affected text[],
    out conflicts integer
)
language sql volatile
as $function$
select r.intent_id, r.branch_name, r.status, r.tables, r.conflicts
from coord._declare($1, $2, null, $3, $4, $5, $6, $7, $8, $9, pg_catalog.current_schemas(false)) r
$function$;
comment on function coord.register_intent(text, text, text[], text[], text, bigint, jsonb, text,
    text) is
    'Declares statements that an agent plans to run: stores the intent and its conflicts with every '
    'active one, and warns of them. Names resolve through the caller''s search_path, unless one '
    'is given';

-- sql/code/60_conflict.sql
-- Conflicts after they were found: listing, reviewing, ignoring, becoming moot.

create or replace function coord.conflicts_of(intent_id uuid) returns setof coord.conflict
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform coord._check_intent(intent_id);
    return query select * from coord.conflict c
        where c.intent_a = $1 or c.intent_b = $1 order by c.is_open desc, c.severity, c.id;
end
$function$;
comment on function coord.conflicts_of(uuid) is
    'The conflicts of an intent, whichever side it is on: open ones and errors first';

create or replace function coord._check_intent(intent_id uuid) returns coord.intent
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_intent coord.intent;
begin
    if intent_id is null then
        perform coord._raise('22004', 'intent_id must not be null', null,
            'give the id that coord.register_intent() returned');
    end if;
    select * into v_intent from coord.intent i where i.id = $1;
    if not found then
        perform coord._raise('IC001', format('intent %s does not exist', intent_id), null,
            'list the intents with: SELECT id, agent_id, feature_name, status FROM coord.intent');
    end if;
    return v_intent;
end
$function$;
comment on function coord._check_intent(uuid) is 'The intent, or IC001 (internal)';

create or replace function coord._settle(intents uuid[], reason text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- Conflicted intents whose last open conflict was closed return to the status they had before.
declare
    v_intent record;
begin
    if cardinality(intents) = 0 then
        return;
    end if;
    perform coord._lock_intents(intents);
    for v_intent in
        select i.id, coord._status_after_conflict(i.status_before_conflict) as returns_to,
               exists (select from coord.conflict c
                       where c.is_open and i.id in (c.intent_a, c.intent_b)
                         and coord._counts(c.severity)) as stays
        from coord.intent i
        where i.id = any (intents) and i.status = 'conflicted'
        order by i.id
    loop
        if v_intent.stays then
            -- Whoever closes the rest with an older snapshot would not see what was closed here,
            -- and leave it conflicted as well. Finding the row changed, it gets 40001 instead.
            update coord.intent i set updated_at = i.updated_at where i.id = v_intent.id;
            continue;
        end if;
        update coord.intent i
        set status = v_intent.returns_to,
            pending_event = jsonb_build_object('event', 'transition',
                'reason', format('no open conflict is left: %s', _settle.reason),
                'details', jsonb_build_object('automatic', true))
        where i.id = v_intent.id;
    end loop;
end
$function$;
comment on function coord._settle(uuid[], text) is
    'Returns conflicted intents without an open conflict to their earlier status (internal)';

create or replace function coord._status_after_conflict(status_before text) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
-- The status before where that is a legal move; else the active status that both lead to (what was
-- completed goes back to work); else registered, which every intent began with.
select coalesce(
    (select t.new_status from coord.status_transition t
     where t.old_status = 'conflicted' and t.new_status = $1),
    (select t.new_status
     from coord.status_transition t
     join coord.status_transition b on b.new_status = t.new_status and b.old_status = $1
     join coord.status s on s.status = t.new_status and s.is_active
     where t.old_status = 'conflicted' and t.new_status <> 'registered'
     order by t.new_status limit 1),
    'registered')
$function$;
comment on function coord._status_after_conflict(text) is
    'Where a conflicted intent goes when nothing is open any more (internal)';

create or replace function coord._moot_conflicts(
    intent_id uuid, reason text, kept bigint[] default '{}'
) returns uuid[]
language sql volatile
set search_path = pg_catalog, pg_temp
as $function$
with closed as (
    update coord.conflict c
    set moot_at = clock_timestamp(), moot_reason = $2
    where c.is_open and $1 in (c.intent_a, c.intent_b) and not c.id = any ($3)
    returning case when c.intent_a = $1 then c.intent_b else c.intent_a end as partner
)
select coalesce(array_agg(distinct partner), '{}') from closed
$function$;
comment on function coord._moot_conflicts(uuid, text, bigint[]) is
    'Closes the open conflicts of an intent as moot; returns the other sides (internal)';

create or replace function coord.resolve_conflict(
    conflict_id bigint, notes text, severity text default null, reviewed_by text default null
) returns coord.conflict
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
    v_conflict coord.conflict;
    v_severity text;
    v_actor text;
    v_details jsonb;
begin
    if conflict_id is null then
        perform coord._raise('22004', 'conflict_id must not be null', null,
            'give the id of a row of coord.conflict');
    elsif notes is null or btrim(notes) = '' then
        perform coord._raise(case when notes is null then '22004' else '22023' end,
            'notes must say what was agreed', null,
            'for example: ''applied one after the other, payments first''');
    end if;
    perform coord._check_text('notes', notes);
    if severity is not null then
        v_severity := coord._choice('severity', severity, '{warning,error}');
    end if;
    select * into v_conflict from coord.conflict c where c.id = $1;
    if not found then
        perform coord._raise('IC005', format('conflict %s does not exist', conflict_id), null,
            'list the open ones with: SELECT * FROM coord.conflict WHERE is_open');
    end if;
    v_actor := coord._actor(reviewed_by);
    perform coord._authorise_review(v_conflict);

    perform coord._lock_intents(array[v_conflict.intent_a, v_conflict.intent_b]);
    select * into v_conflict from coord.conflict c where c.id = $1 for no key update;
    v_details := jsonb_build_object(
        'notes', notes, 'severity_before', v_conflict.severity,
        'severity', coalesce(v_severity, v_conflict.severity), 'reviewed_before', v_conflict.reviewed);
    update coord.conflict c
    set reviewed = true, reviewed_at = clock_timestamp(), reviewed_by = v_actor,
        resolution_notes = $2, severity = coalesce(v_severity, c.severity)
    where c.id = $1
    returning * into v_conflict;
    update coord.intent i
    set pending_event = jsonb_build_object('event', 'reviewed', 'conflict_id', v_conflict.id,
        'details', v_details, 'reason', $2, 'changed_by', v_actor)
    where i.id in (v_conflict.intent_a, v_conflict.intent_b);
    perform coord._settle(array[v_conflict.intent_a, v_conflict.intent_b],
        format('conflict %s was reviewed', v_conflict.id));
    return v_conflict;
end
$function$;
comment on function coord.resolve_conflict(bigint, text, text, text) is
    'Records that a conflict was reviewed, by whom and with what result; that closes it';

create or replace function coord._authorise_review(conflict coord.conflict) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
-- Either side may review, and any reviewer.
declare
    v_a text := (select i.agent_id from coord.intent i where i.id = conflict.intent_a);
    v_b text := (select i.agent_id from coord.intent i where i.id = conflict.intent_b);
begin
    if not coord._may_act_for(v_a) and not coord._may_act_for(v_b) then
        perform coord._authorise(v_a);
    end if;
end
$function$;
comment on function coord._authorise_review(coord.conflict) is
    'Raises 42501 unless the caller may act for one of the two sides (internal)';

create or replace function coord.ignore(
    reason text, conflict_type text default null, object_name text default null,
    rule text default null, agent_id text default null, expires_at timestamptz default null
) returns bigint
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_id bigint;
begin
    perform coord._authorise_reviewer('silence conflicts');
    if btrim(coalesce(reason, '')) = '' then
        perform coord._raise(case when reason is null then '22004' else '22023' end,
            'an ignore rule needs a reason', null, 'say why these conflicts do not matter');
    end if;
    perform coord._check_text('reason', reason);
    perform coord._check_text('object_name', object_name);
    perform coord._check_name(i.argument, i.value)
    from (values ('conflict_type', conflict_type), ('rule', rule), ('agent_id', agent_id))
        as i (argument, value)
    where i.value is not null;
    if object_name ~ e'(^|[^\\\\])(\\\\\\\\)*\\\\$' then
        perform coord._raise('22023', 'object_name must not end with a single backslash',
            format('given: %s', object_name),
            'it is a LIKE pattern: a backslash takes the meaning from the character after it');
    end if;
    if num_nonnulls(conflict_type, rule, object_name, agent_id) = 0 then
        perform coord._raise('22004', 'an ignore rule needs something to match', null,
            'give conflict_type, object_name (a LIKE pattern), rule or agent_id');
    end if;
    if expires_at <= clock_timestamp() then
        perform coord._raise('22023', 'expires_at is over', format('given: %s', expires_at),
            'give a time to come, or leave it out');
    end if;
    insert into coord.ignore_rule
        (conflict_type, rule, object_name, agent_id, reason, expires_at, created_by, created_at)
    values (lower($2), $4, $3, $5, $1, $6, coord._caller(), clock_timestamp())
    returning id into v_id;
    return v_id;
end
$function$;
comment on function coord.ignore(text, text, text, text, text, timestamptz) is
    'Silences conflicts found from now on that match everything given; they are stored as closed, '
    'with the rule that closed them';

create or replace function coord.unignore(ignore_rule_id bigint) returns void
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform coord._authorise_reviewer('change what is silenced');
    update coord.ignore_rule r set expires_at = clock_timestamp() where r.id = $1;
    if not found then
        perform coord._raise('22023', format('ignore rule %s does not exist', ignore_rule_id), null,
            'list them with: SELECT * FROM coord.ignore_rule');
    end if;
end
$function$;
comment on function coord.unignore(bigint) is 'Lets an ignore rule expire now';

-- sql/code/65_lifecycle.sql
-- Moving an intent. The trigger in 20_transition.sql decides what is legal and writes history;
-- these functions check who asks, take the locks in order, and update.

create or replace function coord._move(
    intent_id uuid, new_status text, reason text, changed_by text
) returns text
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_intent coord.intent := coord._check_intent(intent_id);
    v_actor text := coord._actor(changed_by);
    v_target coord.status;
    v_status text;
begin
    perform coord._authorise(v_intent.agent_id);
    perform coord._check_text('reason', reason);
    if new_status = 'merged' and coord._setting_of('merge_needs_reviewer') = 'on' then
        perform coord._authorise_reviewer('mark an intent merged');
    end if;
    select * into v_target from coord.status s where s.status = new_status;
    if v_target.refuses_errors then
        -- What was true at registration may have changed: look again before work begins.
        perform coord._redetect(intent_id, null, v_actor, format('checked before %s', new_status));
    elsif not v_target.is_active then
        perform coord._lock_intent_keys(v_intent.intent_no);
    end if;
    perform coord._lock_with_partners(intent_id, v_target.moots_conflicts);
    update coord.intent i
    set status = new_status,
        pending_event = jsonb_build_object('event', 'transition', 'reason', _move.reason,
            'changed_by', v_actor)
    where i.id = intent_id
    returning i.status into v_status;
    return v_status;
end
$function$;
comment on function coord._move(uuid, text, text, text) is
    'Moves an intent to another status (internal)';

create or replace function coord._lock_with_partners(intent_id uuid, with_partners boolean)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- With the keys of an intent locked nobody can add a partner that this would have to know of.
begin
    perform coord._lock_intents(
        array(select $1 union
              select case when c.intent_a = $1 then c.intent_b else c.intent_a end
              from coord.conflict c
              where with_partners and c.is_open and $1 in (c.intent_a, c.intent_b)));
end
$function$;
comment on function coord._lock_with_partners(uuid, boolean) is
    'Locks an intent, and those that its end may set free, in the global order (internal)';

create or replace function coord.mark_in_progress(
    intent_id uuid, reason text default 'work began', changed_by text default null
) returns text
language sql volatile
as $function$ select coord._move($1, 'in_progress', $2, $3) $function$;
comment on function coord.mark_in_progress(uuid, text, text) is
    'Work begins: refused while a conflict of severity error is open; returns the new status';

create or replace function coord.mark_completed(
    intent_id uuid, reason text default 'work is done', changed_by text default null
) returns text
language sql volatile
as $function$ select coord._move($1, 'completed', $2, $3) $function$;
comment on function coord.mark_completed(uuid, text, text) is
    'Work is done on the branch; returns the new status';

create or replace function coord.mark_merged(
    intent_id uuid, reason text default 'merged', changed_by text default null
) returns text
language sql volatile
as $function$ select coord._move($1, 'merged', $2, $3) $function$;
comment on function coord.mark_merged(uuid, text, text) is
    'The branch was merged: the intent ends, its open conflicts stay, since the other side still '
    'has to adapt; returns the new status';

create or replace function coord.mark_abandoned(
    intent_id uuid, reason text default 'abandoned', changed_by text default null
) returns text
language sql volatile
as $function$ select coord._move($1, 'abandoned', $2, $3) $function$;
comment on function coord.mark_abandoned(uuid, text, text) is
    'The plan is given up: the intent ends and its open conflicts become moot; returns the status';

create or replace function coord.move_intent(
    intent_id uuid, new_status text, reason text default null, changed_by text default null
) returns text
language sql volatile
as $function$ select coord._move($1, pg_catalog.lower($2), $3, $4) $function$;
comment on function coord.move_intent(uuid, text, text, text) is
    'Moves an intent to any status that a row of coord.status_transition allows, a site''s own '
    'included; returns the new status';

-- sql/code/70_redetect.sql
-- Detecting again: when a plan changes, when work begins, and when somebody asks.

create or replace function coord._redetect(
    intent_id uuid, new_changes text[], actor text, reason text,
    new_declared text[] default null, new_path name[] default null
) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $function$
-- Returns how many open conflicts there are. Without new changes the stored plan is analysed
-- again, since the catalog may have changed.
declare
    v_intent coord.intent := coord._check_intent(intent_id);
    a record;
    v_findings json;
    v_revision integer;
    v_kept bigint[];
    v_freed uuid[];
    v_new bigint[];
begin
    loop
        a := coord._analyse(null, coalesce(new_changes, v_intent.schema_changes),
            null, coalesce(new_path, v_intent.search_path::name[]),
            coalesce(new_declared, v_intent.tables_declared), v_intent.feature_name,
            coord._limits());
        if a.problem is not null then
            perform coord._raise(a.problem);
        end if;
        perform coord._lock_plan(v_intent.intent_no, a.keys, a.are_exclusive, a.are_containers);
        v_revision := v_intent.revision;
        v_intent := coord._check_intent(intent_id);
        -- Somebody amended it while we waited: what was analysed is not the plan any more.
        exit when v_intent.revision = v_revision;
    end loop;
    v_findings := coord._detect(v_intent.intent_no, v_intent.agent_id, v_intent.feature_name,
        a.keys, a.are_exclusive, a.touches, a.resolved_path);
    perform coord._lock_intents(array(
        select $1
        union
        select case when c.intent_a = $1 then c.intent_b else c.intent_a end
        from coord.conflict c where c.is_open and $1 in (c.intent_a, c.intent_b)));
    v_intent := coord._check_intent(intent_id);
    if not (select s.is_active from coord.status s where s.status = v_intent.status) then
        return 0;  -- it ended while we waited; whoever called says what that means
    end if;

    perform coord._store_footprint(v_intent.intent_no, a.keys, a.are_exclusive, a.are_containers,
        a.touches);
    delete from coord.own_order o
    where v_intent.intent_no in (o.first_no, o.then_no);

    select array_agg(c.id) into v_kept
    from coord.conflict c
    join coord._found_conflicts(v_findings, v_intent.agent_id) f
      on f.intent_id = case when c.intent_a = $1 then c.intent_b else c.intent_a end
     and f.conflict_type = c.conflict_type and f.outcome = c.outcome
     and f.affected_objects = c.affected_objects
     and c.first_intent is not distinct from case when f.outcome = 'order'
         then case when f.newcomer_first then $1 else f.intent_id end end
    where $1 in (c.intent_a, c.intent_b) and c.moot_at is null;
    v_freed := coord._moot_conflicts(intent_id,
        case when new_changes is null then 'it is no longer found' else 'the plan was amended' end,
        coalesce(v_kept, '{}') || array(
            -- the other side has ended by merging: what it changed is in the schema now
            select c.id from coord.conflict c
            join coord.intent i on i.id = case when c.intent_a = $1 then c.intent_b else c.intent_a end
            join coord.status s on s.status = i.status
            where new_changes is null and not s.is_active and $1 in (c.intent_a, c.intent_b)));
    v_new := coord._store_conflicts(intent_id, v_findings, false);

    if new_changes is not null then
        update coord.intent i
        set schema_changes = a.statements, tables_affected = a.tables,
            tables_declared = a.tables_named, search_path = a.resolved_path, revision = i.revision + 1,
            pending_event = jsonb_build_object('event', 'amended', 'changed_by', actor,
                'reason', _redetect.reason, 'details', jsonb_build_object(
                    'schema_changes', to_jsonb(a.statements),
                    'schema_changes_before', to_jsonb(i.schema_changes),
                    'tables_affected', to_jsonb(a.tables)))
        where i.id = $1;
    elsif cardinality(v_new) > 0 or cardinality(v_freed) > 0 then
        update coord.intent i
        set tables_affected = a.tables,
            pending_event = jsonb_build_object('event', 'rechecked', 'changed_by', actor,
                'reason', _redetect.reason, 'details', jsonb_build_object(
                    'conflicts_found', to_jsonb(v_new)))
        where i.id = $1;
    end if;
    perform coord._mark_conflicted(intent_id, v_new, actor, reason);
    if new_changes is not null or cardinality(v_freed) > 0 then
        perform coord._settle(v_freed || intent_id, reason);
    end if;
    perform coord._warn_of_conflicts(intent_id, v_new);
    return (select count(*) from coord.conflict c
            where c.is_open and $1 in (c.intent_a, c.intent_b));
end
$function$;
comment on function coord._redetect(uuid, text[], text, text, text[], name[]) is
    'Analyses an intent again, closes what is gone and records what is new (internal)';

create or replace function coord._lock_plan(
    intent_no bigint, keys text[], are_exclusive boolean[], are_containers boolean[]
) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- The old keys too: whoever found us by one of them must not overlook that we are leaving it.
select coord._lock_keys(
    array_agg(k.key), array_agg(k.is_exclusive), array_agg(k.is_container))
from (
    select k.key, bool_or(k.is_exclusive) as is_exclusive, bool_or(k.is_container) as is_container
    from (
        select * from unnest(keys, are_exclusive, are_containers)
            as n (key, is_exclusive, is_container)
        union all
        select o.key, o.is_exclusive, o.is_container
        from coord.intent_key o where o.intent_no = $1
    ) k
    group by k.key
) k
$function$;
comment on function coord._lock_plan(bigint, text[], boolean[], boolean[]) is
    'Locks the keys that an intent has and those that it is going to have (internal)';

create or replace function coord._mark_conflicted(
    intent_id uuid, new_conflicts bigint[], actor text, reason text
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- New conflicts make a declared intent conflicted; one that is being worked on, or done, only when
-- one of them is an error.
declare
    v_status text := (select i.status from coord.intent i where i.id = $1);
begin
    if exists (select from coord.conflict c
               where c.id = any (new_conflicts)
                 and case when v_status = 'registered' then coord._counts(c.severity)
                          else c.severity = 'error' end)
       and exists (select from coord.status_transition t
                   where t.old_status = v_status and t.new_status = 'conflicted')
    then
        update coord.intent i
        set status = 'conflicted',
            pending_event = jsonb_build_object('event', 'transition', 'changed_by', actor,
                'reason', format('%s found: %s',
                    coord._count_of(cardinality(new_conflicts), 'conflict'), _mark_conflicted.reason),
                'details', jsonb_build_object('automatic', true))
        where i.id = $1;
    end if;
end
$function$;
comment on function coord._mark_conflicted(uuid, bigint[], text, text) is
    'Moves an intent to conflicted where its new conflicts ask for it (internal)';

create or replace function coord._recheck(intent_id uuid, actor text) returns integer
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_intent coord.intent := coord._check_intent(intent_id);
begin
    perform coord._authorise(v_intent.agent_id);
    perform coord._check_active(v_intent, 'recheck');
    return coord._redetect(intent_id, null, coord._actor(actor), 'rechecked');
end
$function$;
comment on function coord._recheck(uuid, text) is 'Detects again, as the owner (internal)';

create or replace function coord._check_active(intent coord.intent, what text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    if not (select s.is_active from coord.status s where s.status = intent.status) then
        perform coord._raise('IC002', format('cannot %s an intent that is %s', what, intent.status),
            format('intent %s', intent.id), 'register a new intent');
    end if;
end
$function$;
comment on function coord._check_active(coord.intent, text) is
    'Raises IC002 for an intent that has ended (internal)';

create or replace function coord.recheck(intent_id uuid, changed_by text default null)
returns integer
language sql volatile
as $function$ select coord._recheck($1, $2) $function$;
comment on function coord.recheck(uuid, text) is
    'Detects again against what is active and in the catalog now; returns the number of open '
    'conflicts';

create or replace function coord._amend(
    intent_id uuid, changes text, change_list text[], tables_affected text[], reason text,
    changed_by text, search_path text, effective_path name[],
    out status text, out tables text[], out conflicts integer
)
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_intent coord.intent := coord._check_intent(intent_id);
    v_actor text := coord._actor(changed_by);
    a record;
begin
    perform coord._authorise(v_intent.agent_id);
    perform coord._check_text('reason', reason);
    perform coord._check_active(v_intent, 'amend');
    a := coord._analyse(changes, change_list, search_path, effective_path,
        coalesce(tables_affected, v_intent.tables_declared), v_intent.feature_name, coord._limits());
    if a.problem is not null then
        perform coord._raise(a.problem);
    end if;
    conflicts := coord._redetect(intent_id, a.statements, v_actor, coalesce(reason, 'amended'),
        a.tables_named, a.resolved_path::name[]);
    v_intent := coord._check_intent(intent_id);
    perform coord._check_active(v_intent, 'amend');
    status := v_intent.status;
    tables := v_intent.tables_affected;
end
$function$;
comment on function coord._amend(uuid, text, text[], text[], text, text, text, name[]) is
    'Replaces the plan of an intent, as the owner (internal)';

create or replace function coord.amend_intent(
    intent_id uuid, schema_changes text, tables_affected text[] default null,
    reason text default 'amended', changed_by text default null, search_path text default null,
    out status text, out tables_affected text[], out conflicts integer
)
language sql volatile
as $function$
select a.status, a.tables, a.conflicts
from coord._amend($1, $2, null, $3, $4, $5, $6, pg_catalog.current_schemas(false)) a
$function$;
comment on function coord.amend_intent(uuid, text, text[], text, text, text) is
    'Replaces the plan of an active intent: footprint and conflicts follow, history says so. Names '
    'resolve through the caller''s search_path, unless one is given';

create or replace function coord.amend_intent(
    intent_id uuid, schema_changes text[], tables_affected text[] default null,
    reason text default 'amended', changed_by text default null, search_path text default null,
    out status text, out tables_affected text[], out conflicts integer
)
language sql volatile
as $function$
select a.status, a.tables, a.conflicts
from coord._amend($1, null, $2, $3, $4, $5, $6, pg_catalog.current_schemas(false)) a
$function$;
comment on function coord.amend_intent(uuid, text[], text[], text, text, text) is
    'Replaces the plan of an active intent: footprint and conflicts follow, history says so. Names '
    'resolve through the caller''s search_path, unless one is given';

-- sql/code/75_order.sql
-- In which order to merge.

create or replace function coord._sort_intents(nodes json, edges json) returns json
language plpython3u stable
as $function$
detector = GD.get('confiture_coord 7f306ec57b0d8bfe')
if detector is None:
    plpy.execute('select coord._load_detector()')
    detector = GD['confiture_coord 7f306ec57b0d8bfe']
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
            select i.intent_no, string_agg(
                       format('depends_on names "%s", which no intent is called', d.name), '; ')
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

-- sql/code/80_housekeeping.sql
-- Keeping the register tidy: what is still alive, what is not, and what may leave.

create or replace function coord.heartbeat(intent_id uuid) returns timestamptz
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_intent coord.intent := coord._check_intent(intent_id);
    v_now timestamptz := clock_timestamp();
begin
    perform coord._authorise(v_intent.agent_id);
    perform coord._check_active(v_intent, 'keep alive');
    perform coord._lock_intents(array[intent_id]);
    update coord.intent i set heartbeat_at = v_now where i.id = $1;
    return v_now;
end
$function$;
comment on function coord.heartbeat(uuid) is
    'Says that somebody still works on the intent: it does not count as stale';

create or replace function coord.stale_intents(older_than interval default '7 days')
returns table (
    intent_id uuid, agent_id text, feature_name text, branch_name text, status text,
    idle_for interval, overdue_by interval
)
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
begin
    perform coord._check_age(older_than);
    return query
        with active as (
            select i.*, statement_timestamp() - greatest(i.updated_at, i.heartbeat_at) as idle,
                (select max(h.changed_at) from coord.intent_history h
                 where h.intent_id = i.id and h.new_status = 'in_progress'
                   and h.old_status <> 'in_progress') as started_at
            from coord.intent i join coord.status s on s.status = i.status and s.is_active
        ), timed as (
            select a.*, case when a.status = 'in_progress' and a.estimated_duration_ms > 0
                then statement_timestamp() - a.started_at
                     - least(a.estimated_duration_ms, 1e15::bigint) * interval '1 millisecond' end
                as late
            from active a
        )
        select t.id, t.agent_id, t.feature_name, t.branch_name, t.status, t.idle,
               case when t.late > interval '0' then t.late end
        from timed t
        where t.idle > older_than or t.late > interval '0'
        order by t.idle desc;
end
$function$;
comment on function coord.stale_intents(interval) is
    'Active intents that nobody moved or kept alive for so long, and those whose estimated '
    'duration is over';

create or replace function coord._check_age(older_than interval) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    if older_than is null or older_than < interval '0' then
        perform coord._raise(case when older_than is null then '22004' else '22023' end,
            'older_than must be an interval that is not negative', null,
            'for example: interval ''7 days''');
    end if;
end
$function$;
comment on function coord._check_age(interval) is 'Raises for a missing or negative age (internal)';

create or replace function coord.abandon_stale(older_than interval, reason text)
returns table (intent_id uuid, agent_id text, feature_name text)
language plpgsql volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
    v_stale uuid[];
    v_intent record;
begin
    perform coord._authorise_reviewer('abandon the intents of others');
    perform coord._check_age(older_than);
    if btrim(coalesce(reason, '')) = '' then
        perform coord._raise(case when reason is null then '22004' else '22023' end,
            'abandoning needs a reason', null, 'say why, for the agents who will look for it');
    end if;
    -- A status of the site's own may have no way to abandoned: those stay, and stay listed.
    v_stale := array(
        select s.intent_id from coord.stale_intents(older_than) s
        join coord.status_transition t on t.old_status = s.status and t.new_status = 'abandoned'
        where s.idle_for > older_than);
    -- All locks before the first move, in the global order.
    perform coord._lock_keys(
        array_agg(k.key), array_agg(k.is_exclusive), array_agg(k.is_container))
    from (
        select k.key, bool_or(k.is_exclusive) as is_exclusive, bool_or(k.is_container) as is_container
        from coord.intent_key k join coord.intent i on i.intent_no = k.intent_no
        where i.id = any (v_stale) group by k.key
    ) k
    having count(*) > 0;
    perform coord._lock_intents(v_stale || array(
        select unnest(array[c.intent_a, c.intent_b]) from coord.conflict c
        where c.is_open and (c.intent_a = any (v_stale) or c.intent_b = any (v_stale))));
    for v_intent in
        -- Somebody may have moved one while we waited.
        select i.id, i.agent_id, i.feature_name from coord.intent i
        join coord.status_transition t on t.old_status = i.status and t.new_status = 'abandoned'
        where i.id = any (v_stale)
          and statement_timestamp() - greatest(i.updated_at, i.heartbeat_at) > older_than
        order by i.id
    loop
        perform coord._move(v_intent.id, 'abandoned', $2, null);
        return query select v_intent.id, v_intent.agent_id, v_intent.feature_name;
    end loop;
end
$function$;
comment on function coord.abandon_stale(interval, text) is
    'Abandons the active intents that nobody moved or kept alive for so long; reviewers only';

create or replace function coord._ended(before timestamptz) returns setof coord.intent
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
-- Only with everybody it ever clashed with: a conflict needs both its intents.
select i.* from coord.intent i
join coord.status s on s.status = i.status and not s.is_active
where i.updated_at < before
  and not exists (
      select from coord.conflict c
      join coord.intent o on o.id in (c.intent_a, c.intent_b) and o.id <> i.id
      join coord.status os on os.status = o.status
      where i.id in (c.intent_a, c.intent_b) and (os.is_active or o.updated_at >= before))
$function$;
comment on function coord._ended(timestamptz) is
    'Intents that ended before a time, and whose partners in conflict did too (internal)';

create or replace function coord.export_ended(before timestamptz) returns setof json
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
-- One line each: json_agg would put line breaks between rows.
select json_build_object(
    'intent', to_json(i),
    'conflicts', (select format('[%s]', string_agg(to_json(c)::text, ',' order by c.id))::json
                  from coord.conflict c where i.id in (c.intent_a, c.intent_b)),
    'history', (select format('[%s]', string_agg(to_json(h)::text, ',' order by h.intent_row))::json
                from coord.intent_history h where h.intent_id = i.id))
from coord._ended(before) i order by i.intent_no
$function$;
comment on function coord.export_ended(timestamptz) is
    'Intents that ended before a time, with conflicts and history: one JSON document a row, on one '
    'line';

create or replace function coord.archive_ended(before timestamptz) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- Not SECURITY DEFINER: only the owner can switch the guards off, and only inside this transaction.
declare
    v_ids uuid[];
begin
    select array_agg(e.id) into v_ids from coord._ended(before) e;
    if v_ids is null then
        return 0;
    end if;
    alter table coord.intent_history disable trigger intent_history_100_refuse_row;
    alter table coord.intent disable trigger intent_100_refuse_delete;
    insert into coord.archived_history (id, intent_id, intent_row, row_hash, archived_at)
    select h.id, h.intent_id, h.intent_row, h.row_hash, clock_timestamp()
    from coord.intent_history h where h.intent_id = any (v_ids);
    delete from coord.intent_history h where h.intent_id = any (v_ids);
    delete from coord.conflict c where c.intent_a = any (v_ids) or c.intent_b = any (v_ids);
    delete from coord.own_order o using coord.intent i
    where i.id = any (v_ids) and i.intent_no in (o.first_no, o.then_no);
    delete from coord.intent_footprint f using coord.intent i
    where i.id = any (v_ids) and f.intent_no = i.intent_no;
    delete from coord.intent_key k using coord.intent i
    where i.id = any (v_ids) and k.intent_no = i.intent_no;
    delete from coord.intent i where i.id = any (v_ids);
    alter table coord.intent_history enable always trigger intent_history_100_refuse_row;
    alter table coord.intent enable always trigger intent_100_refuse_delete;
    return cardinality(v_ids);
end
$function$;
comment on function coord.archive_ended(timestamptz) is
    'Removes what coord.export_ended(before) returns, and keeps the hashes of its history so that '
    'earlier digests still verify; the owner only, after the export is safe';

-- sql/code/85_doctor.sql
-- Is everything in place? What an administrator asks after an installation, an upgrade, a restore.

create or replace function coord._guard_triggers(
    out relation regclass, out trigger_name name, out problem text, out mending text
) returns setof record
language sql stable
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $function$
-- pg_restore --disable-triggers, for one, leaves ENABLE ALWAYS triggers as ordinary ones.
select to_regclass(g.relation), g.trigger_name,
       case when t.tgenabled is null then 'is missing'
            when pg_get_triggerdef(t.oid) <> d.definition then 'is not the one that was installed'
            when t.tgenabled = 'D' then 'is disabled'
            when not c.relhastriggers then 'does not fire: pg_class says that there is none'
            else 'does not fire under session_replication_role = replica' end,
       case when pg_get_triggerdef(t.oid) = d.definition and c.relhastriggers then ''
            else replace(d.definition, 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER') || '; ' end
       || format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', g.relation, g.trigger_name)
from (values
    ('coord.intent', 'intent_100_guard', 'BEFORE UPDATE', 'ROW', '_guard_intent()'),
    ('coord.intent', 'intent_100_refuse_delete', 'BEFORE DELETE', 'ROW',
     '_refuse_intent_removal()'),
    ('coord.intent', 'intent_100_refuse_truncate', 'BEFORE TRUNCATE', 'STATEMENT',
     '_refuse_intent_removal()'),
    ('coord.intent', 'intent_500_follow', 'AFTER UPDATE OF status',
     'ROW WHEN ((new.status IS DISTINCT FROM old.status))', '_follow_transition()'),
    ('coord.intent_history', 'intent_history_100_refuse_row', 'BEFORE DELETE OR UPDATE', 'ROW',
     $$_refuse_history_change('history')$$),
    ('coord.intent_history', 'intent_history_100_refuse_truncate', 'BEFORE TRUNCATE', 'STATEMENT',
     $$_refuse_history_change('history')$$),
    ('coord.archived_history', 'archived_history_100_refuse_row', 'BEFORE DELETE OR UPDATE', 'ROW',
     $$_refuse_history_change('the archive of history')$$),
    ('coord.archived_history', 'archived_history_100_refuse_truncate', 'BEFORE TRUNCATE',
     'STATEMENT', $$_refuse_history_change('the archive of history')$$)
) as g (relation, trigger_name, event, level, call)
cross join lateral format('CREATE TRIGGER %I %s ON %s FOR EACH %s EXECUTE FUNCTION coord.%s',
    g.trigger_name, g.event, g.relation, g.level, g.call) as d (definition)
left join pg_trigger t
    on t.tgrelid = to_regclass(g.relation) and t.tgname = g.trigger_name and not t.tgisinternal
left join pg_class c on c.oid = t.tgrelid
where t.tgenabled is distinct from 'A' or pg_get_triggerdef(t.oid) <> d.definition
   or not c.relhastriggers
$function$;
comment on function coord._guard_triggers() is
    'Guard triggers that do not guard, with the statement that mends each (internal)';

create or replace function coord._foreign_writers(out problem text) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $function$
-- What acts before a row of history is written, or in its place, can write something else, with
-- every hash right. What acts afterwards cannot.
select format('trigger %I on %s acts before history is written, and may have something else '
              'written; where it is meant to be there, make it an AFTER trigger; mend it with: '
              'DROP TRIGGER %I ON %s', t.tgname, g.relation, t.tgname, g.relation)
from (values ('coord.intent', 16), ('coord.intent_history', 4), ('coord.archived_history', 4))
    as g (relation, event)  -- of pg_trigger.tgtype: 2 is BEFORE, 4 INSERT, 16 UPDATE
join pg_trigger t on t.tgrelid = to_regclass(g.relation)
where not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 2 > 0 and t.tgtype & g.event > 0
  and t.tgname <> 'intent_100_guard'
union all
select format('rule %I on %s acts in place of what history is written with; mend it with: '
              'DROP RULE %I ON %s', r.rulename, g.relation, r.rulename, g.relation)
from (values ('coord.intent', '2'), ('coord.intent', '3'), ('coord.intent_history', '3'),
             ('coord.archived_history', '3')) as g (relation, event)  -- 2 is UPDATE, 3 INSERT
join pg_rewrite r on r.ev_class = to_regclass(g.relation) and r.ev_type = g.event::"char"
where r.ev_enabled <> 'D'
$function$;
comment on function coord._foreign_writers() is
    'Triggers and rules that could change what is being written into history (internal)';

create or replace function coord._footprint_problems(out problem text) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
select format('intent %s ', i.id) || case
    when k.intent_no is null then
        format('has no footprint, so registrations do not meet it; mend it with: '
               'SELECT coord.recheck(%L)', i.id)
    when s.is_active then
        format('is active, but its footprint counts as ended; mend it with: '
               'SELECT coord.recheck(%L)', i.id)
    else
        format('has ended, but its footprint counts as active; mend it with: '
               'UPDATE coord.intent_key SET is_active = false WHERE intent_no = %s', i.intent_no)
    end
from coord.intent i
join coord.status s on s.status = i.status
left join (select k.intent_no, bool_and(k.is_active) as all_active, bool_or(k.is_active) as some_active
           from coord.intent_key k group by k.intent_no) k on k.intent_no = i.intent_no
where (s.is_active and k.all_active is not true) or (not s.is_active and k.some_active)
$function$;
comment on function coord._footprint_problems() is
    'Intents that detection does not see as what they are, with what mends each (internal)';

create or replace function coord._function_problems(out problem text) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
-- The guards are as good as the functions that they call: each is compared with what the installed
-- version brought. Whoever can change those can change this one too; a dump that is restored into
-- a fresh installation, and verified there, does not depend on either.
with ours (name, body, security_definer, settings) as (
    values
('_actor', '1f18e24a0fc5d3a93dce49596a06e5490056e6586d2742f4f2616d342b9eb0d2', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_amend', '7e6a0e12eb3ab7c3827b3f9ce1ffbd021acee47513fba8f934c5c9adb03fb570', true, array['search_path=pg_catalog, pg_temp']::text[]),
('_analyse', '025e1799f672a53f114916678f1adb8a429fb7c7b6f977970a178b6febf8e7f1', false, array['plan_cache_mode=force_generic_plan', 'jit=off', 'quote_all_identifiers=off']::text[]),
('_append_history', '8a9eea1b4606579ac7b0296299e644caa5376282fa36973429a7f3ceff78729f', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_authorise', 'c62c1527f3a9c9edd31a092a506bf95cb50ebb0c69beb1527d70df01d1da8009', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_authorise_review', '0577744c55b7787ae7f48e9e124976df695deddaa18d2a38a8bcd2d17ca89aa2', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_authorise_reviewer', '87e9754f88b0c3795bcc1ec55afa153fa592bff34847a6951fd9064ea033fdc6', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_branch_hook', '78d51a8f22992750080bd8c3e18240bf642bcc16c442c0f9f17d05d34a0e746c', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_branch_slug', '2456d8f317971a75e570422932793f079fd1df9b07410472f65cc33ec0a0b6a4', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_call_branch_hook', '177402e8cb4c662b2bd93148bc1f84bcf145b89f394fc1c1d9072f5cffbbac3b', false, null::text[]),
('_caller', '954376a76a9ec6e54e0531dbc870d31bc422c6d65fb6a7ac8d2ffcbbeb6eef86', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_check_active', '2931f45471dbff59683a44655593b45aa1aff20c88594f6d0c6bbb05df521598', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_check_age', 'd53f53f57cbe4e803e9a2440e7aeee2c70c9f9fc2530d665b6e308b3b24a7e99', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_check_intent', 'd1ffca5ca7718809cf080bf3d5a9beb707fba07af2e6bc0e9a47b341bbf7fb41', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_check_metadata', '724d70014a8a7fa7c58bb545780bb0755d520b562ef374302707e2f7752f8608', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_check_name', '82d0adcece41b9243cf0b7648c2490d24d7224107b38e4a2085f2363e39bca5c', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_check_readable', '2e08214fbbeefd54f6aff01a663bfb2cef3380778685dec8e728b7479cd66dcc', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_check_rows', 'cffd5b48d9e48483c308596e17a0c81b99530418ecbef5bc18988647ac8ecb75', true, array['search_path=pg_catalog, pg_temp']::text[]),
('_check_text', '4ddd5559af47f45d0269f80e775c95c3e4af4a88ff8aff9024111451b5a64071', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_check_transition', 'e599451da1cc2eaa3c48a568d2ef0836db5432e24f46dfa3287a573fea4637f1', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_choice', '6a0ec09ca728fa8eb8b028fb505a70f93afd7c5095f2c6c0437233e035cd5d30', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_compare', '36c96f417bb9c5fa356126a400cade34aa4413cfefae1442c0fdfbb675b35436', false, array['plan_cache_mode=force_generic_plan', 'jit=off', 'quote_all_identifiers=off']::text[]),
('_compare_rows', 'dd08eeca5d3dd639f8f0733f06353fa94cb3bd9b3e808684fb0e5636fa399035', true, array['search_path=pg_catalog, pg_temp']::text[]),
('_conflict_json', 'a3932a0d0c54d5c6e2a7a60973f3dcf570b7b6a3c9c6a1f28a0d89edad5203b2', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_conflict_line', 'bb606d623ac35ddfb72ef3905e94aba579c416a22a2db649125cceb68f12d403', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_container_bucket', null, false, array['search_path=pg_catalog, pg_temp']::text[]),
('_count_of', null, false, array['search_path=pg_catalog, pg_temp']::text[]),
('_counts', '7fe8790f45e15bd26f82f9151646c029fb46c2b3487c1b571619010f7fce82b7', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_declare', 'd7b4b1148e125153e71c3a09616a03b0210ac958d245ea152a29997158154fff', false, null::text[]),
('_depends_on', 'f37bc93deed02bf43a8a632aea86923b8f86906001140165b00e5d823ca71d6d', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_detect', 'bc39df683701707469b5b38c402598ec94641967ff422776fd333f3b48d83255', false, array['enable_seqscan=off', 'plan_cache_mode=force_generic_plan', 'jit=off', 'quote_all_identifiers=off']::text[]),
('_detector_facts', '77b9f1c46d0d65f13806534b95768409797953b304f1be935bc38b9e6f72e411', false, null::text[]),
('_detector_sources', 'cffccec94cbb62267b733dd1e41fd1e905fedef50ec5a7b0dddca03439b29ad2', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_digest_of', 'af0f4735eb433dca9fd14b71246b20d20daa3cba8f7c0cd06774be1d1088bd30', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_ended', '679a84d1d5a194bca40468412857eae0e2e10b1e58e855442af1b763c8ada9be', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_follow_transition', '35b401e5c0362e7364b602cda21afbef50d5be447c42e99475bf5c4433bdb7a0', true, array['search_path=pg_catalog, pg_temp']::text[]),
('_footprint', '8f31c9410885b13266da8df3577f6ff7d5ab36f2f6e5c1dac205766de772f9ff', false, null::text[]),
('_footprint_problems', '9aea6fc496338611dd24530c5c28fc4a5a0263ac96ae68681b64166a55d43163', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_footprint_rows', '2cf258b01339c7b05129607c705ac7d7cf484d67ac6bb504d677d0782027a4bf', false, null::text[]),
('_for_client', 'd0825a6fb3e6d430f3d0516425c793652a21db2021c07ab80944ab1d2c9b62fb', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_foreign_writers', '6a5768920d838e93cac9dbe6c7ba261075b7050626be1f5bfc7470fb2367a038', false, array['search_path=pg_catalog, pg_temp', 'quote_all_identifiers=off']::text[]),
('_found_conflicts', 'b58569cb14b92465f9f534dc330b5dde3893374cbe0dc80eb5319af21de0b68e', false, null::text[]),
('_guard_intent', '4ee3bd944b5c777fc43a90b9e8b65c6df867a90d2fbd430747ba24942a4c145c', true, array['search_path=pg_catalog, pg_temp']::text[]),
('_guard_triggers', '1298d31259dfa06d509234162be6700ddf1ca7d3de89e3bbdb752560b14fb1f8', false, array['search_path=pg_catalog, pg_temp', 'quote_all_identifiers=off']::text[]),
('_history_hash', '3159b733014e67c5a8dc913b00a185ae7658c085a6eeb4f00d13176a5ba603f5', false, null::text[]),
('_import', '372541c7f66269752c05e6d36e1d08ef2a16ff184aa3d28a0ba54a7d3b743ab9', false, array['search_path=pg_catalog, pg_temp', 'enable_seqscan=off', 'jit=off']::text[]),
('_import_chain', '7d142420c22aee6d1364ca6eb9ba7b42977ae58890f127271a2f71df84f6ebf8', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_changed', null, false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_check', '3c6af2657d2b2ee9f2b52507bda5a9126aafbde64f2f96f7219f56a363f4e28a', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_columns', null, false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_conflict', 'da07edd47cd7de18ca7e590298cf64849d591d4bb873dcc2722218512d6e4f48', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_conflict_plan', null, false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_id', null, false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_keys', 'f001bd561cbcccd8ddf8a76aa36d7d1e74d2d19e2d55109549e11eb39e677380', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_or_not', 'affee9fc4a5d79f823542a4b4985223d8498eb16fa96c3ca8dc1f747eb1fd210', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_plan', '23fd8739389ec584da522f2b3298260c27c6786dc357a5ed29f36445a863ed56', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_rows', '6f6974c2cbfa6020e06bfd33215fad4ca99af343dd353326fdcdeca744c76c52', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_status', null, false, array['search_path=pg_catalog, pg_temp']::text[]),
('_import_texts', null, false, array['search_path=pg_catalog, pg_temp']::text[]),
('_insert_intent', 'c698e7b6abb6782e589f1d5f7cf4cb46b13c6024cccf2692c11a95937600de02', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_is_member', '515229767fe7f1829ebef00bd63b32273d7e3665cf091cc6670184d3fb34c57d', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_known_hashes', '4f7872e748c4ad03daeaccbcc0f6259069f7be6c358d858ae4626cca6f837fda', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_limit_lock_wait', '4eed619fef29ee8feefa29b6653cf4fd679e0e33931a8cf4a4ed9698cea5ae8d', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_limits', 'ffaff60bb0800af484cb83e505b5a2b84b78e7495a3c4b0538c9f442bf412c0e', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_load_detector', '75e7090773ba0b4246dad71c347453bd989402068cb0ac61dbb5fdeafdc39677', true, array['search_path=pg_catalog, pg_temp']::text[]),
('_lock_container', '423434b839f055dd1b41a180585f7d2262aa43f041472a83077af7de726a878f', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_lock_holder', 'b5cbdc0966ec19527fcf60f6a1819b4a82cfbf52f64f5af082ff850e624a4861', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_lock_intent_keys', '001e7dcfa0ced100c60e78b7b257478730a36c946731aaf1ff8cd2f0ac627023', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_lock_intents', '89002afef471dbb4adfab571e81de917364d944d632a157ebc65765b72b79004', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_lock_keys', '773f16da63fd212faf261cba30400972c5c8b884b9d78f759c9fa602d7f46494', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_lock_plan', '2f517a43c1a8e804f67f181bd4447fef9c16ea9e02c7327b0919a9cdf3753c8d', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_lock_with_partners', '132058c5e4894aef827222f78b5a6874abe58fa6b7fdcfa487523140eb5be722', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_mark_conflicted', 'ee419a7a2bce8660929488e7f55fb9b22a05d60ddbd5f18306cfdfba360edd47', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_may_act_for', 'bf9c34668b3f5776632305b5d1bc632ce30b10e72d34cc4f63275ae03a62d78d', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_moot_conflicts', '5c96ef8e977b6486e70f46a6b81937dfb7b70e29b6ff672ca480e82178ca06ed', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_move', '5f0b52e03d2cbb7c985ee68737d2a7290c37ce95bb5f6faadc3dcc413c66c3ab', true, array['search_path=pg_catalog, pg_temp']::text[]),
('_notify_of_conflicts', 'd1058afbcc6fce52780281f1ec835f8f94c1853d41d12d73625aea8cb0e68e73', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_raise', '6cd49e93d0f5d4539129fcd155cc1eaaf889076700c9bedc41d3d982168a919a', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_raise', 'fc0f1de6b844981356de8d16fd32c675b2a3e4e24f9a8667c62db54ffee71ce8', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_raise_lock_wait', '0c6fbcdbb21cb6a6aef6700defde7cc0ff5b50c6df214bf14492c9854169adad', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_recheck', 'c733b7651621d22c431ef2bb88c3f4e7c30bacc4a3ddbb6ca6feab15f2e37032', true, array['search_path=pg_catalog, pg_temp']::text[]),
('_redetect', 'a654420d66e40883c51fb6e957eff501e6c0194f25529257bd0b82692d258f80', false, array['search_path=pg_catalog, pg_temp', 'enable_seqscan=off', 'jit=off']::text[]),
('_refuse_blocking', '86cf9ae931f39d9838a1b267d5831df7a753c8c9080e782de988dc342e9c075d', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_refuse_history_change', '389aa77eb47533abf346abdeb9bc506ec946d24e4573d19f0b7c6a27e48b220c', true, array['search_path=pg_catalog, pg_temp']::text[]),
('_refuse_intent_removal', 'f3ea82fa813f1944767c48bc71392bc1b3e8014183d4244cb42c5d1a3cc58fd3', true, array['search_path=pg_catalog, pg_temp']::text[]),
('_register', '56586fa081177e9edb9742f7387773afbdb95351798f0c855838049b364b823e', true, array['search_path=pg_catalog, pg_temp', 'enable_seqscan=off', 'plan_cache_mode=force_generic_plan', 'jit=off']::text[]),
('_setting_of', '9d76f07c41d36e171fb59699533b0dfe2bb059a0e9b71815c7d80aaf51c362b8', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_settle', '9d4fad5adf4522029c8ffd5d5136f09ccb1d48c849bb89563c90a4e4156350cc', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_sort_intents', '247cc9a5a7c8081d8da81317f5362cfb8b8c33b34352b10742992f66851faa83', false, null::text[]),
('_status_after_conflict', '60693c723e2feefd7ba0d87d0cd41e22dcacacbceb5b21329700a2d216169e9e', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_store_conflicts', '380c4a52ee39572d837cbab55a1ce74f44c445652d82c5daa2882e8b163ba095', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_store_footprint', 'c61256ff241805c040abb05c226075df836ef4d55af9edda52519d7e0880d485', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_verify_digest', 'eab67f904e9925530a155cf86072b010bb5bf3dc9c65fc0582cebee01e30c91c', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_warn_of_conflicts', 'b6c555cdf00cf815204d0641487bc45b26f86827c4556b2b64c11a6f127a531c', false, array['search_path=pg_catalog, pg_temp']::text[]),
('_write_setting', '72bfb69ada96c290d56d5d032f4e4f38cc52d36eae261c8c3e0e6ec1493b75b3', false, array['search_path=pg_catalog, pg_temp']::text[]),
('abandon_stale', '5781df7d46a38a663de3a2898cc0d205ea212c9b691bf43c87c3a4db296bae73', true, array['search_path=pg_catalog, pg_temp']::text[]),
('allocate_branch', '06d603a6e13dc434dd21e01df7d7709ea090d66b58df4f6ffd4273b05b7276d6', true, array['search_path=pg_catalog, pg_temp']::text[]),
('amend_intent', '7179fe7438c783e99472193356448ee01df3bea553f3b9e0cdd03fc06e9788e9', false, null::text[]),
('amend_intent', '739a102c4a4202033e2260e1c821751289bb8a6eaf37f48955ab384a29212aa3', false, null::text[]),
('archive_ended', '584032c4ac93794564aa53577d7bb64da4a33769ba5074590d3e0d68f8a74b2b', false, array['search_path=pg_catalog, pg_temp']::text[]),
('bind_agent', '4ac08ad65e5d2c20fb38e6619788533e644dad7855214b0a91847775fc7fde2a', true, array['search_path=pg_catalog, pg_temp']::text[]),
('check_intent', '1ab17a3124758749b5864faa682c4e9f201fdf9333ea957ed14b040dabd3a69f', false, null::text[]),
('check_intent', '69fc6c736c4ad5ab41efd51a0d5599bca2e4d8a1d3ca2fb85adf9ba0e4a7abde', false, null::text[]),
('compare_changes', '0418e681fa9abe997568d796e13ebfc0f7547e13d79d896916f602c7648f207f', false, null::text[]),
('compare_changes', '1d38b48d75c0b9ccb3ad217145abf0a3d4104e92fd1eafbf57281b45e75e025e', false, null::text[]),
('compare_changes', 'c1c57ed3b89f392da90e83e7e4b80eb1c5190f50bd8e4524bf2cc7ddb3e6f559', false, null::text[]),
('compare_changes', 'ef266f6615d9f01190de9cd8fb41a98476373a7e0c087bc8e5e3d652a18528d5', false, null::text[]),
('compile_detector', '3179ea4045370d4804e7ef3eb827e00b5e20be8b5be5fdbde1a583039304ebe9', false, array['search_path=pg_catalog, pg_temp']::text[]),
('conflicts_of', '8986db19d00b60fecf4c8390651e72549c95cabda085669464d62af07d11cb31', true, array['search_path=pg_catalog, pg_temp']::text[]),
('detector_check', 'e360eb725de1e9e76c19bb9908f7a263ca954511b58caca2e37c43bd9593302e', true, array['search_path=pg_catalog, pg_temp']::text[]),
('export_ended', '37a73f17837d8b565ad3462f63279cfc2f85d64a7dfe9d32605f50aa6a26b121', true, array['search_path=pg_catalog, pg_temp']::text[]),
('footprint', '27ae5aaf12fe0cbd09f6421c21f11de55432867933b3a5ffb375379ce443a5bc', false, null::text[]),
('footprint', 'f38122e9c251698f6c4263e5a92e259d1466bd91b70553b705337519cc3e1d83', false, null::text[]),
('heartbeat', 'a30de901d0c9a85af91115c07e5af1d46bdb6d449e501a61d2fc0d0b9456ef49', true, array['search_path=pg_catalog, pg_temp']::text[]),
('history_digest', 'c6d79363758586f336b979ea3d7af95fe797cd01f847a2ac180191b339350c26', true, array['search_path=pg_catalog, pg_temp']::text[]),
('ignore', 'f74eb21c150cc0cec9e4d4e0aae3036d4e65954ff11f3d8183994f11f013ba6f', true, array['search_path=pg_catalog, pg_temp']::text[]),
('import_registry', 'e8af0a4089f084786cecf2c24ba0d481c20ff6409d959a8b1cdf0277321b8106', false, null::text[]),
('mark_abandoned', '8a6a8e156acd6222d6f5de3a82dd16e5dd7e26a8f6815ffacefc0bf364b7c23f', false, null::text[]),
('mark_completed', '14ffb4e223b01e823dfe03261e7f282b26d3af1ca09b05e51c099cdb6cc76271', false, null::text[]),
('mark_in_progress', 'b65a0cff69aa4258f1c4299735bd93959ae7822491e344433aff9492cf964d62', false, null::text[]),
('mark_merged', 'e2af6d1433e00fd1656453825e499c5295d69ab8dd3b3bfb024089fa9f19c6d3', false, null::text[]),
('merge_order', 'c613e5ee3cff0a8525c8b4641ea2d03a09cbd313412e4298159091d4d5660646', true, array['search_path=pg_catalog, pg_temp', 'jit=off']::text[]),
('move_intent', 'c04b3b0f2d678e8738f91abd128c85224199205e0a0b5652beaad77f4faedef2', false, null::text[]),
('recheck', 'bee201e90446e794edf2a199d7c09320f31fb292d7d6d94c268ed42b110939fe', false, null::text[]),
('register_intent', 'ce97797706079dbbb4f1b962665d19edc1294adc124b42d8731ac69b4be82789', false, null::text[]),
('register_intent', 'd5e18aed47c3b64d3f858b4a675a6202e0a2d65bb2950db11b2686da87e36b7f', false, null::text[]),
('resolve_conflict', 'df0a0151102104cca6ae0b9bd21a0e21dadbe619d7f5db32df1e81a7908603d1', true, array['search_path=pg_catalog, pg_temp']::text[]),
('stale_intents', '83f65db1553adc78821598a7d2d98eb7cf570ea86a20d7cc81eb694e4fddcb63', true, array['search_path=pg_catalog, pg_temp']::text[]),
('unignore', 'fbdde5f3f4963e0f3ce80ee60ee8366d4e573e370af0b4de98702d0274a79e01', true, array['search_path=pg_catalog, pg_temp']::text[]),
('verify_history', 'b5835ad8637238e962c972d5ab8a2f8a0a16d49013af1e7661aaf2043e9f3077', true, array['search_path=pg_catalog, pg_temp']::text[]),
('version', null, false, array['search_path=pg_catalog, pg_temp']::text[])
), there as (
    select p.proname::text as name, p.oid::regprocedure as signature,
           case when p.prosqlbody is null
                then encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') end as body,
           p.prosecdef as security_definer, p.proconfig as settings
    from pg_proc p
    where p.pronamespace = 'coord'::regnamespace and p.proname <> '_function_problems'
)
select format('function %s %s; where nobody did that on purpose, nothing here can be trusted:'
              ' restore a dump into a fresh installation, and verify it there', f.name, f.problem)
from (
    select t.signature::text as name, case when exists (select from ours o where o.name = t.name)
                              then 'is not the one that was installed'
                              else 'does not belong to this version' end as problem
    from there t
    where not exists (
        select from ours o
        where o.name = t.name and o.body is not distinct from t.body
          and o.security_definer = t.security_definer
          and o.settings is not distinct from t.settings)
    union all
    select 'coord.' || o.name, 'is missing' from ours o
    where not exists (
        select from there t where t.name = o.name and t.body is not distinct from o.body)
      and (select count(*) from there t where t.name = o.name)
          < (select count(*) from ours n where n.name = o.name)
) f
order by f.name
$function$;
comment on function coord._function_problems() is
    'Functions of the schema that are not what this version brought (internal)';

create or replace function coord.detector_check()
returns table (
    version text, pglast text, pglast_supported text, grammar text, python text, libc text,
    path text, backend boolean, deep_bind boolean, safe boolean, problems text[]
)
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    d record := coord._detector_facts();
begin
    return query
        select coord.version(), f.pglast, f.pglast_supported, f.grammar, f.python, f.libc, f.path,
               f.backend, f.deep_bind, coalesce(f.safe, false),
               array(select concat_ws('; ', d.problem[2], nullif(d.problem[3], ''), d.problem[4])
                     where d.problem is not null)
               || array(select format('trigger %s on %s %s; mend it with: %s',
                            g.trigger_name, g.relation, g.problem, g.mending)
                        from coord._guard_triggers() g)
               || array(select w.problem from coord._foreign_writers() w)
               || array(select f.problem from coord._footprint_problems() f)
               || array(select p.problem from coord._function_problems() p)
        from json_to_record(coalesce(d.facts, '{}')) as f (
            pglast text, pglast_supported text, grammar text, python text, libc text, path text,
            backend boolean, deep_bind boolean, safe boolean);
end
$function$;
comment on function coord.detector_check() is
    'Whether the parser is safely loaded and the guards are in place: the facts, and every problem '
    'with what mends it';

-- sql/code/88_import.sql
-- Taking over an installation of Confiture's registry: its tables tb_pggit_intent,
-- tb_pggit_conflict and tb_pggit_intent_history, which stay as they are.
--
-- The owner only, and with the owner's own rights: nothing here is SECURITY DEFINER. What is read
-- may belong to somebody else, so nothing that could run their code is touched: only plain tables,
-- without those that inherit from them, and only columns of PostgreSQL's own types. The DDL in
-- them is parsed, as at a registration, and never executed.

create or replace function coord._import_columns(relation text) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
return case relation
    when 'tb_pggit_intent' then jsonb_build_object(
        'id', 'text', 'agent_id', 'text', 'feature_name', 'text', 'branch_name', 'text',
        'schema_changes', 'jsonb', 'tables_affected', 'jsonb', 'estimated_duration_ms', 'integer',
        'risk_level', 'text', 'status', 'text', 'conflicts_with', 'jsonb', 'metadata', 'jsonb',
        'created_at', 'timestamptz', 'updated_at', 'timestamptz')
    when 'tb_pggit_conflict' then jsonb_build_object(
        'id', 'integer', 'intent_a', 'text', 'intent_b', 'text', 'conflict_type', 'text',
        'affected_objects', 'jsonb', 'severity', 'text', 'resolution_suggestions', 'jsonb',
        'reviewed', 'boolean', 'reviewed_at', 'timestamptz', 'resolution_notes', 'text',
        'created_at', 'timestamptz')
    when 'tb_pggit_intent_history' then jsonb_build_object(
        'id', 'integer', 'intent_id', 'text', 'old_status', 'text', 'new_status', 'text',
        'reason', 'text', 'changed_by', 'text', 'changed_at', 'timestamptz')
end;
comment on function coord._import_columns(text) is
    'The columns of a table of Confiture''s registry, as its architecture document has them '
    '(internal)';

create or replace function coord._import_check(from_schema text, relation text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_relation record;
    v_wrong text;
begin
    select c.oid, c.relkind into v_relation
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = from_schema and c.relname = relation;
    if not found or v_relation.relkind <> 'r' then
        perform coord._raise('42P01',
            format('there is no table %I.%I to import', from_schema, relation), null,
            'give the schema that the tables tb_pggit_intent, tb_pggit_conflict and '
            'tb_pggit_intent_history are in');
    end if;
    select string_agg(format('%s %s', w.name, coalesce(format_type(a.atttypid, null), 'is missing')),
                      ', ' order by w.name)
    into v_wrong
    from jsonb_each_text(coord._import_columns(relation)) w (name, type)
    left join pg_attribute a
        on a.attrelid = v_relation.oid and a.attname = w.name and not a.attisdropped
    where not coalesce(a.atttypid = any (case w.type
        when 'text' then array['text', 'varchar', 'bpchar', 'uuid']::regtype[]
        when 'integer' then array['int2', 'int4', 'int8']::regtype[]
        else array[w.type]::regtype[] end), false);
    if v_wrong is not null then
        perform coord._raise('42804',
            format('%I.%I is not the table of Confiture''s registry', from_schema, relation),
            format('not as its document says: %s', v_wrong),
            'import from a copy that has these columns');
    end if;
end
$function$;
comment on function coord._import_check(text, text) is
    'Raises unless it is a plain table with the columns that an import reads (internal)';

create or replace function coord._import_rows(from_schema text, relation text) returns setof jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_before text;
begin
    perform coord._import_check(from_schema, relation);
    -- Until the import has ended nobody writes to it, puts something else in its place, or imports.
    v_before := coord._limit_lock_wait();
    begin
        execute format('lock table only %I.%I in share row exclusive mode', from_schema, relation);
    exception when lock_not_available then
        perform coord._raise_lock_wait(format('%I.%I', from_schema, relation)::regclass,
            format('table %I.%I', from_schema, relation), '{}');
    end;
    perform set_config('lock_timeout', v_before, true);
    perform coord._import_check(from_schema, relation);
    return query execute format('select jsonb_build_object(%s) from only %I.%I t',
        (select string_agg(format('%L, t.%I', c.name, c.name), ', ')
         from jsonb_object_keys(coord._import_columns(relation)) c (name)),
        from_schema, relation);
end
$function$;
comment on function coord._import_rows(text, text) is
    'The rows of a table of Confiture''s registry (internal)';

create or replace function coord._import_id(source_id text) returns uuid
language sql immutable
set search_path = pg_catalog, pg_temp
return case when source_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then source_id::uuid
            else md5('confiture_coord import ' || source_id)::uuid end;
comment on function coord._import_id(text) is
    'The id of an imported intent: the same, or always the same one where it was no UUID (internal)';

create or replace function coord._import_texts(value jsonb) returns text[]
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when jsonb_typeof(value) = 'array'
        then array(select e #>> '{}' from jsonb_array_elements(value) e where e #>> '{}' is not null)
    when value #>> '{}' is not null then array[value #>> '{}']
    else '{}' end;
comment on function coord._import_texts(jsonb) is 'A JSON array as an array of texts (internal)';

create or replace function coord._import_status(status text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return regexp_replace(replace(lower(btrim(status)), '-', '_'), '^conflict$', 'conflicted');
comment on function coord._import_status(text) is
    'A status in the spelling used here: the documents also have in-progress and conflict (internal)';

create or replace function coord._import_changed(what text, was text, becomes text) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
return case when was is distinct from becomes
            then jsonb_build_array(jsonb_build_object('what', what, 'was', was, 'is', becomes))
            else '[]' end;
comment on function coord._import_changed(text, text, text) is
    'One value that could not be kept, for the report; nothing where it was (internal)';

create or replace function coord._import_plan(
    source jsonb, search_path text, effective_path name[],
    out intent coord.intent, out analysis jsonb, out unparsed jsonb, out changed jsonb
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
-- What will be stored for one row: the intent, what it touches, what does not parse in it, and what
-- cannot be kept as it was. Its branch is looked at later, when all locks are held.
declare
    v_changes text[] := coord._import_texts(source->'schema_changes');
    v_tables text[] := coord._import_texts(source->'tables_affected');
    v_good text[] := '{}';
    v_change text;
    v_number integer := 0;
    a record;
begin
    intent.id := coord._import_id(source->>'id');
    intent.agent_id := btrim(source->>'agent_id');
    intent.feature_name := btrim(source->>'feature_name');
    intent.branch_name := source->>'branch_name';
    intent.created_at := coalesce(source->>'created_at', source->>'updated_at', 'now')::timestamptz;
    intent.updated_at := coalesce(source->>'updated_at', source->>'created_at', 'now')::timestamptz;
    intent.estimated_duration_ms := greatest((source->>'estimated_duration_ms')::bigint, 0);
    intent.risk_level := case
        when lower(source->>'risk_level') in ('low', 'medium', 'high') then lower(source->>'risk_level')
        when source->>'risk_level' is null then 'low' else 'high' end;
    intent.status := coalesce(
        (select s.status from coord.status s where s.status = coord._import_status(source->>'status')),
        'registered');
    intent.metadata := case jsonb_typeof(source->'metadata')
        when 'object' then source->'metadata' when 'null' then '{}'
        else jsonb_build_object('imported', source->'metadata') end;
    intent.revision := 1;

    unparsed := '[]';
    a := coord._analyse(null, v_changes, search_path, effective_path, v_tables,
        intent.feature_name, coord._limits());
    if a.problem is not null then
        foreach v_change in array v_changes loop
            v_number := v_number + 1;
            a := coord._analyse(null, array[v_change], search_path, effective_path, null,
                intent.feature_name, coord._limits());
            if a.problem is null then
                v_good := v_good || v_change;
            else
                unparsed := unparsed || jsonb_build_object(
                    'statement', v_number,
                    'line', (regexp_match(a.problem[3], 'line ([0-9]+)'))[1]::integer,
                    'code', a.problem[1], 'reason', a.problem[2],
                    'detail', regexp_replace(a.problem[3], '^statement [0-9]+, ', ''),
                    'text', v_change);
            end if;
        end loop;
        if cardinality(v_changes) = 0 then
            v_changes := array['-- imported without schema changes'];
            unparsed := jsonb_build_array(jsonb_build_object('statement', 0, 'code', '22023',
                'reason', 'no schema changes were declared', 'text', source->>'schema_changes'));
        end if;
        -- What cannot be read touches nothing that we know of, but for the tables that it names.
        a := coord._analyse(null, case when v_good = '{}' then '{select}' else v_good end,
            search_path, effective_path, v_tables, intent.feature_name, coord._limits());
        if a.problem is not null then
            v_tables := '{}';
            a := coord._analyse(null, case when v_good = '{}' then '{select}' else v_good end,
                search_path, effective_path, null, intent.feature_name, coord._limits());
        end if;
    end if;
    -- With a statement that does not parse, all stay as they were written.
    intent.schema_changes := case when unparsed = '[]' then a.statements else v_changes end;
    intent.tables_affected := coalesce(a.tables, '{}');
    intent.tables_declared := coalesce(a.tables_named, '{}');
    intent.search_path := a.resolved_path;
    analysis := jsonb_build_object('keys', a.keys, 'are_exclusive', a.are_exclusive,
        'are_containers', a.are_containers, 'touches', a.touches, 'problem', a.problem);
    changed :=
        coord._import_changed('id', source->>'id', intent.id::text)
        || coord._import_changed('agent_id', source->>'agent_id', intent.agent_id)
        || coord._import_changed('feature_name', source->>'feature_name', intent.feature_name)
        || coord._import_changed('estimated_duration_ms',
               coalesce(source->>'estimated_duration_ms', '0'),
               coalesce(intent.estimated_duration_ms, 0)::text)
        || coord._import_changed('risk_level', coalesce(lower(source->>'risk_level'), 'low'),
               intent.risk_level)
        || coord._import_changed('status', lower(source->>'status'), intent.status)
        || coord._import_changed('metadata', coalesce(source->'metadata', '{}')::text,
               coalesce(nullif(intent.metadata, '{}'), source->'metadata')::text)
        || coord._import_changed('tables_affected',
               coord._import_texts(source->'tables_affected')::text, v_tables::text);
    intent.estimated_duration_ms := coalesce(intent.estimated_duration_ms, 0);
end
$function$;
comment on function coord._import_plan(jsonb, text, name[]) is
    'What an import will store for one intent (internal)';

create or replace function coord._import_chain(
    intent coord.intent, imported jsonb, history jsonb, conflicts jsonb
) returns coord.intent_history[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- The rows of history that there were, in their order and with their times and authors; the reviews
-- between them; and last (first, where nothing else is known) the import. What cannot stand in a
-- chain, a status that the row before did not end in, is in the details.
declare
    v_role constant text := coord._caller();
    v_chain coord.intent_history[] := '{}';
    v_row coord.intent_history;
    e record;
begin
    for e in
        select * from (
            select case when h.no = 1 then 0 else 1 end as place,
                   (h.row->>'changed_at')::timestamptz as at, h.no,
                   'transition' as event,
                   coord._import_status(h.row->>'old_status') as old_status,
                   coord._import_status(h.row->>'new_status') as new_status,
                   null::bigint as conflict_id, h.row->>'reason' as reason,
                   coalesce(nullif(h.row->>'changed_by', ''), 'system') as changed_by,
                   jsonb_build_object('imported', h.row - 'reason' - 'changed_by') as details
            from jsonb_array_elements(coalesce(history, '[]')) with ordinality h (row, no)
            union all
            select 1, (r->>'reviewed_at')::timestamptz, 0, 'reviewed', null, null,
                   (r->>'id')::bigint, r->>'resolution_notes', 'unknown',
                   jsonb_build_object('notes', r->>'resolution_notes', 'severity', r->>'severity',
                       'imported', r->'source')
            from jsonb_array_elements(coalesce(conflicts, '[]')) r
            where (r->>'reviewed')::boolean
            union all
            select case when history is null then 0 else 2 end, clock_timestamp(), 0, 'imported',
                   null, intent.status, null, 'imported', v_role, imported
        ) events order by place, at, no
    loop
        v_row.id := nextval('coord.intent_history_id_seq');
        v_row.intent_id := intent.id;
        v_row.intent_row := cardinality(v_chain) + 1;
        v_row.old_status := v_row.new_status;
        v_row.event := e.event;
        v_row.new_status := coalesce(e.new_status, v_row.new_status);
        v_row.conflict_id := e.conflict_id;
        v_row.details := e.details;
        v_row.reason := e.reason;
        v_row.changed_by := e.changed_by;
        v_row.session_role := v_role;
        v_row.changed_at := coalesce(e.at, intent.created_at);
        v_row.previous_hash := v_row.row_hash;
        v_row.row_hash := coord._history_hash(v_row.id, v_row.intent_id, v_row.intent_row,
            v_row.event, v_row.old_status, v_row.new_status, v_row.conflict_id, v_row.details,
            v_row.reason, v_row.changed_by, v_row.session_role, v_row.changed_at,
            v_row.previous_hash);
        v_chain := v_chain || v_row;
    end loop;
    return v_chain;
end
$function$;
comment on function coord._import_chain(coord.intent, jsonb, jsonb, jsonb) is
    'The history of an imported intent, hashed (internal)';

create or replace function coord._import_conflict(
    source jsonb, findings json, newcomer coord.intent, is_certain boolean,
    out stored coord.conflict
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
-- One conflict as it was, with its review. What the detector finds of the same type between the
-- same two, and on no other objects, is this conflict: it says what the tables do not know, and is
-- not recorded twice. An open one that it does not find where it could is moot.
declare
    v_other uuid := case when (source->>'intent_a')::uuid = newcomer.id
                         then source->>'intent_b' else source->>'intent_a' end;
    v_both_active boolean;
    v_ended text;
    f record;
begin
    select bool_and(s.is_active),
           min(format('%s was %s', i.branch_name, i.status)) filter (where s.moots_conflicts)
    into v_both_active, v_ended
    from coord.intent i join coord.status s on s.status = i.status
    where i.id in (newcomer.id, v_other);
    stored := jsonb_populate_record(null::coord.conflict, source);
    stored.outcome := case stored.severity when 'error' then 'clash' else 'overlap' end;
    stored.rule := 'imported';
    select * into f from coord._found_conflicts(findings, newcomer.agent_id) d
    where d.intent_id = v_other and d.conflict_type = stored.conflict_type and not d.own
      and array(select regexp_replace(o, '^public[.]', '') from unnest(d.affected_objects) o)
          <@ array(select regexp_replace(lower(o), '^public[.]', '')
                   from unnest(stored.affected_objects) o)
    limit 1;
    if found then
        stored.affected_objects := f.affected_objects;
        stored.outcome := f.outcome;
        stored.first_intent := case when f.outcome = 'order'
            then case when f.newcomer_first then newcomer.id else v_other end end;
        stored.rule := f.rule;
        stored.resolution_suggestions := f.resolution_suggestions;
        if not stored.reviewed then
            stored.severity := f.severity;
            stored.ignored_by := f.ignored_by;
        end if;
    elsif not stored.reviewed and (v_ended is not null or (v_both_active and is_certain)) then
        stored.moot_at := clock_timestamp();
        stored.moot_reason := coalesce(v_ended, 'it was imported, and is not found here');
    end if;
    insert into coord.conflict
        (id, intent_a, intent_b, conflict_type, affected_objects, severity, outcome, first_intent,
         rule, resolution_suggestions, reviewed, reviewed_at, reviewed_by, resolution_notes, moot_at,
         moot_reason, ignored_by, created_at)
    values
        (stored.id, stored.intent_a, stored.intent_b, stored.conflict_type, stored.affected_objects,
         stored.severity, stored.outcome, stored.first_intent, stored.rule,
         stored.resolution_suggestions, stored.reviewed, stored.reviewed_at, stored.reviewed_by,
         stored.resolution_notes, stored.moot_at, stored.moot_reason, stored.ignored_by,
         stored.created_at);
end
$function$;
comment on function coord._import_conflict(jsonb, json, coord.intent, boolean) is
    'Stores one imported conflict (internal)';

create or replace function coord._import_conflict_plan(source jsonb, id bigint) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
return jsonb_build_object(
    'id', id,
    'intent_a', coord._import_id(source->>'intent_a'),
    'intent_b', coord._import_id(source->>'intent_b'),
    'conflict_type', lower(source->>'conflict_type'),
    'affected_objects', to_jsonb(coord._import_texts(source->'affected_objects')),
    'severity', case lower(source->>'severity') when 'warning' then 'warning' else 'error' end,
    'resolution_suggestions', to_jsonb(coord._import_texts(source->'resolution_suggestions')),
    'reviewed', coalesce((source->>'reviewed')::boolean, false),
    'reviewed_at', case when (source->>'reviewed')::boolean
        then coalesce(source->>'reviewed_at', source->>'created_at') end,
    'reviewed_by', case when (source->>'reviewed')::boolean then 'unknown' end,
    'resolution_notes', coalesce(source->>'resolution_notes', ''),
    'created_at', source->'created_at',
    'source', source);
comment on function coord._import_conflict_plan(jsonb, bigint) is
    'What an import will store for one conflict, as far as the tables say (internal)';

create or replace function coord._import(
    from_schema text, search_path text, effective_path name[], is_dry_run boolean
) returns json
language plpgsql volatile
set search_path = pg_catalog, pg_temp
-- By index only: plans that are made while the tables are empty are kept while they fill.
set enable_seqscan = off
set jit = off
as $function$
declare
    v_before text;
    v_actor constant text := coord._caller();
    v_source jsonb[];
    v_conflict_source jsonb[];
    v_history jsonb;           -- rows by the intent's id in the source
    v_clashes jsonb;           -- planned conflicts, by the intent's id here
    v_plan record;
    v_plans jsonb[] := '{}';
    v_row jsonb;
    v_clash jsonb;
    v_intent coord.intent;
    v_conflict coord.conflict;
    v_known uuid[] := '{}';
    v_unread uuid[] := '{}';   -- intents whose plan does not parse in full
    v_planned jsonb[] := '{}'; -- conflicts
    v_stored bigint[] := '{}';
    v_settled uuid[] := '{}';
    v_chain coord.intent_history[];
    v_findings json;
    v_new bigint[];
    v_id bigint;
    v_rows bigint := 0;
    v_intents jsonb[] := '{}';
    v_unparsed jsonb[] := '{}';
    v_changed jsonb[] := '{}';
    v_left jsonb[] := '{}';
    v_moot jsonb[] := '{}';
    v_found jsonb[] := '{}';
    v_there integer := 0;
begin
    v_source := array(select r from coord._import_rows(from_schema, 'tb_pggit_intent') r
                      order by (r->>'created_at')::timestamptz, r->>'id');
    v_conflict_source := array(select r from coord._import_rows(from_schema, 'tb_pggit_conflict') r
                               order by (r->>'id')::bigint);
    select coalesce(jsonb_object_agg(h.intent_id, h.history), '{}'), coalesce(sum(h.number), 0)
    into v_history, v_rows
    from (
        select r->>'intent_id' as intent_id, count(*) as number,
               jsonb_agg(r order by (r->>'changed_at')::timestamptz, (r->>'id')::bigint) as history
        from coord._import_rows(from_schema, 'tb_pggit_intent_history') r
        where r->>'intent_id' is not null group by 1
    ) h;

    -- What is there already stays as it is: a second import finds nothing to do.
    foreach v_row in array v_source loop
        if exists (select from coord.intent i where i.id = coord._import_id(v_row->>'id')) then
            v_there := v_there + 1;
            continue;
        end if;
        v_plan := coord._import_plan(v_row, search_path, effective_path);
        v_intent := v_plan.intent;
        if coalesce(v_intent.agent_id, '') = '' or coalesce(v_intent.feature_name, '') = ''
           or coalesce(v_intent.branch_name, '') = '' or v_intent.id is null
           or v_intent.id = any (v_known) or v_plan.analysis->'problem' <> 'null'
        then
            v_left := v_left || jsonb_build_object('table', 'tb_pggit_intent', 'id', v_row->>'id',
                'reason', case
                    when v_intent.id = any (v_known) then 'another row has the same id'
                    when v_plan.analysis->'problem' <> 'null' then v_plan.analysis->'problem'->>1
                    else 'agent, feature or branch is empty' end);
            continue;
        end if;
        v_known := v_known || v_intent.id;
        v_plans := v_plans || jsonb_build_object('source', v_row, 'intent', to_jsonb(v_intent),
            'analysis', v_plan.analysis, 'unparsed', v_plan.unparsed, 'changed', v_plan.changed);
    end loop;

    -- All locks at once, in the global order: keys, branch counters, intents, conflicts. The two
    -- tables as a whole: until the import has ended everybody else may only read.
    perform coord._lock_keys(array_agg(k.key), array_agg(k.is_exclusive), array_agg(k.is_container))
    from (
        select k.key, bool_or(k.is_exclusive) as is_exclusive, bool_or(k.is_container) as is_container
        from unnest(v_plans) p, coord._import_keys(p->'analysis') k group by k.key
    ) k having count(*) > 0;
    insert into coord.branch_counter as b (slug, last_number)
    select m[1], max(m[2]::integer)
    from unnest(v_plans) p,
         regexp_match(p->'intent'->>'branch_name', '^feature/(.+)_([0-9]{1,9})$') m
    where m is not null group by 1 order by 1
    on conflict on constraint branch_counter_pkey
    do update set last_number = greatest(b.last_number, excluded.last_number);
    v_before := coord._limit_lock_wait();
    begin
        lock table coord.intent, coord.conflict in exclusive mode;
    exception when lock_not_available then
        perform coord._raise_lock_wait('coord.intent', 'the intents', '{}');
    end;
    perform set_config('lock_timeout', v_before, true);

    -- Conflicts keep their numbers where nobody else has them. A dry run gives none away.
    foreach v_row in array v_conflict_source loop
        v_id := (v_row->>'id')::bigint;
        if not coord._import_id(v_row->>'intent_a') = any (v_known)
           and not coord._import_id(v_row->>'intent_b') = any (v_known)
           and (select count(*) from coord.intent i
                where i.id in (coord._import_id(v_row->>'intent_a'),
                               coord._import_id(v_row->>'intent_b'))) = 2
        then
            continue;
        elsif (v_row->>'intent_a') = (v_row->>'intent_b') or exists (
            select from unnest(array[v_row->>'intent_a', v_row->>'intent_b']) side
            where (coord._import_id(side) = any (v_known)
                   or exists (select from coord.intent i where i.id = coord._import_id(side)))
                  is not true)
        then
            v_left := v_left || jsonb_build_object('table', 'tb_pggit_conflict', 'id', v_id,
                'reason', 'its two intents are not both there');
            continue;
        end if;
        if is_dry_run or exists (select from coord.conflict c where c.id = v_id)
           or v_id is null or v_id < 1
        then
            v_id := null;
        end if;
        v_planned := v_planned || coord._import_conflict_plan(v_row, v_id);
    end loop;
    if not is_dry_run then
        perform setval('coord.conflict_id_seq', greatest(
            (select max((p->>'id')::bigint) from unnest(v_planned) p),
            (select s.last_value from coord.conflict_id_seq s)))
        where exists (select from unnest(v_planned) p where p->>'id' is not null);
    end if;
    for v_no in 1 .. cardinality(v_planned) loop
        if v_planned[v_no]->>'id' is null then
            v_planned[v_no] := jsonb_set(v_planned[v_no], '{id}',
                to_jsonb(nextval('coord.conflict_id_seq')));
            if not is_dry_run then
                v_changed := v_changed || jsonb_build_object('table', 'tb_pggit_conflict',
                    'id', v_planned[v_no]->'source'->'id', 'what', 'id',
                    'was', v_planned[v_no]->'source'->'id', 'is', v_planned[v_no]->'id');
            end if;
        end if;
    end loop;
    select coalesce(jsonb_object_agg(r.intent_id, r.conflicts), '{}') into v_clashes
    from (
        select side.intent_id, jsonb_agg(p order by (p->>'id')::bigint) as conflicts
        from unnest(v_planned) p,
             unnest(array[p->>'intent_a', p->>'intent_b']) side (intent_id)
        group by 1
    ) r;

    -- One after the other, in the order in which they were declared, as if they came now.
    foreach v_row in array v_plans loop
        v_intent := jsonb_populate_record(null::coord.intent, v_row->'intent');
        v_intent.intent_no := nextval('coord.intent_no_seq');
        if exists (select from coord.intent i where i.branch_name = v_intent.branch_name) then
            v_intent.branch_name := coord.allocate_branch(v_intent.feature_name);
        end if;
        v_row := jsonb_set(v_row, '{changed}', v_row->'changed' || coord._import_changed(
            'branch_name', v_row->'source'->>'branch_name', v_intent.branch_name));
        v_intent.status_before_conflict := case v_intent.status when 'conflicted' then (
            select coord._import_status(h.row->>'old_status')
            from jsonb_array_elements(v_history->(v_row->'source'->>'id'))
                with ordinality h (row, no)
            where coord._import_status(h.row->>'new_status') = 'conflicted'
            order by h.no desc limit 1) end;
        v_chain := coord._import_chain(v_intent,
            jsonb_build_object('from', format('%I.tb_pggit_intent', from_schema),
                'schema_changes', to_jsonb(v_intent.schema_changes),
                'tables_affected', to_jsonb(v_intent.tables_affected),
                'unparsed', v_row->'unparsed', 'changed', v_row->'changed'),
            v_history->(v_row->'source'->>'id'), v_clashes->(v_intent.id::text));
        v_intent.history_rows := cardinality(v_chain);
        v_intent.history_hash := v_chain[v_intent.history_rows].row_hash;
        insert into coord.intent select v_intent.*;
        insert into coord.intent_history select c.* from unnest(v_chain) c;
        perform coord._store_footprint(v_intent.intent_no, array_agg(k.key order by k.key),
            array_agg(k.is_exclusive order by k.key), array_agg(k.is_container order by k.key),
            v_row->'analysis'->>'touches')
        from coord._import_keys(v_row->'analysis') k;

        v_findings := null;
        if (select s.is_active from coord.status s where s.status = v_intent.status) then
            select coord._detect(v_intent.intent_no, v_intent.agent_id, v_intent.feature_name,
                array_agg(k.key order by k.key), array_agg(k.is_exclusive order by k.key),
                v_row->'analysis'->>'touches', v_intent.search_path)
            into v_findings from coord._import_keys(v_row->'analysis') k;
        else
            update coord.intent_key k set is_active = false
            where k.intent_no = v_intent.intent_no;
        end if;
        if v_row->'unparsed' <> '[]' then
            v_unread := v_unread || v_intent.id;
        end if;
        for v_clash in
            select p from jsonb_array_elements(
                coalesce(v_clashes->(v_intent.id::text), '[]')) p
            where exists (select from coord.intent i where i.id = (p->>'intent_a')::uuid)
              and exists (select from coord.intent i where i.id = (p->>'intent_b')::uuid)
        loop
            v_conflict := coord._import_conflict(v_clash, v_findings, v_intent, not v_unread
                && array[(v_clash->>'intent_a')::uuid, (v_clash->>'intent_b')::uuid]);
            v_stored := v_stored || v_conflict.id;
            if v_conflict.moot_at is not null then
                v_settled := v_settled || v_conflict.intent_a || v_conflict.intent_b;
                v_moot := v_moot || jsonb_build_object('conflict_id', v_conflict.id,
                    'intent_a', v_conflict.intent_a, 'intent_b', v_conflict.intent_b,
                    'reason', v_conflict.moot_reason);
            end if;
        end loop;
        if v_findings is not null then
            perform coord._store_conflicts(v_intent.id, v_findings, false);
            select array_agg(c.id order by c.id), v_found || array_agg(jsonb_build_object(
                       'conflict_id', c.id, 'intent_a', c.intent_a, 'intent_b', c.intent_b,
                       'conflict_type', c.conflict_type, 'severity', c.severity,
                       'affected_objects', c.affected_objects) order by c.id)
            into v_new, v_found
            from coord.conflict c
            where c.intent_a = v_intent.id and c.is_open and not c.id = any (v_stored);
            perform coord._mark_conflicted(v_intent.id, v_new, v_actor, 'imported');
        end if;
        v_intents := v_intents || jsonb_build_object('id', v_intent.id,
            'source_id', v_row->'source'->'id', 'feature_name', v_intent.feature_name,
            'branch_name', v_intent.branch_name);
        v_changed := v_changed || array(
            select jsonb_build_object('table', 'tb_pggit_intent', 'id', v_row->'source'->'id') || c
            from jsonb_array_elements(v_row->'changed') c);
        v_unparsed := v_unparsed || array(
            select jsonb_build_object('intent_id', v_intent.id,
                       'feature_name', v_intent.feature_name) || u
            from jsonb_array_elements(v_row->'unparsed') u);
    end loop;
    perform coord._settle(
        array(select distinct s from unnest(v_settled) s order by s), 'it was imported');
    v_left := v_left || array(
        select jsonb_build_object('table', 'tb_pggit_intent_history', 'id', h.row->'id',
            'reason', 'its intent was not imported')
        from jsonb_each(v_history) of_intent (id, rows),
             jsonb_array_elements(of_intent.rows) h (row)
        where not exists (
            select from coord.intent i where i.id = coord._import_id(of_intent.id)));
    return json_build_object(
        'from_schema', from_schema,
        'dry_run', is_dry_run,
        'found', json_build_object('intents', cardinality(v_source),
            'conflicts', cardinality(v_conflict_source), 'history', v_rows),
        'imported', json_build_object('intents', cardinality(v_plans),
            'conflicts', cardinality(v_stored), 'history', (
                select coalesce(sum(jsonb_array_length(v_history->(p->'source'->>'id'))), 0)
                from unnest(v_plans) p)),
        'already_there', v_there,
        'intents', (select coalesce(json_agg(json_build_object('id', i->'id',
                        'source_id', i->'source_id', 'feature_name', i->'feature_name',
                        'branch_name', i->'branch_name', 'status', s.status)), '[]')
                    from unnest(v_intents) i
                    join coord.intent s on s.id = (i->>'id')::uuid),
        'unparsed', array_to_json(v_unparsed),
        'changed', array_to_json(v_changed),
        'left', array_to_json(v_left),
        'moot', array_to_json(v_moot),
        'found_now', array_to_json(v_found));
end
$function$;
comment on function coord._import(text, text, name[], boolean) is
    'Imports, and says what it did (internal)';

create or replace function coord._import_keys(
    analysis jsonb, out key text, out is_exclusive boolean, out is_container boolean
) returns setof record
language sql immutable
set search_path = pg_catalog, pg_temp
as $function$
select k #>> '{}', e::boolean, c::boolean
from rows from (jsonb_array_elements(analysis->'keys'),
                jsonb_array_elements(analysis->'are_exclusive'),
                jsonb_array_elements(analysis->'are_containers')) as t (k, e, c)
$function$;
comment on function coord._import_keys(jsonb) is 'The keys of a planned intent (internal)';

create or replace function coord._import_or_not(
    from_schema text, search_path text, effective_path name[], is_dry_run boolean
) returns json
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_report json;
begin
    if from_schema is null or is_dry_run is null then
        perform coord._raise('22004', 'from_schema and dry_run must not be null', null,
            'for example: SELECT coord.import_registry(''public'', dry_run => true)');
    end if;
    if not is_dry_run then
        return coord._import(from_schema, search_path, effective_path, false);
    end if;
    begin
        v_report := coord._import(from_schema, search_path, effective_path, true);
        raise exception using errcode = 'DRY00';
    exception when sqlstate 'DRY00' then
        return v_report;
    end;
end
$function$;
comment on function coord._import_or_not(text, text, name[], boolean) is
    'Imports, or undoes it again and only says what it would do (internal)';

create or replace function coord.import_registry(
    from_schema text default 'public', dry_run boolean default false, search_path text default null
) returns json
language sql volatile
as $function$
select coord._import_or_not($1, $3, pg_catalog.current_schemas(false), $2)
$function$;
comment on function coord.import_registry(text, boolean, text) is
    'Takes over the intents, conflicts and history of Confiture''s registry from its tables in a '
    'schema, and says what could not be kept; the owner only. Names in the DDL resolve through the '
    'caller''s search_path, unless one is given';

-- sql/code/90_privilege.sql
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

-- sql/code/95_version.plain.sql
-- The last thing that an installation without CREATE EXTENSION does: remember its version.

update coord.plain_install set version = '0.2.0';

-- sql/code/99_compile.sql
-- Last: sessions begin quickly from now on.
do $do$ begin perform coord.compile_detector(); end $do$;
