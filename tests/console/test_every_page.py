"""Every page of the route table, at rest, in a drill and in a lockdown, as a real browser shows it to any eyes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.console.browser import DESK, PHONE, Browser, OnlineSchool, school_online, screenshot, sign_in
from tests.console.whole_school import (
    PAGES,
    Moment,
    at_rest,
    drilling,
    locked_down,
    nobody_yet,
    public,
    whole_files,
)

EVERYTHING = ("administrator", "commander", "technician", "responder")
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
WHOLE = {"resultTypes": ["violations"]}
FIXED = {"/board/wall"}
"""Drawn for one screen on a wall, whose letters are as large already."""
OVER = 409
"""What the first hour's pages say of a school that has had it; they are looked at all the same, and their own test
goes through them at a new school."""
STILL = 0.05
"""Of the screen: half of what web.dev/cls calls good. On a busy machine a long table is drawn before its last row has
been read, and its columns then move a little. The press and the answer page have tests of their own that allow none."""
TOO_WIDE = """() => document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1
      && !one.closest('.scroll, pre, .hidden-words')).slice(0, 3).map(one => one.outerHTML.slice(0, 90)) : []"""
CUT = """() => [...document.querySelectorAll('body *')].filter(one => {
    const look = getComputedStyle(one);
    if (one.closest('.hidden-words, svg, select, textarea, pre, .paper') || !one.textContent.trim()) return false;
    return ['hidden', 'clip'].includes(look.overflowX) && one.scrollWidth > one.clientWidth + 2
      || ['hidden', 'clip'].includes(look.overflowY) && one.scrollHeight > one.clientHeight + 2;
  }).slice(0, 3).map(one => one.outerHTML.slice(0, 120))"""
SHIFTED = """() => new Promise(done => {
    let sum = 0;
    const moved = new Set();
    new PerformanceObserver(list => { for (const one of list.getEntries()) {
      sum += one.value;
      for (const {node} of one.sources) moved.add((node?.outerHTML ?? node?.textContent ?? 'gone').slice(0, 90));
    } }).observe({type: 'layout-shift', buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => done([sum, [...moved].slice(0, 3)])));
  })"""


@pytest.mark.timeout(420)  # a hundred and forty pages, each looked at six times
async def test_every_page_can_be_read_by_everybody(browser: Browser, tmp_path: Path) -> None:
    wrong: list[str] = []
    opened: set[str] = set()
    async with school_online(tmp_path, whole_files()) as school:
        for moment in (nobody_yet, at_rest, drilling, locked_down):
            now = await moment(school)
            opened |= set(now.addresses())
            wrong += await walked(browser, school, now)
    assert not wrong, "\n".join(wrong)
    assert set(PAGES) - opened == set(), "say in whole_school.py what stands in the address of these pages"


async def walked(browser: Browser, school: OnlineSchool, now: Moment) -> list[str]:
    wrong: list[str] = []
    strangers = {path: at for path, at in now.addresses().items() if public(path)}
    async with browser.page(school, rights="") as page:
        for path, at in strangers.items():
            wrong += await looked(page, school, now, path, at)
        if now.name != "new":
            await sign_in(page.context, school, *EVERYTHING, person="ada")
        for path, at in now.addresses().items():
            if path not in strangers:
                wrong += await looked(page, school, now, path, at)
    return wrong


async def looked(page: Page, school: OnlineSchool, now: Moment, path: str, at: str) -> list[str]:
    """What is wrong with one page, each as a sentence."""
    found: list[str] = []
    await page.goto("about:blank")  # so that no script of the page before leads away from this one
    answer = await page.goto(school.url + at)
    assert answer is not None
    if answer.status != (OVER if path.startswith("/first-hour") else 200):
        return [f"{now.name} {at}: answers {answer.status}"]
    shift, moved = await page.evaluate(SHIFTED)
    if shift > STILL:
        found.append(f"moves while it is loaded: {shift}, {moved}")
    await _kept(page, now, at)
    if not (await page.title()).strip():
        found.append("has no title")
    if (count := await page.locator("h1").count()) != 1:
        found.append(f"has {count} h1")
    found += await _seen_by_axe(page)
    if path not in FIXED:
        found += await _fits(page)
    return [f"{now.name} {at}: {one}" for one in found]


async def _seen_by_axe(page: Page) -> Sequence[str]:
    found = []
    for colours, forced, options in (
        ("light", "none", WHOLE),
        ("dark", "none", CONTRAST),
        ("dark", "active", CONTRAST),
    ):
        look: dict[str, Any] = {"color_scheme": colours, "forced_colors": forced}
        await page.emulate_media(**look)
        for each in (await Axe().run(page, options=options)).response["violations"]:
            where = "; ".join(str(node["html"])[:120] for node in each["nodes"][:3])
            found.append(f"{colours}, forced {forced}: {each['id']}: {where}")
    await page.emulate_media(color_scheme="light", forced_colors="none")
    return found


async def _fits(page: Page) -> Sequence[str]:
    """On a phone, with letters twice as large, and without anything that moves."""
    found = []
    await page.emulate_media(reduced_motion="reduce")
    if moving := await page.evaluate("document.getAnimations().length"):
        found.append(f"{moving} animations although none is wanted")
    await page.set_viewport_size(dict(PHONE))  # type: ignore[arg-type] # its own shape
    found += [f"wider than a phone: {one}" for one in await page.evaluate(TOO_WIDE)]
    await page.set_viewport_size(dict(DESK))  # type: ignore[arg-type] # its own shape
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    found += [f"at 200 % wider than the screen: {one}" for one in await page.evaluate(TOO_WIDE)]
    found += [f"at 200 % cut: {one}" for one in await page.evaluate(CUT)]
    await page.emulate_media(reduced_motion="no-preference")
    return found


async def _kept(page: Page, now: Moment, at: str) -> None:
    if "SCREENSHOTS" not in os.environ:
        return
    name = f"{now.name}{at.split('?', maxsplit=1)[0].replace('/', '-')}"
    await screenshot(page, f"{name}-desk", full_page=True)
    await page.set_viewport_size(dict(PHONE))  # type: ignore[arg-type] # its own shape
    await screenshot(page, f"{name}-phone", full_page=True)
    await page.set_viewport_size(dict(DESK))  # type: ignore[arg-type] # its own shape
