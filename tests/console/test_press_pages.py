"""The press pages in a real browser: what starts, what never does, and what a person sees when nothing gets through."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from notifier.console.assets import find
from notifier.console.pages.rendering import clock, zone_of
from notifier.model.incident import Activation
from notifier.testing.schools import demo_school, small_school
from tests.console.browser import (
    ADMIN,
    DESK,
    PHONE,
    Browser,
    OnlineSchool,
    assert_accessible,
    school_online,
    screenshot,
)
from tests.console.pixels import colours, red

KIOSK = "front-office"
LOCKDOWN = ".tile.lockdown"


def incidents(school: OnlineSchool) -> list[dict[str, Any]]:
    found = school.daemon.views.incidents(open_only=True, limit=20, after=None)["items"]
    return [dict(one) for one in found]


def presses(school: OnlineSchool) -> int:
    """How many presses the record holds; one that was sent again is still one."""
    return sum(len(school.daemon.views.incident(one["id"])["presses"]) for one in incidents(school))


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[OnlineSchool]:
    async with school_online(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def kiosk(browser: Browser, school: OnlineSchool, **more: Any) -> AsyncIterator[Page]:
    async with browser.page(school, kiosk=KIOSK, size=PHONE, **more) as page:
        await page.goto(f"{school.url}/press")
        yield page


async def until(page: Page, condition: str) -> None:
    """playwright's own waiting evaluates text inside the page, which our content security policy forbids."""
    while not await page.evaluate(condition):  # noqa: ASYNC110 the browser cannot call us
        await asyncio.sleep(0.02)


async def finger_on(page: Page, tile: str = LOCKDOWN) -> None:
    box = await page.locator(tile).bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()


# --------------------------------------------------------------------------------------------------- press and keep


async def test_pressing_until_the_bar_is_full_starts_without_letting_go(browser: Browser, school: OnlineSchool) -> None:
    async with kiosk(browser, school) as page:
        await finger_on(page)
        await expect(page.locator("#band-1")).to_have_text("Starting LOCKDOWN")
        await expect(page.locator("#say")).to_contain_text("Keep pressing. Let go: nothing starts.")
        await page.wait_for_url("**/press/started?i=*")
        await expect(page.get_by_role("heading", name=re.compile(r"LOCKDOWN started \d\d:\d\d:\d\d"))).to_be_visible()
        await expect(page.locator(".call911")).to_contain_text("Call 911 now")
        await expect(page.locator(".call911")).to_have_attribute("href", "tel:911")
        await expect(page.locator("#known")).to_contain_text("4 of 4 doors secured")
    [incident] = incidents(school)
    assert (incident["action"], incident["zone"], incident["drill"]) == ("lockdown", "office", False)
    assert presses(school) == 1


@pytest.mark.parametrize("how", ["lets go", "slips off", "second finger", "leaves the page"])
async def test_what_ends_too_early_starts_nothing(browser: Browser, school: OnlineSchool, how: str) -> None:
    async with kiosk(browser, school) as page:
        await finger_on(page)
        await expect(page.locator(".top-bar")).to_be_visible()
        await until(page, "document.querySelector('.top-bar i').clientWidth > 130")
        if how == "slips off":
            await page.mouse.move(200, 800)
        elif how == "second finger":
            touch = {"pointerId": 9, "isPrimary": False, "bubbles": True, "pointerType": "touch"}
            await page.locator(".tile.medical").dispatch_event("pointerdown", touch)
        elif how == "leaves the page":
            await page.evaluate("dispatchEvent(new Event('blur'))")
        else:
            await page.mouse.up()
        await expect(page.locator("#say")).to_contain_text("Nothing started. Keep pressing until the bar is full.")
        await page.mouse.up()
        await expect(page.locator("#band-1")).to_have_text("Birchwood School")
        await expect(page).to_have_url(f"{school.url}/press")
        assert await page.locator(".pressed").count() == 0
    assert incidents(school) == []


