"""Sets the stage: campus, folder, daemon, accounts; plays the story; tells what held and what did not."""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from notifier.campus.campus import HOST, Campus
from notifier.clock import SystemClock
from notifier.demo import lines
from notifier.demo.api import Answered, Api
from notifier.demo.cast import Cast, cast
from notifier.demo.facts import Facts
from notifier.demo.folder import SMS, free_port, read_school, school_files, secrets, write_school
from notifier.demo.in_order import InOrder
from notifier.demo.node import Node
from notifier.demo.observing import observed, verified
from notifier.demo.promises import failed_promises
from notifier.demo.story import Story
from notifier.demo.summary import summary
from notifier.errors import NotifierError
from notifier.files.load import Loaded

BUTTON = "front-office"
VISITOR = "Visitor"
"""The account of whoever looks on; a commander, so that every button of the board may be tried."""
PHONES_EVERY = 1.0
"""Seconds between two lines that count the messages on phones."""
PRINTED_EVERY = 0.1
"""Seconds between two looks at what may be printed."""
INTERRUPTED = 130
LISTENS_WITHIN = 20.0
"""Seconds until the live stream of events must have begun."""
LONGEST_FOLDER = 60
"""Letters: the control socket's path below it must stay under the 107 of unix(7)."""


def main(*, once: bool) -> int:
    """Play the demo. `once`: end with one JSON line; 0 only if every promise held. Else stay up until Ctrl-C."""
    try:
        return asyncio.run(_play(once=once))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("\nStopped.")
        return INTERRUPTED
    except (NotifierError, OSError, TimeoutError) as error:
        facts = Facts(mishaps=(f"The demo could not be played: {str(error) or type(error).__name__}",))
        print(facts.mishaps[0])
        if once:
            print(json.dumps(summary(facts, failed_promises(facts)), ensure_ascii=False))
        return 1


async def _play(*, once: bool) -> int:
    me = asyncio.current_task()
    assert me is not None  # noqa: S101 a coroutine runs in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)  # so that the daemon is stopped too
    with tempfile.TemporaryDirectory(prefix="notifier-demo-", dir=_short_folder()) as made:
        async with AsyncExitStack() as stack:
            return await _on_stage(Path(made), stack, once=once)


