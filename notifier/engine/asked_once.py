"""A body that decides many things of one kind asks each question once, as long as nothing it writes changes the answer.

Escalations that are due in the same instant look at the same doors, rooms and answers. Within one transaction nobody
else can change these; only the body itself can, and then its question is asked anew. A single row that was asked for by
its key is kept as the body has left it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from notifier.model.facts import Body, Fact, Row, Rows

T = TypeVar("T")
Question = tuple[str, frozenset[tuple[str, Any]]]
"""A query and its arguments."""


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
READ = frozenset(("door", "answer", "room", "command", "incident", "delivery"))
"""Every table that these read."""
BY_KEY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "lock_timer": ("timer", ("site", "id")),
    "step_by_key": ("step", ("site", "incident", "run", "phase", "id")),
}
"""Query to the table of which it answers one whole row, and to that table's key, whose names are its arguments."""
OF_TABLE: Mapping[str, str] = {table: query for query, (table, _) in BY_KEY.items()}
ALL_AT_ONCE: Mapping[str, str] = {"lock_due_timers": "lock_timer"}
"""Query to the one that asks for each of its rows by key."""
PLAIN = frozenset((str, int, float, type(None)))
"""Types that stand in a row as they were written; what else was written is asked for again."""


def asked_once(body: Body[T]) -> Body[T]:
    """`body`, whose repeated questions of `SPOILED_BY` are answered from what was answered before."""
    known: dict[Question, Rows] = {}
    answer: Rows | None = None
    try:
        while True:
            asked = next(body) if answer is None else body.send(answer)
            if isinstance(asked, Fact):
                answer = yield asked
                _forget(known, asked.rows)
            elif asked.query in ALL_AT_ONCE:
                answer = yield asked
                for row in answer:
                    known[_of_row(ALL_AT_ONCE[asked.query], row)] = [row]
            elif asked.query in SPOILED_BY or asked.query in BY_KEY:
                key = asked.query, frozenset(asked.args.items())
                if key not in known:
                    known[key] = yield asked
                answer = known[key]
            else:
                answer = yield asked
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]  # a generator's value has no type at run time


def _of_row(query: str, row: Mapping[str, Any]) -> Question:
    return query, frozenset((name, row[name]) for name in BY_KEY[query][1])


def _forget(known: dict[Question, Rows], rows: Iterable[Row]) -> None:
    """What `rows` make old is asked for again; a row asked for by its key is as they make it."""
    for row in rows:
        if (query := OF_TABLE.get(row.table)) is None or (key := _of_row(query, row.values)) not in known:
            continue
        if known[key] and not row.new and PLAIN.issuperset(map(type, row.values.values())):
            known[key] = [{**known[key][0], **row.values}]
        else:
            del known[key]
    read = [row for row in rows if row.table in READ]
    for key in [key for key in known if key[0] in SPOILED_BY and any(map(SPOILED_BY[key[0]], read))] if read else ():
        del known[key]
