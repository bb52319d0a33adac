"""Agents declare schema changes; PostgreSQL says which of them conflict.

>>> import psycopg
>>> from confiture_coord import IntentRegistry, RiskLevel
>>> with psycopg.connect(DATABASE_URL) as connection:
...     intent = IntentRegistry(connection).register(
...         "claude-auth", "oauth2", "ALTER TABLE users ADD COLUMN oauth_provider TEXT",
...         risk_level=RiskLevel.MEDIUM)
>>> intent.tables_affected
['users']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from confiture_coord.aio import AsyncIntentRegistry as AsyncIntentRegistry
    from confiture_coord.errors import BlockingConflict as BlockingConflict
    from confiture_coord.errors import ConflictNotFound as ConflictNotFound
    from confiture_coord.errors import CoordError as CoordError
    from confiture_coord.errors import DetectorUnavailable as DetectorUnavailable
    from confiture_coord.errors import HistoryIsAppendOnly as HistoryIsAppendOnly
    from confiture_coord.errors import IntentNotFound as IntentNotFound
    from confiture_coord.errors import InvalidArgument as InvalidArgument
    from confiture_coord.errors import InvalidTransition as InvalidTransition
    from confiture_coord.errors import VersionMismatch as VersionMismatch
    from confiture_coord.importing import import_registry as import_registry
    from confiture_coord.models import ConflictReport as ConflictReport
    from confiture_coord.models import ConflictSeverity as ConflictSeverity
    from confiture_coord.models import ConflictType as ConflictType
    from confiture_coord.models import Intent as Intent
    from confiture_coord.models import IntentStatus as IntentStatus
    from confiture_coord.models import IntentStatusChange as IntentStatusChange
    from confiture_coord.models import RiskLevel as RiskLevel
    from confiture_coord.notices import ServerWarning as ServerWarning
    from confiture_coord.registry import IntentRegistry as IntentRegistry

    __version__: str

_HOMES = ("models", "errors", "registry", "aio", "notices")


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: the command line asks for few of them."""
    if name == "__version__":
        return import_module("confiture_coord.version").wrapper_version()
    if name == "import_registry":
        return import_module("confiture_coord.importing").import_registry
    for home in _HOMES if name[:1].isupper() else ():
        module = import_module(f"confiture_coord.{home}")
        if getattr(vars(module).get(name), "__module__", None) == module.__name__:
            return vars(module)[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
