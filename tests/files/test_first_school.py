"""The first files of a school: whatever is known or not, they can be published, and say what is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from notifier.adapters import Installed
from notifier.files.first_school import FirstSchool, Gap, first_files, people_of, places_of
from notifier.files.load import Loaded, load
from notifier.model.settings import Sender

TODAY = date(2026, 11, 1)
ROOMS = places_of("North wing: Room 11, Room 12\nFront office: Reception\nGym")
SCHOOL = FirstSchool("oak", "Oak School", "1 Oak Road", "Entrance A", "America/Denver", ROOMS)
PASTED = (
    "Ada Lopez, ada@oak.example, Reception, principal\nBen Weiss,ben@oak.example,11\nDesk,desk@police.example,,police\n"
)
ACCEPTED = Gap("Ada Lopez", date(2027, 1, 31), "Speakers come in January.")


def read(school: FirstSchool) -> Loaded:
    senders = {kind: Sender(channel="smtp_email") for kind in school.kinds}
    return load(first_files(school).files, Installed(), senders, TODAY)


@pytest.mark.parametrize("places", [True, False])
@pytest.mark.parametrize("people", ["", "Ada Lopez, ada@oak.example\n", PASTED])
@pytest.mark.parametrize("kinds", [(), ("email",)])
@pytest.mark.parametrize("gap", [None, ACCEPTED])
def test_whatever_is_known_it_can_be_published(
    places: bool, people: str, kinds: tuple[str, ...], gap: Gap | None
) -> None:
    school = replace(SCHOOL, kinds=kinds, gap=gap) if places else FirstSchool("oak", kinds=kinds, gap=gap)
    if people:
        school = replace(school, people=people_of(people, school)[0])
    loaded = read(school)
    assert loaded.errors == ()
    works = bool(people and kinds)
    assert ("hold" in loaded.playbooks) == works
    assert ("lockdown" in loaded.playbooks) == (works and gap is not None), "a gap is somebody's decision"
    assert bool(first_files(school).left_out) == ("lockdown" not in loaded.playbooks), "what is left out is said"


def test_outsiders_are_no_staff_and_rooms_are_found_by_number() -> None:
    people, said = people_of(PASTED, SCHOOL)
    assert {one.id: (one.cells["groups"], one.cells["room"]) for one in people} == {
        "ada-lopez": ("staff", "reception"), "ben-weiss": ("staff", "room-11"), "desk": ("", ""),
    }  # fmt: skip
    assert said == []
    assert people_of("Cy Day, cy@oak.example, Room 99", SCHOOL)[1] == [
        "Line 1, Cy Day: room: the site has no `Room 99`; kept without a room."
    ]


def test_a_line_is_named_by_where_it_stands_in_what_was_pasted() -> None:
    pasted = "\nAda Lopez, ada@oak.example, Reception\n\nBen Weiss, ben[at]oak.example, Room 99\n"
    said = people_of(pasted, SCHOOL)[1]
    assert [one.split(",")[0] for one in said] == ["Line 4"] * 3
    assert not any(one.endswith("..") for one in said)
    assert people_of("Name,Email\nBen Weiss,ben[at]oak.example\n", SCHOOL)[1][0].startswith("Line 2,")


def test_a_table_with_a_heading_is_read_by_it() -> None:
    people, _ = people_of("Email\tLast name\tFirst name\nada@oak.example\tLopez\tAda\n", SCHOOL)
    assert [(one.name, one.cells["email"]) for one in people] == [("Ada Lopez", "ada@oak.example")]


def test_a_card_stays_with_its_room_when_the_list_is_pasted_again() -> None:
    again = places_of("North wing: Room 12, Room 13", ROOMS)
    cards = {room.name: room.card for room in ROOMS.rooms}
    assert again.rooms[0].card == cards["Room 12"]
    assert again.rooms[1].card not in cards.values()


@settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.generate))  # shrinking takes minutes
@given(st.text(max_size=60), st.text(max_size=60), st.text(alphabet="aZ09:,;\n\t \"'#{}[]&*!%@`éπ中-", max_size=200))
def test_no_typed_text_breaks_a_file(name: str, reason: str, rooms: str) -> None:
    name, reason = ("".join(sign for sign in one if sign.isprintable()).strip() for one in (name, reason))
    try:
        places = places_of(rooms)
    except ValueError:
        return
    gap = Gap("Ada", ACCEPTED.until, reason) if reason else None
    school = FirstSchool("oak", name, reason, name, "UTC", places, kinds=("email",), gap=gap)
    loaded = read(replace(school, people=people_of("Ada Lopez, ada@oak.example", school)[0]))
    assert loaded.errors == ()
    assert loaded.site.address == reason
    assert [room.name for room in loaded.site.rooms] == [room.name for room in places.rooms]