async def test_a_finger_on_glass_that_trembles_starts_it_too(browser: Browser, school: OnlineSchool) -> None:
    async with kiosk(browser, school, has_touch=True, is_mobile=True) as page:
        box = await page.locator(LOCKDOWN).bounding_box()
        assert box
        x, y = box["x"] + 90, box["y"] + 60
        glass = await page.context.new_cdp_session(page)
        await glass.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        await expect(page.locator(".top-bar")).to_be_visible()
        for step in range(1, 6):
            moved = {"x": x + step % 2 * 9, "y": y - step * 6}
            await glass.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [moved]})
        await page.wait_for_url("**/press/started?i=*")
    assert [one["action"] for one in incidents(school)] == ["lockdown"]


async def test_a_short_tap_and_a_double_click_only_show_what_would_happen(
    browser: Browser, school: OnlineSchool
) -> None:
    async with kiosk(browser, school) as page:
        await page.locator(LOCKDOWN).dblclick()
        await page.wait_for_url("**/press/confirm?action=lockdown")
        await expect(page.locator("main")).to_contain_text("Lock 4 doors")
        await page.locator("#start").dblclick()  # at once: it is deaf for the first moments
        await expect(page).to_have_url(re.compile("/press/confirm"))
    assert incidents(school) == []


async def test_a_double_tap_on_a_phone_is_not_thrown_back_by_its_second_tap(
    browser: Browser, school: OnlineSchool
) -> None:
    async with browser.page(school, kiosk=KIOSK, size=PHONE) as page:
        await page.goto(f"{school.url}/press/confirm?action=lockdown")
        back = page.get_by_role("link", name="Go back, do not start")
        awake = await page.locator("#start").evaluate(
            """(start) => {
                delete start.dataset.awake;
                const tap = new MouseEvent("click", { bubbles: true, cancelable: true, detail: 1 });
                document.querySelector(".back").dispatchEvent(tap);
                return "awake" in start.dataset;
            }"""
        )
        assert not awake
        await expect(page).to_have_url(re.compile("/press/confirm"))
        await page.reload()
        await expect(page.locator("#start[data-awake]")).to_be_visible()
        await back.click()
        await page.wait_for_url("**/press")
    assert incidents(school) == []


async def test_who_pressed_the_wrong_one_comes_to_the_right_one_from_every_page(
    browser: Browser, school: OnlineSchool
) -> None:
    """A kiosk has no back button, and HOLD lies below LOCKDOWN."""
    async with browser.page(school, kiosk=KIOSK, size=PHONE) as page:
        await page.goto(f"{school.url}/press")
        await finger_on(page, ".tile.hold")
        await page.wait_for_url("**/press/started?i=*")
        await page.mouse.up()
        await screenshot(page, "press-started-wrong-one")
        await expect(page.get_by_role("link", name="Press another")).to_have_attribute("href", "/press")
        await page.get_by_role("link", name="I pressed by mistake").click()
        await page.get_by_role("link", name="Press the right one").click()
        await page.wait_for_url("**/press")
        await finger_on(page, LOCKDOWN)
        await page.wait_for_url("**/press/started?i=*")
        await page.mouse.up()
        [hold, lockdown] = school.daemon.views.incident(incidents(school)[0]["id"])["presses"]
        assert (hold["playbook"], lockdown["playbook"]) == ("hold", "lockdown")
        began = clock(lockdown["received"], zone_of(school.daemon.views.site()))
        await expect(page.locator("#band-1")).to_have_text(f"LOCKDOWN started {began}")
        await expect(page.locator("#known")).to_contain_text(f"by the school’s server at {began}")
    assert [one["action"] for one in incidents(school)] == ["lockdown"]


async def test_start_lies_where_the_press_page_has_no_tile(browser: Browser, school: OnlineSchool) -> None:
    for size in (PHONE, {"width": 390, "height": 760}, DESK):
        async with browser.page(school, kiosk=KIOSK, size=size) as page:
            await page.goto(f"{school.url}/press")
            boxes = [await tile.bounding_box() for tile in await page.locator(".tile").all()]
            over = await page.evaluate("document.documentElement.scrollHeight - innerHeight")
            assert over <= 0, f"{over} pixels too high at {size}"
            await page.goto(f"{school.url}/press/confirm?action=lockdown")
            start = await page.locator("#start").bounding_box()
            assert start
            assert len(boxes) == 6
            for box in boxes:
                assert box
                apart = box["y"] + box["height"] <= start["y"] or box["y"] >= start["y"] + start["height"]
                assert apart, f"{box} lies over Start {start} at {size}"
                assert box["height"] >= 96


