"""What a plan says of carriers: when the last message has passed them, and what is over their day."""

import pytest

from notifier.engine.plan_carriers import by_carrier, not_registered, over_a_carriers_day
from notifier.model.settings import Sender


def sender(number_class: str, *, verified: bool = True, **more: object) -> Sender:
    written = {"channel": "twilio", "registration": {"class": number_class, "verified": verified, **more}}
    return Sender.model_validate(written)


def phases(main: int, ending: int = 0, begins: float = 0) -> dict[str, list[dict[str, object]]]:
    def step(segments: int, begins: float) -> dict[str, object]:
        return {"step": "a", "begins": begins, "senders": [{"sender": "texts", "to_usa": segments}]}

    return {"main": [step(main, begins)], "all_clear": [step(ending, 0)]}


def test_a_standard_campaign_passes_240_a_minute_at_one_carrier_and_all_at_once_at_another() -> None:
    att, t_mobile = by_carrier(phases(1500, begins=60), {"texts": sender("10dlc_standard")})
    assert (att["carrier"], att["last_at"]) == ("AT&T", 60 + 375)
    assert (t_mobile["carrier"], t_mobile["last_at"], t_mobile["dropped"]) == ("T-Mobile", 60, 0)


def test_a_slower_sender_decides_before_its_carrier_does() -> None:
    slow = sender("short_code").model_copy(update={"rate": 1.0})
    (row,) = by_carrier(phases(99), {"texts": slow})
    assert row["last_at"] == 100.0


@pytest.mark.parametrize(("main", "ending", "dropped"), [(1500, 500, 0), (1500, 501, 1), (4000, 0, 2000)])
def test_what_is_over_a_carriers_day_counts_the_ending_too(main: int, ending: int, dropped: int) -> None:
    senders = {"texts": sender("10dlc_low")}
    rows = {row["carrier"]: row["dropped"] for row in by_carrier(phases(main, ending), senders)}
    assert rows == {"AT&T": 0, "T-Mobile": dropped}
    assert bool(list(over_a_carriers_day(phases(main, ending), senders))) is bool(dropped)


def test_what_the_settings_say_of_the_limits_counts_and_not_the_table() -> None:
    senders = {"texts": sender("10dlc_standard", per_minute=60, per_day=40_000)}
    assert [(row["last_at"], row["per_day"]) for row in by_carrier(phases(120), senders)] == [(120, None), (0, 40_000)]


@pytest.mark.parametrize(("number_class", "verified", "said"), [("none", True, 1), ("toll_free", False, 1),
                                                                 ("toll_free", True, 0)])  # fmt: skip
def test_an_unregistered_number_is_said_to_reach_nobody(number_class: str, verified: bool, said: int) -> None:
    senders = {"texts": sender(number_class, verified=verified)}
    assert len(list(not_registered(phases(1), senders))) == said
    assert not list(not_registered(phases(0), senders)), "nobody in the USA is written to"
