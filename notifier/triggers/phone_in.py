"""Start a response by telephone: Twilio calls us, a PIN says who it is, a digit chooses, and the same digit confirms.

TwiML and the signature are those of twilio.com/docs/voice/twiml and twilio.com/docs/usage/security. Not seen with a
real number. Starts nothing but what the settings name, never a drill unless they say so, and never calls anybody.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from pydantic import Field, field_validator

from notifier.errors import Refused
from notifier.interfaces import CallbackReply, CallbackRequest, Pressed, Trigger, TriggerTools
from notifier.model.incident import Activation
from notifier.model.settings import Secret, SecretText
from notifier.model.site import TriggerEntry
from notifier.model.words import Identifier, Written
from notifier.triggers._pin_guesses import PinGuesses

TRIES = 3
"""Wrong PINs in one call."""
MOST_CALLS = 1000
"""Calls remembered at once; the oldest are forgotten, those first that have shown no PIN."""
SHORTEST_PIN = 4
GUESSING = "phone-guessing"
"""The trouble of somebody who tries PINs: another one than that of a caller who forgot theirs."""
LONGEST_BODY, MOST_FIELDS = 65_536, 200
"""Bytes and fields of a form, read before anybody knows who sent it; a call's own has some 30 in 2 kB."""


class Choice(Written):
    playbook: Identifier
    zone: Identifier | None = None
    drill: bool = False
    """Starts a drill and nothing live: only where this is written."""


class PhoneInSettings(Written):
    human: ClassVar[bool] = True

    auth_token: SecretText
    """Of the Twilio account that the number belongs to: it signs what it sends."""
    site_pin: SecretText | None = None
    """One for everybody; the board then shows the number that called and no name."""
    person_pins: dict[Identifier, SecretText] = Field(default_factory=dict)
    """A PIN of their own for people of the contacts."""
    choices: dict[Literal["1", "2", "3", "4", "5", "6", "7", "8", "9"], Choice] = Field(min_length=1)
    language: str = "en-US"
    attested: str = "TN-Validation-Passed-A"
    """What `StirVerstat` of a call begins with when the network vouches for the caller's number (SHAKEN/STIR)."""

    @field_validator("choices", mode="before")
    @classmethod
    def _digits(cls, written: object) -> object:
        return {str(key): value for key, value in written.items()} if isinstance(written, dict) else written

    @field_validator("person_pins", mode="before")
    @classmethod
    def _never_written_out(cls, written: object) -> object:
        if isinstance(written, dict) and not all(isinstance(pin, Secret) for pin in written.values()):
            raise ValueError("a PIN is a secret: write ${env:NAME} or file:PATH")
        return written

    @property
    def people_named(self) -> Sequence[tuple[tuple[str | int, ...], str]]:
        return tuple((("person_pins", name), name) for name in self.person_pins)

    @property
    def playbooks_named(self) -> Sequence[tuple[tuple[str | int, ...], str]]:
        return tuple((("choices", digit, "playbook"), one.playbook) for digit, one in self.choices.items())


@dataclass(slots=True)
class _Call:
    who: str = ""
    """A person's id, or "site"; empty until a PIN fitted."""
    wrong: int = 0
    chosen: str = ""
    attested: bool = False
    guessed: str = ""
    """A wrong PIN that is told so only at the end, while somebody guesses: see `_identify`."""


