"""The board under somebody's hand: what moves, what waits, what is heard, what is said when nothing comes any more."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from notifier.console.callers import KIOSK_COOKIE
from notifier.model.events import EventKind
from tests.console.board_school import DESK_PERSON, board, door, jam, need_help, press
from tests.console.browser import DESK, PHONE, Browser, OnlineSchool, school_online, screenshot, set_cookie


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[OnlineSchool]:
    async with school_online(tmp_path) as opened:
        yield opened


async def test_rows_never_move_under_the_pointer_and_the_line_above_tells(
    browser: Browser, school: OnlineSchool
) -> None:
    incident = await press(school)
    await need_help(school, incident, "carla", "Smoke.")
    async with board(browser, school, incident) as page:
        row = page.locator("#needs .row").first
        await expect(row).to_contain_text("Room 2 NEEDS HELP")
        await row.hover()
        await need_help(school, incident, "ben", "Child hurt.")
        await expect(page.locator("#news")).to_contain_text("1 new, worse: Room 1 NEEDS HELP.")
        await expect(page.locator("#alarm")).to_contain_text("Room 1 NEEDS HELP", timeout=15000)
        assert await page.locator("#needs .row.real").count() == 1
        await page.mouse.move(5, 5)
        await expect(page.locator("#needs .row.real")).to_have_count(2)
        await expect(page.locator("#news")).to_be_hidden()


async def test_focus_is_never_moved_by_an_event(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    await need_help(school, incident, "carla", "Smoke.")
    async with board(browser, school, incident) as page:
        await page.get_by_role("link", name="Give to… Room 2").focus()
        await need_help(school, incident, "ben", "Child hurt.")
        await expect(page.locator("#news")).to_contain_text("1 new")
        assert "Give to…" in await page.evaluate("document.activeElement.textContent")
        await page.keyboard.press("Shift+Tab")
        assert "I have it" in await page.evaluate("document.activeElement.textContent")
        await page.keyboard.press("Enter")
        row = page.locator("#needs .row", has_text="Room 2")
        await expect(row).to_contain_text("has it since")
        assert await page.evaluate("document.activeElement.closest('.row') !== null")


async def test_a_row_that_has_the_focus_says_what_is_so_and_keeps_it(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    await need_help(school, incident, "carla", "Smoke.")
    async with board(browser, school, incident) as page:
        row = page.locator("#needs .row", has_text="Room 2")
        await row.evaluate("row => row.focus()")
        (task,) = [one for one in school.daemon.views.state("tasks")["items"] if one["kind"] == "need_help"]
        await school.daemon.commands.move_task(str(task["id"]), "take", DESK_PERSON)
        await expect(row).to_contain_text("Ada Abara has it since")
        assert await row.evaluate("row => row === document.activeElement")


async def test_every_control_is_reached_by_keyboard(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    await need_help(school, incident)
    async with board(browser, school, incident) as page:
        reached = set()
        for _ in range(60):
            await page.keyboard.press("Tab")
            reached.add(await page.evaluate("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"))
        for words in ("I am on the line with 911", "Message…", "End or correct…", "Menu"):
            assert any(words in each for each in reached), f"{words} in {reached}"


async def test_twice_the_text_loses_nothing(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    await need_help(school, incident)
    async with board(browser, school, incident, size={"width": 640, "height": 400}, device_scale_factor=2) as page:
        await expect(page.locator("#needs .row.real")).to_be_visible()
        await screenshot(page, "board-200", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for each in await page.locator("button:visible, a.button:visible").all():
            box = await each.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 640


async def test_a_lost_stream_says_how_old_the_picture_is(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    async with board(browser, school, incident) as page:
        await expect(page.locator("#clock")).to_be_visible()
        await school.daemon.server.close()
        await expect(page.locator("#stale")).to_contain_text(re.compile(r"This picture is \d+ s old. Reconnecting."))
        await screenshot(page, "board-stale")


@pytest.mark.parametrize("drill", [False, True])
async def test_a_screen_inside_is_silent_in_a_lockdown_and_says_so(
    browser: Browser, school: OnlineSchool, drill: bool
) -> None:
    incident = await press(school, drill=drill)
    async with browser.page(school, rights="commander", person="ada") as page:
        await page.add_init_script("speechSynthesis.speak = () => { document.documentElement.dataset.spoke = 'yes'; }")
        await set_cookie(page.context, school.url, KIOSK_COOKIE, await school.kiosk())
        await page.goto(f"{school.url}/board/{incident}")
        await expect(page.locator("#sound")).to_have_text("Silent: this screen is inside the site")
        await need_help(school, incident)
        await expect(page.locator("#needs .row.real")).to_be_visible()
        await expect(page.locator("#alarm")).to_contain_text("Room 1 NEEDS HELP")
        assert await page.evaluate("document.body.dataset.sounded") is None
        assert await page.evaluate("document.documentElement.dataset.spoke") is None


async def test_sound_is_blocked_until_a_click_and_then_heard(browser: Browser, school: OnlineSchool) -> None:
    incident = await press(school)
    async with board(browser, school, incident) as page:
        await expect(page.locator("#sound")).to_contain_text("This browser blocks sound. You will not hear new alarms.")
        await page.get_by_role("button", name="Turn sound on").click()
        await expect(page.locator("#sound")).to_have_text("Sound is on")
        await need_help(school, incident)
        await expect(page.locator("body")).to_have_attribute("data-sounded", re.compile(r"\d"))


async def test_a_real_press_replaces_a_drill_board(browser: Browser, school: OnlineSchool) -> None:
    drill = await press(school, drill=True)
    async with board(browser, school, drill) as page:
        await expect(page.locator("#band h1")).to_have_text("DRILL LOCKDOWN")
        live = await press(school, key="b2")
        await page.wait_for_url(f"**/board/{live}**")
        await expect(page.locator("#band h1")).to_have_text("LOCKDOWN")


async def test_a_door_told_again_is_locked_and_who_told_it_is_written(browser: Browser, school: OnlineSchool) -> None:
    jam(school)
    incident = await press(school)
    async with board(browser, school, incident) as page:
        row = page.locator("#need-door-d7")
        await expect(row).to_contain_text("NOT SECURED", timeout=15000)
        await row.get_by_role("button", name="Try again").click()
        door(school, "d7").mend(school.daemon.clock.now())  # not before: the engine tries by itself, too
        await page.mouse.move(5, 5)  # rows stay where they are while a hand is over them
        await expect(page.locator("#needs .row.real")).to_have_count(0, timeout=10000)
        await expect(page.locator("#counts")).to_contain_text("4 of 4")
    kinds = [event["kind"] for event in school.daemon.views.timeline(incident, limit=200, after=None)["items"]]
    assert str(EventKind.COMMANDED) in kinds


async def test_someone_is_sent_to_a_door(browser: Browser, school: OnlineSchool) -> None:
    jam(school)
    incident = await press(school)
    async with board(browser, school, incident) as page:
        row = page.locator("#need-door-d7")
        await row.get_by_role("link", name="Send someone… Door 7").click(timeout=20000)
        await page.get_by_label("Ben Brandt").check()
        await page.get_by_role("button", name="Give it to them").click()
        await expect(page.locator("#need-door-d7")).to_contain_text("Ben Brandt is going,")
        await expect(page.locator("#happened")).to_contain_text("to Ben Brandt")


async def test_the_code_for_threats_shows_the_same_words_and_ends_nothing(
    browser: Browser, school: OnlineSchool
) -> None:
    shown = []
    async with (
        browser.page(school, rights="commander", person="ada") as first,
        browser.page(school, rights="commander", person="kim") as second,
    ):
        await _codes(school, "kim")
        incident = await press(school)
        code = school.daemon.views.incident(incident)["code"]
        await first.goto(f"{school.url}/board/{incident}/end/all_clear")
        await first.get_by_label("Why").fill("Over.")
        await first.get_by_label(re.compile("^Type ")).fill(code)
        await first.get_by_role("button", name=re.compile("ask the second person")).click()
        await second.goto(f"{school.url}/board/{incident}")
        await second.get_by_role("link", name=re.compile("Read and decide")).first.click()
        await second.get_by_label("Your code").fill("999333")
        await second.get_by_role("button", name=re.compile("^Approve ALL-CLEAR")).click()
        await expect(second.get_by_role("status").last).to_contain_text("the incident is releasing")
        shown.append(await second.locator("main").inner_text())
        await second.get_by_role("link", name="Back to the board").click()
        await expect(second.locator("#band h1")).to_have_text("LOCKDOWN, releasing rooms")
        await expect(second.get_by_role("link", name=re.compile("Read and decide"))).to_have_count(0)
        assert school.daemon.views.incident(incident)["state"] == "active"
        await first.goto(f"{school.url}/board/{incident}")
        await expect(first.locator("#band h1")).to_have_text("LOCKDOWN")

        await second.goto(f"{school.url}/board/{incident}/end/all_clear")  # free again, they end it for themselves
        await second.get_by_label("Why").fill("Over.")
        await second.get_by_label(re.compile("^Type ")).fill(code)
        await second.get_by_label("Your code").fill("123456")
        await second.get_by_role("button", name=re.compile("ask the second person")).click()
        await expect(second.get_by_role("status").last).to_contain_text("the incident is releasing")
        shown.append(await second.locator("main").inner_text())
        assert school.daemon.views.incident(incident)["state"] == "releasing"
    assert shown[0] == shown[1]
    told = {task["kind"] for task in school.daemon.views.state("tasks")["items"]}
    assert "call_district" in told, "nobody was told of the threat"


async def _codes(school: OnlineSchool, person: str) -> None:
    """That person has set both codes, as on the account page."""
    entrance = school.daemon.entrance
    for row in school.daemon.accounts.listing():
        for session in entrance.sessions.open_of(str(row["id"]).removeprefix("account:")):
            account = school.daemon.accounts.account(session.account)
            if account is not None and account.person == person:
                await entrance.own.set_codes(session, "123456", "999333")


async def test_on_a_phone_the_actions_are_one_tap_away_and_the_counts_stand_before_the_map(
    browser: Browser, school: OnlineSchool
) -> None:
    jam(school)
    incident = await press(school)
    async with board(browser, school, incident, size=PHONE) as page:
        boxes = [
            await page.locator(one).bounding_box() for one in (".to-acts", "#needs", ".counts-of", ".log", "#acts")
        ]
        tops = [box["y"] for box in boxes if box]
        assert tops == sorted(tops)
        assert len(tops) == 5
        assert tops[0] < PHONE["height"], "on the first screen"
        drawn = await page.locator("#map").bounding_box()
        assert drawn is None or tops[2] < drawn["y"] < tops[3]
        await page.get_by_role("link", name="Message, speak on PA, end").click()
        await expect(page.get_by_role("link", name="Message…")).to_be_in_viewport()
        await expect(page.get_by_role("link", name="End or correct…")).to_be_in_viewport()
        await page.set_viewport_size(DESK)
        await expect(page.locator(".to-acts")).to_be_hidden()
