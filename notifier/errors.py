"""Every error that `notifier` raises.

NotifierError
├── SetupError          files or settings are wrong; lists every fault with its place
├── AdapterError        the only thing a channel, door driver, signal or speaker may raise (cancellation apart)
│   ├── TryAgain          temporary; nothing left us, or repeating is harmless
│   ├── WillNotWork       permanent for this address or device; carries a Reason
│   └── OutcomeUnknown    it may have happened: ask or read back before repeating
├── IllegalMove         a table of states said no; nothing has changed
├── Refused             this caller may not do this, or the request cannot be met; says what to do
├── NotFound            the thing named does not exist
└── LedgerError         the store refused; a trouble, never the end of a running response
    └── StoreGone         the store does not answer in time or cannot write
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class NotifierError(Exception):
    """Something that `notifier` knows how to say in one sentence."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake in a file: where it is, what it is, what to do about it."""

    file: str
    line: int
    column: int
    text: str
    advice: str = ""
    level: str = "error"
    """"error" stops publishing; "warning" is shown and kept."""
    rule: str = ""
    """The rule that was broken, by its name in `docs/reference/check_rules.md`; empty: the file cannot be read."""

    def __str__(self) -> str:
        advice = f" {self.advice}" if self.advice else ""
        rule = f" [{self.rule}]" if self.rule else ""
        return f"{self.file}:{self.line}:{self.column}: {self.level}: {self.text}{advice}{rule}"


class SetupError(NotifierError):
    """The files cannot be used as they are."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults) or "The files cannot be used as they are.")


class Reason(StrEnum):
    """Why something will not work: a closed list, so that it can be counted."""

    BAD_ADDRESS = "bad_address"  # the number or address does not exist or cannot take this kind of message
    OPTED_OUT = "opted_out"  # the person told this sender to stop
    CREDENTIALS = "credentials"  # the provider or device refused who we say we are
    REFUSED = "refused"  # the provider or device said no to this request
    SENDER_FAULT = "sender_fault"  # our sender is not registered, not allowed or full
    FILTERED = "filtered"  # a carrier or filter dropped it
    UNREACHABLE = "unreachable"  # the far end does not answer
    TOO_LATE = "too_late"  # it was not handed over while it was still useful
    NOT_SUPPORTED = "not_supported"  # this device cannot do this
    NO_SENDER = "no_sender"  # no sender is configured for this kind of address
    OUR_FAULT = "our_fault"  # a fault of ours; raised as a trouble too


class AdapterError(NotifierError):
    """A channel or device did not do what was asked."""


class TryAgain(AdapterError):
    """It did not work now and may work later."""

    def __init__(self, text: str, after: float | None = None) -> None:
        """`after`: seconds the far end asked us to wait, if it did."""
        super().__init__(text)
        self.after = after


class WillNotWork(AdapterError):
    """It will not work however often it is repeated."""

    def __init__(self, text: str, reason: Reason) -> None:
        super().__init__(text)
        self.reason = reason


class OutcomeUnknown(AdapterError):
    """It may or may not have happened."""


class IllegalMove(NotifierError):
    """A table of states does not allow this; nothing has changed."""


class Refused(NotifierError):
    """The request was understood and is not allowed; the text says what to do instead."""

    def __init__(self, text: str, status: int = 403) -> None:
        """`status`: the HTTP status it is answered with (RFC 9110)."""
        super().__init__(text)
        self.status = status


class NotFound(NotifierError):
    """What was named does not exist."""


class LedgerError(NotifierError):
    """The store refused."""


class StoreGone(LedgerError):
    """The store does not answer in time or cannot write."""
