"""What a start finds: a standby for the day the store goes, and how often that was so before."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from notifier.clock import BootReading, Clock, SystemClock
from notifier.errors import StoreGone
from notifier.ledger.deeds import chains
from notifier.ledger.mirror import Mirror
from notifier.ledger.sqlite import take_up_time
from notifier.ledger.standby import Standby
from notifier.model.events import MEMORY_MARK

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stock:
    standby: Standby
    spells: int
    """Of `node` in memory so far, by the chains in the store."""
    time_jump: float | None


def take_stock(path: Path, node: str, clock: Clock, reading: BootReading | None, mirror: Mirror) -> Stock:
    """Open a standby and fill `mirror`. Raises StoreGone if the store cannot be read.

    `reading`: the store cannot be written, so a SystemClock takes its time up from here.
    """
    try:
        trial, standby = Standby(path), Standby(path)
    except sqlite3.Error as error:
        raise StoreGone(f"The store {path} can be neither written nor read: {error}.") from error
    jump = None
    if reading is not None and isinstance(clock, SystemClock):
        resumed = take_up_time(trial.source, node, reading)
        clock.anchor(resumed.steady, resumed.boottime)
        jump = resumed.jump
    before = [name.partition(MEMORY_MARK) for name in chains(trial.source)]
    spells = max((int(spell) for home, _, spell in before if home == node and spell), default=0)
    mirror.load(trial.fill(clock.now()))
    trial.close()
    return Stock(standby, spells, jump)


def stand_by(path: Path) -> Standby | None:
    try:
        return Standby(path)
    except sqlite3.Error as error:
        log.warning("No standby can be made ready; the held tables would have to do: %s", error)
        return None
