"""The one change that mends a fault, where its advice names it for certain. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from notifier.errors import Fault

_MEANT = re.compile(r"Did you mean `([^`]+)`\?")
_QUOTED = re.compile(r'Put it in quotes: ("[^"]+")')
_OF_A_STEP = re.compile(r" (?:of|in) the step `[^`]+`")
_CURLY = re.compile('([“”„‟‘’‚‛«»])([^"\\\\“”„‟‘’‚‛«»]*)[“”„‟‘’‚‛«»](?=\\s*(?:[,\\]}]|$))')
_NAMED = re.compile(r"`([^`]+)`")
_WORD = re.compile(r"[\w$.-]+")
_QUOTES = re.compile(r"\"[^\"]*\"|'[^']*'|[\w$.:-]+")
_PLAIN_END = re.compile(r"\s*(?:[,\]}]|\s#|$)")


@dataclass(frozen=True, slots=True)
class Mend:
    """Put `new` in place of what stands from `start` to `end` (columns from 0) in `line` (from 1)."""

    line: int
    start: int
    end: int
    old: str
    new: str

    @property
    def key(self) -> str:
        """Says which one it is and what it stands on: no other text is ever changed by it."""
        return f"{self.line}:{self.start}:{self.end}:{self.new}"

    def on(self, text: str) -> str:
        """The text mended; unchanged if something else stands there by now."""
        lines = text.split("\n")
        if not 1 <= self.line <= len(lines) or lines[self.line - 1][self.start : self.end] != self.old:
            return text
        line = lines[self.line - 1]
        lines[self.line - 1] = line[: self.start] + self.new + line[self.end :]
        return "\n".join(lines)


def mend_of(fault: Fault, text: str) -> Mend | None:
    """How to mend it, if its advice says one thing for certain and it stands where the fault says."""
    lines = text.split("\n")
    if not 1 <= fault.line <= len(lines) or "\r" in text:
        return None
    line, column = lines[fault.line - 1], max(fault.column - 1, 0)
    if "indented with a tab" in fault.text:
        indent = re.match(r"[ \t]*", line)
        assert indent is not None  # noqa: S101 it matches nothing at least
        return Mend(fault.line, 0, indent.end(), indent[0], indent[0].replace("\t", "  "))
    if "which is no hyphen" in fault.text:
        return Mend(fault.line, column, column + 1, line[column : column + 1], "-")
    if "only looks like a space" in fault.text:
        indent = re.match(r"\s*", line)
        assert indent is not None  # noqa: S101 it matches nothing at least
        return Mend(fault.line, 0, indent.end(), indent[0], " " * indent.end())
    if "quotation mark of a word processor" in fault.text:
        around = _CURLY.match(line, column)
        return Mend(fault.line, column, around.end(), around[0], f'"{around[2]}"') if around else None
    if "for a remark" in fault.text and (whole := _QUOTED.search(fault.advice)):
        end = len(line.rstrip())
        return Mend(fault.line, column, end, line[column:end], whole[1])
    if quoted := _QUOTED.search(fault.advice):
        end = _end_of_plain(line, column)
        return Mend(fault.line, column, end, line[column:end], quoted[1]) if end > column else None
    meant = _MEANT.search(fault.advice)
    if meant is None:
        return None
    for written in _NAMED.findall(_OF_A_STEP.sub("", fault.text)):
        for word in (written, written.rpartition(":")[2]):
            at = line.find(word, column)
            if word and at >= 0 and _stands_alone(line, at, word):
                new = meant[1] if word == written or ":" not in meant[1] else meant[1].rpartition(":")[2]
                return Mend(fault.line, at, at + len(word), word, new) if new != word else None
    return None


def mend_by_key(key: str, text: str) -> Mend | None:
    """The mend that a button named, if it still fits the text."""
    found = re.fullmatch(r"(\d{1,6}):(\d{1,6}):(\d{1,6}):(.{1,200})", key)
    lines = text.split("\n")
    if found is None or not 1 <= int(found[1]) <= len(lines):
        return None
    line, start, end = int(found[1]), int(found[2]), int(found[3])
    return Mend(line, start, end, lines[line - 1][start:end], found[4])


def word_at(fault: Fault, text: str) -> tuple[int, int]:
    """(start, end) in its line of what a fault is about, to underline it."""
    lines = text.split("\n")
    if not 1 <= fault.line <= len(lines):
        return 0, 0
    if mend := mend_of(fault, text):
        return mend.start, mend.end
    column = min(max(fault.column - 1, 0), len(lines[fault.line - 1]))
    found = _QUOTES.match(lines[fault.line - 1], column)
    return column, found.end() if found else min(column + 1, len(lines[fault.line - 1]))


def _end_of_plain(line: str, start: int) -> int:
    found = _PLAIN_END.search(line, start)
    return found.start() if found else len(line)


def _stands_alone(line: str, at: int, word: str) -> bool:
    after = line[at + len(word) : at + len(word) + 1]
    before = line[at - 1 : at] if at else ""
    return not (after and _WORD.match(after)) and not (before and _WORD.match(before))
