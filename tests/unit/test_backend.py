"""What the entry points do around a call, as far as it needs no server."""

from __future__ import annotations

import gc

import pytest

from coord_detector import analysis, backend


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether garbage collection was on, at each parse."""
    found: list[bool] = []
    parse = analysis.parse

    def watched(*arguments: object) -> object:
        found.append(gc.isenabled())
        return parse(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(analysis, "parse", watched)
    return found


@pytest.mark.parametrize("changes", ["create table t ()", "create tabel t"])
def test_collection_pauses_for_a_call_and_no_longer(changes: str, seen: list[bool]) -> None:
    problem = backend.footprint(changes, None, "public", ["public"])[0]
    assert (problem is None) == (changes == "create table t ()")
    assert seen == [False]
    assert gc.isenabled()


def test_collection_stays_off_where_it_was_off(seen: list[bool]) -> None:
    gc.disable()
    try:
        backend.footprint("create table t ()", None, "public", ["public"])
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert seen == [False]


def test_collection_is_on_again_after_what_passes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def cancelled(*arguments: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(analysis, "parse", cancelled)
    with pytest.raises(KeyboardInterrupt):
        backend.footprint("create table t ()", None, "public", ["public"])
    assert gc.isenabled()
