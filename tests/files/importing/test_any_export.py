"""Whatever bytes somebody exports: people or reasons come out of them, and what is written is read back whole."""

from __future__ import annotations

import io
import zipfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.errors import SetupError
from notifier.files.contacts import read_contacts
from notifier.files.importing.plan import ImportPlan, written
from notifier.files.importing.school import TARGET, plan_for
from tests.files.a_school import school

patient = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
SCHOOL = school()
NAMES = ["users.csv", "orgs.csv", "roles.csv", "manifest.csv"]
cells = st.text(max_size=20)
tables = st.lists(st.lists(cells, min_size=3, max_size=3), max_size=8)


def planned(export: bytes) -> ImportPlan | None:
    """None if it is refused, with a reason; nothing else may be raised."""
    try:
        return plan_for(SCHOOL, "export", export)
    except SetupError as refused:
        if not refused.faults:
            raise
    return None


def taken(export: bytes) -> None:
    plan = planned(export)
    if plan is None:
        return
    body = written(plan.people)
    read = read_contacts({TARGET: body}, "example-school")
    assert [fault for fault in read.faults if fault.level == "error"] == []
    assert read.people.keys() == {one.id for one in plan.people}
    if plan.people:
        again = plan_for({**SCHOOL, TARGET: body}, "export", export)
        assert not again.changed
        assert not again.added
        assert not again.gone


@patient
@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    taken(raw)


@patient
@given(tables, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8", "utf-16"]))
def test_any_table_is_taken_once_and_the_second_time_changes_nothing(
    rows: list[list[str]], separator: str, encoding: str
) -> None:
    lines = [["name", "mobile", "email"], *rows]
    text = "\n".join(separator.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    taken(text.encode(encoding, "ignore"))


@patient
@given(st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=200)))
def test_any_zip(entries: dict[str, bytes]) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name, body in entries.items():
            zipped.writestr(name, body)
    taken(made.getvalue())


@patient
@given(st.binary(max_size=60), st.integers(0, 200))
def test_any_broken_zip(noise: bytes, at: int) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("users.csv", "sourcedId,givenName,role,email\n" + "a,Ada,teacher,a@x.org\n" * 20)
    whole = made.getvalue()
    taken(whole[:at] + noise + whole[at + len(noise) :])
