"""What became of one page on its groups, and the words for it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from notifier.errors import TryAgain
from notifier.interfaces import PageReport

AUDIBLY_BROKEN = 0.05
"""Share of packets not taken by the network from which a page does not count as finished: a receiver conceals single
losses of 20 ms, not every twentieth."""


class How(StrEnum):
    """How a page's turn on one group ended."""

    PLAYED = "played"  # its last packet left
    OVERTAKEN = "overtaken"  # a page of higher priority took the group
    REFUSED = "refused"  # a page of higher priority had the group already
    STOPPED = "stopped"  # silenced by `stop`
    UNSENT = "unsent"  # the network took no packet
    LOST = "lost"  # the pacing process died and did not come back
    LEFT = "left"  # the daemon closed; the child finishes the sentence alone


@dataclass(frozen=True, slots=True)
class Ended:
    """One group's part of a page."""

    group: str
    how: How
    packets: int
    failed: int = 0
    worst_gap_ms: float = 0.0
    error: str = ""


SENTENCES = {
    How.OVERTAKEN: "a page of higher priority took {groups}",
    How.REFUSED: "a page of higher priority had {groups}, so nothing was said there",
    How.STOPPED: "silenced on {groups}",
    How.UNSENT: "nothing left for {groups} ({error})",
    How.LOST: "the pacing process died while it played on {groups} and could not be brought back",
    How.LEFT: "the daemon closed while it played on {groups}; the sentence goes on to its end and nobody counts it",
}


def report_of(ended: Sequence[Ended], faults: Sequence[str], deaths: int) -> PageReport:
    """One report for all groups of a page.

    `faults`: speakers without a usable address. `deaths`: how often the pacing process died meanwhile.
    Raises TryAgain when the network took nothing at all.
    """
    packets = sum(each.packets for each in ended)
    if packets == 0 and any(each.how in {How.UNSENT, How.LOST} for each in ended):
        errors = sorted({each.error for each in ended if each.error})
        why = ", ".join(errors) or "the pacing process is not running"
        raise TryAgain(f"Not one packet left for the speakers: {why}. Check the cable and `interface` in the settings.")
    notes = list(faults)
    for how, sentence in SENTENCES.items():
        hit = [each for each in ended if each.how is how]
        if hit:
            notes.append(sentence.format(groups=", ".join(each.group for each in hit), error=hit[0].error))
    notes.extend(
        f"{each.failed} packets for {each.group} were not taken by the network ({each.error})"
        for each in ended
        if each.failed and each.how is not How.UNSENT
    )
    if deaths:
        notes.append(
            f"the pacing process died {deaths} time(s); the page was begun again from its start, "
            "and what left after its last heartbeat is not counted"
        )
    finished = not faults and all(
        each.how is How.PLAYED and each.failed <= AUDIBLY_BROKEN * (each.packets + each.failed) for each in ended
    )
    return PageReport(packets, max((each.worst_gap_ms for each in ended), default=0.0), finished, "; ".join(notes))
