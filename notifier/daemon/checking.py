"""The process that checks files, plans playbooks and compares imports: everything that somebody typed, beside the work.

Run as a module it reads jobs from its standard input and answers on its standard output, one after the other, until
the input ends. It is handed files and what a plan must know of the node, never the store or a secret; it opens nothing
but the drivers' own modules and writes no file. `daemon.checking_child` holds it.

Either way each frame is its length (four bytes, network order), a letter and that many bytes: `J` JSON, `B` bytes as
they are. A job is one `J`, then one `B` for each new file that it names. An answer is any number of `J` and `B`, the
last of which is the `J` with `end`.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, BinaryIO

from notifier import adapters
from notifier.clock import Clock
from notifier.engine.browsers import Browsers
from notifier.engine.desk import Desk
from notifier.engine.held import Gear, Held
from notifier.engine.plan import plan_of
from notifier.errors import Fault, SetupError
from notifier.files.contact_list import Contacts
from notifier.files.contacts import read_contacts
from notifier.files.importing.plan import ImportPlan, written
from notifier.files.importing.school import plan_for
from notifier.files.load import Loaded, load
from notifier.files.positions import read_yaml
from notifier.interfaces import DoorDriver, Tools
from notifier.model.people import Agreement, Person
from notifier.model.settings import Sender

STAND_BACK = 10
"""Niceness: everything that answers people goes first."""
PEOPLE_AT_ONCE = 200
"""People of one frame: the daemon makes them again between two presses."""
SHOWN = 200
"""Rows of each kind that an import names; the numbers say how many there are."""

Files = Mapping[str, bytes]
Job = Mapping[str, Any]
Answer = Iterator[Mapping[str, Any] | bytes]


class Moment(Clock):
    """The time as the daemon reads it."""

    def __init__(self, job: Job) -> None:
        self._now, self._wall = float(job["now"]), datetime.fromisoformat(job["wall"])

    def now(self) -> float:
        return self._now

    def wall(self) -> datetime:
        return self._wall

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError("nothing waits here")


class Known:
    """What is kept from one job to the next: the files themselves, and everybody in them."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self._contacts: tuple[tuple[Any, ...], Contacts] | None = None
        self._loaded: tuple[tuple[Any, ...], Loaded] | None = None

    def contacts(self, named: Mapping[str, str], files: Files, site: str) -> Contacts:
        """Reading a district's people takes seconds, and a draft of a playbook changes none of them."""
        key = (site, *sorted(pair for pair in named.items() if pair[0].startswith("contacts/")))
        if self._contacts is None or self._contacts[0] != key:
            self._contacts = None  # the ones before must not stand in memory beside the new ones
            self._contacts = (key, read_contacts(files, site))
        return self._contacts[1]

    def loaded(self, job: Job, files: Files) -> Loaded:
        """Raises SetupError. The last set is remembered: whoever publishes has looked at it before."""
        key = (json.dumps(job["senders"]), tuple(job["allow"]), *sorted(job["files"].items()))
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = None
            senders = {name: Sender.model_validate(one) for name, one in job["senders"].items()}
            site = read_yaml("site.yaml", files.get("site.yaml", b""))[0]
            name = site.value(("site",)) if site else None
            people = self.contacts(job["files"], files, name) if isinstance(name, str) else None
            self._loaded = (key, load(files, adapters.Installed(), senders, None, job["allow"], people))
        return self._loaded[1]


# ----------------------------------------------------------------------------------------------------------- its jobs


def look(job: Job, files: Files, known: Known) -> Answer:
    """Every fault of a set, and what the playbook in one of its files would do, live and in a drill."""
    path = str(job["path"])
    plans: list[Any] = [None, None]
    loaded = known.loaded(job, files)
    name, written_as, broken = loaded.playbook_in.get(path), None, ""
    if name is not None:
        document, _ = read_yaml(path, files[path])
        written_as = document.data if document is not None else None
        desk = _desk(job, loaded)
        try:
            plans = [plan_of(desk, name, None, drill) for drill in (False, True)]
        except Exception as error:  # noqa: BLE001 a draft may be wrong in ways that nothing that runs can be
            broken = repr(error)
    yield {
        "faults": _told(loaded.faults), "playbook": written_as, "live": plans[0], "drill": plans[1], "broken": broken,
    }  # fmt: skip


def check(job: Job, files: Files, known: Known) -> Answer:
    """Every fault of a set; if there is no error, everybody in it, some in each frame."""
    loaded = known.loaded(job, files)
    if not loaded.errors:
        everybody = list(loaded.people.values())
        for at in range(0, len(everybody), PEOPLE_AT_ONCE):
            yield {"people": [row_of(person) for person in everybody[at : at + PEOPLE_AT_ONCE]]}
    yield {"faults": _told(loaded.faults)}


def bring(job: Job, files: Files, _known: Known) -> Answer:
    """What an import would change, and the file that it would write."""
    options = dict(job["options"])
    options["groups"] = tuple(options.get("groups", ()))
    around = {path: body for path, body in files.items() if path != job["export"]}
    found = plan_for(around, job["name"], files[job["export"]], target=job["target"], **options)
    people = found.people
    yield written(people)
    yield _shortened(found, len(people))


JOBS: Mapping[str, Callable[[Job, Files, Known], Answer]] = {"look": look, "check": check, "bring": bring}


