"""What a mail server does, without a socket: inboxes, an account, faults on order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from itertools import count
from typing import Any

from notifier.model.states import State


class MailFault(State):
    """How the server behaves instead of well."""

    STRANGER = "stranger", "It refuses every login (535)."
    GOOD_BYE = "good_bye", "It answers MAIL with 421 and hangs up."
    BUSY = "busy", "It answers RCPT with 450."
    UNKNOWN_USER = "unknown_user", "It answers RCPT with 550 5.1.1."
    POLICY = "policy", "It answers RCPT with 550 5.7.1."
    FULL = "full", "It answers the mail with 552."
    FILTERED = "filtered", "It answers the mail with 554 5.7.1."
    BROKEN = "broken", "It answers everything with 451."
    NONSENSE = "nonsense", "It takes the mail and answers something that is no SMTP."
    RESET = "reset", "It reads the mail, takes nothing and drops the connection."
    DROPS_AFTER_DATA = "drops_after_data", "It takes the mail and drops the connection instead of answering."
    HANGS = "hangs", "It reads the mail, takes nothing and never answers; nor does it answer NOOP."
    TAKES_AND_HANGS = "takes_and_hangs", "It takes the mail and never answers; nor does it answer NOOP."
    SLOW = "slow", "It takes the mail and answers after `slow` seconds."


REPLIES = {
    MailFault.STRANGER: "535 5.7.8 Authentication credentials invalid",
    MailFault.GOOD_BYE: "421 4.3.2 Closing, see you later",
    MailFault.BUSY: "450 4.2.1 Mailbox busy, come back later",
    MailFault.UNKNOWN_USER: "550 5.1.1 No such user here",
    MailFault.POLICY: "550 5.7.1 Not from you",
    MailFault.FULL: "552 5.2.2 Mailbox full",
    MailFault.FILTERED: "554 5.7.1 Looks like spam",
    MailFault.BROKEN: "451 4.3.0 Something is wrong here",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it came over the wire: the envelope, and the bytes."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    connection: int = 0

    @property
    def parsed(self) -> EmailMessage:
        """Read as a mail program reads it."""
        return message_from_bytes(self.content, policy=SMTPUTF8)

    @property
    def subject(self) -> str:
        return str(self.parsed["Subject"])

    @property
    def text(self) -> str:
        """The plain text part, with line ends as they are."""
        part = self.parsed.get_body(("plain",))
        return "" if part is None else str(part.get_content())


@dataclass
class MailModel:
    """One server. Not safe for threads; one loop uses it."""

    accounts: Mapping[str, str] = field(default_factory=dict)
    """User to password; empty: nobody logs in."""
    unknown: Collection[str] = ()
    """Addresses that do not exist."""
    slow: float = 0.2
    down: bool = False
    """Nobody listens; a socket server is stopped instead."""
    letters: list[Letter] = field(default_factory=list)
    listeners: list[Callable[[Letter], None]] = field(default_factory=list)
    _orders: list[list[Any]] = field(default_factory=list)
    _queue_ids: Any = field(default_factory=count)

    def order(self, fault: MailFault, times: int | None = None) -> None:
        """From the next conversation on: for so many mails, or until `heal` (None)."""
        self._orders.append([fault, times])

    def heal(self) -> None:
        self._orders.clear()

    @property
    def fault(self) -> MailFault | None:
        """What holds now; `used` counts it down."""
        return MailFault(self._orders[0][0]) if self._orders else None

    def used(self) -> None:
        """A mail has met the fault."""
        if self._orders and self._orders[0][1] is not None:
            self._orders[0][1] -= 1
            if self._orders[0][1] <= 0:
                self._orders.pop(0)

    def knows(self, user: str, password: str) -> bool:
        return self.fault is not MailFault.STRANGER and self.accounts.get(user) == password

    def refuses_recipient(self, address: str) -> str | None:
        """The reply to RCPT if it is a refusal."""
        if self.fault in (MailFault.BUSY, MailFault.UNKNOWN_USER, MailFault.POLICY):
            return REPLIES[self.fault]
        return REPLIES[MailFault.UNKNOWN_USER] if address in self.unknown else None

    def refuses_content(self) -> str | None:
        """The reply to the mail itself if it is a refusal."""
        return REPLIES[self.fault] if self.fault in (MailFault.FULL, MailFault.FILTERED) else None

    def take(self, letter: Letter) -> str:
        """Put it into its recipients' inboxes; the reply."""
        self.letters.append(letter)
        for listener in self.listeners:
            listener(letter)
        return f"250 2.0.0 queued as Q{next(self._queue_ids):06d}"

    def inbox(self, address: str) -> list[Letter]:
        return [letter for letter in self.letters if address in letter.recipients]
