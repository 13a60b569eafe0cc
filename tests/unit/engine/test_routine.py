"""Routine messages need consent and keep quiet hours; an emergency and a drill do neither."""

from dataclasses import replace
from typing import Any

import pytest

from notifier.engine.plan import plan_of
from notifier.model.delivery import Purpose
from notifier.model.people import Person
from notifier.model.settings import Sender
from tests.unit.engine.bench import Bench
from tests.unit.engine.school import held, notify, playbook

# The clock of these tests stands at 14:13 UTC.
NOW, LATER = {"from": "14:00", "until": "15:00"}, {"from": "20:00", "until": "07:00"}


def parent(name: str, *consent: str) -> Person:
    addresses = {"sms": "+15550101000", "push": f"tap-{name}"}
    return Person(name, name.title(), "oak", groups=frozenset({"news"}), on_site=False, addresses=addresses,
                  consent=frozenset(consent))  # fmt: skip


PARENTS = {"ann": parent("ann", "sms", "push"), "bob": parent("bob", "sms"), "cyd": parent("cyd")}


def school(at: Bench, purpose: str = "routine", quiet: dict[str, str] | None = None) -> None:
    step = notify("news", ["group:news"], by=["sms", "push"], notify={"purpose": purpose})
    at.publish(held(playbook("p", "other", step), version=2, people=PARENTS, quiet_hours=quiet))


def left(at: Bench) -> set[tuple[str, str]]:
    return {(row["person"], row["kind"]) for row in at.rows("delivery") if row["state"] == "sent"}


def planned(at: Bench, *, drill: bool = False) -> dict[str, Any]:
    return dict(plan_of(at.desk, "p", None, drill)["phases"]["main"][0])


EVERYBODY = {(name, kind) for name in PARENTS for kind in ("sms", "push")}


async def test_only_addresses_with_consent_get_what_is_routine_and_the_plan_says_who_does_not(at: Bench) -> None:
    school(at)
    assert planned(at)["left_out"] == {"no_consent": 1}
    intake = await at.press("p")
    await at.settle()
    assert left(at) == {("ann", "sms"), ("ann", "push"), ("bob", "sms")}
    detail = at.row("step", incident=intake.incident, id="news")["detail"]
    assert '"left_out"' in detail
    assert "cyd" in detail


@pytest.mark.parametrize("quiet", [NOW, NOW | {"then": "refuse"}])
async def test_an_emergency_asks_neither_for_consent_nor_for_the_hour(at: Bench, quiet: dict[str, str]) -> None:
    school(at, "emergency", quiet)
    await at.press("p")
    await at.settle()
    assert left(at) == EVERYBODY
    assert (planned(at)["left_out"], planned(at)["quiet_until"]) == ({}, None)


async def test_in_quiet_hours_it_waits_for_their_end(at: Bench) -> None:
    school(at, quiet=NOW)
    assert planned(at)["quiet_until"] == "15:00"
    await at.press("p")
    assert await at.settle() == 0
    await at.advance(46 * 60)
    assert await at.settle() == 0
    await at.advance(60)
    assert await at.settle() == 3


async def test_outside_of_quiet_hours_it_leaves_at_once(at: Bench) -> None:
    school(at, quiet=LATER)
    await at.press("p")
    assert await at.settle() == 3


async def test_where_quiet_hours_refuse_nothing_is_written_and_everybody_is_named(at: Bench) -> None:
    school(at, quiet=NOW | {"then": "refuse"})
    assert planned(at)["left_out"] == {"quiet_hours": 3}
    intake = await at.press("p")
    await at.look(intake.incident)
    assert at.rows("delivery") == []
    assert at.steps(intake.incident)["news"] == "skipped"


async def test_what_ends_a_response_is_never_held_by_quiet_hours(at: Bench) -> None:
    school(at, quiet=NOW | {"then": "refuse"})
    plan = plan_of(at.desk, "p", None, drill=False)
    for phase in ("all_clear", "correction"):
        assert {step["purpose"] for step in plan["phases"][phase]} == {str(Purpose.EMERGENCY)}


async def test_a_sender_kept_for_emergencies_carries_nothing_routine(at: Bench) -> None:
    only = {"purposes": (Purpose.EMERGENCY, Purpose.DRILL)}
    senders = dict(at.desk.gear.senders)
    at.desk.gear.senders = senders | {"texts": replace_sender(senders["texts"], **only)}
    school(at)
    assert {each["sender"] for each in planned(at)["senders"]} == {"texts2", "taps"}
    school(at, "emergency")
    assert {each["sender"] for each in planned(at)["senders"]} == {"texts", "taps"}


def replace_sender(sender: Sender, **changed: Any) -> Sender:
    return sender.model_copy(update=changed)


async def test_somebody_without_any_address_is_unreachable_and_not_left_out(at: Bench) -> None:
    nobody = {"dee": replace(PARENTS["cyd"], id="dee", addresses={})}
    step = notify("news", ["group:news"], notify={"purpose": "routine"})
    at.publish(held(playbook("p", "other", step), version=2, people=nobody))
    assert (planned(at)["left_out"], planned(at)["unreachable"]) == ({}, 1)
