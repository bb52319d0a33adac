"""Touches as JSON and back: how a footprint is stored, one array per touch."""

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
