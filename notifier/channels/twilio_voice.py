"""Calls over Twilio: the message is said in the person's language, and a key answers (twilio.com/docs/voice/api).

A pick-up proves little: what a machine takes stays *sent*, what Twilio hears a human take is *delivered*, and only a
key is an answer. Seen to work with our own double only. Unverified: that `DetectMessageEnd` waits for the beep on every
carrier, and which voices an account may use (see `voices`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from twilio.base.exceptions import TwilioException

from notifier.channels.twilio.account import Account, line_to
from notifier.channels.twilio.calls import ENDED, CallCallbacks
from notifier.channels.twilio.script import LOCALES, Scripts, Speaker, conversation, script_of
from notifier.channels.twilio.wire import Wire
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Ask3, CallbackReply, CallbackRequest, Channel, Health, Tools
from notifier.model.delivery import DeliveryWord, Inbound, Receipt, Report
from notifier.model.message import Message
from notifier.model.words import Duration, Written

UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, TwilioException)
"""What the SDK raises at an answer of 200 that it cannot read: it has no closed list."""
CLOCKS_APART = 60.0
"""Seconds that Twilio's clock and ours may be apart (as for SMS)."""
ASK_PAGE, POLL_PAGE = 50, 1000
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


class Voice(Written):
    locale: str = Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    voice: str = Field(default="", pattern=r"^[A-Za-z0-9.-]{0,60}$")
    """Such as `Polly.Lupe-Neural`; empty: the locale's own."""


class VoiceSettings(Account):
    from_number: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$")
    voices: dict[str, Voice] = Field(default_factory=dict)
    """Language to locale and voice, where Twilio's own for it will not do."""
    machine: Literal["leave_message", "hang_up"] = "leave_message"
    """What an answering machine gets. hang_up: the person's next address is tried."""
    ring: Duration = Field(default=30.0, ge=5, le=120)
    """How long it rings before it counts as not answered."""
    times: int = Field(default=2, ge=1, le=5)
    """How often the message is said."""
    answer_wait: Duration = Field(default=8.0, ge=1, le=60)
    """How long to wait for a key after it was said."""
    longest: Duration = Field(default=180.0, ge=30, le=3600)
    """After this Twilio ends the call by itself."""


