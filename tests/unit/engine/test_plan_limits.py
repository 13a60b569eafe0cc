"""What a plan says of the slowest sender and of a day that is too small."""

import pytest

from notifier.engine.plan_limits import over_the_day, slowest
from notifier.model.settings import Sender


def step(name: str, begins: float, **senders: int) -> dict[str, object]:
    rates = {"texts": 2.0, "second": 1.0}
    used = [{"sender": each, "segments": count, "rate": rates.get(each)} for each, count in senders.items()]
    return {"step": name, "begins": begins, "senders": used}


def test_the_slowest_is_whoever_hands_over_last_with_what_went_before() -> None:
    steps = [step("staff", 0, texts=198, mail=5000), step("police", 0, second=50), step("guardians", 60, texts=198)]
    assert slowest(steps) == {"sender": "texts", "step": "guardians", "at": 200.0}


def test_a_step_that_begins_later_does_not_wait_for_a_sender_that_is_free() -> None:
    assert slowest([step("staff", 0, texts=2), step("guardians", 300, texts=198)]) == {
        "sender": "texts",
        "step": "guardians",
        "at": 400.0,
    }


def test_without_limits_nobody_is_the_slowest() -> None:
    assert slowest([step("staff", 0, mail=5000), {"step": "lock", "begins": 0.0}]) is None


@pytest.mark.parametrize(
    ("cap", "drill", "warned"), [(300, False, False), (299, False, True), (598, True, True), (600, True, False)]
)
def test_a_day_too_small_for_one_press_and_its_longer_ending_is_a_warning(cap: int, drill: bool, warned: bool) -> None:
    phases = {
        "main": [step("a", 0, texts=200)],
        "all_clear": [step("b", 0, texts=50)],
        "correction": [step("c", 0, texts=100)],
    }
    said = list(over_the_day(phases, {"texts": Sender(channel="twilio", daily_cap=cap)}, drill=drill))
    assert bool(said) is warned
