"""A delivery: one message to one address, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from notifier.errors import Reason
from notifier.model.states import State, move


class DeliveryState(State):
    QUEUED = "queued", "Waiting for its turn or its time."
    SENDING = "sending", "Claimed by a node and about to leave, or leaving."
    SENT = "sent", "The provider took it; it is not known to have arrived."
    DELIVERED = "delivered", "The provider says that the device has it."
    READ = "read", "The device or provider says that it was opened."
    FAILED = "failed", "It will not arrive at this address; the next address of the person is tried."
    UNKNOWN = "unknown", "It may have left; the provider is asked before it is sent again."
    RECALLED = "recalled", "Stopped by a recall before it left."
    MOOT = "moot", "Not needed any more: the person has answered or the step is over."
    EXPIRED = "expired", "It did not leave while it was still useful."


class DeliveryWord(StrEnum):
    CLAIM = "claim"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAIL = "fail"
    RETRY = "retry"
    LOSE = "lose"
    RECALL = "recall"
    ANSWERED = "answered"
    EXPIRE = "expire"


_D, _W = DeliveryState, DeliveryWord
DELIVERY_MOVES: dict[tuple[DeliveryState, DeliveryWord], DeliveryState] = {
    (_D.QUEUED, _W.CLAIM): _D.SENDING,
    (_D.QUEUED, _W.FAIL): _D.FAILED,
    (_D.QUEUED, _W.RECALL): _D.RECALLED,
    (_D.QUEUED, _W.ANSWERED): _D.MOOT,
    (_D.QUEUED, _W.EXPIRE): _D.EXPIRED,
    (_D.SENDING, _W.ACCEPTED): _D.SENT,
    (_D.SENDING, _W.DELIVERED): _D.DELIVERED,
    (_D.SENDING, _W.READ): _D.READ,
    (_D.SENDING, _W.FAIL): _D.FAILED,
    (_D.SENDING, _W.RETRY): _D.QUEUED,
    (_D.SENDING, _W.LOSE): _D.UNKNOWN,
    (_D.SENDING, _W.RECALL): _D.RECALLED,
    (_D.SENDING, _W.ANSWERED): _D.MOOT,
    (_D.UNKNOWN, _W.ACCEPTED): _D.SENT,
    (_D.UNKNOWN, _W.DELIVERED): _D.DELIVERED,
    (_D.UNKNOWN, _W.READ): _D.READ,
    (_D.UNKNOWN, _W.RETRY): _D.QUEUED,
    (_D.UNKNOWN, _W.FAIL): _D.FAILED,
    (_D.UNKNOWN, _W.ANSWERED): _D.MOOT,
    (_D.UNKNOWN, _W.EXPIRE): _D.EXPIRED,
    (_D.SENT, _W.DELIVERED): _D.DELIVERED,
    (_D.SENT, _W.READ): _D.READ,
    (_D.SENT, _W.FAIL): _D.FAILED,
    (_D.DELIVERED, _W.READ): _D.READ,
}


def move_delivery(state: DeliveryState, word: DeliveryWord) -> DeliveryState:
    return move("A delivery", DELIVERY_MOVES, state, word)


def later_news(state: DeliveryState, word: DeliveryWord) -> DeliveryState | None:
    """What a provider's report changes, or None: reports come late, twice and out of order and never move back."""
    return DELIVERY_MOVES.get((state, word))


UNSETTLED = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)
REACHED = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
"""These have left us: a recall must follow them with a correction."""


class Purpose(StrEnum):
    """Why a message is sent: what it may use and whom it may wake."""

    EMERGENCY = "emergency"  # uses the reserve, needs no consent
    DRILL = "drill"  # set by the drill route whatever the file says
    ROUTINE = "routine"  # consent, opt-out, quiet hours


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider gave us for one attempt."""

    ref: str
    """The provider's own id; empty where it gives none."""
    state: DeliveryState = DeliveryState.SENT
    segments: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """Later news of an earlier attempt, from a callback or from asking."""

    ref: str
    word: DeliveryWord
    """DELIVERED, READ, FAIL or ACCEPTED (again)."""
    reason: Reason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that a person sent us."""

    channel: str
    """The kind of address it came from: `sms`, `push`, `email`, `voice`."""
    address: str
    text: str
    ref: str
    """The provider's id of this message: the same twice is one message."""
    opt_out: bool = False
    """The provider took it as an opt-out; it sends this address nothing more."""
    opt_in: bool = False
