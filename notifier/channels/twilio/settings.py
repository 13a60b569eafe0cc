"""What an administrator writes under `senders: {NAME: {channel: twilio, settings: …}}`."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, model_validator

from notifier.channels.twilio.codes import Verdict
from notifier.model.outgoing import stays_here
from notifier.model.settings import SecretText
from notifier.model.words import Duration, Written


class Settings(Written):
    model_config = ConfigDict(hide_input_in_errors=True)  # a wrong setting must not show the token beside it

    account_sid: str = Field(pattern=r"^AC[0-9a-f]{32}$")
    auth_token: SecretText
    """Also what Twilio signs its requests to us with, so it is needed beside an API key too."""
    api_key: str | None = Field(default=None, pattern=r"^SK[0-9a-f]{32}$")
    api_secret: SecretText | None = None
    """An API key can be revoked without changing the token everywhere."""
    from_number: str | None = Field(default=None, pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{5,6})$")
    """Our number in E.164, or a short code; or else `messaging_service_sid`."""
    messaging_service_sid: str | None = Field(default=None, pattern=r"^MG[0-9a-f]{32}$")
    status_callback: bool = True
    """Whether Twilio tells us what became of each message; needs a public address."""
    signing_key: SecretText | None = None
    """The secret of a shared webhook key, for accounts that sign with HMAC-SHA256 instead of the token."""
    validity: Duration = Field(default=3600.0, ge=1, le=36000)
    """How long a message may wait at Twilio; an alert that is hours old does harm."""
    timeout: Duration = Field(default=5.0, gt=0)
    """For one request: Twilio answers in well under a second, and a lane must not stand still behind it."""
    connect_timeout: Duration = Field(default=3.0, gt=0)
    """A connection that takes longer is not made: then nothing has left and the next sender can have it."""
    ask_timeout: Duration = Field(default=10.0, gt=0)
    """For asking about an unknown attempt and for polling, which may take several pages."""
    api_url: str = Field(default="https://api.twilio.com", pattern=r"^https?://[^/?#\s]+/?$")
    """Another region's address, or a double's."""
    codes: dict[int, Verdict] = Field(default_factory=dict)
    """What an error code means, where the account's own experience differs: a reason, `try_again` or `unknown`."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.from_number is None) == (self.messaging_service_sid is None):
            raise ValueError(
                "write one of from_number and messaging_service_sid: the number or service it is sent from"
            )
        if (self.api_key is None) != (self.api_secret is None):
            raise ValueError("api_key and api_secret belong together")
        parts = urlsplit(self.api_url)
        if parts.scheme == "http" and not stays_here(parts.hostname or ""):
            raise ValueError("api_url must be https: the token and people's numbers would be readable on the way")
        if self.connect_timeout > self.timeout:
            raise ValueError("connect_timeout is part of timeout and cannot be longer")
        return self
