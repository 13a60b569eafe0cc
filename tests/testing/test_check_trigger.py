"""The suite for triggers notices the triggers that would hurt somebody, and judges sameness as intake does."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
from collections.abc import Awaitable, Callable

import pytest

from notifier.engine.presses import SAME_PRESS
from notifier.interfaces import Pressed, Trigger
from notifier.model.incident import Activation
from notifier.testing import check_door_driver
from notifier.testing import check_trigger as suite
from notifier.testing.scrutiny import BrokenPromise
from notifier.testing.trigger_far_end import Hostile, TriggerFarEnd, Unable
from tests.unit.engine.bench import bench

TOKEN = "feed-token-5f1c"
log = logging.getLogger("feed")
Press = Callable[[Activation], Awaitable[Pressed]]


class Feed(TriggerFarEnd):
    """A server of JSON lines: the trigger connects, logs in, acknowledges each line; what is not, is sent again."""

    source, playbook, zone = "feed:siren", "lockdown", None
    repeats_within = 30.0
    hostile = (
        Hostile(b'{"id": "h1", "kind": "press", "playbook": "../hold"}', True),
        Hostile(b'{"id": "h2", "kind": "press", "drill": 1}', True),
        Hostile(b"[" * 5000, False),
        Hostile(b"\xff\xfe", False),
        Hostile(b'{"kind": "press"}', False),
    )
    noise = (b'{"id": "n1", "kind": "heartbeat"}', b"")
    secrets = (TOKEN,)

    def __init__(self) -> None:
        self._port = 0
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._came = asyncio.Event()
        self._last = b""

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)  # an aborted line is closed in the loop's next turn
        self._writers.clear()
        self._line = None
        self._came.clear()

    @property
    def port(self) -> int:
        return self._port

    async def reached(self) -> None:
        await self._came.wait()

    async def press(self) -> bool:
        self._last = json.dumps({"id": f"p{next(self._numbers)}", "kind": "press"}).encode()
        return await self._say(self._last)

    async def say(self, content: bytes) -> None:
        await self._say(content)

    async def repeat(self) -> None:
        await self._say(self._last)

    async def drill(self) -> None:
        await self._say(b'{"id": "d1", "kind": "exercise"}')

    async def break_off(self) -> None:
        await self.reached()
        assert self._line is not None
        self._line[1].write(b'{"id": "half", "kin')
        await self._line[1].drain()
        self._line[1].transport.abort()
        self._line = None
        self._came.clear()

    async def _say(self, content: bytes) -> bool:
        await self.reached()
        assert self._line is not None
        reader, writer = self._line
        writer.write(content + b"\n")
        return await reader.readline() == b"taken\n"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        if await reader.readline() != f"{TOKEN}\n".encode():
            writer.close()
            return
        self._line = reader, writer
        self._came.set()


class FeedTrigger(Trigger):
    """As it should be; the broken ones below bend one thing each."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def listen(self, press: Press) -> None:
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self.connection(press)
            await asyncio.sleep(0.01)

    async def connection(self, press: Press) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(f"{TOKEN}\n".encode())
            while True:
                line = await reader.readuntil(b"\n")
                writer.write(b"taken\n" if await self.heard(line, press) else b"not taken\n")
        finally:
            await self.leave(writer)

    async def leave(self, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def heard(self, line: bytes, press: Press) -> bool:
        activation = self.read(line)
        if activation is None:
            return False
        try:
            await press(activation)
        except Exception:  # noqa: BLE001 whatever the engine says, the feed is told and the line goes on
            return False
        return True

    def read(self, line: bytes) -> Activation | None:
        try:
            said = json.loads(line)
            known, kind = str(said["id"]), said["kind"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        if kind not in {"press", "exercise"}:
            return None
        return self.made(known, said, drill=kind == "exercise")

    def made(self, known: str, said: dict[str, object], *, drill: bool) -> Activation:
        problems = tuple(f"There is no field {name}." for name in said if name not in {"id", "kind"})
        return Activation(
            f"feed-{id(said)}-{known}", "feed:siren", "lockdown", None, drill, dedupe=known, problems=problems
        )


class StartsWhatItIsTold(FeedTrigger):
    def made(self, known: str, said: dict[str, object], *, drill: bool) -> Activation:
        return Activation(known, "feed:siren", str(said.get("playbook", "lockdown")), drill=drill, dedupe=known)


class KeepsProblemsToItself(FeedTrigger):
    def made(self, known: str, said: dict[str, object], *, drill: bool) -> Activation:
        return Activation(known, "feed:siren", "lockdown", drill=drill, dedupe=known)


class HasAKeyOfItsOwn(FeedTrigger):
    numbers = itertools.count()

    def made(self, known: str, said: dict[str, object], *, drill: bool) -> Activation:
        key = str(next(self.numbers))
        return Activation(key, "feed:siren", "lockdown", drill=drill, dedupe=key)


class HasOneKey(FeedTrigger):
    def made(self, known: str, said: dict[str, object], *, drill: bool) -> Activation:
        return Activation(f"{known}", "feed:siren", "lockdown", drill=drill, dedupe="siren")


class TakesDrillsForReal(FeedTrigger):
    def made(self, known: str, said: dict[str, object], *, drill: bool) -> Activation:
        return super().made(known, said, drill=False)


class TakesAnythingForAPress(FeedTrigger):
    def read(self, line: bytes) -> Activation | None:
        return super().read(line) or Activation(str(id(line)), "feed:siren", "lockdown", dedupe=str(id(line)))


class GivesUp(FeedTrigger):
    async def listen(self, press: Press) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self.connection(press)


class DiesOfARefusal(FeedTrigger):
    async def heard(self, line: bytes, press: Press) -> bool:
        activation = self.read(line)
        if activation is not None:
            await press(activation)
        return activation is not None


class SaysTakenWhateverHappens(FeedTrigger):
    async def heard(self, line: bytes, press: Press) -> bool:
        await super().heard(line, press)
        return True


class KeepsItsSockets(FeedTrigger):
    kept: list[asyncio.StreamWriter] = []  # noqa: RUF012 one list for all of them is the fault

    async def leave(self, writer: asyncio.StreamWriter) -> None:
        self.kept.append(writer)


class WillNotEnd(FeedTrigger):
    async def listen(self, press: Press) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await super().listen(press)
        await super().listen(press)


class Talks(FeedTrigger):
    async def connection(self, press: Press) -> None:
        log.info("logging in with %s", TOKEN)
        await super().connection(press)


@pytest.mark.parametrize("promise", suite.TRIGGER_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_trigger_that_connects_and_reconnects_keeps(promise: suite.Promise) -> None:
    async with Feed() as feed:
        await promise(lambda: FeedTrigger(feed.port), feed)


@pytest.mark.parametrize(
    ("trigger", "promise"),
    [
        (StartsWhatItIsTold, suite.starts_nothing_but_its_own_whatever_it_hears),
        (KeepsProblemsToItself, suite.starts_nothing_but_its_own_whatever_it_hears),
        (HasAKeyOfItsOwn, suite.sends_a_repetition_as_the_same_press),
        (HasOneKey, suite.keeps_presses_of_two_moments_apart),
        (TakesDrillsForReal, suite.never_takes_live_for_drill_nor_drill_for_live),
        (TakesAnythingForAPress, suite.takes_nothing_else_for_a_press),
        (GivesUp, suite.survives_a_far_end_that_goes_away),
        (GivesUp, suite.can_begin_while_the_far_end_is_away),
        (GivesUp, suite.survives_half_a_press),
        (DiesOfARefusal, suite.survives_an_engine_that_refuses),
        (SaysTakenWhateverHappens, suite.survives_an_engine_that_refuses),
        (KeepsItsSockets, suite.ends_at_once_and_gives_everything_back),
        (WillNotEnd, suite.ends_at_once_and_gives_everything_back),
        (Talks, suite.leaks_no_secret),
    ],
    ids=lambda each: each.__name__,
)
async def test_a_trigger_that_would_hurt_somebody_breaks_its_promise(
    trigger: type[FeedTrigger], promise: suite.Promise, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is missing is waited for; nothing that holds takes this long.
    for each in (suite, check_door_driver):
        monkeypatch.setattr(each, "PATIENCE", 0.2)
    async with Feed() as feed:
        with pytest.raises(BrokenPromise):
            await promise(lambda: trigger(feed.port), feed)
    for writer in KeepsItsSockets.kept:
        writer.transport.abort()
    KeepsItsSockets.kept.clear()
    await asyncio.sleep(0)


async def test_what_a_protocol_cannot_do_is_not_asked_of_it() -> None:
    class Plain(Feed):
        cannot = tuple(Unable)

    async with Plain() as feed:
        for promise in (suite.sends_a_repetition_as_the_same_press, suite.survives_half_a_press):
            await promise(lambda: HasAKeyOfItsOwn(feed.port), feed)


@pytest.mark.parametrize("apart", [0.0, SAME_PRESS + 0.1])
@pytest.mark.parametrize("zone", ["north", "office"])
@pytest.mark.parametrize("again", ["", "k1", "k2"])
@pytest.mark.parametrize("key", ["", "k1"])
async def test_the_suite_takes_two_presses_for_one_exactly_if_intake_does(
    key: str, again: str, zone: str, apart: float
) -> None:
    async with bench() as at:
        first = await at.press("lockdown", "north", source="feed:siren", dedupe=key)
        at.clock.time += apart
        second = await at.press("lockdown", zone, source="feed:siren", dedupe=again)
    one = Activation("1", "feed:siren", "lockdown", "north", dedupe=key)
    other = Activation("2", "feed:siren", "lockdown", zone, dedupe=again)
    assert suite.same_press(one, other, apart) is (first.activation == second.activation)
