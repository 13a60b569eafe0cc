"""Two texts of a playbook side by side: what it means in sentences, then the lines with what went and what came."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from notifier.console.foreign_words import escaped, spelled
from notifier.files.differences import differences, reach_told
from notifier.interfaces import Rehearsed

AROUND = 3  # lines that stand around a change
MOST_LINES = 4000  # of one text; longer ones are told as taken out and put in whole
_WORDS = re.compile(r"\w+|\s+|.")


@dataclass(slots=True)
class Line:
    mark: str
    """`+`, `-`, a space, or `…` for lines that are the same and not shown."""
    number: int | None
    html: Markup


@dataclass(slots=True)
class Compared:
    sentences: list[str]
    lines: list[Line] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not any(line.mark in "+-" for line in self.lines)


def compare(old: str | None, new: str | None, before: Rehearsed | None, after: Rehearsed | None) -> Compared:
    """`before` and `after`: what was seen of each, for the sentences; without them only the text speaks."""
    told: list[str] = []
    if before is not None and after is not None:
        if (old is None or before.playbook) and (new is None or after.playbook):
            told = differences(before.playbook, after.playbook) + reach_told(before.live, after.live)
            if not told and old != new:
                told = ["Only comments, order or spaces differ; it does what it did."]
        else:
            told = ["One of the two cannot be read as a playbook, so only the text can be compared."]
    return Compared(told, list(_lines(spelled(old or "").splitlines(), spelled(new or "").splitlines())))


def _lines(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    if max(len(old), len(new)) > MOST_LINES:
        yield Line("…", None, Markup("Too long to be compared line by line."))
        return
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if number or group[0][3]:
            yield Line("…", None, Markup(""))
        for kind, a, b, c, d in group:
            if kind == "equal":
                for at in range(c, d):
                    yield Line(" ", at + 1, escaped(new[at]))
            elif kind == "replace" and b - a == d - c:
                yield from _pairs(old[a:b], new[c:d], a, c)
            else:
                for at in range(a, b):
                    yield Line("-", at + 1, _whole("del", old[at]))
                for at in range(c, d):
                    yield Line("+", at + 1, _whole("ins", new[at]))


def _pairs(old: Sequence[str], new: Sequence[str], a: int, c: int) -> Iterator[Line]:
    """Lines that were changed: only the words that differ are struck and underlined."""
    both = [_words(was, now) for was, now in zip(old, new, strict=True)]
    for number, (was, _now) in enumerate(both):
        yield Line("-", a + number + 1, was)
    for number, (_was, now) in enumerate(both):
        yield Line("+", c + number + 1, now)


def _words(old: str, new: str) -> tuple[Markup, Markup]:
    a, b = _WORDS.findall(old[:2000]), _WORDS.findall(new[:2000])
    was, now = Markup(""), Markup("")
    for kind, i, j, k, end in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        left, right = "".join(a[i:j]), "".join(b[k:end])
        was += escaped(left) if kind == "equal" else _whole("del", left)
        now += escaped(right) if kind == "equal" else _whole("ins", right)
    return was, now


def _whole(tag: str, text: Any) -> Markup:
    return Markup("<{0}>{1}</{0}>").format(Markup(tag), escaped(str(text))) if text else Markup("")  # noqa: S704 tags of ours
