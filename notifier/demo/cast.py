"""Who does what in the story, and what is broken: the same for the same seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from notifier.model.people import Person
from notifier.model.site import Site

SEED = 7
LAG = 1.5
"""Seconds that the bolt of the lagging door takes."""
SOON, LATE = (0.8, 4.0), (0.6, 2.0)
"""Seconds after a message, or after the escalation, in which people answer."""
LATE_ROOMS = 3
DEAD_NUMBERS = 2
NO_SUCH_NUMBER = 30005
"""Twilio: unknown destination handset."""
VISITOR = "+15550170000"
HELP_WORDS = ("HELP", "AYUDA")


@dataclass(frozen=True, slots=True)
class Answering:
    """One person's answer."""

    by: str
    """`push`: the link; `sms`: a reply."""
    say: str
    after: float


@dataclass(frozen=True, slots=True)
class Cast:
    jammed: str
    lying: str
    lagging: str
    answers: Mapping[str, Answering]
    """Person to what they answer to the first message."""
    late: Mapping[str, Answering]
    """Those who answer only after somebody outside was told of their silence."""
    need_help: tuple[str, ...]
    late_rooms: tuple[str, ...]
    never_room: str
    """Its people never answer at all."""
    card_room: str
    """Nobody's room: a visitor answers with its card."""
    card: str
    dead_numbers: tuple[str, ...]
    """People whose number does not exist; their mail works."""
    principal: str
    officers: tuple[str, ...]

    @property
    def commander(self) -> str:
        return self.officers[0]


def cast(site: Site, people: Mapping[str, Person], seed: int = SEED) -> Cast:
    """Faults on doors, and an answer for each person on site but those of one room. Raises IndexError if too small."""
    dice = random.Random(seed)
    exterior = [door.id for door in site.doors if door.side == "exterior" and door.commandable]
    interior = [door.id for door in site.doors if door.side == "interior" and door.commandable]
    jammed, lying, lagging = dice.choice(exterior[2:]), dice.choice(interior), dice.choice(exterior[:2])
    principal = next(person.id for person in people.values() if "principal" in person.roles)
    officers = tuple(person.id for person in people.values() if "police" in person.roles)
    staff = [person for person in people.values() if person.on_site and person.room]
    rooms = sorted({person.room for person in staff if person.room} - {people[principal].room})
    silent = dice.sample(rooms, LATE_ROOMS + 1)
    never, late_rooms = silent[0], tuple(sorted(silent[1:]))
    answers: dict[str, Answering] = {}
    late: dict[str, Answering] = {}
    for person in staff:
        if person.room == never:
            continue
        by = dice.choice(("push", "sms"))
        said = Answering(by, "safe" if by == "push" else "1", 0.0)
        if person.room in late_rooms:
            late[person.id] = Answering("sms", "1", round(dice.uniform(*LATE), 2))
        else:
            answers[person.id] = Answering(said.by, said.say, round(dice.uniform(*SOON), 2))
    alone = [
        person.id
        for person in staff
        if person.id in answers and person.id != principal and sum(one.room == person.room for one in staff) == 1
    ]
    need_help = tuple(dice.sample(alone, len(HELP_WORDS)))
    for person_id, word in zip(need_help, HELP_WORDS, strict=True):
        answers[person_id] = Answering("sms", word, answers[person_id].after)
    lived_in = {person.room for person in staff}
    card_room = next(room for room in site.rooms if room.card and room.occupied != "never" and room.id not in lived_in)
    families = [person.id for person in people.values() if "guardians" in person.groups]
    return Cast(
        jammed, lying, lagging, answers, late, need_help, late_rooms, str(never), card_room.id, str(card_room.card),
        tuple(dice.sample(families, DEAD_NUMBERS)), principal, officers,
    )  # fmt: skip
