"""Playbooks in a real browser: broken, mended, published, rolled back; by text, by form, and without scripts."""

from pathlib import Path

from playwright.async_api import Page, expect

from notifier.interfaces import Editing
from tests.console.browser import Browser, OnlineSchool, school_online, screenshot

LOCKDOWN = "playbooks/lockdown.yaml"


async def _type(page: Page, old: str, new: str) -> None:
    """As a person does: mark words in the text, and type others."""
    await page.evaluate(
        """([old, new]) => {
            const text = document.getElementById("text");
            const at = text.value.indexOf(old);
            if (at < 0) throw new Error(`the text does not say ${old}`);
            text.focus();
            text.setSelectionRange(at, at + old.length);
            document.execCommand("insertText", false, new);
        }""".replace("[old, new]", "[old, fresh]").replace("false, new", "false, fresh"),
        [old, new],
    )


def _editing(school: OnlineSchool) -> Editing:
    editing = school.daemon.server._parts.editing
    assert editing is not None
    return editing


def _runs(school: OnlineSchool) -> str:
    return _editing(school).published(LOCKDOWN)[1] or ""


async def test_an_administrator_breaks_and_mends_a_playbook(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        before = _runs(school)
        await page.goto(f"{school.url}/playbooks")
        await screenshot(page, "playbooks")
        await page.get_by_role("link", name="Lockdown", exact=True).click()
        await screenshot(page, "editor")
        await _type(page, "to: [role:district, role:police]", "to: [role:distrct, role:police]")
        fault = page.locator("#faults li.error")
        await expect(fault).to_contain_text("Line 42, column")
        await expect(page.locator("#verdict")).to_have_text("Your draft has 1 fault")
        await expect(page.locator("#foot button[disabled]")).to_have_text("Publish: mend 1 fault first")
        await screenshot(page, "editor-fault")
        await fault.get_by_role("button", name="Change to “district”").click()
        await expect(page.locator("#verdict")).to_have_text("As published")
        await expect(page.locator("#text")).to_have_value(before)
