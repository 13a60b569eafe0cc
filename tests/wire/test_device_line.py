"""The line to one device: commands first, questions shared, nobody locked out."""

import asyncio

import pytest

from notifier.doors._shelly_rpc import Login
from notifier.wire.device_line import DeviceLine


class Wire:
    """Notes what leaves and lets each exchange end when told."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.may_end: dict[str, asyncio.Event] = {}

    async def exchange(self, name: str) -> str:
        self.left.append(name)
        await self.may_end.setdefault(name, asyncio.Event()).wait()
        return name

    def end(self, name: str) -> None:
        self.may_end.setdefault(name, asyncio.Event()).set()


async def let_all_go_on() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_no_question_leaves_while_a_command_waits_or_runs() -> None:
    line, wire = DeviceLine[str](), Wire()
    first = asyncio.ensure_future(line.command(lambda: wire.exchange("lock")))
    second = asyncio.ensure_future(line.command(lambda: wire.exchange("lock again")))
    await let_all_go_on()
    question = asyncio.ensure_future(line.ask("status", lambda: wire.exchange("status")))
    await let_all_go_on()
    assert wire.left == ["lock"]
    for name in ("status", "lock", "lock again"):
        wire.end(name)
    await asyncio.gather(first, second, question)
    assert wire.left == ["lock", "lock again", "status"]


async def test_an_answer_older_than_the_question_is_not_handed_out() -> None:
    line, wire = DeviceLine[str](), Wire()
    for name in ("first", "second"):
        wire.end(name)
        assert await line.ask("status", lambda name=name: wire.exchange(name)) == name


async def test_those_who_ask_for_something_else_get_their_own_answer() -> None:
    line, wire = DeviceLine[str](), Wire()
    running = asyncio.ensure_future(line.ask("status", lambda: wire.exchange("s1")))
    await let_all_go_on()
    waiting = [
        asyncio.ensure_future(line.ask("status", lambda: wire.exchange("s2"))),
        asyncio.ensure_future(line.ask("config", lambda: wire.exchange("c1"))),
        asyncio.ensure_future(line.ask("status", lambda: wire.exchange("s3"))),
    ]
    await let_all_go_on()
    for name in ("s1", "s2", "c1", "s3"):
        wire.end(name)
    assert await asyncio.gather(running, *waiting) == ["s1", "s2", "c1", "s2"]


@pytest.mark.parametrize("how_many", [1, 3])
async def test_cancelled_commands_leave_the_line_free(how_many: int) -> None:
    line, wire = DeviceLine[str](), Wire()
    commands = [asyncio.ensure_future(line.command(lambda: wire.exchange("lock"))) for _ in range(how_many)]
    await let_all_go_on()
    for command in reversed(commands):
        command.cancel()
    await asyncio.wait(commands)
    wire.end("status")
    assert await line.ask("status", lambda: wire.exchange("status")) == "status"


async def test_a_cancelled_question_is_asked_anew_by_the_next_who_waits() -> None:
    line, wire = DeviceLine[str](), Wire()
    first = asyncio.ensure_future(line.ask("status", lambda: wire.exchange("s1")))
    await let_all_go_on()
    second = asyncio.ensure_future(line.ask("status", lambda: wire.exchange("s2")))
    await let_all_go_on()
    first.cancel()
    wire.end("s2")
    assert await second == "s2"


def test_a_login_does_not_show_its_password() -> None:
    assert "hunter2" not in repr(Login("http://10.0.0.17", "admin", "hunter2", 1.5, 4.0))
