"""Contacts come out of spreadsheets: what they do to a file is read, or said."""

import pytest

from notifier.files.contact_addresses import EMERGENCY_NUMBERS, read_number
from notifier.files.contact_person import default_on_site
from notifier.files.contacts import read_contacts
from notifier.model.people import AGENCY_ROLES

HEADER = "id,name,site,room,roles,groups,language,on_site,sms,push,email,voice\n"


def contacts(text: str | bytes):
    raw = text if isinstance(text, bytes) else text.encode()
    return read_contacts({"contacts/people.csv": raw}, "maplewood")


def test_a_line_becomes_a_person() -> None:
    read = contacts(
        HEADER + "ada,Ada Lopez,maplewood,r12,Principal; lead,staff;drivers,es,yes,+15550100001,t,a@b.org,\n"
    )
    assert read.faults == []
    ada = read.people["ada"]
    assert (ada.name, ada.room, ada.language, ada.on_site) == ("Ada Lopez", "r12", "es", True)
    assert (ada.roles, ada.groups) == ({"principal", "lead"}, {"staff", "drivers"})
    assert ada.addresses == {"sms": "+15550100001", "push": "t", "email": "a@b.org"}


def test_byte_order_marks_line_ends_and_quotes_of_spreadsheets_are_fine() -> None:
    text = (
        "\ufeff"
        + HEADER.replace("\n", "\r\n")
        + 'ada,"Lopez, ""Ada""",,,,staff,,,+15550100001,,,\r\n\r\n,,,,,,,,,,,\r\n'
    )
    read = contacts(text)
    assert read.faults == []
    assert read.people["ada"].name == 'Lopez, "Ada"'


def test_columns_may_stand_in_any_order_and_most_may_be_missing() -> None:
    read = contacts("sms,Name,ID\n+15550100001,Ada,ada\n")
    assert read.faults == []
    assert read.people["ada"].addresses == {"sms": "+15550100001"}


def test_a_fault_after_a_field_of_two_lines_has_the_right_line() -> None:
    read = contacts('id,name,sms\nada,"Ada\nLopez",+15550100001\nben,Ben,12\n')
    assert [(fault.line, fault.column) for fault in read.faults] == [(4, 9)]


def test_a_comma_in_quotes_does_not_move_the_column_of_a_fault() -> None:
    read = contacts('id,name,sms\nben,"Ben, the cook",12\n')
    assert [(fault.line, fault.column) for fault in read.faults] == [(2, 21)]


@pytest.mark.parametrize("role", [*sorted(AGENCY_ROLES), "district", "guardian"])
def test_outside_roles_are_outside(role: str) -> None:
    assert not default_on_site(frozenset({role}), frozenset({"staff"}))


def test_staff_are_inside_and_guardians_are_not_unless_the_file_says_so() -> None:
    read = contacts(
        HEADER
        + "a,A,,,,staff,,,+15550100001,,,\n"
        + "b,B,,,,guardians,,,+15550100002,,,\n"
        + "c,C,,,,guardians,,YES,+15550100003,,,\n"
        + "d,D,,,,staff,,no,+15550100004,,,\n"
    )
    assert {one.id: one.on_site for one in read.people.values()} == {"a": True, "b": False, "c": True, "d": False}


@pytest.mark.parametrize("written", ["911", "+911", "9-1-1", "1911", "+1 911", "112", "999", "000", "tel:112"])
def test_emergency_numbers_are_no_contacts(written: str) -> None:
    number, wrong, _ = read_number(written)
    assert number == ""
    assert "is an emergency number" in wrong