async def _on_stage(folder: Path, stack: AsyncExitStack, *, once: bool) -> int:
    files = school_files()
    known = read_school(files)
    clock = SystemClock()
    campus = await stack.enter_async_context(Campus(clock, known.site, known.people, SMS))
    port = free_port()
    school = write_school(folder, files, campus, port)
    base = f"http://{HOST}:{port}"
    campus.connect(base)
    parts = cast(school.site, school.people)
    print(_introduction(school, parts))
    node = await stack.enter_async_context(Node(folder, secrets(campus)))
    stack.push(lambda kind, _error, _trace: print(f"The daemon's log ends with:\n{_tail(node.log)}") if kind else None)
    owner = await stack.enter_async_context(Api("http://localhost", socket=node.control_socket))
    button = await owner.post(f"/buttons/{BUTTON}/enrol")
    people = {role: await _account(stack, owner, base, school, person) for role, person in _accounts(parts).items()}
    if not once:
        print(_way_in(base, await _visitor(owner)), flush=True)
    told = InOrder()
    story = Story(
        campus, parts, school, people["principal"], people["commander"], lambda text: _say(story, told, text),
        button["path"],
    )  # fmt: skip
    story.prepare()
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(_follow(story, told, people["principal"])),
        asyncio.create_task(_count(story, told)),
        asyncio.create_task(_print(story, told)),
    ]
    death = asyncio.create_task(node.died())
    tasks.append(death)
    try:
        async with asyncio.timeout(LISTENS_WITHIN):  # who listens too late misses the first second
            await story.happened.wait()
        playing = asyncio.create_task(story.play())
        tasks.append(playing)
        await asyncio.wait((playing, death), return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            raise NotifierError(f"The daemon ended in mid-story (status {death.result()}); its log: {_tail(node.log)}")
        playing.result()
        facts = await observed(story, people["principal"])
        if once:
            await node.stop()
        findings = await verified(node.store, running=not once)
        facts = replace(facts, ledger_checked=True, ledger_findings=tuple(findings))
        failed = failed_promises(facts)
        print("\n".join([*told.rest(), _verdict(failed)]))
        for logged in _tail(node.log).splitlines():
            if "level=error" in logged or "level=critical" in logged:
                print(f"the daemon's log: {logged}")
        if once:
            print(json.dumps(summary(facts, failed), ensure_ascii=False), flush=True)
        else:
            print(_what_there_is(base, node, story, button["path"]), flush=True)
            await _until_stopped(death)
        return 1 if failed else 0
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _accounts(parts: Cast) -> dict[str, str]:
    return {"principal": parts.principal, "commander": parts.commander}


async def _account(stack: AsyncExitStack, owner: Api, base: str, school: Loaded, person: str) -> Api:
    name = school.people[person].name
    made = await owner.post("/accounts", {"name": name, "roles": ["commander"], "person": person})
    return await stack.enter_async_context(Api(base, made["token"]))


async def _visitor(owner: Api) -> str:
    """The path by which whoever sits before this machine comes into the console, once, without a password."""
    made = await owner.post("/accounts", {"name": VISITOR, "roles": ["commander"], "person": "visitor"})
    invited = await owner.post(f"/accounts/{made['account']}/invite")
    return str(invited["path"])


async def _follow(story: Story, told: InOrder, api: Api) -> None:
    """Every event as it happens: kept for the story, told on the terminal."""
    rooms = {room.id: room.name or room.id for room in story.school.site.rooms}
    doors = {door.id: door.title for door in story.school.site.doors}
    epoch = story.campus.clock.wall().timestamp() - story.campus.clock.now()
    try:
        async for event in api.events():
            story.events.append(event)
            story.happened.set()
            text = lines.told(event, rooms, doors) if "kind" in event else None
            if text and story.pressed_at:
                after = datetime.fromisoformat(event["wall"]).timestamp() - epoch - story.pressed_at
                told.tell(max(0.0, after), text)
    except (Answered, OSError) as error:
        story.mishaps.append(f"The live stream of events broke off: {error}")


async def _count(story: Story, told: InOrder) -> None:
    """How many messages people have, now and then."""
    before: Counter[str] = Counter()
    while True:
        await asyncio.sleep(PHONES_EVERY)
        crowd = story.campus.crowd
        counts: Counter[str] = Counter([message.by for one in crowd.values() for message in one.received])
        if counts != before:
            before = counts
            _say(
                story,
                told,
                lines.phones(dict(sorted(counts.items())), sum(bool(one.received) for one in crowd.values())),
            )


def _say(story: Story, told: InOrder, text: str) -> None:
    told.tell(story.campus.clock.now() - story.pressed_at, text)


async def _print(story: Story, told: InOrder) -> None:
    try:
        while True:
            await asyncio.sleep(PRINTED_EVERY)
            for said in told.due(story.campus.clock.now() - story.pressed_at):
                print(said, flush=True)
    finally:
        print("".join(f"{said}\n" for said in told.rest()), end="", flush=True)


def _introduction(school: Loaded, parts: Cast) -> str:
    site = school.site
    titles = {door.id: door.title for door in site.doors}
    rooms = {room.id: room.name for room in site.rooms}
    return (
        f"{site.name}: {len(site.doors)} doors, {len(site.speakers)} speakers, {len(site.rooms)} rooms, "
        f"{len(school.people)} people. All of it is invented and lives on this machine.\n"
        f"Broken on purpose: {titles[parts.jammed]} is jammed, {titles[parts.lying]} has a burnt relay that says it "
        f"obeys, {titles[parts.lagging]} is slow. {rooms[parts.never_room]} will never answer.\n"
        "Starting the daemon …"
    )


def _verdict(failed: list[str]) -> str:
    if not failed:
        return "Every promise of the story held."
    return "\n".join([f"{len(failed)} promises of the story did NOT hold:", *(f"  - {text}" for text in failed)])


def _way_in(base: str, path: str) -> str:
    return (
        "Watch it in a browser on this machine. This link works once; choose “Go on without a password”, then Board:\n"
        f"  {base}{path}"
    )


def _what_there_is(base: str, node: Node, story: Story, press_path: str) -> str:
    links = [message.link for one in story.campus.crowd.values() for message in one.received if message.link]
    return "\n".join([
        "Still up. What there is to look at:",
        f"  the board             {base}/board   (come in once by the link above, without a password)",
        f"  the API, readable     {base}/api/docs",
        f"  one person's answer   {links[0] if links else 'no link was sent'}",
        f"  numbers (Prometheus)  curl --unix-socket {node.control_socket} http://localhost/metrics",
        f"  the timeline          curl --unix-socket {node.control_socket} http://localhost/api/v1/timeline",
        f"  press again           curl -X POST {base}{press_path}",
        f"  its files and store   {node.folder}",
        "Ctrl-C ends it and removes them.",
    ])  # fmt: skip


async def _until_stopped(death: asyncio.Task[int]) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait((waiting, death), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    print("\nStopped." if stop.is_set() else "\nThe daemon has ended.")


def _tail(log: Path) -> str:
    said: list[Any] = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "\n".join(said[-12:])


def _short_folder() -> str | None:
    return None if len(tempfile.gettempdir()) < LONGEST_FOLDER else "/tmp"  # noqa: S108 the folder below it is private
