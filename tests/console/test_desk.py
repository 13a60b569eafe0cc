"""The foundation of all pages: who may open them, the header on each, and what a script keeps up to date."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from notifier.console.assets import static
from notifier.console.pages.forms import local_path
from notifier.model.incident import Activation
from tests.console.browser import ADMIN, Browser, assert_accessible, school_online, screenshot
from tests.console.pixels import colours
from tests.console.school import School


async def test_a_stranger_is_sent_to_sign_in_and_back(school: School) -> None:
    status, _, response = await school.ask("GET", "/now?x=1", allow_redirects=False)
    assert (status, response.headers["Location"]) == (303, "/sign-in?next=%2Fnow%3Fx%3D1")


async def test_a_cookie_is_who_one_is_and_another_site_cannot_use_it(school: School) -> None:
    cookie = {"Cookie": (await school.cookie("operator"))["Cookie"]}
    assert (await school.ask("GET", "/now", cookie))[0] == 200
    note = "/api/v1/incidents/inc-7f3k/notes"
    for headers, expected in [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": school.url}, 200),
    ]:
        assert (await school.ask("POST", note, {**cookie, **headers}, json={"text": "x"}))[0] == expected


async def test_files_are_kept_for_ever_under_their_hash_and_old_names_still_work(school: School) -> None:
    address = static("tokens.css")
    _, text, response = await school.ask("GET", address)
    assert "--real: #B3001B" in text
    assert "immutable" in response.headers["Cache-Control"]
    for other in ("/static/tokens.css", "/static/tokens.0123456789ab.css"):
        status, _, response = await school.ask("GET", other)
        assert status == 200
        assert "immutable" not in response.headers["Cache-Control"]


async def test_an_installed_press_page_has_an_icon_that_every_phone_can_show(school: School) -> None:
    headers = await school.cookie("operator")
    school.views.incidents = lambda **_: {"items": [], "next": None}  # type: ignore[method-assign,assignment] # at rest
    for path, shape in (("/press", (0xB3, 0, 0x1B)), ("/drill/press", (0xFF, 0xFF, 0xFF))):
        _, page, _ = await school.ask("GET", path, headers)
        (icon,) = re.findall(r'rel="apple-touch-icon" href="([^"]+)"', page)
        (manifest,) = re.findall(r'rel="manifest" href="([^"]+)"', page)
        assert icon in {one["src"] for one in (await school.ask("GET", manifest))[1]["icons"]}
        async with school.http.get(school.url + icon) as response:
            assert (response.status, response.headers["Content-Type"]) == (200, "image/png")
            shown = colours(await response.read())
        side = 60 if path == "/press" else 180
        assert (shown.width, len(shown.rows)) == (side, side)
        assert tuple(shown.rows[0][:3]) == shape, "a square for live, a disc for a drill"
        assert tuple(shown.rows[side // 2][side // 2 * 3 :][:3]) == (
            (0xB3, 0, 0x1B) if path == "/press" else (0x0A, 0x4A, 0x9E)
        )


@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "", "/\n/e"])
def test_the_next_page_is_one_of_ours(evil: str) -> None:
    assert local_path(evil) == "/"
    assert local_path("/board?x=1") == "/board?x=1"


async def test_what_went_wrong_is_told_to_people_in_words(school: School) -> None:
    status, text, _ = await school.ask("GET", "/now", await school.token("press"))
    assert status == 403
    assert "Not with this account" in text
    assert "Maplewood &lt;Elementary&gt;" in text


async def test_the_header_turns_live_by_itself_and_focus_stays(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/about")
        await expect(page.locator("#now")).to_have_text("No incident now")
        await page.locator("main a").focus()
        await page.evaluate("window.scripts = 1")

        activation = Activation("a1", "account:root", "lockdown", None, presser="Root")
        await school.daemon.commands.press(activation, ADMIN)

        await expect(page.locator("#now a.live")).to_contain_text("LOCKDOWN since")
        await expect(page.locator("#now a")).to_have_attribute("href", "/board")
        assert await page.evaluate("window.scripts") == 1, "the page was not loaded again"
        assert await page.evaluate("document.activeElement.closest('main') !== null")
        await screenshot(page, "desk-live")


async def test_a_picture_that_grows_old_says_so_and_mends_itself(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="staff") as page:
        await page.goto(f"{school.url}/about")
        await school.daemon.server.close()
        await expect(page.locator("#stale")).to_contain_text("s old. Reconnecting.")
        await screenshot(page, "desk-stale")


async def test_the_frame_of_every_desk_page_is_accessible(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/about")
        await assert_accessible(page)
        await school.daemon.commands.press(Activation("a1", "account:root", "lockdown", None), ADMIN)
        await expect(page.locator("#now a.live")).to_be_visible()
        await assert_accessible(page)
