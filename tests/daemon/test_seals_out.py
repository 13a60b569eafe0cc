"""A seal leaves by HTTP or mail until it is taken, and shows there that the end of a record was cut off."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from notifier.daemon.seals_out import SealsOut
from notifier.ledger.seals import LINES_FILE
from notifier.ledger.sqlite import SqliteLedger
from notifier.ledger.verify import look
from notifier.model.delivery import DeliveryState, Receipt
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact
from notifier.testing.fake_clock import FakeClock


class Keeper:
    """A far end that keeps what it is sent; refuses the first `refusals`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.refusals = 0
        self.came = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=503)
        self.lines.append(await request.text())
        self.came.set()
        return web.Response(status=204)


class Place:
    def __init__(self, out: SealsOut, keeper: Keeper, ledger: SqliteLedger, told: list[tuple[str, str | None]]) -> None:
        self.out, self.keeper, self.ledger, self.told = out, keeper, ledger, told
        self.said = asyncio.Event()

    async def seals(self, *, at_an_end: bool = False) -> None:
        await self.ledger.run(note)
        sealed = await self.ledger.seal([])
        assert sealed is not None
        await self.out.hand_over(sealed.seal, at_an_end=at_an_end)


def note() -> Body[None]:
    yield Fact(EventKind.NOTE, "site", None, {"by": "Ada", "text": "here"})


class Post:
    """The one sender for email."""

    address_kind = "email"

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    async def send(self, address: str, message: Any, delivery: str) -> Receipt:
        self.sent.append((address, message))
        return Receipt(DeliveryState.SENT)


POST = Post()


@pytest.fixture
async def place(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    keeper, told, clock = Keeper(), list[tuple[str, str | None]](), FakeClock()
    app = web.Application()
    app.router.add_post("/seals", keeper.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    POST.sent.clear()
    ledger = await SqliteLedger.open(tmp_path / "ledger.sqlite", "node1", clock)

    async def tell(where: str, why: str | None) -> None:
        told.append((where, why))
        made.said.set()

    allowed = getattr(request, "param", ("127.0.0.0/8",))
    async with aiohttp.ClientSession() as http:
        places = [f"http://127.0.0.1:{port}/seals", "mailto:record@district.example"]
        out = SealsOut(places, http, {"mail": POST}, _Now(clock), allowed, tell)  # type: ignore[dict-item] # a double
        made = Place(out, keeper, ledger, told)
        running = asyncio.create_task(out.run())
        yield made
        running.cancel()
    await ledger.close()
    await runner.cleanup()


class _Now(FakeClock):
    """A pause between two tries is over at once."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def test_a_cut_tail_shows_against_the_seals_that_left(place: Place, tmp_path: Path) -> None:
    place.keeper.refusals = 2
    for _ in range(3):
        await place.seals()
        await place.keeper.came.wait()
        place.keeper.came.clear()
    assert [where for where, why in place.told if why is None] == [place.told[0][0]]
    assert "it answered 503" in str(place.told[0][1])
    assert place.out.last_left > 0
    assert place.out.age() is not None
    kept = tmp_path / "elsewhere.jsonl"
    kept.write_text("".join(f"{line}\n" for line in place.keeper.lines))
    store = tmp_path / "ledger.sqlite"
    await place.ledger.close()
    assert look(store, tmp_path, seals=kept) == []
    with closing(sqlite3.connect(store, isolation_level=None)) as db:  # events, seals and the folder's own lines
        (last,) = db.execute("select max(n) from event").fetchone()
        db.execute("delete from event where n = ?", (last,))
        db.execute("delete from seal where n = (select max(n) from seal)")
    (tmp_path / LINES_FILE).unlink(missing_ok=True)
    assert [str(each) for each in look(store, tmp_path) if each.fault] == []
    found = [str(each) for each in look(store, tmp_path, seals=kept)]
    assert any("the end of the chain was cut" in text for text in found), found


async def test_mail_goes_once_an_hour_and_at_the_end_of_an_incident(place: Place) -> None:
    for at_an_end in (False, False, True):
        await place.seals(at_an_end=at_an_end)
        await place.keeper.came.wait()
        place.keeper.came.clear()
        await asyncio.sleep(0)
    assert [address for address, _ in POST.sent] == ["record@district.example"] * 2
    (_, last) = POST.sent[-1]
    assert json.loads(last.text.strip().splitlines()[-1]) == json.loads(place.keeper.lines[-1])


@pytest.mark.parametrize("place", [()], indirect=True)
async def test_an_address_of_this_machine_is_refused_unless_it_is_allowed(place: Place) -> None:
    await place.seals()
    await place.said.wait()
    assert "allow_addresses" in str(place.told[0][1])
    assert place.keeper.lines == []
