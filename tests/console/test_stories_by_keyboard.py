"""The stories of the console told again with a keyboard and nothing else: no pointer at any step.

The administrator who breaks and mends a playbook is in test_editor_story.py, the board in test_board_tasks.py.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from notifier.console.callers import KIOSK_COOKIE
from tests.console.board_school import need_help, press, until
from tests.console.browser import PHONE, Browser, OnlineSchool, school_online, screenshot, set_cookie, sign_in
from tests.console.keyboard import Keyboard
from tests.console.whole_school import answer_link

KIOSK = "front-office"
ROOMS = ("Room 1", "Room 2", "Reception")


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[OnlineSchool]:
    async with school_online(tmp_path) as opened:
        yield opened


def open_now(school: OnlineSchool) -> list[Any]:
    return list(school.daemon.views.incidents(open_only=True, limit=9, after=None)["items"])


# -------------------------------------------------------------------------------------------- two people end a lockdown


async def test_two_people_with_a_keyboard_each_end_a_lockdown_room_by_room(
    browser: Browser, school: OnlineSchool
) -> None:
    async with browser.page(school) as first, browser.page(school) as second:
        await sign_in(first.context, school, "commander", name="Ada Abara", person="ada")
        await sign_in(second.context, school, "commander", name="Kim Park", person="kim")
        ada, kim = Keyboard(first), Keyboard(second)
        incident = await press(school)
        picture = lambda: school.daemon.views.incident(incident)  # noqa: E731 asked anew each time
        code = picture()["code"]
        await second.goto(f"{school.url}/board/{incident}")

        await first.goto(f"{school.url}/board/{incident}")
        await ada.take("^End or correct")
        await expect(first.locator("h2")).to_have_text(f"End or correct {code}")
        await ada.take("^ALL-CLEAR")
        await expect(first.locator("h2")).to_have_text(f"ALL-CLEAR for {code}")
        await ada.fill("^Why", "Building walked with police.")
        await ada.fill("^Type ", code)
        await ada.take("ask the second person")
        await expect(first.get_by_role("status")).to_contain_text("Waiting for a second person")
        assert picture()["state"] == "active"

        await expect(second.get_by_role("link", name=re.compile("Read and decide")).first).to_be_visible()
        await kim.take("^Read and decide")
        await expect(second.locator("h2")).to_contain_text("asks you to approve: ALL-CLEAR")
        stops = await kim.round()
        refuse = next(at for at, words in enumerate(stops) if words.startswith("Do not approve"))
        agree = next(at for at, words in enumerate(stops) if words.startswith("Approve ALL-CLEAR"))
        assert refuse < agree, "the harmless one comes first"
        assert picture()["state"] == "active", "a walk round the page decides nothing"
        await kim.take("^Approve ALL-CLEAR", by="Space")
        await expect(second.get_by_role("status")).to_contain_text("the incident is releasing")
        assert picture()["state"] == "releasing"

        await first.goto(f"{school.url}/board/{incident}")
        await ada.take("^Release rooms")
        await expect(first.locator("h2")).to_contain_text("Release rooms: 0 of 3")
        await ada.take("^Room 1", by="Space", tag="INPUT")
        await ada.take("^Record them as released")
        await expect(first.locator("#counts")).to_contain_text("1 of 3 rooms released")
        await ada.take("^Release rooms")
        await expect(first.locator("h2")).to_contain_text("Release rooms: 1 of 3")
        assert picture()["state"] == "releasing", "it goes on until each room was seen"
        for room in ROOMS[1:]:
            await ada.take(f"^{room}", by="Space", tag="INPUT")
        await ada.take("^Record them as released")
        await until(school, lambda: picture()["state"] in {"closing", "closed"})
        await until(school, lambda: picture()["state"] == "closed")
    events = school.daemon.views.timeline(incident, limit=300, after=None)["items"]
    words = " ".join(event["text"] for event in events)
    assert "Ada" in words, words
    (asked,) = picture()["approvals"]
    assert asked["state"] == "granted"


# ------------------------------------------------------------------------------------------------ answering from a room


async def test_a_responder_answers_on_a_phone_with_a_keyboard_and_without_scripts(
    browser: Browser, school: OnlineSchool
) -> None:
    incident = await press(school)
    path = await answer_link(school, incident)
    async with browser.page(school, size=PHONE, java_script_enabled=False) as page:
        await page.goto(school.url + path)
        keys = page.keyboard
        # No script runs here, so nothing can ask where the focus is: the page's own order of stops is counted.
        await page.get_by_label("A few words").press("Shift+Tab")
        focused = page.locator("button.answer:focus")
        await expect(focused).to_contain_text("NEED HELP")
        await screenshot(page, "answer-keyboard")
        await expect(focused).to_have_css("outline-style", "solid")
        await keys.press("Shift+Tab")
        await expect(focused).to_contain_text("SAFE")
        await keys.press("Tab")
        await keys.press("Tab")
        await keys.type("two children with me")
        await keys.press("Shift+Tab")
        await keys.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("NEEDS HELP")
        await expect(page.get_by_text("two children with me")).to_be_visible()
        for _ in range(12):
            await keys.press("Tab")
            if await page.locator("button.again:focus").count():
                break
        await expect(page.locator("button.again:focus")).to_contain_text("SAFE")
        await keys.press("Space")
        await expect(page.get_by_role("status")).to_contain_text("SAFE")
    people = school.daemon.views.people(incident, limit=99, after=None)["items"]
    assert [one["answer"] for one in people if one["id"] == "ada"] == ["safe"]


async def test_a_responder_answers_with_a_finger_and_without_scripts(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    path = await answer_link(school, incident)
    async with browser.page(school, size=PHONE, java_script_enabled=False, has_touch=True, is_mobile=True) as page:
        await page.goto(school.url + path)
        await page.get_by_role("button", name=re.compile("NEED HELP")).last.tap()
        await expect(page.get_by_role("status")).to_contain_text("NEEDS HELP")
        await screenshot(page, "answer-finger")
        await page.get_by_role("button", name=re.compile("SAFE")).tap()
        await expect(page.get_by_role("status")).to_contain_text("SAFE")


# --------------------------------------------------------------------------------------- a kiosk whose server goes away


@contextlib.asynccontextmanager
async def a_screen(browser: Browser) -> AsyncIterator[Page]:
    """A page that outlives the daemon."""
    context = await browser.chromium.new_context(viewport=PHONE)  # type: ignore[arg-type] # its own shape
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def kept(page: Page) -> None:
    """The screen has put away what it needs to open without a server; only the page's own worker knows when."""
    asked = "caches.open('press-1').then((store) => store.keys()).then((all) => all.length)"
    while await page.evaluate(asked) < 10:
        await page.evaluate("new Promise(requestAnimationFrame)")


