"""Browsers that people registered: they get what goes by push, beside a topic of another push service."""

from typing import Any

import pytest

from notifier.channels._push_sealing import new_key, public_bytes
from notifier.channels.web_push import WebPush
from notifier.engine.browsers import ACTIVE, GONE, KIND, MOST, Browsers, let_go, register_body, retire_body
from notifier.engine.deliveries import Settled
from notifier.engine.plan import plan_of
from notifier.errors import Reason
from notifier.model.delivery import DeliveryWord
from notifier.model.people import Person
from notifier.model.push import encoded, subscription
from notifier.model.settings import Sender
from tests.unit.engine.bench import Bench
from tests.unit.engine.school import NoWire, held, notify, playbook

ANN = Person("ann", "Ann", "oak", groups=frozenset({"staff"}), addresses={"push": "tap-ann"})
BOB = Person("bob", "Bob", "oak", groups=frozenset({"staff"}))


def browser(number: int) -> str:
    key = encoded(public_bytes(new_key()))
    return subscription(f"https://fcm.googleapis.com/fcm/send/{number}", key, encoded(bytes(16))).address()


@pytest.fixture
def school(at: Bench) -> Bench:
    sender = NoWire("browsers", None, None)  # type: ignore[arg-type]  # it never uses its tools
    sender.address_kind = KIND  # type: ignore[misc]  # one class stands for every kind
    at.desk.gear.channels = {**at.desk.gear.channels, "browsers": sender}
    at.desk.gear.senders = {**at.desk.gear.senders, "browsers": Sender(channel="web_push")}
    at.publish(held(playbook("p", "other", notify("tell", ["group:staff"], by=["push"])), version=2,
                    people={"ann": ANN, "bob": BOB}))  # fmt: skip
    return at


async def register(at: Bench, person: str, address: str) -> str:
    known = await at.run(lambda: register_body("oak", person, address, "Firefox", at.clock.now()))
    at.clock.time += 1
    return known


def as_known(at: Bench) -> Browsers:
    """What another node reads at its start."""
    found = Browsers()
    found.load(at.ledger, "oak")
    return found


async def test_a_person_gets_push_on_every_browser_and_on_their_topic(school: Bench) -> None:
    for number in range(2):
        await register(school, "ann", browser(number))
    await register(school, "bob", browser(9))
    step: dict[str, Any] = plan_of(school.desk, "p", None, drill=False)["phases"]["main"][0]
    assert (step["deliveries"], step["unreachable"]) == (4, 0)
    push = step["by_kind"][0]
    assert (push["people"], push["of"], push["without"], push["senders"]) == (2, 2, [], ["browsers", "taps"])
    await school.press("p")
    rows = school.rows("delivery")
    assert sorted((row["person"], row["kind"], row["lane"]) for row in rows) == [
        ("ann", "push", "taps"),
        ("ann", KIND, "browsers"),
        ("ann", KIND, "browsers"),
        ("bob", KIND, "browsers"),
    ]
    assert len({row["id"] for row in rows}) == 4


async def test_without_a_sender_for_browsers_nothing_changes(at: Bench) -> None:
    at.publish(held(playbook("p", "other", notify("tell", ["group:staff"], by=["push"])), version=2,
                    people={"ann": ANN, "bob": BOB}))  # fmt: skip
    await register(at, "bob", browser(1))
    step = plan_of(at.desk, "p", None, drill=False)["phases"]["main"][0]
    assert (step["deliveries"], step["unreachable"]) == (1, 1)


async def test_a_browser_that_let_go_is_never_tried_again_and_its_person_is_named(school: Bench) -> None:
    first, second = browser(1), browser(2)
    await register(school, "bob", first)
    kept = await register(school, "bob", second)
    await school.run(lambda: retire_body("oak", "bob", first, 5.0))
    for known in (school.desk.browsers, as_known(school)):
        assert list(known.of("bob")) == [kept]
        assert known.lost() == []
    await school.run(lambda: retire_body("oak", "bob", second, 6.0))
    for known in (school.desk.browsers, as_known(school)):
        assert not known.of("bob")
        assert known.lost() == ["bob"]
    assert {row["address"] for row in school.rows("browser")} == {""}
    await register(school, "bob", second)
    assert school.desk.browsers.lost() == []


async def test_a_sixth_browser_takes_the_place_of_the_oldest(school: Bench) -> None:
    made = [await register(school, "ann", browser(number)) for number in range(MOST + 1)]
    assert set(school.desk.browsers.of("ann")) == set(made[1:])
    states = {row["id"]: row["state"] for row in school.rows("browser")}
    assert states == {made[0]: GONE} | dict.fromkeys(made[1:], ACTIVE)


def test_only_what_a_push_service_says_of_a_browser_retires_it() -> None:
    rows = {name: {"person": "bob", "address": name, "kind": kind} for name, kind in
            {"gone": KIND, "full": KIND, "sms": "sms"}.items()}  # fmt: skip
    settled = [
        Settled("gone", "i", 1, DeliveryWord.FAIL, 0.0, reason=Reason.BAD_ADDRESS),
        Settled("full", "i", 1, DeliveryWord.FAIL, 0.0, reason=Reason.REFUSED),
        Settled("sms", "i", 1, DeliveryWord.FAIL, 0.0, reason=Reason.BAD_ADDRESS),
    ]
    assert let_go(settled, rows) == [("bob", "gone")]


def test_the_sender_for_browsers_takes_the_kind_that_is_registered() -> None:
    assert WebPush.address_kind == KIND
