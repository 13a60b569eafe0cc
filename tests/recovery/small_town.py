"""The small school with devices and providers on real sockets, and a daemon in a process of its own to be killed."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from notifier.campus.campus import HOST, Campus
from notifier.clock import SystemClock
from notifier.demo.api import Answered, Api
from notifier.demo.folder import SMS, free_port, read_school, secrets, write_school
from notifier.demo.node import Node
from notifier.errors import NotifierError
from notifier.testing.schools import bend, small_school

GONE = (aiohttp.ClientError, OSError, Answered, TimeoutError)
"""What a caller meets while the daemon is dead."""
PATIENCE = 60.0
"""Seconds for any one thing to come about over several starts."""


def on_real_sockets() -> dict[str, bytes]:
    """The small school as the campus wants it: one lockdown in seconds, addresses to be filled in."""
    files = bend(
        small_school(),
        "playbooks/lockdown.yaml",
        ("wait: 60s", "wait: 6s"),
        ("delay: 5m", "delay: 3s"),
        ("within: 5s", "within: 3s"),
    )
    site = files["site.yaml"].decode().replace(":5004", ":${campus:pa_port}")
    site = re.sub(r"public_url:.*\n", "", site)
    kept = {"site.yaml", "contacts/people.csv", "playbooks/lockdown.yaml"}
    site = re.sub(r".*playbook: (secure|hold|medical)}\n", "", site)
    return {**{path: raw for path, raw in files.items() if path in kept}, "site.yaml": site.encode()}


@dataclass
class Town:
    """Everything but the daemon lives in this process, and lives on when the daemon is killed."""

    folder: Path
    campus: Campus
    base: str
    kill_at: set[str]
    """Kinds of events at which it is still to be killed, each once."""
    killed_at: list[str] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    """Seconds from each start to ready."""
    owner: Api | None = None
    people: dict[str, Api] = field(default_factory=dict)
    incident: str = ""

    def __post_init__(self) -> None:
        self.node: Node
        self.up = asyncio.Event()
        self._stack = AsyncExitStack()

    async def live(self) -> None:
        """Start the daemon, again whenever it was killed, until cancelled."""
        while True:
            began = self.campus.clock.now()
            async with Node(self.folder, secrets(self.campus)) as self.node:
                self.starts.append(self.campus.clock.now() - began)
                if not self.people:
                    await self._enrol()
                self.up.set()
                try:
                    await self._watch()
                finally:
                    self.up.clear()

    async def _enrol(self) -> None:
        self.owner = await self._stack.enter_async_context(Api("http://localhost", socket=self.node.control_socket))
        self.button = (await self.owner.post("/buttons/front-office/enrol"))["path"]
        for name in ("ada", "kim"):
            made = await self.owner.post("/accounts", {"name": name, "roles": ["commander"], "person": name})
            self.people[name] = await self._stack.enter_async_context(Api(self.base, made["token"]))

    async def _watch(self) -> None:
        """Kill it at the first event of each kind that is named; return when it is dead."""
        try:
            async for event in self.people["ada"].events():
                if event.get("kind") in self.kill_at:
                    self.kill_at.discard(event["kind"])
                    self.killed_at.append(event["kind"])
                    self.node._process.kill()  # type: ignore[union-attr]  # it runs
                    await self.node.died()
                    return
        except GONE:
            await self.node.died()

    async def insists(self, deed: Callable[[], Any]) -> Any:
        """Again and again until somebody answers, over as many starts as it takes."""
        async with asyncio.timeout(PATIENCE):
            while True:
                await self.up.wait()
                try:
                    return await deed()
                except GONE:
                    await asyncio.sleep(0.1)

    async def until(self, what: str, condition: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """The incident, once it is so."""
        shown: Mapping[str, Any] = {}
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    shown = await self.insists(lambda: self.people["kim"].get(f"/incidents/{self.incident}"))
                    if condition(shown):
                        return shown
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"It never came to this: {what}; {shown}") from None

    async def post(self, who: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return await self.people[who].post(f"/incidents/{self.incident}{path}", body)

    async def close(self) -> None:
        await self._stack.aclose()


@asynccontextmanager
async def town(folder: Path, kill_at: set[str], store: str | None = None) -> AsyncIterator[Town]:
    """`store`: the address of an empty database; None for a file."""
    files = on_real_sockets()
    known = read_school(files)
    async with Campus(SystemClock(), known.site, known.people, SMS) as campus:
        site = files["site.yaml"].decode()
        for thing, address in campus.grounds.places.items():
            site = site.replace(address, campus.addresses[thing])
        port = free_port()
        write_school(folder, {**files, "site.yaml": site.encode()}, campus, port)
        if store is not None:
            settings = json.loads((folder / "settings.yaml").read_text())
            (folder / "settings.yaml").write_text(json.dumps({**settings, "store": store}))
        base = f"http://{HOST}:{port}"
        campus.connect(base)
        made = Town(folder, campus, base, kill_at)
        living = asyncio.create_task(made.live())
        try:
            waiting = asyncio.create_task(made.up.wait())
            await asyncio.wait({living, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if living.done():
                living.result()
            yield made
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            await made.close()


__all__ = ["NotifierError", "Town", "town"]
