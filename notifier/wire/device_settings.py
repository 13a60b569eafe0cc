"""What every device over HTTP may have under `settings:`, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field, ValidationError

from notifier.errors import Reason, WillNotWork
from notifier.model.outgoing import address_fault
from notifier.model.settings import Secret, SecretText
from notifier.model.words import Duration, Written
from notifier.wire.web_device import Login, Scheme


class WebSettings(Written):
    """What every device over HTTP may have under `settings:`."""

    address_fault: ClassVar[Callable[[str, Sequence[str] | None], str]] = staticmethod(address_fault)
    """Asked by `notifier check`, so that a file names no address that is refused at the press."""

    connect_limit: Duration = Field(default=1.5, gt=0, le=10)
    """Seconds for the connection. On a local network it takes milliseconds; one lost packet costs TCP one second."""
    reply_limit: Duration = Field(default=4.0, gt=0, le=15)
    """Seconds for the whole exchange. Within the 10 s for a verified or named door there must be room for a retry."""
    fingerprint: str | None = Field(default=None, pattern="^([0-9A-Fa-f]{2}:?){32}$")
    """For https: SHA-256 of the device's own certificate, so that a self-signed one is no guess."""


class LoginSettings(WebSettings):
    """A user and a password."""

    user: str = Field(default="admin", pattern="^[^:]+$")
    password: SecretText | None = Field(default=None, repr=False)


def read_settings(model: type[Any], written: Mapping[str, Any]) -> Any:
    """`written` as the driver's own Settings; raises WillNotWork(OUR_FAULT), without what was written."""
    try:
        return model.model_validate(written)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False))
        # `from None`: pydantic's own error shows what was written, and that may be a password.
        raise WillNotWork(f"The settings of this device are wrong: {'; '.join(faults)}.", Reason.OUR_FAULT) from None


def login_of(
    address: str, settings: WebSettings, scheme: Scheme, user: str, password: str | None, unit: str = ""
) -> Login:
    plain = password.reveal() if isinstance(password, Secret) else password
    return Login(address, scheme, user, plain, settings.connect_limit, settings.reply_limit, settings.fingerprint, unit)
