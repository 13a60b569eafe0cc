"""Where danger is seen next is news to police and to the commander at once."""

from notifier.model.events import EventKind
from notifier.testing.story import story


async def test_a_press_from_another_zone_joins_and_tells_police_and_the_commander() -> None:
    async with story() as campus:
        first = await campus.press("front-office")
        await campus.person("Lee").takes_command()
        await campus.advance("30s")
        second = await campus.press("north-hall")
        assert second.incident == first.incident
        await campus.advance("1s")
        campus.phone("Officer Diaz").has("now also reported from North wing", by="sms", times=1)
        campus.phone("Lee").has("now also reported from North wing", by="sms")
        campus.phone("Kim").has_not("now also reported")
        campus.phone("Ben").has("LOCKDOWN", by="sms", times=1)
        campus.log.tells(EventKind.INCIDENT_OPENED, EventKind.INCIDENT_JOINED)


async def test_the_same_zone_again_is_no_news() -> None:
    async with story() as campus:
        await campus.press("north-hall")
        await campus.advance("30s")
        await campus.press("north-hold")
        await campus.advance("5s")
        campus.phone("Officer Diaz").has_not("now also reported")


async def test_one_finger_that_presses_twice_is_one_press() -> None:
    async with story() as campus:
        first = await campus.press("front-office")
        await campus.advance("2s")
        again = await campus.press("front-office")
        assert again.activation == first.activation
        await campus.advance("2s")
        keyed = await campus.press("north-hall", key="abc")
        await campus.advance("1m")
        assert (await campus.press("north-hall", key="abc")).activation == keyed.activation
        assert len(campus.log.read("activations_of_incident", incident=campus.incident)) == 2
