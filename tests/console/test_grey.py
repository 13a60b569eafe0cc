"""With every colour gone the pages still tell live from drill, bad from good, and one state from another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from notifier.console.pages.icons import icons
from tests.console.board_school import board, jam, need_help, press
from tests.console.browser import PHONE, Browser, school_online, screenshot, sign_in
from tests.console.grey import ROLES, apart, grey, light
from tests.console.pixels import Colour, Picture, colours

FAMILIES = {
    "doors": ("secured", "moving", "released_door", "unsecured", "open", "jammed", "unknown_lock"),
    "rooms": ("safe", "taking_it", "released", "empty", "need_help", "no_answer"),
    "messages": ("waiting", "sending", "sent", "delivered", "read", "recalled", "failed", "not_known"),
    "troubles": ("next_workday", "mend_now", "before_school"),
    "actions": ("lockdown", "hold", "secure", "evacuate", "shelter", "medical"),
    "speakers": ("speaker", "silent"),
}
"""Signs that stand beside one another, and mean different things."""
UNLIKE = 0.12
"""Of the ink of two signs together: at least so much is in one of them only. A jammed lock is a lock with a cross."""
SEEN, TOLD = 3.0, 4.5
"""Contrast of filled shapes and edges, and of letters (WCAG 2.2, 1.4.11 and 1.4.3)."""
SMALLEST = 18
"""Pixels of the smallest sign on a page."""


async def test_the_signs_of_one_family_have_shapes_of_their_own(browser: Browser) -> None:
    context = await browser.chromium.new_context(device_scale_factor=1)
    page = await context.new_page()
    for family, names in FAMILIES.items():
        ink = {name: await drawn(page, name) for name in names}
        for one, other in combinations(names, 2):
            unlike = len(ink[one] ^ ink[other]) / len(ink[one] | ink[other])
            assert unlike >= UNLIKE, f"{family}: {one} and {other} share {1 - unlike:.0%} of their ink"
    assert set().union(*FAMILIES.values()) <= set(icons())
    await context.close()


async def drawn(page: Page, name: str) -> frozenset[tuple[int, int]]:
    """Where a sign has ink when it is as small as it gets, in grey."""
    style = "fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:square"
    svg = f'<svg width="{SMALLEST}" height="{SMALLEST}" viewBox="0 0 24 24" style="{style}">{icons()[name]}</svg>'
    await page.set_content(f"<style>body{{margin:0}} .solid{{fill:currentColor}}</style>{svg}")
    seen = colours(await page.screenshot(clip={"x": 0, "y": 0, "width": SMALLEST, "height": SMALLEST}))
    return frozenset((x, y) for y, row in enumerate(pixels(seen)) for x, one in enumerate(row) if light(one) < 0.5)


async def test_who_has_no_colours_still_tells_a_drill_from_the_real_thing(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, size=PHONE) as page:
        await sign_in(page.context, school, *ROLES, name="Ada Abara", person="ada")
        seen = {}
        for kind, path in (("live", "/press"), ("drill", "/drill/press")):
            await page.goto(school.url + path)
            box = await page.locator(".tile.lockdown").bounding_box()
            assert box is not None
            picture = colours(await screenshot(page, f"grey-{kind}"))
            inside = pixels(picture)[int(box["y"] + 14)][int(box["x"] + box["width"] / 2)]
            seen[kind] = (picture, inside, picture.edge())
        assert apart(seen["live"][1], seen["drill"][1]) >= TOLD, "one tile is filled, the other only outlined"
        assert apart(band(seen["live"][0]), band(seen["drill"][0])) >= TOLD, "one head is dark, the other light"
        stripes = [apart(one, other) for one, other in zip(seen["drill"][2], seen["drill"][2][1:], strict=False)]
        assert sum(contrast >= SEEN for contrast in stripes) > 20, "stripes that can be seen all the way down"
        assert len(seen["live"][2]) <= 3, "and none on the other"
        await page.goto(f"{school.url}/drill/press")
        assert set(await page.locator(".tile .pill").all_inner_texts()) == {"DRILL"}
        assert await page.locator(".tile .pill").count() == await page.locator(".tile").count()
        assert grey(seen["drill"][0]) != grey(seen["live"][0])


def band(picture: Picture) -> Colour:
    """What lies behind the words at the head of a page, between plaque and right edge."""
    return pixels(picture)[24][picture.width - 24]


async def test_rows_on_the_board_differ_in_lightness_and_lose_it_when_somebody_has_them(
    browser: Browser, tmp_path: Path
) -> None:
    async with school_online(tmp_path) as school:
        jam(school)
        incident = await press(school)
        await need_help(school, incident)
        async with board(browser, school, incident) as page:
            real = page.locator("#needs .row.real.filled").first
            await expect(real).to_be_visible()
            fault = page.locator("#needs .row.fault.filled, #sound.blocked").first
            await expect(fault).to_be_visible()
            red, amber = await ground(page, "#needs .row.real.filled"), await ground(page, "#sound")
            assert apart(red, amber) >= SEEN, "dark rows are red ones, light rows are amber ones"
            for row, words in ((red, "h3"), (amber, "span")):
                where = "#needs .row.real.filled" if words == "h3" else "#sound"
                assert apart(row, await ink(page, f"{where} {words}")) >= TOLD
            good, bad = await parts_of_a_bar(page)
            assert good[1] < bad[1] / 2, "what is well is a thin line, what is not a full one"

            await page.get_by_role("button", name=re.compile("^I have it")).first.click()
            await page.mouse.move(5, 5)
            await expect(page.locator("#needs .row.real:not(.filled)").first).to_contain_text("has it since")
            owned = await ground(page, "#needs .row.real:not(.filled)")
            assert apart(red, owned) >= SEEN, "filled: nobody has it; outlined: somebody has it"


async def ground(page: Page, where: str) -> Colour:
    return rgb(await page.locator(where).first.evaluate("one => getComputedStyle(one).backgroundColor"))


async def ink(page: Page, where: str) -> Colour:
    return rgb(await page.locator(where).first.evaluate("one => getComputedStyle(one).color"))


def rgb(written: str) -> Colour:
    red, green, blue = (int(float(one)) for one in re.findall(r"[\d.]+", written)[:3])
    return red, green, blue


async def parts_of_a_bar(page: Page) -> tuple[tuple[float, float], tuple[float, float]]:
    """Width and height of what is well and of what is not, on the first bar that has both."""
    bar = page.locator(".bar:has(.good-part):has(.real-part)").first
    await expect(bar).to_be_visible(timeout=20_000)
    found = [await bar.locator(f".{kind}-part").bounding_box() for kind in ("good", "real")]
    good, bad = ((one["width"], one["height"]) for one in found if one)
    return good, bad


def pixels(picture: Picture) -> list[list[Colour]]:
    return list(_rows(picture))


def _rows(picture: Picture) -> Iterator[list[Colour]]:
    for row in picture.rows:
        yield list(zip(row[0 :: picture.depth], row[1 :: picture.depth], row[2 :: picture.depth], strict=True))


@pytest.mark.parametrize(("colour", "expected"), [((0, 0, 0), 0), ((255, 255, 255), 255), ((128, 128, 128), 128)])
def test_a_grey_stays_the_grey_it_was(colour: Colour, expected: int) -> None:
    picture = Picture(1, [bytes(colour)], 3)
    assert grey(picture) == grey(Picture(1, [bytes((expected,) * 3)], 3))
