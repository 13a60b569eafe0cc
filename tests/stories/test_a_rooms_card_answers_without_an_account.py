"""A card on the wall: whoever stands in the room scans it, sees what goes on, and answers for the room."""

import re

import pytest

from notifier.engine.held import Held
from notifier.errors import NotFound, Refused
from notifier.testing.story import Story, story


def card(campus: Story, room: str = "r1") -> str:
    items = {item["id"]: item for item in campus.daemon.views.room_cards()["items"]}
    link = items[room]["link"]
    assert link.startswith("https://alerts.birchwood.example/r/card.")
    return str(link.rpartition("/r/")[2])


async def test_a_card_answers_for_its_room_in_whatever_is_open() -> None:
    async with story() as campus:
        token = card(campus)
        assert re.fullmatch(r"card\.[\w-]{24}", token)
        await campus.press("front-office")
        await campus.advance("1s")
        page = campus.daemon.views.answer_page(token)
        assert (page["action"], page["room"], page["answered"]) == ("lockdown", "Room 1", None)
        assert not campus.log.read("answers_of_incident", incident=campus.incident)
        await campus.ask(lambda commands: commands.answer(token, "safe", "21 children"))
        rows = campus.log.read("answers_of_incident", incident=campus.incident)
        assert [(row["person"], row["room"], row["answer"], row["text"]) for row in rows] == [
            (None, "r1", "safe", "21 children")
        ]
        assert campus.daemon.views.answer_page(token)["answered"]["answer"] == "safe"
        assert campus.daemon.views.answer_page(card(campus, "r2"))["answered"] is None


async def test_a_call_for_help_by_card_is_a_task_with_the_room_in_it() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.ask(lambda commands: commands.answer(card(campus), "need_help", ""))
        assert len(campus.log.tasks("need_help")) == 1


async def test_while_nothing_is_open_a_card_answers_nothing() -> None:
    async with story() as campus:
        token = card(campus)
        assert campus.daemon.views.answer_page(token)["waiting"] is True
        with pytest.raises(Refused):
            await campus.ask(lambda commands: commands.answer(token, "safe", ""))


async def test_real_comes_before_a_drill_and_the_same_card_works_again_after_a_restart() -> None:
    async with story() as campus:
        token = card(campus)
        await campus.drill()
        assert campus.daemon.views.answer_page(token)["drill"] is True
        await campus.restarts()
        assert card(campus) == token
        await campus.press("front-office")
        assert campus.daemon.views.answer_page(token)["drill"] is False


async def test_another_code_in_the_site_file_makes_the_old_card_void() -> None:
    async with story() as campus:
        token = card(campus)
        held = campus.held
        rooms = tuple(
            room.model_copy(update={"card": "NEW9Z"}) if room.id == "r1" else room for room in held.site.rooms
        )
        changed = held.site.model_copy(update={"rooms": rooms})
        campus.daemon.engine.desk.current = Held(**{**fields(held), "site": changed})
        with pytest.raises(NotFound):
            campus.daemon.views.answer_page(token)
        assert card(campus) != token


def fields(held: Held) -> dict[str, object]:
    return {name: getattr(held, name) for name in held.__dataclass_fields__}


@pytest.mark.parametrize("token", ["card.", "card.AAAAAAAAAAAAAAAAAAAAAAAA", "card.\udcff", "card." + "x" * 500])
async def test_a_card_that_nobody_printed_leads_nowhere(token: str) -> None:
    async with story() as campus:
        await campus.press("front-office")
        with pytest.raises(NotFound):
            campus.daemon.views.answer_page(token)


async def test_with_two_things_open_a_card_answers_the_lockdown_and_says_so() -> None:
    async with story() as campus:
        token = card(campus)
        await campus.press("front-office")
        assert campus.daemon.views.answer_page(token)["beside"] == []
        await campus.advance("1s")
        await campus.press("nurse")
        page = campus.daemon.views.answer_page(token)
        assert (page["action"], [one["action"] for one in page["beside"]]) == ("lockdown", ["medical"])
        await campus.ask(lambda commands: commands.answer(token, "safe", ""))
        assert not campus.log.read("answers_of_incident", incident=campus.incident), "the newer one was not meant"
