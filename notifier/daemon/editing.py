"""What pages may do with the published set: look at it, try changes on it in another process, publish them."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.daemon.checks import Checks
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.publisher import Publisher
from notifier.engine.writing import decoded
from notifier.errors import NotFound
from notifier.files.load import SITE_FILE
from notifier.files.publishing import sha_of
from notifier.interfaces import BroughtIn, Changes, FileVersion, Outcome, Rehearsed
from notifier.model.playbook import Playbook
from notifier.model.rights import Caller

log = logging.getLogger(__name__)


class PlaybookEditing:
    """Implements `interfaces.Editing`."""

    def __init__(self, engine: Orchestrator, publisher: Publisher, checks: Checks) -> None:
        self._desk, self._ledger = engine.desk, engine.ledger
        self._publisher, self._checks = publisher, checks
        self._known: tuple[int, dict[str, bytes]] | None = None
        self._shas: dict[str, str] = {}

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
            self._shas = dict(decoded(rows[0]["files"]))
            self._known = (version, {path: self._body(sha) for path, sha in self._shas.items()})
        return self._known

    def _body(self, sha: str) -> bytes:
        rows = self._ledger.read("document_body", site=self._desk.site, sha=sha)
        return base64.b64decode(rows[0]["body"]) if rows else b""

    # ------------------------------------------------------------------------------------------------------ rehearsing

    async def rehearse(self, changes: Changes, path: str, editor: str = "") -> Rehearsed:
        version, files = self._newest()
        changed, shas = _changed(files, changes), {one: sha for one, sha in self._shas.items() if one not in changes}
        shas |= {one: sha_of(raw) for one, raw in changes.items() if raw is not None}
        faults, said = await self._checks.look(version, changed, shas, path, editor)
        if said.get("broken"):
            log.warning("a draft of %s cannot be planned: %s", path, said["broken"])
        written = said.get("playbook")
        playbook = Playbook.model_validate(written) if written is not None else None
        return Rehearsed(version, faults, playbook, said.get("live"), said.get("drill"))

    async def bring_in(self, name: str, export: bytes, target: str, options: Mapping[str, Any]) -> BroughtIn:
        _version, files = self._newest()
        around = {path: raw for path, raw in files.items() if path == SITE_FILE or path.startswith("contacts/")}
        return await self._checks.bring_in(around, name, export, target, options)

    # ------------------------------------------------------------------------------------------------------ publishing

    async def publish(self, changes: Changes, comment: str, caller: Caller, based_on: int) -> Outcome:
        _version, files = self._newest()
        return await self._publisher.publish(_changed(files, changes), comment, caller, based_on=based_on)


def _changed(files: Mapping[str, bytes], changes: Changes) -> dict[str, bytes]:
    kept = {path: raw for path, raw in files.items() if path not in changes}
    return kept | {path: raw for path, raw in changes.items() if raw is not None}
