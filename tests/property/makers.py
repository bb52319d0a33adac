"""What makes one change of a generated schema, and what all of them draw from."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from tests.property.schemas import COLUMNS, Schema, Table

NEW_NAMES = ("fresh", "extra")
ROLES = ("pg_monitor", "pg_read_all_data", "public")

Maker = Callable[[st.DrawFn, Schema], str]
MAKERS: list[Maker] = []


def change(maker: Maker) -> Maker:
    MAKERS.append(maker)
    return maker


def a_table(draw: st.DrawFn, schema: Schema) -> Table:
    return draw(st.sampled_from(schema.tables))


def a_column(draw: st.DrawFn) -> str:
    # Few columns, so that two changes meet.
    return draw(st.sampled_from(COLUMNS[:2]))


def one_of(draw: st.DrawFn, *texts: str) -> str:
    return draw(st.sampled_from(texts))
