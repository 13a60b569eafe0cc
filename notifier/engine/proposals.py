"""Publishing where the policy says two: the first proposes a set, stored and not running; another human decides.

The policy that counts is that of the version that runs, so changing the policy itself takes two where it says two.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from notifier.engine.approvals import PUBLISH, as_second, asked_rows, granted_fact, who_asked
from notifier.engine.closing import Person
from notifier.engine.desk import Desk
from notifier.engine.publishing import manifest_of, not_overtaken, publish_body
from notifier.engine.writing import decoded
from notifier.errors import NotFound, Refused
from notifier.interfaces import Ledger
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact
from notifier.model.step import ApprovalState

PROPOSAL_LASTS = 7 * 86_400.0
"""Seconds until a proposal that nobody decided about runs out: the other administrator may be away for some days."""
MOST_OPEN = 20
"""Proposals that may wait at once; each keeps its files."""
SHOWN = 30


def propose_body(
    site: str, files: Mapping[str, bytes], who: Person, comment: str, now: float, based_on: int | None, approval: str
) -> Body[int]:
    """Store the set and ask for a second person; returns the version that goes on running. Raises Refused."""
    base = yield from not_overtaken(site, based_on)
    waiting = yield Ask("open_approval", {"site": site, "incident": "", "what": PUBLISH})
    if len(waiting) >= MOST_OPEN:
        raise Refused(f"{len(waiting)} proposals wait already. Decide about those, or take yours back.", status=409)
    manifest, rows = yield from manifest_of(site, files)
    more = {"files": manifest, "base": base}
    rows += asked_rows(site, approval, None, PUBLISH, who, comment, now, now + PROPOSAL_LASTS, more)
    data = {"what": PUBLISH, "first": who.name, "reason": comment, "approval": approval, "base": base}
    yield Fact(EventKind.APPROVAL_ASKED, site, None, data, rows)
    return base


def grant_body(
    site: str, approval_id: str, files: Mapping[str, bytes], who: Person, now: float, wall: str
) -> Body[int]:
    """The new version. Raises Refused: not a second human, run out, overtaken; NotFound, IllegalMove."""
    yield Ask("lock_site", {"site": site})
    found = yield Ask("approval_by_id", {"site": site, "id": approval_id})
    approval = _publication(found[0] if found else None, approval_id)
    may_grant(approval, who, now)
    authors = f"{approval['first_name']} and {who.name}"
    yield granted_fact(approval, who)
    base = int(decoded(approval["data"])["base"])
    return (yield from publish_body(site, files, authors, approval["reason"], now, wall, base))


def may_grant(approval: Mapping[str, Any], who: Person, now: float) -> None:
    """Raises Refused, IllegalMove."""
    if who.id == approval["first"]:
        raise Refused("The second person must be another one than the first. You proposed it; somebody else decides.")
    as_second(approval, who, approval["asked_at"], now)


def _publication(row: Mapping[str, Any] | None, approval_id: str) -> Mapping[str, Any]:
    """Raises NotFound."""
    if row is None or row["what"] != PUBLISH:
        raise NotFound(f"There is no proposal {approval_id}.")
    return row


class Proposals:
    """What was proposed, as people see it. Read-only."""

    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger

    def items(self) -> list[dict[str, Any]]:
        """Newest first; those that wait before those that are decided."""
        found = self._ledger.read("approvals_of_kind", site=self._desk.site, what=PUBLISH, limit=SHOWN)
        return sorted((self._shown(row) for row in found), key=lambda one: one["state"] != ApprovalState.ASKED)

    def one(self, approval_id: str) -> dict[str, Any]:
        """With `changed`: `path`, `before` and `after` (texts; None: not there) and `sound` (it is no text)."""
        row = self.row(approval_id)
        return {**self._shown(row), "changed": list(self._changed(row))}

    def row(self, approval_id: str) -> Mapping[str, Any]:
        """Raises NotFound."""
        found = self._ledger.read("approval_seen", site=self._desk.site, id=approval_id)
        return _publication(found[0] if found else None, approval_id)

    def files(self, row: Mapping[str, Any]) -> dict[str, bytes]:
        return {path: self._body(sha) for path, sha in decoded(row["data"])["files"].items()}

    def _shown(self, row: Mapping[str, Any]) -> dict[str, Any]:
        names = ("id", "state", "first", "first_name", "second", "second_name")
        data, asker = decoded(row["data"]), who_asked(row).human
        return {
            **{name: row[name] for name in names},
            "comment": row["reason"], "why": data.get("why", ""), "base": data["base"],
            "overtaken": row["state"] == ApprovalState.ASKED and data["base"] != self._desk.held.version,
            "asked": self._wall(row["asked_at"]), "expires": self._wall(row["expires"]), "began": row["asked_at"],
            "asker": asdict(asker),
        }  # fmt: skip

    def _changed(self, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Against what it was made of: what runs, while it waits."""
        data = decoded(row["data"])
        made_of = self._ledger.read("publication_by_version", site=self._desk.site, version=data["base"])
        before: Mapping[str, str] = decoded(made_of[0]["files"]) if made_of else {}
        after: Mapping[str, str] = data["files"]
        for path in sorted({*before, *after}):
            if before.get(path) != after.get(path):
                was, now = self._text(before.get(path)), self._text(after.get(path))
                sound = any(known and text is None for known, text in ((before.get(path), was), (after.get(path), now)))
                yield {"path": path, "before": was, "after": now, "sound": sound, "gone": path not in after}

    def _text(self, sha: str | None) -> str | None:
        try:
            return self._body(sha).decode() if sha else None
        except UnicodeDecodeError:
            return None

    def _body(self, sha: str) -> bytes:
        rows = self._ledger.read("document_body", site=self._desk.site, sha=sha)
        return base64.b64decode(rows[0]["body"]) if rows else b""

    def _wall(self, steady: float) -> str:
        moment: datetime = self._desk.clock.wall() + timedelta(seconds=steady - self._desk.clock.now())
        return (moment + timedelta(milliseconds=500)).isoformat(timespec="seconds")
