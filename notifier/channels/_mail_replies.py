"""What an SMTP reply means for a delivery (RFC 5321, 4.2; enhanced codes RFC 3463; AUTH RFC 4954)."""

from __future__ import annotations

import re
from enum import StrEnum

from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")


class Stage(StrEnum):
    """How far the conversation had come."""

    GREETING = "the connection"
    LOGIN = "our credentials"
    SENDER = "us as a sender"
    RECIPIENT = "the address"
    CONTENT = "the mail"


CREDENTIALS = frozenset({530, 534, 535, 538})

# (stage, code) -> reason; what stands nowhere is refused for the stage's own reason below.
REASONS: dict[tuple[Stage, int], Reason] = {
    (Stage.RECIPIENT, 550): Reason.BAD_ADDRESS,
    (Stage.RECIPIENT, 551): Reason.BAD_ADDRESS,
    (Stage.RECIPIENT, 553): Reason.BAD_ADDRESS,
    (Stage.RECIPIENT, 556): Reason.BAD_ADDRESS,  # RFC 7504: the domain takes no mail
    (Stage.RECIPIENT, 552): Reason.REFUSED,
    (Stage.RECIPIENT, 554): Reason.FILTERED,
    (Stage.CONTENT, 550): Reason.FILTERED,  # after the text was read it is about the text
    (Stage.CONTENT, 551): Reason.BAD_ADDRESS,
    (Stage.CONTENT, 552): Reason.REFUSED,
    (Stage.CONTENT, 553): Reason.BAD_ADDRESS,
    (Stage.CONTENT, 554): Reason.FILTERED,
}
BY_STAGE = {
    Stage.GREETING: Reason.SENDER_FAULT,
    Stage.LOGIN: Reason.CREDENTIALS,
    Stage.SENDER: Reason.SENDER_FAULT,
    Stage.RECIPIENT: Reason.REFUSED,
    Stage.CONTENT: Reason.REFUSED,
}


def refusal(stage: Stage, code: int, text: str) -> AdapterError:
    """The error for a reply that is no success. The server's words stay out of it: they repeat addresses."""
    found = _ENHANCED.match(text)
    which = f"{code} {'.'.join(found.groups())}" if found else str(code)
    if 400 <= code < 500:
        return TryAgain(f"The mail server does not take {stage} now ({which}).")
    if 500 <= code < 600:
        return WillNotWork(f"The mail server refuses {stage} ({which}).", _reason(stage, code, found))
    if stage is Stage.CONTENT:
        return OutcomeUnknown("The mail server's answer to the mail cannot be read; it may have taken it.")
    return TryAgain(f"The mail server's answer to {stage} cannot be read; no mail was sent.")


def _reason(stage: Stage, code: int, enhanced: re.Match[str] | None) -> Reason:
    if code in CREDENTIALS:
        return Reason.CREDENTIALS
    subject, detail = (enhanced[2], enhanced[3]) if enhanced else ("", "")
    if stage in (Stage.RECIPIENT, Stage.CONTENT):
        # The enhanced code is the more exact one: 550 5.7.1 is a policy, not a missing mailbox.
        if subject == "7":
            return Reason.FILTERED
        if subject == "1" and detail in ("1", "2", "3", "6", "10"):
            return Reason.BAD_ADDRESS
    return REASONS.get((stage, code), BY_STAGE[stage])
