"""An administrator's whole way through the editor by keyboard alone, and a daemon that dies while they type."""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Page, expect

from notifier.console.callers import SESSION_COOKIE
from tests.console.browser import DESK, Browser, OnlineSchool, school_online, screenshot, set_cookie

LOCKDOWN = "playbooks/lockdown.yaml"


@contextlib.asynccontextmanager
async def a_tab(browser: Browser) -> AsyncIterator[Page]:
    """A page that outlives the daemon."""
    context = await browser.chromium.new_context(viewport={"width": DESK["width"], "height": DESK["height"]})
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def tab_to(page: Page, *, name: str = "", element: str = "", most: int = 120) -> None:
    """Go on with Tab until the element with this id, or one whose words begin so, has the focus."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        here = await page.evaluate(
            """() => { const one = document.activeElement;
                const words = one.labels?.[0]?.textContent || one.textContent || "";
                return [one.id, words.trim()]; }"""
        )
        if (element and here[0] == element) or (name and here[1].startswith(name)):
            return
    raise AssertionError(f"Tab does not lead to {name or element}")


async def mark(page: Page, old: str) -> None:
    """Go to the first place where the text says this, and mark it, by arrow keys."""
    text = await page.locator("#text").input_value()
    before = text[: text.index(old)]
    await page.keyboard.press("Control+Home")
    for _ in range(before.count("\n")):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Home")
    for _ in range(len(before) - before.rfind("\n") - 1):
        await page.keyboard.press("ArrowRight")
    for _ in range(len(old)):
        await page.keyboard.press("Shift+ArrowRight")


def runs(school: OnlineSchool) -> str:
    editing = school.daemon.server._parts.editing
    assert editing is not None
    return editing.published(LOCKDOWN)[1] or ""


async def test_by_keyboard_a_playbook_is_broken_mended_read_published_compared_and_rolled_back(
    browser: Browser, tmp_path: Path
) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        before = runs(school)
        await page.goto(f"{school.url}/playbooks")
        await tab_to(page, name="Lockdown")
        await page.keyboard.press("Enter")
        await expect(page.locator("#verdict")).to_have_text("As published")

        await tab_to(page, element="text")
        await mark(page, "announce:")
        await page.keyboard.type("anounce:")
        fault = page.locator("#faults li.error").first
        await expect(fault).to_contain_text("Line 17, column 5. “anounce” is not known in the step “page”.")
        await expect(page.locator("#would")).to_contain_text("It cannot be said before the faults are mended.")
        await screenshot(page, "story-fault")
        await tab_to(page, name="Change to “announce”")
        await page.keyboard.press("Enter")
        await expect(page.locator("#verdict")).to_have_text("As published")
        await expect(page.locator("#text")).to_be_focused()

        await mark(page, "wait: 60s")
        await page.keyboard.type("wait: 45s")
        await expect(page.locator("#verdict")).to_have_text("Your draft has no fault")
        await expect(page.locator("#would")).to_contain_text("at 45 s:")
        assert runs(school) == before, "a draft changes nothing that runs"

        await tab_to(page, name="staff: to staff")
        await page.keyboard.press("Enter")
        staff = page.locator("details.reads", has_text="staff: to staff").first
        await tab_to(page, name="Push EN")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowRight")
        panel = staff.locator(".panel:visible")
        await expect(panel).to_contain_text("segment")
        await expect(panel).to_contain_text("In a drill:")
        assert await page.evaluate("scrollY") == 0, "only the plan scrolls, and the page stays"
        await screenshot(page, "story-previews")

        await tab_to(page, name="Compare with version 1")
        await page.keyboard.press("Enter")
        await expect(page.locator(".sentences")).to_contain_text("Escalation after 45 s instead of 1 min (step staff).")
        await screenshot(page, "story-compare")
        await tab_to(page, name="Go back to the draft")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/playbooks/lockdown")
        await tab_to(page, name="Publish…")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/publish")
        await tab_to(page, name="What has changed, and why")
        await page.keyboard.type("The district asked for it")
        await screenshot(page, "story-publish")
        await tab_to(page, name="Publish lockdown")
        await page.keyboard.press("Enter")
        await expect(page.locator(".versions li")).to_have_count(2)
        assert runs(school) == before.replace("wait: 60s", "wait: 45s")

        await tab_to(page, name="Version 1")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/versions/1")
        await tab_to(page, name="Why")
        await page.keyboard.type("It was too fast")
        await screenshot(page, "story-back", full_page=True)
        await tab_to(page, name="Go back to version 1")
        await page.keyboard.press("Enter")
        await expect(page.locator(".versions li")).to_have_count(3)
        assert runs(school) == before


async def test_what_is_typed_while_the_daemon_is_dead_is_said_to_be_unkept_and_is_not_lost(
    browser: Browser, tmp_path: Path
) -> None:
    async with a_tab(browser) as page:
        async with school_online(tmp_path) as school:
            port = int(school.url.rpartition(":")[2])
            cookie = await school.session("administrator")
            await set_cookie(page.context, school.url, SESSION_COOKIE, cookie)
            await page.goto(f"{school.url}/playbooks/hold")
            address = page.url
        await page.locator("#text").press("Control+Home")
        await page.keyboard.type("# one\n")
        state = page.locator("#keeping")
        await expect(state).to_contain_text("NOT kept: no connection. It is tried again by itself.")
        await expect(state).to_have_css("font-weight", "700")
        await expect(page.locator("#kept")).to_have_text("NOT kept")
        await expect(page.locator("#verdict")).to_have_text("Not kept, not checked")
        await screenshot(page, "story-dead")
        async with school_online(tmp_path, port=port):
            await expect(page.locator("#kept")).to_contain_text("draft kept", timeout=30_000)
            await expect(state).to_have_text("Nothing that runs is changed by this.")
        await page.locator("#text").press("Control+Home")
        await page.keyboard.type("# two\n")
        await expect(state).to_contain_text("NOT kept")
        async with school_online(tmp_path, port=port):
            # The tab crashed and comes back: what the server has is older than what was typed.
            page.on("dialog", lambda dialog: dialog.accept())
            await page.evaluate("window.stop()")
            await page.goto(address)
            text = page.locator("#text")
            assert (await text.input_value()).startswith("# one\n")
            button = page.get_by_role("button", name=re.compile("Put back what was typed at .* and not kept"))
            await screenshot(page, "story-put-back")
            await button.press("Enter")
            await expect(text).to_have_value(re.compile("^# two\n# one\n"))
            await expect(page.locator("#kept")).to_contain_text("draft kept")
            await page.reload()
            await expect(button).to_have_count(0)
            assert (await text.input_value()).startswith("# two\n# one\n")
