"""What a page weighs on its first load, and that nobody waits for a script: usable at 64 kbit/s and 300 ms.

The bytes are those on the wire with an empty cache: page, styles, scripts and what they load, icons, manifest, and the
headers of each. No test looks at a watch; what the bytes are worth in seconds stands in docs/explanation/console.md.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession
from lxml import html
from playwright.async_api import Page, Route, expect

from notifier.console.callers import SESSION_COOKIE
from tests.console.board_school import press
from tests.console.browser import PHONE, Browser, school_online
from tests.console.test_every_field import EVERYTHING
from tests.console.whole_school import PAGES, answer_link, at_rest, drilling, locked_down, public, whole_files

LINE = {"offline": False, "latency": 300, "downloadThroughput": 8_000, "uploadThroughput": 8_000}
"""64 kbit/s in bytes a second."""
PRESS, ANSWER, BOARD, DESK, PLAIN, PAPER = 30_000, 20_000, 120_000, 40_000, 20_000, 30_000
BUDGET = (
    (r"/r/.*", ANSWER),
    (r"/press.*|/drill/press.*", PRESS),
    (r"/board.*|/incidents", BOARD),
    (r"/sign-in.*|/setup/.*|/welcome/.*|/enrol/.*|/prove|/about", PLAIN),
    (r"/print.*", PAPER),
    (r"/playbooks/{playbook}.*", BOARD),
    (r".*", DESK),
)
"""Bytes by the path of a page; the first that fits."""
SHIFT = """() => new Promise(done => {
    let sum = 0;
    new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value; })
      .observe({type: 'layout-shift', buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
  })"""
HELD_UP_BY = """() => performance.getEntriesByType('resource')
  .filter(one => one.renderBlockingStatus === 'blocking').map(one => one.name.split('/').pop().split('.')[0])"""
BROUGHT = """() => performance.getEntries().reduce((sum, one) => sum + (one.transferSize ?? 0), 0)"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length"
_IMPORTED = re.compile(rb"""(?:from|import)\s*\(?\s*["']\.?/?(?:static/)?([a-z_-]+\.[0-9a-f]{12}\.js)["']""")


async def weighed(http: ClientSession, url: str, at: str, secret: str) -> int:
    """Bytes of everything that a first look at a page brings over the line."""
    asked = {"Accept-Encoding": "gzip", **({"Cookie": f"{SESSION_COOKIE}={secret}"} if secret else {})}
    seen, left, total = {at}, [at], 0
    while left:
        address = left.pop()
        async with http.get(url + address, headers=asked, allow_redirects=False) as answer:
            if answer.status == 303:
                return 0  # another page, which is weighed by itself
            assert answer.status == 200, f"{address}: {answer.status}"
            total += int(answer.headers["Content-Length"])
            total += sum(len(name) + len(value) + 4 for name, value in answer.raw_headers)
            body = await answer.read()
        found = [f"/static/{name.decode()}" for name in _IMPORTED.findall(body)]
        if address == at:
            page = html.document_fromstring(body.decode())
            found += page.xpath("//link/@href | //script/@src | //img/@src | //*/@data-also")
        new = [one for one in found if one not in seen]
        seen |= set(new)
        left += new
    return total


@pytest.mark.timeout(120)
async def test_every_page_keeps_its_budget(tmp_path: Path) -> None:
    heavy, seen = [], set()
    async with school_online(tmp_path, whole_files()) as school, ClientSession(auto_decompress=True) as http:
        secret = await school.session(*EVERYTHING, person="ada")
        for moment in (at_rest, drilling, locked_down):
            now = await moment(school)
            for path, at in now.addresses().items():
                if path.startswith("/first-hour"):
                    continue
                seen.add(path)
                weight = await weighed(http, school.url, at, "" if public(path) else secret)
                most = next(bytes_ for pattern, bytes_ in BUDGET if re.fullmatch(pattern, path))
                if weight > most:
                    heavy.append(f"{now.name} {path}: {weight:,} of {most:,}")
    assert heavy == []
    assert len(seen) >= len(PAGES) - 4


@asynccontextmanager
async def slow(page: Page) -> AsyncIterator[None]:
    """The page over a bad line with an empty cache."""
    line = await page.context.new_cdp_session(page)
    await line.send("Network.enable")
    await line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    await line.send("Network.emulateNetworkConditions", LINE)
    yield
    await line.detach()