class PhoneIn(Trigger):
    Settings = PhoneInSettings

    def __init__(self, entry: TriggerEntry, settings: PhoneInSettings, tools: TriggerTools) -> None:
        super().__init__(entry, settings, tools)
        self._entry, self._settings, self._tools = entry, settings, tools
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._guesses = PinGuesses()
        known = [(who, pin.reveal()) for who, pin in settings.person_pins.items()]  # type: ignore[attr-defined]  # they are Secrets
        known += [("site", settings.site_pin.reveal())] if settings.site_pin is not None else []  # type: ignore[attr-defined]  # it is a Secret
        self._pins = [(who, pin) for who, pin in known if len(pin) >= SHORTEST_PIN]
        self._lengths = Counter(len(pin) for _, pin in self._pins)
        self._press: Callable[[Activation], Awaitable[Pressed]] | None = None
        self._token = settings.auth_token.reveal()  # type: ignore[attr-defined]  # it is a Secret

    async def listen(self, press: Callable[[Activation], Awaitable[Pressed]]) -> None:
        usable = len(self._token) >= 16
        text = f"{self.name} is ready." if usable else f"{self.name} has no auth token; nobody can call."
        self._tools.well(usable, text)
        self._press = press if usable else None
        try:
            await asyncio.Event().wait()
        finally:
            self._press = None

    async def hook(self, request: CallbackRequest) -> CallbackReply:
        if self._press is None:
            raise Refused(f"{self.name} takes nothing now; try again.", status=503)
        said = dict(self._signed(request))
        sid, number, digits = said.get("CallSid", "")[:64], said.get("From", "")[:32], said.get("Digits", "")[:20]
        call = self._call(sid)
        # Only the first request of a call is sure to say it.
        call.attested = call.attested or said.get("StirVerstat", "").startswith(self._settings.attested)
        if not call.who and self._guesses.shut(number, self._tools.clock.now(), attested=call.attested):
            return _hang_up("Too many wrong numbers. Call the office, or 911.")
        if not call.who and not call.guessed:
            return self._identify(call, number, digits)
        if not call.chosen:
            return self._choose(call, digits)
        return await self._confirm(call, sid, number, digits, self._press)

    def _call(self, sid: str) -> _Call:
        call = self._calls.setdefault(sid, _Call())
        if len(self._calls) > MOST_CALLS:
            # Many calls at once must not push out of the line who stands before the last key.
            gone = next((known for known, one in self._calls.items() if not one.who and known != sid), "")
            del self._calls[gone or next(iter(self._calls))]
        return call

    def _signed(self, request: CallbackRequest) -> list[tuple[str, str]]:
        """The form's fields. Raises Refused for what Twilio did not sign with our token."""
        if len(request.body) > LONGEST_BODY:
            raise Refused("This is no call: its form is longer than any of them.", 413)
        try:
            text = request.body.decode("utf-8", "replace")
            fields = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            raise Refused("This is no call: its form has more fields than any of them.", 413) from None
        given = next((value for name, value in request.headers.items() if name.lower() == "x-twilio-signature"), "")
        held = given.encode("utf-8", "surrogateescape")
        right = [
            hmac.compare_digest(signature(self._token, url, fields).encode(), held) for url in _spellings(request.url)
        ]
        if not given or not any(right):
            raise Refused("This call is not signed by the account; compare the auth token and the public address.", 403)
        return fields

    def _identify(self, call: _Call, number: str, digits: str) -> CallbackReply:
        if not digits:
            return _ask(self._settings.language, "Enter your PIN, then the pound key.", "#")
        for who, pin in self._pins:
            if hmac.compare_digest(pin.encode(), digits.encode()) and not call.who:
                call.who = who
        if call.who:
            return self._menu("")
        # While somebody guesses, a wrong PIN is answered like a right one until the end: nobody learns a PIN without
        # starting what it starts, and a guess takes a whole call. A right one waits for nothing. Who is sure to be
        # calling from their own number is told at once, and has five tries.
        if not call.attested and self._guesses.under_way(self._lengths, self._tools.clock.now()):
            call.guessed = digits
            return self._menu("")
        return self._not_a_pin(call, number, digits, "That is not a PIN.")

    def _not_a_pin(self, call: _Call, number: str, digits: str, words: str) -> CallbackReply:
        now = self._tools.clock.now()
        call.wrong, call.guessed = call.wrong + 1, ""
        self._guesses.wrong(number, len(digits), now, attested=call.attested)
        if news := self._guesses.news(self._lengths, now):
            advice = "Give people longer ones, or take the trigger out until it is over."
            self._tools.fault(GUESSING, f"{self.name}: {news} {advice}")
        if call.wrong >= TRIES or self._guesses.shut(number, now, attested=call.attested):
            self._tools.fault("phone", f"A caller of {self.name} did not know a PIN {call.wrong} times.")
            return _hang_up(f"{words} Call the office, or 911.")
        return _ask(self._settings.language, f"{words} Enter your PIN again, then the pound key.", "#")

    def _menu(self, before: str) -> CallbackReply:
        lines = [
            f"For {'a drill of ' if one.drill else ''}{self._title(one)}, press {digit}."
            for digit, one in self._settings.choices.items()
        ]
        return _ask(self._settings.language, " ".join([before, *lines]).strip(), "")

    def _title(self, one: Choice) -> str:
        return self._tools.playbook(one.playbook) or one.playbook

    def _choose(self, call: _Call, digits: str) -> CallbackReply:
        one = self._settings.choices.get(digits)  # type: ignore[call-overload]  # any digits may come
        if one is None:
            return self._menu("There is nothing under that number." if digits else "")
        call.chosen = digits
        title = self._title(one) + (", a drill" if one.drill else "")
        words = f"{title}. Press {digits} again to start it. Any other key goes back."
        return _ask(self._settings.language, words, "")

    async def _confirm(
        self, call: _Call, sid: str, number: str, digits: str, press: Callable[[Activation], Awaitable[Pressed]]
    ) -> CallbackReply:
        chosen, call.chosen = call.chosen, ""
        if digits != chosen:
            return self._menu("Nothing was started.")
        if call.guessed:
            return self._not_a_pin(call, number, call.guessed, "Nothing was started: that was not a PIN.")
        one = self._settings.choices[chosen]  # type: ignore[index]  # it was looked up when it was chosen
        name = self._tools.person(call.who) or f"a call from …{number[-4:]}"
        activation = Activation(
            id=secrets.token_hex(12),
            source=f"phone:{call.who}",
            playbook=one.playbook,
            zone=one.zone or self._entry.zone,
            drill=one.drill,
            dedupe=f"call:{sid}:{chosen}",
            presser=f"{name} by telephone",
        )
        try:
            pressed = await press(activation)
        except Refused as refusal:
            return _hang_up(f"Not started. {refusal}")
        code = " ".join(pressed.code)
        told = "You joined" if pressed.joined else "Started"
        return _hang_up(f"{told}. The incident is {code}. If you are in danger, call 911 now.")


def signature(token: str, url: str, fields: Sequence[tuple[str, str]]) -> str:
    """What Twilio writes into X-Twilio-Signature for this URL and form."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


def _spellings(url: str) -> tuple[str, ...]:
    """Twilio is not consistent about the port."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.hostname or "").geturl()
    port = {"https": 443, "http": 80}.get(parts.scheme, 443)
    return (url, bare, parts._replace(netloc=f"{parts.hostname}:{parts.port or port}").geturl())


def _ask(language: str, words: str, end: str) -> CallbackReply:
    how = f'finishOnKey="{end}"' if end else 'numDigits="1"'
    say = f'<Say language="{escape(language)}">{escape(words)}</Say>'
    return _twiml(f'<Gather input="dtmf" {how} timeout="10" actionOnEmptyResult="true" method="POST">{say}</Gather>')


def _hang_up(words: str) -> CallbackReply:
    return _twiml(f"<Say>{escape(words)}</Say><Hangup/>")


def _twiml(inside: str) -> CallbackReply:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'
    return CallbackReply(status=200, content_type="text/xml", body=body)
