"""Twilio's double and the in-process skin, as the shipped suite wants to hold them."""

from collections.abc import Sequence

from notifier.campus.sms_model import Course, Fault, SmsModel
from notifier.campus.twilio_server import TwilioServer
from notifier.channels.twilio import Settings, TwilioSms
from notifier.clock import SystemClock
from notifier.interfaces import Tools
from notifier.testing.far_end import Far, FarEnd, Taken

OURS = "+15550100000"
PUBLIC = "https://school.example"

FAULTS = {
    Far.WELL: Fault.NONE,
    Far.BUSY: Fault.BUSY,
    Far.STRANGER: Fault.STRANGER,
    Far.BROKEN: Fault.BROKEN,
    Far.NONSENSE: Fault.NONSENSE,
    Far.RESET: Fault.RESET,
    Far.HANGS: Fault.HANGS,
    Far.TAKES_AND_HANGS: Fault.TAKES_AND_HANGS,
}


class _OverAModel(FarEnd):
    good_address = "+15550100142"
    bad_address = "+15550100199"
    busy_delay = 7

    def __init__(self) -> None:
        self.model = SmsModel([OURS])
        self.model.course = Course(0.0, 0.001, 0.002)
        self.model.retry_after = 7
        self.model.phone(self.bad_address or "").code = 21211

    def behave(self, how: Far) -> None:
        self.model.fault = FAULTS[how]

    def taken(self) -> Sequence[Taken]:
        return [Taken(text.to, text.body) for text in self.model.texts.values() if not text.inbound]


class TwilioFarEnd(_OverAModel):
    def __init__(self, public_url: str | None = PUBLIC) -> None:
        super().__init__()
        self.server = TwilioServer(SystemClock(), self.model)
        self.secrets = (self.server.token,)
        self.public_url = public_url

    async def start(self) -> None:
        await self.server.start()

    async def stop(self) -> None:
        await self.server.stop()

    def settings(self, **more: object) -> Settings:
        plain = {
            "account_sid": self.server.account,
            "auth_token": self.server.token,
            "from_number": OURS,
            "api_url": self.server.url,
            "timeout": "500ms",
            "connect_timeout": "400ms",
            "ask_timeout": "1s",
        }
        return Settings.model_validate(plain | more)

    def make(self, **more: object) -> TwilioSms:
        tools = Tools(http=None, clock=SystemClock(), state_dir="", public_url=self.public_url)
        return TwilioSms("sms_main", self.settings(**more), tools)


class InProcessFarEnd(_OverAModel):
    """It has no connection, so its credentials and its restart are only played."""

    async def start(self) -> None:
        self.model.fault = Fault.NONE

    async def stop(self) -> None:
        self.model.fault = Fault.DOWN
