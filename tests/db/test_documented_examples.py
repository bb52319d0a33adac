"""The pairs of changes that the documents show, with what they promise."""

from __future__ import annotations

import pytest

from tests.db.intents import Connection, conflicts, register, row, rows, status, value


def pair(conn: Connection, first: str, second: str) -> list[dict[str, object]]:
    register(conn, "claude-a", first, "feature_a")
    return conflicts(conn, register(conn, "claude-b", second, "feature_b"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "ALTER TABLE users ADD COLUMN stripe_customer_id TEXT",
            "ALTER TABLE users ADD COLUMN oauth_provider_id TEXT",
        ),
        (
            "ALTER TABLE users ADD COLUMN oauth_provider TEXT",
            "ALTER TABLE users ADD COLUMN search_preferences JSONB",
        ),
    ],
)
def test_two_columns_of_one_table(conn: Connection, first: str, second: str) -> None:
    [conflict] = pair(conn, first, second)
    assert conflict["conflict_type"] == "table"
    assert conflict["severity"] == "warning"
    assert conflict["outcome"] == "overlap"
    assert conflict["affected_objects"] == ["users"]


def test_two_statements_are_stored(conn: Connection) -> None:
    intent = register(
        conn,
        "claude-a",
        "ALTER TABLE users ADD COLUMN stripe_id TEXT;"
        " CREATE INDEX idx_users_stripe ON users(stripe_id)",
    )
    assert len(value(conn, "select schema_changes from coord.intent where id = %s", intent)) == 2


def test_tables_are_derived(conn: Connection) -> None:
    intent = register(conn, "claude-a", "ALTER TABLE users ADD COLUMN bio TEXT")
    assert value(conn, "select tables_affected from coord.intent where id = %s", intent) == [
        "users"
    ]


def test_new_table_conflicts_with_nothing(conn: Connection) -> None:
    assert not rows(
        conn,
        "select * from coord.check_intent('claude-solo', 'new_feature',"
        " 'CREATE TABLE widgets (id UUID PRIMARY KEY)')",
    )
    intent = register(conn, "claude-solo", "CREATE TABLE widgets (id UUID PRIMARY KEY)")
    assert status(conn, intent) == "registered"


def test_boolean_columns_and_the_third_that_is_still_the_same_table(conn: Connection) -> None:
    add = "ALTER TABLE products ADD COLUMN {} BOOLEAN DEFAULT FALSE"
    register(conn, "claude-a", add.format("featured"), "feature_a")
    second = register(conn, "claude-b", add.format("is_featured"), "feature_b")
    assert [each["conflict_type"] for each in conflicts(conn, second)] == ["table"]
    conn.execute("select coord.mark_abandoned(%s, 'adjusting scope')", (second,))
    third = register(conn, "claude-b", add.format("promoted"), "feature_b")
    found = conflicts(conn, third)
    assert [(each["conflict_type"], each["severity"]) for each in found] == [("table", "warning")]


def test_default_and_gin_index(conn: Connection) -> None:
    intent = register(
        conn,
        "claude-ux",
        "ALTER TABLE users ADD COLUMN preferences JSONB DEFAULT '{}';"
        " CREATE INDEX idx_users_preferences ON users USING GIN(preferences)",
        tables_affected=["users"],
    )
    found = row(conn, "select * from coord.intent where id = %s", intent)
    assert found["tables_affected"] == ["users"]
    assert found["status"] == "registered"


def test_two_phases_of_one_agent(conn: Connection) -> None:
    register(
        conn,
        "claude-analytics",
        "ALTER TABLE events ADD COLUMN session_id UUID;"
        " ALTER TABLE events ADD COLUMN user_agent TEXT",
        "analytics_phase1",
    )
    second = register(
        conn,
        "claude-analytics",
        "CREATE INDEX idx_events_session ON events(session_id); CREATE INDEX idx_events_user_agent"
        " ON events USING GIN(user_agent gin_trgm_ops)",
        "analytics_phase2",
        metadata='{"depends_on": "analytics_phase1"}',
    )
    assert conflicts(conn, second) == []
    order = rows(conn, "select feature_name from coord.merge_order() order by place")
    assert [each["feature_name"] for each in order] == ["analytics_phase1", "analytics_phase2"]


