#!/usr/bin/env python3
"""Assemble the versioned SQL from its sources: ``python3 sql/build.py [--check]``.

One source gives two files: the extension's script, and the same objects as plain SQL for a
server that lacks the extension's files. A file named ``*.extension.sql`` or ``*.plain.sql`` goes
into that variant only. Nothing here depends on the clock, the machine or the order of a
directory listing, so the same sources give the same bytes everywhere.

Words in double braces are replaced:

``{{version}}``          ``default_version`` of confiture_coord.control
``{{detector}}``         the lines that make ``detector`` available in a PL/Python body
``{{detector_key}}``     the name under which a session keeps the loaded detector
``{{detector_package}}`` the name under which a session imports it
``{{detector_sources}}`` the detector's files as rows of VALUES
``{{objects}}``          what the sources create in the schema, as rows of VALUES
``{{functions}}``        the functions as they are stored then, as rows of VALUES

What was released does not change any more: ``sql/updates/RELEASED`` holds the hashes, and
sql/updates/README.md the procedure.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SQL = ROOT / "sql"
DETECTOR = ROOT / "plpython" / "coord_detector"
PLAIN = ROOT / "python" / "confiture_coord" / "sql"
RELEASED = SQL / "updates" / "RELEASED"

CREATE = "CREATE EXTENSION confiture_coord CASCADE"
UPDATE = "ALTER EXTENSION confiture_coord UPDATE"
ADOPT = "CREATE EXTENSION confiture_coord VERSION 'unpackaged'"

# What an extension has for members; indexes, triggers and constraints follow their tables.
MEMBER = re.compile(r"^create (?:or replace )?(table|view|sequence|function) coord\.(\w+)", re.M)

# A function as the sources write it, up to the end of its body.
FUNCTION = re.compile(
    r"^create or replace function coord\.(?P<name>\w+)\((?P<head>.*?)"
    r"^(?:as \$function\$(?P<body>.*?)\$function\$;|return )",
    re.M | re.S,
)
# It cannot hold its own digest.
CHECKS_FUNCTIONS = "_function_problems"

NOTICE = "-- Built by sql/build.py from sql/schema, sql/code and plpython: edit those, not this.\n"


class BuildError(Exception):
    """The sources cannot be assembled."""


def version() -> str:
    """The one version that is written by hand."""
    control = (ROOT / "confiture_coord.control").read_text(encoding="utf-8")
    found = re.search(r"^default_version\s*=\s*'([^']+)'", control, re.MULTILINE)
    if found is None:
        raise BuildError("confiture_coord.control has no default_version")
    return found.group(1)


def ascii_text(path: Path) -> str:
    """A source's text; ASCII only, or CREATE EXTENSION would depend on the database's encoding."""
    try:
        return path.read_text(encoding="ascii")
    except UnicodeDecodeError as error:
        raise BuildError(f"{path.relative_to(ROOT)} is not plain ASCII: {error}") from error


def detector_sources() -> dict[str, str]:
    """The detector's files by path relative to the package, sorted."""
    paths = sorted(DETECTOR.rglob("*.py"), key=lambda path: path.relative_to(DETECTOR).as_posix())
    return {path.relative_to(DETECTOR).as_posix(): ascii_python(path) for path in paths}


def ascii_python(path: Path) -> str:
    """A module's text with other characters written as escapes; proven to mean the same."""
    text = path.read_text(encoding="utf-8")
    escaped = text.encode("ascii", "backslashreplace").decode("ascii")
    if escaped != text and ast.dump(ast.parse(escaped)) != ast.dump(ast.parse(text)):
        raise BuildError(f"{path.relative_to(ROOT)}: escaping its characters changes its meaning")
    return escaped


