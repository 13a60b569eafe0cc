"""Scheduled drills put into the site file and taken out of it: one line each, and every other line stays as it was.

A list that stands in one line is refused: then a person edits the text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import yaml

from notifier.files.positions import read_yaml

LIST = "drills"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOW_OFTEN = ("once", "weekly", "monthly")
LAST_DAY = 28
"""Of a month: later ones do not come in every month."""
BY_HAND = "the drills stand in one line of the site file; change them in its text"


def planned(raw: bytes) -> list[Mapping[str, Any]]:
    """The drills as they are written; none of a file that cannot be read."""
    document, _faults = read_yaml("site.yaml", raw)
    written = document.value((LIST,)) if document is not None else None
    return [one for one in written if isinstance(one, Mapping)] if isinstance(written, list) else []


def when(begins: datetime, often: str) -> dict[str, str]:
    """`at` or `cron` for a drill that first begins then, on the site's clock."""
    if often == "once":
        return {"at": begins.strftime("%Y-%m-%d %H:%M")}
    day = f"* * {DAYS[begins.weekday()]}" if often == "weekly" else f"{begins.day} * *"
    return {"cron": f"{begins.minute} {begins.hour} {day}"}


def added(raw: bytes, drill: Mapping[str, str]) -> bytes:
    """The file with one drill more, behind the others. Raises ValueError where a person has to write it."""
    lines, listed = _lines_of(raw)
    end = "\r\n" if "\r\n" in raw.decode() else "\n"
    entry = "{" + ", ".join(f"{name}: {_scalar(name, value)}" for name, value in drill.items() if value) + "}"
    if listed is None:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += end
        return "".join([*lines, f"{LIST}:{end}", f"  - {entry}{end}"]).encode()
    key, value = listed
    if isinstance(value, yaml.SequenceNode) and value.value and not value.flow_style:
        at, indent = _last_line(value.value[-1]) + 1, value.start_mark.column
        if not lines[at - 1].endswith("\n"):
            lines[at - 1] += end
        return "".join([*lines[:at], f"{' ' * indent}- {entry}{end}", *lines[at:]]).encode()
    if value.value in ([], "", "null", "~"):
        line = key.start_mark.line
        return "".join([*lines[:line], f"{LIST}:{end}", f"  - {entry}{end}", *lines[line + 1 :]]).encode()
    raise ValueError(BY_HAND)


def removed(raw: bytes, drill: str) -> bytes:
    """The file without that drill, comments of others untouched. Raises ValueError where a person has to do it."""
    lines, listed = _lines_of(raw)
    found = [one for one in planned(raw) if str(one.get("id")) == drill]
    if listed is None or not found:
        raise ValueError("it is not on the calendar any more")
    key, value = listed
    if not isinstance(value, yaml.SequenceNode) or value.flow_style:
        raise ValueError(BY_HAND)
    end = "\r\n" if "\r\n" in raw.decode() else "\n"
    place = planned(raw).index(found[0])
    first, last = _first_line(value.value[place]), _last_line(value.value[place])
    head = [*lines[: key.start_mark.line], f"{LIST}: []{end}", *lines[key.start_mark.line + 1 : first]]
    return "".join([*(head if len(value.value) == 1 else lines[:first]), *lines[last + 1 :]]).encode()


def _lines_of(raw: bytes) -> tuple[list[str], tuple[yaml.Node, yaml.Node] | None]:
    """The lines, and the list's key and value as they stand in them."""
    text = raw.decode("utf-8-sig")
    tree = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = tree.value if isinstance(tree, yaml.MappingNode) else ()
    return text.splitlines(keepends=True), next(((key, value) for key, value in pairs if key.value == LIST), None)


def _first_line(entry: yaml.Node) -> int:
    return int(entry.start_mark.line)


def _last_line(node: yaml.Node) -> int:
    """Of what is written, not of the comments behind it, which a block's own end counts in."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1])
    return int(node.end_mark.line)


def _scalar(name: str, value: str) -> str:
    return value if name in {"id", "playbook", "zone", "told_ahead"} else json.dumps(value, ensure_ascii=False)
