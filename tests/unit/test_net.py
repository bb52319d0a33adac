"""What a script comes to in the end."""

from __future__ import annotations

from coord_detector.footprint import footprint
from coord_detector.model import Touch
from coord_detector.net import net_effect
from coord_detector.rules import compare, prepare
from coord_detector.script import parse_changes


def net(*changes: str) -> list[Touch]:
    return net_effect(footprint(parse_changes(list(changes)), ("public",)))


def test_create_then_drop_is_nothing_but_a_name() -> None:
    [touch] = net(
        "CREATE TABLE scratch (a int)", "CREATE INDEX ON scratch (a)", "DROP TABLE scratch"
    )
    assert (touch.name, touch.action, touch.facet) == ("scratch", "use", "absence")


def test_what_a_passing_view_uses_is_nothing_either() -> None:
    [touch] = net("CREATE VIEW v AS SELECT email FROM users", "DROP VIEW v")
    assert (touch.name, touch.facet) == ("v", "absence")


def test_rows_that_were_changed_meanwhile_stay_changed() -> None:
    touches = net(
        "CREATE TABLE scratch AS SELECT id FROM users",
        "UPDATE users SET email = ''",
        "DROP TABLE scratch",
    )
    assert {touch.name for touch in touches if touch.facet != "absence"} == {"users"}
    assert any(touch.detail.get("access") == "write" for touch in touches)


def test_a_guarded_create_then_drop_is_a_drop() -> None:
    touches = net("CREATE TABLE IF NOT EXISTS t (a int)", "DROP TABLE t")
    assert "drop" in {touch.action for touch in touches}


def test_drop_then_create_stays_both() -> None:
    touches = net("DROP VIEW v", "CREATE VIEW v AS SELECT 1 AS one")
    assert [touch.action for touch in touches if touch.kind == "view"] == ["drop", "create"]


def test_the_last_setting_stands() -> None:
    touches = net(
        "ALTER TABLE t ALTER c SET DEFAULT 1",
        "ALTER TABLE t ALTER c SET DEFAULT 2",
        "ALTER TABLE t ALTER d SET DEFAULT 1",
    )
    assert [(touch.sub, touch.detail["value"]) for touch in touches] == [("c", "2"), ("d", "1")]


def test_a_rename_is_followed() -> None:
    touches = net("ALTER TABLE t RENAME TO u", "ALTER TABLE u ALTER c SET DEFAULT 1")
    assert ("t", "c") in {(touch.name, touch.sub) for touch in touches if touch.action == "alter"}
    assert ("u", "c") in {(touch.name, touch.sub) for touch in touches if touch.action == "alter"}


def test_a_renamed_column_is_followed_through_a_renamed_table() -> None:
    touches = net(
        "ALTER TABLE t RENAME COLUMN a TO b",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE u ALTER b SET NOT NULL",
    )
    altered = {(touch.name, touch.sub) for touch in touches if touch.action == "alter"}
    assert ("t", "a") in altered


def test_the_same_column_under_both_names_of_a_table() -> None:
    mine = prepare(net("ALTER TABLE t RENAME TO u", "ALTER TABLE u ADD COLUMN c int"))
    theirs = prepare(net("ALTER TABLE t ADD COLUMN c int"))
    assert max(one.outcome == "duplicate" for one in compare(mine, theirs))


def test_temporary_tables_are_nobody_elses_business() -> None:
    assert net("CREATE TEMP TABLE mine (a int)", "INSERT INTO mine VALUES (1)") == []


def test_it_may_be_applied_twice() -> None:
    once = net(
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE u ADD COLUMN c int",
        "ALTER TABLE u ALTER c SET DEFAULT 1",
    )
    assert set(map(repr, net_effect(once))) == set(map(repr, once))
