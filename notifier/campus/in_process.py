"""The whole campus inside one process: the pure models behind the engine's own sockets, for virtual time.

    campus = InProcessCampus(clock, held)
    daemon.gear = Gear(**campus.equipment())          # or hand it to a Desk of your own
    await campus.open(reported=commands.reported, answer=commands.answer)
    campus.grounds.doors["d6"].fault = LockFault.JAMMED
    campus.crowd["ada-abara"].taps("safe", after=2.0)
    …                                                  # the story moves the clock
    assert campus.crowd["officer-1"].got("NOT secured")
    await campus.close()

Everything that takes time takes it on `clock`: bolts, providers' statuses, people's answers, the length of a page. So
a clock that a test moves walks the whole campus, and a story of ten minutes costs what it computes. `busy` is what the
campus itself has begun and handed to nobody yet: zero whenever only the clock can move things on.

The site is taken as it is: an address needs to lead nowhere, doors with one address are relays of one device, every
driver kind that the site names is answered. Contacts need no change either. For answers by link the desk needs a
`public_url`; any will do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from notifier.campus.crowd import Crowd
from notifier.campus.grounds import stand_up
from notifier.campus.in_process_cameras import InProcessCameras
from notifier.campus.in_process_doors import InProcessDoors, InProcessNetwork, InProcessSignals
from notifier.campus.in_process_push import SimEmail, SimPush, SimSettings
from notifier.campus.in_process_sms import SimSms, SimSmsSettings
from notifier.campus.in_process_speakers import Settings as SpeakerSettings
from notifier.campus.in_process_speakers import SimSpeakers, TellingSpeakers
from notifier.campus.mail_model import MailModel
from notifier.campus.ntfy_model import NtfyModel
from notifier.campus.sms_model import SmsModel
from notifier.clock import Clock
from notifier.interfaces import CallbackReply, Channel, Outcome, Tools
from notifier.model.people import Person
from notifier.model.settings import Sender
from notifier.model.site import Site

KINDS = {
    "push": "push",
    "ntfy": "push",
    "sms": "sms",
    "twilio": "sms",
    "aws_sns": "sms",
    "email": "email",
    "smtp_email": "email",
}
"""What a sender's `channel` may say here: the kind of address, or the driver whose place the model takes."""

TELLING = frozenset({"algo"})
"""Kinds of speakers whose real devices can be asked whether they play."""

SENDERS = {"push": Sender(channel="push"), "sms": Sender(channel="sms"), "email": Sender(channel="email")}
"""The plainest school: one sender of each kind, none limited."""

Reported = Callable[[str, CallbackReply], Awaitable[None]]
"""`Commands.reported`."""
Answer = Callable[[str, str, str], Awaitable[Outcome]]
"""`Commands.answer`."""


class School(Protocol):
    """What it needs to know of a publication; `engine.held.Held` is one."""

    @property
    def site(self) -> Site: ...
    @property
    def people(self) -> Mapping[str, Person]: ...


class InProcessCampus:
    """Doors, strobes, providers, speakers and people of one publication."""

    def __init__(
        self,
        clock: Clock,
        school: School,
        senders: Mapping[str, Sender] = SENDERS,
        state_dir: str = "",
        speakers: SpeakerSettings | None = None,
    ) -> None:
        """`senders`: name to sender, in order of preference; two of one kind are two providers."""
        self.clock = clock
        self.senders = dict(senders)
        self.grounds = stand_up(school.site)
        self.crowd = Crowd(school.people.values(), clock, self._tap)
        self.sms: dict[str, SmsModel] = {}
        """By sender name, as `push` and `mail`."""
        self.push: dict[str, NtfyModel] = {}
        self.mail: dict[str, MailModel] = {}
        self.speakers: dict[str, SimSpeakers] = {}
        """By the kind that the site names; `played` and `heard` tell what was said."""
        self._tools = Tools(None, clock, state_dir)
        self._reported: Reported | None = None
        self._answer: Answer | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self.failed: list[str] = []
        """What the engine did not take, in words: a story that expects none asserts so."""
        network = InProcessNetwork(clock, self.grounds.devices)
        site = school.site
        paths = [path for door in site.doors for path in (door, door.second_path) if path is not None]
        kinds = {path.driver for path in paths} | ({site.fire_alarm.driver} if site.fire_alarm else set())
        self.door_drivers = {kind: InProcessDoors(self._tools, network) for kind in sorted(kinds)}
        self.signal_drivers = {
            kind: InProcessSignals(self._tools, network) for kind in sorted({each.driver for each in site.signals})
        }
        self.camera_drivers = {
            kind: InProcessCameras(self._tools, self.grounds.cameras)
            for kind in sorted({each.driver for each in site.cameras})
        }
        for kind in sorted({each.channel for each in site.speakers}):
            made = TellingSpeakers if kind in TELLING else SimSpeakers
            self.speakers[kind] = made(kind, speakers or SpeakerSettings(), self._tools)
        self.channels: dict[str, Channel] = {name: self._channel(name, each) for name, each in self.senders.items()}

    def equipment(self) -> dict[str, Any]:
        """The fields of `engine.held.Gear`."""
        return {
            "door_drivers": self.door_drivers,
            "signal_drivers": self.signal_drivers,
            "camera_drivers": self.camera_drivers,
            "speaker_channels": self.speakers,
            "channels": self.channels,
            "senders": self.senders,
        }

    async def open(self, reported: Reported, answer: Answer) -> None:
        """From now on providers report and people answer. Needs a running loop."""
        self._reported, self._answer = reported, answer
        for channel in self.channels.values():
            await channel.open()

    async def close(self) -> None:
        for channel in self.channels.values():
            await channel.close()
        await self.crowd.close()
        for task in tuple(self._telling):
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    @property
    def busy(self) -> int:
        """Reports of providers and texts of people that the engine has not taken yet."""
        return len(self._telling)

    def _channel(self, name: str, sender: Sender) -> Channel:
        kind = KINDS.get(sender.channel)
        if kind == "sms":
            sms = self.sms[name] = SmsModel((f"+1555019{len(self.sms):04d}",), series=len(self.sms) + 1)
            channel = SimSms(name, SimSmsSettings(), self._tools, sms, lambda reply: self._tell(name, reply))
            self.crowd.listen_to_sms(sms, channel.person_texts)
            return channel
        if kind == "push":
            push = self.push[name] = NtfyModel(self.clock)
            self.crowd.listen_to_push(push)
            return SimPush(name, SimSettings(), self._tools, push)
        if kind == "email":
            mail = self.mail[name] = MailModel()
            self.crowd.listen_to_mail(mail)
            return SimEmail(name, SimSettings(), self._tools, mail)
        raise ValueError(f"the campus has no model for the channel {sender.channel!r}; it has {', '.join(KINDS)}")

    def _tell(self, name: str, reply: CallbackReply) -> None:
        task = asyncio.get_running_loop().create_task(self._report(name, reply))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _report(self, name: str, reply: CallbackReply) -> None:
        if self._reported is None:
            self.failed.append(f"{name} had news before the campus was opened")
            return
        try:
            await self._reported(name, reply)
        except Exception as error:  # noqa: BLE001 as a provider sees it: the callback failed, and it goes on
            self.failed.append(f"{name} was not heard: {error!r}")

    async def _tap(self, link: str, answer: str) -> None:
        if self._answer is None:
            raise RuntimeError("the campus is not open yet")
        await self._answer(link.rpartition("/r/")[2], answer, "")
