"""What a ledger transaction is made of: questions and facts.

A *body* is a generator. It yields `Ask` (a named query with arguments) and receives rows; it yields `Fact` (one event
with the rows it changes) and receives nothing. It has no side effect and may be run again from its start. A table row
changes only through a fact, so the tables are a projection of the events and `log verify` can rebuild them; the one
exception is the lease columns named in `notifier.ledger.tables` (who is working on a row now), which are not facts.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from notifier.model.events import EventKind

T = TypeVar("T")
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Ask:
    """Run the named query of `notifier/ledger/queries/*.sql` and give me its rows."""

    query: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one table as it is after the fact: a whole new row, or some columns of a known one."""

    table: str
    values: Mapping[str, Any]
    """Includes every key column of the table, `site` among them. Lists and dicts are stored as JSON text."""
    new: bool = False
    """True: the whole row (an equal key is overwritten). False: only the columns given change."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened or was decided: one event in the chain, and the rows it changes."""

    kind: EventKind
    site: str
    incident: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """The decision's inputs and what a reader of the log needs; plain JSON values."""
    rows: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A fact as it stands in the chain."""

    node: str
    n: int
    at: float
    """Steady ledger time, seconds."""
    wall: str
    """Wall time, ISO 8601 UTC, for people."""
    kind: EventKind
    site: str
    incident: str | None
    data: Mapping[str, Any]
    rows: Sequence[Row] = ()


Body = Generator["Ask | Fact", Rows, T]
"""A sans-IO transaction: yields questions and facts, receives rows, returns its result."""
