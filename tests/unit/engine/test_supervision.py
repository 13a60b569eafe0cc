"""When things are looked at, and when what was seen is believed."""

from hypothesis import given
from hypothesis import strategies as st

from notifier.engine.supervision import (
    Finding,
    Judge,
    Kind,
    Rounds,
    button_seen,
    certificate,
    clock_kept,
    disk,
    uplinks,
)


def door(well: bool) -> Finding:
    return Finding(Kind.DOOR, "d1", well, "" if well else "It does not answer.")


def test_one_look_that_fails_wakes_nobody_and_is_repeated_soon() -> None:
    judge = Judge()
    assert not judge.counts(door(False))
    assert judge.doubts([door(False)])
    assert judge.counts(door(False))
    assert not judge.doubts([door(False)])


def test_a_good_look_between_two_bad_ones_begins_the_count_anew() -> None:
    judge = Judge()
    judge.counts(door(False))
    assert judge.counts(door(True))
    assert not judge.counts(door(False))


def test_a_date_is_believed_at_once() -> None:
    assert Judge().counts(certificate("node1", 3.0))


@given(st.integers(1, 400), st.floats(1.0, 30.0))
def test_a_round_is_spread_and_leaves_nothing_out(many: int, every: float) -> None:
    rounds = Rounds(every)
    names = [f"d{n}" for n in range(many)]
    rounds.fit(names, 0.0)
    steps = 30
    looked: list[str] = []
    for step in range(steps):
        found = rounds.due(every * step / steps)
        assert len(found) <= many / steps + 2
        looked += found
    looked += rounds.due(every * 0.9999)
    assert sorted(looked) == sorted(names)


def test_what_was_left_alone_for_long_is_looked_at_once() -> None:
    rounds = Rounds(30.0)
    rounds.fit(["d1"], 0.0)
    rounds.due(0.0)
    assert rounds.due(300.0) == ["d1"]
    assert rounds.due(301.0) == []


def test_a_door_taken_off_the_site_is_not_looked_at_any_more() -> None:
    rounds = Rounds(30.0)
    rounds.fit(["d1", "d2"], 0.0)
    assert rounds.fit(["d1"], 1.0) == {"d2"}
    assert rounds.due(100.0) == ["d1"]


def test_a_line_is_down_only_if_all_of_its_senders_are() -> None:
    lines = {"sms": "fibre", "mail": "fibre", "modem": "cellular"}
    assert [each.well for each in uplinks(lines, {"sms": False, "mail": True, "modem": False})] == [True]
    (down,) = uplinks(lines, {"sms": False, "mail": False, "modem": True})
    assert not down.well
    assert "fibre" in down.text
    assert uplinks(lines, {"sms": False}) == []


def test_a_small_disk_may_be_fuller_than_a_large_one() -> None:
    assert disk("n", 900_000_000, 16_000_000_000).well
    assert not disk("n", 700_000_000, 16_000_000_000).well
    assert not disk("n", 900_000_000, 500_000_000_000).well


def test_a_certificate_is_told_three_weeks_ahead() -> None:
    assert certificate("n", 21.5).well
    assert "ends in 20 days" in certificate("n", 20.0).text
    assert "ended 2 days ago" in certificate("n", -2.0).text
    assert "no such file" in certificate("n", None, "no such file").text


def test_a_clock_that_nobody_keeps_is_a_trouble_and_one_that_cannot_say_is_none() -> None:
    assert not clock_kept("n", False).well
    assert clock_kept("n", None).well


def test_a_button_may_be_silent_as_long_as_it_usually_is() -> None:
    assert button_seen("desk", 3599.0, 3600.0).well
    assert "for 61 min" in button_seen("desk", 3660.0, 3600.0).text
