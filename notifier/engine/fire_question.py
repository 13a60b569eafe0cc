"""The fire alarm during a lockdown: it starts nothing by itself, and people are asked "stay or go"."""

from __future__ import annotations

from notifier.engine.desk import Desk
from notifier.engine.notices import notice_rows
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import OPEN, Action
from notifier.model.step import Phase, TaskState

ASKED = ("role:commander", "role:principal", "role:office", "role:police", "role:fire")
TITLE = {"en": "Fire alarm in the {{action}} at {{site}}", "es": "Alarma de incendio durante {{action}} en {{site}}"}
TEXTS = {
    "en": "{{site}}: the FIRE ALARM sounds during the {{action}} since {{time}}. Stay or go? Nothing changes by "
    "itself: the one in command decides and pages it. Incident {{incident}}.",
    "es": "{{site}}: suena la ALARMA DE INCENDIO durante {{action}} desde las {{time}}. ¿Quedarse o salir? Nada cambia "
    "solo: decide quien está al mando. Incidente {{incident}}.",
}


def fire_alarm_body(desk: Desk, on: bool, mark: str) -> Body[bool]:
    """The contact changed; True if somebody is asked. `mark` tells this alarm from another one of the same incident."""
    site, asked = desk.site, False
    rows = yield Ask("open_incidents", {"site": site})
    if not rows:
        yield Fact(EventKind.FIRE_ALARM, site, None, {"on": on})
    for row in rows:
        yield Fact(EventKind.FIRE_ALARM, site, row["id"], {"on": on})
        if row["drill"] or row["action"] != Action.LOCKDOWN or row["state"] not in OPEN:
            continue
        task = {"site": site, "id": f"fire:{row['id']}"}
        known = yield Ask("task_by_id", task)
        if not on:
            if known and known[0]["state"] != TaskState.DONE:
                text = f"{known[0]['text']} The fire alarm is off again."
                gone = Row("task", {**task, "state": str(TaskState.DONE), "text": text, "moved_at": desk.clock.now()})
                yield Fact(EventKind.TASK_MOVED, site, row["id"], {"task": task["id"], "fire_alarm": "off"}, [gone])
            continue
        asked = True
        scene = desk.scene(row, row["run"], Phase.MAIN, row["playbook"], row["zone"])
        messages, names = notice_rows(desk, scene, ASKED, TEXTS, f"fire{mark}", {}, TITLE)
        opened = {
            **task,
            "incident": row["id"],
            "kind": "stay_or_go",
            "subject": row["id"],
            "text": "The fire alarm sounds. Stay or go? Decide, page it, and call the fire department.",
            "state": str(TaskState.OPEN),
            "owner": None,
            "owner_name": None,
            "at": desk.clock.now(),
            "moved_at": None,
        }
        yield Fact(EventKind.STAY_OR_GO, site, row["id"], {"told": names}, [Row("task", opened, new=True), *messages])
    return asked
