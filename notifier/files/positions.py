"""YAML text to plain values that remember their line and column; what YAML would guess is refused.

The reader walks libyaml's events itself, without recursion, so that nothing that is written can cost more than its
length: no anchors, no tags, one document, a limit to depth and size. A word means what it looks like: unquoted `no`,
`8:30` and phone numbers, which YAML 1.1 turns into false, 510 and a number without its plus, are refused with advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from notifier.errors import Fault
from notifier.files.yaml_words import in_plain_words

Path = tuple[str | int, ...]
Place = tuple[int, int]

LARGEST_YAML = 1_000_000
"""Bytes. The largest school we know of needs a tenth for 500 doors; more is a mistake or an attack."""
DEEPEST = 24
"""Levels. A playbook needs eight."""
MOST_VALUES = 100_000
"""Values in one file. The largest school we know of needs some 8,000; reading more would hold up the daemon."""
MOST_ENTRIES = 10_000
"""Entries of one list or mapping. Each may bring a fault or two, and every one of them costs."""
MOST_FAULTS = 200
"""After so many in one file the rest says nothing new."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TRUE_FALSE = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULL = {"", "~", "null", "Null", "NULL"}
_GUESSED = re.compile(r"yes|no|on|off", re.IGNORECASE)
_PHONE = re.compile(r"\+\d[\d _-]*|0\d+|\d{7,}")
_SEXAGESIMAL = re.compile(r"[-+]?\d+(:\d{2})+(\.\d*)?")
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,5})|[1-9]\d{6}")
_DECIMAL = re.compile(r"-?\d+\.\d+")
_CURLY = "“”„‟‘’‚‛«»"
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAB = re.compile(r"^ *\t", re.MULTILINE)
_REMARK = re.compile(r"[ \t]+(?P<meant>#\w[^\r]*?)[ \t]*\r?$")
_NO_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-", b"{\\rtf")
"""How Word, Excel and LibreOffice, older Office, PDF and RTF begin."""
TIMES = frozenset({"within", "wait", "delay", "again_every", "give_up_after", "seen_every", "ack", "investigate"})
"""Keys whose value is a length of time: in quotes 1:30 is none either."""


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: its values, and where each of them and each key stands."""

    file: str
    data: Any
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Line and column of what `path` names, or of the nearest thing around it that is written."""
        for end in range(len(path), -1, -1):
            known = path[:end]
            if key and end == len(path) and known in self.keys:
                return self.keys[known]
            if known in self.values:
                return self.values[known]
        return 1, 1

    def value(self, path: Path) -> Any:
        """What is written at `path`; None if nothing is."""
        found = self.data
        for part in path:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                return None
        return found


def decode(file: str, raw: bytes, largest: int = LARGEST_YAML) -> tuple[str, list[Fault]]:
    """The text of a file, without its byte order mark; or the fault that says why it has none."""
    if len(raw) > largest:
        text = f"The file has {len(raw):,} bytes; at most {largest:,} are read."
        return "", [Fault(file, 1, 1, text, "Split it or remove what does not belong in it.")]
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "", [Fault(file, 1, 1, "The file is UTF-16.", 'Save it as UTF-8 (in Excel: "CSV UTF-8").')]
    if raw.startswith(_NO_TEXT):
        why = "This is no text: it begins like a file of Word, Excel, PDF or a zip, whatever its name says."
        return "", [Fault(file, 1, 1, why, 'Open it there and save it as plain text (a table in Excel: "CSV UTF-8").')]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        why = f"Byte 0x{raw[error.start]:02x} is not UTF-8."
        return "", [Fault(file, line, column, why, 'Save the file as UTF-8 (in Excel: "CSV UTF-8").')]
    if found := _UNPRINTABLE.search(text):
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        why = f"There is an invisible character here (U+{ord(found[0]):04X})."
        return "", [Fault(file, line, column, why, "Delete it and type the line again.")]
    return text, []


def read_yaml(
    file: str, raw: bytes, *, show_values: bool = True, largest: int = LARGEST_YAML
) -> tuple[Document | None, list[Fault]]:
    """The document in `raw` and every fault of its form; no document if its form cannot be read at all.

    `show_values`: false where a fault must not repeat what is written, because it may be a secret.
    """
    text, faults = decode(file, raw, largest)
    if faults:
        return None, faults
    if tab := _TAB.search(text):
        line = text.count("\n", 0, tab.start()) + 1
        why = "The line is indented with a tab."
        return None, [Fault(file, line, tab.end() - tab.start(), why, "Use two spaces for each level.")]
    builder = _Builder(file, show_values=show_values, text=text)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        fault = Fault(file, *in_plain_words(error, text))
        if any(one.line == fault.line for one in builder.faults):  # which says what comes of it
            return None, builder.faults
        return None, [*builder.faults, fault]
    except (yaml.YAMLError, ValueError) as error:
        why = f"This is not YAML: {str(error).splitlines()[0]}."
        return None, [*builder.faults, Fault(file, 1, 1, why, "Compare it with the examples in playbooks/.")]
    except _Hopeless:
        return None, builder.faults
    if builder.document is None:
        return None, [*builder.faults, Fault(file, 1, 1, "The file is empty.", "Write it, or remove the file.")]
    return builder.document, builder.faults


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=_LOADER)


