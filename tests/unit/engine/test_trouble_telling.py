"""Who is told of troubles, and when: the calendar and the digest."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.engine.trouble_calendar import mend_by, told_at
from notifier.engine.trouble_telling import due_groups, said
from notifier.model.watching import SchoolDay, Telling, TroublePolicy, When

ZONE = ZoneInfo("America/Chicago")
DAY = SchoolDay()
FRIDAY_NIGHT = datetime(2026, 9, 4, 23, 0, tzinfo=ZONE)
TUESDAY_TEN = datetime(2026, 9, 1, 10, 0, tzinfo=ZONE)


def local(moment: datetime | None) -> str:
    assert moment is not None
    return moment.strftime("%a %H:%M")


@pytest.mark.parametrize(
    ("when", "raised", "told"),
    [
        (When.NOW, FRIDAY_NIGHT, "Fri 23:00"),
        (When.BEFORE_SCHOOL, FRIDAY_NIGHT, "Mon 06:00"),
        (When.NEXT_WORKDAY, FRIDAY_NIGHT, "Mon 07:30"),
        (When.BEFORE_SCHOOL, TUESDAY_TEN, "Tue 10:00"),
        (When.NEXT_WORKDAY, TUESDAY_TEN, "Tue 10:00"),
        (When.BEFORE_SCHOOL, TUESDAY_TEN.replace(hour=5), "Tue 06:00"),
        (When.BEFORE_SCHOOL, TUESDAY_TEN.replace(hour=6, minute=30), "Tue 06:30"),
        (When.NEXT_WORKDAY, TUESDAY_TEN.replace(hour=6, minute=30), "Tue 07:30"),
        (When.BEFORE_SCHOOL, TUESDAY_TEN.replace(hour=17), "Wed 06:00"),
    ],
)
def test_the_hour_of_the_day_decides(when: When, raised: datetime, told: str) -> None:
    assert local(told_at(when, raised, DAY, ZONE)) == told


def test_what_shall_never_be_told_is_not() -> None:
    assert told_at(When.NEVER, TUESDAY_TEN, DAY, ZONE) is None


@given(
    st.integers(0, 730 * 24 * 60).map(lambda minutes: TUESDAY_TEN + timedelta(minutes=minutes)),
    st.sampled_from([When.NOW, When.BEFORE_SCHOOL, When.NEXT_WORKDAY]),
)
def test_it_is_told_within_days_and_never_at_night_unless_it_must(raised: datetime, when: When) -> None:
    moment = told_at(when, raised, DAY, ZONE)
    assert moment is not None
    assert timedelta() <= moment - raised <= timedelta(days=4)
    if when is not When.NOW:
        assert 6 <= moment.hour < 17
        assert moment.weekday() < 5


@pytest.mark.parametrize(
    ("when", "at", "by"),
    [
        (When.BEFORE_SCHOOL, FRIDAY_NIGHT, "Mon 07:30"),
        (When.BEFORE_SCHOOL, TUESDAY_TEN, "Tue 10:00"),
        (When.NEXT_WORKDAY, FRIDAY_NIGHT, "Mon 16:30"),
        (When.NOW, FRIDAY_NIGHT, "Fri 23:00"),
    ],
)
def test_when_it_must_be_mended(when: When, at: datetime, by: str) -> None:
    assert local(mend_by(when, at, DAY, ZONE)) == by


def trouble(number: int, kind: str = "door", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{kind}:{number}", "kind": kind, "subject": str(number), "text": f"Door {number} is dark.",
        "state": "raised", "raised_at": 0.0, "raised_wall": TUESDAY_TEN.isoformat(), "told_at": None,
    } | more  # fmt: skip


def due(rows: list[dict[str, Any]], now: float = 60.0, *, busy: bool = False, **policy: Any) -> list[list[str]]:
    wall = TUESDAY_TEN + timedelta(seconds=now)
    groups = due_groups(rows, TroublePolicy(**policy), "America/Chicago", now, wall, busy=busy)
    return [[row["id"] for row in group.troubles] for group in groups]


def test_a_dead_switch_is_one_message() -> None:
    assert due([trouble(number) for number in range(30)]) == [[f"door:{number}" for number in range(30)]]


def test_what_was_told_is_not_told_again() -> None:
    assert due([trouble(1, told_at=30.0)], now=50_000.0) == []


def test_after_a_message_there_is_a_pause() -> None:
    rows = [trouble(1, told_at=30.0), trouble(2, raised_at=40.0)]
    assert due(rows, now=100.0) == []
    assert due(rows, now=640.0) == [["door:2"]]


def test_what_comes_and_goes_is_told_once_an_hour() -> None:
    assert due([trouble(1, told_at=30.0, raised_at=600.0)], now=1300.0) == []
    assert due([trouble(1, told_at=30.0, raised_at=600.0)], now=3700.0) == [["door:1"]]


def test_what_somebody_knows_of_disturbs_nobody() -> None:
    assert due([trouble(1, state="acknowledged")]) == []


def test_beside_a_live_response_only_what_may_wake_somebody_disturbs() -> None:
    assert due([trouble(1), trouble(2, "store")], busy=True) == [["store:2"]]


def test_each_kind_goes_to_its_own_people() -> None:
    other = Telling(when=When.NOW, to=("role:custodian",))
    assert due([trouble(1), trouble(2, "signal")], tell={"signal": other}) == [["door:1"], ["signal:2"]]


def test_three_are_named_and_the_others_counted() -> None:
    text = said([trouble(number) for number in range(5)], "en")
    assert text["what"] == "Door 0 is dark. Door 1 is dark. Door 2 is dark. And 2 more."
    assert said([trouble(1, text="{{link}} is dark.")], "en")["what"] == "link is dark."