def test_tables_before_their_indexes(conn: Connection) -> None:
    first = register(
        conn,
        "claude-architect",
        "CREATE TABLE users (id int primary key, email text);"
        " CREATE TABLE sessions (id int, user_id int REFERENCES users(id));"
        " CREATE TABLE oauth_tokens (id int, user_id int REFERENCES users(id))",
        "auth_architecture",
    )
    second = register(
        conn,
        "claude-performance",
        "CREATE INDEX idx_users_email ON users(email);"
        " CREATE INDEX idx_sessions_user ON sessions(user_id)",
        "auth_indexes",
    )
    found = conflicts(conn, second)
    assert found
    ordered = [each for each in found if each["outcome"] == "order"]
    assert ordered
    assert {str(each["first_intent"]) for each in ordered} == {first}
    order = rows(conn, "select intent_id from coord.merge_order() order by place")
    assert [str(each["intent_id"]) for each in order] == [first, second]


def test_same_column(conn: Connection) -> None:
    same = "ALTER TABLE users ADD COLUMN email_verified BOOLEAN"
    found = pair(conn, same, same)
    [column] = [each for each in found if each["conflict_type"] == "column"]
    assert column["severity"] == "error"
    assert column["affected_objects"] == ["users.email_verified"]


@pytest.mark.parametrize(
    ("first", "second", "type_", "severity", "objects"),
    [
        (
            "ALTER TABLE users ALTER COLUMN email TYPE varchar(320)",
            "ALTER TABLE users ALTER COLUMN email TYPE citext",
            "column",
            "error",
            ["users.email"],
        ),
        (
            "CREATE OR REPLACE FUNCTION process_payment() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION process_payment() RETURNS int LANGUAGE sql AS 'SELECT 2'",
            "function",
            "error",
            ["process_payment()"],
        ),
    ],
)
def test_the_same_object(
    conn: Connection, first: str, second: str, type_: str, severity: str, objects: list[str]
) -> None:
    found = [each for each in pair(conn, first, second) if each["conflict_type"] == type_]
    assert [(each["severity"], each["affected_objects"]) for each in found] == [(severity, objects)]


def test_the_same_columns_indexed_under_two_names(conn: Connection) -> None:
    found = pair(conn, "CREATE INDEX one ON users(email)", "CREATE INDEX two ON users(email)")
    [index] = [each for each in found if each["conflict_type"] == "index"]
    assert index["severity"] == "warning"


def test_two_foreign_keys_of_one_table(conn: Connection) -> None:
    found = pair(
        conn,
        "ALTER TABLE orders ADD CONSTRAINT a FOREIGN KEY (user_id) REFERENCES users(id)",
        "ALTER TABLE orders ADD CONSTRAINT b FOREIGN KEY (shop_id) REFERENCES shops(id)",
    )
    [constraint] = [each for each in found if each["conflict_type"] == "constraint"]
    assert constraint["severity"] == "warning"


def test_functions_are_told_apart_by_their_arguments(conn: Connection) -> None:
    function = "CREATE FUNCTION f({}) RETURNS int LANGUAGE sql AS 'SELECT 1'"
    assert pair(conn, function.format("integer"), function.format("text")) == []


@pytest.mark.parametrize(
    "harmless",
    [
        "select 1 -- ALTER TABLE users ADD COLUMN x int",
        "select 'ALTER TABLE users ADD COLUMN x int'",
        "comment on table other is 'DROP TABLE users'",
    ],
)
def test_ddl_in_comments_and_strings_is_no_ddl(conn: Connection, harmless: str) -> None:
    assert pair(conn, "ALTER TABLE users ADD COLUMN x int", harmless) == []


def test_objects_are_named_as_the_newcomers_path_shows_them(conn: Connection) -> None:
    conn.execute("create schema app; create table app.users (id integer)")
    pair = ("alter table app.users add column a text", "alter table app.users add column a integer")
    compared = "select affected_objects from coord.compare_changes(%s, %s, search_path => %s)"
    assert conn.execute(compared, (*pair, "public")).fetchone() == (["app.users.a"],)
    assert conn.execute(compared, (*pair, "app, public")).fetchone() == (["users.a"],)
    conn.execute("select coord.register_intent('ada', 'one', %s)", (pair[0],))
    conn.execute("set search_path = app")
    checked = "select affected_objects from coord.check_intent('bob', 'two', %s)"
    assert conn.execute(checked, (pair[1],)).fetchone() == (["users.a"],)
