"""The examples of the documents, from their text alone."""

from __future__ import annotations

from coord_detector.footprint import footprint
from coord_detector.model import Conflict
from coord_detector.rules import Prepared, compare, prepare
from coord_detector.script import parse_changes


def plan(*changes: str) -> Prepared:
    return prepare(footprint(parse_changes(list(changes)), ("public",)))


def between(a: str, b: str) -> list[Conflict]:
    return compare(plan(a), plan(b))


def brief(conflicts: list[Conflict]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(one.type, one.severity, one.outcome, one.objects) for one in conflicts]


def test_two_columns_of_one_table() -> None:
    found = between(
        "ALTER TABLE users ADD COLUMN stripe_customer_id TEXT",
        "ALTER TABLE users ADD COLUMN oauth_provider_id TEXT",
    )
    assert brief(found) == [("table", "warning", "overlap", ("users",))]


def test_a_new_table_meets_nobody() -> None:
    assert (
        between("CREATE TABLE widgets (id UUID PRIMARY KEY)", "ALTER TABLE users ADD a int") == []
    )


def test_the_diamond_is_seen_from_every_side() -> None:
    a = "ALTER TABLE users ADD COLUMN preferences JSONB"
    b = "ALTER TABLE orders ADD CONSTRAINT fk_users FOREIGN KEY (user_id) REFERENCES users(id)"
    c = (
        "CREATE TABLE user_order_stats AS SELECT u.id, COUNT(o.id) FROM users u"
        " JOIN orders o ON u.id = o.user_id"
    )
    assert ("table", "warning", "overlap", ("users",)) in brief(between(a, b))
    assert ("table", "warning", "overlap", ("users",)) in brief(between(a, c))
    assert brief(between(b, c))


def test_tables_before_their_indexes() -> None:
    tables = (
        "CREATE TABLE users (id bigint PRIMARY KEY, email text);"
        "CREATE TABLE sessions (id bigint PRIMARY KEY, user_id bigint REFERENCES users(id));"
        "CREATE TABLE oauth_tokens (id bigint PRIMARY KEY, user_id bigint REFERENCES users(id))"
    )
    indexes = (
        "CREATE INDEX idx_users_email ON users(email);"
        "CREATE INDEX idx_sessions_user ON sessions(user_id)"
    )
    found = between(tables, indexes)
    assert {(one.type, one.severity, one.outcome, one.first) for one in found} == {
        ("dependency", "warning", "order", "a")
    }
    assert {"users", "sessions"} <= set(found[0].objects)
    assert {one.first for one in between(indexes, tables)} == {"b"}


def test_the_same_column_twice() -> None:
    same = "ALTER TABLE users ADD COLUMN email_verified BOOLEAN"
    assert brief(between(same, same)) == [
        ("column", "error", "duplicate", ("users.email_verified",))
    ]


def test_both_modify_one_column() -> None:
    found = between(
        "ALTER TABLE users ALTER COLUMN email TYPE text",
        "ALTER TABLE users ALTER COLUMN email TYPE varchar(320)",
    )
    assert brief(found) == [("column", "error", "clash", ("users.email",))]
    found = between(
        "ALTER TABLE users ALTER COLUMN email TYPE text",
        "ALTER TABLE users ALTER COLUMN email SET NOT NULL",
    )
    assert brief(found) == [("column", "error", "overlap", ("users.email",))]


def test_both_redefine_one_function() -> None:
    found = between(
        "CREATE OR REPLACE FUNCTION process_payment() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION process_payment() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    )
    assert brief(found) == [("function", "error", "clash", ("process_payment()",))]


def test_both_index_the_same_columns() -> None:
    found = between(
        "CREATE INDEX one ON users (email)", "CREATE INDEX two ON public.users USING btree (email)"
    )
    assert brief(found) == [("index", "warning", "duplicate", ("one", "two"))]


def test_both_add_foreign_keys_to_one_table() -> None:
    found = between(
        "ALTER TABLE orders ADD CONSTRAINT a FOREIGN KEY (user_id) REFERENCES users(id)",
        "ALTER TABLE orders ADD CONSTRAINT b FOREIGN KEY (item_id) REFERENCES items(id)",
    )
    assert brief(found) == [("constraint", "warning", "overlap", ("orders",))]


def test_both_rename_one_label() -> None:
    rename = "ALTER TYPE mood RENAME VALUE 'ok' TO 'so so'"
    assert [one.outcome for one in between(rename, rename)] == ["duplicate"]
    other = "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'"
    assert [one.outcome for one in between(rename, other)] == ["clash"]


def test_a_new_label_before_its_use() -> None:
    """In one transaction not even this order works: a new label is used after the commit."""
    add = "ALTER TYPE mood ADD VALUE 'fine'"
    use = "CREATE TABLE days (feeling mood); INSERT INTO days (feeling) VALUES ('fine')"
    assert {(one.outcome, one.first) for one in between(add, use)} == {("order", "a")}
    assert {(one.outcome, one.first) for one in between(use, add)} == {("order", "b")}
    both = "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'fine'; " + use
    assert {one.outcome for one in between(both, both.replace("days", "nights"))} == {"duplicate"}
    assert not between(add, use.replace("fine", "ok"))


def test_names_are_shown_as_regclass_does() -> None:
    found = between(
        "ALTER TABLE billing.invoices DROP COLUMN memo",
        "UPDATE billing.invoices SET memo = ''",
    )
    assert found[0].objects == ("billing.invoices.memo",)
    a = plan('ALTER TABLE "UserPrefs" DROP COLUMN "prefKey"')
    assert compare(a, a, ("other",))[0].objects == ('public."UserPrefs"."prefKey"',)


def test_the_verdict_does_not_depend_on_who_came_first() -> None:
    changes = (
        "ALTER TABLE users RENAME COLUMN phone TO mobile",
        "ALTER TABLE users ALTER COLUMN phone SET NOT NULL",
        "CREATE VIEW phones AS SELECT phone FROM users",
        "DROP TABLE users CASCADE",
        "ALTER TYPE mood ADD VALUE 'fine' AFTER 'ok'",
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'fine'",
    )
    mirrored = {"a": "b", "b": "a", None: None}
    for one in changes:
        for two in changes:
            there, back = between(one, two), between(two, one)
            assert brief(there) == brief(back), (one, two)
            assert [mirrored[each.first] for each in there] == [each.first for each in back]