class TwilioVoice(Channel):
    """One number that calls. An address is a phone number in E.164; the checker lets nobody be called who may hide."""

    Settings = VoiceSettings
    address_kind = "voice"

    def __init__(self, name: str, settings: VoiceSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings = settings
        self._scripts = Scripts(Path(tools.state_dir) / "calls" / name if tools.state_dir else None)
        self._public = tools.public_url.rstrip("/") if tools.public_url else None
        self.takes_replies = self._public is not None  # by keys: `script_of` says how, and leaves the line for SMS out
        self._callbacks = CallCallbacks(
            settings,
            self._scripts,
            self._speaker,
            leave_message=settings.machine == "leave_message",
            times=settings.times,
            wait=settings.answer_wait,
        )
        self._wire: Wire | None = None
        self._client: Any = None
        self._told: set[str] = set()

    async def open(self) -> None:
        self._wire, self._client = line_to(self.settings)

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.close()

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        """Have Twilio place the call; the receipt says that it will, not that anybody took it.

        Without a public address Twilio cannot ask us what to say: the words go along, and no key can answer.
        """
        if not NUMBER.fullmatch(address):
            raise WillNotWork("This is no phone number in the form +15550100142.", Reason.BAD_ADDRESS)
        if self._client is None:
            raise RuntimeError("This sender is not open.")
        ours = self.settings
        fields: dict[str, Any] = {"timeout": int(ours.ring), "time_limit": int(ours.longest)}
        try:
            made = await self._client.api.v2010.account.calls.create_async(
                to=address, from_=ours.from_number, **fields, **self._what_to_say(message)
            )
        except AdapterError:
            raise
        except UNREADABLE:
            raise OutcomeUnknown("Twilio took the request and gave an answer that cannot be read.") from None
        if not isinstance(made.sid, str) or not made.sid:
            raise OutcomeUnknown("Twilio took the request and gave an answer that says nothing.")
        return Receipt(made.sid)

    async def check(self) -> Health:
        """Reads the account itself (GET, twilio.com/docs/iam/api/account); calls nobody."""
        try:
            account = await self._client.api.v2010.accounts(self.settings.account_sid).fetch_async()
            status = account.status
        except AdapterError as error:
            return Health(False, str(error))
        except UNREADABLE:
            return Health(False, f"{self.settings.api_url} answers, but not as Twilio does: see api_url.")
        if status != "active":
            text = f"Twilio says that the account is {status!r}: see the Twilio console, Billing first."
            return Health(False, text)
        if self._public is None:
            return Health(True, "Twilio answers. Without public_url nobody can answer a call by key.")
        return Health(True, "Twilio answers and the account is active.")

    def callbacks(self) -> Mapping[str, Callable[[CallbackRequest], CallbackReply]]:
        return self._callbacks.mounted()

    async def find(
        self, address: str, message: Message, delivery: str, sent_after: float
    ) -> tuple[Ask3, Receipt | None]:
        """Twilio keeps no words of a call, so an attempt is known by its number and its time."""
        if self._client is None:
            return Ask3.CANNOT_SAY, None
        try:
            async with asyncio.timeout(self.settings.ask_timeout):
                page = await self._client.api.v2010.account.calls.page_async(
                    to=address, from_=self.settings.from_number, page_size=ASK_PAGE
                )
                made = [call for call in page if str(call.status) not in ENDED]
        except (AdapterError, TimeoutError, *UNREADABLE):
            return Ask3.CANNOT_SAY, None
        for call in made:
            if not isinstance(call.date_created, datetime):
                return Ask3.FOUND, Receipt(call.sid)  # one that is being placed now
            if call.date_created.timestamp() >= sent_after - CLOCKS_APART:
                return Ask3.FOUND, Receipt(call.sid)
        return Ask3.NOT_FOUND, None

    async def poll(self, since: float) -> tuple[Sequence[Report], Sequence[Inbound]]:
        """Calls that nobody took, each once: without a public address nobody else tells us. Keys are never listed."""
        if self._client is None:
            return (), ()
        news = []
        try:
            async with asyncio.timeout(self.settings.ask_timeout):
                calls = self._client.api.v2010.account.calls
                page = await calls.page_async(from_=self.settings.from_number, page_size=POLL_PAGE)
                while page is not None:
                    made = list(page)
                    news += [_unheard(call) for call in made if call.sid not in self._told and call.status in ENDED]
                    oldest = made[-1].date_created if made else None
                    if isinstance(oldest, datetime) and oldest.timestamp() < since - CLOCKS_APART:
                        break  # the newest come first
                    page = await page.next_page_async()
        except (AdapterError, TimeoutError, *UNREADABLE):
            raise TryAgain("Twilio did not list how the calls ended.") from None
        self._told.update(report.ref for report in news)
        return news, ()

    def _what_to_say(self, message: Message) -> dict[str, Any]:
        script = script_of(message)
        if self._public is None:
            silent = type(script)(script.text, script.language, (), script.incident)
            speaker = self._speaker(script.language)
            said = conversation(silent, speaker, times=self.settings.times, wait=0, keys_url="")
            return {"twiml": said}
        hooks = f"{self._public}/webhooks/{self.name}"
        return {
            "url": f"{hooks}/talk?s={self._scripts.keep(script)}&l={script.language}",
            "method": "POST",
            "status_callback": f"{hooks}/status",
            "status_callback_method": "POST",
            "status_callback_event": ["completed"],
            "machine_detection": "DetectMessageEnd" if self.settings.machine == "leave_message" else "Enable",
        }

    def _speaker(self, language: str) -> Speaker:
        base = language.partition("-")[0]
        chosen = self.settings.voices.get(language) or self.settings.voices.get(base)
        if chosen is not None:
            return Speaker(chosen.locale, chosen.voice)
        return Speaker(LOCALES.get(base, language))


def _unheard(call: Any) -> Report:
    return Report(call.sid, DeliveryWord.FAIL, *ENDED[call.status])
