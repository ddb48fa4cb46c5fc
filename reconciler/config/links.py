"""
Which case comes before which, where links may form circles and needs must not.

a needs b    b exists first, always
a links b    b exists first, unless they lead to each other: then whichever comes later makes the link

Within a circle the cases are put in one order, and a link orders only if it points back in it. In a circle of
nothing but links that is the order in which a walk leaves them, so that as few as possible point forward; where
there are needs among them, it is an order that the needs allow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import TypeAlias

Edges: TypeAlias = Mapping[str, Collection[str]]
"""Name of a case → names of others."""


def predecessors(needs: Edges, links: Edges) -> dict[str, frozenset[str]]:
    """Return for each case what comes before it; `needs` has no circle."""
    before = {case: {*needs.get(case, ()), *links.get(case, ())} for case in sorted({*needs, *links})}
    for circle in _circles(before) if links else ():
        rank = {case: at for at, case in enumerate(_ordered(circle, needs))}
        for case in circle:
            needed = frozenset(needs.get(case, ()))
            before[case] = {other for other in before[case] if other in needed or rank.get(other, -1) < rank[case]}
    return {case: frozenset(others) for case, others in before.items() if others}


def _ordered(circle: list[str], needs: Edges) -> Iterable[str]:
    """Return the cases of a circle in an order that the needs among them allow."""
    inside = frozenset(circle)
    needed = {case: sorted(inside.intersection(needs.get(case, ()))) for case in circle}
    return TopologicalSorter(needed).static_order() if any(needed.values()) else circle


def _circles(edges: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Yield the cases that all lead to each other, where there are several, as a walk leaves them (Kosaraju)."""
    left = list(_leaving(edges, edges))
    at = {case: number for number, case in enumerate(left)}
    back: dict[str, set[str]] = {case: set() for case in left}
    for case, others in edges.items():
        for other in others:
            back[other].add(case)
    seen: set[str] = set()
    for case in reversed(left):
        if case not in seen:
            group = list(_leaving([case], back, seen))
            if len(group) > 1:
                yield sorted(group, key=at.__getitem__)


def _leaving(roots: Iterable[str], edges: Mapping[str, set[str]], seen: set[str] | None = None) -> Iterator[str]:
    """Yield cases in the order in which a depth-first walk leaves them: first what others lead to."""
    seen = set() if seen is None else seen
    for root in roots:
        stack = [] if root in seen else [(root, iter(sorted(edges.get(root, ()))))]
        seen.add(root)
        while stack:
            case, others = stack[-1]
            following = next((other for other in others if other not in seen), None)
            if following is None:
                stack.pop()
                yield case
            else:
                seen.add(following)
                stack.append((following, iter(sorted(edges.get(following, ())))))
