"""An all-clear to somebody who never heard of the lockdown would be the alarm itself."""

from notifier.testing.story import story


async def test_families_whose_message_nobody_approved_hear_of_no_end() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        await campus.person("kim").releases("r1", "r2", "desk")
        await campus.advance("1m")
        campus.is_("closed")
        campus.phone("Ben").has("the lockdown ended", by="sms", times=1)
        campus.phone("Gus").has_not("ended")
