"""A version that does not exist yet, made as sql/updates/README.md tells how to make one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tools.installation import Installation, find_installation
from tools.places import CHECKOUT
from tools.private_server import build_private_server

SCHEMA = """
alter table coord.intent add column priority integer not null default 0;
alter table coord.intent add constraint intent_priority_is_small check (priority < 100);
create index intent_priority_idx on coord.intent (priority);
comment on column coord.intent.priority is 'How much it matters';
create sequence coord.next_note_id_seq as bigint;
create table coord.next_note (
    id bigint not null default pg_catalog.nextval('coord.next_note_id_seq'),
    note text not null
);
alter sequence coord.next_note_id_seq owned by coord.next_note.id;
"""

DUMP = """
select pg_catalog.pg_extension_config_dump('coord.next_note', '');
select pg_catalog.pg_extension_config_dump('coord.next_note_id_seq', '');
"""

CODE = """
insert into coord.status as s (status, is_active, description, builtin)
values ('paused', true, 'waits', true)
on conflict on constraint status_pkey do update set builtin = true;

create or replace function coord.priority_of(intent_id uuid) returns integer
language sql stable
set search_path = pg_catalog, pg_temp
as $function$ select i.priority from coord.intent i where i.id = $1 $function$;
comment on function coord.priority_of(uuid) is 'How much an intent matters';
"""

DETECTOR = '''

_footprint_before = footprint


def footprint(*arguments: Any) -> Any:
    """What a changed detector says: the facet of everything is 'next'."""
    problem, *columns, facets = _footprint_before(*arguments)
    return (problem, *columns, facets and ["next" for _ in facets])
'''

SOURCES = ("confiture_coord.control", "sql", "plpython", "python")


class Release(NamedTuple):
    """A source tree with what it builds."""

    tree: Path
    version: str
    following: str | None

    def build(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(self.tree / "sql" / "build.py"), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    def built(self) -> Release:
        done = self.build()
        assert done.returncode == 0, done.stderr
        return self

    def plain(self, version: str) -> Path:
        return self.tree / "python" / "confiture_coord" / "sql" / f"plain--{version}.sql"

    def bump(self) -> Release:
        """Set the version that comes after this one."""
        major, minor, _ = self.version.split(".")
        version = f"{major}.{int(minor) + 1}.0"
        control = self.tree / "confiture_coord.control"
        text = control.read_text()
        assert f"default_version = '{self.version}'" in text
        control.write_text(text.replace(f"'{self.version}'", f"'{version}'"))
        return Release(self.tree, version, self.version)


def copy_of_checkout(folder: Path) -> Release:
    """This checkout's sources, to be changed."""
    for name in SOURCES:
        source, target = CHECKOUT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True)
            shutil.copy(source, target)
    return Release(folder, current_version(), None)


def current_version() -> str:
    """This checkout's version."""
    text = (CHECKOUT / "confiture_coord.control").read_text()
    return text.partition("default_version = '")[2].partition("'")[0]


def make_next_version(folder: Path) -> Release:
    """More tables, columns, functions and statuses, and another detector."""
    current = copy_of_checkout(folder)
    done = current.build("--release")
    assert done.returncode == 0, done.stderr
    release = current.bump()
    sql = release.tree / "sql"
    delta = f"{release.following}--{release.version}"
    (sql / "schema" / "45_next.sql").write_text(SCHEMA)
    (sql / "schema" / "92_dump_next.extension.sql").write_text(DUMP)
    (sql / "code" / "86_next.sql").write_text(CODE)
    (sql / "updates" / f"{delta}.sql").write_text(SCHEMA)
    (sql / "updates" / f"{delta}.extension.sql").write_text(DUMP)
    with (release.tree / "plpython" / "coord_detector" / "backend.py").open("a") as backend:
        backend.write(DETECTOR)
    return release.built()


def server_with(release: Release, root: Path) -> Installation:
    """A private server that has this checkout's version, and by default the other one."""
    installation = build_private_server(find_installation(), root)
    folder = installation.sharedir / "extension"
    for path in [
        release.tree / "confiture_coord.control",
        *(release.tree / "sql").glob("confiture_coord--*.sql"),
    ]:
        target = folder / path.name
        target.unlink(missing_ok=True)
        shutil.copy(path, target)
        target.chmod(0o644)
    return installation
