"""The drivers of this node: one for every sender, output and kind of device that its files name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from notifier import adapters
from notifier.engine.held import Gear, Held
from notifier.interfaces import Channel, SpeakerChannel, Tools
from notifier.model.settings import NodeSettings
from notifier.model.site import Site


class Opened(Protocol):
    async def open(self) -> None: ...

    async def close(self) -> None: ...


D = TypeVar("D", bound=Opened)


class Equipment:
    """Opens what is missing, never closes what runs: a response may still hold it."""

    def __init__(self, gear: Gear, tools: Tools, closing: Callable[[Callable[[], Awaitable[Any]]], None]) -> None:
        """`closing` is told how to give each driver back when the daemon ends."""
        self._gear, self._tools, self._closing = gear, tools, closing

    async def open_senders(self, settings: NodeSettings) -> None:
        """The channels of `senders:` and the outputs of `public_address:`, once for a start."""
        channels: dict[str, Channel] = {}
        for name, sender in settings.senders.items():
            kind = adapters.channel(sender.channel)
            channels[name] = await self._opened(kind(name, kind.Settings.model_validate(sender.settings), self._tools))
        speakers: dict[str, SpeakerChannel] = {}
        for name, output in settings.public_address.items():
            sounds = adapters.speaker_channel(name)
            speakers[name] = await self._opened(
                sounds(name, sounds.Settings.model_validate(output.settings), self._tools)
            )
        self._gear.channels, self._gear.speaker_channels, self._gear.senders = channels, speakers, settings.senders

    async def fit(self, held: Held) -> None:
        """Drivers for every kind of device that this publication names, beside those that run already."""
        doors = await self._with(self._gear.door_drivers, door_kinds(held.site), adapters.door_driver)
        signals = {each.driver for each in held.site.signals}
        self._gear.signal_drivers = await self._with(self._gear.signal_drivers, signals, adapters.signal_driver)
        cameras = {each.driver for each in held.site.cameras}
        self._gear.camera_drivers = await self._with(self._gear.camera_drivers, cameras, adapters.camera_driver)
        self._gear.door_drivers = doors

    async def _with(
        self, running: Mapping[str, D], wanted: Iterable[str], find: Callable[[str], Callable[[Tools], D]]
    ) -> dict[str, D]:
        found = dict(running)
        for kind in sorted(set(wanted) - set(found)):
            found[kind] = await self._opened(find(kind)(self._tools))
        return found

    async def _opened(self, driver: D) -> D:
        await driver.open()
        self._closing(driver.close)
        return driver


def door_kinds(site: Site) -> set[str]:
    """The drivers of all doors, of their second paths and of the fire panel's input."""
    kinds = {kind for door in site.doors for kind in door.drivers}
    return kinds | ({site.fire_alarm.driver} if site.fire_alarm is not None else set())
