"""The far end of RTP multicast for the shipped suite: a listener on loopback groups of its own."""

import os
import signal
from collections.abc import Callable, Sequence
from itertools import count, pairwise
from typing import Self

from notifier.campus.rtp_listener import RtpListener
from notifier.channels.pa_multicast import PaMulticast
from notifier.interfaces import SpeakerChannel
from notifier.model.site import Speaker
from notifier.testing.check_speaker_channel import Ears

# A sentence that an earlier test left behind must not be heard by the next one, nor by another run on this machine.
_ports = count(20_000 + os.getpid() % 1000 * 40, 2)


def speaker(name: str, address: str) -> Speaker:
    return Speaker(id=name, zone="north", address=address)


class RtpEars(Ears):
    bad_address = "10.0.0.9:5004"

    def __init__(self) -> None:
        port = next(_ports)
        hall, yard = f"239.255.10.1:{port}", f"239.255.10.2:{port}"
        self.speakers = (speaker("hall", hall), speaker("gym", hall), speaker("yard", yard))
        self.listener = RtpListener([hall, yard])

    async def __aenter__(self) -> Self:
        await self.listener.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.listener.close()

    def pages(self, address: str) -> Sequence[bytes]:
        return [bytes(stream.audio) for stream in self.listener.streams(address)]

    def mixed(self, address: str) -> bool:
        streams = self.listener.streams(address)
        return any(a.arrivals[-1] > b.arrivals[0] for a, b in pairwise(streams))

    async def until(self, heard: Callable[[], bool]) -> None:
        await self.listener.until(heard)

    def kill(self, output: SpeakerChannel) -> bool:
        assert isinstance(output, PaMulticast)
        assert output.pacing_pid is not None
        os.kill(output.pacing_pid, signal.SIGKILL)
        return True
