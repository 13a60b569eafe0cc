"""Quiet hours end when the clock at the school says so, whatever its clocks do in the night."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from notifier.model.quiet_hours import QuietHours, quiet_until

DENVER = ZoneInfo("America/Denver")


def ends(local: str, begin: str = "21:00", end: str = "07:00", fold: int = 0) -> str | None:
    wall = datetime.fromisoformat(local).replace(tzinfo=DENVER, fold=fold).astimezone(UTC)
    hours = QuietHours.model_validate({"from": begin, "until": end})
    found = quiet_until(hours, wall, DENVER)
    assert found is None or found > wall
    return found.isoformat(timespec="minutes")[:16] if found else None


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-10-01T20:59:59", None),
        ("2026-10-01T21:00:00", "2026-10-02T13:00"),
        ("2026-10-02T06:59:59", "2026-10-02T13:00"),
        ("2026-10-02T07:00:00", None),
    ],
)
def test_a_night_over_midnight(local: str, expected: str | None) -> None:
    assert ends(local) == expected


def test_a_rest_at_noon_ends_the_same_day() -> None:
    assert ends("2026-10-01T12:30", "12:00", "13:00") == "2026-10-01T19:00"
    assert ends("2026-10-01T13:30", "12:00", "13:00") is None


def test_clocks_that_change_in_the_night_move_its_end() -> None:
    assert ends("2026-03-07T22:00") == "2026-03-08T13:00", "one hour less"
    assert ends("2026-10-31T22:00") == "2026-11-01T14:00", "one hour more"


def test_an_end_that_does_not_exist_comes_when_the_clocks_have_moved_on() -> None:
    assert ends("2026-03-08T01:00", "21:00", "02:30") == "2026-03-08T09:30"


def test_an_end_that_comes_twice_is_the_first_that_is_still_to_come() -> None:
    assert ends("2026-11-01T00:30", "21:00", "01:30") == "2026-11-01T07:30"
    assert ends("2026-11-01T01:10", "21:00", "01:30", fold=1) == "2026-11-01T08:30"


@pytest.mark.parametrize("written", [{"from": "21:00", "until": "21:00"}, {"from": "9pm", "until": "07:00"}])
def test_hours_that_mean_nothing_are_refused(written: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        QuietHours.model_validate(written)
