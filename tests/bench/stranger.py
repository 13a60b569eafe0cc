"""How long a stranger stands before the press page until a response has started: PRODUCT's ten seconds.

A model, and not ten people: the seconds that the browser takes are measured, the person's are counted from what they
have to read, decide and reach (tests/console/stranger.py), with published figures that stand below. What it shows is
which words and sizes cost time, and that nothing of ours adds to them.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from notifier.testing.schools import demo_school
from tests.console.browser import MISSING, PHONE, Browser, OnlineSchool, school_online
from tests.console.stranger import NEEDS, Need, box_of, choose, find_words, lines_on

PROMISED = 10.0
"""Seconds of page time."""
A_WORD = 60 / 238
"""Seconds: silent reading of English prose, the mean of 190 studies (Brysbaert 2019, J. Memory and Language 109)."""
THINK, KEY, HOMING = 1.35, 0.28, 0.40
"""Seconds to prepare an act, for a key of somebody who types at 40 words a minute, and to bring the hand to the device:
M, K and H of the keystroke-level model (Card, Moran, Newell 1980, CACM 23:396)."""
REACH, REACH_A_BIT = 1.03, 0.096
"""Seconds: to point at what is D away and S wide takes REACH + REACH_A_BIT * log2(D / S + 0.5): Fitts' law as fitted to
a mouse by Card, English and Burr 1978 (Ergonomics 21:601), which is slow for a thumb (MacKenzie 1992, HCI 7:91)."""
HOLD = 1.2
"""Seconds that a tile is kept pressed: our own, and part of the raw limit."""


async def bench_stranger(needs: int) -> dict[str, Any]:
    """Each need once on a phone by pressing, by tapping and confirming, and at a desk by keyboard."""
    path = shutil.which("chromium")
    if path is None:
        return {"missing": MISSING}
    found: dict[str, Any] = {"pressed": [], "tapped": [], "typed": [], "empty": []}
    async with async_playwright() as playwright:
        browser = Browser(await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]))
        for need in NEEDS[:: max(1, len(NEEDS) // needs)]:
            with tempfile.TemporaryDirectory() as folder:  # each finds a school at rest
                async with school_online(Path(folder), demo_school()) as school:
                    await _each_way(browser, school, need, found)
        await browser.chromium.close()
    return found


def said_of_strangers(found: dict[str, Any]) -> list[tuple[str, str, str, str, str, bool | None]]:
    """For the table: promise, ours, raw limit, beside it, number, met."""
    number = f"<= {PROMISED:g} s"
    if "missing" in found:
        return [("a stranger starts the right response", found["missing"], "", "", number, None)]
    pressed, *others = (
        _said(words, found[way])
        for words, way in (("press and keep pressing", "pressed"), ("tap, then Start", "tapped"), ("keyboard", "typed"))
    )
    raw = f"empty page and hold {max(found['empty']) + HOLD:.2f} s"
    right = all(row["right"] for row in found["pressed"])
    met = right and max(row["seconds"] for row in found["pressed"]) <= PROMISED
    return [(*pressed[:2], raw, pressed[2], number, met), *((*each[:2], "", each[2], "none", None) for each in others)]


def _said(way: str, rows: list[dict[str, Any]]) -> tuple[str, str, str]:
    seconds = sorted(row["seconds"] for row in rows)
    worst = max(rows, key=lambda row: row["seconds"])
    right = sum(row["right"] for row in rows)
    times = (
        f"median {seconds[len(seconds) // 2]:.1f}, worst {seconds[-1]:.1f} s, browser {worst['machine_s']:.2f} of it"
    )
    return f"a stranger (a model), {way}: {right} of {len(rows)} right", times, f"{worst['words']} words"


async def _each_way(browser: Browser, school: OnlineSchool, need: Need, found: dict[str, Any]) -> None:
    async with browser.page(school, kiosk="front-office", size=PHONE) as page:
        begun = time.perf_counter()
        await page.goto("data:text/html,<title>empty</title>")
        found["empty"].append(time.perf_counter() - begun)
        found["tapped"].append(await _tapped(page, school, need))
        found["pressed"].append(await _pressed(page, school, need))
    async with browser.page(school, kiosk="front-office") as page:
        found["typed"].append(await _typed(page, school, need))


async def _opened(page: Page, school: OnlineSchool) -> float:
    begun = time.perf_counter()
    await page.goto(f"{school.url}/press")
    return time.perf_counter() - begun


async def _pressed(page: Page, school: OnlineSchool, need: Need) -> dict[str, Any]:
    machine = await _opened(page, school)
    reading = choose(need, await lines_on(page))
    tile = await box_of(page, reading.button)
    person = reading.words * A_WORD + THINK + reach(tile)
    begun = time.perf_counter()
    await page.mouse.move(tile["x"] + tile["width"] / 2, tile["y"] + tile["height"] / 2)
    await page.mouse.down()
    await page.wait_for_url("**/press/started?i=*")
    machine += time.perf_counter() - begun
    await page.mouse.up()
    return _row(need, tile, reading.words, person, machine)


async def _tapped(page: Page, school: OnlineSchool, need: Need) -> dict[str, Any]:
    """Up to the button that starts it; the other way starts it, so that this one leaves the school at rest."""
    machine = await _opened(page, school)
    reading = choose(need, await lines_on(page))
    tile = await box_of(page, reading.button)
    person = reading.words * A_WORD + THINK + reach(tile)
    begun = time.perf_counter()
    await page.mouse.click(tile["x"] + tile["width"] / 2, tile["y"] + tile["height"] / 2)
    await page.wait_for_url("**/press/confirm?*")
    machine += time.perf_counter() - begun
    more = await find_words(page, "Start ")
    person += more.words * A_WORD + THINK + reach(await box_of(page, more.button))
    return _row(need, tile, reading.words + more.words, person, machine)


async def _typed(page: Page, school: OnlineSchool, need: Need) -> dict[str, Any]:
    machine = await _opened(page, school)
    reading = choose(need, await lines_on(page))
    tile = await box_of(page, reading.button)
    keys = reading.button + 2  # a Tab to each before it, one to it, and Enter
    begun = time.perf_counter()
    for _ in range(reading.button + 1):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/press/confirm?*")
    machine += time.perf_counter() - begun
    more = await find_words(page, "Start ")
    person = (reading.words + more.words) * A_WORD + 2 * THINK + HOMING + (keys + 2) * KEY
    return _row(need, tile, reading.words + more.words, person, machine)


def reach(target: dict[str, Any]) -> float:
    """Seconds from the lower edge of the screen, where a hand holds a phone, to the middle of this."""
    far = math.hypot(PHONE["width"] / 2 - target["x"] - target["width"] / 2,
                     PHONE["height"] - target["y"] - target["height"] / 2)  # fmt: skip
    return REACH + REACH_A_BIT * max(0.0, math.log2(far / min(target["width"], target["height"]) + 0.5))


def _row(need: Need, tile: dict[str, Any], words: int, person: float, machine: float) -> dict[str, Any]:
    return {
        "need": need.cry, "right": tile["value"] == need.right, "words": words, "person_s": round(person, 2),
        "machine_s": round(machine, 3), "seconds": round(person + machine, 2),
    }  # fmt: skip
