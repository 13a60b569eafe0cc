"""OneRoster zips of both versions, and zips that are traps."""

from __future__ import annotations

import io
import zipfile

import pytest

from notifier.errors import SetupError
from notifier.files.importing.oneroster import read_oneroster

USERS_11 = """sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password
t1,,,true,"s1,s2",teacher,tt,,Tina,Tate,,,t@x.org,2024561111,,,,
t2,,,false,s1,teacher,to,,Tom,Old,,,o@x.org,,,,,
p1,,,true,s1,guardian,pp,,Pat,Poe,,,p@x.org,2024561414,,k1,,
k1,,,true,s1,student,kk,,Kim,Poe,,,k@x.org,,,p1,05,
f1,,,true,s2,teacher,ff,,Far,Away,,,f@x.org,,,,,
d1,tobedeleted,,true,s1,teacher,dd,,Del,Eted,,,d@x.org,,,,,
"""  # noqa: E501 a heading of the standard is one line
ORGS = (
    "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
    "s1,,,Maple,school,M-1,\ns2,,,Oak,school,O-1,\n"
)
USERS_12 = """sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns
t1,active,,true,tt,,Christina,Tate,,,t@x.org,,,,,,,,Tina,,,s1,
c1,active,,true,cc,,Cal,Cole,,,c@x.org,,,,,,,,,,,s1,
"""  # noqa: E501 see above
ROLES_12 = """sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId
r1,active,,t1,primary,teacher,,,s1,
r2,active,,c1,primary,counselor,,,s1,
"""  # noqa: E501 see above


def packed(**tables: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in tables.items():
            zipped.writestr(f"{name}.csv", text)
    return made.getvalue()


def manifest(version: str, users: str = "bulk") -> str:
    return f"propertyName,value\noneroster.version,{version}\nfile.users,{users}\n"


def test_version_1_1_gives_staff_and_guardians_of_one_school() -> None:
    table = read_oneroster("or.zip", packed(manifest=manifest("1.1"), users=USERS_11, orgs=ORGS), school="maple")
    assert [row[:5] for _, row in table.rows] == [
        ("t1", "Tina", "Tate", "teacher", "staff"),
        ("p1", "Pat", "Poe", "guardian", "guardians"),
    ]
    told = " ".join(table.notes)
    assert "OneRoster 1.1" in told
    assert "1 students" in told
    assert "2 disabled or deleted" in told
    assert "1 of other schools" in told


def test_version_1_2_has_roles_and_preferred_names_of_their_own() -> None:
    zipped = packed(manifest=manifest("1.2"), users=USERS_12, roles=ROLES_12)
    assert [row[:4] for _, row in read_oneroster("or.zip", zipped).rows] == [
        ("t1", "Tina", "Tate", "teacher"),
        ("c1", "Cal", "Cole", "counselor"),
    ]


def test_a_teacher_whose_classes_are_in_one_room_stands_there() -> None:
    classes = "sourcedId,status,location\nc1,,R12\nc2,,R12\nc3,,Gym\n"
    enrolled = "sourcedId,status,classSourcedId,userSourcedId,role\n1,,c1,t1,teacher\n2,,c2,t1,teacher\n"
    zipped = packed(manifest=manifest("1.2"), users=USERS_12, roles=ROLES_12, classes=classes, enrollments=enrolled)
    assert read_oneroster("or.zip", zipped).rows[0][1][5] == "R12"
    moved = packed(
        manifest=manifest("1.2"), users=USERS_12, roles=ROLES_12, classes=classes,
        enrollments=enrolled + "3,,c3,t1,teacher\n",
    )  # fmt: skip
    assert read_oneroster("or.zip", moved).rows[0][1][5] == ""


def test_students_come_only_when_asked_for() -> None:
    zipped = packed(manifest=manifest("1.1"), users=USERS_11, orgs=ORGS)
    rows = read_oneroster("or.zip", zipped, school="s1", students=True).rows
    assert ("k1", "students") in [(row[0], row[4]) for _, row in rows]


@pytest.mark.parametrize(
    ("zipped", "said"),
    [
        (packed(orgs=ORGS), "no users.csv"),
        (packed(manifest=manifest("1.1", "delta"), users=USERS_11), "delta"),
        (packed(users=USERS_11, orgs=ORGS), "2 schools"),
        (packed(users=USERS_11)[:300], "cannot be read"),
        (packed(**{f"f{n}": "x" for n in range(80)}), "80 files"),
        (packed(users="sourcedId\n" + "a" * 40_000_000), "too large"),
    ],
    ids=["no users", "delta", "two schools", "cut off", "many files", "bomb"],
)  # fmt: skip
def test_a_zip_that_cannot_be_meant_is_refused_in_words(zipped: bytes, said: str) -> None:
    with pytest.raises(SetupError) as refused:
        read_oneroster("or.zip", zipped)
    assert said in str(refused.value.faults[0])


def test_a_school_that_is_not_in_it_is_told_with_those_that_are() -> None:
    with pytest.raises(SetupError) as refused:
        read_oneroster("or.zip", packed(users=USERS_11, orgs=ORGS), school="Elm")
    assert "Maple (s1), Oak (s2)" in str(refused.value.faults[0])
