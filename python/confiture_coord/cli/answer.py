"""Print an answer in the format that was asked for."""

from __future__ import annotations

import json
import sys
from typing import Any


def print_json(document: Any) -> None:
    """One JSON document, and nothing else, on standard output."""
    # An output that is not Unicode gets the same document in JSON's own escapes.
    unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    print(json.dumps(document, indent=2, ensure_ascii=not unicode))
