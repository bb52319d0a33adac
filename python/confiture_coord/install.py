"""Put the extension's objects into a database, keep them current, take them away again.

Where the server has the extension's files this is CREATE EXTENSION and ALTER EXTENSION UPDATE.
Elsewhere the same objects are created from the packaged SQL, in one transaction, in schema coord;
``coord.plain_install`` then records the version. Both need a superuser: PL/Python is an untrusted
language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from confiture_coord.errors import CoordError, VersionMismatch
from confiture_coord.version import PACKAGED_SQL, fits, numbers, wrapper_version

EXTENSION = "confiture_coord"
# How long to wait for another installer.
_PATIENCE_S = 60
_NEXT = (
    "Next: GRANT coord_agent TO whoever declares intents (coord_reader to look, coord_reviewer "
    "to review and merge for others)."
)


class InstallError(CoordError):
    """The installer cannot go on; the hint says with what it could."""


class Installed(NamedTuple):
    """What a database has."""

    how: str  # extension, plain
    version: str


class Outcome(NamedTuple):
    """What the installer did."""

    action: str  # created, updated, unchanged, removed
    how: str
    version: str
    notes: list[str]

    def to_dict(self) -> dict[str, Any]:
        return self._asdict()


def installed(connection: psycopg.Connection[Any]) -> Installed | None:
    """What is there now, if anything."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            """
            select (select extversion from pg_catalog.pg_extension where extname = %s) as version,
                   -- a schema that somebody else made before us is not ours to read from
                   exists (select from pg_catalog.pg_class c
                           join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                           join pg_catalog.pg_roles r on r.oid = n.nspowner and r.rolsuper
                           where n.nspname = 'coord' and c.relname = 'plain_install'
                             and c.relkind = 'r') as is_plain
            """,
            (EXTENSION,),
        ).fetchone()
        assert found is not None
        if found["version"] is not None:
            return Installed("extension", found["version"])
        if not found["is_plain"]:
            return None
        # Only the owner may read the table; what everybody may ask is the version of the code.
        mine = "select pg_catalog.has_table_privilege('coord.plain_install', 'select') as readable"
        readable = (cursor.execute(mine).fetchone() or {}).get("readable")
        plain = cursor.execute(
            "select version from coord.plain_install"
            if readable
            else "select coord.version() as version"
        ).fetchone()
        return Installed("plain", plain["version"]) if plain else None


def install(connection: psycopg.Connection[Any], *, plain: bool = False) -> Outcome:
    """Create the objects, or bring them up to date. Doing it twice is harmless."""
    with connection.transaction():
        _require_superuser(connection, "install")
        _one_at_a_time(connection)
        present = installed(connection)
        if present is not None:
            return _bring_up_to_date(connection, present)
        _require_language(connection)
        offered = _offered(connection)
        if plain or not offered:
            _create_plain(connection)
            how = "plain"
        else:
            how = "extension"
            version = _best(offered)
            connection.execute(
                sql.SQL("create extension {} version {} cascade").format(
                    sql.Identifier(EXTENSION), sql.Literal(version)
                )
            )
        now = installed(connection)
        assert now is not None
        return Outcome("created", how, now.version, [_NEXT])


def upgrade(connection: psycopg.Connection[Any]) -> Outcome:
    """Bring what is installed up to this wrapper's version."""
    with connection.transaction():
        _require_superuser(connection, "upgrade")
        _one_at_a_time(connection)
        present = installed(connection)
        if present is None:
            raise InstallError.saying(
                "there is nothing to upgrade: confiture_coord is not installed in this database",
                hint="Run `confiture-coord install`.",
            )
        return _bring_up_to_date(connection, present)


def adopt(connection: psycopg.Connection[Any]) -> Outcome:
    """Turn a plain installation into an extension, with every row that it holds."""
    with connection.transaction():
        _require_superuser(connection, "upgrade")
        _one_at_a_time(connection)
        present = installed(connection)
        if present is None or present.how != "plain":
            raise InstallError.saying("there is no plain installation to turn into an extension")
        if wrapper_version() not in _offered(connection):
            raise InstallError.saying(
                f"the server does not have the files of version {wrapper_version()}",
                hint="Install them on the server's machine with `make install`.",
            )
        _bring_up_to_date(connection, present)
        connection.execute("create extension confiture_coord version 'unpackaged'")
        to_ours = sql.SQL("alter extension confiture_coord update to {}")
        connection.execute(to_ours.format(sql.Literal(wrapper_version())))
        return Outcome("updated", "extension", wrapper_version(), ["It was plain SQL."])


