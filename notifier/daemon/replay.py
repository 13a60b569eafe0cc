"""`log replay`: one incident told again from the record, and each of its decisions made once more by today's code.

The record is read event by event into tables of its own. Before the rows of a decision are put there, the decision is
made again from what the tables say, and both are compared. Reads only; docs/explanation/replay.md says what is not
decided again, and why.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from notifier import adapters
from notifier.clock import Clock
from notifier.daemon.differing import differences
from notifier.engine.deciding_again import TIMERS, again, decided_at
from notifier.engine.desk import Desk
from notifier.engine.held import Gear, Held
from notifier.engine.publishing import files_of
from notifier.engine.telling import tell
from notifier.errors import LedgerError, NotFound, NotifierError
from notifier.files.load import load
from notifier.ledger.chain import rows_of_batches
from notifier.ledger.history import History, Told
from notifier.ledger.named_queries import find, load_queries
from notifier.ledger.rows import apply_batches, batches, write
from notifier.ledger.standby import empty
from notifier.ledger.writer import rows_of
from notifier.model.delivery import Purpose
from notifier.model.events import AGAIN, AUDIT_ONLY, MEMORY_MARK, EventKind
from notifier.model.facts import Body, Event, Fact

SAME, DIFFERS, KNOWN = "same", "differs", "known"
MOST_FACTS = 8
"""Events that one decision leaves at most: a press that upgrades and overtakes drills."""


class StoppedClock(Clock):
    """Stands at the moment of the event that is looked at."""

    def __init__(self) -> None:
        self.at, self.wall_at = 0.0, datetime.fromisoformat("1970-01-01T00:00:00+00:00")

    def now(self) -> float:
        return self.at

    def wall(self) -> datetime:
        return self.wall_at

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError("nothing waits in a replay")


class RecordedGear(Gear):
    """Senders as far as the record names them: which there were, not how they were set up."""

    def __init__(self, lanes: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self._lanes = lanes

    def senders_for(self, kind: str, purpose: Purpose | None = None) -> tuple[str, ...]:
        return tuple(self._lanes.get(kind, ()))


@dataclass(slots=True)
class Replay:
    """What came of it."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    """Each `event` (node:n), `at`, `after` (seconds since the first), `wall`, `kind`, `text`, `known` (in words),
    `verdict` (same, differs, known), `differences` (in words)."""
    faults: list[str] = field(default_factory=list)
    """What of the chain does not hold."""

    def shown(self) -> dict[str, Any]:
        counts = Counter(step["verdict"] for step in self.steps)
        told = {word: counts.get(word, 0) for word in (SAME, DIFFERS, KNOWN)}
        return {"items": self.steps, "next": None, "faults": self.faults, "counts": told}


def replay(path: Path, incident: str) -> dict[str, Any]:
    """Replay an incident (its id, the beginning of one, or its code) of the store in the file `path`.

    Raises LedgerError if there is no such store, NotFound if no single incident is meant.
    """
    if not path.is_file():
        raise LedgerError(f"There is no store at {path}.")
    try:
        with closing(sqlite3.connect("", isolation_level=None, uri=True)) as db:
            db.execute("attach ? as store", (f"{path.resolve().as_uri()}?mode=ro",))
            db.execute("begin")
            site, whole = _meant(db, incident)
            return _Replayer(db, site, whole).run().shown()
    except sqlite3.Error as error:
        raise LedgerError(
            f"{path} cannot be read as a store: {error}. A replay needs the store itself, state/ledger.sqlite or the "
            "one in a backup; what `log export` writes is for people and other programs."
        ) from error


def _meant(db: sqlite3.Connection, said: str) -> tuple[str, str]:
    asked = (
        "select site, id from store.incident where id = ?1 or code = upper(?1) or id like ?1 || '%' order by raised_at"
    )
    found = db.execute(asked, (said.replace("%", "").replace("_", ""),)).fetchall()
    if len(found) != 1:
        names = ", ".join(each[1] for each in found[:5])
        what = f"{said} may mean {len(found)} incidents: {names}. Type more of the id." if found else ""
        raise NotFound(what or f"There is no incident {said} in this record.")
    return found[0][0], found[0][1]


class _Replayer:
    def __init__(self, store: sqlite3.Connection, site: str, incident: str) -> None:
        self._store, self._site, self._incident = store, site, incident
        self._presses = {row[0] for row in store.execute(
            "select id from store.activation where site = ? and incident = ?", (site, incident)
        )}  # fmt: skip
        lanes: dict[str, list[str]] = {}
        for kind, lane in store.execute("select distinct kind, lane from store.delivery where site = ?", (site,)):
            lanes.setdefault(kind, []).append(lane)
        self._clock = StoppedClock()
        self._desk = Desk(self._clock, "", RecordedGear(lanes), b"replay", earlier=self._held)
        self._queries = load_queries()
        self._db = empty()
        self._done = Replay()
        self._agreed: set[tuple[str, int]] = set()
        """Events to come that were compared already, with the decision that wrote them too."""
        self._again: dict[tuple[str, int], str] = {}
        """Events that say once more what a late commit had said already, to the name of that one."""

    def run(self) -> Replay:
        with closing(self._db):
            waiting: list[Event] = []
            for event in self._events():
                waiting.append(event)
                if len(waiting) > MOST_FACTS:
                    self._take(waiting)
            while waiting:
                self._take(waiting)
        return self._done

    def _events(self) -> Iterator[Event]:
        for told in History(self._store, self._done.faults.append).read():
            try:
                yield _event(told, *self._walls(told))
            except ValueError:
                self._done.faults.append(f"{told.name} is of a kind that this version does not know: {told.kind}.")

    def _walls(self, told: Told) -> tuple[str]:
        asked = "select wall from store.event where node = ? and n = ?"
        return (str(self._store.execute(asked, (told.node, told.n)).fetchone()[0]),)

    def _take(self, waiting: list[Event]) -> None:
        """The first of those that wait: shown and decided again if it is this incident's, then believed."""
        event = waiting[0]
        if event.site == self._site and self._is_ours(event):
            self._show(event, waiting)
        self._believe(waiting.pop(0))

    def _is_ours(self, event: Event) -> bool:
        if event.kind in AUDIT_ONLY:
            return False
        if event.incident is not None:
            return event.incident == self._incident
        return any(row.table == "activation" and row.values["id"] in self._presses for row in event.rows)

    # --------------------------------------------------------------------------------------------------- the tables

    def _believe(self, event: Event) -> None:
        """Whatever today's code thinks: what was recorded is what happened."""
        for new, table, columns, cells in batches(event.rows):
            try:
                write(self._db, new, table, tuple(columns), cells)
            except Exception as error:  # noqa: BLE001 -- a forged event may hold anything at all
                self._done.faults.append(f"Event {event.n} of {event.node} has rows '{table}' does not take: {error}.")
        if event.kind is EventKind.FIRE_ALARM:
            self._desk.fire_alarm = bool(event.data.get("on"))
        if event.kind is EventKind.PUBLISHED and event.site == self._site:
            self._desk.current = self._desk.held_of[event.data["version"]] = self._held(event.data["version"])
        if event.kind is EventKind.MERGED:
            said = event.data.get(AGAIN, ())
            self._again |= {(event.data["node"], n): f"{event.node}:{late}" for late, n in said}
        self._desk.learn([event])

    def _held(self, version: int) -> Held:
        held = self._desk.held_of.get(version)
        if held is not None:
            return held
        rows = self._read("publication_by_version", site=self._site, version=version)
        if not rows:
            raise NotFound(f"Publication {version} is not in the record.")
        files = files_of(rows[0], self._read("documents", site=self._site))
        loaded = load(files, adapters.Installed(), {})
        return Held(version, loaded.site, loaded.people, loaded.playbooks, {})

    def _read(self, query: str, **args: Any) -> Any:
        return rows_of(self._db, find(self._queries, query), args)

    # ------------------------------------------------------------------------------------------------ deciding again

    def _show(self, event: Event, waiting: Sequence[Event]) -> None:
        first = self._done.steps[0]["at"] if self._done.steps else event.at
        step = {
            "event": f"{event.node}:{event.n}",
            "at": event.at,
            "after": round(event.at - first, 3),
            "wall": event.wall,
            "kind": str(event.kind),
            "text": tell(event.kind, event.data, self._desk.current),
            "verdict": KNOWN,
            "differences": [],
            "known": "",
        }
        if (event.node, event.n) in self._agreed:
            step["verdict"] = SAME
        elif (late := self._again.get((event.node, event.n))) is not None:
            step["text"] = f"{step['text']} (The same as {late}, which was committed late; it happened once.)"
        else:
            self._decide(event, [each for each in waiting if each.node == event.node], step)
        self._done.steps.append(step)

    def _decide(self, event: Event, waiting: Sequence[Event], step: dict[str, Any]) -> None:
        self._clock.at, self._clock.wall_at = decided_at(event), datetime.fromisoformat(event.wall)
        self._desk.node = event.node.partition(MEMORY_MARK)[0]
        try:
            if not self._timer_is_ours(event):
                return
            body = again(self._desk, event, waiting[1] if len(waiting) > 1 else None)
            if body is None:
                return
            step["known"] = self._picture()
            found = self._facts(body)
        except NotifierError as error:
            step["verdict"], step["differences"] = DIFFERS, [f"today's code refuses it: {error}"]
            return
        except Exception as error:  # noqa: BLE001 -- whatever today's code trips over is what the reader wants to know
            step["verdict"], step["differences"] = DIFFERS, [f"today's code fails at it: {error!r}"]
            return
        while len(found) > 1 and found[0].kind is EventKind.UNVERIFIED_MOVED and event.kind is not found[0].kind:
            found.pop(0)  # told by the event before this one, of the same decision
        texts: list[str] = []
        if not found:
            texts.append("today's code decides nothing here")
        for fact, recorded in zip(found, waiting, strict=False):
            texts += differences(fact, recorded)
        if len(found) > len(waiting):
            texts.append(f"today's code goes on with: {found[len(waiting)].kind.sentence}")
        step["verdict"], step["differences"] = (DIFFERS if texts else SAME), texts
        if not texts:
            self._agreed.update((each.node, each.n) for each in waiting[1 : len(found)])

    def _timer_is_ours(self, event: Event) -> bool:
        for row in event.rows:
            if row.table == "timer" and row.values.get("state") == "fired":
                known = self._read("lock_timer", site=event.site, id=row.values["id"])
                return not known or known[0]["kind"] in TIMERS
        return True

    def _facts(self, body: Body[Any]) -> list[Fact]:
        """What the body would write from the tables as they stand; nothing of it stays."""
        found: list[Fact] = []
        ask = partial(rows_of, self._db)
        self._db.execute("savepoint again")
        try:
            asked = next(body)
            while True:
                if isinstance(asked, Fact):
                    found.append(asked)
                    apply_batches(self._db, batches(asked.rows))
                    asked = body.send(())
                else:
                    asked = body.send(ask(find(self._queries, asked.query), asked.args))
        except StopIteration:
            return found
        finally:
            body.close()
            self._db.execute("rollback to again")
            self._db.execute("release again")

    def _picture(self) -> str:
        """What was known at this moment, in numbers."""
        rows = self._read("incident_by_id", site=self._site, id=self._incident)
        if not rows:
            return "no incident yet"
        counts: Counter[str] = Counter()
        for each in self._read("steps_of_incident", site=self._site, incident=self._incident):
            counts[each["state"]] += 1
        doors = self._read("doors_of_site", site=self._site)
        secured = sum(door["lock"] == "secured" for door in doors)
        answers = self._read("answers_of_incident", site=self._site, incident=self._incident)
        people = len({each["person"] for each in answers if each["person"]})
        steps = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        return f"{rows[0]['state']}; steps {steps}; {secured} of {len(doors)} doors secured; {people} people answered"


def _event(told: Told, wall: str) -> Event:
    rows = rows_of_batches(told.batches)
    kind = EventKind(told.kind)
    return Event(told.node, told.n, told.at, wall, kind, told.site, told.incident, told.data or {}, rows)
