"""What every kind of Twilio sender needs: the account, its secrets, its limits in time, and where the API is."""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, model_validator

from notifier.channels.twilio.codes import Verdict
from notifier.channels.twilio.wire import Wire
from notifier.model.outgoing import stays_here
from notifier.model.settings import SecretText
from notifier.model.words import Duration, Written


class Account(Written):
    model_config = ConfigDict(hide_input_in_errors=True)  # a wrong setting must not show the token beside it

    account_sid: str = Field(pattern=r"^AC[0-9a-f]{32}$")
    auth_token: SecretText
    """Also what Twilio signs its requests to us with, so it is needed beside an API key too."""
    api_key: str | None = Field(default=None, pattern=r"^SK[0-9a-f]{32}$")
    api_secret: SecretText | None = None
    """An API key can be revoked without changing the token everywhere."""
    signing_key: SecretText | None = None
    """The secret of a shared webhook key, for accounts that sign with HMAC-SHA256 instead of the token."""
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
    def _account(self) -> Self:
        if (self.api_key is None) != (self.api_secret is None):
            raise ValueError("api_key and api_secret belong together")
        parts = urlsplit(self.api_url)
        if parts.scheme == "http" and not stays_here(parts.hostname or ""):
            raise ValueError("api_url must be https: the token and people's numbers would be readable on the way")
        if self.connect_timeout > self.timeout:
            raise ValueError("connect_timeout is part of timeout and cannot be longer")
        return self


def line_to(account: Account) -> tuple[Wire, Any]:
    """(what requests go through, the SDK's client over it). Made inside the running loop; the wire is to be closed."""
    from twilio.rest import Client

    user = account.api_key or account.account_sid
    secret: Any = account.api_secret or account.auth_token
    wire = Wire(
        account.api_url,
        user,
        secret.reveal(),
        timeout=account.timeout,
        connect_timeout=account.connect_timeout,
        overrules=account.codes,
    )
    # The wire signs requests by itself, so the SDK needs no copy of the secret.
    return wire, Client(user, "•••", account.account_sid, http_client=wire)
