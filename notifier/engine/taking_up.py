"""Somebody takes what a board shows without a task of its own: a zone's rooms that did not answer, a speaker that did
not say a page, messages that failed. From then on it is a task like any other, with an owner and a history.
"""

from __future__ import annotations

from collections.abc import Mapping

from notifier.engine.closing import Person, incident_row
from notifier.engine.held import Held
from notifier.engine.moves import move_task_body
from notifier.errors import NotFound, Refused
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import IncidentState
from notifier.model.step import TaskKind, TaskState, TaskWord


def take_up_body(
    held: Held, incident: str, kind: str, subject: str, who: Person, now: float, mark: str, to: tuple[str, str] | None
) -> Body[str]:
    """`to`: id and name of the one who is to have it, if that is not `who`. Raises NotFound, Refused."""
    row = yield from incident_row(held.id, incident)
    if row["state"] == IncidentState.CLOSED:
        raise Refused("This response is over; nobody can be given anything of it.", status=409)
    text = _text(held, kind, subject)
    tasks = yield Ask("tasks_of_incident", {"site": held.id, "incident": incident})
    known = next(
        (
            task["id"]
            for task in tasks
            if (task["kind"], task["subject"]) == (kind, subject) and task["state"] != TaskState.DONE
        ),
        None,
    )
    if known is None:
        known = f"{kind}:{incident}:{mark}:{subject}"
        task: Mapping[str, object] = {
            "site": held.id, "id": known, "incident": incident, "kind": kind, "subject": subject, "text": text,
            "state": str(TaskState.OPEN), "owner": None, "owner_name": None, "at": now, "moved_at": None,
        }  # fmt: skip
        data = {"kind": kind, "task": known, "text": text, "by": who.name}
        yield Fact(EventKind.TASK_OPENED, held.id, incident, data, [Row("task", dict(task), new=True)])
    return (yield from move_task_body(held.id, known, TaskWord.TAKE, who.id, who.name, now, to))


def _text(held: Held, kind: str, subject: str) -> str:
    """Raises NotFound for what no board shows."""
    if kind == TaskKind.SILENT_ZONE and subject in held.zone_names:
        return f"{held.zone_names[subject]}: rooms that did not answer."
    if kind == TaskKind.SPEAKER_PAGE and subject in held.speakers:
        return f"{held.speakers[subject].name or subject}: the page was not said there."
    if kind == TaskKind.FAILED_MESSAGES and subject.isdecimal():
        return f"{subject} messages failed."
    raise NotFound(f"There is nothing of the kind {kind!r} called {subject!r} to take.")
