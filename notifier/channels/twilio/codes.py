"""What Twilio's numbers and words mean for a delivery (twilio.com/docs/api/errors, twilio.com/docs/messaging/api).

Not every line could be checked against the real service; settings may overrule each (`codes: {30034: sender_fault}`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.model.delivery import DeliveryState, DeliveryWord


class Later(StrEnum):
    """The two verdicts that are not for good."""

    TRY_AGAIN = "try_again"
    UNKNOWN = "unknown"


Verdict = Reason | Later

CODES: Mapping[int, tuple[Verdict, str]] = {
    20003: (Reason.CREDENTIALS, "the account SID or token is refused: compare them with the Twilio console"),
    20429: (Later.TRY_AGAIN, "too many requests at once"),
    21211: (Reason.BAD_ADDRESS, "this is no phone number"),
    21212: (Reason.SENDER_FAULT, "our own number is not valid: see from_number"),
    21408: (Reason.SENDER_FAULT, "the account may not send to this country: allow it in the Twilio console"),
    21602: (Reason.OUR_FAULT, "the message has no text"),
    21606: (Reason.SENDER_FAULT, "our own number cannot send SMS: see from_number"),
    21608: (Reason.SENDER_FAULT, "a trial account sends to verified numbers only"),
    21610: (Reason.OPTED_OUT, "the person has told this sender to stop"),
    21611: (Reason.SENDER_FAULT, "our number's queue is full for ten hours"),
    21612: (Reason.SENDER_FAULT, "this number cannot be reached from ours"),
    21614: (Reason.BAD_ADDRESS, "this number takes no SMS"),
    21617: (Reason.OUR_FAULT, "the message has more than 1600 characters"),
    21704: (Reason.SENDER_FAULT, "the Messaging Service has no numbers"),
    30001: (Reason.SENDER_FAULT, "our number's queue overflowed"),
    30002: (Reason.SENDER_FAULT, "the account is suspended"),
    30003: (Reason.UNREACHABLE, "the phone is off or without signal"),
    30004: (Reason.FILTERED, "the message was blocked"),
    30005: (Reason.BAD_ADDRESS, "nobody has this number"),
    30006: (Reason.BAD_ADDRESS, "a landline, or a carrier that cannot be reached"),
    30007: (Reason.FILTERED, "a carrier took it for spam"),
    30008: (Reason.UNREACHABLE, "it did not arrive and nobody says why"),
    30034: (Reason.SENDER_FAULT, "our number is not registered for US traffic (A2P 10DLC)"),
    30036: (Reason.TOO_LATE, "it waited at Twilio for longer than it is useful"),
    90007: (Reason.OUR_FAULT, "the validity period is out of range"),
}

STATUSES: Mapping[str, DeliveryWord] = {
    "accepted": DeliveryWord.ACCEPTED,
    "scheduled": DeliveryWord.ACCEPTED,
    "queued": DeliveryWord.ACCEPTED,
    "sending": DeliveryWord.ACCEPTED,
    "sent": DeliveryWord.ACCEPTED,
    "delivered": DeliveryWord.DELIVERED,
    "partially_delivered": DeliveryWord.DELIVERED,
    "read": DeliveryWord.READ,
    "undelivered": DeliveryWord.FAIL,
    "failed": DeliveryWord.FAIL,
    "canceled": DeliveryWord.FAIL,
}
"""Outbound statuses only; `receiving` and `received` belong to messages that people sent us."""

STATES: Mapping[DeliveryWord, DeliveryState] = {
    DeliveryWord.ACCEPTED: DeliveryState.SENT,
    DeliveryWord.DELIVERED: DeliveryState.DELIVERED,
    DeliveryWord.READ: DeliveryState.READ,
    DeliveryWord.FAIL: DeliveryState.FAILED,
}


def verdict(code: int | None, overrules: Mapping[int, Verdict]) -> tuple[Verdict | None, str]:
    """(what to do, in words) for a Twilio error code; (None, …) if nobody knows it."""
    known, words = CODES.get(code or 0, (None, "a code that we do not know"))
    return overrules.get(code or 0, known), words


def reason_of_failure(code: int | None, overrules: Mapping[int, Verdict]) -> tuple[Reason, str]:
    """(reason, in words) for a message that Twilio took and could not deliver."""
    found, words = verdict(code, overrules)
    detail = f"Twilio {code}: {words}." if code else "Twilio gives no reason."
    return (found if isinstance(found, Reason) else Reason.UNREACHABLE), detail


def error_of_answer(
    status: int, code: int | None, retry_after: float | None, overrules: Mapping[int, Verdict]
) -> AdapterError:
    """The error for an HTTP answer that is not a success.

    Twilio's own sentence is left out on purpose: it holds full phone numbers.
    """
    found, words = verdict(code, overrules)
    text = f"Twilio answers {status}, code {code}: {words}." if code else f"Twilio answers {status}."
    if found is Later.TRY_AGAIN or (found is None and status in (408, 429)):
        return TryAgain(text, retry_after)
    if isinstance(found, Reason):
        return WillNotWork(text, found)
    if found is Later.UNKNOWN or status >= 500:
        return OutcomeUnknown(text)
    return WillNotWork(text, Reason.CREDENTIALS if status == 401 else Reason.REFUSED)
