"""One answer link, flooded: people change their mind freely, a program fills nothing, and help is never refused."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from notifier.console.answer_pace import FREELY
from tests.console.board_school import DESK_PERSON, press
from tests.console.browser import OnlineSchool, school_online
from tests.console.whole_school import answer_link

FLOOD = 300


async def say(http: aiohttp.ClientSession, url: str, answer: str, text: str = "") -> tuple[int, str]:
    async with http.post(url, data={"answer": answer, "text": text}) as response:
        return response.status, await response.text()


def answers(school: OnlineSchool, incident: str) -> list[Mapping[str, Any]]:
    return list(school.daemon.ledger.read("answers_of_incident", site=school.site, incident=incident))


async def test_a_mind_may_be_changed_freely(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, aiohttp.ClientSession() as http:
        incident = await press(school)
        url = school.url + await answer_link(school, incident)
        for turn in range(FREELY // 2):
            assert (await say(http, url, "need_help", f"once more {turn}"))[0] == 200
            assert (await say(http, url, "safe"))[0] == 200
        assert len(answers(school, incident)) == FREELY


async def test_a_flood_fills_no_ledger_and_delays_no_board(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, aiohttp.ClientSession() as http:
        incident = await press(school)
        path = await answer_link(school, incident)
        url = school.url + path
        said = [say(http, url, ("safe", "need_help", "not_me")[turn % 3], f"words {turn}") for turn in range(FLOOD)]
        statuses = [status for status, _ in await asyncio.gather(*said)]
        assert set(statuses) == {200, 429}
        assert len(answers(school, incident)) <= FREELY + 5, "what is let through beside the pace is a first call"
        async with http.get(f"{school.url}/board/{incident}", headers=await reader(school)) as board:
            assert board.status == 200

        # Somebody else's link is not slower for it.
        campus = school.daemon.campus
        assert campus is not None
        other = next(
            one.click
            for push in campus.push.values()
            for one in push.published
            if "ben" in one.topic and one.click
        )  # fmt: skip
        assert (await say(http, f"{school.url}/r/{other.rpartition('/r/')[2]}", "safe"))[0] == 200


async def test_help_is_never_refused_and_what_was_not_recorded_is_never_shown_as_recorded(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, aiohttp.ClientSession() as http:
        incident = await press(school)
        url = school.url + await answer_link(school, incident)
        for turn in range(FREELY):
            assert (await say(http, url, "safe", f"{turn}"))[0] == 200
        status, page = await say(http, url, "safe", "one too many")
        assert status == 429
        assert "This was not recorded" in page
        assert 'value="one too many"' in page, "what was typed stays"

        status, page = await say(http, url, "need_help", "child hurt")
        assert status == 200, "help is heard at once, whatever was said before"
        assert "NEEDS HELP" in page
        assert "child hurt" in page
        before = len(answers(school, incident))

        status, page = await say(http, url, "safe")
        assert status == 429, "who floods a link with safe does not undo a call for help"
        assert (await say(http, url, "need_help", "child hurt"))[0] == 200, "the same again is what stands"
        status, page = await say(http, url, "need_help", "and bleeding")
        assert status == 429
        assert "Your call for help stands. These words were not recorded" in page
        assert 'value="and bleeding"' in page
        assert len(answers(school, incident)) == before

        # A call that somebody has finished is a new call when it comes again.
        task = f"help:{incident}:ada"
        await school.daemon.commands.move_task(task, "take", DESK_PERSON)
        await school.daemon.commands.move_task(task, "finish", DESK_PERSON)
        again = await asyncio.gather(*(say(http, url, "need_help", f"bleeding {turn}") for turn in range(50)))
        assert sorted({status for status, _ in again}) == [200, 429]
        assert len(answers(school, incident)) == before + 1


async def test_registering_browsers_by_a_link_has_an_end_too(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, aiohttp.ClientSession() as http:
        incident = await press(school)
        url = f"{school.url}{await answer_link(school, incident)}/push"
        made = {"endpoint": "https://fcm.googleapis.com/fcm/send/1", "p256dh": "BA" * 43, "auth": "AA" * 11}
        statuses = []
        for _ in range(FREELY + 1):
            async with http.post(url, json=made) as response:
                statuses.append(response.status)
        assert 429 not in statuses[:-1]
        assert statuses[-1] == 429


async def reader(school: OnlineSchool) -> dict[str, str]:
    return {"Authorization": f"Bearer {await school.token('operator')}"}
