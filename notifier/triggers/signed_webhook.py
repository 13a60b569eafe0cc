"""Anything that can sign and POST JSON: sensors, weapon detection, video systems, a telephone system's 911 notice.

By default as Standard Webhooks has it (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, base64, in
`webhook-id`, `webhook-timestamp` (seconds since 1970) and `webhook-signature` ("v1,…", several with spaces between).
Every name and the way of signing can be set, for senders that do it otherwise. Not seen with a vendor's product.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from notifier.errors import Refused
from notifier.interfaces import CallbackReply, CallbackRequest, Pressed, Trigger, TriggerTools
from notifier.model.incident import Activation
from notifier.model.settings import SecretText
from notifier.model.site import TriggerEntry
from notifier.model.words import Duration, Identifier, Written
from notifier.triggers._json_paths import at, when

SHORTEST_SECRET = 16
"""Characters. A shorter one is guessed; a stand-in for a missing one is shorter too."""
MOST_SIGNATURES = 8
"""In one header: a sender that changes its key writes two."""
LONGEST_NOTE = 300
OWN_FORM = "v1,"


class Fields(Written):
    """Where in the JSON things stand, as "a.b.0.c"; empty: nowhere."""

    zone: str = ""
    playbook: str = ""
    note: str = ""
    press_id: str = ""
    """What names this report among all; without it the webhook's own id does."""
    pressed_at: str = ""
    """When it was seen; without it, now."""
    device: str = ""
    """Which sensor; two of them confirm one another."""


class SignedWebhookSettings(Written):
    human: ClassVar[bool] = False

    secret: SecretText
    old_secret: SecretText | None = None
    """The one before, while the sender is being told the new one."""
    id_header: str = "webhook-id"
    timestamp_header: str = "webhook-timestamp"
    signature_header: str = "webhook-signature"
    signed: Literal["id.timestamp.body", "timestamp.body"] = "id.timestamp.body"
    encoding: Literal["base64", "hex"] = "base64"
    signature_prefix: str = OWN_FORM
    """What stands before the signature itself; empty for senders that write nothing there."""
    replay_window: Duration = Field(default=300.0, gt=0, le=3600)
    """How old a request may be, and how far ahead its sender's clock."""
    does: Literal["press", "tell_office"] = "press"
    """tell_office: informs the office and starts nothing, for a telephone system's notice of a 911 call."""
    only_when: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Path to the values of which one must stand there; anything else is taken for no report."""
    fields: Fields = Fields()
    zones: dict[str, Identifier] = Field(default_factory=dict)
    """What the sender calls a place to the zone it is."""

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Usable secrets; a missing or short one is none."""
        found = [secret.reveal() for secret in (self.secret, self.old_secret) if secret is not None]  # type: ignore[attr-defined]  # they are Secrets
        return tuple(key for key in map(key_of, found) if len(key) >= SHORTEST_SECRET)


