"""One fixed story, told over and over with the daemon dropped at another commit each time, and what must hold after."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.model.events import EventKind
from notifier.model.facts import Event
from notifier.model.settings import Sender
from notifier.testing.schools import bend, small_school
from notifier.testing.story import SENDERS, Story, story

Told = Callable[[Story], Awaitable[None]]

QUICK = bend(
    small_school(),
    "playbooks/lockdown.yaml",
    ("wait: 60s", "wait: 6s"),
    ("delay: 5m", "delay: 3s"),
    ("again_every: 2m", "again_every: 10s"),
)
"""The shipped lockdown, counting in seconds."""


@dataclass
class Dropped:
    """Drops the daemon right after the commit with this number; counts them all."""

    at: int
    commits: int = 0
    what: list[str] = field(default_factory=list)

    def __call__(self, campus: Story, events: Sequence[Event]) -> None:
        self.commits += 1
        if self.commits == self.at:
            self.what = [str(event.kind) for event in events] or ["a claim"]
            campus.dies()


@dataclass(frozen=True)
class Outcome:
    """What is left of a story for people to see."""

    commits: int
    receipts: Counter[tuple[str, str, str]]
    """(person, way, how the message begins) to how often it came."""
    deliveries: frozenset[tuple[str, ...]]
    kinds: Counter[str]
    unlocks: tuple[str, ...]


async def lives_through(told: Told, at: int, files: dict[str, bytes], **how: Any) -> Outcome:
    """Tell the story with the daemon dropped after commit `at` (0: never), check what always holds, return the rest."""
    dropped = Dropped(at)
    async with story(files, committed=dropped, **how) as campus:
        try:
            await told(campus)
            await campus.log.verifies()
            return _outcome(campus, dropped.commits)
        except AssertionError as error:
            raise AssertionError(f"dropped after commit {at}, {' '.join(dropped.what)}: {error}") from error


def _outcome(campus: Story, commits: int) -> Outcome:
    receipts: Counter[tuple[str, str, str]] = Counter()
    codes = [row["code"] for row in campus.log.read("incidents_page", before=1e15, limit=10)]
    for name, somebody in campus.campus.crowd.items():
        for one in somebody.received:
            receipts[name, one.by, _beginning(one.text, codes)] += 1
    rows = campus.log.deliveries()
    open_rows = [row["id"] for row in rows if row["state"] in ("queued", "sending", "unknown")]
    assert not open_rows, f"Forgotten: {open_rows}"
    claimed = [row["id"] for row in campus.log.read("held_deliveries", node="node1")]
    assert not claimed, f"Still claimed: {claimed}"
    timers = campus.log.read("waiting_timers_of_incident", incident=campus.incident)
    assert not timers, f"Timers of a closed incident: {timers}"
    keys = frozenset((row["phase"], row["step"], str(row["level"]), row["person"], row["kind"]) for row in rows)
    kinds = Counter(str(kind) for kind, _ in campus.log.events())
    return Outcome(commits, receipts, keys, kinds, tuple(campus.campus.grounds.unlock_commands()))


def _beginning(text: str, codes: Sequence[str]) -> str:
    """Enough of a message to know it by, without what is another in each telling."""
    for code in codes:
        text = text.replace(code, "CODE")
    text = re.sub(r"Doors not secured: [^.]*\.", "", re.sub(r"https://\S+", "LINK", text))
    return re.sub(r"\d\d:\d\d", "TIME", text).strip()[:70]


ONCE = (EventKind.ESCALATED, EventKind.NOT_SECURED, EventKind.RECALLED, EventKind.MISTAKE_CLAIMED)
"""A timer fires once, and a decision is taken once, however often the daemon starts."""


def nothing_was_lost(now: Outcome, whole: Outcome) -> None:
    """Compared with the same story told without any drop."""
    missing = sorted(set(whole.receipts) - set(now.receipts))
    assert not missing, f"Never came: {missing}"
    assert whole.deliveries <= now.deliveries, f"Never written: {sorted(whole.deliveries - now.deliveries)}"
    for kind in ONCE:
        assert now.kinds[kind] == whole.kinds[kind], f"{kind}: {now.kinds[kind]} times, not {whole.kinds[kind]}"
    nothing_came_twice(now, whole)


def nothing_came_twice(now: Outcome, whole: Outcome) -> None:
    """Mail may, if it was in flight: its server cannot be asked. SMS and push may not. No door was told to unlock."""
    doubles = {key: count for key, count in now.receipts.items() if count > whole.receipts.get(key, 1)}
    askable = {key: count for key, count in doubles.items() if key[1] != "email"}
    assert not askable, f"Came twice although the provider can be asked: {askable}"
    assert all(count <= whole.receipts.get(key, 1) + 1 for key, count in doubles.items()), doubles
    assert now.unlocks == whole.unlocks == ()


def whoever_was_alerted_is_corrected(now: Outcome, whole: Outcome) -> None:
    """How far a slow sender came before a recall may differ; who hears the correction follows from it."""
    live = {person for person, _, text in now.receipts if "LOCKDOWN" in text or "lockdown since" in text}
    corrected = {person for person, _, text in now.receipts if "mistake" in text and "may be" not in text}
    assert live
    assert live == corrected, f"alerted {sorted(live)}, corrected {sorted(corrected)}"
    assert now.kinds[EventKind.RECALLED] == 1
    assert now.kinds[EventKind.MISTAKE_CLAIMED] == 1
    nothing_came_twice(now, whole)


# ------------------------------------------------------------------------------------------------------- the stories


async def a_lockdown(campus: Story) -> None:
    """A jammed door, a call for help, a silent room, a second press, an approval, an all-clear by two, three rooms."""
    campus.door("d7").jams()
    campus.phone("Ben").expects_push("LOCKDOWN").replies("safe", after="1s")
    campus.phone("Carla").expects_sms("LOCKDOWN").replies("2", after="2s")
    await campus.insists(lambda: campus.press("front-office", key="first"))
    await campus.advance("3s")
    await campus.insists(lambda: campus.press("north-hall", key="second"))
    await campus.advance("4s")
    campus.door("d7").mends()
    await campus.advance("5s")
    for door in ("d1", "d2", "d7", "d8"):
        campus.door(door).is_secured()
    campus.log.has_task("need_help", "Carla Castillo NEEDS HELP")

    async def approved() -> None:
        if campus.log.steps()["guardians"] == "waiting":
            await campus.person("ada").approves_step("guardians")

    await campus.insists(approved)
    await campus.advance("2s")
    await over(campus)
    campus.signal("strobe-north").is_off()
    campus.speaker("north-rooms").heard("The lockdown has ended")


async def over(campus: Story) -> None:
    """Two give the all-clear, rooms are released, and it closes."""

    async def asked() -> None:
        if campus.row()["state"] == "active":
            await campus.person("kim").asks_all_clear()

    async def approved() -> None:
        if campus.row()["state"] == "active":
            await campus.person("ada").asks_all_clear()

    async def released() -> None:
        if campus.row()["state"] == "releasing":
            await campus.person("lee").releases("r1", "r2", "desk")

    for deed in (asked, approved, released):
        await campus.insists(deed)
        await campus.advance("1s")
    await campus.advance("20s", until=lambda: campus.process.alive and campus.row()["state"] == "closed")
    await campus.advance("5s")
    campus.is_("closed")


ENGLISH = small_school()["contacts/people.csv"].replace(b",es,", b",en,")
AT_ONCE = bend(
    {**QUICK, "contacts/people.csv": ENGLISH},
    "playbooks/lockdown.yaml",
    ("    after: [police]\n    delay: 3s\n", ""),
    ("    approve: [role:principal, role:district]\n", ""),
)
"""Guardians are told with everybody else."""
SLOW_SMS = {**SENDERS, "sms": Sender(channel="twilio", uplink="cellular", rate=2.0)}


async def a_recall(campus: Story) -> None:
    """A slow sender, a claimed mistake, and two people who recall it while most is still waiting."""
    await campus.insists(lambda: campus.press("front-office", key="first"))
    await campus.advance("2s")
    await campus.insists(lambda: campus.person("Ben").says_mistake())
    await campus.advance("1s")

    async def recalled(who: str) -> None:
        if campus.row()["state"] == "active":
            await campus.person(who).asks_recall()

    for who in ("kim", "ada"):
        await campus.insists(lambda who=who: recalled(who))
        await campus.advance("0.5s")
    await campus.advance("30s", until=lambda: campus.process.alive and campus.row()["state"] == "closed")
    await campus.advance("40s")
    campus.is_("closed")
    campus.speaker("north-rooms").heard("called by mistake")
    for door in ("d1", "d2", "d7", "d8"):
        campus.door(door).is_secured()


async def an_upgrade(campus: Story) -> None:
    """A drill that a live hold ends, a secure on top of it, outside held and let go, and an all-clear."""
    await campus.insists(lambda: campus.drill("hold"))
    await campus.advance("1s")
    await campus.insists(lambda: campus.press("north-hold", key="hold"))
    await campus.advance("1s")
    await campus.insists(lambda: campus.press("gate", key="secure"))
    await campus.advance("1s")
    await campus.insists(lambda: campus.person("kim").holds_outside())
    await campus.advance("1s")
    await campus.insists(lambda: campus.person("kim").resumes_outside())
    await campus.advance("2s")
    campus.door("d1").is_secured()
    campus.door("d7").is_unlocked()
    await over(campus)
    assert campus.log.read("open_incidents") == []


async def a_provider_that_hangs(campus: Story) -> None:
    """Everything it took is unknown until it can be asked; then it is found, and nothing goes out again."""
    campus.sender("sms").takes_and_hangs()
    campus.sender("push").takes_and_hangs()
    await campus.insists(lambda: campus.press("front-office", key="first"))
    await campus.advance("3s")
    campus.sender("sms").recovers()
    campus.sender("push").recovers()
    await campus.advance("14s")
    await over(campus)
