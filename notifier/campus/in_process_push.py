"""Push and e-mail over the pure models, without a socket: the channels of virtual-time stories, and people's phones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from notifier.campus.mail_model import Letter, MailFault, MailModel
from notifier.campus.ntfy_model import TOPIC, NtfyModel, NtfyRefusal, Published, PushFault
from notifier.clock import Clock
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Ask3, Channel, Health, Tools
from notifier.model.delivery import Receipt
from notifier.model.message import Message
from notifier.model.words import Duration, Written

REASONS = {401: Reason.CREDENTIALS, 403: Reason.CREDENTIALS, 404: Reason.BAD_ADDRESS}

MAIL_ERRORS: dict[MailFault, AdapterError] = {
    MailFault.STRANGER: WillNotWork("The modelled mail server refuses our login.", Reason.CREDENTIALS),
    MailFault.GOOD_BYE: TryAgain("The modelled mail server hung up."),
    MailFault.BUSY: TryAgain("The modelled mail server is busy."),
    MailFault.UNKNOWN_USER: WillNotWork("The modelled mail server knows no such address.", Reason.BAD_ADDRESS),
    MailFault.POLICY: WillNotWork("The modelled mail server does not want it.", Reason.FILTERED),
    MailFault.FULL: WillNotWork("The modelled mailbox is full.", Reason.REFUSED),
    MailFault.FILTERED: WillNotWork("The modelled mail server takes it for spam.", Reason.FILTERED),
    MailFault.BROKEN: TryAgain("The modelled mail server is broken."),
}

LOST = {PushFault.HANGS, PushFault.RESET, MailFault.HANGS, MailFault.RESET}
SILENT = {PushFault.HANGS, PushFault.TAKES_AND_HANGS, MailFault.HANGS, MailFault.TAKES_AND_HANGS}
UNANSWERED = {PushFault.TAKES_AND_HANGS, PushFault.NONSENSE}
UNANSWERED_MAIL = {MailFault.TAKES_AND_HANGS, MailFault.DROPS_AFTER_DATA, MailFault.NONSENSE}


class SimSettings(Written):
    latency: Duration = 0.0
    """How long a well exchange takes, in the clock's seconds."""
    patience: float = 5.0
    """How long it waits for a far end that hangs."""


class SimPush(Channel):
    """One account at a modelled ntfy server."""

    Settings = SimSettings
    address_kind = "push"

    def __init__(self, name: str, settings: SimSettings, tools: Tools, model: NtfyModel) -> None:
        super().__init__(name, settings, tools)
        self.settings, self.model, self._clock = settings, model, tools.clock

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        if not TOPIC.fullmatch(address):
            raise WillNotWork("This is no topic.", Reason.BAD_ADDRESS)
        if self.model.down:
            raise TryAgain("Nobody listens at the modelled ntfy server.")
        await self._clock.sleep(self.settings.latency)
        fault = self.model.next_fault()
        if fault in LOST:
            await self._lose(fault)
        text = message.text.encode("utf-8", "replace").decode()
        fields = {"title": message.title, "message": text, "click": message.link, "sequence_id": delivery}
        try:
            self.model.admit(fault, next(iter(self.model.tokens), None), next(iter(self.model.users.items()), None))
            made = self.model.publish(
                fault, address, {**fields, "priority": 3 if message.quiet or message.drill else 5}
            )
        except NtfyRefusal as refusal:
            raise _push_error(refusal) from refusal
        if fault in UNANSWERED:
            await self._lose(fault)
        if fault is PushFault.SLOW:
            await self._clock.sleep(self.model.slow)
        return Receipt(made.id)

    async def check(self) -> Health:
        if self.model.down:
            return Health(False, "Nobody listens at the modelled ntfy server.")
        fault = self.model.next_fault()
        well = fault in (None, PushFault.SLOW)
        return Health(well, "The modelled ntfy server is well." if well else f"The modelled ntfy server is {fault}.")

    async def find(
        self, address: str, message: Message, delivery: str, sent_after: float
    ) -> tuple[Ask3, Receipt | None]:
        if self.model.down or self.model.next_fault() not in (None, PushFault.SLOW):
            return Ask3.CANNOT_SAY, None
        for published in self.model.since(address, int(sent_after)):
            if published.sequence_id == delivery and published.message == message.text.strip():
                return Ask3.FOUND, Receipt(published.id)
        return Ask3.NOT_FOUND, None

    async def _lose(self, fault: PushFault | None) -> None:
        if fault in SILENT:
            await self._clock.sleep(self.settings.patience)
        raise OutcomeUnknown("The modelled ntfy server did not answer.")


