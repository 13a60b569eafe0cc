"""Publishing by two on the pages: proposed where it was edited, read by another, let run or refused for a reason."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from notifier.testing.schools import small_school
from tests.console.board_school import press
from tests.console.browser import Browser, OnlineSchool, assert_accessible, school_online, screenshot

RULE = b"\ntwo_people: {publish: true, outside_messages: true}\n"


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[OnlineSchool]:
    files = small_school()
    async with school_online(tmp_path, {**files, "site.yaml": files["site.yaml"] + RULE}) as opened:
        yield opened


def version(school: OnlineSchool) -> int:
    return int(school.daemon.views.site()["version"])


async def propose(page: Page, school: OnlineSchool, title: str) -> None:
    await page.goto(f"{school.url}/playbooks/lockdown")
    text = await page.locator("textarea#text").input_value()
    await page.locator("textarea#text").fill(text.replace("title: Lockdown", f"title: {title}"))
    await page.goto(f"{school.url}/playbooks/lockdown")  # what was typed is kept by the server
    await page.goto(f"{school.url}/playbooks/lockdown/publish")
    await page.get_by_label("What has changed, and why").fill(f"Call it {title}")
    await page.get_by_role("button", name="Publish lockdown").click()
    await expect(page.locator("#state")).to_contain_text("It waits for a second person")


async def test_one_edits_and_another_lets_it_run(browser: Browser, school: OnlineSchool) -> None:
    async with (
        browser.page(school, rights="administrator", person="ada", java_script_enabled=False) as first,
        browser.page(school, rights="administrator", person="kim") as second,
    ):
        await first.goto(f"{school.url}/playbooks/lockdown")
        text = await first.locator("textarea#text").input_value()
        await first.locator("textarea#text").fill(text.replace("title: Lockdown", "title: Lock the doors"))
        await first.get_by_role("button", name=re.compile("^Check")).first.click()
        await first.goto(f"{school.url}/playbooks/lockdown/publish")
        await first.get_by_label("What has changed, and why").fill("Plainer words")
        await first.get_by_role("button", name="Publish lockdown").click()
        await expect(first.locator("#state")).to_contain_text("It waits for a second person")
        await expect(first.locator("main")).to_contain_text("You proposed it, so somebody else decides.")
        await expect(first.get_by_role("button", name=re.compile("^Publish it"))).to_have_count(0)
        assert version(school) == 1

        await second.goto(f"{school.url}/")
        await second.get_by_role("link", name="Read what changes and decide").click()
        await expect(second.locator("main")).to_contain_text("playbooks/lockdown.yaml")
        await expect(second.locator("ins").first).to_be_visible()
        await assert_accessible(second)
        await screenshot(second, "proposal", full_page=True)
        await second.get_by_role("button", name=re.compile("^Refuse")).click()
        await expect(second.locator("#summary")).to_contain_text("Say why it is refused")
        await second.get_by_role("button", name=re.compile("^Publish it")).click()
        await expect(second.locator("#state")).to_contain_text("it was published")
    assert version(school) == 2
    newest = school.daemon.views.published_files(None)
    assert "title: Lock the doors" in newest["files"]["playbooks/lockdown.yaml"]
    assert " and " in newest["author"]


async def test_a_person_changed_by_a_form_waits_too_and_may_be_taken_back(
    browser: Browser, school: OnlineSchool
) -> None:
    async with browser.page(school, rights="administrator", person="ada") as page:
        await page.goto(f"{school.url}/people/of/ben/edit")
        await page.get_by_label("Name").first.fill("Benjamin Oz")
        await page.get_by_role("button", name=re.compile("publish", re.IGNORECASE)).first.click()
        await expect(page.locator("#state")).to_contain_text("It waits for a second person")
        await expect(page.locator("main")).to_contain_text("contacts/people.csv")
        await page.get_by_role("button", name="Take it back").click()
        await expect(page.locator("#state")).to_contain_text("took it back")
        await page.goto(f"{school.url}/proposals")
        await expect(page.locator("main")).to_contain_text("Taken back.")
        await assert_accessible(page)
    assert version(school) == 1


async def test_a_message_to_guardians_is_read_by_another_before_it_leaves(
    browser: Browser, school: OnlineSchool
) -> None:
    async with (
        browser.page(school, rights="operator", person="ada", java_script_enabled=False) as first,
        browser.page(school, rights="operator", person="kim") as second,
    ):
        incident = await press(school)
        await first.goto(f"{school.url}/board/{incident}/message")
        await first.get_by_label("To").select_option("all")
        await first.get_by_label("What it says").fill("Come to the church on Elm Street.")
        await first.get_by_role("button", name="Send it").click()
        await expect(first.locator(".did")).to_contain_text("when a second person has read it")

        await second.goto(f"{school.url}/board/{incident}")
        await second.get_by_role("link", name=re.compile("Read and decide")).first.click()
        await expect(second.locator("blockquote")).to_have_text("Come to the church on Elm Street.")
        await assert_accessible(second)
        await screenshot(second, "second-message", full_page=True)
        await second.get_by_role("button", name="Do not send it").click()
        await expect(second.locator("#summary")).to_contain_text("Say why")
        await second.get_by_role("button", name=re.compile("^Send it to")).click()
        await expect(second.locator(".did")).to_contain_text("The message is queued.")
    (asked,) = school.daemon.views.board(incident)["approvals"]
    assert asked["state"] == "granted"
