"""`make screenshots`: what each page looks like, from the demo school on the virtual campus, into docs/images."""

from __future__ import annotations

import asyncio
import shutil
import struct
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path

from playwright.async_api import Page, async_playwright

from notifier.testing.schools import demo_school
from tests.console.browser import DESK, MISSING, PHONE, Browser, OnlineSchool, school_online
from tests.console.newcomer import come_in, empty_folder
from tests.console.pixels import Colour, colours

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
SMALL = {"width": 1000, "height": 640}
WALL = {"width": 1920, "height": 1080}
PAGES = (
    ("start", "/"), ("readiness", "/readiness"), ("playbooks", "/playbooks"), ("playbook_new", "/playbooks/new"),
    ("playbook_edit", "/playbooks/lockdown"), ("playbook_form", "/playbooks/lockdown/form"),
    ("playbook_publish", "/playbooks/lockdown/publish"), ("playbook_versions", "/playbooks/lockdown/versions"),
    ("people", "/people"), ("person", "/people/of/ben-brandt"), ("person_edit", "/people/of/ben-brandt/edit"),
    ("person_new", "/people/new"), ("people_import", "/people/import"), ("site", "/site"), ("drills", "/drills"),
    ("drill_calendar", "/drills/calendar"), ("drill_plan", "/drills/plan?playbook=lockdown&zone=&note="),
    ("proposals", "/proposals"), ("enrol", "/enrol"), ("on_paper", "/print"), ("sheet", "/print/sheet"),
    ("accounts", "/accounts"), ("audit", "/audit"), ("account", "/account"), ("about", "/about"),
)  # fmt: skip
"""File name to address, seen by an administrator."""
IN_A_RESPONSE = (
    ("board_needs", "needs"), ("board_doors", "doors"), ("board_rooms", "rooms"), ("board_people", "people"),
    ("board_speakers", "speakers"), ("board_deliveries", "deliveries"), ("board_timeline", "timeline"),
    ("board_message", "message"), ("board_page", "page"), ("board_speak", "speak"), ("board_pause", "pause"),
    ("board_end", "end"), ("board_all_clear", "end/all_clear"),
)  # fmt: skip
"""The same of one live lockdown, seen by its commander."""

OUR_ADDRESS = b'\npublic_url: "https://alerts.maplewood.example"\n'
"""Without one no message has a link, and there is no answer page to look at."""


async def main() -> int:
    path = shutil.which("chromium")
    if path is None:
        sys.stderr.write(f"{MISSING}\n")
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = Browser(await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]))
        with tempfile.TemporaryDirectory(prefix="shots.") as folder:
            files = demo_school()
            files["site.yaml"] += OUR_ADDRESS
            async with school_online(Path(folder), files) as school:
                await _school(browser, school)
        await _first_hour(browser)
        await browser.chromium.close()
    return 0


async def _school(browser: Browser, school: OnlineSchool) -> None:
    async with browser.page(school, size=SMALL) as page:
        await _see(page, f"{school.url}/sign-in", "sign_in")
    async with browser.page(school, rights="administrator", size=SMALL) as page:
        for name, path in PAGES:
            await _see(page, f"{school.url}{path}", name)
    async with browser.page(school, rights="technician", size=SMALL) as page:
        await _see(page, f"{school.url}/system", "system")
    async with browser.page(school, rights="operator", size=PHONE) as page:
        await _see(page, f"{school.url}/drill/press", "drill_press")
    async with browser.page(school, kiosk="front-office", size=PHONE) as page:
        await _see(page, f"{school.url}/press", "press")
        await page.get_by_role("button", name="LOCKDOWN").click()
        await _keep(page, "press_confirm")
        await page.wait_for_timeout(1000)  # the button is deaf at first, so that no stray click starts anything
        await page.get_by_role("button", name="Start LOCKDOWN").click()
        await page.wait_for_url("**/press/started?*")
        await _keep(page, "press_started")
        incident = page.url.rpartition("i=")[2].partition("&")[0]
        await page.get_by_role("link", name="I pressed by mistake").click()
        await page.wait_for_url("**/press/mistake?*")
        await _keep(page, "press_mistake")
    async with browser.page(school, rights="commander", size=DESK) as page:
        await _see(page, f"{school.url}/board", "board")
    async with browser.page(school, rights="commander", person="ada", size=SMALL) as page:
        for name, path in IN_A_RESPONSE:
            await _see(page, f"{school.url}/board/{incident}/{path}", name)
        await _see(page, f"{school.url}/incidents", "incidents")
    async with browser.page(school, rights="commander", size=PHONE) as page:
        await _see(page, f"{school.url}/board/{incident}", "board_phone")
    async with browser.page(school, rights="view", size=WALL) as page:
        await _see(page, f"{school.url}/board/wall?i={incident}", "board_wall")
    async with browser.page(school, size=PHONE) as page:
        token = school.daemon.engine.desk.link_token(incident, "ben-brandt")
        await _see(page, f"{school.url}/r/{token}", "answer")
        await page.get_by_role("button", name="SAFE").click()
        await _keep(page, "answer_done")


async def _first_hour(browser: Browser) -> None:
    async with empty_folder() as daemon:
        context = await browser.chromium.new_context(viewport=dict(SMALL))  # type: ignore[arg-type] # its own shape
        page = await context.new_page()
        home = await come_in(page, daemon)
        for step in ("school", "rooms", "doors", "people", "mail", "network", "drill"):
            await _see(page, f"{home}/first-hour/{step}", f"first_hour_{step}")
        await context.close()


async def _see(page: Page, address: str, name: str) -> None:
    await page.goto(address)
    await _keep(page, name)


async def _keep(page: Page, name: str) -> None:
    (IMAGES / f"{name}.png").write_bytes(small(await page.screenshot(animations="disabled")))
    sys.stdout.write(f"docs/images/{name}.png\n")


def small(png: bytes) -> bytes:
    """The same picture with a palette of its 256 commonest colours: a page has few, and letters many greys between."""
    picture = colours(png)
    counted = Counter(pixel for row in picture.rows for pixel in pixels_of(row, picture.depth))
    palette = [colour for colour, _ in counted.most_common(256)]
    place = {colour: at for at, colour in enumerate(palette)}
    place |= {colour: nearest(colour, palette) for colour in counted if colour not in place}
    rows = b"".join(b"\0" + bytes(place[pixel] for pixel in pixels_of(row, picture.depth)) for row in picture.rows)
    head = struct.pack(">IIBBBBB", picture.width, len(picture.rows), 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", bytes(one for colour in palette for one in colour)),
             (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def nearest(colour: Colour, palette: list[Colour]) -> int:
    return min(range(len(palette)), key=lambda at: sum(abs(a - b) for a, b in zip(palette[at], colour, strict=True)))


def pixels_of(row: bytes, depth: int) -> list[Colour]:
    return list(zip(row[0::depth], row[1::depth], row[2::depth], strict=True))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
