"""The sender itself: one SMS to one number, asking what became of it, and polling where Twilio cannot reach us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from twilio.base.exceptions import TwilioException

from notifier.channels.twilio.account import line_to
from notifier.channels.twilio.callbacks import Callbacks, inbound, report
from notifier.channels.twilio.codes import STATES, STATUSES, reason_of_failure
from notifier.channels.twilio.settings import Settings as TwilioSettings
from notifier.channels.twilio.wire import Wire
from notifier.errors import AdapterError, OutcomeUnknown, TryAgain, WillNotWork
from notifier.interfaces import Ask3, CallbackReply, CallbackRequest, Channel, Health, Tools
from notifier.model.delivery import DeliveryWord, Inbound, Receipt, Report
from notifier.model.message import Message
from notifier.model.segments import segments

# What the SDK raises at an answer of 200 that it cannot read: it has no closed list.
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, TwilioException)

# Our wall clock and Twilio's are set by different people. Taking an older equal message to the same number for this
# one does less harm than sending it twice.
CLOCKS_APART = 60.0

ASK_PAGE, POLL_PAGE = 50, 1000
"""Messages per page: one person has few, a poll sees everybody's. 1000 is the most that Twilio gives."""

# 2,500 messages to one number: beyond that the answer would take longer than anybody waits for it.
MOST_ASK_PAGES = 50

# Statuses remembered so that a poll tells each only once; as many as a large fan-out, some 20 MB.
MOST_TOLD = 200_000


