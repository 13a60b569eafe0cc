"""A named person says no, with a reason: the step is over, nobody is asked again, and nothing of it happens."""

import pytest

from notifier.errors import NotFound, Refused
from notifier.model.events import EventKind
from notifier.model.rights import Right
from notifier.testing.schools import bend, small_school
from notifier.testing.story import story

ASKED = "may the message 'guardians' leave now?"
RESTORES = bend(
    small_school(),
    "playbooks/lockdown.yaml",
    (
        "all_clear:\n  - id: page",
        "all_clear:\n  - id: doors\n    restore_doors: {doors: [all], within: 10s}\n  - id: page",
    ),
)


async def test_exterior_doors_that_nobody_wants_open_stay_locked_and_the_incident_closes() -> None:
    async with story(RESTORES) as campus:
        await campus.advance("5s")
        await campus.press("front-office")
        await campus.advance("30s")
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        await campus.person("kim").releases("r1", "r2", "desk")
        await campus.advance("1m")
        campus.is_("closing")
        said = await campus.person("ada").refuses_step("_exterior:doors", "The police want them shut")
        assert "2 doors stay as they are" in said.text
        await campus.advance("10s")
        campus.is_("closed")
        for door in ("d1", "d2"):
            campus.door(door).is_secured().was_never_told_to_unlock()
        (refused,) = [each for each in campus.log.told(EventKind.APPROVAL_DECIDED) if each["state"] == "refused"]
        assert (refused["second"], refused["reason"]) == ("Ada Abara", "The police want them shut")
        assert sorted(refused["doors"]) == ["d1", "d2"]


async def test_a_message_that_was_refused_is_never_sent_and_its_approvers_are_asked_no_more() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5m10s")
        with pytest.raises(Refused, match="not among the approvers"):
            await campus.person("Ben", Right.VIEW, Right.OPERATE).refuses_step("guardians")
        with pytest.raises(Refused, match="Say why"):
            await campus.person("Ada").refuses_step("guardians", "  ")
        await campus.person("Ada").refuses_step("guardians")
        assert campus.log.steps()["guardians"] == "skipped"
        asked = len(campus.phone("Ada").got(ASKED))
        await campus.advance("10m")
        assert len(campus.phone("Ada").got(ASKED)) == asked
        campus.phone("Kim").has_not(ASKED)
        campus.phone("Gus").is_silent()
        with pytest.raises(NotFound):
            await campus.person("Kim").approves_step("guardians")
