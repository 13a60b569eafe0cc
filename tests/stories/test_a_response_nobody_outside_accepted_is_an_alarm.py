"""Within a minute somebody outside has accepted a grave response, or the district hears that nobody has."""

from notifier.testing.story import story

SAYS = "nobody outside has accepted"


async def test_the_district_hears_of_it_and_it_is_somebodys_task() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("55s")
        campus.phone("Kim").has_not(SAYS)
        await campus.advance("10s")
        campus.phone("Kim").has(SAYS, by="sms", times=1)
        tasks = campus.log.read("tasks_of_incident", incident=campus.incident)
        assert [row["kind"] for row in tasks if row["kind"] == "nobody_outside"] == ["nobody_outside"]


async def test_an_accepted_response_alarms_nobody() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        await campus.person("kim").hands_off("accept", "911, call taker 14")
        await campus.advance("2m")
        campus.phone("Kim").has_not(SAYS)