class TwilioSms(Channel):
    """SMS over the Messages API (twilio.com/docs/messaging/api/message-resource)."""

    Settings = TwilioSettings
    address_kind = "sms"
    takes_replies = True

    def __init__(self, name: str, settings: TwilioSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings = settings
        self.reply_number = settings.from_number
        self._clock = tools.clock
        self._callbacks = Callbacks(settings)
        self._wire: Wire | None = None
        self._client: Any = None
        self._list: Any = None
        self._every_send = self._sent_with_each_message(tools.public_url)
        self._told: dict[str, str] = {}
        self._statuses_since: float | None = None

    async def open(self) -> None:
        self._wire, self._client = line_to(self.settings)
        self._list = self._client.api.v2010.account.messages

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.close()

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        try:
            made = await self._messages().create_async(to=address, body=message.sms_text(), **self._every_send)
        except AdapterError:
            raise
        except UNREADABLE:
            raise OutcomeUnknown("Twilio took the request and gave an answer that cannot be read.") from None
        word = STATUSES.get(made.status or "")
        if not isinstance(made.sid, str) or not made.sid or word is None:
            raise OutcomeUnknown("Twilio took the request and gave an answer that says nothing.")
        if word is DeliveryWord.FAIL:
            reason, detail = reason_of_failure(made.error_code, self.settings.codes)
            raise WillNotWork(detail, reason)
        counted = str(made.num_segments or "")
        # A Messaging Service says 0: it has not chosen a number yet.
        return Receipt(made.sid, STATES[word], (int(counted) if counted.isdigit() else 0) or self.segments(message))

    def segments(self, message: Message) -> int:
        return segments(message.sms_text())

    async def check(self) -> Health:
        """Reads the account itself (GET, twilio.com/docs/iam/api/account); sends nothing."""
        try:
            account = await self._client.api.v2010.accounts(self.settings.account_sid).fetch_async()
            status = account.status
        except AdapterError as error:
            return Health(False, str(error))
        except UNREADABLE:
            return Health(False, f"{self.settings.api_url} answers, but not as Twilio does: see api_url.")
        if status == "active":
            return Health(True, "Twilio answers and the account is active.")
        return Health(False, f"Twilio says that the account is {status!r}: see the Twilio console, Billing first.")

    def callbacks(self) -> Mapping[str, Callable[[CallbackRequest], CallbackReply]]:
        return self._callbacks.mounted()

    async def find(
        self, address: str, message: Message, delivery: str, sent_after: float
    ) -> tuple[Ask3, Receipt | None]:
        """Twilio takes no key of ours, so an attempt is known by its number, its words and its time.

        The list is not narrowed by DateSent: a message that still waits at Twilio has none.
        """
        text = message.sms_text().strip()
        try:
            async with asyncio.timeout(self.settings.ask_timeout):
                async for made in self._newest_first(MOST_ASK_PAGES, to=address, page_size=ASK_PAGE):
                    created = _wall(made.date_created)
                    if created is not None and created < sent_after - CLOCKS_APART:
                        break
                    # A trial account puts words of its own before ours.
                    if (made.body or "").strip().endswith(text):
                        state = STATES[STATUSES.get(made.status or "", DeliveryWord.ACCEPTED)]
                        return Ask3.FOUND, Receipt(made.sid, state, self.segments(message))
        except (AdapterError, TimeoutError, *UNREADABLE):
            return Ask3.CANNOT_SAY, None
        return Ask3.NOT_FOUND, None

    async def poll(self, since: float) -> tuple[Sequence[Report], Sequence[Inbound]]:
        """What people texted since then, and statuses that changed; for nodes that Twilio cannot call.

        Answers are worth more than statuses: if those cannot be had, they are asked for from the same time next time.
        """
        numbers = {} if self.settings.from_number is None else {"to": self.settings.from_number}
        try:
            async with asyncio.timeout(self.settings.ask_timeout):
                came = [made async for made in self._listed_since(since, **numbers) if made.direction == "inbound"]
        except (TimeoutError, *UNREADABLE):
            raise TryAgain("Twilio did not list the messages that people sent.") from None
        answers = [inbound(made.from_, made.body or "", made.sid) for made in reversed(came)]
        return await self._changed_statuses(since), answers

    async def _changed_statuses(self, since: float) -> list[Report]:
        start = since if self._statuses_since is None else min(since, self._statuses_since)
        numbers = {} if self.settings.from_number is None else {"from_": self.settings.from_number}
        news = []
        try:
            async with asyncio.timeout(self.settings.ask_timeout):
                async for made in self._listed_since(start, **numbers):
                    word = STATUSES.get(made.status or "")
                    if made.direction == "inbound" or word is None or self._told.get(made.sid) == made.status:
                        continue
                    self._told[made.sid] = made.status
                    news.append(report(made.sid, word, made.error_code, self.settings))
        except (AdapterError, TimeoutError, *UNREADABLE):
            self._statuses_since = start
        else:
            self._statuses_since = None
        while len(self._told) > MOST_TOLD:
            del self._told[next(iter(self._told))]
        return news

    async def _listed_since(self, since: float, **narrowed: str) -> AsyncIterator[Any]:
        earliest = since - CLOCKS_APART
        after = datetime.fromtimestamp(earliest, UTC)
        async for made in self._newest_first(None, page_size=POLL_PAGE, date_sent_after=after, **narrowed):
            # Their filter is documented by day only.
            sent = _wall(made.date_sent)
            if sent is None or sent >= earliest:
                yield made

    async def _newest_first(self, most_pages: int | None, **narrowed: Any) -> AsyncIterator[Any]:
        """Raises TryAgain when there is more than `most_pages`: then nobody may say that something is not there."""
        page, pages = await self._messages().page_async(**narrowed), 1
        while page is not None:
            for made in page:
                yield made
            if pages == most_pages:
                raise TryAgain("Twilio lists more messages than can be looked through.")
            page, pages = await page.next_page_async(), pages + 1

    def _messages(self) -> Any:
        if self._list is None:
            raise RuntimeError("This sender is not open.")
        return self._list

    def _sent_with_each_message(self, public_url: str | None) -> dict[str, Any]:
        ours = self.settings
        fields: dict[str, Any] = {"validity_period": int(ours.validity)}
        if ours.from_number is not None:
            fields["from_"] = ours.from_number
        else:
            # Words are counted and compared as they were written, so no service may respell them.
            fields |= {"messaging_service_sid": ours.messaging_service_sid, "smart_encoded": False}
        if public_url is not None and ours.status_callback:
            fields["status_callback"] = f"{public_url.rstrip('/')}/webhooks/{self.name}/status"
        return fields


def _wall(when: object) -> float | None:
    return when.timestamp() if isinstance(when, datetime) else None