class SimEmail(Channel):
    """One account at a modelled mail server."""

    Settings = SimSettings
    address_kind = "email"

    def __init__(self, name: str, settings: SimSettings, tools: Tools, model: MailModel) -> None:
        super().__init__(name, settings, tools)
        self.settings, self.model, self._clock = settings, model, tools.clock

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        if self.model.down:
            raise TryAgain("Nobody listens at the modelled mail server.")
        await self._clock.sleep(self.settings.latency)
        fault, refused = self.model.fault, self.model.refuses_recipient(address)
        self.model.used()
        if fault in MAIL_ERRORS:
            raise _again(MAIL_ERRORS[fault])
        if refused is not None:
            raise _again(MAIL_ERRORS[MailFault.UNKNOWN_USER])
        if fault in LOST:
            await self._lose(fault)
        reply = self.model.take(Letter("alerts@campus.example", (address,), _mail(address, message, delivery)))
        if fault in UNANSWERED_MAIL:
            await self._lose(fault)
        if fault is MailFault.SLOW:
            await self._clock.sleep(self.model.slow)
        return Receipt(reply.rpartition(" ")[2])

    async def check(self) -> Health:
        if self.model.down:
            return Health(False, "Nobody listens at the modelled mail server.")
        well = self.model.fault in (None, MailFault.SLOW)
        text = "is well." if well else f"is {self.model.fault}."
        return Health(well, f"The modelled mail server {text}")

    async def _lose(self, fault: MailFault | None) -> None:
        if fault in SILENT:
            await self._clock.sleep(self.settings.patience)
        raise OutcomeUnknown("The modelled mail server did not answer.")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a phone's owner does with a push: taps the link and answers."""

    answer: str
    after: float
    to: str


class PushPhone:
    """A phone that listens to one topic, with an owner who does as scripted.

    Works over a socket server too: it listens to the model behind it.
    """

    def __init__(
        self, topic: str, model: NtfyModel, clock: Clock, tap: Callable[[str, str], Awaitable[object]]
    ) -> None:
        """`tap(link, answer)` is what opening the link and choosing does, over HTTP or straight to `Commands`."""
        self.topic = topic
        self.received: list[Published] = []
        self.heard = asyncio.Event()
        """Set at each push; whoever waits clears it."""
        self._clock, self._tap = clock, tap
        self._script: list[Reply] = []
        self._answering: set[asyncio.Task[object]] = set()
        model.listeners.append(self._hear)

    def replies(self, answer: str, *, after: float = 0.0, to: str = "") -> PushPhone:
        """Answer the next push whose title or text has `to` in it, `after` so many of the clock's seconds."""
        self._script.append(Reply(answer, after, to))
        return self

    async def answered(self) -> None:
        """When every answer begun has been given; raises what giving one raised."""
        while self._answering:
            await asyncio.gather(*self._answering)

    def _hear(self, published: Published) -> None:
        if published.topic != self.topic:
            return
        self.received.append(published)
        self.heard.set()
        words = f"{published.title}\n{published.message}"
        reply = next((reply for reply in self._script if reply.to in words), None)
        if reply is not None and published.click:
            self._script.remove(reply)
            task = asyncio.ensure_future(self._answer(published.click, reply))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, link: str, reply: Reply) -> object:
        await self._clock.sleep(reply.after)
        return await self._tap(link, reply.answer)


def _push_error(refusal: NtfyRefusal) -> AdapterError:
    text = f"The modelled ntfy server refuses ({refusal.status})."
    if refusal.status == 429:
        return TryAgain(text, refusal.retry_after)
    if refusal.status >= 500:
        return TryAgain(text)
    reason = Reason.BAD_ADDRESS if refusal.code in (40009, 40010) else REASONS.get(refusal.status, Reason.REFUSED)
    return WillNotWork(text, reason)


def _again(error: AdapterError) -> AdapterError:
    """A new one of the kind: an error that is raised twice carries the first one's trace."""
    if isinstance(error, WillNotWork):
        return WillNotWork(str(error), error.reason)
    return TryAgain(str(error))


def _mail(address: str, message: Message, delivery: str) -> bytes:
    made = EmailMessage(policy=SMTP)
    made["From"] = "alerts@campus.example"
    made["To"] = Address(addr_spec=address)
    made["Subject"] = " ".join(message.title.encode("utf-8", "replace").decode().replace("=?", "= ?").split())
    made["Message-ID"] = f"<{delivery}@campus.example>"
    text = f"{message.text}\n\n{message.link}\n" if message.link else f"{message.text}\n"
    made.set_content(text.encode("utf-8", "replace").decode())
    return made.as_bytes()
