"""The start, the system page and the printed sheet: what each of them tells, to whom, and what it does not claim."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.console.browser import Browser, assert_accessible, school_online, screenshot
from tests.console.pixels import colours, red


async def test_the_start_says_that_nothing_is_going_on_and_offers_what_one_may_open(
    browser: Browser, tmp_path: Path
) -> None:
    async with school_online(tmp_path) as school:
        async with browser.page(school, rights="administrator") as page:
            await page.goto(f"{school.url}/")
            await expect(page.get_by_role("heading", name="No incident now")).to_be_visible()
            await expect(page.get_by_text("If LOCKDOWN were pressed now:")).to_be_visible()
            assert not any(red(colour) for colour in colours(await screenshot(page, "start")).all()), "red is real"
            await assert_accessible(page)
            names = await page.locator("ul.offered b").all_inner_texts()
            assert {"Accounts", "Audit", "System"} <= set(names)
            assert "The first hour" not in names, "a school made by its files has no first hour"
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.tagName") == "A"
        async with browser.page(school, rights="staff", java_script_enabled=False) as page:
            await page.goto(f"{school.url}/")
            names = await page.locator("ul.offered b").all_inner_texts()
            assert "Start a response" in names
            assert not {"Accounts", "Audit", "System", "Start a drill"} & set(names)
        async with browser.page(school, kiosk="front-office") as page:
            await page.goto(f"{school.url}/")
            assert page.url.endswith("/press"), "a screen that may only press is at the press page"


async def test_the_system_page_says_what_is_known_and_what_is_not(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="technician") as page:
        await page.goto(f"{school.url}/system")
        await expect(page.get_by_text("none was ever made")).to_be_visible()
        await expect(page.get_by_text("not since the last publication or start")).to_be_visible()
        await screenshot(page, "system", full_page=True)
        await assert_accessible(page)
        await page.get_by_role("button", name="Check the whole record now").click()
        await expect(page.get_by_text("every chain, seal and table holds")).to_be_visible()
        before = await page.locator("#load").inner_text()
        await school.token("staff", name="Somebody new")
        await expect(page.locator("#load")).not_to_have_text(before)


async def test_the_sheet_has_numbers_in_full_and_is_black_on_white(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        async with browser.page(school, rights="operator", color_scheme="dark") as page:
            await page.goto(f"{school.url}/print")
            await page.get_by_role("link", name="If everything is down").click()
            await expect(page.get_by_text("12 Birch Lane, Birchwood").first).to_be_visible()
            await page.emulate_media(media="print", color_scheme="dark")
            picture = colours(await screenshot(page, "sheet", full_page=True))
            assert all(max(one) - min(one) < 90 for one in picture.all()), "black on white, whatever the screen is"
            assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            assert await page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
            assert float((await page.evaluate("getComputedStyle(document.body).fontSize")).removesuffix("px")) >= 18.6
            assert "•••" not in await page.locator("main").inner_text()
            assert await page.locator("td", has_text="+1").count() > 0
            await page.emulate_media(media="screen")
            await assert_accessible(page, looks=False)
        listed = school.daemon.entrance.desk.audit(50, None)["items"]
        assert any(one["data"].get("what") == "/print/sheet" for one in listed), "that somebody looked is written down"
