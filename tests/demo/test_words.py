"""What the demo says in the terminal and as JSON, and whom it casts."""

from notifier.adapters import Installed
from notifier.demo.cast import cast
from notifier.demo.facts import DoorFact, Facts, PersonFact
from notifier.demo.folder import SENDERS, school_files
from notifier.demo.in_order import InOrder
from notifier.demo.lines import line, told
from notifier.demo.summary import summary
from notifier.files.load import load

ROOMS, DOORS = {"r1": "Room 1"}, {"d7": "Door 7 North"}


def read(kind: str, text: str = "as it is", **data: object) -> str | None:
    return told({"kind": kind, "text": text, "data": data}, ROOMS, DOORS)


def test_a_door_that_is_not_secured_says_so_before_its_name() -> None:
    said = read("door_read", door="d7", lock="unsecured", proven=False, detail="relay on, contact open")
    assert said == "NOT SECURED YET  DOOR 7 North  commanded → unsecured (relay on, contact open)"


def test_a_proven_door_says_how_it_is_known() -> None:
    said = read("command_over", door="d7", lock="secured", proven=True, detail="contact closed")
    assert said == "DOOR 7 North  commanded → secured (contact closed)"


def test_a_call_for_help_stands_before_the_name_and_safe_does_not() -> None:
    assert read("answered", "Ada: need help", answer="need_help") == "NEEDS HELP  Ada: need help"
    assert read("answered", "Ada: safe", answer="safe") == "Ada: safe"


def test_a_release_names_the_room_and_touches_no_lock() -> None:
    assert read("room_released", rooms=["r1"], by="Ada") == (
        "released: Room 1 (its people were seen by Ada; no lock is touched)"
    )


def test_what_is_too_small_is_not_told_and_what_has_no_words_of_its_own_is() -> None:
    assert read("deliveries_settled") is None
    assert read("hand_off") == "as it is"


def test_a_line_begins_with_the_seconds_since_the_press() -> None:
    assert line(0.84, "DOOR") == "  +0.8s  DOOR"


def test_the_summary_counts_what_arrived_as_sent_too_and_names_broken_doors_with_the_campus_reason() -> None:
    facts = Facts(
        incident="i", first_door_ms=2.344, doors=(
            DoorFact("d1", "Door 1"),
            DoorFact("d2", "Door 2", "lying", False, "unsecured", True, ("Ada",)),
            DoorFact("d3", "Door 3", "", False, "unknown", True, ()),
        ),
        people=(PersonFact("a", "A", shown="safe"), PersonFact("b", "B")),
        deliveries={"sent": 4, "delivered": 3, "read": 1, "failed": 2, "moot": 9},
        ledger_checked=True,
    )  # fmt: skip
    said = summary(facts, ["x"])
    assert said["first_door_ms"] == 2.34
    assert said["doors"] == {
        "secured": 1,
        "not_secured": [
            {"door": "d2", "reason": "lying", "told": ["Ada"]},
            {"door": "d3", "reason": "unknown", "told": []},
        ],
    }
    assert said["deliveries"] == {"sent": 8, "delivered": 4, "failed": 2, "recalled": 0}
    assert said["answered"] == 1
    assert said["failed_promises"] == ["x"]
    assert said["ledger_verified"] is True


def test_the_cast_is_the_same_every_time_and_fits_the_school() -> None:
    school = load(school_files(), Installed(), SENDERS)
    parts = cast(school.site, school.people)
    assert parts == cast(school.site, school.people)
    assert parts != cast(school.site, school.people, seed=8)
    assert len({parts.jammed, parts.lying, parts.lagging}) == 3
    rooms = {person.id: person.room for person in school.people.values()}
    assert {rooms[person] for person in parts.late} == set(parts.late_rooms)
    silent = {person.id for person in school.people.values() if person.room == parts.never_room}
    assert silent
    assert not silent & (parts.answers.keys() | parts.late.keys())
    assert set(parts.need_help) <= parts.answers.keys()
    assert parts.principal in parts.answers
    assert len(parts.officers) == 3


def test_what_happened_first_is_printed_first_although_it_was_heard_last() -> None:
    told = InOrder()
    told.tell(12.0, "messages with people: 3 sms")
    assert told.due(12.1) == []
    told.tell(11.9, "Nurse: safe")
    told.tell(12.0, "the same instant keeps its order")
    assert told.due(12.45) == [" +11.9s  Nurse: safe"]
    assert told.due(12.6) == [" +12.0s  messages with people: 3 sms", " +12.0s  the same instant keeps its order"]
    told.tell(13.0, "the last")
    assert told.rest() == [" +13.0s  the last"]
