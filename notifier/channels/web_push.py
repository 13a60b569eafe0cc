"""Push to browsers by the services that their makers run (RFC 8030, 8291, 8292). No app, no account of ours there.

Seen to work with our own double only, which decrypts as a browser does; the encryption is checked against RFC 8291's
own example. The service took it: *sent*. Whether a browser showed it nobody says.
"""

from __future__ import annotations

import asyncio
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ConfigDict, Field
from yarl import URL

from notifier.channels._answer_buttons import labels
from notifier.channels._fitting import fitted
from notifier.channels._push_sealing import ROOM, key_from, new_key, public_bytes, sealed, signed_claim, written
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Channel, Health, Tools
from notifier.model.delivery import Purpose, Receipt
from notifier.model.message import Message
from notifier.model.outgoing import stays_here
from notifier.model.push import encoded, subscription_in
from notifier.model.settings import Secret, SecretText
from notifier.model.words import Duration, Written

CLAIM_FOR = 12 * 3600.0
"""Seconds that a signed claim is good; RFC 8292 allows 24 h."""
CLAIM_SLACK = 3600.0
"""Seconds before its end from which a new one is made: clocks differ."""
LONGEST_WAIT = 300.0

MAKERS = (
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
"""Where the browsers of Google, Mozilla, Apple and Microsoft let themselves be reached."""


class WebPushSettings(Written):
    model_config = ConfigDict(hide_input_in_errors=True)  # a wrong setting must not show the key beside it

    contact: str = Field(pattern=r"^(mailto:[^@\s]+@[^@\s]+|https://\S+)$")
    """Whom a push service writes to when something is wrong (RFC 8292, 2.1): mailto: or https:."""
    private_key: SecretText | None = None
    """32 bytes in base64url; None: made at first start and kept in the state folder. All nodes need the same."""
    services: tuple[Annotated[str, Field(pattern=r"^(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?$")], ...] = MAKERS
    """Hosts that may be spoken to: a subscription comes from outside and must not lead us anywhere else."""
    ttl: Duration = Field(default=3600.0, ge=60, le=86400)
    """How long a service keeps it for a phone that is off; an alert that is hours old does harm."""
    connect_timeout: Duration = Field(default=3.0, gt=0)
    timeout: Duration = Field(default=10.0, gt=0)


class WebPush(Channel):
    """One VAPID key. An address is a subscription (`model.push`)."""

    Settings = WebPushSettings
    address_kind = "web_push"

    def __init__(self, name: str, settings: WebPushSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings = settings
        self._http, self._clock = tools.http, tools.clock
        self._file = Path(tools.state_dir) / f"{name}.vapid"
        self._key: ec.EllipticCurvePrivateKey | None = None
        self._claims: dict[str, tuple[str, float]] = {}
        self._limits = aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout)

    async def open(self) -> None:
        """Raises ValueError for a private key that is none."""
        theirs = self.settings.private_key
        if theirs is not None:
            self._key = key_from(theirs.reveal() if isinstance(theirs, Secret) else theirs)
        elif self._file.exists():
            self._key = key_from(self._file.read_text(encoding="ascii").strip())
        else:
            self._key = new_key()
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(written(self._key))

    @property
    def public_key(self) -> str:
        """What a browser is given as `applicationServerKey`."""
        return encoded(public_bytes(self._ours()))

    def takes(self, endpoint: str) -> bool:
        return self._allowed(endpoint)

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        """A refusal by 5xx is a TryAgain: a second push replaces the first, by its topic and its tag."""
        to = subscription_in(address)
        if to is None or not self._allowed(to.endpoint):
            raise WillNotWork("This is no subscription of a push service that we speak to.", Reason.BAD_ADDRESS)
        try:
            body = sealed(_payload(message, delivery), to)
        except ValueError:
            raise WillNotWork("The subscription's key is none: subscribe again.", Reason.BAD_ADDRESS) from None
        url = URL(to.endpoint)
        headers = {
            "Authorization": self._claim(url),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(self.settings.ttl)),
            "Topic": encoded(sha256((message.collapse or delivery).encode("utf-8", "replace")).digest())[:32],
            "Urgency": "high" if message.purpose is Purpose.EMERGENCY and not message.quiet else "normal",
        }
        try:
            async with (
                asyncio.timeout(self.settings.timeout),
                self._http.post(url, data=body, headers=headers, timeout=self._limits, allow_redirects=False) as reply,
            ):
                await reply.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise TryAgain("The push service cannot be reached; nothing was sent.") from None
        except TimeoutError:
            text = f"The push service did not answer within {self.settings.timeout:g} s; it may have taken it."
            raise OutcomeUnknown(text) from None
        except (aiohttp.ClientError, OSError, ValueError):
            # The library's own sentences hold the endpoint, which is the person's.
            raise OutcomeUnknown("The push service broke off before it answered; it may have taken it.") from None
        if reply.status not in (200, 201, 202):
            raise _refusal(reply.status, reply.headers.get("Retry-After"))
        place = reply.headers.get("Location", "")
        if reply.status == 200 and not place:
            # A captive portal also says 200 to everything; services say 201 (RFC 8030, 5).
            raise OutcomeUnknown("Something says 200 but does not answer as a push service does.")
        return Receipt(encoded(sha256(place.encode()).digest())[:22] if place else "")

    async def check(self) -> Health:
        """Ask each service that is named in full, or was used, for its front page: a push service says 404 there."""
        hosts = {f"https://{host}" for host in self.settings.services if not host.startswith("*")}
        origins = sorted({_reachable(host) for host in hosts} | set(self._claims))
        for origin in origins:
            url = URL(origin)
            try:
                async with (
                    asyncio.timeout(self.settings.timeout),
                    self._http.get(
                        url, headers={"Authorization": self._claim(url)}, timeout=self._limits, allow_redirects=False
                    ) as reply,
                ):
                    status = reply.status
            except (aiohttp.ClientError, OSError) as error:
                return Health(False, f"{url.host} does not answer ({type(error).__name__}); look at the line.")
            if status in (401, 403):
                return Health(False, f"{url.host} refuses our key ({status}); look at private_key and contact.")
            if status >= 500:
                return Health(False, f"{url.host} says that something is wrong on its side ({status}).")
        return Health(True, f"{len(origins)} push services answer. Whether a browser is there only a message shows.")

    def _ours(self) -> ec.EllipticCurvePrivateKey:
        if self._key is None:
            raise RuntimeError("This sender is not open.")
        return self._key

    def _claim(self, url: URL) -> str:
        origin = str(url.origin())
        now = self._clock.wall().timestamp()
        known, until = self._claims.get(origin, ("", 0.0))
        if until - now < CLAIM_SLACK or until - now > CLAIM_FOR:
            until = now + CLAIM_FOR
            known = signed_claim(self._ours(), origin, until, self.settings.contact)
            self._claims[origin] = (known, until)
        return known

    def _allowed(self, endpoint: str) -> bool:
        try:
            url = URL(endpoint)
            host, port = url.host or "", url.port
        except ValueError:
            return False
        if url.user or (url.scheme != "https" and not (url.scheme == "http" and stays_here(host))):
            return False
        return any(_fits(host.lower(), port, service.lower()) for service in self.settings.services)


