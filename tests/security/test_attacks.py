"""Every attack of the table, by everybody who might try it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.db.intents import Connection, add_column, conflicts, move, problems, rows, value
from tests.security import (
    attacks,
    attacks_beyond_roles,
    attacks_by_detours,
    attacks_on_catalogs,
)
from tests.security.attacks import (
    FOUND,
    FOUND_BY_DIGEST,
    HARMLESS,
    LOUD,
    NOT_FOUND,
    OWNER,
    SUPERUSER,
    Attack,
)
from tools.cluster import Cluster

ATTACKS = [
    *attacks.ATTACKS,
    *attacks_on_catalogs.ATTACKS,
    *attacks_beyond_roles.ATTACKS,
    *attacks_by_detours.ATTACKS,
]

ROLES = ("owner", "reviewer", "agent", "reader", "nobody", "bound")
DATABASE = "attacked"


@pytest.fixture(scope="module")
def attacked(cluster: Cluster, extension_template: str) -> Iterator[dict[str, Any]]:
    """A database with some history, where each attack is tried and rolled back."""
    with cluster.connect() as admin:
        admin.execute(f"create database {DATABASE} template {extension_template}")
        for role in ROLES:
            admin.execute(f"create role attack_{role}")
        admin.execute("grant coord_agent to attack_agent, attack_bound")
        admin.execute("grant coord_reviewer to attack_reviewer")
        admin.execute("grant coord_reader to attack_reader")
    with closing(cluster.connect(DATABASE)) as conn:
        conn.execute("grant create on schema public to public")
        conn.execute("select coord.bind_agent('bound', 'attack_bound')")
        victim = add_column(conn, "ada", "users", "a")
        other = add_column(conn, "bob", "users", "a")
        add_column(conn, "eve", "users", "a")
        bound = add_column(conn, "bound", "elsewhere", "a")
        for conflict in conflicts(conn, victim):
            conn.execute("select coord.resolve_conflict(%s, 'agreed')", (conflict["id"],))
        move(conn, victim, "in_progress")
        move(conn, victim, "completed")
        assert rows(conn, "select 1 from coord.conflict where not reviewed")
        for table in ("intent", "intent_history", "archived_history"):
            conn.execute(f"alter table coord.{table} owner to attack_owner")
        conn.execute("grant usage on schema coord to attack_owner")
        # what the owner of tables needs to reach as far as an attack can go
        conn.execute("grant execute on all functions in schema coord to attack_owner")
        conn.execute("grant all on all tables in schema coord to attack_owner")
        conn.execute("grant all on all sequences in schema coord to attack_owner")
        yield {
            "conn": conn,
            "digest": value(conn, "select coord.history_digest()"),
            "victim": victim,
            "bound": bound,
            "last": value(
                conn, "select max(id) from coord.intent_history where intent_id = %s", victim
            ),
            "other": value(
                conn, "select max(id) from coord.intent_history where intent_id = %s", other
            ),
        }
    with cluster.connect() as admin:
        admin.execute(f"drop database {DATABASE} (force)")
        for role in ROLES:
            admin.execute(f"drop role attack_{role}")


CASES = [
    pytest.param(attack, who, id=f"{attack.what}, by {who}")
    for attack in ATTACKS
    for who in attack.who
]


@pytest.mark.parametrize(("attack", "who"), CASES)
def test_attack_is_refused_or_found(
    attacked: dict[str, Any], attack: Attack, who: str, pg_version: int
) -> None:
    if pg_version < attack.since:
        pytest.skip(f"PostgreSQL {pg_version} cannot do it")
    conn: Connection = attacked["conn"]
    digest: str = attacked["digest"]
    before = rows(conn, "select * from coord.intent_history order by id")
    statements = attack.statements.format(**attacked)
    with conn.transaction(force_rollback=True):
        if who != SUPERUSER:
            conn.execute(f"set local session authorization attack_{who}")
        if attack.becomes in (FOUND, FOUND_BY_DIGEST, HARMLESS, LOUD, NOT_FOUND):
            conn.execute(statements)
            conn.execute("reset session authorization")
            if attack.becomes == LOUD:
                with pytest.raises(psycopg.Error), conn.transaction():
                    problems(conn)
            elif attack.becomes == FOUND:
                assert problems(conn) != []
            elif attack.becomes == FOUND_BY_DIGEST:
                assert problems(conn) == []
                assert problems(conn, digest) != []
            else:
                assert problems(conn, digest) == []
                assert rows(conn, "select * from coord.intent_history order by id") == before
        else:
            with pytest.raises(psycopg.Error) as refused, conn.transaction():
                conn.execute(statements)
            assert refused.value.sqlstate == attack.becomes, refused.value
    # no sequence is rolled back
    conn.execute("select setval('coord.intent_history_id_seq', max(id)) from coord.intent_history")
    assert problems(conn, digest) == []


def test_owner_and_superuser_are_told_apart() -> None:
    """The table covers both of the powerful, and every outcome."""
    assert {who for attack in ATTACKS for who in attack.who} == {
        SUPERUSER, OWNER, "reviewer", "agent", "reader", "nobody",
    }  # fmt: skip
    assert {FOUND, FOUND_BY_DIGEST, HARMLESS, LOUD, NOT_FOUND, "IC003", "42501"} <= {
        attack.becomes for attack in ATTACKS
    }


GUARDS = """
    select format('drop trigger %%I on %%s', tgname, tgrelid::regclass) as gone,
           format('%%s; alter table %%s enable always trigger %%I', replace(pg_get_triggerdef(oid),
               'EXECUTE FUNCTION coord.', 'EXECUTE FUNCTION public.'), tgrelid::regclass, tgname)
               as changed,
           tgname
    from pg_trigger where not tgisinternal and tgfoid::regproc::text ~ '_(guard|refuse|follow)_'
"""


def test_guard_that_is_missing_or_another_is_told_with_what_mends_it(conn: Connection) -> None:
    guards = rows(conn, GUARDS)
    assert len(guards) == 8
    for function in {"_guard_intent", "_refuse_intent_removal", "_follow_transition",
                     "_refuse_history_change"}:  # fmt: skip
        conn.execute(
            f"create function public.{function}() returns trigger language plpgsql as"
            " 'begin return new; end'"
        )
    for guard in guards:
        for damage in (guard["gone"], f"{guard['gone']}; {guard['changed']}"):
            conn.execute(damage)
            [problem] = problems(conn)
            assert guard["tgname"] in problem
            conn.execute(problem.partition("mend it with: ")[2])
            assert problems(conn) == []
