"""Messages about what is no incident yet: a press that waits, a veto, a telephone's notice, a drill ahead.

They stand under the id that the incident would get. Written by a timer that is due at once, in the same fact as what
they speak of: they are owed from then on, whatever dies in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.scene import Scene
from notifier.engine.steps.notify import delivery_rows
from notifier.engine.writing import decoded
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import incident_code
from notifier.model.playbook import Notify
from notifier.model.step import Phase, TimerKind, TimerState

STEP = "_notice"
"""Under what messages stand that are no step's."""
OFFICE = ("role:office", "role:principal")
POLICE = ("role:police",)
BY = ("sms", "push", "email")


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told to whom; `%(name)s` is filled with what the moment says."""

    to: tuple[str, ...]
    """Empty: everybody who was told of this before."""
    texts: Mapping[str, str]
    titles: Mapping[str, str]
    """A mail must not be headed by the response that has not begun."""


NOTICES: dict[str, Notice] = {
    "late": Notice(
        OFFICE,
        {
            "en": "{{site}}: a press for {{action}} at {{zone}} by {{presser}} was made %(age)s ago and arrived only "
            "now. It starts in %(wait)s s unless somebody stops it on the board.",
            "es": "{{site}}: una alarma de {{action}} en {{zone}} se hizo hace %(age)s y llega apenas ahora. Empieza "
            "en %(wait)s s si nadie la detiene en el tablero.",
        },
        {"en": "A late press at {{site}}", "es": "Una alarma tardía en {{site}}"},
    ),
    "unverified": Notice(
        (*OFFICE, *POLICE),
        {
            "en": "{{site}}: UNVERIFIED {{action}} at {{zone}}, reported by {{presser}} at {{time}}. It starts by "
            "itself in %(wait)s s unless a named person says on the board that they look, or that there is no danger.",
            "es": "{{site}}: {{action}} SIN VERIFICAR en {{zone}}, avisa {{presser}} a las {{time}}. Empieza sola en "
            "%(wait)s s si nadie dice en el tablero que investiga o que no hay peligro.",
        },
        {"en": "UNVERIFIED: {{action}} at {{site}}?", "es": "SIN VERIFICAR: ¿{{action}} en {{site}}?"},
    ),
    "vetoed": Notice(
        (),
        {
            "en": "{{site}}: no danger, says %(who)s. The unverified {{action}} at {{zone}} of {{time}} was stopped; "
            "nothing was started.",
            "es": "{{site}}: no hay peligro, dice %(who)s. La {{action}} sin verificar en {{zone}} de las {{time}} fue "
            "detenida; no se inició nada.",
        },
        {"en": "No danger at {{site}}", "es": "No hay peligro en {{site}}"},
    ),
    "emergency_call": Notice(
        OFFICE,
        {
            "en": "{{site}}: somebody called 911 from {{zone}} at {{time}} (%(note)s). Nothing was started here.",
            "es": "{{site}}: alguien llamó al 911 desde {{zone}} a las {{time}} (%(note)s). Aquí no se inició nada.",
        },
        {"en": "Somebody called 911 from {{site}}", "es": "Alguien llamó al 911 desde {{site}}"},
    ),
}


def about_id(activation: str) -> str:
    """The id of the incident that this press would open; what is told of it before stands under it."""
    return f"late-{activation}"


def notice_timer(site: str, activation: str, what: str, now: float, **said: str) -> Row:
    """Written with what it speaks of; one of each kind for an activation."""
    values = {"site": site, "id": f"notice:{activation}:{what}", "incident": None, "kind": str(TimerKind.NOTICE)}
    data = {"activation": activation, "what": what, "said": {name: _plain(text) for name, text in said.items()}}
    return Row("timer", {**values, "due": now, "state": str(TimerState.WAITING), "data": data}, new=True)


def notice_body(desk: Desk, timer: Mapping[str, Any], done: Row) -> Body[bool]:
    """False: there is nobody to tell, or nothing left to tell of."""
    site, data = desk.site, timer["data"]
    found = yield Ask("activation_by_id", {"site": site, "id": data["activation"]})
    begun = yield Ask("incident_by_id", {"site": site, "id": about_id(data["activation"])})
    if begun or not found or found[0]["playbook"] not in desk.held.playbooks:
        yield Fact(EventKind.TIMER_FIRED, site, None, {"timer": timer["id"], "moot": True}, [done])
        return False
    about, notice = about_id(data["activation"]), NOTICES[data["what"]]
    to = notice.to
    if not to:
        told = yield Ask("people_told", {"site": site, "incident": about})
        to = tuple(f"person:{row['person']}" for row in told)
    rows, names = notice_rows(
        desk, scene_about(desk, found[0]), to, notice.texts, data["what"], data["said"], notice.titles
    )
    yield Fact(EventKind.NOTICE_SENT, site, about, {"what": data["what"], "told": names}, [done, *rows])
    return bool(rows)


def notice_rows(
    desk: Desk,
    scene: Scene,
    to: tuple[str, ...],
    texts: Mapping[str, str],
    what: str,
    said: Mapping[str, str],
    titles: Mapping[str, str],
) -> tuple[list[Row], list[str]]:
    """Messages and the names of whom they reach."""
    filled = {language: text % said for language, text in texts.items()}
    deed = Notify(to=to or ("person:nobody",), by=BY, message=filled, title=dict(titles))
    # Whoever must know of a drill is told of it, wherever they are: else they would come.
    audience = desk.audience(replace(scene, drill=False), desk.people(scene, deed.to), deed.by, at_once=True)
    rows = delivery_rows(scene, STEP, 0, audience.planned, desk.letters(scene, deed), what)
    return rows, sorted({plan.person.name for plan in audience.planned})


def scene_about(desk: Desk, activation: Mapping[str, Any]) -> Scene:
    """The scene of an incident that is none yet. Its words count as closing ones: they leave while nothing is open,
    and what has not left when the incident does open gives way to the incident's own.
    """
    about = about_id(activation["id"])
    row = {
        "id": about,
        "code": incident_code(about),
        "publication": desk.held.version,
        "drill": activation["drill"],
        "presser": activation["presser"],
        "commander": None,
        "raised_wall": activation["received_wall"],
    }
    return desk.scene(row, 0, Phase.ALL_CLEAR, activation["playbook"], activation["zone"])


def said_of(timer: Mapping[str, Any]) -> Mapping[str, Any]:
    """A timer's data, however the store gave it."""
    data: Mapping[str, Any] = decoded(timer["data"])
    return data


def _plain(text: str) -> str:
    """No field is filled in words that came from outside."""
    return text.replace("{{", "").replace("}}", "")[:120]