def fingerprint(sources: dict[str, str]) -> str:
    """A name for exactly these sources: another text is another module in the same session."""
    digest = hashlib.sha256()
    for path, text in sources.items():
        digest.update(f"{path}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()[:16]


def dollar_quoted(text: str) -> str:
    """The text as an SQL literal, with a tag that does not occur in it."""
    number = 0
    while f"$coord{number}$" in text:
        number += 1
    return f"$coord{number}${text}$coord{number}$"


def bootstrap(key: str) -> str:
    """What every PL/Python body begins with: one look-up in a dictionary when warm."""
    return (
        f"detector = GD.get('{key}')\n"
        "if detector is None:\n"
        "    plpy.execute('select coord._load_detector()')\n"
        f"    detector = GD['{key}']"
    )


def objects() -> Counter[tuple[str, str]]:
    """Kind and name of everything that the extension's sources create in its schema.

    Counted, since functions are overloaded. Our sources begin each object's line with ``create``,
    and a test compares this list with the members of an installed extension.
    """
    return Counter(
        (found[1], found[2])
        for folder in ("schema", "code")
        for path in parts(folder, "extension")
        for found in MEMBER.finditer(ascii_text(path))
    )


def replacements(sources: dict[str, str]) -> dict[str, str]:
    package = f"coord_detector_{fingerprint(sources)}"
    key = f"confiture_coord {fingerprint(sources)}"
    rows = ",\n".join(f"('{path}', {dollar_quoted(text)})" for path, text in sources.items())
    return {
        "version": version(),
        "detector": bootstrap(key),
        "detector_key": key,
        "detector_package": package,
        "detector_sources": rows,
        "objects": ",\n".join(
            f"('{kind}', '{name}', {number})" for (kind, name), number in sorted(objects().items())
        ),
    }


def functions(words: dict[str, str]) -> str:
    """Name, digest of the body, SECURITY DEFINER and settings of every function, as VALUES.

    A body that was parsed when the function was created (RETURN) has no text, and no digest.
    """
    rows = []
    for path in parts("code", "extension"):
        for found in FUNCTION.finditer(ascii_text(path)):
            if found["name"] == CHECKS_FUNCTIONS:
                continue
            digest = "null"
            if found["body"] is not None:
                body = fill(found["body"], words, path.name)
                digest = f"'{hashlib.sha256(body.encode()).hexdigest()}'"
            definer = "true" if re.search(r"^security definer$", found["head"], re.M) else "false"
            given = re.findall(r"^set (\w+) = (.+)$", found["head"], re.M)
            settings = ", ".join(f"'{name}={value}'" for name, value in given)
            array = f"array[{settings}]" if given else "null"
            rows.append(f"('{found['name']}', {digest}, {definer}, {array}::text[])")
    return ",\n".join(sorted(rows))


def fill(text: str, words: dict[str, str], origin: str) -> str:
    def word(match: re.Match[str]) -> str:
        try:
            return words[match.group(1)]
        except KeyError:
            raise BuildError(f"{origin}: unknown word {match.group(0)}") from None

    # One pass only: what is filled in may itself contain double braces.
    return re.sub(r"\{\{(\w+)\}\}", word, text)


def parts(folder: str, variant: str) -> list[Path]:
    """The files of one folder that belong to a variant, in the order of their names."""
    other = {"extension": ".plain", "plain": ".extension"}[variant]
    return [path for path in sorted((SQL / folder).glob("*.sql")) if path.suffixes[:-1] != [other]]


def assemble(paths: list[Path], words: dict[str, str]) -> str:
    text = [NOTICE]
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        text.append(f"\n-- {name}\n" + fill(ascii_text(path), words, name))
    return "".join(text)


def guard(statement: str) -> str:
    """What psql prints and obeys when it is given an extension's script as a file."""
    return f'\\echo Use "{statement}" to load this file. \\quit\n'


def build() -> dict[Path, str]:
    """Every built file of the current version with its contents."""
    words = replacements(detector_sources())
    words["functions"] = functions(words)
    here = words["version"]
    code = parts("code", "extension")
    plain_session, *plain_code = parts("code", "plain")
    begin = SQL / "updates" / "begin.sql"
    adopt = SQL / "updates" / "unpackaged"
    dump = [path for path in parts("schema", "extension") if path.name == "90_dump.extension.sql"]
    built = {
        SQL / f"confiture_coord--{here}.sql": guard(CREATE)
        + assemble([*parts("schema", "extension"), *code], words),
        PLAIN / f"plain--{here}.sql": assemble(
            [*parts("schema", "plain"), plain_session, *plain_code], words
        ),
        # A plain installation becomes an extension in two steps: an empty one, then its members.
        SQL / "confiture_coord--unpackaged.sql": guard(ADOPT)
        + assemble([adopt / "create.sql"], words),
        SQL / f"confiture_coord--unpackaged--{here}.sql": guard(UPDATE)
        + assemble([adopt / "update.sql", *dump], words),
    }
    for delta in sorted((SQL / "updates").glob(f"*--{here}.sql")):
        # A delta's name says where it starts: 0.1.0--0.2.0.sql. The code follows it unchanged.
        more = delta.with_name(f"{delta.stem}.extension.sql")
        steps = [begin, delta, *([more] if more.exists() else [])]
        built[SQL / f"confiture_coord--{delta.name}"] = guard(UPDATE) + assemble(
            [*steps, *code], words
        )
        built[PLAIN / f"plain--{delta.name}"] = assemble(
            [plain_session, begin, delta, *plain_code], words
        )
    return built


def released() -> dict[Path, str]:
    """The frozen files with their hashes, as ``sha256sum`` writes and checks them."""
    if not RELEASED.exists():
        return {}
    lines = RELEASED.read_text(encoding="ascii").splitlines()
    return {ROOT / line[66:]: line[:64] for line in lines}


def check_released(built: dict[Path, str]) -> None:
    """A released version is what its users have: it may not become something else."""
    frozen = released()
    for path, digest in frozen.items():
        name = path.relative_to(ROOT)
        if not path.exists():
            raise BuildError(f"{name} was released and is missing")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise BuildError(f"{name} was released and is not what it was then")
        if path in built and hashlib.sha256(built[path].encode()).hexdigest() != digest:
            raise BuildError(
                f"{name} was released, and the sources have changed since: set the next version "
                "in confiture_coord.control and begin its sql/updates/OLD--NEW.sql"
            )
    releases = [release_of(path) for path in frozen]
    latest = max((each for each in releases if each), key=numbers, default=None)
    here = version()
    if latest is not None and here != latest:
        delta = SQL / "updates" / f"{latest}--{here}.sql"
        if numbers(here) < numbers(latest):
            raise BuildError(f"version {here} is older than the released {latest}")
        if not delta.exists():
            raise BuildError(
                f"there is no way from the released {latest} to {here}: write "
                f"{delta.relative_to(ROOT)} (a comment will do where no table changes)"
            )


def release_of(path: Path) -> str | None:
    """The version that a file installs from nothing, if it is such a file."""
    found = re.fullmatch(r"confiture_coord--([0-9.]+)\.sql", path.name)
    return found[1] if found else None


def numbers(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("."))


def freeze(built: dict[Path, str]) -> None:
    """Add the current version's files to the released ones."""
    frozen = released()
    for path, text in built.items():
        if path.name != "confiture_coord--unpackaged.sql":  # the same for all versions
            frozen[path] = hashlib.sha256(text.encode()).hexdigest()
    lines = sorted(f"{digest}  {path.relative_to(ROOT)}\n" for path, digest in frozen.items())
    RELEASED.write_text("".join(sorted(lines, key=lambda line: line[66:])), encoding="ascii")


def main() -> int:
    parser = argparse.ArgumentParser(description="Assemble the versioned SQL from its sources.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when a built file is not current"
    )
    parser.add_argument(
        "--release", action="store_true", help="build, and freeze what was built for ever"
    )
    arguments = parser.parse_args()
    try:
        built = build()
        check_released(built)
    except BuildError as error:
        print(f"sql/build.py: {error}", file=sys.stderr)
        return 2
    stale = [
        path
        for path, text in built.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        name = path.relative_to(ROOT)
        if arguments.check:
            print(f"{name} is not current: run python3 sql/build.py", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(built[path], encoding="utf-8")
            print(f"built {name}")
    if arguments.release:
        freeze(built)
        print(f"froze version {version()} in {RELEASED.relative_to(ROOT)}")
    return 1 if stale and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
