"""SMS over Amazon SNS: one Publish per phone number (docs.aws.amazon.com/sns/latest/api/API_Publish.html).

Seen to work with moto's server only, never with AWS itself. SNS says no more than that it took a message: what became
of it stands in CloudWatch, and nobody can be asked. So a receipt stays *sent*, and a request without an answer is
*unknown* for good. The client is aiobotocore's, imported when the sender opens.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from contextlib import AsyncExitStack
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, model_validator

from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Channel, Health, Tools
from notifier.model.delivery import Receipt
from notifier.model.message import Message
from notifier.model.outgoing import stays_here
from notifier.model.segments import segments
from notifier.model.settings import SecretText
from notifier.model.words import Duration, Written

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")

THROTTLED = frozenset(
    {"Throttled", "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException"}
)
STRANGERS = frozenset(
    {
        "AuthorizationError",
        "AccessDenied",
        "ExpiredToken",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""AWS codes about who we are (Common Errors of the SNS API reference)."""

QUIETED = ("aiobotocore", "botocore")
"""At DEBUG these write whole requests, with numbers, words and signatures in them."""

MOST_AT_ONCE = 512
"""Connections of one client: the sender's window bounds what is in flight, as in `model.settings.Sender`."""


class SnsSettings(Written):
    model_config = ConfigDict(hide_input_in_errors=True)  # a wrong setting must not show the key beside it

    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")
    access_key_id: str = Field(pattern=r"^[A-Z0-9]{16,128}$")
    secret_access_key: SecretText
    sender_id: str | None = Field(default=None, max_length=11, pattern=r"^[A-Za-z0-9]{0,10}[A-Za-z][A-Za-z0-9]{0,10}$")
    """Shown as the sender where a country allows it; the USA and Canada do not."""
    origination_number: str | None = Field(default=None, pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{5,6})$")
    """Our number or short code at AWS; None: SNS chooses one of the account's."""
    sms_type: Literal["Transactional", "Promotional"] = "Transactional"
    """AWS carries Transactional with more care, and drops Promotional first."""
    max_price: float | None = Field(default=None, gt=0)
    """US dollars for one message; a dearer one is refused by AWS."""
    connect_timeout: Duration = Field(default=3.0, gt=0)
    timeout: Duration = Field(default=5.0, gt=0)
    """For one request."""
    endpoint: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+/?$")
    """Another address than the region's own: a private endpoint, or a double's."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        parts = urlsplit(self.endpoint or "https://")
        if parts.scheme == "http" and not stays_here(parts.hostname or ""):
            raise ValueError("endpoint must be https: people's numbers would be readable on the way")
        if self.connect_timeout > self.timeout:
            raise ValueError("connect_timeout is part of timeout and cannot be longer")
        return self


class AwsSns(Channel):
    """One AWS account in one region. An address is a phone number in E.164."""

    Settings = SnsSettings
    address_kind = "sms"

    def __init__(self, name: str, settings: SnsSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings = settings
        self._client: Any = None
        self._open = AsyncExitStack()
        self._attributes = _attributes(settings)

    async def open(self) -> None:
        """One client for as long as the sender is open; what it reads from disk costs some 100 ms once."""
        from aiobotocore.config import AioConfig
        from aiobotocore.session import get_session

        for name in QUIETED:
            logging.getLogger(name).setLevel(logging.INFO)
        ours = self.settings
        config = AioConfig(
            connect_timeout=ours.connect_timeout,
            read_timeout=ours.timeout,
            max_pool_connections=MOST_AT_ONCE,
            retries={"total_max_attempts": 1, "mode": "standard"},  # who tries again, and where, the lanes decide
            parameter_validation=False,
            proxies={},
        )
        self._client = await self._open.enter_async_context(
            get_session().create_client(
                "sns",
                region_name=ours.region,
                endpoint_url=ours.endpoint,
                aws_access_key_id=ours.access_key_id,
                aws_secret_access_key=ours.secret_access_key.reveal(),  # type: ignore[attr-defined]  # SecretText is a Secret once pydantic has read it
                config=config,
            )
        )

    async def close(self) -> None:
        self._client = None
        with contextlib.suppress(OSError):
            await self._open.aclose()

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        if not NUMBER.fullmatch(address):
            raise WillNotWork("This is no phone number in the form +15550100142.", Reason.BAD_ADDRESS)
        text = message.sms_text().encode("utf-8", "replace").decode()
        made = await self._call("publish", PhoneNumber=address, Message=text, MessageAttributes=self._attributes)
        ref = made.get("MessageId")
        if not isinstance(ref, str) or not ref:
            raise OutcomeUnknown("SNS took the request and gave an answer without an id.")
        return Receipt(ref, segments=self.segments(message))

    def segments(self, message: Message) -> int:
        return segments(message.sms_text())

    async def check(self) -> Health:
        """Read the account's SMS attributes and whether it is still in the sandbox; sends nothing."""
        try:
            answer = await self._call("get_sms_attributes")
        except AdapterError as error:
            return Health(False, str(error))
        if not isinstance(answer.get("attributes"), dict):
            return Health(False, "Something answers, but not as SNS does: see endpoint and region.")
        try:
            sandbox = (await self._call("get_sms_sandbox_account_status")).get("IsInSandbox")
        except AdapterError:
            text = "SNS answers. Whether the account is in the SMS sandbox it does not say to this key: look once."
            return Health(True, text)
        if sandbox:
            text = "The account is in the SMS sandbox: only verified numbers get messages. Ask AWS to move it out."
            return Health(False, text)
        return Health(True, "SNS answers and the account is out of the SMS sandbox.")

    async def _call(self, operation: str, **fields: Any) -> dict[str, Any]:
        """One request. Raises TryAgain, WillNotWork or OutcomeUnknown."""
        from botocore import exceptions as aws
        from botocore.parsers import ResponseParserError

        if self._client is None:
            raise RuntimeError("This sender is not open.")
        try:
            async with asyncio.timeout(self.settings.timeout):
                answer = await getattr(self._client, operation)(**fields)
        except aws.ClientError as error:
            raise _refusal(error.response) from None
        except (aws.EndpointConnectionError, aws.ConnectTimeoutError, aws.ProxyConnectionError, aws.SSLError):
            raise TryAgain("SNS cannot be reached; nothing left.") from None
        except (TimeoutError, aws.ReadTimeoutError):
            raise OutcomeUnknown(f"SNS did not answer within {self.settings.timeout:g} s.") from None
        except (aws.BotoCoreError, ResponseParserError, OSError, ValueError) as error:
            # The library's own sentences may hold the request.
            raise OutcomeUnknown(f"The exchange with SNS broke off ({type(error).__name__}).") from None
        return answer if isinstance(answer, dict) else {}