@pytest.mark.parametrize("digits", sorted(EMERGENCY_NUMBERS))
def test_no_emergency_number_passes_in_any_dress(digits: str) -> None:
    for dress in (digits, f"+{digits}", " ".join(digits), f"({digits})"):
        assert read_number(dress)[0] == ""


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+15550100001", "+15550100001"),
        ("+1 (555) 010-0001", "+15550100001"),
        ("+1.555.010.0001", "+15550100001"),
        ("+49 30 1234567", "+49301234567"),
        ("tel:+442071234567", "+442071234567"),
        ("+1\u2011555\u20110100001", "+15550100001"),
    ],
)
def test_numbers_are_read_as_people_write_them(written: str, number: str) -> None:
    assert read_number(written) == (number, "", "")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("1.55501E+10", "spreadsheet"),
        ("1,55501E+10", "spreadsheet"),
        ("15550100001", "no country code"),
        ("5550100001", "no country code"),
        ("+1555010000", "can exist"),
        ("+155501000011", "can exist"),
        ("+0155501000", "can exist"),
        ("+12345", "too short"),
        ("+1555010000a", "can exist"),
        ("+1234567890123456", "can exist"),
        ("call Ada", "no country code"),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_right_are_refused(written: str, words: str) -> None:
    number, wrong, advice = read_number(written)
    assert number == ""
    assert words in wrong
    assert advice


def test_a_good_file_of_another_encoding_says_how_to_save_it() -> None:
    latin, wide = "id,name\nana,Añá\n".encode("latin-1"), "id,name\nana,Ana\n".encode("utf-16")
    assert "CSV UTF-8" in contacts(latin).faults[0].advice
    assert "UTF-16" in contacts(wide).faults[0].text


def test_an_agreement_is_kept_with_its_dates() -> None:
    header = HEADER.strip() + ",agreement_who,agreement_date,agreement_tested\n"
    read = contacts(header + "hale,Hale,,,police,,,,+15550100001,,,,Chief,2026-08-03,2026-10-01\n")
    assert read.faults == []
    agreement = read.people["hale"].agreement
    assert agreement
    assert (agreement.who, str(agreement.date), str(agreement.last_tested)) == ("Chief", "2026-08-03", "2026-10-01")


def test_people_of_several_files_are_together_and_an_id_twice_names_both_places() -> None:
    one, two = b"id,name,sms\nada,Ada,+15550100001\n", b"id,name,sms\nben,Ben,+15550100002\nada,Ada,+15550100003\n"
    read = read_contacts({"contacts/a.csv": one, "contacts/b.csv": two, "notes.csv": b"x"}, "maplewood")
    assert set(read.people) == {"ada", "ben"}
    (fault,) = read.faults
    assert str(fault).startswith("contacts/b.csv:3:1: error: `ada` is somebody else already (contacts/a.csv, line 2).")


def test_thousands_of_bad_lines_are_not_thousands_of_faults() -> None:
    read = contacts("id,name,sms\n" + "".join(f"p{n},P,{n}\n" for n in range(5000)))
    assert 100 < len(read.faults) < 1000


def test_people_may_be_written_as_yaml_by_the_same_rules() -> None:
    text = """
contacts:
  - {id: ada, name: Ada Lopez, room: r12, roles: [Principal], groups: [staff], language: es, sms: "+1 555 010 0001"}
  - id: chief
    name: "Chief Doe"
    roles: [police]
    email: chief@example.org
    agreement: {who: "Chief Doe", date: 2026-10-01}
"""
    read = read_contacts({"contacts/office.yaml": text.encode()}, "maplewood")
    assert read.faults == []
    ada, chief = read.people["ada"], read.people["chief"]
    assert (ada.room, ada.roles, ada.language, ada.addresses) == ("r12", {"principal"}, "es", {"sms": "+15550100001"})
    assert chief.agreement is not None
    assert not chief.on_site


def test_one_person_in_two_files_is_told_with_both_places() -> None:
    files = {
        "contacts/a.csv": b"id,name,sms\nada,Ada,+15550100001\n",
        "contacts/b.yaml": b'contacts:\n  - {id: ada, name: Ada, sms: "+15550100002"}\n',
    }
    (fault,) = read_contacts(files, "maplewood").faults
    assert (fault.file, fault.line) == ("contacts/b.yaml", 2)
    assert "contacts/a.csv, line 2" in fault.text
