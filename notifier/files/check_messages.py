"""Every text of every playbook: what it says, what it must not say, how long it gets, who can read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from notifier.errors import Fault
from notifier.files import message_words as words
from notifier.files import rules
from notifier.files.check_playbooks import LISTS
from notifier.files.positions import Document, Path
from notifier.files.reading import Reading
from notifier.files.rules import Rule
from notifier.model.delivery import Purpose
from notifier.model.people import Person
from notifier.model.playbook import FIELDS, Playbook, Step, fill
from notifier.model.segments import UCS2, encoding_of, first_foreign, segments
from notifier.model.site import Site
from notifier.model.step import Phase

MOST_INSIDE, MOST_OUTSIDE = 1, 3
"""SMS segments. One for phones that may be read in a hiding place; three are 459 letters, as much as people read."""
INSIDE_FIELDS = frozenset({"zone", "room"})
TOKEN_LETTERS = 22
"""128 bits in base64url: an answer link is the public address, `/r/` and so many letters."""


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one message, where they stand, and for whom they are."""

    document: Document
    path: Path
    texts: Mapping[str, str]
    audience: tuple[Person, ...] = ()
    sms: bool = False
    first: bool = False
    """The first message of a response to these people: what the linter judges whole."""
    closing: bool = False
    answers: Sequence[str] = field(default=())

    @property
    def inside(self) -> bool:
        return any(person.on_site for person in self.audience)

    def say(self, rule: Rule, language: str, text: str, advice: str) -> Fault:
        return rule.at(self.document, (*self.path, language), text, advice)


def check_messages(reading: Reading) -> list[Fault]:
    faults: list[Fault] = []
    for name, playbook in reading.playbooks.items():
        document = reading.documents[name]
        for phase, part in LISTS.items():
            for index, step in enumerate(playbook.phase(phase)):
                at: Path = (part, index)
                for message in _messages(reading, phase, step, document, at):
                    faults += _must_not(reading, message)
                    faults += _readable(message, reading, playbook)
                    faults += _complete(message, reading, playbook)
                faults += _titles(reading, step, document, at)
                faults += _page(reading, step, document, at)
    return faults


def _messages(reading: Reading, phase: Phase, step: Step, document: Document, at: Path) -> Iterator[Words]:
    people = reading.contacts.people

    def who(selectors: Sequence[str]) -> tuple[Person, ...]:
        return tuple(people[one] for one in reading.people_of(selectors).ids)

    if step.notify is not None:
        notify = step.notify
        emergency = notify.purpose is Purpose.EMERGENCY
        yield Words(
            document,
            (*at, "notify", "message"),
            notify.message,
            who(notify.to),
            sms="sms" in notify.by,
            first=phase is Phase.MAIN and emergency,
            closing=phase is not Phase.MAIN,
            answers=notify.answers,
        )
    for index, level in enumerate(step.acknowledge.escalate if step.acknowledge else ()):
        path: Path = (*at, "acknowledge", "escalate", index, "message")
        yield Words(document, path, level.message, who(level.to), sms="sms" in level.by)
    if step.secure_doors is not None and step.secure_doors.otherwise is not None:
        other = step.secure_doors.otherwise
        path = (*at, "secure_doors", "otherwise", "message")
        if path in document.values:  # the default text is ours, and its length no author's business
            yield Words(document, path, other.message, who(other.notify), sms="sms" in other.by)


# -------------------------------------------------------------------------------------------- what it must not say


def _must_not(reading: Reading, message: Words) -> Iterator[Fault]:
    for language, text in message.texts.items():
        yield from _text(message, language, text)
        if "link" in words.fields_in(text) and reading.site.public_url is None:
            why = "{{link}} cannot be opened by phones outside: the site has no public_url."
            advice = "Remove it (answers come by reply), or set public_url in the site file."
            yield message.say(rules.MESSAGE_LINK, language, why, advice)


def _text(message: Words, language: str, text: str) -> Iterator[Fault]:
    if not text.strip():
        yield message.say(rules.MESSAGE_EMPTY, language, "This text is empty.", "Write it, or remove the language.")
    for written in words.unknown_fields(text):
        meant = words.field_meant(written)
        advice = f"Did you mean `{meant}`?" if meant else f"Fields are: {', '.join(FIELDS)}."
        yield message.say(rules.MESSAGE_FIELD, language, f"`{written[:40]}` is no field.", advice)
    if said := words.says_not_a_drill(text):
        yield message.say(
            rules.MESSAGE_DRILL, language, f"The text says `{said}`.", "Remove it; only a drill says what it is."
        )
    elif said := words.drill_word(text):
        advice = "Remove it; in a drill the word is put on every part of every message by itself."
        yield message.say(
            rules.MESSAGE_DRILL, language, f"`{said}` stands in a text that is sent when it is real.", advice
        )
    if said := words.opens_a_door(text):
        advice = "Say what to wait for; people come to each room."
        yield message.say(rules.MESSAGE_DOOR, language, f"`{said}` tells people to open a door.", advice)


def _titles(reading: Reading, step: Step, document: Document, at: Path) -> Iterator[Fault]:
    if step.notify is not None and step.notify.title:
        yield from _must_not(reading, Words(document, (*at, "notify", "title"), step.notify.title))


