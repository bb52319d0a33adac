"""What stands between the detector and pglast: big stacks, ASCII forms, positions of errors."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from coord_detector import ascii_text, big_stack, safe_parser
from coord_detector.script_error import ScriptError
from tests import hostile_shapes

DEEP = "SELECT 1" + "+1" * 40_000
"""Almost twice what overflows an ordinary stack."""

# -- threads ----------------------------------------------------------------------------------


def test_deep_chains_are_parsed_and_released() -> None:
    for _ in range(3):
        (parsed,) = safe_parser.parse_sql(DEEP)
        assert (parsed.start, parsed.end) == (0, len(DEEP))
        del parsed


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("plus in select list", 70_000),
        ("type cast in select list", 190_000),
        ("union in query", 400_000),
        ("cross join in query", 400_000),
    ],
)
def test_no_chain_overflows_the_stack(name: str, length: int) -> None:
    (shape,) = (shape for shape in hostile_shapes.CHAINS if shape.name == name)
    assert len(safe_parser.parse_sql(shape.of_length(length))) == 1


@pytest.mark.parametrize("shape", hostile_shapes.CHAINS, ids=lambda shape: shape.name)
def test_every_chain_is_valid(shape: hostile_shapes.Shape) -> None:
    assert len(safe_parser.parse_sql(shape.of_length(6000))) == 1


@pytest.mark.parametrize(
    "shape", hostile_shapes.NESTED + hostile_shapes.WIDE, ids=lambda shape: shape.name
)
def test_nested_and_wide_shapes_are_parsed_or_refused(shape: hostile_shapes.Shape) -> None:
    try:
        outcome = f"{len(safe_parser.parse_sql(shape.of_length(60_000)))} statements"
    except safe_parser.Unparsable as error:
        outcome = error.message
    except ScriptError as error:
        outcome = error.sqlstate
    known = (" statements", "memory exhausted", "at end of input", "unterminated", "54000")
    assert any(word in outcome for word in known)


def test_short_texts_need_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise AssertionError("a thread was started")

    monkeypatch.setattr(safe_parser, "call_with_stack", fail)
    assert safe_parser.parse_sql("SELECT 1")
    with pytest.raises(AssertionError):
        safe_parser.parse_sql(DEEP)


def test_the_thread_blocks_all_signals_and_has_ended_afterwards() -> None:
    before = threading.active_count()
    mask_before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    size_before = threading.stack_size()

    masks = big_stack.call_with_stack(
        1 << 20, lambda: (signal.pthread_sigmask(signal.SIG_BLOCK, ()), threading.active_count())
    )

    blockable = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    assert masks[0] >= {number for number in blockable if number < signal.SIGRTMIN}
    assert masks[1] == before + 1
    assert threading.active_count() == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask_before
    assert threading.stack_size() == size_before


def test_what_the_thread_raises_is_raised() -> None:
    def fail() -> None:
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        big_stack.call_with_stack(1 << 20, fail)


@pytest.mark.parametrize("pause", [0, 0.01, 0.1])
def test_an_interruption_waits_for_the_thread(pause: float) -> None:
    size_before = threading.stack_size()
    finished: list[bool] = []

    def work() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(pause)
        finished.append(True)

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGINT, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            big_stack.call_with_stack(1 << 20, work)
    finally:
        signal.signal(signal.SIGINT, previous)
    assert finished == [True]
    assert threading.stack_size() == size_before


def test_a_stack_that_cannot_be_had_is_an_error() -> None:
    size_before = threading.stack_size()
    with pytest.raises(ScriptError) as caught:
        big_stack.call_with_stack(1 << 60, lambda: None)
    assert caught.value.sqlstate == "53200"
    assert threading.stack_size() == size_before


# -- characters outside ASCII -----------------------------------------------------------------

OUTSIDE = [
    "SELECT 'é', E'\\é\\\\é\\n''é', U&'é\\00e9\\\\', $$é'\\$$, $a$ é$$ é$a$",
    'SELECT 1"é", a"é", é"c", $$ é$$a FROM é"é", b é, ü',
    'SELECT 1 FROM "Éé""\\é"',
    "SELECT É.\"é\" AS Éa, 'a'\n'é\\' -- é ' \" $é\n/* é /* é */ */, U&\"é\\0061\", 1 <> 2 AS ê$1",
    "CREATE FUNCTION f(é int) RETURNS int LANGUAGE plpgsql AS $x$ -- é; $x $\n'é' $x$; SELECT 'ü'",
    "COMMENT ON TABLE t IS 'é\U0001f600\uffff\u0301';\n\n DROP TABLE \U0001f600, \u0301;",
    "SELECT e'a'\n -- é\n 'é', 'x'   \n   'é''\\' ;",
]


@pytest.mark.parametrize("text", OUTSIDE)
def test_the_ascii_form_has_the_same_tree(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = safe_parser.parse_sql(text)
    monkeypatch.setattr(safe_parser, "_SLOW_PRODUCT", 0)
    found = safe_parser.parse_sql(text)
    assert [one.node for one in found] == [one.node for one in expected]
    assert [text[one.start : one.end] for one in found] == [
        text[one.start : one.end] for one in expected
    ]
    rewritten = ascii_text.rewrite(text.encode(), safe_parser.scan(text.encode()) or [])
    assert rewritten is not None
    assert rewritten.text.isascii()


@pytest.mark.parametrize("text", ["SELECT 'é' FRM x y", "SELECT 'é' 'é'", "SELECT 'é'; SELEC é"])
def test_the_ascii_form_fails_in_the_same_words(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(safe_parser.Unparsable) as expected:
        safe_parser.parse_sql(text)
    monkeypatch.setattr(safe_parser, "_SLOW_PRODUCT", 0)
    with pytest.raises(safe_parser.Unparsable) as found:
        safe_parser.parse_sql(text)
    assert (found.value.message, found.value.index) == (
        expected.value.message,
        expected.value.index,
    )


@pytest.mark.parametrize(
    "text",
    [
        "SELECT U&'é!00e9' UESCAPE '!'",
        "SELECT $é$ ; $ü$ ; $é$",
        "SELECT B'é'",
        "SELECT N'é'",
    ],
)
def test_what_has_no_ascii_form_is_parsed_as_it_is(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = safe_parser.parse_sql(text)
    monkeypatch.setattr(safe_parser, "_SLOW_PRODUCT", 0)
    assert safe_parser.parse_sql(text) == expected
    monkeypatch.setattr(safe_parser, "_TOO_SLOW_PRODUCT", 10)
    with pytest.raises(ScriptError) as caught:
        safe_parser.parse_sql(text)
    assert caught.value.sqlstate == "54000"


def test_many_characters_outside_ascii_take_the_ascii_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "SELECT '" + "é" * 30_000 + "'" + ", 'é'" * 10_000
    used: list[str] = []
    rewrite = ascii_text.rewrite

    def spy(data: bytes, tokens: list[object]) -> ascii_text.Rewritten | None:
        result = rewrite(data, tokens)
        used.append(result.text if result else "")
        return result

    monkeypatch.setattr(safe_parser, "rewrite", spy)
    (parsed,) = safe_parser.parse_sql(text)
    assert len(used) == 1
    assert parsed.node.targetList[0].val.val.sval == "é" * 30_000
    assert (parsed.start, parsed.end) == (0, len(text))


def test_tags_that_differ_outside_ascii_only_stay_apart() -> None:
    text = "SELECT $é$ ; $ü$ ; $é$; SELECT 2"
    assert safe_parser.split(text.encode()) == [(0, len(text.encode()))]
    assert [one.end - one.start for one in safe_parser.parse_sql(text)] == [22, 8]
    # Dollar signs that begin no tag do not count.
    for text in ("SELECT é$1; SELECT $1", "SELECT '$ é $'; SELECT 2", "SELECT $1é; SELECT 2"):
        assert len(safe_parser.split(text.encode())) == 2


# -- positions --------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["", "é", "\u8868", "\U0001f600", "é" * 50 + "a" * 7])
@pytest.mark.parametrize("after", ["", " é", "ééé"])
def test_errors_point_at_the_character(before: str, after: str) -> None:
    text = f"SELECT '{before}' FROM FROM '{after}'"
    with pytest.raises(safe_parser.Unparsable) as caught:
        safe_parser.parse_sql(text)
    assert caught.value.index == text.rindex(" FROM") + 1
    text = f"SELECT '{before}' FROM ({after}"
    with pytest.raises(safe_parser.Unparsable) as caught:
        safe_parser.parse_sql(text)
    assert caught.value.index is None or caught.value.index >= len(text) - len(after)
