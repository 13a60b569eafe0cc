"""Where the school says two: what is typed to people outside is read by another before it leaves; the rest never is."""

import pytest

from notifier.errors import IllegalMove, Refused
from notifier.interfaces import Outcome
from notifier.model.rights import Caller, Right
from notifier.testing.schools import small_school
from notifier.testing.story import Story, story

WORDS = "Come to the church on Elm Street."


def school() -> dict[str, bytes]:
    files = small_school()
    return {**files, "site.yaml": files["site.yaml"] + b"\ntwo_people: {outside_messages: true}\n"}


async def decides(campus: Story, who: str, asked: Outcome, *, grant: bool = True, reason: str = "") -> Outcome:
    caller = campus.person(who).caller
    return await campus.ask(lambda commands: commands.decide(asked.approval or "", caller, grant, reason=reason))


async def test_one_person_writes_to_anybody_where_the_school_says_nothing() -> None:
    async with story() as campus:
        await campus.press("front-office")
        assert (await campus.person("kim").writes("group:guardians", text=WORDS)).done
        await campus.advance("5s")
        campus.phone("Gus").has(WORDS)


async def test_people_outside_get_it_when_a_second_person_has_read_it() -> None:
    async with story(school()) as campus:
        await campus.press("front-office")
        await campus.advance("10s")
        asked = await campus.person("kim").writes("group:guardians", text=WORDS)
        assert not asked.done
        await campus.restarts()
        await campus.advance("1m")
        campus.phone("Gus").is_silent()
        (shown,) = campus.daemon.views.board(campus.incident)["approvals"]
        assert (shown["what"], shown["message"]["text"], shown["message"]["to"]) == (
            "message", WORDS, ["group:guardians"],
        )  # fmt: skip
        with pytest.raises(Refused, match="must be another one"):
            await decides(campus, "kim", asked)
        said = await decides(campus, "ada", asked)
        assert said.done
        await campus.advance("5s")
        campus.phone("Gus").has(WORDS, by="sms", times=1)
        with pytest.raises(IllegalMove):
            await decides(campus, "ada", asked)
        campus.phone("Gus").has(WORDS, by="sms", times=1)


async def test_people_on_site_and_police_get_theirs_at_once() -> None:
    async with story(school()) as campus:
        await campus.press("front-office")
        asked = await campus.person("kim").writes("group:staff", "role:police", "group:guardians", text=WORDS)
        await campus.advance("5s")
        campus.phone("Officer Diaz").has(WORDS)
        campus.phone("Ben").has(WORDS)
        campus.phone("Gus").is_silent()
        await decides(campus, "ada", asked)
        await campus.advance("5s")
        campus.phone("Gus").has(WORDS)
        campus.phone("Ben").has(WORDS, by="sms", times=1)
        assert (await campus.person("kim").writes("role:police", text="East gate.")).done


async def test_what_the_playbook_says_to_them_waits_for_nobody_more() -> None:
    async with story(school()) as campus:
        await campus.press("front-office")
        await campus.advance("5m10s")
        await campus.person("ada").approves_step("guardians")
        await campus.advance("5s")
        campus.phone("Gus").has("is in lockdown")


async def test_it_is_refused_for_a_reason_taken_back_or_runs_out_and_then_nothing_leaves() -> None:
    async with story(school()) as campus:
        await campus.press("front-office")
        for how in ("refused", "withdrawn", "expired"):
            asked = await campus.person("kim").writes("group:guardians", text=WORDS)
            if how == "refused":
                with pytest.raises(Refused, match="Say why"):
                    await decides(campus, "ada", asked, grant=False)
                await decides(campus, "ada", asked, grant=False, reason="not yet")
            elif how == "withdrawn":
                await decides(campus, "kim", asked, grant=False)
            else:
                await campus.advance("15m1s")
            shown = campus.daemon.views.board(campus.incident)["approvals"][-1]
            assert shown["state"] == how
            with pytest.raises((Refused, IllegalMove)):
                await decides(campus, "ada", asked)
        campus.phone("Gus").has_not(WORDS)


async def test_a_machine_may_write_to_staff_but_asks_nobody_for_a_second_word() -> None:
    async with story(school()) as campus:
        await campus.press("front-office")
        machine = Caller("account:robot", "Robot", None, frozenset(Right))
        by = ("sms",)
        with pytest.raises(Refused, match="Messages to people outside take two people here"):
            await campus.ask(lambda known: known.message(campus.incident, ("group:guardians",), by, WORDS, machine))
        sent = await campus.ask(lambda known: known.message(campus.incident, ("group:staff",), by, WORDS, machine))
        assert sent.done


async def test_made_to_let_it_leave_it_looks_so_and_police_hear() -> None:
    async with story(school()) as campus:
        await campus.press("front-office")
        await campus.advance("10s")
        asked = await campus.person("kim").writes("group:guardians", text=WORDS)
        caller = campus.person("ada").caller

        async def grants(*, duress: bool) -> Outcome:
            return await campus.ask(lambda known: known.decide(asked.approval or "", caller, True, duress=duress))

        forced = await grants(duress=True)
        await campus.advance("5s")
        campus.phone("Gus").is_silent()
        campus.phone("Officer Diaz").has("UNDER DURESS", by="sms", times=1)
        assert forced == await grants(duress=False)
