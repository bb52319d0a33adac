"""The only place that imports pglast, and the reason why doing so does not kill the server.

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