def _desk(job: Job, loaded: Loaded) -> Desk:
    around = job["around"]
    channels: Mapping[str, Any] = {name: _Way(*one) for name, one in around["channels"].items()}
    gear = Gear(
        _drivers(job, around["doors"]),
        {},
        {},
        channels,
        {name: Sender.model_validate(one) for name, one in job["senders"].items()},
    )
    browsers = Browsers({person: {one: f"browser {one}" for one in ids} for person, ids in around["browsers"].items()})
    held = Held(job["version"], loaded.site, loaded.people, loaded.playbooks)
    opted_out = {(kind, address, lane) for kind, address, lane in around["opted_out"]}
    # No link that could be opened: its key is of this process.
    return Desk(
        clock=Moment(job), node=job["node"], gear=gear, link_key=os.urandom(32), public_url=around["public_url"],
        current=held, opted_out=opted_out, browsers=browsers,
    )  # fmt: skip


class _Way:
    """What a plan asks of a channel."""

    def __init__(self, address_kind: str, replies: bool, number: str | None) -> None:
        self.address_kind, self.takes_replies, self.reply_number = address_kind, replies, number


def _drivers(job: Job, kinds: Sequence[str]) -> dict[str, DoorDriver]:
    """The real ones, never opened: what they say of a door's wiring is in its settings."""
    tools = Tools(None, Moment(job), "/")
    return {kind: adapters.door_driver(kind)(tools) for kind in kinds if kind in adapters.known(DoorDriver)}


def _told(faults: tuple[Fault, ...]) -> list[dict[str, Any]]:
    return [asdict(fault) for fault in faults]


def row_of(person: Person) -> list[Any]:
    """A person as JSON; `person_of` reads it."""
    agreed = person.agreement
    return [
        person.id, person.name, person.site, person.room, sorted(person.roles), sorted(person.groups), person.language,
        person.on_site, person.addresses, sorted(person.consent),
        agreed and [agreed.who, agreed.date.isoformat(), agreed.last_tested and agreed.last_tested.isoformat()],
    ]  # fmt: skip


def person_of(row: Sequence[Any]) -> Person:
    name_id, name, site, room, roles, groups, language, on_site, addresses, consent, agreed = row
    agreement = None
    if agreed:
        who, day, tested = agreed
        agreement = Agreement(who, date.fromisoformat(day), date.fromisoformat(tested) if tested else None)
    return Person(
        name_id, name, site, room, frozenset(roles), frozenset(groups), language, on_site, addresses, agreement,
        frozenset(consent),
    )  # fmt: skip


def _shortened(found: ImportPlan, people: int) -> dict[str, Any]:
    noted = [one for one in found.people if one.notes]
    rows = {
        "added": [(one.line, one.name, one.id, one.cells["roles"], one.cells["groups"]) for one in found.added[:SHOWN]],
        "changed": [(one.line, one.name, ", ".join(columns)) for one, columns in found.changed[:SHOWN]],
        "refused": [(one.line, one.name, one.refused) for one in found.refused[:SHOWN]],
        "doubtful": [(one.line, one.name, why) for one, why in found.doubtful[:SHOWN]],
        "noted": [(one.line, one.name, "; ".join(note.rstrip(".") for note in one.notes)) for one in noted[:SHOWN]],
        "gone": [(one,) for one in found.gone[:SHOWN]],
    }
    counts = {name: len(getattr(found, name)) for name in ("added", "changed", "same", "refused", "doubtful", "gone")}
    return {
        "notes": found.notes, "unread": found.unread, "people": people, "rows": rows,
        "counts": {**counts, "noted": len(noted)},
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ its life


def main() -> None:
    os.nice(STAND_BACK)
    memory, files = int(sys.argv[1]), 0
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (files, files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.freeze()
    known = Known()
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    # Nothing that a driver's module prints may come between the answers.
    sys.stdout = sys.stderr
    while (job := _read(jobs)) is not None:
        _allow(float(job["seconds"]))
        try:
            for part in _done(job, jobs, known):
                _say(answers, part)
        except MemoryError:  # what it holds is in pieces now: the next job has a fresh process
            _say(answers, {"failed": "memory", "end": True})
            os._exit(3)


def _done(job: Job, jobs: BinaryIO, known: Known) -> Answer:
    for sha in job["new"]:
        known.bodies[sha] = _bytes(jobs)
    known.bodies = {sha: known.bodies[sha] for sha in job["files"].values()}
    files = {path: known.bodies[sha] for path, sha in job["files"].items()}
    try:
        yield from JOBS[job["job"]](job, files, known)
    except SetupError as error:
        yield {"faults": _told(error.faults), "unusable": True}
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 a fault of ours; the daemon says so and goes on
        yield {"failed": repr(error)[:500]}
    yield {"end": True}


def _allow(seconds: float) -> None:
    """Processor time for this job; the kernel ends the process that takes more (setrlimit(2), RLIMIT_CPU)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, hard))


def _read(jobs: BinaryIO) -> dict[str, Any] | None:
    head = jobs.read(5)
    if len(head) < 5:
        return None
    job: dict[str, Any] = json.loads(jobs.read(int.from_bytes(head[:4], "big")))
    return job


def _bytes(jobs: BinaryIO) -> bytes:
    head = jobs.read(5)
    return jobs.read(int.from_bytes(head[:4], "big"))


def _say(answers: BinaryIO, part: Mapping[str, Any] | bytes) -> None:
    kind, raw = (b"B", part) if isinstance(part, bytes) else (b"J", json.dumps(part).encode())
    answers.write(len(raw).to_bytes(4, "big") + kind + raw)
    answers.flush()


if __name__ == "__main__":
    main()
