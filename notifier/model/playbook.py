"""A playbook: the written response, and the whole vocabulary of its steps on one page."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from notifier.model.delivery import Purpose
from notifier.model.incident import LADDER, Action
from notifier.model.step import Phase
from notifier.model.words import Duration, Identifier, Selector, Texts, Written

DOORS_NOT_SECURED = {
    "en": "{{site}}: NOT secured: {{doors_not_secured}}. {{action}} since {{time}}. Incident {{incident}}.",
    "es": "{{site}}: SIN asegurar: {{doors_not_secured}}. {{action}} desde {{time}}. Incidente {{incident}}.",
}


class Otherwise(Written):
    """Whom to tell when doors are not secured in time."""

    notify: tuple[Selector, ...] = Field(min_length=1)
    by: tuple[str, ...] = ("sms", "push", "email")
    message: Texts = Field(default_factory=lambda: dict(DOORS_NOT_SECURED))


class SecureDoors(Written):
    """Lock doors, read them back, and name the ones that are not proven."""

    doors: tuple[Selector, ...] = Field(min_length=1)
    within: Duration = 5.0
    """Seconds until a door that is not sensed secured is told to a human; it goes on being tried."""
    otherwise: Otherwise | None = None


class RestoreDoors(Written):
    """Bring doors back to the state before the incident; only in `all_clear` (PRODUCT 3, End)."""

    doors: tuple[Selector, ...] = Field(min_length=1)
    within: Duration = 10.0


class Announce(Written):
    """Say a page over speakers."""

    speakers: tuple[Selector, ...] = Field(min_length=1)
    tone: Literal["lockdown", "secure", "hold", "evacuate", "shelter", "medical", "all_clear", "attention", "none"] = (
        "attention"
    )
    say: Texts = Field(default_factory=dict)
    recording: dict[str, str] = Field(default_factory=dict)
    """Language to a WAV file's path in the folder (`recordings/hold_en.wav`); goes before synthesis."""
    times: int = Field(default=1, ge=1, le=10)
    again_every: Duration | None = None

    @model_validator(mode="after")
    def _has_words(self) -> Announce:
        if not self.say and not self.recording:
            raise ValueError("an announcement needs `say` (words) or `recording` (a WAV file per language)")
        return self


class SetSignal(Written):
    """Switch strobes, signs and beacons on; they stay on until the incident closes, then each is switched off."""

    outputs: tuple[Selector, ...] = Field(min_length=1)
    until: Literal["cleared"] = "cleared"


ANSWERS = ("safe", "need_help", "taking_it")


class Notify(Written):
    """Send a message to people."""

    to: tuple[Selector, ...] = Field(min_length=1)
    by: tuple[str, ...] = Field(default=("push", "sms"), min_length=1)
    purpose: Purpose = Purpose.EMERGENCY
    title: Texts = Field(default_factory=dict)
    message: Texts = Field(min_length=1)
    answers: tuple[Identifier, ...] = ()
    """Asked of each person; an SMS reply digit is the place in this list."""


def _need(written: Any) -> Any:
    if isinstance(written, str) and re.fullmatch(r"[0-9]{1,3}%", written) and 1 <= int(written[:-1]) <= 100:
        return written
    if written in ("all", "any") or (isinstance(written, int) and not isinstance(written, bool) and written >= 1):
        return str(written)
    raise ValueError(f'need is "all", "any", a number of people or a percentage like "80%", not {written!r}')


_WRITTEN_NEED = {
    "anyOf": [
        {"enum": ["all", "any"]},
        {"type": "integer", "minimum": 1},
        {"type": "string", "pattern": r"^(100|[1-9][0-9]?)%$"},
    ]
}


class EscalationLevel(Written):
    wait: Duration
    """Seconds after the level before (the first: after the step's messages began)."""
    to: tuple[Selector, ...] = Field(min_length=1)
    by: tuple[str, ...] = Field(default=("sms", "push"), min_length=1)
    message: Texts = Field(default_factory=dict)


class Acknowledge(Written):
    """How many answers are enough, and whom to tell when they do not come."""

    need: Annotated[str, BeforeValidator(_need), WithJsonSchema(_WRITTEN_NEED, mode="validation")] = "all"
    escalate: tuple[EscalationLevel, ...] = ()


