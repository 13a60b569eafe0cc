"""A reply, tap or card: who, for which incident, what. Reading is pure; recording is one body."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.engine.deliveries import stop_body
from notifier.model.delivery import DeliveryWord
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import CODE_ALPHABET, RoomState, RoomWord, move_room
from notifier.model.states import State
from notifier.model.step import TaskState

NEED_HELP = "need_help"
CALLS = frozenset({"help", "ayuda", "sos", "911", "112", "999", "socorro", "auxilio"})
"""Each of these means need help wherever it stands in a text."""
HELP_WORDS = CALLS | {"need help", "necesito ayuda", "s o s", "9 1 1"}
SAFE_WORDS = frozenset(
    {
        "safe",
        "ok",
        "okay",
        "a salvo",
        "salvo",
        "bien",
        "we are safe",
        "im safe",
        "i am safe",
        "estamos bien",
        "estoy bien",
        "all safe",
        "seguro",
        "segura",
    }
)
TAKING_WORDS = frozenset({"taking it", "on it", "i am on it", "im on it", "me encargo", "going", "voy"})
WORDS = {NEED_HELP: HELP_WORDS, "safe": SAFE_WORDS, "taking_it": TAKING_WORDS}


def plain(text: str) -> str:
    """Without case, accents and punctuation, single spaces."""
    bare = "".join(ch for ch in unicodedata.normalize("NFKD", text) if not unicodedata.combining(ch))
    return re.sub(r"\s+", " ", re.sub(r"[^\w\s]", " ", bare)).strip().lower()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text means."""

    answer: str
    certain: bool
    """False: nothing in it could be read; it counts as need help, "to check"."""
    code: str | None = None
    """The incident's four characters, if it began with them."""
    card: str | None = None
    """A room card's code, if it began with one."""
    rest: str = ""


def read_text(text: str, answers: Sequence[str], codes: Sequence[str], cards: Sequence[str]) -> Reading:
    """Read an SMS: an optional incident code or room card, then a digit in the order of `answers`, or words.

    HELP, AYUDA, SOS, 911 and anything unreadable mean need help in a live incident (PRODUCT 3, answers).
    """
    words = plain(text)
    code = card = None
    known_codes, known_cards = {each.lower(): each for each in codes}, {each.lower(): each for each in cards}
    pieces = words.split(" ")
    rest = list(pieces)
    for piece in pieces[:2]:
        if piece in known_codes and code is None:
            code = known_codes[piece]
            rest.remove(piece)
        elif piece in known_cards and card is None:
            card = known_cards[piece]
            rest.remove(piece)
    answer = _answer_in(rest, answers)
    return Reading(answer or NEED_HELP, answer is not None, code, card, text)


def _answer_in(words: Sequence[str], answers: Sequence[str]) -> str | None:
    """The answer that these words give, if they give one: help before everything, then a digit, then words.

    A digit with other words ("1 kid is hurt") is an answer only if they say the same: "1 safe".
    """
    if set(words) & CALLS:
        return NEED_HELP
    first, more = (words[0], words[1:]) if words else ("", ())
    if first.isdecimal() and len(first) <= 2 and 1 <= int(first) <= len(answers):  # Python refuses to read huge ones
        answer = answers[int(first) - 1]
        return answer if not more or _means(" ".join(more), answer) else None
    said = " ".join(words)
    return next((answer for answer in (NEED_HELP, *answers) if _means(said, answer)), None)


def _means(said: str, answer: str) -> bool:
    return said in WORDS.get(answer, ()) or said.replace(" ", "_") == answer


def looks_like_code(text: str) -> bool:
    bare = text.strip().upper()[:4]
    return len(bare) == 4 and all(ch in CODE_ALPHABET for ch in bare)


@dataclass(frozen=True, slots=True)
class Given:
    """One answer to be recorded."""

    id: str
    """The same id twice is one answer."""
    site: str
    incident: str
    person: str | None
    """None: a room's card answered."""
    room: str | None
    answer: str
    text: str
    channel: str
    ref: str | None
    certain: bool
    now: float
    wall: str
    who: str
    """In words for people: "Dana Whitlock", "the card of Room 12"."""


ROOM_WORDS: dict[str, RoomWord] = {"safe": RoomWord.SAFE, NEED_HELP: RoomWord.NEED_HELP}


def answer_body(given: Given) -> Body[bool]:
    """Record an answer: the room, the task that need help opens, and the end of this person's messages.

    False: this very answer was recorded before.
    """
    yield Ask("lock_incident", {"site": given.site, "id": given.incident})  # what a room is said to be hangs on all
    before = yield Ask("answer_by_id", {"site": given.site, "id": given.id})
    if before:
        return False
    rows: list[Row] = [
        Row(
            "answer",
            {
                "site": given.site,
                "id": given.id,
                "incident": given.incident,
                "person": given.person,
                "room": given.room,
                "answer": given.answer,
                "text": given.text[:1000],
                "channel": given.channel,
                "ref": given.ref,
                "at": given.now,
                "wall": given.wall,
                "check_it": int(not given.certain),
            },
            new=True,
        )
    ]
    word = ROOM_WORDS.get(given.answer)
    covers = word is not RoomWord.SAFE or not (yield from _others_need_help(given))
    if given.room is not None and word is not None and covers:
        rows.extend((yield from room_moves(given.site, given.incident, given.room, word, given.who, given.now)))
    if given.answer == NEED_HELP:
        rows.append((yield from _help_task(given)))
    else:
        rows.extend((yield from _help_over(given)))
    kind = EventKind.ANSWERED if given.certain else EventKind.UNREADABLE
    yield Fact(
        kind,
        given.site,
        given.incident,
        {
            "person": given.person,
            "room": given.room,
            "answer": given.answer,
            "channel": given.channel,
            "who": given.who,
            "to_check": not given.certain,
        },
        rows,
    )
    if given.person is not None and given.answer != PHONE_GONE:
        stopped = 1
        while stopped:
            stopped = yield from stop_body(
                given.site, given.incident, DeliveryWord.ANSWERED, 200, agencies_too=True, person=given.person
            )
    return True


