"""A silent alarm: no screen that somebody may look over at tells of it, and whoever asks sees it."""

import re
from pathlib import Path

from playwright.async_api import expect

from notifier.testing.schools import small_school
from tests.console.board_school import need_help, press
from tests.console.browser import Browser, assert_accessible, school_online, screenshot


def quiet_school() -> dict[str, bytes]:
    """Its medical alarm is silent and told to police alone."""
    files = small_school()
    text = files["playbooks/medical.yaml"].decode().replace("group:staff", "role:police")
    silent = re.sub(r"(?m)^scope: .*$", r"\g<0>\naudible: false", text, count=1)
    assert silent != text
    return {**files, "playbooks/medical.yaml": silent.encode()}


async def test_no_screen_tells_of_a_silent_alarm_by_itself(browser: Browser, tmp_path: Path) -> None:
    async with (
        school_online(tmp_path, quiet_school()) as school,
        browser.page(school, rights="commander", person="ada") as wall,
        browser.page(school, rights="commander", person="ada") as waiting,
        browser.page(school, rights="staff") as desk,
    ):
        await wall.goto(f"{school.url}/board/wall")
        await waiting.goto(f"{school.url}/board")
        await desk.goto(f"{school.url}/about")
        screens = (wall, waiting, desk)
        for page in screens:  # the stream is open once the page says nothing of it
            await expect(page.locator("#stale")).to_be_hidden()
        before = [(await page.title(), await page.locator("body").inner_text()) for page in screens]
        await press(school, "medical")
        await wall.wait_for_url("**/board/wall?waits=1")
        await waiting.wait_for_url("**/board?waits=1")
        await expect(desk.locator("#now a.quiet")).to_have_attribute("href", "/board")
        assert [(await page.title(), await page.locator("body").inner_text()) for page in screens] == before
        await screenshot(desk, "silent-desk")
        await assert_accessible(desk)

        await press(school, "hold", key="a2")
        await expect(desk.locator("#now a.live")).to_contain_text("HOLD")
        await expect(wall.locator("body")).to_contain_text("HOLD")
        await expect(waiting.locator("#band h1")).to_have_text("HOLD")


async def test_who_asks_for_the_board_sees_a_silent_alarm_and_hears_nothing(browser: Browser, tmp_path: Path) -> None:
    async with (
        school_online(tmp_path, quiet_school()) as school,
        browser.page(school, rights="commander", person="ada") as page,
    ):
        incident = await press(school, "medical")
        await page.goto(f"{school.url}/board")
        await expect(page).to_have_url(f"{school.url}/board/{incident}")
        await expect(page.locator("#sound")).to_have_text("Silent alarm: no screen makes a sound")
        await page.locator("#band").click()
        await need_help(school, incident)
        await expect(page.locator("#needs .row.real")).to_be_visible()
        await expect(page.locator("#alarm")).to_contain_text("NEEDS HELP")
        assert await page.evaluate("document.body.dataset.sounded") is None
        await screenshot(page, "silent-board")
