"""What an administrator writes under `senders: {NAME: {channel: twilio, settings: …}}`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from notifier.channels.twilio.account import Account
from notifier.model.words import Duration


class Settings(Account):
    from_number: str | None = Field(default=None, pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{5,6})$")
    """Our number in E.164, or a short code; or else `messaging_service_sid`."""
    messaging_service_sid: str | None = Field(default=None, pattern=r"^MG[0-9a-f]{32}$")
    status_callback: bool = True
    """Whether Twilio tells us what became of each message; needs a public address."""
    validity: Duration = Field(default=3600.0, ge=1, le=36000)
    """How long a message may wait at Twilio; an alert that is hours old does harm."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.from_number is None) == (self.messaging_service_sid is None):
            raise ValueError(
                "write one of from_number and messaging_service_sid: the number or service it is sent from"
            )
        return self
