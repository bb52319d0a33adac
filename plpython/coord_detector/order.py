"""Merge order: nodes in an order that respects edges, with the cycles that make it impossible.

Where nothing prescribes an order the smaller number, the earlier registration, goes first. The
members of a cycle stand together, in the order of their registration, and whoever depends on one
of them comes after all of them. Neither algorithm recurses: a chain of thousands is ordinary.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """One node in the order; ``cycle`` numbers the cycle it belongs to, if any."""

    node: int
    cycle: int | None


def merge_order(nodes: Sequence[int], edges: Iterable[tuple[int, int]]) -> list[Place]:
    followers: dict[int, set[int]] = {node: set() for node in nodes}
    for first, then in edges:
        if first in followers and then in followers and first != then:
            followers[first].add(then)
    groups = strong_components(followers)
    group_of = {node: number for number, group in enumerate(groups) for node in group}

    waits_for = [0] * len(groups)
    leads_to: list[set[int]] = [set() for _ in groups]
    for node, thens in followers.items():
        for then in thens:
            here, there = group_of[node], group_of[then]
            if here != there and there not in leads_to[here]:
                leads_to[here].add(there)
                waits_for[there] += 1

    ready = [(min(group), number) for number, group in enumerate(groups) if not waits_for[number]]
    heapq.heapify(ready)
    order: list[Place] = []
    cycles = 0
    while ready:
        _, number = heapq.heappop(ready)
        group = groups[number]
        cycles += len(group) > 1
        order += [Place(node, cycles if len(group) > 1 else None) for node in sorted(group)]
        for follower in leads_to[number]:
            waits_for[follower] -= 1
            if not waits_for[follower]:
                heapq.heappush(ready, (min(groups[follower]), follower))
    return order


def strong_components(followers: dict[int, set[int]]) -> list[list[int]]:
    """Tarjan's algorithm with a stack of its own: groups of nodes that all reach one another."""
    found: dict[int, int] = {}
    lowest: dict[int, int] = {}
    pending: list[int] = []
    is_pending: set[int] = set()
    groups: list[list[int]] = []
    for root in followers:
        if root in found:
            continue
        work = [(root, iter(sorted(followers[root])))]
        found[root] = lowest[root] = len(found)
        pending.append(root)
        is_pending.add(root)
        while work:
            node, rest = work[-1]
            for follower in rest:
                if follower not in found:
                    found[follower] = lowest[follower] = len(found)
                    pending.append(follower)
                    is_pending.add(follower)
                    work.append((follower, iter(sorted(followers[follower]))))
                    break
                if follower in is_pending:
                    lowest[node] = min(lowest[node], found[follower])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                if lowest[node] == found[node]:
                    group = []
                    while True:
                        member = pending.pop()
                        is_pending.discard(member)
                        group.append(member)
                        if member == node:
                            break
                    groups.append(group)
    return groups