async def test_a_kiosk_loses_its_server_and_gets_it_back_by_keyboard(browser: Browser, tmp_path: Path) -> None:
    async with a_screen(browser) as page:
        keys = Keyboard(page)
        async with school_online(tmp_path) as school:
            address, port = school.url, int(school.url.rpartition(":")[2])
            await set_cookie(page.context, address, KIOSK_COOKIE, await school.kiosk(KIOSK))
            await page.goto(f"{address}/press")
            await kept(page)
        await expect(page.locator("#link")).to_contain_text("Not connected", timeout=30_000)
        await expect(page.locator("#say")).to_contain_text("use the wall button or call 911")
        await keys.take("^LOCKDOWN")
        await page.wait_for_url("**/press/confirm?action=lockdown")
        assert (await keys.on())["id"] == "heading"
        await expect(page.locator("#start[data-awake]")).to_be_visible()
        await keys.take("^Start LOCKDOWN")
        await expect(page.locator("#band-1")).to_have_text("Your LOCKDOWN is NOT received")
        await expect(page.locator("[data-try]")).to_contain_text("try 2")
        assert "cannot reach" in (await keys.on()).get("words", ""), "the focus stands where it says what happened"
        await expect(page.locator(".box h1")).to_have_css("font-size", "27px")
        stops = await keys.round()
        assert [words for words in stops if words.startswith("Call 911")], stops
        await screenshot(page, "kiosk-lost")
        pressed = await page.evaluate("JSON.parse(localStorage.getItem('notifier-press /press')).key")

        async with school_online(tmp_path, port=port) as back:
            await page.wait_for_url("**/press/started?i=*", timeout=30_000)
            await expect(page.locator(".note").first).to_contain_text("after you pressed")
            [incident] = open_now(back)
            assert incident["action"] == "lockdown"
            [one] = back.daemon.views.incident(incident["id"])["presses"]
            assert await page.evaluate("localStorage.getItem('notifier-press /press')") is None
            # What was pressed there is this one press, also when the same key is sent once more.
            form = {"action": "lockdown", "key": pressed}
            again = await page.request.post(
                f"{address}/press/start", form=form, headers={"Sec-Fetch-Site": "same-origin"}, max_redirects=0
            )
            assert again.status == 303
            assert list(back.daemon.views.incident(incident["id"])["presses"]) == [one]
            await keys.take("^I am on the line with 911")
            await expect(page.locator(".answered")).to_contain_text("911: on the line")


