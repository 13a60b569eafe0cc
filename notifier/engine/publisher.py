"""Publishes a set of files: checked, equipped, stored, switched over to, its pages rendered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from notifier.engine.held import Held
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.publishing import publish_body
from notifier.engine.steps.announce import all_pages
from notifier.errors import Refused
from notifier.interfaces import Outcome
from notifier.model.rights import Caller


class Publisher:
    def __init__(
        self,
        engine: Orchestrator,
        load: Callable[[Mapping[str, bytes], int], Awaitable[Held]],
        equip: Callable[[Held], Coroutine[Any, Any, None]],
    ) -> None:
        """`load` turns files into a publication, beside the loop (raises SetupError, Refused); `equip` gets drivers
        ready for it.
        """
        self._desk, self._ledger = engine.desk, engine.ledger
        self._load, self._equip = load, equip
        self._one_at_a_time = asyncio.Lock()

    async def publish(
        self,
        files: Mapping[str, bytes],
        comment: str,
        caller: Caller,
        *,
        render: bool = True,
        based_on: int | None = None,
    ) -> Outcome:
        """Check, equip, store, switch over. A set with one error changes nothing; raises SetupError.

        `based_on`: the version these files were made of; raises Refused if it is not the newest any more.
        `render`: False at a first start, which must not wait for its pages to be ready to be pressed.
        """
        site = self._desk.site if self._desk.current else ""
        # A district's people take seconds to read; whoever presses meanwhile must not wait for them.
        async with self._one_at_a_time:
            held = await self._load(files, 0)
        if site and held.id != site:
            raise Refused(f"These files are of site {held.id}; this node serves {site}.", status=409)
        await self._equip(held)
        warnings = await self.prepare_pages(held) if render else []
        version = await self._ledger.run(
            lambda: publish_body(
                held.id,
                files,
                caller.name,
                comment,
                self._desk.clock.now(),
                self._desk.clock.wall().isoformat(timespec="seconds"),
                based_on,
            )
        )
        published = replace(held, version=version)
        self._desk.held_of[version] = published
        self._desk.current = published
        return Outcome(
            True, f"Version {version} is published and runs now.", detail={"version": version, "warnings": warnings}
        )

    async def prepare_pages(self, held: Held) -> list[str]:
        """Render every page of a publication now, so that nothing is rendered at a press; lockdowns first."""
        channels = self._desk.gear.speaker_channels
        pages = [(channels[kind], words) for kind, words in all_pages(held) if kind in channels]
        pages.sort(key=lambda page: (page[1].drill, page[1].tone != "lockdown"))
        # Exceptions as values: else the first page that ends badly, or is cancelled, would leave the rest unheard.
        said = await asyncio.gather(*(channel.prepare(words) for channel, words in pages), return_exceptions=True)
        warnings: dict[str, None] = {}
        for each in said:
            if isinstance(each, BaseException):
                raise each
            warnings |= dict.fromkeys(each)
        return list(warnings)
