"""Rows of one body are written together, and nobody can tell: neither the tables, nor the body's own questions."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import LedgerError
from notifier.ledger.rows import apply_batches, batches
from notifier.ledger.rows_to_write import together
from notifier.ledger.schema import build
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.testing.check_ledger import SITE
from tests.ledger.bodies import opened


def seen(ref: str, at: float) -> Row:
    return Row("seen", {"site": SITE, "ref": ref, "at": at}, new=True)


def timer(name: str, state: str, due: float) -> Row:
    values = {"incident": None, "kind": "notice", "due": due, "state": state, "data": {"by": name}}
    return Row("timer", {"site": SITE, "id": name, **values}, new=True)


refs, states, times = st.sampled_from("abc"), st.sampled_from(["waiting", "fired"]), st.floats(0, 100, width=32)
rows = st.one_of(
    st.builds(seen, refs, times),
    st.builds(timer, refs, states, times),
    st.builds(lambda ref, at: Row("seen", {"site": SITE, "ref": ref, "at": at}), refs, times),
    st.builds(lambda name, state: Row("timer", {"site": SITE, "id": name, "state": state}), refs, states),
    st.builds(lambda name, due: Row("timer", {"site": SITE, "id": name, "due": due}), refs, times),
)


def written(facts: Sequence[Sequence[Row]], *, at_once: bool) -> list[list[tuple[object, ...]]]:
    """What a store with every row in it holds after these facts."""
    found = [batches(each) for each in facts]
    with closing(sqlite3.connect(":memory:")) as db:
        build(db)
        apply_batches(db, batches([row for name in "abc" for row in (seen(name, -1.0), timer(name, "none", -1.0))]))
        for each in [together(found)] if at_once else found:
            apply_batches(db, each)
        return [db.execute(f"select * from {table} order by 1, 2").fetchall() for table in ("seen", "timer")]


@given(st.lists(st.lists(rows, max_size=4), max_size=8))
def test_together_they_leave_what_they_leave_one_after_the_other(facts: list[list[Row]]) -> None:
    assert written(facts, at_once=True) == written(facts, at_once=False)


def test_sixty_decisions_of_one_kind_are_a_handful_of_statements() -> None:
    decided = [
        batches(
            [Row("timer", {"site": SITE, "id": f"t{n}", "state": "fired"}), timer(f"u{n}", "waiting", n), seen("x", n)]
        )
        for n in range(60)
    ]
    found = together(decided)
    assert [(table, len(cells)) for _new, table, _columns, cells in found] == [
        ("timer", 60),
        ("timer", 60),
        ("seen", 1),
    ]
    assert found[2][3] == [[SITE, "x", 59]]


async def test_a_question_hears_what_its_body_has_told_before_it(tmp_path: Path) -> None:
    def body() -> Body[list[float]]:
        heard = []
        for at in (1.0, 2.0):
            yield Fact(EventKind.NOTE, SITE, None, {}, [seen("r", at)])
            heard.append((yield Ask("check_seen", {"site": SITE, "ref": "r"}))[0]["at"])
        return heard

    async with opened(tmp_path) as ledger:
        assert await ledger.run(body) == [1.0, 2.0]


async def test_a_change_of_a_row_that_is_not_there_takes_back_its_body_and_nobody_else_s(tmp_path: Path) -> None:
    def telling(*told: Row) -> Body[None]:
        for row in told:
            yield Fact(EventKind.NOTE, SITE, None, {}, [row])

    async with opened(tmp_path) as ledger:
        nobody = Row("seen", {"site": SITE, "ref": "nobody", "at": 2.0})
        with pytest.raises(LedgerError, match="not in 'seen'"):
            await ledger.run(lambda: telling(seen("a", 1.0), nobody))
        await ledger.run(lambda: telling(seen("b", 1.0)))
        assert not ledger.read("check_seen", site=SITE, ref="a")
        assert ledger.read("check_seen", site=SITE, ref="b")
        assert await ledger.verify() == []
