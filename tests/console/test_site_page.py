"""The site page in a real browser: told and reads apart, asked now, buttons enrolled and revoked, walk tests."""

from pathlib import Path

from playwright.async_api import expect

from notifier.testing.schools import bend, small_school
from tests.console.browser import PHONE, Browser, assert_accessible, school_online, screenshot

EVIL = "<img src=x onerror=alert(1)> \u202egnp.exe 🚪"


async def test_a_door_shows_what_it_was_told_and_what_it_reads(browser: Browser, tmp_path: Path) -> None:
    files = bend(small_school(), "site.yaml", ('name: "North exit"', f'name: "{EVIL}"'))
    async with school_online(tmp_path, files) as school, browser.page(school, rights="technician") as page:
        await school.daemon.engine.trouble("door", "d8", "Door 8 does not answer.")
        await page.goto(f"{school.url}/site")
        door = page.locator(".tile", has_text="Door 8 Room 2")
        await expect(door).to_contain_text("nothing yet")
        await expect(door).to_contain_text("input 0 of its device")
        await expect(door).to_contain_text("Door 8 does not answer. Nobody has it.")
        await expect(page.get_by_role("heading", name="<img src=x onerror=alert(1)>")).to_be_visible()
        await screenshot(page, "site")
        await assert_accessible(page)

        await door.get_by_role("button", name="Ask it now").click()
        await expect(page.get_by_text("Nothing was moved.")).to_be_visible()
        await screenshot(page, "site-tried")
        await assert_accessible(page)


async def test_a_buttons_address_is_shown_once_and_revoked_at_once(browser: Browser, tmp_path: Path) -> None:
    async with (
        school_online(tmp_path) as school,
        browser.page(school, rights="administrator", java_script_enabled=False) as page,
    ):
        await page.goto(f"{school.url}/site")
        button = page.locator(".tile", has_text="Gate")
        await button.get_by_role("button", name="Make its address").click()
        address = await page.locator("code").inner_text()
        secret = address.rpartition("/")[2]
        assert school.daemon.accounts.button_of(secret)
        await expect(page.locator(".qr svg")).to_be_visible()
        await screenshot(page, "site-button")

        await page.get_by_role("link", name="Back to the site").click()
        assert secret not in await page.content()
        await button.get_by_role("button", name="Revoke").click()
        await expect(button).to_contain_text("has no address yet")
        assert school.daemon.accounts.button_of(secret) is None


async def test_a_walk_test_is_written_down_and_nothing_typed_is_lost(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="operator", size=PHONE) as page:
        await page.goto(f"{school.url}/site")
        await page.get_by_label("I stand in").select_option("north")
        await page.get_by_label("Where exactly").fill("Room 2, band playing")
        await page.get_by_role("button", name="Write it down").click()
        await expect(page.get_by_role("alert")).to_contain_text("Say what you heard, what you saw, or both.")
        await expect(page.get_by_label("Where exactly")).to_have_value("Room 2, band playing")
        await page.get_by_label("The page").select_option("no")
        await page.get_by_role("button", name="Write it down").click()
        await expect(page.locator("#walks")).to_contain_text("Mina Castellow did NOT hear the page today")
        await screenshot(page, "site-phone", full_page=True)
        await assert_accessible(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_who_may_only_look_can_try_enrol_and_take_nothing(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="staff") as page:
        await school.daemon.engine.trouble("door", "d8", "Door 8 does not answer.")
        await page.goto(f"{school.url}/site")
        await expect(page.locator(".tile", has_text="Door 8 Room 2")).to_be_visible()
        await expect(page.locator("main button")).to_have_count(0)


async def test_a_strobe_is_lit_only_after_somebody_says_that_people_know(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="technician") as page:
        await page.goto(f"{school.url}/site")
        signal = school.daemon.engine.desk.held.site.signals[0]
        strobe = page.locator("#signals .tile", has_text=signal.name or signal.id)
        await strobe.get_by_role("button", name="Ask it now").click()
        await expect(page.get_by_text("It was not lit.")).to_be_visible()
        await page.get_by_role("link", name="Back to the site").click()
        await expect(strobe).to_contain_text("Dark")
        await strobe.get_by_role("link", name="Light it").click()
        await page.get_by_role("button", name="Light it for 3 seconds").click()
        await expect(page.get_by_role("alert")).to_contain_text("Tell the people near it first")
        await screenshot(page, "site-light")
        await assert_accessible(page)
        campus = school.daemon.campus
        assert campus is not None
        lit = campus.grounds.signals[signal.id]
        assert not lit.on(campus.clock.now())
        await page.get_by_label("The people near it know").check()
        await page.get_by_role("button", name="Light it for 3 seconds").click()
        await expect(page.get_by_text("It came on and went dark again, as far as its output can tell.")).to_be_visible()
        await expect(page.locator("main")).to_contain_text("dark again, and its output says so")
        await screenshot(page, "site-lit")
        await assert_accessible(page)
        assert not lit.on(campus.clock.now())
