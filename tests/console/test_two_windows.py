"""One account in two windows, as in the office and at home: neither overwrites what the other has kept."""

from pathlib import Path

from playwright.async_api import Page, Route, expect

from notifier.console.callers import SESSION_COOKIE
from notifier.interfaces import Editing
from tests.console.browser import ADMIN, Browser, OnlineSchool, school_online, screenshot, set_cookie

HOLD = "playbooks/hold.yaml"


async def _write(page: Page, old: str, new: str) -> int:
    """Change the text as a person does; the status of the answer that says what became of it."""
    text = await page.locator("#text").input_value()
    assert old in text
    async with page.expect_response(lambda answer: answer.url.endswith("/check")) as answer:
        await page.locator("#text").fill(text.replace(old, new))
    return (await answer.value).status


def _editing(school: OnlineSchool) -> Editing:
    editing = school.daemon.server._parts.editing
    assert editing is not None
    return editing


async def test_a_second_window_overwrites_nothing_and_may_take_its_own_text_back(
    browser: Browser, tmp_path: Path
) -> None:
    async with school_online(tmp_path) as school, browser.page(school) as office, browser.page(school) as home:
        cookie = await school.session("administrator")
        for page in (office, home):
            await set_cookie(page.context, school.url, SESSION_COOKIE, cookie)
            await page.goto(f"{school.url}/playbooks/hold")
        assert await _write(office, "title: Hold", "title: Hold fast") == 200
        assert await _write(office, "title: Hold fast", "title: Hold faster") == 200, "a window is not its own rival"

        assert await _write(home, "title: Hold", "title: Hold on") == 409
        await expect(home.locator("#keeping")).to_contain_text("NOT kept: The text was changed in another window")
        await expect(home.locator("#keeping")).to_contain_text("What you typed stays in this tab")
        await expect(home.locator("#foot")).to_contain_text("What you typed is not kept.")
        await screenshot(home, "editor-two-windows")
        await office.reload()
        assert "title: Hold faster" in await office.locator("#text").input_value()

        home.on("dialog", lambda dialog: dialog.accept())
        await home.reload()
        assert "title: Hold faster" in await home.locator("#text").input_value()
        async with home.expect_response(lambda answer: answer.url.endswith("/check")) as answer:
            await home.get_by_role("button", name="Put back what was typed").click()
        assert (await answer.value).status == 200
        await office.reload()
        assert "title: Hold on" in await office.locator("#text").input_value()


async def test_a_page_opened_before_a_publication_does_not_undo_it_unseen(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/playbooks/hold")
        text = (_editing(school).published(HOLD)[1] or "").replace("severity: moderate", "severity: severe")
        await _editing(school).publish({HOLD: text.encode()}, "The district asked for it", ADMIN, 1)
        assert await _write(page, "title: Hold", "title: Hold fast") == 409
        page.on("dialog", lambda dialog: dialog.accept())
        await page.reload()
        assert "severity: severe" in await page.locator("#text").input_value()


async def test_a_lost_answer_makes_no_window_its_own_rival(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/playbooks/hold")

        async def arrives_and_is_lost(route: Route) -> None:
            await route.fetch()
            await route.abort()

        await page.route("**/check", arrives_and_is_lost, times=1)
        async with page.expect_event("requestfailed"):
            await page.locator("#text").fill(
                (await page.locator("#text").input_value()).replace("title: Hold", "title: A")
            )
        assert await _write(page, "title: A", "title: Hold fast") == 200


async def test_without_scripts_the_second_window_is_told_and_pressing_again_keeps_its_text(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        school_online(tmp_path) as school,
        browser.page(school, rights="administrator", java_script_enabled=False) as home,
    ):
        await home.goto(f"{school.url}/playbooks/hold")
        office = await home.context.new_page()
        await office.goto(f"{school.url}/playbooks/hold/form")
        await office.get_by_label("Title", exact=True).first.fill("Hold fast")
        await office.get_by_role("button", name="Keep in my draft").click()
        text = await home.locator("#text").input_value()
        await home.locator("#text").fill(text.replace("title: Hold", "title: Hold on"))
        await home.get_by_role("button", name="Check").click()
        await expect(home.get_by_text("changed in another window").first).to_be_visible()
        await expect(home.locator("#foot")).to_contain_text("What you typed is not kept.")
        await expect(home.locator("#foot button")).to_have_text("Publish: keep it first")
        await expect(home.locator("#verdict")).to_have_text("Not kept, not checked")
        await screenshot(home, "editor-two-windows-no-scripts")
        assert "title: Hold on" in await home.locator("#text").input_value(), "what was typed stays"

        await office.get_by_label("Title", exact=True).first.fill("Hold faster")
        await office.get_by_role("button", name="Keep in my draft").click()
        await expect(office.get_by_text("changed in another window")).to_have_count(0)
        await home.get_by_role("button", name="Check").click()
        await expect(home.get_by_text("changed in another window").first).to_be_visible()
        await home.get_by_role("button", name="Check").click()
        await expect(home.get_by_text("changed in another window")).to_have_count(0)
        await expect(home.locator("#foot")).to_contain_text("Not published. The draft holds.")
        await office.get_by_label("Title", exact=True).first.fill("Hold fastest")
        await office.get_by_role("button", name="Keep in my draft").click()
        await expect(office.get_by_text("changed in another window").first).to_be_visible()
        await expect(office.get_by_label("Title", exact=True).first).to_have_value("Hold fastest")
        await expect(office.locator("#foot")).to_contain_text("What you typed is not kept.")
