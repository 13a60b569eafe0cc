"""What would be missing if it were pressed now: each gap, when it must be mended, and who has it."""

from typing import Any

from notifier.model.rights import Caller
from notifier.testing.schools import bend, small_school
from notifier.testing.story import Story, story

TECHNICIAN = ("Brandt,birchwood,r1,,staff", "Brandt,birchwood,r1,technician,staff")


def items(campus: Story) -> list[dict[str, Any]]:
    return list(campus.daemon.views.state("readiness")["items"])


def gaps(campus: Story, kind: str, words: str = "") -> list[dict[str, Any]]:
    return [item for item in items(campus) if item["kind"] == kind and words in item["what"] and not item["well"]]


async def test_a_dark_door_must_be_mended_before_school_by_the_technician() -> None:
    files = bend(small_school(), "contacts/people.csv", TECHNICIAN)
    async with story(files) as campus:
        assert not gaps(campus, "door", "does not answer")
        campus.door("d1").goes_dead()
        await campus.advance("60s")
        (gap,) = gaps(campus, "door", "does not answer")
        assert (gap["when"], gap["for"], gap["owner"]) == ("before_school", ["Ben Brandt"], "")
        assert gap["trouble"] == "door:d1"
        await campus.ask(lambda engine: engine.acknowledge_trouble("door:d1", Caller("account:ben", "Ben Brandt")))
        (gap,) = gaps(campus, "door", "does not answer")
        assert gap["owner"] == "Ben Brandt"
        campus.door("d1").mends()
        await campus.advance("30s")
        assert not gaps(campus, "door", "does not answer")


async def test_somebody_must_be_told_of_troubles() -> None:
    async with story() as campus:
        assert gaps(campus, "reach", "Nobody is told of troubles")
    async with story(bend(small_school(), "contacts/people.csv", TECHNICIAN)) as campus:
        assert not gaps(campus, "reach", "Nobody is told of troubles")


async def test_a_drill_that_never_was_is_a_gap_until_there_was_one() -> None:
    async with story() as campus:
        assert gaps(campus, "drill", "No drill has been run")
        await campus.drill()
        assert not gaps(campus, "drill")


async def test_somebody_without_an_address_and_one_who_said_stop_are_named() -> None:
    files = bend(small_school(), "contacts/people.csv", ("+15550100031,,gus@home.example", ",,"))
    async with story(files) as campus:
        (gap,) = gaps(campus, "reach", "Gus Grant")
        assert gap["people"] == ["gus"]
        assert "guardians" in gap["what"]


async def test_seals_that_stay_on_the_machine_are_a_gap() -> None:
    async with story() as campus:
        assert gaps(campus, "seal", "leaves this machine")


async def test_a_zone_where_nothing_is_heard_is_a_gap_once_nobody_accepts_it_any_more() -> None:
    speaker = '  - {id: office-rooms, zone: office, name: "Front office", channel: pa_multicast, address: "239.255.10.2:5004"}\n'  # noqa: E501 as it stands there
    accepted = "\naccepted_gaps: [{zone: office, accepted_by: A. Name, until: 2027-09-02, reason: rewiring}]\n"
    files = bend(small_school(), "site.yaml", (speaker, ""), ("\nspeakers:", f"{accepted}\nspeakers:"))
    async with story(files) as campus:
        assert not gaps(campus, "path")
        campus.clock.steps_wall("+400d")
        assert gaps(campus, "path", "Front office has no speaker")
        assert gaps(campus, "path", "was accepted until 2027-09-02 only")


async def test_the_most_urgent_stands_first_and_what_is_well_last() -> None:
    async with story() as campus:
        await campus.daemon.engine.trouble("store", "gone", "Nothing is written down.")
        campus.door("d1").goes_dead()
        await campus.advance("60s")
        found = [item["when"] for item in items(campus) if not item["well"]]
        order = ["now", "before_school", "next_workday", "never"]
        assert found == sorted(found, key=order.index)
        assert found[0] == "now"


async def test_a_school_where_nobody_could_end_it_reads_so_before_it_is_pressed() -> None:
    async with story() as campus:
        (gap,) = gaps(campus, "second_person")
        assert "need two people" in gap["what"]
