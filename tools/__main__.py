"""``python -m tools COMMAND``: what the Makefile asks for."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from tools.cluster import Cluster, ClusterError
from tools.demo import demo
from tools.dist import build
from tools.installation import Installation, NotInstalled, find_installation, missing_packages
from tools.parser import install_parser, parser_folder
from tools.places import folder_for_volatile_data, state_folder
from tools.private_server import build_private_server, install_extension_files

DATABASE = "coord"


def lasting_cluster(*, tied: bool = False) -> Cluster:
    """The cluster of ``make up`` and ``make demo``, running, with this checkout's extension.

    Each major version has its own: after an upgrade of PostgreSQL a new one is made.
    """
    source = find_installation()
    home = state_folder() / f"postgresql-{source.major}"
    server = home / "server"
    cluster = Cluster(source, home)
    if cluster.pid() is None:
        cluster = Cluster(build_private_server(source, server), home)
        cluster.start(tied=tied)
    else:
        [pg_config] = server.glob("**/bin/pg_config")
        cluster = Cluster(Installation.of(pg_config), home)
        install_extension_files(cluster.installation)
    return cluster


def up() -> None:
    cluster = lasting_cluster()
    with cluster.connect() as connection:
        exists = connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,))
        if exists.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
    with cluster.connect(DATABASE) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("CREATE EXTENSION IF NOT EXISTS confiture_coord CASCADE")
        connection.execute("ALTER EXTENSION confiture_coord UPDATE")
    print(f"PostgreSQL {cluster.major} is up. make psql, or:")
    print(f'export DATABASE_URL="{cluster.dsn(DATABASE)}"')


def play_demo() -> None:
    """The demo's server ends with the demo, unless ``make up`` had started it."""
    cluster = lasting_cluster(tied=True)
    try:
        demo(cluster)
    finally:
        cluster.stop_if_started_here()


def psql() -> None:
    """psql in the database of ``make up``: interactive, or with SQL=…, or from stdin."""
    source = find_installation()
    cluster = Cluster(source, state_folder() / f"postgresql-{source.major}")
    if cluster.pid() is None:
        raise ClusterError("no server is up: make up")
    statement = os.environ.get("SQL")
    arguments = [] if sys.stdin.isatty() and not statement else ["-v", "ON_ERROR_STOP=1"]
    arguments += ["-c", statement] if statement else []
    program = str(source.bindir / "psql")
    os.execv(program, [program, *arguments, cluster.dsn(DATABASE)])


def down() -> None:
    for data in state_folder().glob("postgresql-*/data"):
        cluster = Cluster(find_installation(), data.parent)
        if cluster.pid() is not None:
            cluster.stop()
            print(f"The server in {data.parent} is down; its data stays (make clean removes it).")


def clean() -> None:
    down()
    for folder in {state_folder(), folder_for_volatile_data()}:
        shutil.rmtree(folder)


def install_parser_for(pg_config: str, destdir: str) -> None:
    installation = Installation.of(pg_config)
    if not installation.has_plpython:
        raise NotInstalled(
            f"{pg_config}: no {installation.plpython_library}; "
            f"install postgresql-plpython3-{installation.major}"
        )
    folder = parser_folder(installation)
    target = Path(f"{destdir}{folder}") if destdir else folder
    install_parser(target, installation.plpython_version())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("packages", help="print the Debian packages that are missing")
    commands.add_parser("up", help="start the private server, with the extension in a database")
    commands.add_parser("psql", help="psql in that database")
    commands.add_parser("down", help="stop it")
    commands.add_parser("clean", help="stop it and delete everything it had")
    commands.add_parser("dist", help="build the release's files into dist/")
    commands.add_parser("demo", help="play the two agents' story")
    installing = commands.add_parser("install-parser", help="install the parser into a server")
    installing.add_argument("--pg-config", required=True)
    installing.add_argument("--destdir", default="")
    chosen = parser.parse_args()
    try:
        match chosen.command:
            case "packages":
                print("\n".join(missing_packages()))
            case "up":
                up()
            case "psql":
                psql()
            case "down":
                down()
            case "clean":
                clean()
            case "dist":
                print(*build(), sep="\n")
            case "demo":
                play_demo()
            case "install-parser":
                install_parser_for(chosen.pg_config, chosen.destdir)
    except (NotInstalled, ClusterError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
