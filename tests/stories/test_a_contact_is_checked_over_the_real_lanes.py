"""One person's addresses are checked by one marked message; nobody else hears of it, and no response waits for it."""

import pytest

from notifier.errors import NotFound, Refused
from notifier.model.rights import Caller, Right
from notifier.testing.story import Story, story

ADMIN = Caller("account:ada", "Ada {{link}}", "ada", frozenset({Right.PUBLISH}))


async def check(campus: Story, person: str = "ben") -> str:
    return (await campus.ask(lambda commands: commands.check_contact(person, ADMIN))).text


async def test_only_that_person_hears_it_and_it_says_that_it_is_no_alarm() -> None:
    async with story() as campus:
        said = await check(campus, "carla")
        assert "sms ••• 0003" in said
        await campus.advance("5s")
        sms = campus.sender("sms").sent()
        assert len(sms) == 1
        assert "No es una alarma" in sms[0]
        assert "{{" not in sms[0]
        assert "LOCKDOWN" not in "".join(campus.sender("push").sent()).upper()
        assert len(campus.sender("push").sent()) == 1
        assert not campus.daemon.views.incidents(open_only=True, limit=5, after=None)["items"]
        states = {each["kind"]: each["state"] for each in campus.daemon.views.contact("carla")["checks"]}
        assert states.keys() == {"sms", "push", "email"}
        assert set(states.values()) <= {"sent", "delivered", "read"}


async def test_the_same_person_is_left_alone_for_a_minute_and_the_record_says_who_asked() -> None:
    async with story() as campus:
        await check(campus)
        with pytest.raises(Refused, match="less than a minute ago"):
            await check(campus)
        await campus.advance("61s")
        await check(campus)
        await campus.advance("5s")
        assert len(campus.sender("sms").sent()) == 2
        log = campus.daemon.views.timeline(None, limit=500, after=None)["items"]
        checks = [each for each in log if each["data"].get("what") == "contact_check"]
        assert [each["data"]["told"] for each in checks] == [["Ben Brandt"]] * 2
        assert checks[0]["data"]["by"] == ADMIN.name


async def test_nothing_is_checked_while_a_response_is_open() -> None:
    async with story() as campus:
        await campus.press("front-office")
        with pytest.raises(Refused, match="A response is open"):
            await check(campus)
        with pytest.raises(NotFound):
            await check(campus, "nobody")
