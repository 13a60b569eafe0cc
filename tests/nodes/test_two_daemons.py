"""Two real daemons, a process each, serve one school on one server, and are pressed in the same instant."""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from notifier.campus.campus import HOST, Campus
from notifier.clock import SystemClock
from notifier.demo.api import Api
from notifier.demo.folder import SMS, free_port, read_school, secrets, write_school
from notifier.demo.node import Node
from notifier.ledger.postgres_verify import verify_server
from tests.postgres_server import Server
from tests.recovery.small_town import on_real_sockets

FINGERS = 4
"""Presses on each daemon, each on a connection of its own that is open already."""


@dataclass
class Daemon:
    folder: Path
    base: str
    owner: Api


async def two_daemons(stack: AsyncExitStack, folder: Path, store: str) -> list[Daemon]:
    files = on_real_sockets()
    known = read_school(files)
    campus = await stack.enter_async_context(Campus(SystemClock(), known.site, known.people, SMS))
    site = files["site.yaml"].decode()
    for thing, address in campus.grounds.places.items():
        site = site.replace(address, campus.addresses[thing])
    made = []
    for name in ("east", "west"):
        port, place = free_port(), folder / name
        if not made:
            campus.connect(f"http://{HOST}:{port}")
        write_school(place, {**files, "site.yaml": site.encode()}, campus, port)
        settings = json.loads((place / "settings.yaml").read_text())
        (place / "settings.yaml").write_text(json.dumps({**settings, "store": store, "node": name}))
        node = await stack.enter_async_context(Node(place, secrets(campus)))
        owner = await stack.enter_async_context(Api("http://localhost", socket=node.control_socket))
        made.append(Daemon(place, f"http://{HOST}:{port}", owner))
    return made


async def test_presses_on_two_daemons_at_once_are_one_lockdown(postgres: Server, tmp_path: Path) -> None:
    store = postgres.database()
    async with AsyncExitStack() as stack:
        east, west = await two_daemons(stack, tmp_path, store)
        button = (await east.owner.post("/buttons/front-office/enrol"))["path"]
        token = (await east.owner.post("/accounts", {"name": "ada", "roles": ["commander"], "person": "ada"}))["token"]
        fingers = [
            await stack.enter_async_context(Api(daemon.base, token)) for _ in range(FINGERS) for daemon in (east, west)
        ]
        async with asyncio.timeout(60):
            while True:  # the other daemon hears of the account with its next look at the store
                if await _known(fingers):
                    break
                await asyncio.sleep(0.05)
        presses = [finger.press(button) for finger in fingers[:2]]
        presses += [finger.post("/activations", {"playbook": "lockdown", "zone": "north"}) for finger in fingers[2:]]
        answers = await asyncio.gather(*presses)
        assert len({answer["incident"] for answer in answers}) == 1, answers
        assert all(answer["recorded"] for answer in answers)
        (incident,) = {answer["incident"] for answer in answers}
        for finger in fingers[:2]:
            (shown,) = (await finger.get("/incidents"))["items"]
            assert shown["id"] == incident
        told = await fingers[0].each(f"/incidents/{incident}/timeline")
        assert [event["kind"] for event in told].count("incident_opened") == 1
    for name in ("east", "west"):
        assert [str(each) for each in await verify_server(store, tmp_path / name / "state", name)] == []


async def _known(fingers: list[Api]) -> bool:
    from notifier.demo.api import Answered

    for finger in fingers:
        try:
            await finger.get("/incidents")
        except Answered:
            return False
    return True
