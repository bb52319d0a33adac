"""The key that a foreign key refers to, which the text does not always name."""

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
