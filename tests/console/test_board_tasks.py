"""Nothing that needs somebody ends nowhere: each row can be taken, given, and has its next step beside it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from notifier.campus.in_process_speakers import SimSpeakers
from tests.console.board_school import board, need_help, press, until
from tests.console.browser import Browser, OnlineSchool, assert_accessible, school_online, screenshot


@pytest.fixture
async def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OnlineSchool]:
    """Its rooms are somebody's to look after at once, not only after a minute."""
    monkeypatch.setattr("notifier.console.pages._board_rows.SILENT_AFTER", 0.0)
    async with school_online(tmp_path) as opened:
        yield opened


async def test_rooms_that_did_not_answer_are_taken_and_leave_when_their_people_are_heard_of(
    browser: Browser, school: OnlineSchool
) -> None:
    incident = await press(school)
    async with board(browser, school, incident) as page:
        row = page.locator("#need-silent-north")
        await expect(row).to_contain_text("North wing: 2 rooms did not answer")
        await expect(row).to_contain_text("Room 1, Room 2. Nothing rings inside. Nobody has it.")
        await screenshot(page, "board-silent")
        await row.get_by_role("button", name="I have it").click()
        await page.mouse.move(5, 5)
        await expect(row).to_contain_text("has it since")
        await expect(row).not_to_have_class(re.compile("filled"))
        await row.get_by_role("button", name="Give it back").click()
        await page.mouse.move(5, 5)
        await expect(row).to_contain_text("Nobody has it.")
        await row.get_by_role("link", name="Send someone…").click()
        await expect(page.locator("main")).to_contain_text("North wing: 2 rooms did not answer.")
        await page.get_by_label("Ben Brandt").check()
        await page.get_by_role("button", name="Give it to them").click()
        await expect(row).to_contain_text("Ben Brandt has it since")
        await expect(row.get_by_role("link", name="Speak there…")).to_have_attribute("href", re.compile("zone%3Anorth"))

        await row.get_by_role("link", name="Names, answers…").click()
        await screenshot(page, "board-people-silent")
        await assert_accessible(page)
        await page.get_by_role("button", name="Safe Ben Brandt").click()
        await page.get_by_role("button", name="NEEDS HELP Carla").click()
        await page.goto(f"{school.url}/board/{incident}")
        await expect(row).to_have_count(0)
        await expect(page.locator("#needs .row.real")).to_contain_text("Room 2 NEEDS HELP")


async def test_a_speaker_that_said_nothing_has_an_owner_and_a_next_step(browser: Browser, school: OnlineSchool) -> None:
    assert school.daemon.campus is not None
    output = school.daemon.gear.speaker_channels["pa_multicast"]
    assert isinstance(output, SimSpeakers)
    output.down.add("north-rooms")
    incident = await press(school)
    async with board(browser, school, incident) as page:
        row = page.locator("#need-speaker-north-rooms")
        await expect(row).to_contain_text("page FAILED", timeout=20000)
        await expect(row.get_by_role("link", name="Page again…")).to_be_visible()
        await row.get_by_role("button", name="I have it").click()
        await page.mouse.move(5, 5)
        await expect(row).to_contain_text("has it since")
        await expect(row.get_by_role("link", name="Give to…")).to_be_visible()


async def test_who_may_only_look_sees_no_button_that_would_be_refused(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    async with board(browser, school, incident, rights="view") as page:
        row = page.locator("#need-silent-north")
        await expect(row.get_by_role("link", name="Names, answers…")).to_be_visible()
        assert await row.get_by_role("button").count() == 0
        await page.goto(f"{school.url}/board/{incident}/people?only=silent")
        assert await page.get_by_role("button").count() == 0


async def test_the_board_is_run_with_the_keyboard_alone(browser: Browser, school: OnlineSchool) -> None:
    """Take a call for help, write to who has not answered, ask for the all-clear: no pointer at any step."""
    async with browser.page(school, rights="commander", person="ada") as page:
        incident = await press(school)
        await need_help(school, incident)
        code = school.daemon.views.incident(incident)["code"]
        await page.goto(f"{school.url}/board/{incident}")
        await reach(page, "I have it Room 1")
        await page.keyboard.press("Enter")
        await expect(page.locator("#needs .row.real")).to_contain_text("has it since")
        await reach(page, "Message…")
        await page.keyboard.press("Enter")
        await expect(page.locator("h2")).to_have_text("Write to people")
        await reach(page, "Those who have not answered")
        await reach(page, "", tag="TEXTAREA")
        await page.keyboard.type("Police are in the building. Stay where you are.")
        await reach(page, "Send it")
        await page.keyboard.press("Enter")
        await expect(page.locator(".did")).to_contain_text("The message is queued.")
        await reach(page, "End or correct…")
        await page.keyboard.press("Enter")
        await expect(page.locator("h2")).to_have_text(f"End or correct {code}")
        await reach(page, "ALL-CLEAR…")
        await page.keyboard.press("Enter")
        await expect(page.locator("h2")).to_have_text(f"ALL-CLEAR for {code}")
        await reach(page, "", tag="INPUT")
        await page.keyboard.type("Building walked with police.")
        await page.keyboard.press("Tab")
        await page.keyboard.type(code)
        await reach(page, "ask the second person")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Waiting for a second person")
    await until(school, lambda: school.daemon.views.incident(incident)["approvals"])
    (asked,) = school.daemon.views.incident(incident)["approvals"]
    assert (asked["what"], asked["reason"]) == ("all_clear", "Building walked with police.")


async def reach(page: Page, words: str, tag: str = "") -> None:
    """Press Tab until the focus stands on it, and see that the focus can be seen."""
    for _ in range(90):
        await page.keyboard.press("Tab")
        found = await page.evaluate(
            """() => { const one = document.activeElement;
              return [one.textContent.trim().replace(/\\s+/g, ' '), one.tagName, getComputedStyle(one).outlineStyle,
                      one.type || '']; }"""
        )
        if (
            found[1] != "BODY"
            and words in found[0]
            and (not tag or (found[1] == tag and found[3] in {"text", "textarea"}))
        ):
            assert found[2] != "none", f"nobody sees that the focus is on {found}"
            return
    raise AssertionError(f"Tab does not lead to {words or tag}")