# --------------------------------------------------------------------------------------------- signed out in the middle


async def test_a_signed_out_board_stops_says_so_and_leads_back_by_keyboard(
    browser: Browser, school: OnlineSchool
) -> None:
    incident = await press(school)
    async with browser.page(school, rights="commander", person="ada") as page:
        keys = Keyboard(page)
        await page.goto(f"{school.url}/board/{incident}")
        await need_help(school, incident, "carla", "Smoke.")
        await expect(page.locator("#needs")).to_contain_text("Room 2 NEEDS HELP")
        other = await page.context.new_page()
        await other.goto(f"{school.url}/account")
        await Keyboard(other).take("^Sign out$")
        await other.wait_for_url("**/sign-in*")
        await other.close()

        await expect(page.locator("#stale")).to_contain_text("You are signed out. The incident goes on.")
        await expect(page.locator("html")).to_have_class(re.compile("is-stale"))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        stopped = await page.locator("#clock").text_content()
        await need_help(school, incident, "ben", "Child hurt.")
        async with browser.page(school, rights="commander", person="kim") as seen:
            await seen.goto(f"{school.url}/board/{incident}")
            await expect(seen.locator("#needs")).to_contain_text("Room 1 NEEDS HELP")
        assert await page.locator("#clock").text_content() == stopped, "nothing is shown as present that is not"
        await expect(page.locator("#needs")).not_to_contain_text("Room 1 NEEDS HELP")
        assert asked == [], "a page that is signed out asks for nothing"
        await screenshot(page, "signed-out")
        await keys.take("^Sign in$", tag="A")
        await page.wait_for_url(f"**/sign-in?next=%2Fboard%2F{incident}")
        await expect(page.locator("body")).to_contain_text("You do not need to sign in")


# ------------------------------------------------------------------------------------------------------- live and drill


async def test_a_drill_by_keyboard_says_drill_at_every_stop(browser: Browser, school: OnlineSchool) -> None:
    async with browser.page(school, rights="operator", size=PHONE) as page:
        keys = Keyboard(page)
        await page.goto(f"{school.url}/drill/press")
        assert (await page.title()).startswith("DRILL")
        stops = await keys.round()
        assert len(stops) == 7, stops
        assert all(words.startswith("DRILL ") for words in stops[:6]), stops
        assert stops[6] == "Real emergency? Open the LIVE page"
        await keys.take("LOCKDOWN")
        await page.wait_for_url("**/drill/press/confirm?action=lockdown")
        assert (await keys.on())["words"] == "DRILL LOCKDOWN"
        await expect(page.locator("#start[data-awake]")).to_be_visible()
        await keys.take("^Start DRILL LOCKDOWN")
        await page.wait_for_url("**/drill/press/started?i=*")
        assert (await page.title()).startswith("DRILL")
        await keys.take("^End the DRILL")
        await expect(page.locator("main")).to_contain_text("The drill is over.")
        await page.goto(f"{school.url}/press")
        assert (await page.title()).startswith("LIVE")
        assert not [words for words in await keys.round() if "drill" in words.lower()], "nothing live leads to a drill"
    assert open_now(school) == [] or all(one["drill"] for one in open_now(school))
