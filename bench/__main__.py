"""``python -m bench [--quick] [--only SUITE]``: tables on stdout, files in bench/results."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from bench import parsing, registration, sessions
from bench.machine import facts
from bench.plot import series, svg
from bench.timing import Figure
from tools.cluster import Cluster
from tools.installation import find_installation
from tools.places import state_folder
from tools.private_server import build_private_server

SUITES = {"registration": registration.run, "sessions": sessions.run, "parsing": parsing.run}
RESULTS = Path(__file__).resolve().parent / "results"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work at all?")
    parser.add_argument("--only", choices=SUITES, help="one suite")
    arguments = parser.parse_args()

    home = state_folder() / "bench"
    shutil.rmtree(home, ignore_errors=True)
    installation = build_private_server(find_installation(), home / "server")
    # Durable, as in production: fsync and everything else at its default.
    cluster = Cluster(installation, home / "cluster", {"max_wal_size": "4GB"})
    cluster.start()
    figures: list[Figure] = []
    try:
        with cluster.connect() as connection:
            machine = facts(connection)
        for name, value in machine.items():
            print(f"{name:20} {value}")
        for name, run in SUITES.items():
            if arguments.only in (None, name):
                for figure in run(cluster, arguments.quick):
                    figures.append(figure)
                    print(line(figure), flush=True)
    finally:
        cluster.remove()
    write(figures, machine)
    broken = [figure for figure in figures if figure.holds is False]
    for figure in broken:
        print(f"NOT REACHED: {figure.name}: {figure.value:.2f}, {figure.bound}", file=sys.stderr)
    return 1 if broken else 0


def line(figure: Figure) -> str:
    tail = f"95 %: {figure.p95:.2f}" if figure.p95 is not None else figure.bound
    return (
        f"{figure.suite:14} {figure.name:62} {figure.value:10.2f} {figure.unit:7} {tail}".rstrip()
    )


def write(figures: list[Figure], machine: dict[str, str]) -> None:
    RESULTS.mkdir(exist_ok=True)
    document = {"machine": machine, "figures": [figure.to_dict() for figure in figures]}
    (RESULTS / "latest.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    table = [f"{name}: {value}" for name, value in machine.items()]
    table += ["", *(line(figure) for figure in figures), ""]
    (RESULTS / "latest.txt").write_text("\n".join(table), encoding="utf-8")
    if series(figures):
        shown = f"{machine['processor']}, {machine['cores']} cores, fsync {machine['fsync']}"
        (RESULTS / "latest.svg").write_text(svg(figures, shown), encoding="utf-8")
    print(f"written to {RESULTS.name}/latest.txt, .json and .svg")


if __name__ == "__main__":
    sys.exit(main())