def uninstall(connection: psycopg.Connection[Any], *, force: bool = False) -> Outcome:
    """Drop the objects with everything that they hold: intents, conflicts, history."""
    with connection.transaction():
        _require_superuser(connection, "uninstall")
        _one_at_a_time(connection)
        present = installed(connection)
        if present is None:
            raise InstallError.saying("confiture_coord is not installed in this database")
        if not force:
            _refuse_while_in_use(connection)
        if present.how == "extension":
            cascade: LiteralString = " cascade" if force else ""
            connection.execute(
                sql.SQL("drop extension {}" + cascade).format(sql.Identifier(EXTENSION))
            )
        else:
            connection.execute("drop schema coord cascade")
        notes = [
            "The roles coord_reader, coord_agent and coord_reviewer stay: "
            "they belong to the whole server, and other databases may use them."
        ]
        return Outcome("removed", present.how, present.version, notes)


def _require_superuser(connection: psycopg.Connection[Any], what: str) -> None:
    row = connection.execute(
        "select rolname, rolsuper, pg_catalog.pg_is_in_recovery()"
        " from pg_catalog.pg_roles where rolname = current_user"
    ).fetchone()
    assert row is not None
    name, is_superuser, is_standby = row
    if is_standby:
        raise InstallError.saying(
            f"cannot {what} on a standby: it is read-only",
            hint="Connect to the primary; what happens there is replicated.",
        )
    if not is_superuser:
        raise InstallError.saying(
            f"{what} needs a superuser, and role {name} is none",
            detail="The detector is written in plpython3u, an untrusted language.",
            hint="Connect as one, for instance: "
            f"confiture-coord {what} --database-url postgresql://postgres@HOST/DATABASE",
        )


def _one_at_a_time(connection: psycopg.Connection[Any]) -> None:
    """Wait for another installer, but not forever: anybody may take an advisory lock."""
    (timeout,) = _row(connection, "select pg_catalog.current_setting('lock_timeout')")
    lock = {"key": EXTENSION}
    try:
        with connection.transaction():
            _wait_for_locks(connection, f"{_PATIENCE_S}s")
            connection.execute(
                "select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext(%(key)s))", lock
            )
    except psycopg.errors.LockNotAvailable:
        (holders,) = _row(
            connection,
            "select pg_catalog.string_agg(pid::text, ', ') from pg_catalog.pg_locks"
            " where locktype = 'advisory' and granted and objsubid = 1"
            " and database = (select oid from pg_catalog.pg_database"
            "                 where datname = pg_catalog.current_database())"
            " and (classid::bigint << 32 | objid::bigint) = pg_catalog.hashtext(%(key)s)",
            lock,
        )
        raise InstallError.saying(
            "another session installs, upgrades or removes confiture_coord in this database",
            detail=f"Waited {_PATIENCE_S} seconds for the server process {holders or '?'}.",
            hint="Try again when it is done; pg_stat_activity says what it does.",
        ) from None
    _wait_for_locks(connection, timeout)


def _wait_for_locks(connection: psycopg.Connection[Any], timeout: str) -> None:
    connection.execute("select pg_catalog.set_config('lock_timeout', %s, true)", (timeout,))


def _row(
    connection: psycopg.Connection[Any],
    query: LiteralString,
    values: Mapping[str, Any] | None = None,
) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(query, values).fetchone()
    assert row is not None
    return row


def _offered(connection: psycopg.Connection[Any]) -> list[str]:
    """The versions whose files the server has."""
    rows = connection.execute(
        "select version from pg_catalog.pg_available_extension_versions"
        # unpackaged is the way from a plain installation to an extension, not a version
        " where name = %s and version <> 'unpackaged'",
        (EXTENSION,),
    ).fetchall()
    # "unpackaged" is offered as well: it stands for a plain installation, see adopt().
    return [version for (version,) in rows if version.replace(".", "").isdecimal()]


def _best(offered: list[str]) -> str:
    """The wrapper's own version, else the newest that it works with."""
    fitting = [version for version in offered if fits(version)]
    if not fitting:
        raise VersionMismatch.saying(
            "the server has the files of confiture_coord "
            + ", ".join(sorted(offered, key=numbers))
            + f", and this wrapper is version {wrapper_version()}",
            hint="Install the files of that version on the server (make install), take a wrapper "
            "of the server's version (pip), or install without files: --plain.",
        )
    return wrapper_version() if wrapper_version() in fitting else max(fitting, key=numbers)


