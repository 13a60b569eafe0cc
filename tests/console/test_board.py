"""The board in a real browser: what is wrong first, at once, and the same for everybody who looks."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.console.board_school import DESK_PERSON, board, jam, need_help, press
from tests.console.browser import PHONE, Browser, OnlineSchool, assert_accessible, school_online, screenshot
from tests.console.pixels import colours, red

WALL = {"width": 1920, "height": 1080}


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[OnlineSchool]:
    async with school_online(tmp_path) as opened:
        yield opened


async def test_a_late_joiner_sees_what_is_wrong_first_and_whom_to_call(browser: Browser, school: OnlineSchool) -> None:
    jam(school)
    incident = await press(school)
    await need_help(school, incident)
    async with board(browser, school, incident) as page:
        await expect(page.locator("#facts .number")).to_have_attribute("href", "tel:911")
        await expect(page.locator("#facts")).to_contain_text("Lockdown at Birchwood School, 12 Birch Lane")
        await expect(page.locator("#needs")).to_contain_text("Door 7 Room 1 NOT SECURED", timeout=15000)
        titles = await page.locator("#needs h3").all_inner_texts()
        assert titles[0].startswith("Room 1 NEEDS HELP")
        await expect(page.locator("#counts")).to_contain_text("1 NOT")
        await expect(page.locator("#happened")).to_contain_text("LIVE Lockdown started by Front office desk")
        await expect(page).to_have_title(re.compile(r"\(2\) LIVE LOCKDOWN"))
        await screenshot(page, "board-desk")
        await assert_accessible(page)
    async with board(browser, school, incident, size=PHONE) as page:
        await screenshot(page, "board-phone", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_call_for_help_shows_within_a_second_and_is_said_aloud(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    async with board(browser, school, incident) as page:
        await expect(page.locator("#clock")).to_be_visible()
        await need_help(school, incident)
        await expect(page.locator("#needs .row.real.filled h3")).to_contain_text("Room 1 NEEDS HELP", timeout=2000)
        await expect(page.locator("#alarm")).to_contain_text("Room 1 NEEDS HELP")


async def test_i_have_it_outlines_the_row_with_the_name_on_every_screen(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    await need_help(school, incident)
    async with board(browser, school, incident) as page, board(browser, school, incident, person="kim") as other:
        for screen in (page, other):  # who opens it later is told at once what nobody has
            await expect(screen.locator("#alarm")).to_contain_text("Room 1 NEEDS HELP")
        await page.get_by_role("button", name="I have it Room 1").click()
        for screen in (page, other):
            row = screen.locator("#needs .row.real")
            await expect(row).to_contain_text("has it since")
            await expect(row).not_to_have_class(re.compile("filled"))


async def test_a_drill_board_holds_no_red_pixel(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school, drill=True)
    await need_help(school, incident)
    async with board(browser, school, incident) as page:
        await expect(page.locator("#needs .row.real")).to_contain_text("NEEDS HELP")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # two of its words
            png = await screenshot(page, f"board-drill-{scheme}", full_page=True)
            assert [colour for colour in colours(png).all() if red(colour)] == []
        await assert_accessible(page)


async def test_the_wall_has_no_controls_and_no_free_text(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    await need_help(school, incident, text="Mia is hurt.")
    async with board(browser, school, incident, size=WALL) as page:
        await page.goto(f"{school.url}/board/wall")
        await expect(page.locator("ol .row.filled")).to_contain_text("Room 1 NEEDS HELP")
        assert "Mia" not in await page.content()
        assert await page.locator("a, button, input").count() == 0
        assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        await screenshot(page, "board-wall")
        await assert_accessible(page, looks=False)


async def test_what_happened_begins_with_the_newest_and_goes_back_to_the_press(
    browser: Browser, school: OnlineSchool
) -> None:
    incident = await press(school)
    for number in range(60):
        await school.daemon.commands.note(incident, f"Note {number}.", DESK_PERSON)
    async with board(browser, school, incident) as page:
        await page.get_by_role("link", name="newest first, all of it").click()
        lines = page.locator(".happened li")
        newest = await lines.all_inner_texts()
        said = [line for line in newest if "Note " in line]
        assert "Note 59." in said[0]
        await page.get_by_role("link", name="Older").click()
        while await page.get_by_role("link", name="Older").count():
            newest += await lines.all_inner_texts()
            await page.get_by_role("link", name="Older").click()
        newest += await lines.all_inner_texts()
        assert "LIVE Lockdown started by Front office desk" in newest[-1]
        assert [line.rpartition("Note ")[2] for line in newest if "Note " in line] == [
            f"{n}." for n in range(59, -1, -1)
        ]
        await page.get_by_role("link", name="The newest").click()
        await expect(page.get_by_role("link", name="Older")).to_be_visible()


async def test_who_needs_help_stands_first_among_the_people(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    await school.daemon.commands.answer_for(incident, "ada", "safe", "", DESK_PERSON)
    await need_help(school, incident, "carla")
    async with board(browser, school, incident) as page:
        await page.goto(f"{school.url}/board/{incident}/people")
        names = await page.locator("tbody tr td:first-child b").all_inner_texts()
        assert names[0].startswith("Carla")
        assert len(names) == len(set(names)) > 2
        await page.goto(f"{school.url}/board/{incident}/people?only=safe")
        assert await page.locator("tbody tr").count() == 1
