"""Somebody who has a keyboard and nothing else: no pointer, no script of ours that moves the focus for them.

Every Tab is also a look: the focus can be seen, stands inside the window, and nothing lies over it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

MOST = 140
"""Stops of one round; more is a trap or a page that nobody walks through."""
STANDS_ON = """() => {
    const one = document.activeElement;
    if (!one || one === document.body || one === document.documentElement) return null;
    const look = getComputedStyle(one), box = one.getBoundingClientRect();
    const labels = [...(one.labels ?? [])].map(label => label.textContent).join(" ");
    const said = one.getAttribute("aria-label") || labels || one.textContent || one.value || "";
    const within = (at, most) => Math.min(Math.max(at, 0), most - 1);
    const top = document.elementFromPoint(
      within(box.x + box.width / 2, innerWidth), within(box.y + box.height / 2, innerHeight));
    const own = [one, ...(one.labels ?? [])];
    return {
      words: said.trim().replace(/\\s+/g, " "), tag: one.tagName, id: one.id,
      ring: look.outlineStyle === "none" ? 0 : parseFloat(look.outlineWidth),
      inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
      covered: Boolean(top) && !top.contains(one) && !own.some(each => each.contains(top)),
      by: top ? top.outerHTML.slice(0, 80) : "",
    };
  }"""


@dataclass
class Keyboard:
    page: Page

    async def on(self) -> dict[str, Any]:
        """What the focus stands on; {} on nothing."""
        return await self.page.evaluate(STANDS_ON) or {}

    async def tab(self, *, back: bool = False) -> dict[str, Any]:
        await self.page.keyboard.press("Shift+Tab" if back else "Tab")
        here = await self.on()
        if here:
            assert here["ring"] >= 2, f"nobody sees that the focus is on {here}"
            assert here["inside"], f"the focus is outside the window: {here}"
            assert not here["covered"], f"something lies over what has the focus: {here}"
        return here

    async def to(self, words: str, *, tag: str = "", back: bool = False) -> dict[str, Any]:
        """Tab until it stands on what says this (a pattern), and leave it there."""
        seen = []
        for _ in range(MOST):
            here = await self.tab(back=back)
            if here and re.search(words, here["words"]) and tag in ("", here["tag"]):
                return here
            seen.append(here.get("words", "")[:40])
        raise AssertionError(f"Tab does not lead to {words!r}: {list(dict.fromkeys(seen))}")

    async def take(self, words: str, *, by: str = "Enter", tag: str = "") -> None:
        """Tab to it and press the key."""
        await self.to(words, tag=tag)
        await self.page.keyboard.press(by)

    async def fill(self, label: str, text: str) -> None:
        here = await self.to(label)
        assert here["tag"] in {"INPUT", "TEXTAREA"}, here
        await self.page.keyboard.type(text)

    async def round(self) -> list[str]:
        """Once through the whole page and out of it again: what can be stood on, in order. Fails on a trap."""
        stops: list[str] = []
        first: tuple[str, str] | None = None
        for _ in range(MOST):
            here = await self.tab()
            place = (here.get("words", ""), here.get("id", "")) if here else None
            if place is None or (place == first and len(stops) > 1):
                return stops
            first = first or place
            stops.append(here["words"])
        raise AssertionError(f"Tab never leaves the page: {stops[-12:]}")
