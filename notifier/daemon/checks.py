"""What the node has looked at by its checking process: files with what a plan must know, never a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from notifier.daemon.checking import person_of
from notifier.daemon.checking_child import CheckingChild
from notifier.daemon.published_sets import PublishedSets
from notifier.engine.desk import Desk
from notifier.engine.held import Held
from notifier.errors import Fault, SetupError
from notifier.files.publishing import sha_of
from notifier.interfaces import BroughtIn
from notifier.model.people import Person

EXPORT = "export"
"""Under which name the file of another program is handed over."""
KEPT_TO_THE_NODE = {"settings", "give_up_after"}
"""Of a sender: its account, and what no check asks for."""

Shas = Mapping[str, str]


class Checks:
    def __init__(self, desk: Desk, sets: PublishedSets, child: CheckingChild) -> None:
        self._desk, self._sets, self._child = desk, sets, child

    async def look(
        self, version: int, files: Mapping[str, bytes], shas: Shas, path: str, editor: str = ""
    ) -> tuple[tuple[Fault, ...], Mapping[str, Any]]:
        """(every fault, what is said of the playbook in `path`). Raises Refused; not SetupError."""
        said = await self._child.ask(self._job("look", version, path=path), files, shas, editor=editor)
        return _faults(said), said

    async def checked(self, files: Mapping[str, bytes], version: int) -> Held:
        """A set that holds, as the engine wants it. Raises SetupError with every error, Refused."""
        if self._sets.remembers(files):
            return await asyncio.to_thread(self._sets.checked, files, version)
        people: dict[str, Person] = {}

        def take(said: Any) -> None:
            people.update((row[0], person_of(row)) for row in said.get("people", ()))

        shas = await asyncio.to_thread(shas_of, files)
        said = await self._child.ask(self._job("check", version), files, shas, urgent=True, part=take)
        if errors := [fault for fault in _faults(said) if fault.level == "error"]:
            raise SetupError(errors)
        return await asyncio.to_thread(self._sets.with_people, files, people, version)

    async def bring_in(
        self, files: Mapping[str, bytes], name: str, export: bytes, target: str, options: Mapping[str, Any]
    ) -> BroughtIn:
        """What an import would change. Raises SetupError, Refused."""
        written: list[bytes] = []

        def take(said: Any) -> None:
            if isinstance(said, bytes):
                written.append(said)

        handed = {**files, EXPORT: export}
        shas = await asyncio.to_thread(shas_of, handed)
        job = self._job("bring", 0, export=EXPORT, name=name, target=target, options=dict(options))
        said = await self._child.ask(job, handed, shas, part=take)
        if said.get("unusable"):
            raise SetupError(_faults(said))
        return BroughtIn(
            tuple(said["notes"]), tuple(said["unread"]), said["people"], said["counts"], said["rows"], written[0]
        )

    def _job(self, word: str, version: int, **more: Any) -> dict[str, Any]:
        settings, clock = self._sets.settings, self._desk.clock
        return {
            "job": word, "version": version, "now": clock.now(), "wall": clock.wall().isoformat(),
            "node": self._desk.node, "allow": list(settings.allow_addresses), "around": _around(self._desk),
            "senders": {
                name: sender.model_dump(mode="json", by_alias=True, exclude=KEPT_TO_THE_NODE)
                for name, sender in settings.senders.items()
            },
            **more,
        }  # fmt: skip


def shas_of(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: sha_of(raw) for path, raw in files.items()}


def _around(desk: Desk) -> dict[str, Any]:
    """Of this node, as far as a plan asks for it. Of a browser only that there is one."""
    gear = desk.gear
    return {
        "public_url": desk.public_url,
        "channels": {
            name: (channel.address_kind, channel.takes_replies, channel.reply_number)
            for name, channel in gear.channels.items()
        },
        "doors": sorted(gear.door_drivers),
        "browsers": {person: list(mine) for person, mine in desk.browsers.active.items() if mine},
        "opted_out": list(desk.opted_out),
    }


def _faults(said: Mapping[str, Any]) -> tuple[Fault, ...]:
    return tuple(Fault(**one) for one in said["faults"])
