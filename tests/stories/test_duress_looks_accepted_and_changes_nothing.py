"""Somebody is made to end it: it looks accepted, changes nothing, and police hear. Who is alone may end it later."""

import pytest

from notifier.errors import Refused
from notifier.interfaces import Ending, Outcome
from notifier.model.events import EventKind
from notifier.testing.story import Story, story


async def ends(campus: Story, who: str, *, duress: bool) -> Outcome:
    caller = campus.person(who).caller
    return await campus.ask(
        lambda commands: commands.end(campus.incident, Ending.ALL_CLEAR, caller, "over", duress=duress)
    )


async def test_it_looks_as_it_always_looks_and_nothing_changes() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        forced = await ends(campus, "Ada", duress=True)
        await campus.advance("5s")
        campus.is_("active")
        assert not campus.daemon.views.state("approvals")["items"]
        for who in ("Officer Diaz", "Kim"):
            campus.phone(who).has("UNDER DURESS", by="sms", times=1)
        campus.phone("Ada").has_not("DURESS")
        shown = campus.daemon.views.timeline(campus.incident, limit=200, after=None)["items"]
        assert not any("duress" in str(item).lower() for item in shown)
        assert not any("duress" in str(item).lower() for item in campus.daemon.views.state("tasks")["items"])
        assert EventKind.DURESS in [kind for kind, _ in campus.log.all_events()]
        free = await ends(campus, "Ada", duress=False)
        assert (forced.done, forced.text) == (free.done, free.text)
        assert forced.approval is not None
        assert forced.expires is not None


async def test_a_second_person_under_duress_releases_nobody() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        asked = await ends(campus, "Kim", duress=False)
        caller = campus.person("ada").caller
        said = await campus.ask(lambda commands: commands.decide(asked.approval or "", caller, True, duress=True))
        assert (said.done, said.text) == (True, "all-clear: the incident is releasing.")
        await campus.advance("5s")
        campus.is_("active")
        campus.phone("Officer Diaz").has("Ada Abara asked to end the Lockdown", by="sms", times=1)


async def test_a_second_person_under_duress_reads_what_they_would_read() -> None:
    async with story() as campus:
        await campus.press("front-office", playbook="evacuate")
        await campus.advance("20s")
        asked = await ends(campus, "Kim", duress=False)
        caller = campus.person("ada").caller

        async def decides(*, duress: bool) -> Outcome:
            return await campus.ask(lambda known: known.decide(asked.approval or "", caller, True, duress=duress))

        forced = await decides(duress=True)
        assert forced == await decides(duress=False)  # without rooms to release it goes straight to closing
        sent = campus.daemon.views.deliveries(campus.incident, state=None, limit=500, after=None)["items"]
        assert not any("duress" in str(item).lower() for item in sent)


async def test_who_is_alone_may_end_it_after_ten_minutes_having_signed_in_anew() -> None:
    async with story() as campus:
        await campus.press("front-office")
        asked = await ends(campus, "Kim", duress=False)
        caller = campus.person("kim").caller

        async def alone(anew: bool) -> Outcome:
            return await campus.ask(
                lambda commands: commands.decide(asked.approval or "", caller, True, reauthenticated=anew)
            )

        await campus.advance("9m")
        with pytest.raises(Refused, match="alone in 1 min"):
            await alone(anew=True)
        await campus.advance("61s")
        with pytest.raises(Refused, match="Sign in once more"):
            await alone(anew=False)
        await alone(anew=True)
        campus.is_("releasing")
        assert campus.row()["ended_by"] == "Kim Park alone, signed in anew"
