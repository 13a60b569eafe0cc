"""What to do after an attempt. Pure: outcome and attempts in, decision out; nothing here sleeps or sends."""

from __future__ import annotations

from dataclasses import dataclass

from notifier.errors import Reason
from notifier.model.delivery import DeliveryWord

BACKOFF = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before the next attempt at the same sender: short, because an alert is only useful now."""
OTHER_SENDER = frozenset(
    {
        Reason.CREDENTIALS,
        Reason.SENDER_FAULT,
        Reason.FILTERED,
        Reason.REFUSED,
        Reason.UNREACHABLE,
        Reason.OUR_FAULT,
        Reason.NO_SENDER,
    }
)
"""Reasons that lie with the sender or the way: another sender may reach the same address."""
ASK_AFTER = (0.5, 1.0, 2.0, 4.0)
"""Seconds before the provider is asked about an attempt whose outcome is unknown."""
ASK_FOR = 10.0
"""Seconds after which an unknown emergency message is sent again: better twice than never, and recorded so."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a delivery: the word of its move, and for a retry by which sender and when."""

    word: DeliveryWord
    lane: str | None = None
    """Another sender from now on; None: the same."""
    wait: float = 0.0


def next_sender(lane: str, senders: tuple[str, ...], tried: int) -> str | None:
    """The sender after this one, in a circle, while not every one was tried.

    `senders` may lack this one: a sender that is passed over is not offered, and what it holds goes to the others.
    """
    if not set(senders) - {lane} or tried >= max(len(senders), 2) * 2:
        return None
    place = senders.index(lane) if lane in senders else -1
    return senders[(place + 1) % len(senders)]


def after_try_again(
    *, lane: str, senders: tuple[str, ...], attempt: int, age: float, give_up_after: float, asked_to_wait: float | None
) -> Decision:
    """Temporary: the next sender at once, else this one again after a pause, until it is no use any more."""
    other = next_sender(lane, senders, attempt)
    if other is not None:
        return Decision(DeliveryWord.RETRY, other)
    wait = BACKOFF[min(attempt, len(BACKOFF)) - 1]
    if asked_to_wait is not None:
        wait = max(wait, min(asked_to_wait, 60.0))
    if age + wait > give_up_after:
        return Decision(DeliveryWord.FAIL)
    return Decision(DeliveryWord.RETRY, None, wait)


def after_will_not_work(*, lane: str, senders: tuple[str, ...], attempt: int, reason: Reason) -> Decision:
    """Permanent for this sender or this address: another sender if the fault lies with the sender."""
    if reason in OTHER_SENDER:
        other = next_sender(lane, senders, attempt)
        if other is not None:
            return Decision(DeliveryWord.RETRY, other)
    return Decision(DeliveryWord.FAIL)


def after_unknown(*, askable: bool, attempt: int, age: float, give_up_after: float) -> Decision:
    """It may have left: ask first where the provider can say; else send again, since a double beats a silence."""
    if askable:
        return Decision(DeliveryWord.LOSE)
    if age > give_up_after:
        return Decision(DeliveryWord.FAIL)
    return Decision(DeliveryWord.RETRY, None, BACKOFF[min(attempt, len(BACKOFF)) - 1])
