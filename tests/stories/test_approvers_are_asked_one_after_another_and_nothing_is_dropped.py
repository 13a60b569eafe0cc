"""A step that waits for approval asks the next every two minutes, reminds for ever, and never leaves by itself."""

import pytest

from notifier.errors import Refused
from notifier.model.rights import Right
from notifier.testing.story import Story, story

ASKED = "may the message 'guardians' leave now?"


async def until_the_first_is_asked(campus: Story) -> None:
    await campus.press("front-office")
    await campus.advance("5m10s")


async def test_the_next_is_added_every_two_minutes() -> None:
    async with story() as campus:
        await until_the_first_is_asked(campus)
        campus.phone("Ada").has(ASKED)
        campus.phone("Kim").has_not(ASKED)
        await campus.advance("2m")
        campus.phone("Kim").has(ASKED)
        campus.phone("Lee").has_not(ASKED)
        await campus.advance("2m")
        campus.phone("Lee").has(ASKED)


async def test_nobody_approves_and_it_waits_for_ever_reminded_and_never_sent() -> None:
    async with story() as campus:
        await until_the_first_is_asked(campus)
        await campus.advance("10m")
        before = len(campus.phone("Ada").got(ASKED, by="sms"))
        await campus.advance("30m")
        assert len(campus.phone("Ada").got(ASKED, by="sms")) > before
        campus.phone("Gus").is_silent()
        assert campus.log.steps()["guardians"] == "waiting"
        await campus.person("Lee").approves_step("guardians")
        await campus.advance("5s")
        campus.phone("Gus").has("is in lockdown", by="sms").has("is in lockdown", by="email")
        campus.phone("Gloria").has("está en lockdown", by="sms")
        assert campus.log.steps()["guardians"] == "done"


async def test_only_an_approver_or_whoever_may_command_releases_it() -> None:
    async with story() as campus:
        await until_the_first_is_asked(campus)
        with pytest.raises(Refused, match="not among the approvers"):
            await campus.person("Ben", Right.VIEW, Right.OPERATE).approves_step("guardians")
        await campus.person("Kim", Right.VIEW).approves_step("guardians")
        await campus.advance("5s")
        campus.phone("Gus").has("is in lockdown")


async def test_an_approved_step_asks_nobody_any_more() -> None:
    async with story() as campus:
        await until_the_first_is_asked(campus)
        await campus.person("Ada").approves_step("guardians")
        await campus.advance("10m")
        campus.phone("Kim").has_not(ASKED)
        campus.phone("Gus").has("is in lockdown", by="sms", times=1)
