"""A trouble finds its technician: once, at an hour that the site allows, and as one message."""

from notifier.model.events import EventKind
from notifier.testing.schools import bend, small_school
from notifier.testing.story import story

FILES = bend(
    small_school(), "contacts/people.csv", ("Brandt,birchwood,r1,,staff", "Brandt,birchwood,r1,technician,staff")
)
EARLY = bend(FILES, "site.yaml", ("\nzones:", '\ntroubles: {school_day: {begins: "10:35", mend_within: 30m}}\nzones:'))
"""The story begins at ten."""


async def test_a_dark_relay_in_school_hours_is_told_at_once_and_once() -> None:
    async with story(FILES) as campus:
        campus.door("d1").goes_dead()
        await campus.advance("90s")
        campus.phone("Ben").has("does not answer", by="sms", times=1)
        campus.phone("Ada").has_not("does not answer")
        await campus.restarts()
        await campus.advance("20m")
        campus.phone("Ben").has("does not answer", by="sms", times=1)


async def test_doors_that_go_together_are_one_message() -> None:
    async with story(FILES) as campus:
        for door in campus.held.site.doors:
            campus.door(door.id).goes_dead()
        await campus.advance("11m")
        assert len(campus.sender("sms").sent("Look: notifier troubles")) <= 2
        told = [data for kind, data in campus.log.all_events() if kind is EventKind.TROUBLES_TOLD]
        assert sum(len(data["troubles"]) for data in told) == len(campus.held.site.doors)


async def test_a_trouble_of_the_night_waits_for_the_morning() -> None:
    async with story(EARLY) as campus:
        campus.door("d1").goes_dead()
        await campus.advance("4m55s")
        campus.log.has_trouble("door", "d1")
        campus.phone("Ben").has_not("does not answer")
        await campus.advance("15s")
        campus.phone("Ben").has("does not answer", by="sms", times=1)
