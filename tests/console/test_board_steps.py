"""What waits for a word: a step that needs approval, the fire alarm in a lockdown, command, a message half typed."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.console.board_school import board, press
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
        await page.get_by_role("button", name="Stay: page Front office").click()
        await expect(page.locator(".did")).to_contain_text("The page for stay")
        await page.goto(f"{school.url}/board/{incident}/fire")
        await page.get_by_role("link", name="Go: evacuate North wing…").click()
        await page.get_by_role("button", name="Start it: EVACUATE North wing").click()
        await expect(page.locator("#facts")).to_contain_text("Also running: EVACUATE")
    open_now = school.daemon.views.incidents(open_only=True, limit=9, after=None)["items"]
    assert sorted(one["action"] for one in open_now) == ["evacuate", "lockdown"]


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
