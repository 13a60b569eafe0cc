"""A body that decides many things of one kind asks each question once, as long as nothing it writes changes the answer.

Escalations that are due in the same instant look at the same doors, rooms and answers. Within one transaction nobody
else can change these; only the body itself can, and then its question is asked anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from notifier.model.facts import Body, Fact, Row, Rows

T = TypeVar("T")


def _of(*tables: str) -> Callable[[Row], bool]:
    return lambda row: row.table in tables


SPOILED_BY: Mapping[str, Callable[[Row], bool]] = {
    "doors_of_site": _of("door"),
    "answers_of_incident": _of("answer"),
    "rooms_of_incident": _of("room"),
    "doors_held_elsewhere": _of("door", "command", "incident"),
    "lock_incident": _of("incident"),
    "people_of_step": lambda row: row.table == "delivery" and row.values.get("level", 0) == 0,
}
"""Query to the rows that may change what it answers: those of the tables that it reads."""


def asked_once(body: Body[T]) -> Body[T]:
    """`body`, whose repeated questions of `SPOILED_BY` are answered from what was answered before."""
    known: dict[tuple[str, frozenset[tuple[str, Any]]], Rows] = {}
    answer: Rows | None = None
    try:
        while True:
            asked = next(body) if answer is None else body.send(answer)
            if isinstance(asked, Fact):
                answer = yield asked
                _forget(known, asked.rows)
            elif asked.query in SPOILED_BY:
                key = asked.query, frozenset(asked.args.items())
                if key not in known:
                    known[key] = yield asked
                answer = known[key]
            else:
                answer = yield asked
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]  # a generator's value has no type at run time


def _forget(known: dict[tuple[str, frozenset[tuple[str, Any]]], Rows], rows: Iterable[Row]) -> None:
    spoiled = {query for query in {query for query, _ in known} for row in rows if SPOILED_BY[query](row)}
    for key in [key for key in known if key[0] in spoiled]:
        del known[key]
