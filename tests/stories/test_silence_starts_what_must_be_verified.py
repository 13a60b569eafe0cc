"""A sensor, a feed or a tip is verified by people, and their silence starts the response (PRODUCT 5, verify)."""

import uuid

import pytest

from notifier.errors import Refused
from notifier.interfaces import Pressed
from notifier.model.events import EventKind
from notifier.model.incident import Activation, VerifyWindow
from notifier.model.rights import Caller, Right
from notifier.testing.story import Story, story

WINDOW = VerifyWindow(15.0, 120.0)


async def sensed(
    campus: Story, source: str = "trigger:camera", zone: str = "north", playbook: str = "lockdown"
) -> Pressed:
    """What a trigger with `verify` hands in."""
    caller = Caller(source, "Gun detection, camera 4", None, frozenset({Right.PRESS}))
    seen = Activation(uuid.uuid4().hex, source, playbook, zone, presser=caller.name, verify=WINDOW)
    pressed = await campus.ask(lambda commands: commands.press(seen, caller))
    campus.incident = pressed.incident or campus.incident
    return pressed


async def decides(campus: Story, who: str, activation: str, word: str) -> str:
    outcome = await campus.ask(lambda commands: commands.verify(activation, word, campus.person(who).caller))
    return outcome.text


def locked(campus: Story) -> int:
    return campus.door("d1").lock_commands()


async def test_office_and_police_are_told_at_once_and_silence_fires() -> None:
    async with story() as campus:
        pressed = await sensed(campus)
        assert pressed.incident == ""
        await campus.advance("3s")
        for who in ("Ada", "Officer Diaz"):
            campus.phone(who).has("UNVERIFIED Lockdown at North wing", by="sms", times=1)
        campus.phone("Ben").is_silent()
        campus.log.has_task("unverified", "UNVERIFIED: Lockdown at North wing")
        await campus.advance("11s")
        assert locked(campus) == 0
        await campus.advance("4s")
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured()
        campus.phone("Officer Diaz").has("is in LOCKDOWN")


async def test_somebody_who_looks_has_the_time_to_investigate_and_then_it_fires() -> None:
    async with story() as campus:
        pressed = await sensed(campus)
        await campus.advance("10s")
        assert "Ada Abara looks" in await decides(campus, "Ada", pressed.activation, "acknowledge")
        await campus.advance("118s")
        assert locked(campus) == 0
        await campus.advance("5s")
        assert locked(campus) == 1


async def test_a_veto_names_its_person_and_reaches_all_who_were_told() -> None:
    async with story() as campus:
        pressed = await sensed(campus)
        await campus.advance("5s")
        await decides(campus, "Ada", pressed.activation, "veto")
        await campus.advance("10m")
        assert locked(campus) == 0
        for who in ("Ada", "Officer Diaz"):
            campus.phone(who).has("no danger, says Ada Abara", by="sms", times=1)
        campus.phone("Ben").is_silent()
        with pytest.raises(Refused, match="vetoed already"):
            await decides(campus, "Kim", pressed.activation, "fire")


async def test_a_veto_is_a_persons_and_never_a_devices() -> None:
    async with story() as campus:
        pressed = await sensed(campus)
        device = Caller("button:front-office", "Front office desk", None, frozenset({Right.PRESS}))
        with pytest.raises(Refused, match="person's own account"):
            await campus.ask(lambda commands: commands.verify(pressed.activation, "veto", device))


async def test_a_second_trigger_fires_at_once_and_the_same_one_again_does_not() -> None:
    async with story() as campus:
        first = await sensed(campus)
        await campus.advance("4s")
        again = await sensed(campus)
        assert again.activation == first.activation
        assert locked(campus) == 0
        second = await sensed(campus, "trigger:microphone")
        assert second.incident
        await campus.advance("1s")
        campus.door("d1").is_secured()
        await campus.advance("30s")
        assert len([kind for kind, _ in campus.log.all_events() if kind is EventKind.INCIDENT_OPENED]) == 1


async def test_a_human_press_fires_it_at_once_and_never_waits_itself() -> None:
    async with story() as campus:
        await sensed(campus)
        await campus.advance("3s")
        pressed = await campus.press("nurse")
        await campus.advance("1s")
        campus.is_("active", pressed.incident)
        campus.door("d1").is_secured()


async def test_a_drill_confirms_nothing() -> None:
    async with story() as campus:
        await sensed(campus)
        await campus.drill()
        await campus.advance("2s")
        assert locked(campus) == 0


async def test_during_an_incident_it_is_a_place_at_once() -> None:
    async with story() as campus:
        first = await campus.press("front-office")
        await campus.advance("5s")
        assert (await sensed(campus)).incident == first.incident


async def test_what_waits_outlives_a_restart() -> None:
    async with story() as campus:
        await sensed(campus)
        await campus.restarts(after="3s")
        await campus.advance("15s")
        campus.door("d1").is_secured()
        campus.phone("Officer Diaz").has("UNVERIFIED", by="sms", times=1)


async def test_the_notice_of_a_911_call_tells_the_office_and_starts_nothing() -> None:
    async with story() as campus:
        caller = Caller("trigger:pbx", "Telephone system", None, frozenset({Right.PRESS}))
        note = Activation(
            "call-1",
            "trigger:pbx",
            "lockdown",
            "north",
            note="extension 204",
            presser="Telephone system",
            only_tells=True,
        )
        await campus.ask(lambda commands: commands.press(note, caller))
        await campus.advance("5m")
        assert locked(campus) == 0
        campus.phone("Ada").has("called 911 from North wing", by="sms", times=1)
        campus.phone("Officer Diaz").is_silent()
        campus.log.has_task("emergency_call", "extension 204")


async def test_words_of_doubt_that_could_not_leave_never_leave_after_the_real_ones() -> None:
    async with story() as campus:
        campus.sender("sms").fails()
        await sensed(campus)
        await campus.advance("20s")
        campus.incident = next(iter(campus.daemon.engine.desk.incidents))
        campus.sender("sms").recovers()
        await campus.advance("2m")
        campus.phone("Officer Diaz").has("is in LOCKDOWN", by="sms")
        await campus.person("kim").asks_recall()
        await campus.person("ada").approves()
        await campus.advance("5m")
        campus.is_("closed")
        campus.phone("Officer Diaz").has_not("UNVERIFIED", by="sms")
