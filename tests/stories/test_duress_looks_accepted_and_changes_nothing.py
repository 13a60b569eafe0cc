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


async def test_their_own_screens_go_on_as_if_it_were_ending_and_nobody_elses_do() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        asked = await ends(campus, "Kim", duress=False)
        caller = campus.person("ada").caller
        await campus.ask(lambda commands: commands.decide(asked.approval or "", caller, True, duress=True))
        views = campus.daemon.views
        assert [each["state"] for each in views.seen_by("ada").board(campus.incident)["approvals"]] == ["granted"]
        for known, state in ((views.seen_by("ada"), "releasing"), (views.seen_by("kim"), "active"), (views, "active")):
            assert known.incident(campus.incident)["state"] == state
            assert known.incidents(open_only=True, limit=9, after=None)["items"][0]["state"] == state
        told = await campus.ask(lambda commands: commands.release(campus.incident, ["r1"], caller, ""))
        assert told.text == "1 of 3 rooms released."
        assert views.seen_by("ada").rooms(campus.incident)["counts"]["released"] == 1
        assert views.rooms(campus.incident)["counts"]["released"] == 0
        assert not any(each["kind"] == "call_district" for each in views.seen_by("ada").state("tasks")["items"])
        assert any(each["kind"] == "call_district" for each in views.state("tasks")["items"])
        campus.is_("active")


async def test_they_see_what_is_so_once_they_have_decided_for_themselves() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        asked = await ends(campus, "Kim", duress=False)
        caller, views = campus.person("ada").caller, campus.daemon.views
        await campus.ask(lambda commands: commands.decide(asked.approval or "", caller, True, duress=True))
        await campus.restarts()
        views = campus.daemon.views
        assert views.seen_by("ada").incident(campus.incident)["state"] == "releasing", "a restart forgets nothing"
        await campus.ask(lambda commands: commands.decide(asked.approval or "", caller, False))
        assert views.seen_by("ada").incident(campus.incident)["state"] == "active"
        assert views.seen_by("ada") is views


async def test_who_asked_under_duress_is_told_as_ever_that_another_one_decides() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        asked = await ends(campus, "Ada", duress=True)
        caller = campus.person("ada").caller
        shown = campus.daemon.views.seen_by("ada").board(campus.incident)["approvals"]
        assert [(each["id"], each["state"], each["reason"]) for each in shown] == [(asked.approval, "asked", "over")]
        with pytest.raises(Refused, match="another one than the first"):
            await campus.ask(lambda commands: commands.decide(asked.approval or "", caller, True))
        campus.is_("active")
