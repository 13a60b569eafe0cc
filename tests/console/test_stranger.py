"""A stranger at the press page starts the right response by the words on it alone.

What counts here is behaviour: the right one, few words read, few things done. The seconds are in `make bench`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from notifier.console.pages._press_words import ORDER
from tests.console.browser import DESK, PHONE, Browser, OnlineSchool, school_online, screenshot
from tests.console.keyboard import Keyboard
from tests.console.stranger import NEEDS, CannotTell, Need, box_of, choose, find_words, lines_on, stems

SIZES = {"phone": (PHONE, 25), "small phone": ({"width": 360, "height": 800}, 30), "desk": (DESK, 25)}
"""Of the screen; and the words on it that are read at most until it is clear which."""
READ_BEFORE_STARTING = 12
"""Words on the page that asks once more, until its button is found."""


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[OnlineSchool]:
    async with school_online(tmp_path) as opened:
        yield opened


def open_now(school: OnlineSchool) -> list[Any]:
    found = school.daemon.views.incidents(open_only=True, limit=20, after=None)["items"]
    return [one["action"] for one in found]


def test_what_the_stranger_knows_holds_none_of_our_six_names() -> None:
    names = {min(stems(name)) for name in ORDER}
    for need in NEEDS:
        assert not names & (stems(need.cry) | stems(need.so) | stems(need.do)), need
    assert {need.right for need in NEEDS} == set(ORDER)


@pytest.mark.parametrize("size", SIZES)
async def test_the_right_tile_is_found_by_its_words_within_a_few_of_them(
    browser: Browser, school: OnlineSchool, size: str
) -> None:
    screen, most = SIZES[size]
    async with browser.page(school, kiosk="front-office", size=screen) as page:
        await page.goto(f"{school.url}/press")
        lines = await lines_on(page)
        for need in NEEDS:
            reading = choose(need, lines)
            taken = (await box_of(page, reading.button))["value"]
            assert taken == need.right, f"“{need.cry}” takes {taken}, having read {reading.lines}"
            assert reading.words <= most, f"“{need.cry}” reads {reading.lines}"


async def test_the_stranger_goes_by_the_words_and_by_nothing_else(browser: Browser, school: OnlineSchool) -> None:
    """With the words of two tiles exchanged they take the other one; without words they cannot tell."""
    smoke = next(need for need in NEEDS if need.right == "evacuate")
    async with browser.page(school, kiosk="front-office", size=PHONE) as page:
        await page.goto(f"{school.url}/press")
        await page.evaluate(
            """() => { const [a, b] = ["evacuate", "hold"].map(one => document.querySelector(`.tile.${one} .words`));
              [a.innerHTML, b.innerHTML] = [b.innerHTML, a.innerHTML]; }"""
        )
        exchanged = await lines_on(page)
        assert (await box_of(page, choose(smoke, exchanged).button))["value"] == "hold"
        mute = [replace(line, words="Tap") if line.button >= 0 else line for line in exchanged]
        with pytest.raises(CannotTell, match="smoke"):
            choose(smoke, mute)


@pytest.mark.parametrize("need", NEEDS[::2], ids=lambda need: str(need.right))
async def test_a_stranger_presses_once_and_keeps_pressing(browser: Browser, school: OnlineSchool, need: Need) -> None:
    async with browser.page(school, kiosk="front-office", size=PHONE) as page:
        await page.goto(f"{school.url}/press")
        tile = await box_of(page, choose(need, await lines_on(page)).button)
        await page.mouse.move(tile["x"] + tile["width"] / 2, tile["y"] + tile["height"] / 2)
        await page.mouse.down()
        await page.wait_for_url("**/press/started?i=*")
        await page.mouse.up()
        await expect(page.get_by_role("heading", name=re.compile("started"))).to_be_visible()
        await screenshot(page, f"stranger-{need.right}")
    assert open_now(school) == [need.right]


@pytest.mark.parametrize("need", NEEDS[1::2], ids=lambda need: str(need.right))
async def test_a_stranger_who_only_taps_reads_a_dozen_words_more_and_starts_it(
    browser: Browser, school: OnlineSchool, need: Need
) -> None:
    async with browser.page(school, kiosk="front-office", size=PHONE, has_touch=True, is_mobile=True) as page:
        await page.goto(f"{school.url}/press")
        tile = await box_of(page, choose(need, await lines_on(page)).button)
        await page.touchscreen.tap(tile["x"] + tile["width"] / 2, tile["y"] + tile["height"] / 2)
        await page.wait_for_url("**/press/confirm?*")
        assert open_now(school) == []
        start = await told_to_start(page)
        await page.touchscreen.tap(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
        await page.wait_for_url("**/press/started?i=*")
    assert open_now(school) == [need.right]


async def test_a_stranger_with_a_keyboard_starts_it_too(browser: Browser, school: OnlineSchool) -> None:
    need = NEEDS[0]
    async with browser.page(school, kiosk="front-office") as page:
        keys = Keyboard(page)
        await page.goto(f"{school.url}/press")
        tile = await box_of(page, choose(need, await lines_on(page)).button)
        await keys.take(f"^{re.escape(' '.join(tile['name'].split()))}$")
        await page.wait_for_url("**/press/confirm?*")
        await told_to_start(page)
        await keys.take("^Start ")
        await page.wait_for_url("**/press/started?i=*")
    assert open_now(school) == [need.right]


async def told_to_start(page: Page) -> dict[str, Any]:
    """Where the button is that says so, when it listens."""
    found = await find_words(page, "Start ")
    assert found.words <= READ_BEFORE_STARTING, found.lines
    await expect(page.locator("#start[data-awake]")).to_be_visible()
    return await box_of(page, found.button)