DEEDS = ("secure_doors", "restore_doors", "announce", "signal", "notify")


class Step(Written):
    """One deed of a playbook. Everything starts at once; order only where `after` or `delay` says so."""

    id: Identifier
    after: tuple[Identifier, ...] = ()
    """Steps that must be over (finished OR failed) first."""
    delay: Duration = 0.0
    approve: tuple[Selector, ...] = ()
    """Asks the first, adds the next every 2 min; any one releases the step."""
    secure_doors: SecureDoors | None = None
    restore_doors: RestoreDoors | None = None
    announce: Announce | None = None
    signal: SetSignal | None = None
    notify: Notify | None = None
    acknowledge: Acknowledge | None = None

    @model_validator(mode="after")
    def _one_deed(self) -> Step:
        named = [deed for deed in DEEDS if getattr(self, deed) is not None]
        if len(named) != 1:
            said = " and ".join(named) or "none"
            raise ValueError(f"a step does exactly one of {', '.join(DEEDS)}; this one has {said}")
        if self.acknowledge is not None:
            if self.notify is None:
                raise ValueError("`acknowledge` belongs to a step that does `notify`")
            if not self.notify.answers:
                raise ValueError("`acknowledge` needs `answers` in the step's `notify`")
        return self

    @property
    def deed(self) -> str:
        return next(deed for deed in DEEDS if getattr(self, deed) is not None)


class Playbook(Written):
    playbook: Identifier
    title: str
    action: Action
    severity: Literal["extreme", "severe", "moderate", "minor", "unknown"] = "severe"
    urgency: Literal["immediate", "expected", "future", "past", "unknown"] = "immediate"
    certainty: Literal["observed", "likely", "possible", "unlikely", "unknown"] = "observed"
    scope: Literal["site", "zone"] = "site"
    audible: bool = True
    steps: tuple[Step, ...] = Field(min_length=1)
    all_clear: tuple[Step, ...] = Field(min_length=1)
    correction: tuple[Step, ...] = Field(min_length=1)
    drill: bool = False
    """Whether the drill route may start it with doors and outside audiences touched as written; false: drills leave
    doors and outside audiences alone."""

    def phase(self, phase: Phase) -> tuple[Step, ...]:
        lists = {Phase.MAIN: self.steps, Phase.ALL_CLEAR: self.all_clear, Phase.CORRECTION: self.correction}
        return lists[phase]

    def step(self, phase: Phase, step_id: str) -> Step:
        return next(step for step in self.phase(phase) if step.id == step_id)

    @property
    def rung(self) -> int:
        """Its place on the ladder hold < secure < lockdown; 0 for the actions that open beside it."""
        return LADDER.get(self.action, 0)

    @property
    def everyone_at_once(self) -> bool:
        """Severe and extreme: all addresses of a person at once; the rest stops on an answer."""
        return self.severity in ("extreme", "severe")


FIELDS: dict[str, str] = {
    "site": "this site",
    "zone": "the whole site",
    "room": "place not known",
    "action": "response",
    "time": "time not known",
    "presser": "somebody on staff",
    "incident": "no code",
    "link": "",
    "answers": "",
    "silent_rooms": "no room",
    "commander": "nobody yet",
    "doors_not_secured": "no door",
}
"""The closed list of `{{field}}` names, each with the words that stand where its fact is missing."""

FIELD_PATTERN = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")


FIELDS_ES: dict[str, str] = {
    "site": "esta escuela",
    "zone": "toda la escuela",
    "room": "lugar desconocido",
    "action": "respuesta",
    "time": "hora desconocida",
    "presser": "alguien del personal",
    "incident": "sin código",
    "silent_rooms": "ninguna sala",
    "commander": "nadie todavía",
    "doors_not_secured": "ninguna puerta",
}
"""The same in Spanish; a language without its own words gets the English ones."""


def fill(text: str, facts: dict[str, str], language: str = "en") -> str:
    """`text` with each `{{field}}` replaced; a missing fact becomes the field's fallback words in that language."""
    fallback = FIELDS | (FIELDS_ES if language.partition("-")[0] == "es" else {})
    return FIELD_PATTERN.sub(lambda found: facts.get(found[1]) or fallback.get(found[1], ""), text)
