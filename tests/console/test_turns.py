"""A thousand who ask at once make themselves wait, not the press that comes among them."""

import asyncio
import itertools

import pytest

from notifier.console import turns
from notifier.console.turns import Turns
from tests.console.school import School
from tests.console.test_many_connections import Ends, connect

MANY = 120


async def answers_before(of: list[Ends], press: Ends) -> int:
    """How many of these were answered when the press was."""
    done: set[int] = set()

    async def read(place: int, reader: asyncio.StreamReader) -> None:
        await reader.readline()
        done.add(place)

    reading = [asyncio.create_task(read(place, reader)) for place, (reader, _) in enumerate(of)]
    assert (await press[0].readline()).startswith(b"HTTP/1.1 202")
    before = len(done)
    await asyncio.gather(*reading)
    return before


@pytest.mark.parametrize("path", ["/sign-in", "/api/docs", "/nowhere"])
async def test_a_press_is_answered_before_a_crowd_that_asked_earlier(school: School, path: str) -> None:
    await school.ask("GET", path)
    button = await school.button()
    crowd = [await connect(school) for _ in range(MANY)]
    press = await connect(school)
    for _, writer in crowd:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    press[1].write(f"POST {button} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
    assert await answers_before(crowd, press) < MANY / 4
    for _, writer in [*crowd, press]:
        writer.close()


async def test_one_is_begun_in_a_turn_of_the_loop_and_every_address_before_one_has_its_second() -> None:
    given, begun = Turns(), []

    async def ask(whose: str) -> None:
        await given.mine(whose)
        begun.append(whose)

    tasks = [asyncio.create_task(ask(whose)) for whose in ["flood"] * 5 + ["phone", "board"]]
    seen = [0]
    while len(begun) < len(tasks):
        await asyncio.sleep(0)
        seen.append(len(begun))
    assert max(after - before for before, after in itertools.pairwise(seen)) == 1
    assert set(begun[1:4]) == {"flood", "phone", "board"}, "the flood began first; then each has one"
    assert begun[4:] == ["flood"] * 3


async def test_who_went_away_while_waiting_keeps_nobody_waiting() -> None:
    given = Turns()
    await given.mine("a")
    gone, stays = asyncio.create_task(given.mine("a")), asyncio.create_task(given.mine("a"))
    await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(20):
        await stays


async def test_right_after_a_press_nothing_else_is_begun_but_only_once_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(turns, "stopwatch", lambda: now[0])
    given = Turns()
    given.press()
    waits = asyncio.create_task(given.mine("a"))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not waits.done()
    now[0] += turns.AFTER_A_PRESS
    async with asyncio.timeout(20):
        await waits
        now[0] += turns.SPARED_AGAIN / 2
        given.press()
        await given.mine("a")