async def test_with_text_twice_as_large_nothing_is_cut_off_and_lockdown_comes_first(
    browser: Browser, school: OnlineSchool
) -> None:
    async with kiosk(browser, school) as page:
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        cut = "[...document.querySelectorAll('.tile')].filter((one) => one.scrollHeight > one.clientHeight + 1).length"
        assert await page.evaluate(cut) == 0
        box = await page.locator(LOCKDOWN).bounding_box()
        assert box
        assert box["y"] < PHONE["height"] / 1.5
        others = [await tile.bounding_box() for tile in (await page.locator(".tile").all())[1:]]
        assert all(other and other["y"] > box["y"] for other in others)
        await screenshot(page, "twice", full_page=True)


# --------------------------------------------------------------------------------------- keyboard, no script, forged


async def test_by_keyboard_alone(browser: Browser, school: OnlineSchool) -> None:
    async with kiosk(browser, school) as page:
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.value") == "lockdown"
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/press/confirm?action=lockdown")
        assert await page.evaluate("document.activeElement.id") == "heading"
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.id") == "start"
        await expect(page.locator("#start[data-awake]")).to_be_visible()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/press/started?i=*")
    assert len(incidents(school)) == 1


async def test_without_scripts(browser: Browser, school: OnlineSchool) -> None:
    async with kiosk(browser, school, java_script_enabled=False) as page:
        await page.locator(".tile.hold").click()
        await page.wait_for_url("**/press/confirm?action=hold")
        assert incidents(school) == []
        await page.locator("#start").click()
        await page.wait_for_url("**/press/started?i=*")
        await page.get_by_text("I am on the line with 911").click()
        await expect(page.locator(".answered")).to_contain_text("911: on the line")
        await page.get_by_text("I pressed by mistake").click()
        await page.get_by_text("Tell them it was a mistake").click()
        await expect(page.locator("main")).to_contain_text("Told: a mistake, not confirmed.")
    [incident] = incidents(school)
    assert (incident["hand_off"], incident["mistake_claimed"]) == ("accepted", True)