def _attributes(ours: SnsSettings) -> dict[str, dict[str, str]]:
    written: dict[str, tuple[str, str]] = {"AWS.SNS.SMS.SMSType": ("String", ours.sms_type)}
    if ours.sender_id is not None:
        written["AWS.SNS.SMS.SenderID"] = ("String", ours.sender_id)
    if ours.origination_number is not None:
        written["AWS.MM.SMS.OriginationNumber"] = ("String", ours.origination_number)
    if ours.max_price is not None:
        written["AWS.SNS.SMS.MaxPrice"] = ("Number", f"{ours.max_price:g}")
    return {name: {"DataType": kind, "StringValue": value} for name, (kind, value) in written.items()}


def _refusal(response: Any) -> AdapterError:
    """What an answer that is no success means. AWS's own sentence is left out: it holds full phone numbers."""
    said = response.get("Error", {})
    code, sentence = str(said.get("Code", ""))[:60], str(said.get("Message", "")).lower()
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    which = f"{status}, {code}" if code and not code.isdigit() else f"{status}"
    if code in THROTTLED or status in (429, 503):
        return TryAgain(f"SNS takes no more from us for now ({which}).")
    if status >= 500:
        return OutcomeUnknown(f"SNS says that something is wrong on its side ({which}).")
    if code in STRANGERS or status in (401, 403):
        return WillNotWork(f"SNS refuses our key, or the key may not do this ({which}).", Reason.CREDENTIALS)
    if code == "OptedOut" or "opted out" in sentence:
        return WillNotWork(f"The person has told AWS to stop ({which}).", Reason.OPTED_OUT)
    if code.startswith("InvalidParameter") and ("phonenumber" in sentence or "phone number" in sentence):
        return WillNotWork(f"SNS sends nothing to this number ({which}).", Reason.BAD_ADDRESS)
    if status < 400:
        return OutcomeUnknown(f"SNS gave an answer that cannot be read ({which}).")
    return WillNotWork(f"SNS refuses the message ({which}).", Reason.REFUSED)
