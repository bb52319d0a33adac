"""Generated pairs of changes of one generated schema."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.property import object_changes, rarer_changes, table_changes
from tests.property.makers import MAKERS
from tests.property.schemas import Schema, schemas

__all__ = ["changes", "object_changes", "pairs", "rarer_changes", "table_changes"]


@st.composite
def changes(draw: st.DrawFn, schema: Schema) -> list[str]:
    """One or two statements that may have to do with each other."""
    makers = draw(st.lists(st.sampled_from(MAKERS), min_size=1, max_size=2))
    return [maker(draw, schema) for maker in makers]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Schema, list[str], list[str]]:
    schema = draw(schemas())
    return schema, draw(changes(schema)), draw(changes(schema))
