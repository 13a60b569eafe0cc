"""The campus as one piece: doors by the site file, providers that report, people who answer what they got."""

import asyncio
from dataclasses import dataclass
from typing import Any

from notifier.campus.door_model import LockFault
from notifier.campus.grounds import stand_up
from notifier.campus.in_process import InProcessCampus
from notifier.interfaces import CallbackReply, Outcome
from notifier.model.delivery import Purpose
from notifier.model.message import Message
from notifier.model.people import Person
from notifier.model.site import Site
from tests.campus.hand_clock import HandClock

SITE = Site.model_validate({
    "site": "s", "name": "S", "zones": [{"id": "z"}],
    "doors": [
        {"id": "d1", "zone": "z", "side": "exterior", "driver": "acme", "address": "board", "settings": {"relay": 0},
         "sensed_by": {"input": 0}, "egress": "mechanical"},
        {"id": "d2", "zone": "z", "side": "exterior", "driver": "acme", "address": "board", "settings": {"relay": 1},
         "secured_when": "relay_off", "sensed_by": {"input": 1, "secured_is": False}, "egress": "mechanical",
         "second_path": {"driver": "other", "address": "second", "secured_when": "relay_off"}},
    ],
    "speakers": [{"id": "s1", "zone": "z", "address": "239.255.0.1:5004"}],
    "signals": [{"id": "lamp", "zone": "z", "driver": "acme", "address": "lamp"}],
    "fire_alarm": {"driver": "acme", "address": "panel", "input": 2},
})  # fmt: skip
ADA = Person("ada", "Ada", "s", addresses={"sms": "+15550100001", "push": "ada-topic", "email": "ada@school.example"})
ALARM = Message(
    "Lockdown", "Out of sight. 1 SAFE, 2 HELP", "en", Purpose.EMERGENCY, False, link="https://x.example/r/tok"
)


@dataclass
class School:
    site: Site
    people: dict[str, Person]


class Engine:
    def __init__(self) -> None:
        self.reports: list[tuple[str, CallbackReply]] = []
        self.answers: list[tuple[str, str]] = []
        self.news = asyncio.Event()

    async def reported(self, channel: str, reply: CallbackReply) -> None:
        self.reports.append((channel, reply))
        self.news.set()

    async def answer(self, token: str, answer: str, text: str) -> Outcome:
        self.answers.append((token, answer))
        self.news.set()
        return Outcome(True, "")

    async def until(self, condition: Any) -> None:
        while not condition():
            self.news.clear()
            await self.news.wait()


async def opened() -> tuple[InProcessCampus, Engine]:
    engine = Engine()
    campus = InProcessCampus(HandClock(), School(SITE, {"ada": ADA}))
    await campus.open(engine.reported, engine.answer)
    return campus, engine


async def test_every_door_of_the_site_is_commanded_and_read_by_its_own_relay_and_polarity() -> None:
    campus, _ = await opened()
    acme = campus.door_drivers["acme"]
    for door in SITE.doors:
        assert (await acme.read(door)).lock == "unsecured"
        await acme.secure(door)
        await campus.clock.sleep(1.0)
        assert (await acme.read(door)).lock == "secured"
    assert campus.grounds.secured(campus.clock.now()) == {"d1", "d2"}
    assert campus.grounds.unlock_commands() == []
    await acme.restore(SITE.doors[1])
    assert campus.grounds.unlock_commands() == ["d2"]
    await campus.close()


async def test_a_second_way_moves_the_same_bolt() -> None:
    campus, _ = await opened()
    door = SITE.doors[1]
    assert door.second_path is not None
    other = door.model_copy(update={"driver": "other", "address": "second", "settings": {}})
    await campus.door_drivers["other"].secure(other)
    await campus.clock.sleep(1.0)
    assert (await campus.door_drivers["acme"].read(door)).lock == "secured"
    await campus.close()


async def test_a_jammed_door_is_told_and_does_not_hold() -> None:
    campus, _ = await opened()
    campus.grounds.doors["d1"].fault = LockFault.JAMMED
    began = campus.clock.now()
    await campus.door_drivers["acme"].secure(SITE.doors[0])
    await campus.clock.sleep(5.0)
    assert campus.grounds.secured(campus.clock.now()) == frozenset()
    assert campus.grounds.first_lock_command() == began
    await campus.close()


async def test_a_person_replies_to_an_sms_and_the_provider_tells_what_became_of_it() -> None:
    campus, engine = await opened()
    ada = campus.crowd["ada"].texts("2", after=3.0, when="SAFE")
    receipt = await campus.channels["sms"].send("+15550100001", ALARM, "d-1")
    await engine.until(lambda: any(reply.inbound for _, reply in engine.reports))
    words = [report.word for _, reply in engine.reports for report in reply.reports if report.ref == receipt.ref]
    texts = [inbound.text for _, reply in engine.reports for inbound in reply.inbound]
    assert words[-1] == "delivered"
    assert texts == ["2"]
    assert [one.say for one in ada.said] == ["2"]
    assert ada.got("Out of sight", "sms")
    await campus.close()


async def test_a_person_taps_the_link_of_a_push_once() -> None:
    campus, engine = await opened()
    campus.crowd["ada"].taps("safe", after=2.0)
    await campus.channels["push"].send("ada-topic", ALARM, "d-1")
    await campus.channels["push"].send("ada-topic", ALARM, "d-2")
    await engine.until(lambda: bool(engine.answers))
    await campus.close()
    assert engine.answers == [("tok", "safe")]
    assert len(campus.crowd["ada"].got(by="push")) == 2


async def test_mail_reaches_its_person_and_whoever_is_not_scripted_never_answers() -> None:
    campus, engine = await opened()
    await campus.channels["email"].send("ada@school.example", ALARM, "d-1")
    assert campus.crowd["ada"].got("Lockdown\nOut of sight", "email")
    assert campus.crowd.busy == 0
    assert engine.answers == []
    await campus.close()


def test_a_fire_panel_stands_quiet_until_it_is_told_otherwise() -> None:
    grounds = stand_up(SITE)
    assert grounds.device_of("fire_alarm").inputs(0.0) == {2: False}
    assert set(grounds.places) == {"d1", "d2", "d2:second", "lamp", "fire_alarm"}