def _bring_up_to_date(connection: psycopg.Connection[Any], present: Installed) -> Outcome:
    ours = wrapper_version()
    if numbers(present.version) > numbers(ours):
        if not fits(present.version):
            raise VersionMismatch.saying(
                f"the database has version {present.version}, newer than this wrapper's {ours}",
                hint="Upgrade the wrapper: pip install --upgrade confiture-coord.",
            )
        return Outcome("unchanged", present.how, present.version, [])
    if present.version == ours:
        notes = []
        if present.how == "plain" and ours in _offered(connection):
            notes = ["The server has our files: `confiture-coord upgrade --as-extension`."]
        return Outcome("unchanged", present.how, present.version, notes)
    if present.how == "plain":
        _upgrade_plain(connection, present.version)
        return Outcome("updated", "plain", ours, [f"It was {present.version}."])
    target = _best(_offered(connection))
    if numbers(target) <= numbers(present.version):
        note = f"The server has no newer files; version {ours} comes with make install."
        return Outcome("unchanged", "extension", present.version, [note])
    connection.execute(
        sql.SQL("alter extension {} update to {}").format(
            sql.Identifier(EXTENSION), sql.Literal(target)
        )
    )
    return Outcome("updated", "extension", target, [f"It was {present.version}."])


def _require_language(connection: psycopg.Connection[Any]) -> None:
    has_language = connection.execute(
        "select exists (select from pg_catalog.pg_available_extensions where name = 'plpython3u')"
    ).fetchone()
    if has_language != (True,):
        major = connection.info.server_version // 10000
        raise InstallError.saying(
            "this server has no plpython3u",
            hint="Install it on the server's machine: "
            f"apt install postgresql-plpython3-{major} (Debian), "
            f"dnf install postgresql{major}-plpython3 (RHEL family). "
            "Most managed services do not offer it.",
        )


def _create_plain(connection: psycopg.Connection[Any]) -> None:
    connection.execute("create extension if not exists plpython3u")
    _run_script(connection, f"plain--{wrapper_version()}.sql")


def _upgrade_plain(connection: psycopg.Connection[Any], version: str) -> None:
    while version != wrapper_version():
        steps = [path.stem.split("--") for path in PACKAGED_SQL.glob(f"plain--{version}--*.sql")]
        if not steps:
            raise InstallError.saying(
                f"there is no way from version {version} to {wrapper_version()}",
                hint="Upgrade with a wrapper of a version in between first.",
            )
        following = max((step[2] for step in steps), key=numbers)
        _run_script(connection, f"plain--{version}--{following}.sql")
        version = following
    connection.execute("update coord.plain_install set version = %s", (version,))


def _run_script(connection: psycopg.Connection[Any], name: str) -> None:
    # Our own file, whole: the server splits it. Its SET LOCAL ends with the transaction.
    script = (PACKAGED_SQL / name).read_bytes()
    connection.execute(script)
    connection.execute("reset search_path")


def _refuse_while_in_use(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute(
        "select count(*) from coord.intent i join coord.status s on s.status = i.status"
        " where s.is_active"
    ).fetchone()
    active = row[0] if row else 0
    if active:
        raise InstallError.saying(
            f"there are {active} active intents" if active > 1 else "there is an active intent",
            detail="Uninstalling removes all intents, conflicts and history.",
            hint="Merge or abandon them first (`confiture-coord list-intents` shows them), take a "
            "dump with pg_dump, or say --force.",
        )
    dependents = [
        description
        for (description,) in connection.execute(
            """
            select distinct pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
            from pg_catalog.pg_depend d
            cross join pg_catalog.pg_identify_object_as_address(d.refclassid, d.refobjid, 0) used
            cross join pg_catalog.pg_identify_object_as_address(d.classid, d.objid, 0) user_of
            where d.deptype = 'n' and used.object_names[1] = 'coord'
              and d.refclassid in ('pg_class'::regclass, 'pg_proc'::regclass)
              and user_of.object_names[1] <> 'coord'
              and user_of.object_names[1] not like 'coord.%'
            order by 1
            """
        )
    ]
    if dependents:
        raise InstallError.saying(
            "objects outside of schema coord depend on it",
            detail="\n".join(dependents),
            hint="Drop them first, or say --force to drop them along.",
        )
