"""The order to merge in, without a server."""

from __future__ import annotations

import itertools
import random

from coord_detector.order import Place, merge_order


def order(nodes: list[int], edges: list[tuple[int, int]]) -> list[int]:
    return [place.node for place in merge_order(nodes, edges)]


def test_nothing() -> None:
    assert merge_order([], []) == []


def test_registration_order_where_nothing_says_otherwise() -> None:
    assert order([3, 1, 2], []) == [1, 2, 3]


def test_edges_win_over_registration() -> None:
    assert order([1, 2, 3], [(3, 1)]) == [2, 3, 1]


def test_edges_to_strangers_and_to_oneself_do_not_count() -> None:
    assert merge_order([1, 2], [(9, 1), (2, 9), (1, 1)]) == [Place(1, None), Place(2, None)]


def test_members_of_a_cycle_stand_together() -> None:
    places = merge_order([1, 2, 3, 4, 5], [(4, 1), (1, 4), (4, 2), (5, 4)])
    assert places == [
        Place(3, None),
        Place(5, None),
        Place(1, 1),
        Place(4, 1),
        Place(2, None),
    ]


def test_two_cycles_have_two_numbers() -> None:
    places = merge_order([1, 2, 3, 4], [(1, 2), (2, 1), (3, 4), (4, 3)])
    assert [place.cycle for place in places] == [1, 1, 2, 2]


def test_long_chain_does_not_recurse() -> None:
    length = 20_000
    edges = [(number + 1, number) for number in range(length - 1)]
    assert order(list(range(length)), edges) == list(reversed(range(length)))


def test_every_edge_between_two_groups_is_respected() -> None:
    random_ = random.Random(1)
    for _ in range(200):
        nodes = list(range(random_.randint(1, 12)))
        edges = [
            (random_.choice(nodes), random_.choice(nodes)) for _ in range(random_.randint(0, 15))
        ]
        places = merge_order(nodes, edges)
        assert sorted(place.node for place in places) == nodes
        where = {place.node: number for number, place in enumerate(places)}
        cycle = {place.node: place.cycle for place in places}
        for first, then in edges:
            together = cycle[first] is not None and cycle[first] == cycle[then]
            assert first == then or together or where[first] < where[then]
        # a node is in a cycle exactly when it can reach itself
        reach = {node: {then for first, then in edges if first == node} for node in nodes}
        for _, (one, two) in itertools.product(nodes, itertools.product(nodes, nodes)):
            if two in reach[one]:
                reach[one] |= reach[two]
        for node in nodes:
            others = {other for other in nodes if other != node and node in reach[other]}
            assert (cycle[node] is not None) == bool(others & reach[node])
