"""Whatever facts are told, the tables are what the events say; whatever row is touched, verify says so."""

import asyncio
import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.errors import LedgerError, Refused
from notifier.interfaces import Ledger
from notifier.ledger.rows import SIZES
from notifier.ledger.verify import verify
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from notifier.testing.check_ledger import SITE
from tests.ledger.bodies import Machine, MachineClock, opened, opened_with_failover, until

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
times = st.floats(allow_nan=False, allow_infinity=False, width=64)
plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | times | texts
details = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
names = st.sampled_from("abcdef")


def account(name: str, at: float, detail: Any) -> Row:
    return Row("account", {"site": SITE, "id": name, "kind": "user", "name": f"{name}!", "roles": [], "sites": [SITE],
                           "state": "active", "at": at, "detail": [detail]}, new=True)  # fmt: skip


rows = st.one_of(
    st.builds(account, names, times, details),
    st.builds(lambda name, at: Row("account", {"site": SITE, "id": name, "at": at}), names, times),
    st.builds(lambda name, state: Row("account", {"site": SITE, "id": name, "state": state}), names, texts),
    st.builds(lambda ref, at: Row("seen", {"site": SITE, "ref": ref, "at": at}, new=True), texts, times),
    st.builds(lambda name: Row("account", {"site": SITE, "id": name, "person": None, "os_user": 7}), names),
)
facts = st.builds(
    lambda data, some: Fact(EventKind.NOTE, SITE, None, {"x": data}, some), details, st.lists(rows, max_size=5)
)
bodies = st.lists(st.tuples(st.lists(facts, max_size=3), st.booleans()), max_size=12)


def tell(told: Sequence[Fact], *, refuse: bool) -> Callable[[], Body[None]]:
    def body() -> Body[None]:
        for fact in told:  # noqa: UP028 -- a list cannot be sent what a body is sent
            yield fact
        if refuse:
            raise Refused("taken back")

    return body


async def tell_one(ledger: Ledger, told: Sequence[Fact], *, refuse: bool) -> None:
    # A change of an account that nobody made is refused, whole.
    with contextlib.suppress(Refused, LedgerError):
        await ledger.run(tell(told, refuse=refuse))


async def tell_all(folder: Path, groups: list[tuple[list[Fact], bool]]) -> None:
    async with opened(folder) as ledger:
        await asyncio.gather(*(tell_one(ledger, told, refuse=refuse) for told, refuse in groups))


@settings(max_examples=60)
@given(bodies)
def test_rebuilding_from_the_events_gives_the_tables(groups: list[tuple[list[Fact], bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell_all(Path(folder), groups))
        assert verify(Path(folder) / "store.db") == []


@settings(max_examples=25)
@given(bodies.filter(bool), st.data())
def test_any_touched_cell_is_found(groups: list[tuple[list[Fact], bool]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        first = Fact(EventKind.NOTE, SITE, None, {}, [account("a", 1.0, None)])
        asyncio.run(tell_all(Path(folder), [([first], False), *groups]))
        column = data.draw(st.sampled_from(["name", "roles", "state", "detail", "at"]))
        change = f"{column} + 1.5" if column == "at" else f"{column} || '.'"
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            before = db.execute(f"select {column} from account where id = 'a'").fetchone()
            db.execute(f"update account set {column} = {change} where id = 'a'")
            touched = db.execute(f"select {column} from account where id = 'a'").fetchone() != before
        found = [finding.text for finding in verify(path)]
        # Adding 1.5 to a very large double changes nothing, and then there is nothing to find.
        assert found == ([f"The row suite/a of 'account' was changed without an event: {column}."] if touched else [])


@settings(max_examples=15)
@given(bodies, bodies, bodies)
def test_a_spell_in_memory_changes_nothing_of_that(before: Any, away: Any, after: Any) -> None:
    async def through_memory(folder: Path) -> list[Any]:
        machine = Machine()
        asked = "select * from account order by id"
        async with opened_with_failover(folder, probe_every=3600.0, clock=MachineClock(machine)) as ledger:
            for groups in (before, away, after):
                for told, refuse in groups:
                    await tell_one(ledger, told, refuse=refuse)
                if groups is before:
                    ledger._leave_disk("The test says so.")
                if groups is away:
                    ledger._probe_now.set()
                    await until(lambda: ledger.recorded)
            return await ledger._disk.do(lambda writer: writer.db.execute(asked).fetchall())

    async def without(folder: Path) -> list[Any]:
        async with opened(folder) as ledger:
            for told, refuse in (*before, *away, *after):
                await tell_one(ledger, told, refuse=refuse)
            asked = "select * from account order by id"
            return await ledger.do(lambda writer: writer.db.execute(asked).fetchall())

    with tempfile.TemporaryDirectory() as folder:
        expected = asyncio.run(without(Path(folder) / "plain"))
        assert asyncio.run(through_memory(Path(folder) / "memory")) == expected
        assert verify(Path(folder) / "memory/store.db") == []


@pytest.mark.parametrize("count", [1, 3, 4, 63, 64, 65, 84, 200])
async def test_rows_are_written_in_their_order_however_many_there_are(count: int, tmp_path: Path) -> None:
    """Around every size in which they are put into one statement."""
    assert set(SIZES) <= {64, 16, 4, 1}
    made = [account(f"a{number}", float(number), None) for number in range(count)]
    moved = [Row("account", {"site": SITE, "id": f"a{number % 50}", "at": number + 0.5}) for number in range(count)]
    async with opened(tmp_path) as ledger:
        await ledger.run(tell([Fact(EventKind.NOTE, SITE, None, {}, made)], refuse=False))
        await ledger.run(tell([Fact(EventKind.NOTE, SITE, None, {}, moved)], refuse=False))
        stands = dict(await ledger.do(lambda writer: writer.db.execute("select id, at from account").fetchall()))
        assert await ledger.verify() == []
    expected = {f"a{number}": float(number) for number in range(count)}
    expected.update((f"a{number % 50}", number + 0.5) for number in range(count))
    assert stands == expected
