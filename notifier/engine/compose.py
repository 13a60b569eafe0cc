"""From a playbook's texts to the words that are kept with an incident, and from those to one person's message. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from notifier.model.delivery import Purpose
from notifier.model.message import Message
from notifier.model.playbook import FIELD_PATTERN, fill
from notifier.model.words import text_in

LINK = "{{link}}"
"""Stays in kept words: it is another one for each person."""

NOT_KNOWN_YET = "\x00not known yet"
"""Stands for words that each language says in its own way."""
SAID = {NOT_KNOWN_YET: {"en": "not known yet, locking now", "es": "aún no se sabe, cerrando ahora"}}

REPLY = {
    "en": ("Reply {}", {"safe": "{} SAFE", "need_help": "{} NEED HELP", "taking_it": "{} I AM ON IT"}),
    "es": ("Responda {}", {"safe": "{} A SALVO", "need_help": "{} NECESITO AYUDA", "taking_it": "{} ME ENCARGO"}),
}
BY_LINK = {"en": "Answer by the link.", "es": "Responda por el enlace."}
TO_NUMBER = {"en": ("Reply {}.", "Text {} to {}."), "es": ("Responda {}.", "Envíe {} al {}.")}
"""How a reply line begins and ends, and how the same choices are asked for at another number."""


@dataclass(frozen=True, slots=True)
class Words:
    """One message in one language, as kept: every field filled but the personal link."""

    title: str
    text: str
    language: str
    purpose: Purpose
    drill: bool
    severity: str
    action: str
    incident: str
    answers: tuple[str, ...] = ()
    quiet: bool = False

    @property
    def id(self) -> str:
        """The same words have the same id, so that thousands of deliveries share one row."""
        raw = "\x00".join(
            (
                self.title,
                self.text,
                self.language,
                self.purpose,
                str(self.drill),
                self.incident,
                ",".join(self.answers),
                str(self.quiet),
            )
        )
        return hashlib.sha256(raw.encode()).hexdigest()[:24]

    def as_row(self) -> dict[str, object]:
        return {
            "title": self.title,
            "text": self.text,
            "language": self.language,
            "purpose": str(self.purpose),
            "drill": self.drill,
            "severity": self.severity,
            "action": self.action,
            "incident": self.incident,
            "answers": list(self.answers),
            "quiet": self.quiet,
        }

    @classmethod
    def from_row(cls, kept: Mapping[str, object]) -> Words:
        values = dict(kept)
        values["purpose"] = Purpose(str(values["purpose"]))
        answers = values["answers"]
        values["answers"] = tuple(answers) if isinstance(answers, list) else ()
        return cls(**values)  # type: ignore[arg-type]  # written by as_row, read back from JSON


def reply_line(language: str, answers: Sequence[str], code: str | None) -> str:
    """Such as 'Reply 1 SAFE, 2 NEED HELP'; with the incident's code before the digit when two incidents are live."""
    lead, names = REPLY.get(language.partition("-")[0], REPLY["en"])
    prefix = f"{code} " if code else ""
    choices = [
        names.get(answer, "{} " + answer.replace("_", " ")).format(f"{prefix}{place}")
        for place, answer in enumerate(answers, 1)
    ]
    return lead.format(", ".join(choices)) + "."


def compose(
    texts: Mapping[str, str],
    titles: Mapping[str, str],
    language: str,
    facts: Mapping[str, str],
    *,
    answers: Sequence[str] = (),
    with_link: bool = False,
    reply_code: str | None = None,
    purpose: Purpose = Purpose.EMERGENCY,
    drill: bool = False,
    severity: str = "severe",
    action: str = "other",
    quiet: bool = False,
    lead: str = "",
) -> Words:
    """The kept words for one language. Unasked, an answerable text gets its reply line and its link at the end."""
    spoken, text = text_in(dict(texts), language)
    base = spoken.partition("-")[0]
    filled = {name: SAID[fact].get(base, SAID[fact]["en"]) if fact in SAID else fact for name, fact in facts.items()}
    filled["answers"] = reply_line(spoken, answers, reply_code) if answers else ""
    asks_where = {found[1] for found in FIELD_PATTERN.finditer(text)}
    if with_link:
        filled["link"] = LINK
    text = lead + fill(text, filled, spoken)
    if answers and "answers" not in asks_where:
        text = f"{text.rstrip()} {filled['answers']}"
    if with_link and answers and "link" not in asks_where:
        text = f"{text.rstrip()} {LINK}"
    title = fill(text_in(dict(titles), language)[1], filled, spoken) if titles else f"{facts.get('action', 'Alert')}"
    return Words(
        title=title,
        text=text,
        language=spoken,
        purpose=purpose,
        drill=drill,
        severity=severity,
        action=action,
        incident=facts.get("incident", ""),
        answers=tuple(answers),
        quiet=quiet,
    )


def message_for(words: Words, link: str, delivery: str, *, heard: bool = True, number: str | None = None) -> Message:
    """One person's message; a drill's stamp is put on by the message itself.

    `heard`: whether its sender takes replies. If not, nobody is asked to reply to it: they are led to the link, else
    to `number`, where another sender of ours takes them, else nowhere.
    """
    text = words.text if heard or not words.answers else _answered_elsewhere(words, bool(link), number)
    return Message(
        title=words.title,
        text=text.replace(LINK, link).rstrip() if LINK in text else text,
        language=words.language,
        purpose=words.purpose,
        drill=words.drill,
        severity=words.severity,
        action=words.action,
        incident=words.incident,
        link=link,
        answers=words.answers,
        quiet=words.quiet,
        collapse=delivery,
    )


def _answered_elsewhere(words: Words, has_link: bool, number: str | None) -> str:
    base = words.language.partition("-")[0]
    here, there = TO_NUMBER.get(base, TO_NUMBER["en"])
    text = words.text
    for code in (words.incident, None):
        line = reply_line(words.language, words.answers, code)
        if line not in text:
            continue
        if has_link:
            instead = BY_LINK.get(base, BY_LINK["en"])
        elif number is not None:
            instead = there.format(line.removeprefix(here.partition("{}")[0]).removesuffix("."), number)
        else:
            instead = ""
        text = text.replace(f" {line}", f" {instead}".rstrip()).replace(line, instead)
    return text
