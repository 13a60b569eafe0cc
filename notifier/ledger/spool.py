"""What memory commits while the store is gone, appended to a local file before anybody is answered.

One line of JSON for each group commit: the links of the chain as they will stand in the store, and the claims and
lanes, which leave no event. A line that is there was fsynced. The next start brings them back (`spooled`). A place
that cannot be written is left for the next one. A place that hangs is left too; it gets what it has missed when it
answers again, and is the place again, because it is the better one.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notifier.ledger import chain, spool_part
from notifier.ledger.spool_part import open_part, remove

log = logging.getLogger(__name__)

WAIT = 0.25
"""Seconds for which a commit in memory waits for a disk: as long as a press can bear, and once for each place."""

AGAIN = 2.0
"""Seconds after which lines that found no place are tried again."""

FRESH = (
    "select d.site, d.id, d.node, d.attempt, d.state = 'sending'"
    " from claimed_anew c join delivery d on d.site = c.site and d.id = c.id"
)

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

Links = Sequence[tuple[Any, ...]]
"""Events in the order of `chain.COLUMNS`."""


@dataclass(frozen=True, slots=True)
class Left:
    """What became of a spool at the end."""

    files: tuple[Path, ...]
    unkept: Links
    """Events that no place took."""
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    links: Links
    text: bytes


class _Hand(threading.Thread):
    """Writes to the first of its places that takes a line. It may hang in one for ever; then another goes on."""

    def __init__(self, spool: Spool, places: Sequence[Path]) -> None:
        super().__init__(name=f"spool-{spool.chain}", daemon=True)
        self.places = places
        self.at: int | None = None
        """Which place it is writing to at this moment."""
        self.out: tuple[int, Path] | None = None
        self.owed: deque[_Line] = deque()
        """What worse places have taken since it was left."""
        self._spool = spool

    def run(self) -> None:
        try:
            self._spool.work(self)
        finally:
            if self.out is not None:
                os.close(self.out[0])


class Spool:
    """Of one chain in memory. `keep` is for the memory's writing thread, all else for anybody; one thread writes."""

    def __init__(self, chain: str, places: Sequence[Path], seq: int = 0) -> None:
        """`seq`: of the last line that an earlier start has left."""
        self.chain = chain
        self.files: list[Path] = []
        self.why = ""
        """Why the last try found no place."""
        self._seq = seq
        self._behind = False
        self._lines: deque[_Line] = deque()
        self._changed = threading.Condition()
        self._ending = self._dropped = False
        self._left: list[_Hand] = []
        """Those that hang, the best place first."""
        self._hand = _Hand(self, places)
        self._hand.start()

    def keep(self, db: sqlite3.Connection, links: Links) -> None:
        """One group that is about to be committed in memory; returns when it is on disk, or will not be for now."""
        claims = db.execute(FRESH).fetchall()
        if not links and not claims:
            return
        lanes: list[Any] = []
        if claims:
            db.execute("delete from claimed_anew")
            lanes = db.execute("select * from lane").fetchall()
        self._seq += 1
        line = _encode({"seq": self._seq, "events": links, "lanes": lanes, "claims": claims}).encode() + b"\n"
        with self._changed:
            self._lines.append(_Line(tuple(links), line))
            self._changed.notify_all()
            while not self._behind and not self._changed.wait_for(lambda: not self._lines or self._behind, WAIT):
                if not self._leave():
                    self._behind = True

    def end(self, seconds: float) -> Left:
        """Try every place once more and stop; on a thread that may wait so long."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._hand.join(seconds / 2)
        with self._changed:
            if self._lines:
                self._leave()
        self._hand.join(seconds / 2)
        with self._changed:
            why = self.why or "the disk does not answer"
            return Left(tuple(self.files), [link for line in self._lines for link in line.links], why)

    def drop(self, seconds: float) -> None:
        """Everything is in the store again."""
        with self._changed:
            self._lines.clear()
            self._dropped = True
        self.end(seconds)
        remove(self.files)

    def _leave(self) -> bool:
        """Have the next place go on, if there is one and this one hangs. The condition is held."""
        hand = self._hand
        if hand.at is None or not (others := hand.places[hand.at + 1 :]):
            return False
        log.error("%s does not answer; what memory keeps goes to %s meanwhile.", hand.places[hand.at], others[0])
        self._left.append(hand)
        self._hand = _Hand(self, others)
        self._hand.start()
        return True

    # ----------------------------------------------------------------------------------------------- on a hand's thread

    def work(self, hand: _Hand) -> None:
        last = False
        while not last:
            with self._changed:
                self._changed.wait_for(lambda: self._is_wanted(hand), AGAIN)  # what found no place is tried again
                if hand is not self._hand and hand not in self._left:
                    return  # a better place answers again
                last = self._ending
                waiting = (*hand.owed, *self._lines)
            for line in waiting:
                written = self._somewhere(hand, line)
                if not self._written(hand, line) if written else not self._missed(hand):
                    return
                if not written:
                    break

    def _is_wanted(self, hand: _Hand) -> bool:
        return self._ending or hand is not self._hand or bool(hand.owed or (self._lines and not self._behind))

    def _written(self, hand: _Hand, line: _Line) -> bool:
        """Whether this hand goes on."""
        with self._changed:
            if hand in self._left:
                if self._ending:
                    return False
                log.warning("%s answers again; what memory keeps goes there.", hand.out[1].parent if hand.out else "")
                self._left = self._left[: self._left.index(hand)]
                self._hand = hand
            for other in (*self._left, self._hand):
                if other is not hand:
                    other.owed.append(line)
            if hand.owed and hand.owed[0] is line:
                hand.owed.popleft()
            if self._lines and self._lines[0] is line:
                self._lines.popleft()
            self._behind = self._behind and bool(self._lines)
            self._changed.notify_all()
        return True

    def _missed(self, hand: _Hand) -> bool:
        with self._changed:
            if hand in self._left:  # it does not hang any more, it refuses
                self._left.remove(hand)
                return False
            self._behind = bool(self._lines)
            self._changed.notify_all()
        return True

    def _somewhere(self, hand: _Hand, line: _Line) -> bool:
        if hand.out is not None:
            hand.at = hand.places.index(hand.out[1].parent)
            try:
                spool_part.append(hand.out[0], line.text)
            except OSError as error:
                log.warning("%s takes no more: %s", hand.out[1], error)
                os.close(hand.out[0])
                hand.out = None
            else:
                hand.at = None
                return True
        missed = []
        for at, place in enumerate(hand.places):
            hand.at = at
            try:
                out = open_part(self.chain, place, line.text)
            except OSError as error:
                missed.append(f"{place}: {error.strerror or error}")
                continue
            hand.at, hand.out = None, out
            with self._changed:
                self.why = ""
                self.files.append(out[1])
                if self._dropped:  # it hung until nobody needed it any more
                    remove([out[1]])
            return True
        hand.at = None
        if not self.why:
            log.error("What memory keeps is nowhere on disk: %s", "; ".join(missed))
        self.why = "; ".join(missed)
        return False


def named(links: Links) -> str:
    """Which events these are, without what they say: nothing private belongs into a log."""
    which = [dict(zip(chain.COLUMNS, link, strict=True)) for link in links]
    kinds = Counter((one["incident"], str(one["kind"])) for one in which)
    told: dict[str | None, list[str]] = {}
    for (incident, kind), count in kinds.items():
        told.setdefault(incident, []).append(f"{count} {kind}" if count > 1 else kind)
    listed = "; ".join(f"{f'incident {of}' if of else 'no incident'}: {', '.join(each)}" for of, each in told.items())
    first, last = which[0], which[-1]
    return f"events {first['n']} to {last['n']} of {first['node']}, {first['wall']} to {last['wall']}, {listed}"
