"""Real DDL, damaged at random: what editors, encodings, programs and attackers make of it.

Everything follows from the random generator that is handed in, so a seed repeats a run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from coord_detector import loader
from coord_detector.script import parse_changes
from tests import hostile_shapes

HERE = Path(__file__).parent

SAMPLES = [
    statement.text for statement in parse_changes((HERE / "ddl_samples.sql").read_text())
] + [
    block
    for path in sorted((HERE / "db" / "footprint" / "corpus").glob("*.sql"))
    for block in path.read_text().split("\n\n")
    if block.strip()
]
"""Statements of every kind; short scripts, comments and what the server refuses among them."""

ODD = (
    *"'\"$();:\\.,\0\x01\x1b\r\n\t é\u0301\u8868\U0001f600\ufeff\u202e\ufffd",
    "$$", "$1", "$é$", "/*", "*/", "--", "E'", "U&'", "U&\"", "N'", "B'", "X'", "{", "}", "{{",
    "NULL", "DEFAULT", "*", "a.b.c.d", "1e999", "-0", "99999999999999999999", "''", '""',
    "BEGIN ATOMIC", "END", "AS", "SELECT", "FROM", "SET search_path =", "pg_temp.", "pg_catalog.",
    '"' + "x" * 70 + '"', "\\i x", ":x", "COPY t FROM stdin;\n", "%ROWTYPE", "%TYPE", "[]", "[1:]",
    "CASCADE", "IF EXISTS", "OR REPLACE", "ONLY", "CONCURRENTLY", "TABLE", "COLUMN",
)  # fmt: skip

MOST_CHARACTERS = 20_000


def tokens_of(text: str) -> list[str]:
    """The words of a text, or what stands between its spaces where it cannot be scanned."""
    try:
        return [
            text.encode()[token.start : token.end + 1].decode(errors="ignore")
            for token in loader.pglast().parser.scan(text)
        ]
    except (loader.pglast().parser.ParseError, UnicodeError):
        return text.split(" ")


class Mutator:
    """A source of damaged DDL."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._tokens = [tokens_of(text) for text in SAMPLES]

    def text(self) -> str:
        """One to four statements, each with some damage, or none."""
        dice = self.random
        text = dice.choice((";", ";\n", " ; -- x\n")).join(
            dice.choice(SAMPLES) for _ in range(dice.choice((1, 1, 1, 1, 2, 4)))
        )
        for _ in range(dice.choice((0, 1, 1, 1, 1, 2, 3, 8))):
            text = dice.choice(_MUTATIONS)(self, text)[:MOST_CHARACTERS]
        return text

    def element(self) -> str | None:
        return None if self.random.random() < 0.02 else self.text()

    def pick(self, items: Sequence[str]) -> str:
        return self.random.choice(items)

    def place(self, text: str | Sequence[str]) -> int:
        return self.random.randint(0, len(text))

    def donor(self) -> list[str]:
        return self.random.choice(self._tokens)


def _flip_bytes(mutator: Mutator, text: str) -> str:
    data = bytearray(text.encode())
    for _ in range(mutator.random.randint(1, 4)):
        if data:
            data[mutator.random.randrange(len(data))] ^= 1 << mutator.random.randrange(8)
    return data.decode(errors=mutator.pick(("ignore", "replace")))


def _cut(mutator: Mutator, text: str) -> str:
    start, end = sorted((mutator.place(text), mutator.place(text)))
    return mutator.pick((text[:end], text[start:], text[start:end], text[:start] + text[end:]))


def _insert(mutator: Mutator, text: str) -> str:
    at = mutator.place(text)
    return text[:at] + mutator.pick(ODD) + text[at:]


def _on_tokens(change: Callable[[Mutator, list[str], int, int], None]) -> Callable[..., str]:
    def mutation(mutator: Mutator, text: str) -> str:
        tokens = tokens_of(text)
        start = mutator.place(tokens)
        change(mutator, tokens, start, start + mutator.random.randint(1, 6))
        return " ".join(tokens)

    return mutation


def _drop(mutator: Mutator, tokens: list[str], start: int, end: int) -> None:
    del tokens[start:end]


def _double(mutator: Mutator, tokens: list[str], start: int, end: int) -> None:
    tokens[start:start] = tokens[start:end] * mutator.random.choice((1, 1, 2, 40))


def _swap(mutator: Mutator, tokens: list[str], start: int, end: int) -> None:
    other = mutator.place(tokens)
    tokens[start:end], tokens[other:other] = tokens[other : other + 2], tokens[start:end]


def _graft(mutator: Mutator, tokens: list[str], start: int, end: int) -> None:
    donor = mutator.donor()
    at = mutator.place(donor)
    piece = donor[at : at + mutator.random.randint(1, 12)]
    tokens[start : mutator.random.choice((start, end))] = piece


def _odd_word(mutator: Mutator, tokens: list[str], start: int, end: int) -> None:
    tokens[start : start + 1] = [mutator.pick(ODD)]


def _change_case(mutator: Mutator, text: str) -> str:
    return mutator.pick((text.upper(), text.lower(), text.swapcase(), text.title()))


def _nest(mutator: Mutator, text: str) -> str:
    """The text in a body, a block, a string, a schema, a CTE, parentheses; deep, now and then."""
    for _ in range(mutator.random.choice((1, 1, 2, 30))):
        tag = f"$n{len(text)}$"
        head, tail = mutator.random.choice((
            (f"DO {tag} BEGIN ", f"; END {tag}"),
            (f"DO {tag} BEGIN EXECUTE $q{tag[1:]}", f"$q{tag[1:]}; END {tag}"),
            (f"CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS {tag} DECLARE x int; "
             "BEGIN ", f"; END {tag}"),
            (f"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS {tag}", tag),
            ("CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC ", "; END"),
            ("CREATE SCHEMA s ", ""),
            ("WITH w AS (", ") SELECT * FROM w"),
            ("CREATE RULE r AS ON INSERT TO t DO (", ")"),
            ("CREATE VIEW v AS SELECT (", ")"),
            ("EXPLAIN ", ""),
            ("PREPARE p AS ", ""),
            ("/* ", " */"),
            ("{\"", "\"}"),
            ("BEGIN; ", "; ROLLBACK"),
        ))  # fmt: skip
        text = f"{head}{text}{tail}"
        if len(text) > MOST_CHARACTERS:
            break
    return text


def _hostile(mutator: Mutator, text: str) -> str:
    shape = mutator.random.choice(hostile_shapes.ALL)
    grown = shape.of_length(mutator.random.choice((60, 300, 3000)))
    at = mutator.place(text)
    return mutator.pick(
        (grown, f"{text};{grown}", f"{grown};{text}", text[:at] + grown + text[at:])
    )


_MUTATIONS: tuple[Callable[[Mutator, str], str], ...] = (
    _flip_bytes, _cut, _insert, _on_tokens(_drop), _on_tokens(_double), _on_tokens(_swap),
    _on_tokens(_swap), _on_tokens(_graft), _on_tokens(_graft), _on_tokens(_graft),
    _on_tokens(_odd_word), _change_case, _nest, _hostile,
)  # fmt: skip