class SignedWebhook(Trigger):
    Settings = SignedWebhookSettings

    def __init__(self, entry: TriggerEntry, settings: SignedWebhookSettings, tools: TriggerTools) -> None:
        super().__init__(entry, settings, tools)
        self._entry, self._settings, self._tools = entry, settings, tools
        self._press: Callable[[Activation], Awaitable[Pressed]] | None = None

    async def listen(self, press: Callable[[Activation], Awaitable[Pressed]]) -> None:
        usable = bool(self._settings.keys)
        text = (
            f"{self.name} has no usable secret ({SHORTEST_SECRET} characters or more); nothing it reports is believed."
        )
        self._tools.well(usable, f"{self.name} is ready." if usable else text)
        self._press = press if usable else None
        try:
            await asyncio.Event().wait()
        finally:
            self._press = None

    async def hook(self, request: CallbackRequest) -> CallbackReply:
        if self._press is None:
            raise Refused(f"{self.name} takes nothing now; try again.", status=503)
        name = self._checked(request)
        said = _read(request.body)
        for path, values in self._settings.only_when.items():
            if str(at(said, path)) not in values:
                return CallbackReply(status=202, body="Taken; nothing that starts a response.\n")
        pressed = await self._press(self._activation(said, name))
        words = f"started {pressed.code}" if pressed.incident else "told; people look first, and silence starts it"
        if self._settings.does == "tell_office":
            words = "the office is told"
        return CallbackReply(status=202, body=f"Taken: {words}.\n")

    def _checked(self, request: CallbackRequest) -> str:
        """The request's own id. Raises Refused."""
        headers, own = {key.lower(): value for key, value in request.headers.items()}, self._settings
        name, stamp = headers.get(own.id_header.lower(), ""), headers.get(own.timestamp_header.lower(), "")
        given = headers.get(own.signature_header.lower(), "")
        if not given or not stamp or (own.signed == "id.timestamp.body" and not name):
            raise Refused("It is not signed: the id, the timestamp or the signature is missing.", status=401)
        signed = b".".join(
            (*([_bytes(name)] if own.signed == "id.timestamp.body" else []), _bytes(stamp), request.body)
        )
        right = False
        for key in own.keys:
            known = signature(key, signed, own.encoding, own.signature_prefix)
            for one in given.split(maxsplit=MOST_SIGNATURES)[:MOST_SIGNATURES]:
                right |= hmac.compare_digest(known, _bytes(one))
        if not right:
            raise Refused("The signature does not fit; compare the secret and what is signed.", status=401)
        age = self._tools.clock.wall().timestamp() - (_stamp(stamp) or 0.0)
        if abs(age) > own.replay_window:
            raise Refused(f"It was signed {age:.0f} s ago; compare the clocks. A replay starts nothing.", status=401)
        # An id that is not signed names nothing: whoever hears a request could send it again under another one.
        return name if own.signed == "id.timestamp.body" else hashlib.sha256(signed).hexdigest()[:32]

    def _activation(self, said: Any, name: str) -> Activation:
        fields, problems = self._settings.fields, []
        zone = _word(at(said, fields.zone))
        if zone is not None:
            zone = self._settings.zones.get(zone, zone)
        device = _word(at(said, fields.device))
        if said is None:
            problems.append("its body is no JSON object and was left aside")
        return Activation(
            id=secrets.token_hex(12),
            source=f"trigger:{self.name}" + (f"/{device}" if device else ""),
            playbook=_word(at(said, fields.playbook)) or self._entry.playbook or "",
            zone=zone or self._entry.zone,
            note=str(at(said, fields.note) or "")[:LONGEST_NOTE],
            pressed_at=when(at(said, fields.pressed_at)),
            dedupe=_word(at(said, fields.press_id)) or name,
            presser=(self._entry.name or self.name) + (f", {device}" if device else ""),
            problems=tuple(problems),
            only_tells=self._settings.does == "tell_office",
        )


def key_of(secret: str) -> bytes:
    """`whsec_` and base64, as Standard Webhooks writes keys, or the text itself."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            return b""
    return secret.encode()


def signature(key: bytes, signed: bytes, encoding: str = "base64", prefix: str = OWN_FORM) -> bytes:
    """As it stands in the header."""
    digest = hmac.digest(key, signed, "sha256")
    return prefix.encode() + (digest.hex().encode() if encoding == "hex" else base64.b64encode(digest))


def _bytes(header: str) -> bytes:
    """As it came, also what is no text: a stranger's bytes make a wrong signature and no fault of ours."""
    return header.encode("utf-8", "surrogateescape")


def _read(body: bytes) -> Mapping[str, Any] | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _stamp(written: str) -> float | None:
    return when(float(written)) if written.replace(".", "", 1).isdecimal() and len(written) < 20 else when(written)


def _word(written: Any) -> str | None:
    """A short name, or None."""
    if isinstance(written, bool) or not isinstance(written, str | int):
        return None
    return str(written).strip()[:80] or None
