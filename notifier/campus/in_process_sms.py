"""The SMS model behind the channel's socket, without any wire: for stories and histories in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from notifier.campus.sms_model import NEVER_LEFT, Fault, InboundNews, News, Refusal, SmsModel, Text
from notifier.campus.sms_pump import SmsPump
from notifier.errors import OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Ask3, CallbackReply, Channel, Health, Tools
from notifier.model.delivery import DeliveryState, DeliveryWord, Inbound, Receipt, Report
from notifier.model.message import Message
from notifier.model.people import masked
from notifier.model.segments import segments
from notifier.model.words import Written

REASONS = {
    20003: Reason.CREDENTIALS,
    21211: Reason.BAD_ADDRESS,
    21610: Reason.OPTED_OUT,
    21614: Reason.BAD_ADDRESS,
    30003: Reason.UNREACHABLE,
    30005: Reason.BAD_ADDRESS,
    30006: Reason.BAD_ADDRESS,
    30007: Reason.FILTERED,
    30034: Reason.SENDER_FAULT,
    30036: Reason.TOO_LATE,
}

STATES = {
    "delivered": (DeliveryWord.DELIVERED, DeliveryState.DELIVERED),
    "failed": (DeliveryWord.FAIL, DeliveryState.FAILED),
    "undelivered": (DeliveryWord.FAIL, DeliveryState.FAILED),
}
"""Every other status says no more than that the provider has it."""


class SimSmsSettings(Written):
    patience: float = 5.0
    """How long it waits for a provider that hangs."""


class SimSms(Channel):
    """One sender at a modelled provider of its own."""

    Settings = SimSmsSettings
    address_kind = "sms"
    takes_replies = True

    def __init__(
        self,
        name: str,
        settings: SimSmsSettings,
        tools: Tools,
        model: SmsModel,
        told: Callable[[CallbackReply], Any],
    ) -> None:
        """`told` is called with each report and text from a person, as the console would after a callback."""
        super().__init__(name, settings, tools)
        self.settings, self.model = settings, model
        self._clock, self._told = tools.clock, told
        self._number = model.numbers[0]
        self._pump = SmsPump(model, tools.clock, self._hear)

    async def open(self) -> None:
        self._pump.start()

    async def close(self) -> None:
        await self._pump.stop()

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        fault = self.model.fault
        await self._meet(fault)
        taken = self.model.submit(self._clock.now(), address, self._number, message.sms_text(), callback=self.name)
        self._pump.nudge()
        if isinstance(taken, Refusal):
            if taken.http == 429:
                raise TryAgain("The provider is busy.", taken.retry_after)
            reason = REASONS.get(taken.code, Reason.REFUSED)
            raise WillNotWork(f"The provider refuses {masked(address)}: code {taken.code}.", reason)
        if fault is Fault.TAKES_AND_HANGS:
            await self._hang()
        if fault is Fault.NONSENSE:
            raise OutcomeUnknown("The provider's answer cannot be read.")
        return Receipt(taken.sid, segments=segments(taken.body))

    def segments(self, message: Message) -> int:
        return segments(message.sms_text())

    async def check(self) -> Health:
        fault = self.model.fault
        return Health(fault is Fault.NONE, f"The modelled provider: {fault.sentence}")

    async def find(
        self, address: str, message: Message, delivery: str, sent_after: float
    ) -> tuple[Ask3, Receipt | None]:
        if self.model.fault is not Fault.NONE:
            return Ask3.CANNOT_SAY, None
        epoch = self._clock.wall().timestamp() - self._clock.now()
        for text in self.model.newest_first(address):
            if not text.inbound and text.created + epoch >= sent_after and text.body == message.sms_text():
                _, state = STATES.get(text.status, (DeliveryWord.ACCEPTED, DeliveryState.SENT))
                return Ask3.FOUND, Receipt(text.sid, state, segments(text.body))
        return Ask3.NOT_FOUND, None

    def person_texts(self, number: str, text: str) -> Text:
        """A person writes to this sender's number."""
        written = self.model.person_texts(self._clock.now(), number, text, self._number)
        self._pump.nudge()
        return written

    async def _meet(self, fault: Fault) -> None:
        if self.model.slow_by:
            await self._clock.sleep(self.model.slow_by)
        if fault is Fault.DOWN:
            raise TryAgain("The provider cannot be reached; nothing left.")
        if fault is Fault.BUSY:
            raise TryAgain("The provider is busy.", self.model.retry_after)
        if fault is Fault.STRANGER:
            raise WillNotWork("The provider refuses our credentials.", Reason.CREDENTIALS)
        if fault in {Fault.BROKEN, Fault.RESET}:
            raise OutcomeUnknown("The provider broke off.")
        if fault is Fault.HANGS:
            await self._hang()

    async def _hang(self) -> None:
        await self._clock.sleep(self.settings.patience)
        raise OutcomeUnknown(f"The provider did not answer within {self.settings.patience:g} s.")

    def _hear(self, news: Sequence[News]) -> None:
        for one in news:
            self._told(_reply_of(one))


def _reply_of(news: News) -> CallbackReply:
    text = news.text
    if isinstance(news, InboundNews):
        out, back = news.opt_out_type == "STOP", news.opt_out_type == "START"
        return CallbackReply(inbound=(Inbound("sms", text.sender, text.body, text.sid, out, back),))
    word, _ = STATES.get(news.status, (DeliveryWord.ACCEPTED, DeliveryState.SENT))
    if word is not DeliveryWord.FAIL:
        return CallbackReply(reports=(Report(text.sid, word),))
    lost = "inside the provider" if news.code in NEVER_LEFT else "on the way"
    reason = REASONS.get(news.code or 0, Reason.UNREACHABLE)
    return CallbackReply(reports=(Report(text.sid, word, reason, f"Lost {lost}, code {news.code}."),))
