"""Publishes a set of files: checked, equipped, stored, switched over to, its pages rendered."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from notifier.engine.approvals import refuse_body
from notifier.engine.closing import Person
from notifier.engine.held import Held
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.proposal_telling import publishers, told_body, too_few
from notifier.engine.proposals import Proposals, grant_body, may_grant, propose_body
from notifier.engine.publishing import publish_body
from notifier.engine.steps.announce import all_pages
from notifier.errors import Refused
from notifier.interfaces import Outcome
from notifier.model.facts import Body, Rows
from notifier.model.rights import Caller
from notifier.model.step import ApprovalState


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
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger
        self._load, self._equip = load, equip
        self._one_at_a_time = asyncio.Lock()
        self.proposals = Proposals(engine.desk, engine.ledger)

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

        Where the policy that runs says two it is checked, stored and proposed, and runs when another person grants it.
        `based_on`: the version these files were made of; raises Refused if it is not the newest any more.
        `render`: False at a first start, which must not wait for its pages to be ready to be pressed.
        """
        held = await self._checked(files)
        running = self._desk.current
        if running is not None and running.version and running.site.two_people.publish:  # version 0: a first start
            return await self._propose(files, comment, caller, based_on)

        def body() -> Body[int]:
            wall, now = self._desk.clock.wall().isoformat(timespec="seconds"), self._desk.clock.now()
            return publish_body(held.id, files, caller.name, comment, now, wall, based_on)

        return await self._switch(held, body, render=render)

    async def _propose(self, files: Mapping[str, bytes], comment: str, caller: Caller, base: int | None) -> Outcome:
        if caller.person is None:
            raise Refused(
                "Publishing takes two people here, each with an account of their own. A machine or an unlinked user "
                "of this machine is none of them: propose it with your own token, or by the pages."
            )
        who = Person(caller.person, caller.name, caller.since, caller.made_by, caller.shown)
        approval = uuid.uuid4().hex
        now = self._desk.clock.now()
        site = self._desk.site
        running = await self._ledger.run(lambda: propose_body(site, files, who, comment, now, base, approval))
        others = [one for one in publishers(self._accounts(), site) if one != who.id]
        told = await self._ledger.run(lambda: told_body(self._desk, approval, who, others))
        self._engine.lanes.wake()
        shown = self.proposals.one(approval)
        changed = [one["path"] for one in shown["changed"]]
        text = (
            f"Proposed, and not running: version {running} goes on. Another person who may publish looks at what "
            f"changes ({len(changed)} {'file' if len(changed) == 1 else 'files'}), then lets it run or refuses it. "
        )
        text += f"A message is on its way to {', '.join(told)}." if told else "No message goes to them: tell them."
        return Outcome(False, text, approval, shown["expires"], {"version": running, "changed": changed})

    def _accounts(self) -> Rows:
        return self._ledger.read("access_accounts", site=self._desk.site)

    def _alone(self, held: Held) -> list[str]:
        """What is said to somebody who switches the rule on that publishing takes two."""
        before = self._desk.current is not None and self._desk.current.site.two_people.publish
        if before or not held.site.two_people.publish:
            return []
        return [text] if (text := too_few(self._accounts(), held.id)) else []

    async def decide(self, approval: str, who: Person, grant: bool, why: str) -> Outcome:
        """Let a proposal run, refuse it for a reason, or take one's own back. Raises as `publish`, and NotFound."""
        row = self.proposals.row(approval)
        if not grant:
            state = await self._ledger.run(lambda: refuse_body(self._desk.site, approval, who, why))
            said = "taken back" if state is ApprovalState.WITHDRAWN else f"refused by {who.name}"
            return Outcome(True, f"The proposal is {said}. Version {self._desk.held.version} goes on running.")
        may_grant(row, who, self._desk.clock.now())  # before the work; the transaction asks again
        files = self.proposals.files(row)
        held = await self._checked(files)

        def body() -> Body[int]:
            wall = self._desk.clock.wall().isoformat(timespec="seconds")
            return grant_body(held.id, approval, files, who, self._desk.clock.now(), wall)

        return await self._switch(held, body)

    async def _checked(self, files: Mapping[str, bytes]) -> Held:
        """Raises SetupError; Refused for another site's."""
        site = self._desk.site if self._desk.current else ""
        # A district's people take seconds to read; whoever presses meanwhile must not wait for them.
        async with self._one_at_a_time:
            held = await self._load(files, 0)
        if site and held.id != site:
            raise Refused(f"These files are of site {held.id}; this node serves {site}.", status=409)
        return held

    async def _switch(self, held: Held, body: Callable[[], Body[int]], *, render: bool = True) -> Outcome:
        await self._equip(held)
        warnings = [*self._alone(held), *(await self.prepare_pages(held) if render else [])]
        version = await self._ledger.run(body)
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
