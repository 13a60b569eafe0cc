"""Write a step's messages for people, a chunk at a time, so that a press never waits behind a long list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from notifier.engine.audience import Audience, Planned, outside_of, priority_of
from notifier.engine.compose import Words, compose, message_for
from notifier.engine.scene import Scene
from notifier.model.delivery import DeliveryState, Purpose
from notifier.model.facts import Row
from notifier.model.people import Person
from notifier.model.playbook import Notify, Step
from notifier.model.segments import segments
from notifier.model.step import Phase

LONGEST_LINK = "x" * 70
"""A school's address with /r/ and 24 characters of token."""
CHUNK = 128
"""Deliveries per transaction: 2-3 ms of writing (17 µs a row with its indexes and its share of the event), which is how
long a press may have to wait behind it."""

AFTER_DRILL = {"en": "The drill has ended. REAL: ", "es": "El simulacro ha terminado. REAL: "}


@dataclass(slots=True)
class Letters:
    """The words of one step's messages, one per language and loudness, made once."""

    scene: Scene
    texts: Mapping[str, str]
    titles: Mapping[str, str]
    answers: Sequence[str]
    purpose: Purpose
    with_link: bool
    reply_code: str | None
    facts: Mapping[str, str]
    due: float | None = None
    """Steady time until which they wait, for routine messages in quiet hours."""
    made: dict[tuple[str, bool], tuple[Words, int, str]] = field(default_factory=dict)

    def for_person(self, person: Person) -> tuple[Words, int, str]:
        """(words, SMS segments, the words' id)."""
        quiet = self.scene.playbook.action == "lockdown" and not self.scene.drill and person.on_site
        key = (person.language, quiet)
        if key not in self.made:
            lead = ""
            if self.scene.after_drill and self.scene.phase is Phase.MAIN:
                lead = AFTER_DRILL.get(person.language.partition("-")[0], AFTER_DRILL["en"])
            words = compose(
                self.texts,
                self.titles,
                person.language,
                self.facts,
                answers=self.answers,
                with_link=self.with_link,
                reply_code=self.reply_code,
                purpose=self.purpose,
                drill=self.scene.drill,
                severity=self.scene.playbook.severity,
                action=str(self.scene.playbook.action),
                quiet=quiet,
                lead=lead,
            )
            # counted as it leaves, with a drill's stamps and the longest link, so that no sender's rate is overrun
            size = segments(message_for(words, LONGEST_LINK, "").sms_text())
            self.made[key] = (words, size, words.id)
        return self.made[key]


def letters_for(scene: Scene, deed: Notify, public_url: str | None, reply_code: str | None, **facts: str) -> Letters:
    return Letters(
        scene,
        deed.message,
        deed.title,
        deed.answers,
        purpose_of(scene, deed),
        with_link=public_url is not None and bool(deed.answers),
        reply_code=reply_code,
        facts=scene.facts(**facts),
    )


def purpose_of(scene: Scene, deed: Notify) -> Purpose:
    """A drill is a drill whatever the file says; what ends a response is an emergency too (PRODUCT 5, purpose)."""
    if scene.drill:
        return Purpose.DRILL
    return deed.purpose if scene.phase is Phase.MAIN else Purpose.EMERGENCY


def delivery_rows(
    scene: Scene, step_id: str, level: int, planned: Sequence[Planned], letters: Letters, mark: str = ""
) -> list[Row]:
    """One queued row per address, and the words they share. `mark` tells messages of one level apart (typed ones)."""
    rows: list[Row] = []
    worded: set[str] = set()
    due = scene.now if letters.due is None else max(scene.now, letters.due)
    shared = {
        "site": scene.site,
        "incident": scene.incident,
        "run": scene.run,
        "phase": str(scene.phase),
        "step": step_id,
        "level": level,
        "state": str(DeliveryState.QUEUED),
        "due": due,
        "made_at": due,
        "attempt": 0,
        "node": None,
        "ref": None,
        "reason": None,
        "detail": None,
        "at": None,
    }
    for plan in planned:
        words, size, words_id = letters.for_person(plan.person)
        if words_id not in worded:
            worded.add(words_id)
            kept = {
                "site": scene.site,
                "id": words_id,
                "incident": scene.incident,
                "language": words.language,
                "body": words.as_row(),
            }
            rows.insert(len(worded) - 1, Row("words", kept, new=True))
        own = {
            "id": delivery_id(
                scene, step_id, level, plan.person.id, f"{plan.kind}{plan.mark and '-'}{plan.mark}", mark
            ),
            "person": plan.person.id,
            "kind": plan.kind,
            "address": plan.address,
            "rank": plan.rank,
            "lane": plan.lane,
            "priority": priority_of(
                plan.person, escalation=level > 0, drill=scene.drill, routine=letters.purpose is Purpose.ROUTINE
            ),
            "outside": outside_of(plan.person),
            "segments": size if plan.kind == "sms" else 1,
            "language": words.language,
            "words": words_id,
        }
        rows.append(Row("delivery", shared | own, new=True))
    return rows


def _kind_of(plan: Planned) -> str:
    return f"{plan.kind}-{plan.mark}" if plan.mark else plan.kind


def delivery_id(scene: Scene, step_id: str, level: int, person: str, kind: str, mark: str = "") -> str:
    """The same step, level, person and address kind is the same delivery, however often it is written."""
    return f"{scene.incident}.{scene.run}.{scene.phase[0]}.{step_id}.{level}{mark}.{person}.{kind}"


def facts_of(audience: Audience) -> dict[str, object]:
    """What the log keeps of how the audience was found."""
    return {
        "deliveries": len(audience.planned),
        "unreachable": audience.unreachable,
        "opted_out": [list(pair) for pair in audience.opted_out],
        **({"left_out": audience.left_out} if audience.left_out else {}),
    }


def is_first_wave(step: Step) -> bool:
    return step.notify is not None and not step.after and not step.delay and not step.approve
