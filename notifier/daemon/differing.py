"""Where a decision that was made again differs from the one in the record, in words. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notifier.ledger.rows import cell
from notifier.ledger.tables import KEYS
from notifier.model.facts import Event, Fact, Row

WHOLE = ("incident", "activation", "step", "timer", "command", "door", "task", "approval", "room")
"""Tables whose rows are compared cell by cell."""
MESSAGES = ("person", "kind", "step", "level", "phase")
"""What is compared of a message: who is told, how and why. Its words and sender hang on settings of the node."""
SETTINGS_SAY = frozenset({"told"})
"""Data that names people who have an address for which there is a sender."""
SAME_MOMENT = 1.0
"""Seconds: a decision reads its clock a little before its event is stamped."""
MOST = 6
"""Differences told of one event; where everything differs the first few say it."""

Rows = dict[tuple[str, ...], dict[str, Any]]


def differences(fact: Fact, event: Event) -> list[str]:
    """Empty if today's code decides the same."""
    if fact.kind is not event.kind:
        return [f"today's code decides: {fact.kind.sentence} Recorded: {event.kind.sentence}"]
    if fact.incident != event.incident:
        return ["today's code decides it of another incident"]
    found = [*_data(fact.data, event.data), *_rows(_by_key(fact.rows), _by_key(event.rows))]
    if len(found) > MOST:
        return [*found[:MOST], f"and {len(found) - MOST} more"]
    return found


def _data(now: Mapping[str, Any], then: Mapping[str, Any]) -> Iterator[str]:
    now, then = json.loads(json.dumps(now, default=str)), dict(then)
    for name in sorted((now.keys() | then.keys()) - SETTINGS_SAY):
        if not _same(now.get(name), then.get(name)):
            yield f"{name}: recorded {_short(then.get(name))}, today's code says {_short(now.get(name))}"


def _rows(now: Rows, then: Rows) -> Iterator[str]:
    for key in sorted(now.keys() | then.keys()):
        name = f"{key[0]} {key[-1]}"
        if key not in now:
            yield f"{name}: recorded, and today's code does not write it"
        elif key not in then:
            yield f"{name}: today's code writes it, and it is not recorded"
        else:
            for column in sorted(now[key].keys() | then[key].keys()):
                one, other = now[key].get(column), then[key].get(column)
                if not _same(one, other):
                    yield f"{name}, {column}: recorded {_short(other)}, today's code says {_short(one)}"


def _by_key(rows: Sequence[Row]) -> Rows:
    """Each row once, as the last of its changes leaves it."""
    found: Rows = {}
    for row in rows:
        if row.table == "delivery" and row.new:
            said = tuple(str(row.values[name]) for name in MESSAGES)
            found["message", "/".join(said)] = {}
        elif row.table in WHOLE:
            key = (row.table, *(str(row.values[name]) for name in KEYS[row.table]))
            kept = found.setdefault(key, {})
            kept.update({name: _read(cell(value)) for name, value in row.values.items()})
    return found


def _read(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        numbers = isinstance(one, int | float) and isinstance(other, int | float)
        return numbers and abs(one - other) <= SAME_MOMENT
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_same(one.get(name), other.get(name)) for name in one.keys() | other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else f"{text[:117]}…"