@asynccontextmanager
async def without(page: Page, how: str) -> AsyncIterator[list[Route]]:
    """Scripts, icons and manifests never arrive: they break off, or hang."""
    held: list[Route] = []

    async def never(route: Route) -> None:
        held.append(route)
        if how == "broken":
            await route.abort()

    await page.route(re.compile(r"\.(js|svg|json)$|/press/worker"), never)
    yield held
    if how == "hangs":
        await asyncio.gather(*(route.abort() for route in held), return_exceptions=True)


async def opened(page: Page, address: str) -> None:
    """Begun; what hangs is not waited for."""
    await page.goto(address, wait_until="commit")


async def standing(page: Page) -> None:
    assert await page.evaluate(SHIFT) == 0


@pytest.mark.parametrize("how", ["broken", "hangs"])
async def test_a_press_waits_for_no_script(browser: Browser, tmp_path: Path, how: str) -> None:
    async with (
        school_online(tmp_path) as school,
        browser.page(school, kiosk="front-office", size=PHONE) as page,
        slow(page),
        without(page, how) as held,
    ):
        await opened(page, f"{school.url}/press")
        tile = page.get_by_role("button", name="LOCKDOWN")
        await expect(tile).to_be_visible(timeout=30_000)
        await page.wait_for_function(PAINTED)
        assert sorted(await page.evaluate(HELD_UP_BY)) == ["press", "tokens"], "styles, and nothing else"
        await standing(page)
        assert held, "a script was asked for, and did not arrive"
        await tile.click(no_wait_after=True)
        start = page.get_by_role("button", name=re.compile("^Start LOCKDOWN"))
        await expect(start).to_be_visible(timeout=30_000)
        await standing(page)
        await start.click(no_wait_after=True)
        await expect(page.get_by_text("Call 911 now").first).to_be_visible(timeout=30_000)
        await standing(page)
        assert len(school.daemon.views.incidents(open_only=True, limit=9, after=None)["items"]) == 1


@pytest.mark.parametrize("how", ["broken", "hangs"])
async def test_an_answer_waits_for_no_script(browser: Browser, tmp_path: Path, how: str) -> None:
    async with (
        school_online(tmp_path) as school,
        browser.page(school, size=PHONE) as page,
        slow(page),
        without(page, how),
    ):
        path = await answer_link(school, await press(school))
        await opened(page, school.url + path)
        button = page.get_by_role("button", name="NEED HELP")
        await expect(button).to_be_visible(timeout=30_000)
        await page.wait_for_function(PAINTED)
        assert await page.evaluate(HELD_UP_BY) == ["answer"]
        await standing(page)
        await page.get_by_label("A few words").fill("two children with me")
        await button.click(no_wait_after=True)
        await expect(page.get_by_text("NEEDS HELP")).to_be_visible(timeout=30_000)
        await expect(page.get_by_text("two children with me")).to_be_visible()
        await standing(page)


async def test_over_a_bad_line_press_and_answer_are_light_and_stand_still(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        async with browser.page(school, kiosk="front-office", size=PHONE) as page, slow(page):
            await measured(page, f"{school.url}/press", PRESS)
            await measured(page, f"{school.url}/press/confirm?action=lockdown", PRESS)
            incident = await press(school)
        async with browser.page(school, size=PHONE) as page, slow(page):
            await measured(page, school.url + await answer_link(school, incident), ANSWER)


async def measured(page: Page, address: str, most: int) -> None:
    await page.goto(address, wait_until="load")
    await page.evaluate("document.fonts.ready")
    await standing(page)
    assert 3_000 < await page.evaluate(BROUGHT) <= most


async def test_styles_and_scripts_are_packed_for_who_takes_it(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, ClientSession(auto_decompress=False) as http:
        for accepted, packed in (("gzip", True), ("br, gzip;q=0.5", True), ("", False), ("gzip;q=0", False)):
            async with http.get(f"{school.url}/static/tokens.css", headers={"Accept-Encoding": accepted}) as answer:
                body = await answer.read()
                assert (answer.headers.get("Content-Encoding") == "gzip") is packed
                assert body.startswith(b"\x1f\x8b") is packed
                assert answer.headers["Vary"] == "Accept-Encoding"
