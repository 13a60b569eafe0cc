"""When what is watched is looked at, and when what was seen is a trouble. Pure: readings and times in, verdicts out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

EVERY = 30.0
"""Seconds between two looks at one thing, at most: one look, a second one and their answers fit into the 60 s after
which a fault must be a trouble (PRODUCT 4)."""
AGAIN = 5.0
"""Seconds until something that did not answer is looked at again: one lost packet wakes nobody, two are a fault."""
IN_A_ROW = 2
"""Looks in a row that must fail before a wire counts as dead."""
REST = 60.0
"""Seconds of a response in which no device is asked by us: every wire belongs to the doors and pages then."""

DISK_SHARE, DISK_BYTES = 0.05, 1_000_000_000
"""Free space under which a disk is nearly full: below a gigabyte or a twentieth of it, whichever is less. A large
incident writes some hundred megabytes."""
CERTIFICATE_DAYS = 21
"""Days before its end: an authority that renews by itself does so 30 days before; then something is broken."""


class Kind(StrEnum):
    """What is watched; the kind of its trouble."""

    DOOR = "door"
    SIGNAL = "signal"
    SPEAKER = "speaker"
    CAMERA = "camera"
    PROVIDER = "provider"
    UPLINK = "uplink"
    BUTTON = "button"
    DISK = "disk"
    CLOCK = "clock"
    CERTIFICATE = "certificate"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look says of one thing."""

    kind: Kind
    subject: str
    well: bool
    text: str
    """One sentence or two: what was seen, what to do. Empty if it is well."""
    sure: bool = False
    """One look is enough: a date, a disk's free space; nothing that a lost packet could have made up."""
    said: str | None = None
    """What the thing itself answered, also if that is bad news: then it was seen. None: it said nothing, or is told of
    elsewhere."""


class Judge:
    """Counts bad looks; a wire that fails once is looked at again before anybody is woken."""

    def __init__(self) -> None:
        self._bad: Counter[tuple[str, str]] = Counter()

    def counts(self, finding: Finding) -> bool:
        """Whether this finding is to be believed now; a good one always is."""
        key = (finding.kind, finding.subject)
        if finding.well:
            self._bad.pop(key, None)
            return True
        self._bad[key] += 1
        return finding.sure or self._bad[key] >= IN_A_ROW

    def doubts(self, findings: Iterable[Finding]) -> bool:
        """Whether one of these failed just once, so that it must be looked at again soon."""
        return any(not each.well and 0 < self._bad[(each.kind, each.subject)] < IN_A_ROW for each in findings)


class Rounds:
    """When each thing is looked at next: evenly spread over `every` seconds, never all in one moment."""

    def __init__(self, every: float = EVERY) -> None:
        self.every = every
        self._due: dict[str, float] = {}

    def fit(self, names: Iterable[str], now: float) -> frozenset[str]:
        """Watch these from now on; returns the ones that are not watched any more."""
        wanted = list(names)
        gone = frozenset(self._due) - frozenset(wanted)
        for name in gone:
            del self._due[name]
        new = [name for name in wanted if name not in self._due]
        for place, name in enumerate(new):
            self._due[name] = now + self.every * place / len(new)
        return gone

    def due(self, now: float) -> list[str]:
        """What is due, the longest waiting first; each is then due again `every` seconds after it was due now.

        One that was not looked at for long (a response went before) is not looked at twice for it.
        """
        found = sorted((when, name) for name, when in self._due.items() if when <= now)
        for when, name in found:
            missed = int((now - when) / self.every) + 1
            self._due[name] = when + missed * self.every
        return [name for _, name in found]

    def soon(self, name: str, now: float) -> None:
        """Look again shortly: the last look may have been bad luck."""
        if name in self._due:
            self._due[name] = min(self._due[name], now + AGAIN)


def uplinks(uplink_of: Mapping[str, str], well: Mapping[str, bool]) -> list[Finding]:
    """Lines of which every sender fails: the line, not each provider. One sender alone cannot tell the two apart."""
    found = []
    for uplink in sorted(set(uplink_of.values())):
        senders = sorted(name for name, line in uplink_of.items() if line == uplink)
        known = [name for name in senders if name in well]
        if len(senders) < 2 or len(known) < len(senders):
            continue
        up = any(well[name] for name in known)
        text = "" if up else (
            f"The line {uplink!r} seems to be down: none of {', '.join(senders)} reaches its provider. Messages over "
            "it wait; doors and speakers go on."
        )  # fmt: skip
        found.append(Finding(Kind.UPLINK, uplink, up, text))
    return found


def disk(node: str, free: int, total: int) -> Finding:
    """`free`, `total`: bytes of the disk that holds the store."""
    well = free >= min(DISK_BYTES, int(total * DISK_SHARE))
    text = "" if well else (
        f"The disk of {node} is nearly full: {free / 1e9:.2f} GB of {total / 1e9:.0f} GB are free. When it is full the "
        "response goes on, but nothing is written down any more. Make room."
    )  # fmt: skip
    return Finding(Kind.DISK, node, well, text, sure=True)


def certificate(node: str, days: float | None, why: str = "") -> Finding:
    """`days`: until the certificate of our own address ends; None: it cannot be read, and `why`."""
    if days is None:
        return Finding(Kind.CERTIFICATE, node, False, f"The certificate cannot be read: {why}.", sure=True)
    well = days >= CERTIFICATE_DAYS
    ends = f"ends in {days:.0f} days" if days >= 0 else f"ended {-days:.0f} days ago"
    text = "" if well else (
        f"The certificate of {node} {ends}: then no browser and no button will speak to it. Renew it; it is read anew "
        "without a restart."
    )  # fmt: skip
    return Finding(Kind.CERTIFICATE, node, well, text, sure=True)


def clock_kept(node: str, kept: bool | None) -> Finding:
    """`kept`: whether the kernel says that something keeps the machine's clock right; None: it does not say."""
    text = "" if kept is not False else (
        f"Nothing keeps the clock of {node} right: the times in the record drift. Turn on its time service "
        "(timedatectl set-ntp true)."
    )  # fmt: skip
    return Finding(Kind.CLOCK, f"{node}:kept", kept is not False, text)


def button_seen(button: str, ago: float, every: float) -> Finding:
    """`ago`: seconds since its last sign of life; `every`: how often it gives one (`seen_every` of the site file)."""
    well = ago <= every
    text = "" if well else (
        f"The button {button} has given no sign of life for {_span(ago)}; it should every {_span(every)}. Look at its "
        "battery and its network: a press of it may not arrive."
    )  # fmt: skip
    return Finding(Kind.BUTTON, f"{button}:silent", well, text, sure=True)


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
