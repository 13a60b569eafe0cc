"""What waits for a word: a step that needs approval, the fire alarm in a lockdown, command, a message half typed."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import expect

from notifier.interfaces import Ending
from notifier.testing.schools import bend, small_school
from tests.console.board_school import DESK_PERSON, board, press, until
from tests.console.browser import Browser, OnlineSchool, assert_accessible, school_online, screenshot


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[OnlineSchool]:
    async with school_online(tmp_path) as opened:
        yield opened


async def test_the_fire_alarm_in_a_lockdown_asks_stay_or_go_and_a_zone_goes(
    browser: Browser, school: OnlineSchool
) -> None:
    incident = await press(school)
    async with board(browser, school, incident) as page:
        assert school.daemon.campus is not None
        school.daemon.campus.grounds.device_of("fire_alarm").contacts[0] = True
        await expect(page.locator("#facts")).to_contain_text("Fire alarm: SOUNDS", timeout=20000)
        await expect(page.locator("#needs")).to_contain_text("Stay or go?")
        await page.get_by_role("link", name="Stay or go…").first.click()
        await expect(page.locator("main")).to_contain_text("Nothing was started by the alarm.")
        await screenshot(page, "board-stay-or-go")
        await expect(page.locator("main [lang=es]")).to_contain_text("Sigan en lockdown.")
        await page.get_by_role("button", name="Stay: page Front office").click()
        await expect(page.locator(".did")).to_contain_text("The page for stay")
        await page.goto(f"{school.url}/board/{incident}/fire")
        await page.get_by_role("link", name="Go: evacuate North wing…").click()
        await page.get_by_role("button", name="Start it: EVACUATE North wing").click()
        await expect(page.locator("#facts")).to_contain_text("Also running: EVACUATE")
    open_now = school.daemon.views.incidents(open_only=True, limit=9, after=None)["items"]
    assert sorted(one["action"] for one in open_now) == ["evacuate", "lockdown"]


async def test_where_no_evacuation_is_published_a_zone_goes_by_a_prepared_page(
    browser: Browser, tmp_path: Path
) -> None:
    files = {path: raw for path, raw in small_school().items() if path != "playbooks/evacuate.yaml"}
    async with school_online(tmp_path, files) as school:
        incident = await press(school)
        async with board(browser, school, incident, java_script_enabled=False) as page:
            await page.goto(f"{school.url}/board/{incident}/fire?go=north")
            await expect(page.locator("main")).to_contain_text("Go says, twice, and starts nothing")
            await screenshot(page, "board-go-by-a-page")
            await page.get_by_role("button", name="Page: EVACUATE North wing").click()
            await expect(page.locator(".did")).to_contain_text("The page for go is handed to the speakers.")
        (shown,) = school.daemon.views.incidents(open_only=True, limit=9, after=None)["items"]
        assert shown["action"] == "lockdown"
        told = [one["text"] for one in school.daemon.views.timeline(incident, limit=200, after=None)["items"]]
        assert any("says the prepared page for GO at North wing" in text for text in told)


async def test_an_empty_message_is_not_sent_and_says_what_is_missing(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    async with board(browser, school, incident, java_script_enabled=False) as page:
        await page.goto(f"{school.url}/board/{incident}/message")
        await page.locator("textarea").evaluate("each => each.removeAttribute('required')")
        await page.get_by_role("button", name="Send it").click()
        await expect(page.locator("#text-wrong")).to_have_text(re.compile("Type what it says."))


async def test_command_is_taken_and_911_is_answered(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    async with board(browser, school, incident) as page:
        await page.get_by_role("button", name="I am on the line with 911").click()
        await expect(page.locator("#facts")).to_contain_text("911: on the line")
        await expect(page.locator(".call911")).to_have_count(0)
        await page.get_by_role("link", name="Take command…").click()
        await page.get_by_role("button", name=re.compile("take command")).click()
        await expect(page.locator("#facts")).to_contain_text("In command: Ada Abara")
        await page.get_by_role("link", name="Pause outside messages").click()
        await page.get_by_role("button", name="Pause outside messages").click()
        await expect(page.get_by_role("button", name="Let outside messages go on")).to_be_visible()
        await assert_accessible(page)


async def test_outer_doors_that_are_to_stay_shut_are_said_so_on_the_board_and_the_incident_closes(
    browser: Browser, tmp_path: Path
) -> None:
    back = "all_clear:\n  - id: doors\n    restore_doors: {doors: [all], within: 10s}\n  - id: page"
    files = bend(small_school(), "playbooks/lockdown.yaml", ("all_clear:\n  - id: page", back))
    async with school_online(tmp_path, files) as school:
        state = lambda: school.daemon.views.incident(incident)  # noqa: E731 asked anew each time
        await until(school, lambda: open_before(school) >= {"d1", "d2"})
        incident = await press(school)
        await until(school, lambda: state()["doors"]["secured"] == 4)
        kim = replace(DESK_PERSON, person="kim", name="Kim Park")
        asked = await school.daemon.commands.end(incident, Ending.ALL_CLEAR, DESK_PERSON, "over")
        await school.daemon.commands.decide(asked.approval or "", kim, True)
        await school.daemon.commands.release(incident, (), kim, "all seen")
        await until(school, lambda: any(one["approval"] == "asked" for one in state()["steps"]))
        async with board(browser, school, incident) as page:
            await expect(page.locator("#needs")).to_contain_text("Outer doors")
            await page.get_by_role("link", name=re.compile("Read and decide")).first.click()
            await expect(page.locator("h2").first).to_contain_text("back to how they were before?")
            await assert_accessible(page)
            await screenshot(page, "board-outer-doors")
            await page.get_by_role("button", name="They stay locked").click()
            await expect(page.locator("#reason-wrong")).to_be_visible()
            await page.get_by_label("If you do not approve: why").fill("The police want them shut tonight.")
            await page.get_by_role("button", name="They stay locked").click()
            await until(school, lambda: state()["state"] == "closed")
        waited = [one for one in state()["steps"] if one["id"] == "_exterior:doors"]
        assert [one["state"] for one in waited] == ["skipped"]


def open_before(school: OnlineSchool) -> set[str]:
    return {one["id"] for one in school.daemon.views.doors(None)["items"] if one["lock"] == "unsecured"}
