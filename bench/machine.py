"""What the figures were measured on; a figure without it says nothing."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import psycopg


def facts(connection: psycopg.Connection[Any]) -> dict[str, str]:
    def setting(name: str) -> str:
        row = connection.execute("select current_setting(%s)", (name,)).fetchone()
        return str(row[0]) if row else "?"

    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": _first("/proc/meminfo", "MemTotal") or "?",
        "system": f"{platform.system()} {platform.release()}",
        "PostgreSQL": setting("server_version"),
        "fsync": setting("fsync"),
        "synchronous_commit": setting("synchronous_commit"),
        "shared_buffers": setting("shared_buffers"),
    }


def _first(path: str, name: str) -> str | None:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)
