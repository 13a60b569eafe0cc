"""The site page says when each thing last gave a sign of life, and never "seen" of what cannot be asked."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifier.testing.story import Story, story


@pytest.fixture
async def campus() -> AsyncIterator[Story]:
    async with story() as made:
        yield made


def thing(campus: Story, kind: str, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(each for each in campus.daemon.views.equipment()[kind] if each["id"] == name)
    return found


def ago(campus: Story, one: Mapping[str, Any]) -> float:
    """Seconds since it was seen."""
    return (campus.clock.wall() - datetime.fromisoformat(one["seen"])).total_seconds()


async def test_a_door_that_goes_dark_keeps_the_time_at_which_it_last_answered(campus: Story) -> None:
    await campus.advance("2m")
    assert ago(campus, thing(campus, "doors", "d1")) <= 31
    campus.door("d1").goes_dead()
    await campus.advance("10m")
    assert ago(campus, thing(campus, "doors", "d1")) >= 9 * 60
    assert ago(campus, thing(campus, "doors", "d2")) <= 31
    campus.door("d1").mends()
    await campus.advance("60s")
    assert ago(campus, thing(campus, "doors", "d1")) <= 31


async def test_a_jammed_door_is_seen_although_it_is_not_well(campus: Story) -> None:
    await campus.advance("60s")
    campus.door("d1").jams()
    await campus.advance("5m")
    assert ago(campus, thing(campus, "doors", "d1")) <= 31


async def test_a_door_that_a_response_holds_is_seen_by_the_reading_back(campus: Story) -> None:
    await campus.press("front-office")
    await campus.advance("5m")
    door = thing(campus, "doors", "d1")
    assert door["held_by"]
    assert ago(campus, door) <= 5


async def test_after_a_restart_nothing_is_said_to_be_seen_that_was_not(campus: Story) -> None:
    await campus.advance("60s")
    campus.door("d1").goes_dead()
    await campus.restarts()
    await campus.advance("60s")
    door = thing(campus, "doors", "d1")
    assert door["asked"]
    assert door["seen"] is None
    since = datetime.fromisoformat(campus.daemon.views.equipment()["since"])
    assert campus.clock.wall() - since < timedelta(minutes=2)


async def test_a_strobe_says_what_it_was_told_and_what_it_reads(campus: Story) -> None:
    name = campus.held.site.signals[0].id
    await campus.advance("60s")
    assert thing(campus, "signals", name) | {"told": None, "said": "output off"} == thing(campus, "signals", name)
    await campus.press("front-office")
    await campus.advance("5s")
    lit = thing(campus, "signals", name)
    assert (lit["told"], lit["obeyed"], lit["said"]) == ("on", True, "output on")


async def test_a_speaker_that_cannot_be_asked_is_never_seen_and_a_person_says_that_it_is_heard(campus: Story) -> None:
    speaker = campus.held.site.speakers[0]
    await campus.advance("2m")
    quiet = thing(campus, "speakers", speaker.id)
    assert (quiet["asked"], quiet["seen"], quiet["ear"], quiet["walk"]) == (False, None, None, None)
    assert quiet["output"]["seen"]
    await campus.press("front-office")
    await campus.advance("10s")
    ada = campus.person("Ada")
    await ada.hears_page(speaker.id, heard=True)
    assert thing(campus, "speakers", speaker.id)["ear"]["by"] == campus.somebody("Ada").name
    assert thing(campus, "speakers", speaker.id)["seen"] is None


async def test_a_buttons_press_is_kept_over_a_restart(campus: Story) -> None:
    assert thing(campus, "buttons", "front-office")["pressed"] is None
    await campus.press("front-office")
    await campus.restarts()
    button = thing(campus, "buttons", "front-office")
    assert button["pressed"]["at"]
    assert not button["asked"]


async def test_a_sender_says_when_it_last_answered_took_a_message_and_reported(campus: Story) -> None:
    await campus.advance("60s")
    sms = next(each for each in campus.daemon.views.state("channels")["items"] if each["sender"] == "sms")
    assert sms["seen"]
    assert (sms["accepted"], sms["reported"]) == (None, None)
    await campus.press("front-office")
    await campus.advance("30s")
    sms = next(each for each in campus.daemon.views.state("channels")["items"] if each["sender"] == "sms")
    assert sms["accepted"]
    assert sms["reported"]
