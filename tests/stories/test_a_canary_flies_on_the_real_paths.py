"""The canary: real senders, test addresses only, marked as a drill; what does not leave is a trouble."""

from collections.abc import Mapping

from notifier.model.events import EventKind
from notifier.testing.schools import bend, small_school
from notifier.testing.story import Story, story

TEST_CONTACT = "tess,Test Phone,birchwood,,,,en,yes,+15550100099,birchwood-test,test@birchwood.example,,,,\n"
AT_TWO_PAST = '\ncanary: {to: [tess], cron: "2 10 * * *", within: 60s}\nzones:'


def files() -> dict[str, bytes]:
    made = small_school()
    people = made["contacts/people.csv"].decode().rstrip("\n")
    made["contacts/people.csv"] = f"{people}\n{TEST_CONTACT}".encode()
    return bend(made, "site.yaml", ("\nzones:", AT_TWO_PAST))


def told(campus: Story, kind: EventKind) -> list[Mapping[str, object]]:
    return [data for each, data in campus.log.all_events() if each is kind]


async def test_it_leaves_by_every_sender_for_the_test_contact_only_and_says_what_it_is() -> None:
    async with story(files()) as campus:
        await campus.advance("4m")
        for sender in ("sms", "push", "email"):
            (text,) = campus.sender(sender).sent()
            assert "DRILL" in text
            assert "Nobody needs to do anything" in text
        assert campus.phone("Test Phone").has("senders are being tested", by="sms", times=1)
        (over,) = told(campus, EventKind.CANARY_OVER)
        assert over["senders"] == {"sms": "", "push": "", "email": ""}
        campus.log.has_no_trouble("canary")
        for door in campus.held.site.doors:
            campus.door(door.id).was_never_told_to_unlock()
            assert campus.door(door.id).lock_commands() == 0
        campus.speaker("north-rooms").is_silent()
        campus.signal("strobe-north").is_off()


async def test_a_sender_that_takes_nothing_is_a_trouble_until_the_next_canary_leaves() -> None:
    async with story(bend(files(), "site.yaml", ("2 10 * * *", "2,6 10 * * *"))) as campus:
        campus.sender("sms").fails()
        await campus.advance("3m30s")
        assert "sms" in campus.log.has_trouble("canary", "sms")["text"]
        campus.sender("sms").recovers()
        await campus.advance("4m")
        campus.log.has_no_trouble("canary")


async def test_a_restart_sends_it_no_second_time_and_still_looks_after_it() -> None:
    async with story(files()) as campus:
        await campus.advance("2m20s")
        assert len(campus.sender("sms").sent("being tested")) == 1
        await campus.restarts()
        await campus.advance("2m")
        assert len(campus.sender("sms").sent("being tested")) == 1
        assert len(told(campus, EventKind.CANARY_SENT)) == len(told(campus, EventKind.CANARY_OVER)) == 1


async def test_beside_a_live_response_it_stays_at_home() -> None:
    async with story(files()) as campus:
        await campus.press("front-office")
        await campus.advance("5m")
        assert campus.sender("sms").sent("being tested") == []


async def test_an_hour_that_was_slept_through_is_not_made_up_for() -> None:
    async with story(files()) as campus:
        await campus.restarts(after="30m")
        await campus.advance("2m")
        assert told(campus, EventKind.CANARY_SENT) == []