def room_moves(site: str, incident: str, room: str, word: RoomWord, who: str, now: float) -> Body[list[Row]]:
    """The room's row after `word`; a word that its state cannot take (safe in a released room) changes nothing."""
    known = yield Ask("room_of_incident", {"site": site, "incident": incident, "id": room})
    state = RoomState(known[0]["state"]) if known else RoomState.UNKNOWN
    if state is RoomState.RELEASED and word is RoomWord.SAFE:
        return []
    new: State = move_room(state, word)
    return [
        Row(
            "room",
            {"site": site, "incident": incident, "id": room, "state": str(new), "by_whom": who, "at": now},
            new=True,
        )
    ]


def _others_need_help(given: Given) -> Body[bool]:
    """Whether somebody else in this room asked for help and has not said otherwise: one's safe covers nobody else."""
    answers = yield Ask("answers_of_incident", {"site": given.site, "incident": given.incident})
    latest = {row["person"]: row["answer"] for row in answers if row["room"] == given.room}
    return any(answer == NEED_HELP and person != given.person for person, answer in latest.items())


def _help_task(given: Given) -> Body[Row]:
    """A cry for help again goes to whoever has the task already, and its clock runs on."""
    site, task = given.site, f"help:{given.incident}:{given.person or given.room}"
    known = yield Ask("task_by_id", {"site": site, "id": task})
    note = f' "{given.text[:200]}"' if given.text else ""
    check = "" if given.certain else " Their text could not be read: check."
    if known and known[0]["state"] != TaskState.DONE:
        text = f"{known[0]['text']} Again:{note or ' NEEDS HELP.'}{check}"
        return Row("task", {"site": site, "id": task, "text": text[-2000:], "moved_at": given.now})
    return Row(
        "task",
        {
            "site": site,
            "id": task,
            "incident": given.incident,
            "kind": NEED_HELP,
            "subject": given.room or given.person or "?",
            "text": f"{given.who} NEEDS HELP.{note}{check}",
            "state": str(TaskState.OPEN),
            "owner": None,
            "owner_name": None,
            "at": given.now,
            "moved_at": given.now,
        },
        new=True,
    )


def _help_over(given: Given) -> Body[list[Row]]:
    """Somebody who asked for help and now says safe: the task stays for a person, and says so."""
    known = yield Ask("task_by_id", {"site": given.site, "id": f"help:{given.incident}:{given.person or given.room}"})
    if not known or known[0]["state"] == TaskState.DONE:
        return []
    text = known[0]["text"]
    if "Now says" not in text:
        text = f"{text} Now says: {given.answer.replace('_', ' ')}."
    return [Row("task", {"site": given.site, "id": known[0]["id"], "text": text, "moved_at": given.now})]


PHONE_GONE = "phone_gone"
"""Kept beside the answers and none itself: the person told a sender to stop, and nobody knows how they are."""


def said_by_people(answers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows that say how somebody is."""
    return [row for row in answers if row["answer"] != PHONE_GONE]


def people_answered(
    answers: Sequence[Mapping[str, Any]], people_of_room: Mapping[str, Sequence[str]]
) -> tuple[frozenset[str], frozenset[str]]:
    """(people who have answered, those whose latest word is need help). A card counts for its people on site."""
    latest: dict[str, str] = {}
    for row in sorted(said_by_people(answers), key=lambda row: row["at"]):
        for person in [row["person"]] if row["person"] else people_of_room.get(row["room"] or "", ()):
            latest[person] = row["answer"]
    return frozenset(latest), frozenset(person for person, answer in latest.items() if answer == NEED_HELP)


def asked_of(written_to: Iterable[Mapping[str, Any]], detail: Mapping[str, Any]) -> frozenset[str]:
    """The people whom a step asks: also those whom no sender could reach. They have not answered."""
    return frozenset(row["person"] for row in written_to) | frozenset(detail.get("unreachable") or ())


def enough(need: str, asked: int, answered: int) -> bool:
    """Whether `answered` people of `asked` meet `need`: all, any, a number, a percentage rounded up (PRODUCT 5)."""
    if asked == 0:
        return False
    if need == "all":
        return answered >= asked
    if need == "any":
        return answered >= 1
    if need.endswith("%"):
        return answered >= -(-asked * int(need[:-1]) // 100)
    return answered >= min(int(need), asked)


def silent_rooms(
    occupied: Sequence[str],
    people_of_room: Mapping[str, Sequence[str]],
    answers: Sequence[Mapping[str, Any]],
    released: frozenset[str],
) -> tuple[str, ...]:
    """Occupied rooms of which nobody and no card has answered (PRODUCT 5, place)."""
    answers = said_by_people(answers)
    cards = {row["room"] for row in answers if not row["person"] and row["room"]}
    people = {row["person"] for row in answers if row["person"]}
    rooms = {row["room"] for row in answers if row["room"]}
    return tuple(
        room
        for room in occupied
        if room not in cards
        and room not in rooms
        and room not in released
        and not any(person in people for person in people_of_room.get(room, ()))
    )
