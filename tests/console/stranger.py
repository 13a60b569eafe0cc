"""A person who never saw the press page, as a rule that can be run: what they would say, what they read, what they do.

They know what has happened, and the words that schools use in public for such a case. They do not know what our six
names mean, no id, no class and no order: they see lines of letters, how large each is, where it stands, and which lie
on something that can be pressed. It is a model; no model is ten people (docs/explanation/console.md says so too).

How they read: the largest letters first, as a page's hierarchy leads the eye, then from top to bottom. A part of a line
(up to a comma, a full stop or "or") speaks to them if all of its words belong to their case: to what is so, or to what
has to be done. It counts twice if these are the very words that they would cry out. What stands in letters of one size
they read to its end; then they take the button that has told them most, or read on with the next smaller letters if no
button leads. Whoever has read everything and still has two that are equal cannot tell, and says so.

Where the words come from: public pages of school districts about the Standard Response Protocol, which name cases and
what is done in each: ridgefieldsd.org/page/standard-response-protocol ("WHEN"), littletonpublicschools.net/
emergency-information, www1.pasadenaisd.org (emergency drills), opsu.edu safety procedures. Single words, not sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from playwright.async_api import Page

SMALL_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been by for from get has have in into is it keep not of on out that the their them "
        "there this to was we were with you your somebody",
    )
)
"""Carry no meaning by themselves."""
ALWAYS = "danger dangerous emergency threat trouble"
"""What anybody would call any of it."""


@dataclass(frozen=True)
class Need:
    cry: str
    """What they would say: what is so, and after a comma what they want."""
    so: str
    """What is so in such a case."""
    do: str
    """What is done in such a case."""
    right: str
    """The action that those pages name for it. The test knows it; the stranger does not."""


NEEDS = (
    Need("There is somebody with a weapon in the building", "armed intruder person inside school active",
         "lock door turn light stay sight quiet hide", "lockdown"),
    Need("A man has pushed past the desk and is threatening people",
         "intruder stranger person inside escalated adult building",
         "lock door turn light stay sight quiet hide", "lockdown"),
    Need("Two boys are fighting in the corridor", "fight physical altercation hall hallway escalated student",
         "clear hall hallway remain stay classroom room area", "hold"),
    Need("A pipe has burst, nobody may walk there", "maintenance hall hallway water privacy",
         "clear hall hallway remain stay classroom room area", "hold"),
    Need("A big loose dog is on the playground, keep everyone inside", "animal outside near campus neighborhood loose",
         "return bring inside lock outside exterior doors", "secure"),
    Need("Police are chasing somebody in the street", "police activity outside near neighborhood bank robbery chase",
         "return bring inside lock outside exterior doors", "secure"),
    Need("There is smoke in the kitchen", "fire smoke alarm gas hazard inside building",
         "leave building outside escorted exit", "evacuate"),
    Need("I smell gas in the science room", "gas leak fire inside hazard building",
         "leave building outside escorted exit", "evacuate"),
    Need("A truck is leaking chemicals outside", "chemical hazardous material hazmat spill outside near campus hazard",
         "seal room close windows air inside safe safety strategy", "shelter"),
    Need("They say on the radio that a tornado is coming", "tornado severe weather storm wind hazard",
         "move away windows inside safe safety strategy", "shelter"),
    Need("A child has collapsed", "ill sick hurt injured unconscious child student",
         "nurse first aid help ambulance team", "medical"),
    Need("A teacher is bleeding badly", "hurt injured bleeding wound teacher",
         "nurse first aid help ambulance team", "medical"),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """Letters that stand together on the screen."""

    words: str
    size: float
    """Of the letters, in CSS pixels."""
    bold: bool
    x: float
    y: float
    button: int
    """Which thing that can be pressed it lies on, counted as they stand on the page; -1 for none."""


@dataclass
class Reading:
    button: int
    words: int
    """Read until the stranger was sure."""
    lines: list[str] = field(default_factory=list)


class CannotTell(AssertionError):
    """Two buttons say as much to the stranger, or none says anything."""


PRESSED = "button, a[href], input, select"
UNSEEN = ".hidden-words, [aria-hidden=true], script, style, template, noscript"
SEEN = """([PRESSED, UNSEEN]) => {
    const buttons = [...document.querySelectorAll(PRESSED)].filter(one => one.checkVisibility());
    const lines = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const one = node.parentElement, box = one.getBoundingClientRect();
      if (!node.data.trim() || one.closest(UNSEEN)) continue;
      if (!one.checkVisibility() || box.bottom <= 0 || box.top >= innerHeight) continue;
      const look = getComputedStyle(one);
      const said = lines.get(one) ?? {words: "", size: parseFloat(look.fontSize), bold: look.fontWeight >= 600,
        x: box.x, y: box.y, button: buttons.findIndex(each => each.contains(one))};
      said.words += " " + node.data.trim();
      lines.set(one, said);
    }
    return [...lines.values()];
  }"""


async def lines_on(page: Page) -> list[Line]:
    """What can be read without scrolling, in the order in which the eye is led."""
    found = [Line(**one) for one in await page.evaluate(SEEN, [PRESSED, UNSEEN])]
    return sorted(found, key=lambda one: (-one.size, not one.bold, round(one.y / 8), one.x))


def count(words: str) -> int:
    """As a reader counts: what has a letter or a digit in it."""
    return sum(any(sign.isalnum() for sign in word) for word in words.split())


def stems(words: str) -> frozenset[str]:
    """Without endings, so that `locks` is `lock` and `chemicals` is `chemical`."""
    plain = re.findall(r"[a-z]+", words.lower().replace("first-aid", "first aid"))
    return frozenset(re.sub(r"(ies|ing|ed|es|s|ous)$", "", word) if len(word) > 4 else word.rstrip("s")
                     for word in plain if word not in SMALL_WORDS)  # fmt: skip


def parts(words: str) -> list[frozenset[str]]:
    found = (stems(part) for part in re.split(r"[,.;:·]|\bor\b|\band\b", words))
    return [part for part in found if part]


def speaks(need: Need, words: str) -> int:
    """How much a line says to somebody with this need."""
    cry, _, wanted = need.cry.partition(", ")
    said, so, do = stems(cry), stems(need.so) | stems(cry) | stems(ALWAYS), stems(need.do) | stems(wanted)
    return sum(2 if part <= said else 1 for part in parts(words) if part <= so or part <= do)


def choose(need: Need, lines: Sequence[Line]) -> Reading:
    """Which button this person takes, and how much they read until they did."""
    told: dict[int, int] = {line.button: 0 for line in lines if line.button >= 0}
    read = Reading(-1, 0)
    for _, level in groupby(lines, key=lambda one: one.size):
        for line in level:
            read.words += count(line.words)
            read.lines.append(line.words.strip())
            if line.button >= 0:
                told[line.button] += speaks(need, line.words)
        best, second = sorted(told, key=lambda one: -told[one])[:2]
        if told[best] > told[second]:
            read.button = best
            return read
    raise CannotTell(f"“{need.cry}”: {_heard(lines, told)}")


def _heard(lines: Sequence[Line], told: dict[int, int]) -> dict[str, int]:
    return {
        " ".join(line.words.strip() for line in lines if line.button == one): told[one] for one in told if told[one]
    }


async def find_words(page: Page, words: str) -> Reading:
    """On the next page: reads until something that can be pressed says these words."""
    read = Reading(-1, 0)
    for line in await lines_on(page):
        read.words += count(line.words)
        read.lines.append(line.words.strip())
        if line.button >= 0 and words.lower() in line.words.lower() and "not" not in line.words.lower():
            read.button = line.button
            return read
    raise CannotTell(f"nothing to press says {words!r}")


async def box_of(page: Page, button: int) -> dict[str, Any]:
    """Where the nth thing that can be pressed is, and what it is worth to a test: its value."""
    found = await page.evaluate(
        """([pressed, at]) => {
          const one = [...document.querySelectorAll(pressed)].filter(each => each.checkVisibility())[at];
          const {x, y, width, height} = one.getBoundingClientRect();
          return {x, y, width, height, value: one.value ?? "", name: one.textContent};
        }""",
        [PRESSED, button],
    )
    return dict(found)