async def test_the_same_key_counts_once_and_another_site_cannot_press(browser: Browser, school: OnlineSchool) -> None:
    async with kiosk(browser, school) as page:
        for _ in range(3):
            form = {"action": "lockdown", "key": "k1"}
            told = await page.request.post(
                f"{school.url}/press/start", form=form, headers={"Sec-Fetch-Site": "same-origin"}, max_redirects=0
            )
            assert told.status == 303
        other = await page.request.post(
            f"{school.url}/press/start", form={"action": "hold"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert other.status == 403
    assert [one["action"] for one in incidents(school)] == ["lockdown"]
    assert presses(school) == 1


async def test_a_screen_presses_and_can_do_nothing_else_and_dies_when_revoked(
    browser: Browser, school: OnlineSchool
) -> None:
    async with kiosk(browser, school) as page:
        for path in ("/about", "/drill/press", "/enrol"):
            assert (await page.request.get(school.url + path, max_redirects=0)).status in {303, 403}
        for path in ("/api/v1/incidents", "/api/v1/contacts"):
            assert (await page.request.get(school.url + path)).status == 401
        listing = school.daemon.accounts.listing()
        device = next(one["id"] for one in listing if one["kind"] == "kiosk")
        await school.daemon.accounts.revoke(device, ADMIN)
        await finger_on(page)
        await expect(page.locator(".box")).to_contain_text("LOCKDOWN was NOT started.")
        await expect(page.locator(".unreachable .call")).to_have_attribute("href", "tel:911")
    assert incidents(school) == []


async def test_an_administrator_enrols_a_screen_by_a_link_that_works_once(
    browser: Browser, school: OnlineSchool
) -> None:
    async with browser.page(school, rights="administrator") as desk, browser.page(school, size=PHONE) as screen:
        await desk.goto(f"{school.url}/enrol")
        await desk.get_by_role("button", name="Make the link").click()
        await expect(desk.locator("#summary")).to_contain_text("Say what people call this screen")
        await desk.get_by_label("Name of the screen").fill("Office tablet")
        await desk.get_by_label("It stands for").select_option("front-office")
        await desk.get_by_role("button", name="Make the link").click()
        await screenshot(desk, "enrol")
        await assert_accessible(desk)
        address = (await desk.locator("code").inner_text()).strip()
        assert await desk.locator(".qr svg path").count() > 0

        await screen.goto(address)
        await screen.get_by_role("button", name="Enrol this screen").click()
        await screen.wait_for_url("**/press")
        await expect(screen.locator("#band-2")).to_have_text("You are at: Front office desk")
        await screen.goto(address)
        await screen.get_by_role("button", name="Enrol this screen").click()
        await expect(screen.locator("main")).to_contain_text("was not enrolled")

        await desk.goto(f"{school.url}/enrol")
        await expect(desk.locator("main")).to_contain_text("1 screen enrolled")
        await desk.get_by_role("button", name="Revoke Office tablet").click()
        await expect(desk.locator("main")).to_contain_text("0 screens enrolled")
        await screen.goto(f"{school.url}/press")
        assert "/sign-in?next=" in screen.url


async def test_who_has_signed_in_says_where_and_the_press_carries_it(browser: Browser, school: OnlineSchool) -> None:
    async with browser.page(school, rights="staff", size=PHONE) as page:
        await page.goto(f"{school.url}/press")
        await page.get_by_text("Where are you?").click()
        await page.get_by_role("link", name="North wing").click()
        await expect(page.locator("#band-2")).to_have_text("You are at: North wing")
        await finger_on(page, ".tile.hold")
        await page.wait_for_url("**/press/started?i=*")
        await page.mouse.up()
    assert [(one["action"], one["zone"]) for one in incidents(school)] == [("hold", "north")]


async def test_a_revoked_screen_without_scripts_is_told_that_nothing_started(
    browser: Browser, school: OnlineSchool
) -> None:
    async with kiosk(browser, school, java_script_enabled=False) as page:
        await page.goto(f"{school.url}/press/confirm?action=lockdown")
        device = next(one["id"] for one in school.daemon.accounts.listing() if one["kind"] == "kiosk")
        await school.daemon.accounts.revoke(device, ADMIN)
        await page.locator("#start").click()
        await expect(page.locator("main")).to_contain_text("Nothing was started")
        await expect(page.locator("header")).to_contain_text("call 911")
    assert incidents(school) == []


# ------------------------------------------------------------------------------------------------- nothing gets through


async def test_a_press_that_nothing_receives_says_so_keeps_trying_and_counts_once(
    browser: Browser, school: OnlineSchool
) -> None:
    async with kiosk(browser, school) as page:
        await page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        await page.context.set_offline(True)
        await finger_on(page)
        await expect(page.locator("#band-1")).to_have_text("Your LOCKDOWN is NOT received")
        await page.mouse.up()
        await expect(page.locator("[data-try]")).to_contain_text("try 2")
        await expect(page.locator(".unreachable")).to_contain_text("“Lockdown! Locks, lights, out of sight.”")
        await expect(page.locator(".unreachable .script")).to_contain_text("12 Birch Lane")
        await screenshot(page, "unreachable")
        await assert_accessible(page)
        assert presses(school) == 0
        await page.context.set_offline(False)
        await page.wait_for_url("**/press/started?i=*")
        await expect(page.locator(".note").first).to_contain_text("after you pressed")
        assert presses(school) == 1
        await page.goto(f"{school.url}/press")
        await expect(page.locator(LOCKDOWN)).to_be_visible()
        assert presses(school) == 1, "the kept press was sent again"


async def test_an_answer_that_is_lost_on_the_way_back_is_not_a_second_press(
    browser: Browser, school: OnlineSchool
) -> None:
    """The server has it, and the page does not know: what a wireless network does at the worst moment."""
    async with kiosk(browser, school) as page:
        lost = 0

        async def lose_the_first_answers(route: Any) -> None:
            nonlocal lost
            answer = await route.fetch()
            assert answer.ok
            lost += 1
            await (route.abort() if lost < 3 else route.fulfill(response=answer))

        await page.route("**/press/start", lose_the_first_answers)
        await finger_on(page)
        await page.wait_for_url("**/press/started?i=*")
        await page.mouse.up()
    assert lost == 3
    assert presses(school) == 1


async def test_a_server_that_comes_back_at_that_moment_leads_nobody_away_from_what_became_of_their_press(
    browser: Browser, school: OnlineSchool
) -> None:
    """The press is received, the next page is on its way, and the page at rest hears that it is connected again."""
    async with kiosk(browser, school) as page:
        received, heard = asyncio.Event(), asyncio.Event()

        async def deaf_until_received(route: Any) -> None:
            await (route.continue_() if received.is_set() else route.abort())

        async def slow(route: Any) -> None:
            received.set()
            await heard.wait()
            await route.continue_()

        page.on("requestfinished", lambda one: heard.set() if one.url.endswith("/press/state") else None)
        await page.route("**/press/state", deaf_until_received)
        await page.route("**/press/started?i=*", slow)
        heard.clear()
        await expect(page.locator("#link")).to_contain_text("Not connected", timeout=20_000)
        await finger_on(page)
        await page.wait_for_url("**/press/started?i=*")
        await page.mouse.up()
    assert heard.is_set()
    assert presses(school) == 1


async def test_at_rest_it_says_since_when_it_is_not_connected_and_opens_without_a_server(
    browser: Browser, school: OnlineSchool
) -> None:
    async with kiosk(browser, school) as page:
        await expect(page.locator("#link")).to_contain_text("checked")
        await until(page, "caches.open('press-1').then((store) => store.keys()).then((kept) => kept.length >= 10)")
        await page.context.set_offline(True)
        await page.reload()
        await expect(page.locator("#link")).to_contain_text("Not connected")
        await expect(page.locator("#say")).to_contain_text("A press here may not arrive: use the wall button")
        await screenshot(page, "not-connected")
        await page.clock.install(time=await page.evaluate("Date.now() / 1000 + 3 * 86400"))
        await page.reload()
        await expect(page.locator("#say")).to_contain_text(re.compile(r"Not connected since \d+ \w+, \d\d:\d\d:\d\d"))
        await page.goto(f"{school.url}/press/confirm?action=hold")
        await expect(page.locator("#start[data-awake]")).to_be_visible()
        await page.locator("#start").click()
        await expect(page.locator("#band-1")).to_have_text("Your HOLD is NOT received")
        await page.context.set_offline(False)
        await page.wait_for_url("**/press/started?i=*")
    assert [one["action"] for one in incidents(school)] == ["hold"]


# ------------------------------------------------------------------------------------------------------- live and drill


async def test_a_drill_is_a_drill_and_one_person_ends_it(browser: Browser, school: OnlineSchool) -> None:
    async with browser.page(school, rights="operator", size=PHONE) as page:
        await page.goto(f"{school.url}/drill/press")
        await finger_on(page)
        await page.wait_for_url("**/drill/press/started?i=*")
        await page.mouse.up()
        [incident] = incidents(school)
        assert incident["drill"] is True
        await expect(page.locator("h1")).to_contain_text("DRILL LOCKDOWN started")
        assert "911" not in await page.locator("main").inner_text()
        await page.get_by_role("button", name="End the DRILL").click()
        await expect(page.locator("main")).to_contain_text("The drill is over.")


async def test_a_real_press_takes_the_place_of_the_drill_page(browser: Browser, school: OnlineSchool) -> None:
    async with browser.page(school, rights="drill", size=PHONE) as page:
        await page.goto(f"{school.url}/drill/press")
        await school.daemon.commands.press(Activation("a1", "account:root", "lockdown", "office"), ADMIN)
        await expect(page.locator("main")).to_contain_text("This is not the drill any more. LOCKDOWN is live since")
        await expect(page).to_have_title(re.compile("^LIVE"))


async def test_no_drill_page_has_a_red_pixel_and_no_live_page_a_striped_frame(
    browser: Browser, school: OnlineSchool
) -> None:
    for scheme in ("light", "dark"):
        async with browser.page(school, rights="operator", size=PHONE, color_scheme=scheme) as page:
            for path in ("/drill/press", "/drill/press/confirm?action=lockdown", "/drill/press/confirm?action=medical"):
                await page.goto(school.url + path)
                shot = colours(await screenshot(page, f"pixels-{scheme}-{len(path)}"))
                assert not [colour for colour in shot.all() if red(colour)], f"{path} in {scheme} shows red"
                assert len(shot.edge()) > 1, "a drill page has its stripes"
            await page.goto(f"{school.url}/press")
            shot = colours(await screenshot(page, f"pixels-live-{scheme}"))
            assert any(red(colour) for colour in shot.all()), "this test would not see red"
            assert len(shot.edge()) <= 3, f"the left edge changes its colour {len(shot.edge())} times: a frame"


async def test_a_running_drill_shows_no_red_either(browser: Browser, school: OnlineSchool) -> None:
    async with browser.page(school, rights="operator", size=PHONE) as page:
        await page.goto(f"{school.url}/drill/press")
        await finger_on(page)
        await expect(page.locator(".top-bar")).to_be_visible()
        assert not [one for one in colours(await screenshot(page, "drill-holding")).all() if red(one)]
        await page.wait_for_url("**/started?i=*")
        assert not [one for one in colours(await screenshot(page, "drill-started")).all() if red(one)]


async def test_a_silent_alarm_shows_nothing_but_a_square(browser: Browser, tmp_path: Path) -> None:
    files = small_school()
    text = files["playbooks/medical.yaml"].decode()
    silent = re.sub(r"(?m)^scope: .*$", r"\g<0>\naudible: false", text, count=1)
    silent = silent.replace("group:staff", "role:police")
    assert silent.count("role:police") > text.count("role:police")
    async with school_online(tmp_path, {**files, "playbooks/medical.yaml": silent.encode()}) as school:
        async with kiosk(browser, school) as page:
            before = await page.locator("main").inner_text()
            round_mark = await page.locator("#link svg").inner_html()
            await finger_on(page, ".tile.medical")
            await page.wait_for_url("**/press?q=1")
            await page.mouse.up()
            assert await page.locator("main").inner_text() == before
            assert await page.locator("#link svg").inner_html() != round_mark
            assert await page.title() == "LIVE press · Birchwood School"
        assert len(incidents(school)) == 1


# ---------------------------------------------------------------------------------------------------- budget and access


async def test_the_start_page_weighs_less_than_thirty_kilobytes(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path, demo_school()) as school, browser.page(school, kiosk=KIOSK) as page:
        html = await (await page.request.get(f"{school.url}/press")).text()
        parts = re.findall(r'(?:href|src)="/static/([^"]+)"', html)
        bodies = [found[0].body for part in parts if (found := find(part))]
        assert len(bodies) == len(parts) >= 5
        total = len(html.encode()) + sum(map(len, bodies))
        assert total <= 30_000, f"{total} bytes"


async def test_every_press_page_is_accessible(browser: Browser, school: OnlineSchool) -> None:
    async with kiosk(browser, school) as page:
        await assert_accessible(page)
        await page.goto(f"{school.url}/press/confirm?action=lockdown")
        await assert_accessible(page)
        await expect(page.locator("#start[data-awake]")).to_be_visible()
        await page.locator("#start").click()
        await page.wait_for_url("**/started?i=*")
        await assert_accessible(page)
        await page.goto(page.url.replace("started", "mistake"))
        await assert_accessible(page)
    async with browser.page(school, rights="operator", size=PHONE) as page:
        await page.goto(f"{school.url}/drill/press")  # a live one runs: this is the page that took its place
        await assert_accessible(page)


async def test_the_drill_pages_are_accessible(browser: Browser, school: OnlineSchool) -> None:
    async with browser.page(school, rights="operator", size=PHONE) as page:
        await page.goto(f"{school.url}/drill/press")
        await assert_accessible(page)
        await page.goto(f"{school.url}/drill/press/confirm?action=lockdown")
        await assert_accessible(page)