def _fits(host: str, port: int | None, service: str) -> bool:
    name, _, named_port = service.partition(":")
    if port != (int(named_port) if named_port else 443):
        return False
    return host.endswith(name[1:]) if name.startswith("*.") else host == name


def _reachable(origin: str) -> str:
    """A double on this machine has no certificate."""
    host = URL(origin).host or ""
    return origin.replace("https://", "http://") if stays_here(host) else origin


def _payload(message: Message, delivery: str) -> bytes:
    """What our service worker reads. `tag`: a later one with the same replaces it on the device."""
    more: dict[str, Any] = {
        "tag": message.collapse or delivery,
        "link": message.link,
        "lang": message.language,
        "drill": message.drill,
        "quiet": message.quiet,
        "answers": labels(message.language, message.answers) if message.link else [],
    }
    rest = json.dumps(more, ensure_ascii=False).encode("utf-8", "replace")
    title, text = fitted(message, ROOM - len(rest) - len('"title":,"body":,'))
    whole = json.dumps({"title": title, "body": text, **more}, ensure_ascii=False, separators=(",", ":"))
    return whole.encode("utf-8", "replace")


def _refusal(status: int, retry_after: str | None) -> AdapterError:
    if status in (404, 410):
        return WillNotWork(f"The browser is not subscribed any more ({status}).", Reason.BAD_ADDRESS)
    if status in (401, 403):
        return WillNotWork(f"The push service refuses our key ({status}).", Reason.CREDENTIALS)
    if status == 429:
        known = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
        seconds = min(float(retry_after or 0), LONGEST_WAIT) if known else None
        return TryAgain(f"The push service takes no more from us for now ({status}).", seconds)
    if status >= 500:
        return TryAgain(f"The push service says that something is wrong on its side ({status}).")
    if status == 413:
        return WillNotWork(f"The message is too long for this push service ({status}).", Reason.REFUSED)
    return WillNotWork(f"The push service refuses the message ({status}).", Reason.REFUSED)
