"""Addresses of devices that their drivers would refuse at the press are refused when they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.catalogue import Kinds
from notifier.files.positions import Path
from notifier.files.reading import Reading
from notifier.model.outgoing import address_fault

Judge = Callable[[str, Sequence[str] | None], str]
"""A driver's own verdict: what is wrong with an address, or nothing. Its Settings may hold one as `address_fault`."""


def check_addresses(reading: Reading) -> Iterator[Fault]:
    """Doors with their second paths, signals, speakers, cameras and the fire panel."""
    known = reading.adapters
    parts: tuple[tuple[str, str, Kinds], ...] = (
        ("doors", "driver", known.door_kinds),
        ("signals", "driver", known.signal_kinds),
        ("speakers", "channel", known.speaker_kinds),
        ("cameras", "driver", known.camera_kinds),
    )
    for part, word, kinds in parts:
        for index, thing in enumerate(getattr(reading.site, part)):
            yield from _address(reading, (part, index), thing.address, getattr(thing, word), kinds)
            if (second := getattr(thing, "second_path", None)) is not None:
                at: Path = (part, index, "second_path")
                yield from _address(reading, at, second.address, second.driver, known.door_kinds)
    if (fire := reading.site.fire_alarm) is not None:
        yield from _address(reading, ("fire_alarm",), fire.address, fire.driver, known.door_kinds)


def _address(reading: Reading, at: Path, address: str, kind: str, kinds: Kinds) -> Iterator[Fault]:
    if kind not in kinds:
        return  # said already; nobody knows what it would open
    judge: Judge = getattr(kinds[kind], "address_fault", _web_address)
    if why := judge(address, reading.allow_addresses):
        # An address with a login in it is not repeated: what is printed is read by others.
        shown = "This address" if "@" in address else f"The address `{address[:80]}`"
        text, _, advice = why.partition(": ")
        text = f"{shown} cannot be used: {text[0].lower()}{text[1:].rstrip('.')}."
        advice = f"{advice[0].upper()}{advice[1:]}" if advice else ""
        yield rules.SITE_DEVICE_ADDRESS.at(reading.site_document, (*at, "address"), text, advice)


def _web_address(address: str, allowed: Sequence[str] | None) -> str:
    """For drivers that say nothing of their own: a web address must be one that may be opened; others are theirs."""
    return address_fault(address, allowed) if address.lower().startswith(("http://", "https://")) else ""
