"""Row by row: what is taken, what is mended, what is refused and why; and nobody is lost in silence."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.files.contacts import read_contacts
from notifier.files.importing.plan import ImportPlan, written
from notifier.files.importing.school import TARGET, plan_for
from tests.files.a_school import school

HEAD = "id,name,room,role,mobile,phone,email\n"


def planned(rows: str, files: dict[str, bytes] | None = None, **more: Any) -> ImportPlan:
    return plan_for(files if files is not None else school(), "staff.csv", (HEAD + rows).encode(), **more)


def notes(plan: ImportPlan) -> str:
    return "; ".join(note for one in plan.people for note in one.notes)


def test_numbers_are_read_with_their_country() -> None:
    plan = planned("a,Ada,,,(202) 456-1111,,\nb,Ben,,,+52 55 1234 5678,,\n")
    assert [one.cells["sms"] for one in plan.people] == ["+12024561111", "+525512345678"]
    (one,) = planned("a,Ada,,,0171 1234567,,\n", country="DE").people
    assert one.cells["sms"] == "+491711234567"


def test_a_number_that_cannot_exist_is_named_and_its_person_is_kept() -> None:
    plan = planned("a,Ada,,,12,,ada@example.org\nb,Ben,,,5.55E+09,,\nc,Cleo,,,911,,\n")
    assert [one.cells["sms"] for one in plan.people] == ["", "", ""]
    said = [" ".join(one.notes) for one in plan.people]
    assert "sms" in said[0]
    assert "spreadsheet" in said[1]
    assert "emergency number" in said[2]
    assert "nothing can reach them" in said[1]
    assert "nothing can reach them" not in said[0]


def test_a_landline_takes_no_texts() -> None:
    (one,) = planned("a,Ada,,,+44 20 7946 0018,,\n", country="GB").people
    assert (one.cells["sms"], one.cells["voice"]) == ("", "+442079460018")
    assert "landline" in " ".join(one.notes)


def test_names_are_turned_the_right_way_round_and_given_ids() -> None:
    plan = planned(',"Núñez, José",,,,,j@example.org\n,Ann Lee,,,,,a@example.org\n,Ann Lee,,,,,b@example.org\n')
    assert [(one.id, one.name) for one in plan.people] == [
        ("jose-nunez", "José Núñez"),
        ("ann-lee", "Ann Lee"),
        ("ann-lee-2", "Ann Lee"),
    ]
    assert [why for _, why in plan.doubtful] == ["is called like `ann-lee`"]


def test_whoever_stands_twice_is_refused_with_the_first_line() -> None:
    plan = planned("a,Ada,,,,,a@example.org\na,Adam,,,,,b@example.org\n,Bo,,,,,c@example.org\n,Bo,,,,,c@example.org\n")
    assert [(one.line, one.refused) for one in plan.refused] == [
        (3, "`a` stands in line 2 already"),
        (5, "the same person stands in line 4 already"),
    ]


def test_nobody_without_a_name_and_no_formula_comes_in() -> None:
    plan = planned('x,,,,,,x@example.org\ny,"=HYPERLINK(1)",,,,,y@example.org\nz,Zoe,,,,,=cmd@example.org\n')
    assert [one.refused.partition(",")[0] for one in plan.refused] == [
        "no name",
        "the name begins with '='",
    ]
    assert plan.people[0].cells["email"] == ""


def test_signs_that_hide_or_turn_the_writing_are_taken_out_and_told() -> None:
    plan = planned("a,Ada\u202eLopez\u200b,,,,,a@example.org\n")
    assert plan.people[0].name == "Ada Lopez"
    assert "invisible signs" in notes(plan)


def test_rooms_are_found_by_id_name_or_number_and_others_are_told() -> None:
    files = school()
    plan = planned("a,Ada,r12,,,,a@x.org\nb,Ben,12,,,,b@x.org\nc,Cleo,Attic,,,,c@x.org\n", files)
    assert [one.cells["room"] for one in plan.people] == ["r12", "r12", ""]
    assert "the site has no `Attic`" in notes(plan)


def test_roles_are_called_as_the_school_calls_them() -> None:
    plan = planned('a,Ada,,"Teacher, 5th Grade; Nurse",,,a@x.org\n', roles={"5th grade": ""}, groups=("staff",))
    assert (plan.people[0].cells["roles"], plan.people[0].cells["groups"]) == ("teacher;nurse", "staff")


def test_a_second_import_changes_only_what_has_changed_and_keeps_what_was_filled_in_by_hand() -> None:
    first = planned("a,Ada,r12,teacher,(202) 456-1111,,\nb,Ben,,,,,b@x.org\nc,Cleo,,,,,c@x.org\n")
    files = {**school(), TARGET: written(first.people).replace(b"a,Ada,,r12,teacher,,", b"a,Ada,,r12,teacher,drivers,")}
    second = planned("a,Ada,,,(202) 456-1414,,\nb,Ben,,,,,b@x.org\nd,Dora,,,,,d@x.org\n", files)
    ((ada, columns),) = second.changed
    assert columns == ("sms",)
    assert (ada.cells["room"], ada.cells["groups"]) == ("r12", "drivers")
    assert [one.id for one in second.same] == ["b"]
    assert [one.id for one in second.added] == ["d"]
    assert second.gone == ["c"]


def test_people_without_ids_keep_theirs_over_imports_whatever_their_order() -> None:
    first = planned(",Ann Lee,,,,,a@x.org\n,Ann Lee,,,,,b@x.org\n")
    files = {**school(), TARGET: written(first.people)}
    second = planned(",Ann Lee,,,,,b@x.org\n,Ann Lee,,,,,a@x.org\n", files)
    assert {one.id: one.cells["email"] for one in second.people} == {"ann-lee": "a@x.org", "ann-lee-2": "b@x.org"}
    assert not second.changed


def test_people_of_other_files_are_never_touched_and_look_alikes_are_shown() -> None:
    files = {"contacts/office.csv": b"id,name,email\nada,Ada Lopez,ada@x.org\n", **school()}
    plan = planned("ada,Somebody,,,,,s@x.org\n,Lopez Ada,,,,,ada@x.org\n", files)
    assert "another contacts file" in plan.refused[0].refused
    assert [why for _, why in plan.doubtful] == ["has the email address of `ada`"]


def test_what_is_written_is_read_back_without_a_fault() -> None:
    plan = planned('a,"Ada ""A"" Lopez",r12,teacher,(202) 456-1111,,a@x.org\nb,Ben,,principal,,,b@x.org\n')
    read = read_contacts({TARGET: written(plan.people)}, "maplewood")
    assert read.faults == []
    assert read.people["a"].name == 'Ada "A" Lopez'
    assert read.people["a"].addresses == {"sms": "+12024561111", "email": "a@x.org"}


@pytest.mark.parametrize(("one", "other"), [
    ("José Pérez", "Jose Perez"), ("Ann O'Neil", "Ann ONeil"), ("Ann-Lee Wu", "Annlee Wu"), ("Wu, Ann", "Ann Wu"),
])  # fmt: skip
def test_a_name_typed_in_another_way_is_looked_at_also_within_one_file(one: str, other: str) -> None:
    plan = planned(f',"{one}",,,,,a@example.org\n,"{other}",,,,,b@example.org\n,Ma Li,,,,,c@example.org\n')
    assert [candidate.line for candidate, _ in plan.doubtful] == [3]
    assert len(plan.people) == 3, "nobody is left out for a name"
