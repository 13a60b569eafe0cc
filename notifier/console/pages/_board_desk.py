"""One picture of an incident for all screens that look at it, and the pieces of a page that have changed since.

A screen says which version of the board it shows; it is sent the pieces that differ, each under its id. A list is sent
whole only when a row came, went or moved. However many screens there are, and however much happens, a picture is made
anew at most so often that making them takes a tenth of the loop.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.clock import stopwatch
from notifier.console.parts import ConsoleParts
from notifier.console.route import Call
from notifier.model.facts import Event
from notifier.model.rights import Caller, Right

KEY = "boards"
SHARE = 10.0
"""A picture that took a second is not made again before ten have gone."""
LONGEST_WAIT = 3.0  # seconds
OLDEST = 5.0  # seconds that a picture is good while nothing happens: claims of messages are no events
VERSIONS = 200
"""Versions that are remembered; a screen with an older one is sent all of it."""
RIGHTS = (Right.OPERATE, Right.RESPOND, Right.COMMAND, Right.DRILL)


@dataclass(frozen=True, slots=True)
class Piece:
    """An element with its id. `children`: a list, whose `html` is its start and `end` its end."""

    id: str
    html: str
    children: Sequence[Piece] = ()
    end: str = ""
    still: bool = False

    @property
    def whole(self) -> str:
        return self.html + "".join(child.whole for child in self.children) + self.end

    @property
    def mark(self) -> str:
        return hashlib.blake2s(self.html.encode(), digest_size=6).hexdigest()


@dataclass(slots=True)
class Kept:
    """The picture of one incident."""

    value: Mapping[str, Any]
    made: float
    cost: float
    stale: bool = False
    rendered: dict[Any, tuple[str, Sequence[Piece]]] = field(default_factory=dict)
    """By what a caller may do: version and pieces."""


class Boards:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts
        self._kept: dict[str, Kept] = {}
        self._versions: OrderedDict[str, Mapping[str, tuple[str, tuple[str, ...]]]] = OrderedDict()
        self._unfollow = parts.follow(self._hear)

    def _hear(self, events: Sequence[Event]) -> None:
        if self._parts.kept.get(KEY) is not self:  # another publication: the pages have begun anew
            self._unfollow()
            return
        for event in events:
            for name, kept in self._kept.items():
                kept.stale = kept.stale or event.incident in (None, name)

    async def look(self, incident: str, *, wait: bool = True) -> Kept:
        """The picture as it stands now; a patch waits for its turn, a page that is opened does not. Raises NotFound."""
        kept = self._kept.get(incident)
        if kept is not None and not kept.stale and stopwatch() - kept.made < OLDEST:
            return kept
        if kept is not None and wait:
            left = min(kept.cost * SHARE, LONGEST_WAIT) - (stopwatch() - kept.made)
            if left > 0:
                await self._parts.clock.sleep(left)
            now = self._kept.get(incident)
            if now is not None and now is not kept and not now.stale:
                return now
        started = stopwatch()
        value = self._parts.views.board(incident)
        ended = stopwatch()
        made = self._kept[incident] = Kept(value, ended, ended - started)
        for name in [name for name in self._kept if name != incident][:-7]:
            del self._kept[name]
        return made

    def pieces(self, kept: Kept, key: Any, render: Callable[[], Sequence[Piece]]) -> tuple[str, Sequence[Piece]]:
        """Rendered once for all callers who see the same; the version is what a screen says next time."""
        if key not in kept.rendered:
            pieces = render()
            marks = {each.id: (each.mark, tuple(child.id for child in each.children)) for each in _all(pieces)}
            version = hashlib.blake2s(repr(sorted(marks.items())).encode(), digest_size=8).hexdigest()
            self._versions[version] = marks
            self._versions.move_to_end(version)
            while len(self._versions) > VERSIONS:
                self._versions.popitem(last=False)
            kept.rendered[key] = version, pieces
        return kept.rendered[key]

    def changed(self, version: str, pieces: Sequence[Piece]) -> list[Piece]:
        """What a screen that shows `version` has to replace."""
        known = self._versions.get(version, {})
        found: list[Piece] = []
        for piece in pieces:
            mark, children = known.get(piece.id, ("", ()))
            if mark != piece.mark or children != tuple(child.id for child in piece.children):
                found.append(piece)
            else:
                found += [child for child in piece.children if known.get(child.id, ("",))[0] != child.mark]
        return found


def _all(pieces: Sequence[Piece]) -> list[Piece]:
    return [each for piece in pieces for each in (piece, *_all(piece.children))]


def boards(call: Call) -> Boards:
    kept = call.parts.kept
    if not isinstance(kept.get(KEY), Boards):
        kept[KEY] = Boards(call.parts)
    found: Boards = kept[KEY]
    return found


def rights_of(caller: Caller, site: str) -> frozenset[str]:
    """In words, as templates ask for them; `view` is had by whoever sees a board."""
    return frozenset({"view", *(str(right) for right in RIGHTS if caller.may(right, site))})
