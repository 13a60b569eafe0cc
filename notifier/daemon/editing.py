"""What pages may do with the published set: look at it, try changes on it beside the work, publish them."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from notifier import adapters
from notifier.engine.desk import Desk
from notifier.engine.held import Held
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.plan import plan_of
from notifier.engine.publisher import Publisher
from notifier.engine.writing import decoded
from notifier.errors import NotFound, Refused, SetupError
from notifier.files.contact_list import Contacts
from notifier.files.contacts import read_contacts
from notifier.files.load import load
from notifier.interfaces import Changes, FileVersion, Outcome, Rehearsed
from notifier.model.rights import Caller
from notifier.model.settings import NodeSettings

log = logging.getLogger(__name__)

MOST_WAITING = 8
"""Drafts that wait to be looked at; a look takes some 50 ms, and whoever types asks again by himself."""


MANY = 2000
"""People from whom on a look takes so long (measured: 20,000 take two seconds) that it must not run beside a live
response, with which its thread shares the interpreter."""


class PlaybookEditing:
    """Implements `interfaces.Editing`."""

    def __init__(self, engine: Orchestrator, publisher: Publisher, settings: NodeSettings) -> None:
        self._desk, self._ledger = engine.desk, engine.ledger
        self._publisher, self._settings = publisher, settings
        self._known: tuple[int, dict[str, bytes]] | None = None
        self._contacts: tuple[int, Contacts] | None = None
        self._one = asyncio.Lock()
        self._waiting = 0

    # -------------------------------------------------------------------------------------------------------- looking

    def published(self, path: str) -> tuple[int, str | None]:
        version, files = self._newest()
        raw = files.get(path)
        return version, None if raw is None else raw.decode("utf-8", "replace")

    def paths(self) -> Sequence[str]:
        return sorted(self._newest()[1])

    def history(self, path: str) -> Sequence[FileVersion]:
        rows = list(self._ledger.read("publications", site=self._desk.site))
        found: list[FileVersion] = []
        last: str | None = None
        for row in reversed(rows):
            sha = decoded(row["files"]).get(path)
            if sha != last:
                text = self._body(sha).decode("utf-8", "replace") if sha else None
                found.append(FileVersion(row["version"], row["author"], row["comment"], row["wall"], text))
            last = sha
        return found[::-1]

    def _newest(self) -> tuple[int, dict[str, bytes]]:
        """The newest publication; only what has changed since the last look is read again."""
        version = self._desk.held.version
        if self._known is None or self._known[0] != version:
            rows = self._ledger.read("publication_by_version", site=self._desk.site, version=version)
            if not rows:
                raise NotFound("What runs is not in the record yet; look again in a moment.")
            files = {path: self._body(sha) for path, sha in decoded(rows[0]["files"]).items()}
            self._known = (version, files)
        return self._known

    def _body(self, sha: str) -> bytes:
        rows = self._ledger.read("document_body", site=self._desk.site, sha=sha)
        return base64.b64decode(rows[0]["body"]) if rows else b""

    # ------------------------------------------------------------------------------------------------------ rehearsing

    async def rehearse(self, changes: Changes, path: str) -> Rehearsed:
        if self._waiting >= MOST_WAITING:
            raise Refused("Many drafts are being looked at; yours is kept. Check it again in a moment.", status=503)
        if len(self._desk.held.people) > MANY and any(not row["drill"] for row in self._desk.incidents.values()):
            raise Refused("A response is running, and nothing may slow it down. Check it again afterwards.", status=503)
        self._waiting += 1
        try:
            async with self._one:
                version, files = self._newest()
                # Of its own: the loop goes on changing the desk while a thread looks.
                desk = replace(self._desk, opted_out=set(self._desk.opted_out), incidents={}, answered=set())
                return await asyncio.to_thread(self._look, desk, version, _changed(files, changes), path)
        finally:
            self._waiting -= 1

    def _look(self, desk: Desk, version: int, files: Mapping[str, bytes], path: str) -> Rehearsed:
        """In a thread. It touches nothing of the node's."""
        try:
            loaded = load(
                files, adapters.Installed(), self._settings.senders, allow_addresses=self._settings.allow_addresses,
                contacts=self._people(version, desk, files),
            )  # fmt: skip
        except SetupError as error:
            return Rehearsed(version, tuple(error.faults), None, None, None)
        name = loaded.playbook_in.get(path)
        if name is None:
            return Rehearsed(version, loaded.faults, None, None, None)
        desk.current = Held(version, loaded.site, loaded.people, loaded.playbooks, {})
        plans = [_plan(desk, name, drill=drill) for drill in (False, True)]
        return Rehearsed(version, loaded.faults, loaded.playbooks[name], *plans)

    def _people(self, version: int, desk: Desk, files: Mapping[str, bytes]) -> Contacts | None:
        """Everybody as published: reading a district's people takes seconds, and a draft changes none of them."""
        if self._known is None or any(
            files.get(path) != self._known[1].get(path)
            for path in {*files, *self._known[1]}
            if path.startswith(("contacts/", "site.yaml"))
        ):
            return None
        if self._contacts is None or self._contacts[0] != version:
            self._contacts = (version, read_contacts(files, desk.site))
        return self._contacts[1]

    # ------------------------------------------------------------------------------------------------------ publishing

    async def publish(self, changes: Changes, comment: str, caller: Caller, based_on: int) -> Outcome:
        _version, files = self._newest()
        return await self._publisher.publish(_changed(files, changes), comment, caller, based_on=based_on)


def _changed(files: Mapping[str, bytes], changes: Changes) -> dict[str, bytes]:
    kept = {path: raw for path, raw in files.items() if path not in changes}
    return kept | {path: raw for path, raw in changes.items() if raw is not None}


def _plan(desk: Desk, name: str, *, drill: bool) -> Mapping[str, Any] | None:
    try:
        return plan_of(desk, name, None, drill)
    except Exception:  # a draft may be wrong in ways that nothing that runs can be
        log.warning("a draft of %s cannot be planned", name, exc_info=True)
        return None
