"""A database with something in every table, and the proof that all of it still works."""

from __future__ import annotations

from tests.db.intents import (
    Connection,
    add_column,
    conflicts,
    move,
    problems,
    register,
    row,
    rows,
    value,
)
from tests.upgrade.snapshot import contents

ROLE = "upgrade_story_agent"

SITE = f"""
    do $$ begin create role {ROLE} login; exception when duplicate_object then null; end $$;
    grant coord_agent to {ROLE};
    insert into coord.status (status, is_active, description)
        values ('pending_review', true, 'waits for a look'), ('rejected', false, 'refused');
    insert into coord.status_transition (old_status, new_status)
        values ('registered', 'pending_review'), ('pending_review', 'registered'),
               ('pending_review', 'rejected');
    update coord.setting set value = '3' where name = 'warnings_shown';
    update coord.setting set value = 'error' where name = 'conflicted_from';
    select coord.bind_agent('bound', '{ROLE}');
    select coord.ignore('generated tables', object_name => '%generated%');
"""

AWKWARD = 'alter table "Odd ""name""\\" add column "é\t" text default E\'\\\\x\\n\' -- ;'
"""What COPY has to quote: backslash, tab, quotes, and characters outside ASCII."""


def tell(conn: Connection) -> str:
    """Fill the database through the functions; return a digest of its history."""
    conn.execute(SITE)
    ended = add_column(conn, "ada", "attic", "dust", feature="attic")
    move(conn, ended, "abandoned")
    conn.execute("select coord.archive_ended(clock_timestamp() + interval '1 minute')")

    first = add_column(conn, "ada", "users", "email", feature="mail")
    second = add_column(conn, "bob", "users", "email", feature="newsletter")
    [clash] = [each["id"] for each in conflicts(conn, second) if each["severity"] == "error"]
    conn.execute("select coord.resolve_conflict(%s, 'ada first', 'warning', 'carol')", (clash,))
    move(conn, first, "in_progress")
    move(conn, first, "completed")
    waiting = register(
        conn,
        "bound",
        "create table orders (id int); create index on orders (id)",
        metadata='{"depends_on": ["mail"], "é": null}',
    )
    move(conn, waiting, "pending_review")
    register(conn, "bound", "alter table orders add column total numeric")
    given_up = add_column(conn, "eve", "orders", "total", feature="mail")
    move(conn, given_up, "abandoned")
    register(conn, "eve", AWKWARD)
    add_column(conn, "eve", "generated_1", "x")
    add_column(conn, "bob", "generated_1", "x")
    conn.execute("select coord.heartbeat(%s)", (first,))
    conn.execute(
        "select coord.amend_intent(%s, 'alter table users add column mailbox text')", (second,)
    )
    # a number that nobody used: sequences have gaps
    conn.execute("select nextval('coord.intent_history_id_seq'), nextval('coord.intent_no_seq')")
    assert [table for table, held in contents(conn).items() if not held] == []
    return str(value(conn, "select coord.history_digest()"))


def goes_on(conn: Connection, digest: str) -> None:
    """Whatever happened to the database since: nothing is lost, and work continues."""
    assert problems(conn, digest) == []
    assert value(conn, "select problems from coord.detector_check()") == []
    before = row(
        conn,
        "select max(intent_no) as no, (select max(id) from coord.intent_history) as history,"
        " (select max(id) from coord.conflict) as conflict from coord.intent",
    )
    # another agent wants the column that ada added: found by the footprint that was stored then
    late = add_column(conn, "late", "users", "email", feature="mail")
    found = row(conn, "select intent_no, branch_name from coord.intent where id = %s", late)
    assert found["intent_no"] > before["no"] + 1  # the gap is kept
    assert found["branch_name"] == "feature/mail_003"  # 001 and 002 were given out before
    others = {
        (each["conflict_type"], value(
            conn, "select agent_id from coord.intent where id = %s", each["intent_b"]
        ))
        for each in conflicts(conn, late)
    }  # fmt: skip
    assert ("column", "ada") in others
    assert min(each["id"] for each in conflicts(conn, late)) > before["conflict"]
    first_event = row(conn, "select id from coord.intent_history where intent_id = %s"
                            " order by intent_row limit 1", late)  # fmt: skip
    assert first_event["id"] > before["history"] + 1
    # a site's own statuses, edges and settings
    [waiting] = rows(conn, "select id from coord.intent where status = 'pending_review'")
    assert move(conn, str(waiting["id"]), "rejected") == "rejected"
    assert value(conn, "select value from coord.setting where name = 'warnings_shown'") == "3"
    # ignored still
    silent = add_column(conn, "late", "generated_1", "x")
    assert [each for each in conflicts(conn, silent) if each["is_open"]] == []
    assert problems(conn, digest) == []
