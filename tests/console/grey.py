"""What is left of a picture when all of its colours are gone: for a printer, a bad projector, and eyes that see none.

`make screenshots GREY=1` keeps the pages in grey below bench-output/grey, to be looked at; test_grey.py measures them.
"""

from __future__ import annotations

import asyncio
import shutil
import struct
import sys
import tempfile
import zlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from playwright.async_api import async_playwright

from tests.console.browser import DESK, MISSING, PHONE, Browser, OnlineSchool, school_online, screenshot, sign_in
from tests.console.pixels import Colour, Picture, colours
from tests.console.test_language import luminance
from tests.console.whole_school import Moment, at_rest, drilling, locked_down, whole_files

OUTPUT = Path("bench-output/grey")
ROLES = ("administrator", "commander", "operator", "responder")
WALL = {"width": 1920, "height": 1080}
SHOWN: Mapping[str, Mapping[str, tuple[str, Mapping[str, int]]]] = {
    "rest": {
        "live-press": ("/press", PHONE),
        "live-confirm": ("/press/confirm", PHONE),
        "drill-press": ("/drill/press", PHONE),
        "drill-confirm": ("/drill/press/confirm", PHONE),
        "site": ("/site", DESK),
        "readiness": ("/readiness", DESK),
    },
    "drill": {
        "drill-started": ("/drill/press/started", PHONE),
        "drill-board": ("/board/{incident}", DESK),
        "drill-answer": ("/r/{token}", PHONE),
        "drill-wall": ("/board/wall", WALL),
    },
    "live": {
        "live-started": ("/press/started", PHONE),
        "live-board": ("/board/{incident}", DESK),
        "live-answer": ("/r/{token}", PHONE),
        "live-wall": ("/board/wall", WALL),
        "live-all-clear": ("/board/{incident}/approval/{approval}", DESK),
    },
}
"""By moment and name: which page of the route table, and on what screen."""


async def grey_pages(browser: Browser, school: OnlineSchool) -> AsyncIterator[tuple[str, Picture, bytes]]:
    """Each of them as it looks, with its name and as a grey PNG."""
    for moment in (at_rest, drilling, locked_down):
        now: Moment = await moment(school)
        async with browser.page(school) as page:
            await sign_in(page.context, school, *ROLES, name="Ada Abara", person="ada")
            for name, (path, size) in SHOWN[now.name].items():
                await page.set_viewport_size(dict(size))  # type: ignore[arg-type] # its own shape
                await page.goto("about:blank")  # so that no script of the page before leads away from this one
                await page.goto(school.url + now.addresses()[path])
                seen = colours(await screenshot(page, name))
                yield name, seen, grey(seen)


def grey(picture: Picture) -> bytes:
    """A PNG of lightness only (W3C PNG, third edition: colour type 0)."""
    known: dict[Colour, int] = {}
    rows = []
    for row in picture.rows:
        pixels = zip(row[0 :: picture.depth], row[1 :: picture.depth], row[2 :: picture.depth], strict=True)
        rows.append(b"\0" + bytes(known[one] if one in known else known.setdefault(one, shade(one)) for one in pixels))
    head = struct.pack(">IIBBBBB", picture.width, len(rows), 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def light(colour: Colour) -> float:
    """Relative luminance by WCAG 2, 0 to 1."""
    return luminance("".join(f"{part:02x}" for part in colour))


def shade(colour: Colour) -> int:
    """The grey of the same luminance, 0 to 255 (sRGB)."""
    linear = light(colour)
    return round(255 * (12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055))


def apart(one: Colour, other: Colour) -> float:
    """Contrast by WCAG 2: what tells them apart without any colour."""
    darker, lighter = sorted((light(one), light(other)))
    return (lighter + 0.05) / (darker + 0.05)


def kept(name: str, png: bytes) -> Path:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / f"{name}.png").write_bytes(png)
    return OUTPUT / f"{name}.png"


async def main() -> int:
    path = shutil.which("chromium")
    if path is None:
        sys.stderr.write(f"{MISSING}\n")
        return 1
    async with async_playwright() as playwright:
        browser = Browser(await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]))
        with tempfile.TemporaryDirectory(prefix="grey.") as folder:
            async with school_online(Path(folder), whole_files()) as school:
                async for name, _, png in grey_pages(browser, school):
                    sys.stdout.write(f"{kept(name, png)}\n")
        await browser.chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
