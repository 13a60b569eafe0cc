"""Need help is somebody's task, with an owner and a clock; it is never counted as answered."""

import pytest

from notifier.model.events import EventKind
from notifier.testing.story import story


async def test_need_help_opens_a_task_that_a_named_person_takes() -> None:
    async with story() as campus:
        campus.phone("Ben").expects_sms("LOCKDOWN").replies("2")
        campus.phone("Ada").expects_sms("LOCKDOWN").replies("1")
        campus.phone("Carla").expects_sms("LOCKDOWN").replies("1")
        await campus.press("front-office")
        await campus.advance("30s")
        task = campus.log.has_task("need_help", "Ben Brandt NEEDS HELP")
        assert (task["state"], task["owner"]) == ("open", None)
        assert campus.log.steps()["staff"] == "running"
        await campus.person("Lee").moves_task(task["id"], "take")
        taken = campus.log.has_task("need_help")
        assert (taken["state"], taken["owner_name"]) == ("taken", "Lee Moss")
        assert taken["moved_at"] > task["moved_at"]
        await campus.advance("45s")
        (level,) = campus.log.told(EventKind.ESCALATED)
        assert level["need_help"] == ["ben"]
        assert level["answered"] == 2
        assert campus.log.steps()["staff"] != "satisfied"


@pytest.mark.parametrize("text", ["HELP", "ayuda!", "911", "SOS", "he is bleeding", "🆘", "?"])
async def test_cries_for_help_and_what_nobody_can_read_count_as_need_help(text: str) -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5s")
        campus.phone("Ben").writes(text)
        await campus.advance("1s")
        campus.log.has_task("need_help", "Ben Brandt NEEDS HELP")


async def test_what_cannot_be_read_says_that_it_must_be_checked() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5s")
        campus.phone("Ben").writes("xqzzt")
        await campus.advance("1s")
        campus.log.has_task("need_help", "could not be read: check")
        campus.log.tells(EventKind.INCIDENT_OPENED, EventKind.UNREADABLE)


async def test_safe_after_need_help_leaves_the_task_to_a_person() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5s")
        campus.phone("Ben").writes("2")
        await campus.advance("5s")
        campus.phone("Ben").writes("1")
        await campus.advance("1s")
        task = campus.log.has_task("need_help", "Now says: safe")
        assert task["state"] == "open"


async def test_help_again_after_the_task_was_done_opens_it_again() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5s")
        campus.phone("Ben").writes("2")
        await campus.advance("5s")
        await campus.person("Lee").moves_task(campus.log.has_task("need_help")["id"], "finish")
        campus.phone("Ben").writes("2 it is worse")
        await campus.advance("1s")
        assert campus.log.has_task("need_help", "it is worse")["state"] == "open"
