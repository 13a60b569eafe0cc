"""Ending by pages: two people, read first, four characters; one person with two screens is still one."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from notifier.interfaces import Ending
from notifier.model.incident import Activation
from tests.console.board_school import DESK_PERSON, board, need_help, press, until
from tests.console.browser import ADMIN, Browser, OnlineSchool, assert_accessible, school_online, screenshot
from tests.console.whole_school import KIM


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[OnlineSchool]:
    async with school_online(tmp_path) as opened:
        yield opened


def incident_of(school: OnlineSchool, name: str) -> Any:
    return school.daemon.views.incident(name)


async def ask_all_clear(page: Page, school: OnlineSchool, incident: str) -> None:
    await page.goto(f"{school.url}/board/{incident}")
    await page.get_by_role("link", name="End or correct…").click()
    await page.get_by_role("link", name=re.compile("^ALL-CLEAR")).click()
    await page.get_by_label("Why").fill("Building walked with police.")
    await page.get_by_label(re.compile("^Type ")).fill(incident_of(school, incident)["code"])
    await page.get_by_role("button", name=re.compile("ask the second person")).click()


async def test_two_people_give_the_all_clear_by_their_pages(browser: Browser, school: OnlineSchool) -> None:
    async with (
        browser.page(school, rights="commander", person="ada") as first,
        browser.page(school, rights="commander", person="kim") as second,
    ):
        incident = await press(school)
        await second.goto(f"{school.url}/board/{incident}")
        await ask_all_clear(first, school, incident)
        await expect(first.get_by_role("status")).to_contain_text("Waiting for a second person")
        assert incident_of(school, incident)["state"] == "active"

        await second.get_by_role("link", name=re.compile("Read and decide")).first.click()
        await expect(second.locator("h2")).to_contain_text("asks you to approve: ALL-CLEAR")
        await expect(second.locator("main")).to_contain_text("Building walked with police.")
        await expect(second.locator("main")).to_contain_text("Nothing unlocks")
        await screenshot(second, "board-approval", full_page=True)
        await assert_accessible(second)
        await second.get_by_role("button", name=re.compile("^Approve ALL-CLEAR")).click()
        await expect(second.get_by_role("status")).to_contain_text("the incident is releasing")
        await first.goto(f"{school.url}/board/{incident}/release")
        for room in ("Room 1", "Room 2", "Reception"):
            await first.get_by_label(room).check()
        await first.get_by_role("button", name="Record them as released").click()
        await expect(first.locator("#counts")).to_contain_text("rooms released")
        assert incident_of(school, incident)["state"] in {"closing", "closed"}


async def test_the_same_person_on_a_second_screen_is_no_second_person(browser: Browser, school: OnlineSchool) -> None:
    async with (
        browser.page(school, rights="commander", person="ada") as first,
        browser.page(school, rights="commander", person="ada") as again,
    ):
        incident = await press(school)
        await ask_all_clear(first, school, incident)
        await again.goto(f"{school.url}/board/{incident}")
        await again.get_by_role("link", name=re.compile("Read and decide")).first.click()
        await expect(again.locator("aside")).to_contain_text("You asked, so somebody else decides.")
        await again.get_by_role("button", name=re.compile("^Approve ALL-CLEAR")).click()
        await expect(again.locator("#summary")).to_contain_text("another one than the first")
    assert incident_of(school, incident)["state"] == "active"


async def test_an_account_made_after_the_press_is_told_why_it_does_not_count(
    browser: Browser, school: OnlineSchool
) -> None:
    incident = await press(school)
    outcome = await school.daemon.commands.end(incident, Ending.ALL_CLEAR, DESK_PERSON, "over")
    async with browser.page(school, rights="commander", person="kim") as late:
        await late.goto(f"{school.url}/board/{incident}/approval/{outcome.approval}")
        await expect(late.locator("aside")).to_contain_text("made after the incident began")
        await late.get_by_role("button", name=re.compile("^Approve ALL-CLEAR")).click()
        await expect(late.locator("#summary")).to_contain_text("none of the two")
    assert incident_of(school, incident)["state"] == "active"


async def test_who_made_the_account_that_asks_is_told_why_they_do_not_count(
    browser: Browser, school: OnlineSchool
) -> None:
    async with browser.page(school, rights="commander", person="root") as maker:
        accounts, root = school.daemon.accounts, replace(ADMIN, person="root")
        _, token = await accounts.add_user("Ada Abara", ["commander"], [], None, "ada", root)
        incident = await press(school)
        asker = accounts.caller_of(token)
        assert asker is not None
        outcome = await school.daemon.commands.end(incident, Ending.ALL_CLEAR, asker, "over")
        await maker.goto(f"{school.url}/board/{incident}/approval/{outcome.approval}")
        await expect(maker.locator("aside")).to_contain_text("the account that asks was made or reset by you")
    assert incident_of(school, incident)["state"] == "active"


async def test_wrong_characters_end_nothing_and_what_was_typed_stays(browser: Browser, school: OnlineSchool) -> None:
    async with browser.page(school, rights="commander", person="ada") as page:
        incident = await press(school)
        await page.goto(f"{school.url}/board/{incident}/end/all_clear")
        await page.get_by_label("Why").fill("It is over.")
        await page.get_by_label(re.compile("^Type ")).fill("ZZZZ")
        await page.get_by_role("button", name=re.compile("ask the second person")).click()
        await expect(page.locator("#code-wrong")).to_contain_text("four characters")
        await expect(page.get_by_label("Why")).to_have_value("It is over.")
        await assert_accessible(page)
    assert incident_of(school, incident)["approvals"] == []


async def test_one_person_ends_a_drill(browser: Browser, school: OnlineSchool) -> None:
    async with browser.page(school, rights="operator", person="ada") as page:
        incident = await press(school, drill=True)
        await page.goto(f"{school.url}/board/{incident}")
        await page.get_by_role("link", name="End the DRILL…").click()
        await page.get_by_label("Why").fill("Done.")
        await page.get_by_label(re.compile("^Type ")).fill(incident_of(school, incident)["code"])
        await page.get_by_role("button", name="End the DRILL").click()
        await expect(page.get_by_role("status")).to_contain_text("the incident is")
    assert incident_of(school, incident)["state"] in {"closing", "closed"}


async def test_everything_works_without_scripts(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    await need_help(school, incident)
    async with board(browser, school, incident, java_script_enabled=False) as page:
        await page.get_by_role("button", name="I have it Room 1").click()
        await expect(page.locator("#needs .row.real")).to_contain_text("Mina Castellow has it since")
        await expect(page.locator(".did")).to_have_text("You have it.")
        await page.get_by_role("link", name="Message…").click()
        await page.get_by_label("What it says").fill("Stay in your rooms.")
        await page.get_by_role("button", name="Send it").click()
        await expect(page.locator(".did")).to_contain_text("The message is queued.")
        await page.get_by_role("link", name="Speak on PA…").click()
        await page.get_by_text("this browser runs none").get_by_role("link", name="Type the words").click()
        await page.get_by_role("button", name="Say it now").click()
    texts = [event["text"] for event in school.daemon.views.timeline(incident, limit=200, after=None)["items"]]
    assert any("wrote to" in text for text in texts)


async def test_every_list_opens_and_is_accessible(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    await need_help(school, incident)
    async with board(browser, school, incident) as page:
        for name in ("doors", "rooms", "people", "speakers", "deliveries", "timeline", "needs", "message", "page",
                     "note", "command", "pause", "fire", "outside", "release", "end", "end/recall"):  # fmt: skip
            await page.goto(f"{school.url}/board/{incident}/{name}")
            await expect(page.locator("main h2").first).to_be_visible()
            await screenshot(page, f"board-{name.replace('/', '-')}")
            await assert_accessible(page, looks=name in {"doors", "people"})
        await page.goto(f"{school.url}/incidents")
        await expect(page.locator("main")).to_contain_text("LIVE LOCKDOWN")
        await assert_accessible(page)


async def test_a_waiting_page_opens_the_board_when_something_begins(browser: Browser, school: OnlineSchool) -> None:
    async with browser.page(school, rights="commander", person="ada") as page:
        await page.goto(f"{school.url}/board")
        await expect(page.locator("h1")).to_have_text("No incident now")
        await page.wait_for_function("() => true")
        await school.daemon.commands.press(Activation("a1", "account:root", "hold", None), ADMIN)
        await expect(page.locator("#band h1")).to_have_text("HOLD")


async def test_who_ends_it_reads_exactly_whom_that_reaches(browser: Browser, school: OnlineSchool) -> None:
    """Guardians wait for their time in this lockdown: nothing was sent to them, so nothing is taken back."""
    incident, views = await press(school), school.daemon.views
    await until(school, lambda: views.closing_reach(incident, "correction")["people"] >= 3)
    async with browser.page(school, rights="commander", person="kim") as page:
        for way, phase in (("recall", "correction"), ("all_clear", "all_clear")):
            await page.goto(f"{school.url}/board/{incident}/end/{way}")
            reach = page.locator("main .stack").first
            exact = views.closing_reach(incident, phase)
            await expect(reach).to_contain_text(f"It reaches {exact['people']} people")
            await expect(reach).to_contain_text("nothing was sent to them: guardians")
            await expect(page.locator(".reach")).not_to_contain_text("guardians")
            await expect(page.locator(".texts p").first).to_contain_text("to ")
    await school.daemon.commands.end(incident, Ending.RECALL, KIM, "A mistake.")
    promised = views.closing_reach(incident, "correction")["people"]
    await school.daemon.commands.decide(views.incident(incident)["approvals"][0]["id"], DESK_PERSON, True)
    await until(school, lambda: views.incident(incident)["state"] == "closed")
    ledger, asked = school.daemon.engine.ledger, {"site": school.site, "incident": incident}
    rows = ledger.read("deliveries_page", **asked, after="", limit=500)
    assert len({row["person"] for row in rows if row["phase"] == "correction"}) == promised
