"""What people heard and saw is kept with their name, and shown with its age."""

from datetime import datetime, timedelta

import pytest

from notifier.engine.walk_tests import standing
from notifier.errors import NotFound, Refused
from notifier.testing.story import Story, story


def line(campus: Story, zone: str, later: timedelta = timedelta()) -> tuple[str, object, object]:
    now: datetime = campus.campus.clock.wall() + later
    found = {each["zone"]: each for each in standing(campus.held, campus.log.read("walk_tests"), now)}
    return found[zone]["what"], found[zone]["well"], found[zone]["age_days"]


async def walks(campus: Story, who: str, zone: str, heard: bool | None, seen: bool | None) -> str:
    caller = campus.person(who).caller
    outcome = await campus.ask(lambda commands: commands.walk_test(zone, heard, seen, "by the lockers", caller))
    return outcome.text


async def test_a_zone_that_nobody_walked_says_so_and_one_that_was_says_who_and_what() -> None:
    async with story() as campus:
        what, well, age = line(campus, "north")
        assert what.endswith(
            "nobody has written down whether the page is heard, nobody has written down whether a signal is seen."
        )
        assert (well, age) == (False, None)
        assert await walks(campus, "kim", "north", True, None) == "Recorded for north: Kim Park heard the page."
        await walks(campus, "ada", "north", None, False)
        what, well, age = line(campus, "north")
        assert "Kim Park heard the page today, " in what
        assert "did NOT see the signals today." in what
        assert (well, age) == (False, 0)
        await walks(campus, "ada", "north", None, True)
        assert line(campus, "north")[1:] == (True, 0)
        assert len(campus.log.read("walk_tests")) == 3


async def test_each_sense_grows_old_by_itself() -> None:
    async with story() as campus:
        await walks(campus, "kim", "north", True, True)
        assert "saw the signals yesterday" in line(campus, "north", timedelta(days=1, hours=1))[0]
        what, _, age = line(campus, "north", timedelta(days=200))
        assert "heard the page 200 days ago" in what
        assert age == 200


async def test_a_walk_test_of_nothing_or_nowhere_is_refused() -> None:
    async with story() as campus:
        with pytest.raises(Refused, match="a walk test of nothing"):
            await walks(campus, "kim", "north", None, None)
        with pytest.raises(NotFound, match="no zone attic"):
            await walks(campus, "kim", "attic", True, True)
        assert not campus.log.read("walk_tests")
