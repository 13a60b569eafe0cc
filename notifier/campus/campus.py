"""The whole campus on real local sockets, in the real wire formats: what the demo and the benchmarks speak to.

    async with Campus(clock, site, people) as campus:
        files = fill_campus(demo_files(), campus.addresses)
        …                                                  # start a daemon with these files
        campus.connect("http://127.0.0.1:8470")            # from now on providers call back and people answer

Doors and strobes are Shelly devices with a port each; cameras hand out a JPEG; Twilio, ntfy and a mail
server are one process of their own each; speakers listen on their multicast groups. Everything binds to 127.0.0.1 and
free ports. Multicast stays on the
loopback card. Truths that nobody outside may ask for are in `grounds`, `crowd` and `speakers`.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Self

import aiohttp

from notifier.campus.camera_server import CameraServer
from notifier.campus.crowd import Crowd
from notifier.campus.grounds import stand_up
from notifier.campus.mail_model import MailModel
from notifier.campus.mail_server import MailServer
from notifier.campus.ntfy_model import NtfyModel
from notifier.campus.ntfy_server import NtfyServer
from notifier.campus.rtp_listener import RtpListener
from notifier.campus.shelly_server import ShellyServer
from notifier.campus.sms_model import SmsModel
from notifier.campus.twilio_server import TwilioServer
from notifier.clock import Clock
from notifier.errors import NotifierError
from notifier.model.people import Person
from notifier.model.site import Site

HOST = "127.0.0.1"
PA_PORT = "pa_port"
"""What the site file calls the port of the speakers' groups, if it leaves it open."""
NUMBER = "+15550190000"
"""The school's own number at the Twilio double."""
TAP_LIMIT = 15.0
"""Seconds for opening an answer page or answering on it: after that a person puts the phone away."""


class Campus:
    """`async with` (raises NotifierError where multicast is missing); then `addresses`, `connect`."""

    def __init__(self, clock: Clock, site: Site, people: Mapping[str, Person], sms_name: str = "sms") -> None:
        """`site` may still have `${campus:…}` where addresses will stand. `sms_name`: the Twilio sender's name."""
        self.clock = clock
        self.grounds = stand_up(site)
        self.crowd = Crowd(people.values(), clock, self._tap)
        self.sms, self.push, self.mail = SmsModel((NUMBER,)), NtfyModel(clock), MailModel()
        self.twilio = TwilioServer(clock, self.sms)
        self.ntfy = NtfyServer(self.push)
        self.post = MailServer(self.mail, clock=clock)
        self.devices, self.cameras = ShellyServer(clock), CameraServer(clock)
        self.addresses: dict[str, str] = {}
        """Of doors, signals and so on by id, and `pa_port`: what `files.fill_campus` wants."""
        self.groups: dict[str, str] = {}
        """Speaker id to its multicast group."""
        self.speakers: RtpListener
        self._site, self._sms_name = site, sms_name
        self._phones: aiohttp.ClientSession | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.devices)
            urls = {address: self.devices.add(device) for address, device in self.grounds.devices.items()}
            await stack.enter_async_context(self.cameras)
            looks = {name: self.cameras.add(camera) for name, camera in self.grounds.cameras.items()}
            places = self.grounds.places.items()
            self.addresses = {thing: looks[thing] if thing in looks else urls[address] for thing, address in places}
            self.addresses[PA_PORT] = str(_free_udp_port())
            for speaker in self._site.speakers:
                host, _, port = speaker.address.partition(":")
                self.groups[speaker.id] = f"{host}:{port if port.isdecimal() else self.addresses[PA_PORT]}"
            self.speakers = RtpListener(list(self.groups.values()), HOST)
            stack.push_async_callback(self.speakers.close)
            try:
                await self.speakers.open()
            except OSError as error:
                text = f"The campus' speakers cannot listen to multicast on the loopback card: {error.strerror}."
                raise NotifierError(f"{text} As root, type: ip link set lo multicast on") from error
            for server in (self.twilio, self.ntfy, self.post):
                await stack.enter_async_context(server)
            self._phones = await stack.enter_async_context(
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TAP_LIMIT))
            )
            stack.push_async_callback(self.crowd.close)
            self.crowd.listen_to_sms(self.sms, self.twilio.person_texts)
            self.crowd.listen_to_push(self.push)
            self.crowd.listen_to_mail(self.mail)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def connect(self, public_url: str) -> None:
        """Where a daemon takes webhooks: from now on what people text reaches it."""
        self.twilio.inbound_url = f"{public_url.rstrip('/')}/webhooks/{self._sms_name}/inbound"

    async def _tap(self, link: str, answer: str) -> None:
        """Open the page as a phone does, then answer on it as its form does without scripts."""
        assert self._phones is not None  # noqa: S101 nobody has a link before the campus is open
        async with self._phones.get(link, headers={"Accept": "text/html"}) as page:
            page.raise_for_status()
            await page.read()
        async with self._phones.post(link, data={"answer": answer}, headers={"Accept": "text/html"}) as page:
            page.raise_for_status()
            await page.read()


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
