"""Ending takes two human accounts where the policy says so, and one where it says so."""

import pytest

from notifier.errors import Refused
from notifier.interfaces import Ending
from notifier.model.rights import Right
from notifier.testing.schools import small_school
from notifier.testing.story import story


@pytest.mark.parametrize("ending", [Ending.ALL_CLEAR, Ending.RECALL, Ending.MISTAKE])
async def test_one_person_alone_changes_nothing(ending: Ending) -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("10s")
        outcome = await campus.person("kim").asks(ending)
        assert not outcome.done
        assert outcome.approval
        with pytest.raises(Refused, match="must be another one"):
            await campus.person("kim").approves()
        assert not (await campus.person("kim").asks(ending)).done
        await campus.advance("30s")
        campus.is_("active")
        campus.phone("Ben").has_not("ended").has_not("by mistake")


@pytest.mark.parametrize(
    ("ending", "state"), [(Ending.ALL_CLEAR, "releasing"), (Ending.RECALL, "closed"), (Ending.MISTAKE, "closed")]
)
async def test_a_second_person_makes_it_so(ending: Ending, state: str) -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("10s")
        await campus.person("kim").asks(ending)
        await campus.person("ada").approves()
        await campus.advance("30s")
        campus.is_(state)


async def test_two_who_both_ask_are_two() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.person("kim").asks_all_clear()
        assert (await campus.person("ada").asks_all_clear()).done
        campus.is_("releasing")


async def test_a_refusal_leaves_the_response_as_it_is() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").refuses()
        await campus.advance("1m")
        campus.is_("active")


async def test_an_unanswered_question_runs_out_and_must_be_asked_again() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.person("kim").asks_all_clear()
        await campus.advance("15m5s")
        assert not (await campus.person("ada").asks_all_clear()).done
        campus.is_("active")


async def test_the_district_on_call_counts_only_after_three_minutes() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.person("ada").asks_all_clear()
        with pytest.raises(Refused, match="The district on-call counts in"):
            await campus.person("lee", Right.VIEW).approves()
        await campus.advance("3m1s")
        await campus.person("lee", Right.VIEW).approves()
        campus.is_("releasing")


async def test_one_person_holds_outside_messages_at_once() -> None:
    async with story() as campus:
        await campus.press("front-office")
        assert (await campus.person("kim").holds_outside()).done


async def test_a_button_cannot_end_anything() -> None:
    async with story() as campus:
        await campus.press("front-office")
        from notifier.model.rights import Caller

        button = Caller("button:front-office", "Front office desk", None, frozenset(Right))
        with pytest.raises(Refused, match="person's own account"):
            await campus.ask(lambda commands: commands.end(campus.incident, Ending.ALL_CLEAR, button, ""))
        campus.is_("active")


async def test_a_school_may_let_one_person_recall_and_still_want_two_for_the_rest() -> None:
    files = small_school()
    files["site.yaml"] += b"\ntwo_people: {recall: false}\n"
    async with story(files) as campus:
        await campus.press("front-office")
        await campus.advance("10s")
        assert not (await campus.person("kim").asks(Ending.ALL_CLEAR)).done
        assert (await campus.person("kim").asks(Ending.RECALL)).done
        await campus.advance("30s")
        campus.is_("closed")
