"""The suite that every store keeps: what `Ledger` promises to the engine.

    async def test_keeps(promise, tmp_path):
        async def make(name: str) -> Ledger:
            return await SqliteLedger.open(tmp_path / name / "store.db", "desk", SystemClock(),
                                           queries=load_queries(LEDGER_QUERIES))
        await promise(make)

`make(name)` opens the store of that name: a new one, or the one that was closed under it. It is opened with the
queries of `LEDGER_QUERIES` and a clock that goes on. `check_ledger(make)` runs every promise. A broken one raises
`BrokenPromise` with one sentence that says what would go wrong at a school.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from notifier.errors import LedgerError, Refused
from notifier.interfaces import Ledger
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Event, Fact, Row
from notifier.testing.scrutiny import BrokenPromise

LEDGER_QUERIES = Path(__file__).parent / "ledger_queries"
"""The folder of named queries that the suite asks."""

SITE = "suite"

T = TypeVar("T")
Make = Callable[[str], Awaitable[Ledger]]
Promise = Callable[[Make], Awaitable[None]]


@runtime_checkable
class CanVerify(Protocol):
    """A store that can say whether it still says what was said."""

    async def verify(self) -> Sequence[Any]: ...


async def check_ledger(make: Make) -> None:
    """Every promise, each in stores of its own."""
    for promise in LEDGER_PROMISES:

        async def named(name: str, promise: Promise = promise) -> Ledger:
            return await make(f"{promise.__name__}-{name}")

        await promise(named)


# -------------------------------------------------------------------------------------------- what the bodies do


def note(ref: str, at: float = 0.0) -> Callable[[], Body[str]]:
    """One fact, one new row; returns its ref."""

    def body() -> Body[str]:
        yield _seen(ref, at, new=True)
        return ref

    return body


def add(ref: str, amount: float, at_yield: Callable[[int], None] = lambda _: None) -> Callable[[], Body[float]]:
    """Read a row, change it by what was read; `at_yield` is told each time the body hands over."""

    def body() -> Body[float]:
        at_yield(0)
        rows = yield Ask("check_seen", {"site": SITE, "ref": ref})
        value = rows[0]["at"] + amount
        at_yield(1)
        yield _seen(ref, value)
        at_yield(2)
        rows = yield Ask("check_seen", {"site": SITE, "ref": ref})
        return float(rows[0]["at"])

    return body


def fail_after(ref: str, yields: int) -> Callable[[], Body[None]]:
    """Refuse after nothing, a fact, or two facts and a question."""

    def body() -> Body[None]:
        if yields > 0:
            yield _seen(ref, 1.0, new=True)
        if yields > 1:
            yield Ask("check_events", {"site": SITE})
            yield _seen(f"{ref}-more", 1.0, new=True)
        raise Refused(f"{ref} is refused.")

    return body


def _seen(ref: str, at: float, *, new: bool = False) -> Fact:
    return Fact(EventKind.NOTE, SITE, None, {"ref": ref}, [Row("seen", {"site": SITE, "ref": ref, "at": at}, new)])


# ----------------------------------------------------------------------------------------------------- promises


async def what_was_answered_is_there_after_reopening(make: Make) -> None:
    async with _opened(make) as ledger:
        answered = await asyncio.gather(*(ledger.run(note(f"r{number}")) for number in range(50)))
    async with _opened(make) as ledger:
        kept = {row["ref"] for row in ledger.read("check_all_seen", site=SITE)}
    _must(set(answered) <= kept, f"{len(set(answered) - kept)} of 50 answered transactions are gone after a restart.")


async def a_read_sees_what_was_answered(make: Make) -> None:
    async with _opened(make) as ledger:
        for number in range(20):
            await ledger.run(note(f"r{number}"))
            _must(
                len(ledger.read("check_all_seen", site=SITE)) == number + 1, "A read misses what was answered before."
            )


async def a_failing_body_leaves_nothing_and_hurts_no_neighbour(make: Make) -> None:
    async with _opened(make) as ledger:
        runs: list[Awaitable[Any]] = []
        for number in range(60):
            runs.append(ledger.run(note(f"good{number}")))
            runs.append(ledger.run(fail_after(f"bad{number}", number % 3)))
        ended = await asyncio.gather(*runs, return_exceptions=True)
        kept = [row["ref"] for row in ledger.read("check_all_seen", site=SITE)]
        told = ledger.read("check_events", site=SITE)
        _must(ended[::2] == [f"good{number}" for number in range(60)], "A body failed because its neighbour did.")
        _must(all(isinstance(end, Refused) for end in ended[1::2]), "A caller does not hear what its own body raised.")
        _must(
            sorted(kept) == sorted(f"good{number}" for number in range(60)), "A failed body left rows, or took others'."
        )
        _must(len(told) == 60, f"60 facts stand and {len(told)} events tell of them.")


async def bodies_end_as_if_one_after_the_other(make: Make) -> None:
    """A second body is started at each yield of the first, and many at once beside."""
    async with _opened(make) as ledger:
        loop = asyncio.get_running_loop()
        for begin_at in range(3):
            ref = f"pair{begin_at}"
            await ledger.run(note(ref))
            second: asyncio.Future[asyncio.Task[float]] = loop.create_future()

            def start(place: int, ref: str = ref, at: int = begin_at, second: Any = second) -> None:
                if place == at:
                    loop.call_soon_threadsafe(_start_once, second, ledger, ref)

            first = await ledger.run(add(ref, 1.0, start))
            last = await (await second)
            _must(
                {first, last} in ({1.0, 11.0}, {10.0, 11.0}), f"Two bodies saw {first} and {last}: neither came last."
            )
        await ledger.run(note("crowd"))
        ends = await asyncio.gather(*(ledger.run(add("crowd", 1.0)) for _ in range(40)))
        _must(sorted(ends) == [float(n) for n in range(1, 41)], "Bodies read what others were about to change.")


def _start_once(second: asyncio.Future[asyncio.Task[float]], ledger: Ledger, ref: str) -> None:
    # A body may be run again, and then it passes this place again.
    if not second.done():
        second.set_result(asyncio.ensure_future(ledger.run(add(ref, 10.0))))


async def an_urgent_body_overtakes(make: Make) -> None:
    async with _opened(make) as ledger:
        ended: list[str] = []

        async def end(ref: str, *, urgent: bool = False) -> None:
            ended.append(await ledger.run(note(ref), urgent=urgent))

        routine = [asyncio.ensure_future(end(f"routine{number}")) for number in range(2000)]
        await asyncio.sleep(0)
        await end("press", urgent=True)
        behind = 2000 - ended.index("press")
        await asyncio.gather(*routine)
    _must(behind > 1000, f"A press waited behind {2000 - behind} of 2000 routine transactions.")


async def followers_hear_each_event_once_in_order_and_can_read_it(make: Make) -> None:
    async with _opened(make) as ledger:
        heard: list[Event] = []
        readable: list[bool] = []

        def listen(events: Sequence[Event]) -> None:
            heard.extend(events)
            kept = {row["ref"] for row in ledger.read("check_all_seen", site=SITE)}
            readable.append({event.data["ref"] for event in events} <= kept)

        def stumble(_: Sequence[Event]) -> None:
            raise RuntimeError("a listener's own fault")

        stop_stumbling = ledger.follow(stumble)
        stop = ledger.follow(listen)
        runs: list[Awaitable[Any]] = [ledger.run(note(f"r{number}")) for number in range(30)]
        runs += [ledger.run(fail_after(f"bad{number}", 2)) for number in range(5)]
        await asyncio.gather(*runs, return_exceptions=True)
        await ledger.run(note("last"))
        stop()
        stop_stumbling()
        await ledger.run(note("unheard"))
        numbers = [event.n for event in heard]
        _must(numbers == list(range(1, 32)), f"Followers heard the events {numbers}.")
        _must(all(readable), "A follower hears of something that cannot be read yet.")
        _must(heard[0].rows[0].values["ref"] == heard[0].data["ref"], "A follower does not get the rows of the fact.")


async def events_have_no_gaps(make: Make) -> None:
    for opening in range(2):
        async with _opened(make) as ledger:
            runs: list[Awaitable[Any]] = [ledger.run(note(f"{opening}-{number}")) for number in range(40)]
            runs += [ledger.run(fail_after(f"bad{opening}-{number}", number % 3)) for number in range(20)]
            await asyncio.gather(*runs, return_exceptions=True)
            numbers = [row["n"] for row in ledger.read("check_events", site=SITE)]
            _must(numbers == list(range(1, 40 * (opening + 1) + 1)), f"The chain has the numbers {numbers}.")


async def ledger_time_never_goes_back(make: Make) -> None:
    times: list[float] = []
    for opening in range(3):
        async with _opened(make) as ledger:
            _must(not times or ledger.clock.now() >= times[-1], "After a restart it is earlier than before.")
            for number in range(10):
                await ledger.run(note(f"{opening}-{number}"))
            times = [row["at"] for row in ledger.read("check_events", site=SITE)]
            _must(times == sorted(times), "An event is older than the one before it.")


async def a_change_of_a_row_that_is_not_there_is_refused(make: Make) -> None:
    def change() -> Body[None]:
        yield _seen("made in vain", 1.0, new=True)
        yield _seen("nowhere", 1.0)

    async with _opened(make) as ledger:
        _must(await _refuses(ledger.run(change)), "A change of a row that does not exist was taken as done.")
        _must(not ledger.read("check_all_seen", site=SITE), "A refused transaction left a row.")


async def the_last_change_of_a_row_wins(make: Make) -> None:
    def twice() -> Body[None]:
        changes = [Row("seen", {"site": SITE, "ref": f"r{n % 10}", "at": float(n)}, new=n < 10) for n in range(200)]
        yield Fact(EventKind.NOTE, SITE, None, {}, changes)

    async with _opened(make) as ledger:
        await ledger.run(twice)
        kept = [row["at"] for row in ledger.read("check_all_seen", site=SITE)]
    _must(kept == [float(190 + n) for n in range(10)], f"Of 20 changes of each row, these were left: {kept}.")


async def lists_come_back_as_json(make: Make) -> None:
    def enrol() -> Body[None]:
        row = {"site": SITE, "id": "a", "kind": "user", "name": "Ada", "roles": ["office", "é"], "sites": (SITE,),
               "state": "active", "at": 0.0, "detail": {"by": None, "ok": True}}  # fmt: skip
        yield Fact(EventKind.ACCOUNT_CHANGED, SITE, None, {}, [Row("account", row, new=True)])

    async with _opened(make) as ledger:
        await ledger.run(enrol)
        detail = ledger.read("check_account", site=SITE, id="a")[0]["detail"]
    _must(detail == '{"by":null,"ok":true}', f"A mapping came back as {detail!r}.")


async def tokens_are_taken_once(make: Make) -> None:
    def fill() -> Body[None]:
        yield Ask("check_put_lane", {"site": SITE, "name": "sms", "tokens": 10.0})

    def take() -> Body[bool]:
        return bool((yield Ask("check_take_tokens", {"site": SITE, "name": "sms", "many": 1.0})))

    def take_and_fail() -> Body[bool]:
        yield Ask("check_take_tokens", {"site": SITE, "name": "sms", "many": 1.0})
        raise Refused("no")

    async with _opened(make) as ledger:
        await ledger.run(fill)
        runs = [ledger.run(take_and_fail if number % 2 else take) for number in range(50)]
        took = [end for end in await asyncio.gather(*runs, return_exceptions=True) if end is True]
        left = ledger.read("check_lane", site=SITE, name="sms")[0]["tokens"]
    _must(len(took) == 10, f"{len(took)} claims were granted out of 10 tokens.")
    _must(left == 0.0, f"{left} tokens are left of 10 that were all taken.")


async def only_a_transaction_changes_anything(make: Make) -> None:
    async with _opened(make) as ledger:
        try:
            ledger.read("check_put_lane", site=SITE, name="sms", tokens=1.0)
        except LedgerError:
            pass
        else:
            raise BrokenPromise("A read-only query wrote.")
        _must(await _refuses(ledger.run(_ask_nonsense)), "A query that nobody wrote was answered.")


async def it_verifies(make: Make) -> None:
    async with _opened(make) as ledger:
        await asyncio.gather(*(ledger.run(note(f"r{number}")) for number in range(100)))
        await asyncio.gather(*(ledger.run(add(f"r{number}", 2.5)) for number in range(100)))
        _must(isinstance(ledger, CanVerify), "The store cannot be asked whether it still says what was said.")
        if isinstance(ledger, CanVerify):
            found = await ledger.verify()
            _must(not found, f"verify() of an untouched store found: {found[0] if found else ''}")


LEDGER_PROMISES: Sequence[Promise] = (
    what_was_answered_is_there_after_reopening,
    a_read_sees_what_was_answered,
    a_failing_body_leaves_nothing_and_hurts_no_neighbour,
    bodies_end_as_if_one_after_the_other,
    an_urgent_body_overtakes,
    followers_hear_each_event_once_in_order_and_can_read_it,
    events_have_no_gaps,
    ledger_time_never_goes_back,
    a_change_of_a_row_that_is_not_there_is_refused,
    the_last_change_of_a_row_wins,
    lists_come_back_as_json,
    tokens_are_taken_once,
    only_a_transaction_changes_anything,
    it_verifies,
)


# ------------------------------------------------------------------------------------------------------ tools


def _ask_nonsense() -> Body[None]:
    yield Ask("check_nonsense")


@asynccontextmanager
async def _opened(make: Make) -> AsyncIterator[Ledger]:
    ledger = await make("store")
    try:
        yield ledger
    finally:
        await ledger.close()


async def _refuses(run: Awaitable[Any]) -> bool:
    try:
        await run
    except LedgerError:
        return True
    return False


def _must(kept: bool, complaint: str) -> None:
    if not kept:
        raise BrokenPromise(complaint)