def _page(reading: Reading, step: Step, document: Document, at: Path) -> Iterator[Fault]:
    if step.announce is None:
        return
    page = Words(document, (*at, "announce", "say"), step.announce.say)
    for language, text in page.texts.items():
        for fault in _text(page, language, text):
            if fault.rule != rules.MESSAGE_FIELD.name:
                yield fault
        if "{{" in text or "}}" in text:
            why = "A page cannot have fields: its audio is made when the playbook is published."
            yield page.say(rules.PAGE_FIELD, language, why, "Write the words out.")
    said = {language.partition("-")[0] for language in (*step.announce.say, *step.announce.recording)}
    for language in reading.site.languages:
        if language.partition("-")[0] not in said:
            why = f"The page is not said in `{language}`, a language of the site."
            yield rules.PAGE_LANGUAGE.at(document, (*at, "announce"), why, f"Add {language}: under say or recording.")


# ----------------------------------------------------------------------------------------- who can read it, how long


def _readable(message: Words, reading: Reading, playbook: Playbook) -> Iterator[Fault]:
    have = {language.partition("-")[0] for language in message.texts}
    if message.texts:
        missing = Counter(
            person.language for person in message.audience if person.language.partition("-")[0] not in have
        )
        for language, count in sorted(missing.items()):
            why = f"{count} {'person reads' if count == 1 else 'people read'} `{language}`, and there is no such text."
            yield rules.MESSAGE_LANGUAGE.at(message.document, message.path, why, f"Add {language}:")
    if not message.sms:
        return
    most = MOST_INSIDE if message.inside else MOST_OUTSIDE
    for language, text in message.texts.items():
        filled = fill(text, sample_facts(reading.site, playbook, message.answers))
        if (count := segments(filled)) > most:
            why = f"As an SMS this takes about {count} segments ({len(filled)} letters); {most} is the aim here."
            advice = "Shorten it."
            if encoding_of(filled) == UCS2:
                odd = first_foreign(filled)
                advice = (
                    f"Shorten it, or write it without `{odd}`, which leaves 70 letters for a segment instead of 160."
                )
            yield message.say(rules.MESSAGE_LONG, language, why, advice)


def sample_facts(site: Site, playbook: Playbook, answers: Sequence[str]) -> dict[str, str]:
    """Facts of likely length, to measure a message with: the longest names the site has.

    Letters outside GSM-7 are replaced: what they cost is said once, of the name, and not of each message.
    """
    zones = [zone.name or zone.id for zone in site.zones]
    rooms = [room.name or room.id for room in site.rooms]
    doors = [door.title for door in site.doors]
    asked = ", ".join(f"{place} {answer.replace('_', ' ')}" for place, answer in enumerate(answers, 1))
    facts = {
        "site": site.name,
        "zone": max(zones, key=len, default=FIELDS["zone"]),
        "room": max(rooms, key=len, default=FIELDS["room"]),
        "action": playbook.title,
        "time": "10:42",
        "presser": "front office",
        "incident": "ACDE",
        "link": f"{site.public_url}/r/{'x' * TOKEN_LETTERS}" if site.public_url else "",
        "answers": f"Reply {asked}." if asked else "",
        "silent_rooms": ", ".join(rooms[:3]),
        "commander": "Ada Lopez",
        "doors_not_secured": ", ".join(doors[:2]),
    }
    return {name: "".join("x" if first_foreign(ch) else ch for ch in fact) for name, fact in facts.items()}


# --------------------------------------------------------------------------------------------- what it should say


def _complete(message: Words, reading: Reading, playbook: Playbook) -> Iterator[Fault]:
    site = reading.site
    for language, text in message.texts.items():
        if not text.strip():
            continue
        fields, bare = words.fields_in(text), words.plain(text)
        if (message.first or message.closing) and not ("site" in fields or words.plain(site.name) in bare):
            yield message.say(rules.MESSAGE_SOURCE, language, "The text does not say who sends it.", "Add {{site}}.")
        if message.closing and "incident" not in fields:
            yield message.say(
                rules.MESSAGE_INCIDENT, language, "The text does not name the incident.", "Add {{incident}}."
            )
        if not message.first:
            continue
        if not words.says_what(text, playbook.action.value, playbook.title):
            advice = f"Add {{{{action}}}} or the word {playbook.title}."
            yield message.say(rules.MESSAGE_WHAT, language, "The text does not say what happens.", advice)
        if message.inside and not fields & INSIDE_FIELDS and not _names_place(bare, site):
            yield message.say(
                rules.MESSAGE_PLACE, language, "The text does not say where.", "Add {{zone}} or {{room}}."
            )
        if not words.says_time(text):
            yield message.say(rules.MESSAGE_TIME, language, "The text does not say when.", "Add {{time}}.")
        if not words.gives_guidance(text, language):
            advice = "Say it in a verb: lock, stay, go to, wait, call, keep away."
            yield message.say(rules.MESSAGE_GUIDANCE, language, "The text does not say what to do.", advice)


def _names_place(bare: str, site: Site) -> bool:
    named = (*(zone.name for zone in site.zones), *(room.name for room in site.rooms))
    return any(name and words.plain(name) in bare for name in named)
