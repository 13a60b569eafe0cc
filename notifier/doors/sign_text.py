"""Text signs that are told by HTTP: what is sent, and how what they show is read back, are settings.

The words belong to the action of the playbook, in the site's languages; a drill's stamp is put on here and cannot be
written off. Seen with no sign yet; what it says on the wire is what the settings say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, Self
from urllib.parse import quote, quote_plus

from pydantic import Field, model_validator

from notifier.doors._http_recipe import HeaderName, HeaderText, Request, Sense, found_in
from notifier.doors._web_relay import Status, WebSignal, Wire
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import SignalDriver, SignWords
from notifier.model.delivery import Purpose
from notifier.model.incident import Action
from notifier.model.message import Message
from notifier.model.site import Signal
from notifier.model.words import Texts, text_in
from notifier.wire.device_settings import LoginSettings, login_of, read_settings
from notifier.wire.web_device import Login, Scheme, WebDevice

PLACE = "{text}"
UNWRITTEN = {Action.OTHER: "EMERGENCY"}
"""What stands there for an action without words of its own; the others show their own name."""


class SignSettings(LoginSettings):
    """What a sign writes under `settings:`."""

    auth: Literal["none", "basic", "digest", "bearer"] = "none"
    headers: dict[HeaderName, HeaderText] = Field(default_factory=dict)
    show: Request
    """`{text}` in its URL or body becomes the words, encoded as `encode` says (in the URL always percent-encoded)."""
    encode: Literal["json", "form", "plain"] = "json"
    clear: Request | None = None
    """How it is told to stop; None: it is shown `blank`."""
    blank: str = Field(default="", max_length=200)
    state: Sense | None = None
    """How to read what it shows; None: it cannot be read, and its words count as sent and no more."""
    texts: dict[Action, Texts] = Field(default_factory=dict)
    languages: tuple[str, ...] = Field(default=("en",), min_length=1, max_length=4)
    between: str = Field(default=" / ", max_length=8)
    """What stands between two languages."""

    @model_validator(mode="after")
    def _somewhere_to_write(self) -> Self:
        if PLACE not in f"{self.show.url}{self.show.body or ''}":
            raise ValueError("`show` has no {text} in its url or body: nothing would be shown")
        if self.encode == "json" and self.show.body is not None:
            try:
                json.loads(self.show.body.replace(PLACE, "x"))
            except ValueError:
                raise ValueError("the body of `show` is no JSON: mend it, or say encode: form or plain") from None
        return self


class Sign(Wire[SignSettings]):
    """Puts words into the request that the settings describe."""

    called = "text sign"

    def login(self, address: str, settings: SignSettings) -> Login:
        scheme: Scheme = settings.auth
        return login_of(address, settings, scheme, settings.user, settings.password)

    async def switch(self, device: WebDevice, settings: SignSettings, on: bool) -> None:
        if on:
            await self.show(device, settings, SignWords(Action.OTHER, drill=False))
        elif settings.clear is not None:
            await self._tell(device, settings, settings.clear, "")
        else:
            await self._tell(device, settings, settings.show, settings.blank)

    async def show(self, device: WebDevice, settings: SignSettings, words: SignWords) -> None:
        await self._tell(device, settings, settings.show, text_of(settings, words))

    async def status(self, device: WebDevice, settings: SignSettings, inputs: frozenset[int]) -> Status:
        """On: it shows words of ours. What somebody else wrote on it, or nothing, is off."""
        sense = settings.state
        if sense is None:
            raise WillNotWork(f"{device.name} cannot be read: settings name no `state`.", Reason.NOT_SUPPORTED)
        reply = await device.exchange(
            sense.method, sense.url, headers={**settings.headers, **sense.headers}, body=sense.body
        )
        if reply.status != 200:
            raise device.refusal(reply.status, "tell what it shows")
        found = found_in(sense, reply.text)
        return Status(found.strip() in _ours(settings) if isinstance(found, str) else None)

    async def _tell(self, device: WebDevice, settings: SignSettings, request: Request, text: str) -> None:
        body = None if request.body is None else request.body.replace(PLACE, _encoded(text, settings.encode))
        url = request.url.replace(PLACE, quote(text, safe=""))
        kind: Mapping[str, str] = {
            "json": "application/json",
            "form": "application/x-www-form-urlencoded",
            "plain": "text/plain; charset=utf-8",
        }
        headers = {**({} if body is None else {"Content-Type": kind[settings.encode]}), **settings.headers}
        reply = await device.exchange(request.method, url, headers={**headers, **request.headers}, body=body)
        if reply.status not in (200, 201, 202, 204):
            raise device.refusal(reply.status, "show words")


class SignText(WebSignal, SignalDriver):
    """A sign that shows words until the incident is over. It can say DRILL."""

    Settings = SignSettings
    wire = Sign()

    async def show(self, signal: Signal, words: SignWords) -> None:
        settings: SignSettings = read_settings(SignSettings, signal.settings)
        device = self._network.device(self.wire.login(signal.address, settings))
        await device.command(lambda: self.wire.show(device, settings, words))

    def can_tell(self, signal: Signal) -> bool:
        return signal.settings.get("state") is not None


def text_of(settings: SignSettings, words: SignWords) -> str:
    """What stands on the sign: each language once, each with its own drill word in a drill."""
    action = Action(words.action)
    texts = settings.texts.get(action) or {"en": UNWRITTEN.get(action, str(action).upper())}
    said: dict[str, None] = {}
    for wanted in settings.languages:
        language, text = text_in(texts, wanted)
        said[Message("", text, language, Purpose.EMERGENCY, words.drill).text] = None
    return settings.between.join(said)


def _ours(settings: SignSettings) -> frozenset[str]:
    """Everything that this sign may have been told to show."""
    every = (SignWords(action, drill=drill) for action in Action for drill in (False, True))
    return frozenset(text_of(settings, words).strip() for words in every)


def _encoded(text: str, how: str) -> str:
    return {"json": json.dumps(text)[1:-1], "form": quote_plus(text), "plain": text}[how]