class _Hopeless(Exception):
    """Reading on would cost more than it tells."""


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    path: Path
    into: dict[str, Any] | list[Any]
    key: str | None = None
    spoiled: int = 0

    def next_path(self) -> Path:
        if isinstance(self.into, list):
            return (*self.path, len(self.into))
        return (*self.path, self.key or "")


class _Builder:
    """Takes parser events one by one; keeps plain values, places and faults."""

    def __init__(self, file: str, *, show_values: bool, text: str) -> None:
        self.file = file
        self._text = text
        self._lines: list[str] | None = None
        self._show_values = show_values
        self.document: Document | None = None
        self.faults: list[Fault] = []
        self._values: dict[Path, Place] = {}
        self._keys: dict[Path, Place] = {}
        self._stack: list[_Open] = []
        self._count = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._fault(event, "Aliases (*name) are not used here.", "Write the value out where it is needed.")
            raise _Hopeless
        if getattr(event, "anchor", None):
            self._fault(
                event, f"Anchors (&{event.anchor}) are not used here.", "Write the value out where it is needed."
            )
        if getattr(event, "tag", None) and event.tag != "!":
            self._fault(event, f"YAML tags ({event.tag}) are not used here.", "Remove it; a text goes in quotes.")
        if isinstance(event, yaml.DocumentStartEvent) and self.document is not None:
            self._fault(event, "A second document begins here (---).", "Keep one document in one file.")
            raise _Hopeless
        if isinstance(event, (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._counted(event)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._start(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._put(self._stack.pop().into)

    def _counted(self, event: Any) -> None:
        self._count += 1
        if self._count > MOST_VALUES:
            self._fault(event, f"Here the file has more than {MOST_VALUES:,} values.", "Split it; people go in a CSV.")
            raise _Hopeless
        if self._stack and len(self._stack[-1].into) >= MOST_ENTRIES:
            text = f"Here the list has more than {MOST_ENTRIES:,} entries."
            self._fault(event, text, "Split it over several files; people go in a CSV.")
            raise _Hopeless

    def _start(self, event: Any, into: dict[str, Any] | list[Any]) -> None:
        if len(self._stack) >= DEEPEST:
            self._fault(
                event, f"This is nested more than {DEEPEST} levels deep.", "Nothing here needs that; write it flat."
            )
            raise _Hopeless
        parent = self._stack[-1] if self._stack else None
        if parent and isinstance(parent.into, dict) and parent.key is None:
            self._fault(
                event,
                "A list or mapping stands where a key must be.",
                "Write `key: value`; a text with { or [ goes in quotes.",
            )
            raise _Hopeless
        path = parent.next_path() if parent else ()
        self._values[path] = _place(event)
        self._stack.append(_Open(path, into))

    def _scalar(self, event: Any) -> None:
        parent = self._stack[-1] if self._stack else None
        if parent and isinstance(parent.into, dict) and parent.key is None:
            self._key(event, parent)
            return
        path = parent.next_path() if parent else ()
        self._values[path] = _place(event)
        value, why, advice = _meaning(event)
        if value is None and not event.value and (remark := self._remark_behind(event)):
            self._remark(event, remark)
            value = remark[0]  # read as the text that was meant, so that nothing else is said of it
        elif why and not self._show_values:
            why, advice = "This unquoted value is read as a number or as true or false.", "Put it in quotes."
        elif why and path[-1:] and path[-1] in TIMES and _SEXAGESIMAL.fullmatch(event.value):
            why, advice = f"{event.value} is no length of time.", "Write it with its units: 90s, 1m30s or 8h30m."
        if why:
            self._fault(event, why, advice)
        self._put(value)

    def _remark_behind(self, event: Any) -> re.Match[str] | None:
        """The `#1 …` behind a key without a value. Only without a space after the #: such a one was meant as text."""
        if self._lines is None:
            self._lines = self._text.split("\n")
        line, column = event.start_mark.line, event.start_mark.column
        return _REMARK.match(self._lines[line], column) if line < len(self._lines) else None

    def _remark(self, event: Any, found: re.Match[str]) -> None:
        shown = found["meant"].replace('"', "'") if self._show_values else "#…"
        place = event.start_mark.line + 1, found.start("meant") + 1
        why = "YAML takes what begins with # for a remark, so nothing stands here."
        self._told(Fault(self.file, *place, why, f'Put it in quotes: "{shown}".'))

    def _key(self, event: Any, parent: _Open) -> None:
        value, why, advice = _meaning(event)
        key = event.value
        path = (*parent.path, key)
        if not why and not isinstance(value, str):
            why, advice = f"The key `{key}` is not read as a word.", f'Put it in quotes: "{key}".'
        if path in self._keys:
            first = self._keys[path][0]
            why, advice = f"`{key}` is written twice; the first stands in line {first}.", "Keep one of the two."
            if key == "id" and parent.path and isinstance(parent.path[-1], int):
                advice = "If another one of the list begins here, put - before it; else keep one of the two."
            parent.spoiled += 1
            key = f"{key}#{parent.spoiled}"  # the second value is read, for its own faults, and then left out
        if why:
            self._fault(event, why, advice)
        self._keys.setdefault(path, _place(event))
        parent.key = key

    def _put(self, value: Any) -> None:
        if not self._stack:
            self.document = Document(self.file, value, self._values, self._keys)
            return
        parent = self._stack[-1]
        if isinstance(parent.into, list):
            parent.into.append(value)
            return
        key, parent.key = parent.key or "", None
        if (*parent.path, key) in self._keys:
            parent.into[key] = value

    def _fault(self, event: Any, text: str, advice: str) -> None:
        self._told(Fault(self.file, *_place(event), text, advice))

    def _told(self, fault: Fault) -> None:
        self.faults.append(fault)
        if len(self.faults) >= MOST_FAULTS:
            raise _Hopeless


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _meaning(event: Any) -> tuple[Any, str, str]:
    """(value, what is wrong, advice) of one scalar. Only a plain one can be anything but text."""
    written: str = event.value
    if not event.implicit[0]:
        return written, "", ""
    if written in _NULL:
        return None, "", ""
    if written[0] in _CURLY:
        why = f"{written[0]} is a quotation mark of a word processor, which would be sent with the text."
        return written, why, 'Type straight ones, " and ", around the text.'
    if written in _TRUE_FALSE:
        return _TRUE_FALSE[written], "", ""
    if _GUESSED.fullmatch(written):
        why = f"YAML reads an unquoted {written} as true or false."
        return written, why, f'Write true or false, or "{written}" in quotes if you mean the word.'
    if _SEXAGESIMAL.fullmatch(written):
        return written, f"YAML reads an unquoted {written} as a number in base 60.", f'Put it in quotes: "{written}".'
    if _PHONE.fullmatch(written):
        return (
            written,
            f"An unquoted {written} is read as a number and loses its + or its zeros.",
            (f'Put it in quotes: "{written}".'),
        )
    if _WHOLE.fullmatch(written):
        return int(written), "", ""
    if _DECIMAL.fullmatch(written):
        return float(written), "", ""
    return written, "", ""
