"""Rooms that do not answer, a speaker that said nothing, messages that failed: somebody takes them, by name."""

import pytest

from notifier.errors import NotFound
from notifier.interfaces import Outcome
from notifier.model.step import TaskKind
from notifier.testing.story import Story, story


async def takes(campus: Story, who: str, kind: str, subject: str, to: str | None = None) -> Outcome:
    caller = campus.person(who).caller
    return await campus.ask(lambda commands: commands.take_up(campus.incident, kind, subject, caller, to))


def tasks(campus: Story, kind: str) -> list[tuple[str, str, str | None]]:
    shown = campus.daemon.views.incident(campus.incident)["tasks"]
    return [(one["subject"], one["state"], one["owner_name"]) for one in shown if one["kind"] == kind]


async def test_who_takes_a_silent_zone_has_it_and_the_next_one_takes_it_over() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("70s")
        await takes(campus, "Kim", TaskKind.SILENT_ZONE, "north")
        assert tasks(campus, "silent_zone") == [("north", "taken", "Kim Park")]
        await takes(campus, "Kim", TaskKind.SILENT_ZONE, "north", to="ben")
        assert tasks(campus, "silent_zone") == [("north", "taken", "Ben Brandt")]
        told = [one["text"] for one in campus.daemon.views.timeline(campus.incident, limit=500, after=None)["items"]]
        assert "Kim Park has the rooms of North wing that did not answer." in told
        assert "Kim Park gives the rooms of North wing that did not answer to Ben Brandt." in told


async def test_what_was_done_may_be_taken_again_when_it_comes_again() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await takes(campus, "Kim", TaskKind.SPEAKER_PAGE, "north-rooms")
        caller = campus.person("Kim").caller
        (known,) = [
            one for one in campus.daemon.views.incident(campus.incident)["tasks"] if one["kind"] == "speaker_page"
        ]
        await campus.ask(lambda commands: commands.move_task(known["id"], "finish", caller))
        await takes(campus, "Ada", TaskKind.SPEAKER_PAGE, "north-rooms")
        assert tasks(campus, "speaker_page") == [
            ("north-rooms", "done", "Kim Park"),
            ("north-rooms", "taken", "Ada Abara"),
        ]


@pytest.mark.parametrize(
    ("kind", "subject", "to"),
    [
        ("silent_zone", "moon", None),
        ("speaker_page", "moon", None),
        ("failed_messages", "many", None),
        ("need_help", "north", None),
        ("silent_zone", "north", "nobody"),
    ],
)
async def test_nothing_is_taken_that_no_board_shows(kind: str, subject: str, to: str | None) -> None:
    async with story() as campus:
        await campus.press("front-office")
        with pytest.raises(NotFound):
            await takes(campus, "Kim", kind, subject, to)
        assert tasks(campus, kind) == []
