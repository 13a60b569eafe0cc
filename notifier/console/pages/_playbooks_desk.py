"""What the pages of playbooks share: the file that is meant, its draft, and what a look at it says."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any

from notifier.console.pages._playbooks_plan import lanes_of, notes_of, previews_of, sentence
from notifier.console.route import Call
from notifier.errors import Fault, NotFound, Refused
from notifier.files.drafts import Draft, Drafts
from notifier.files.mending import mend_of, word_at
from notifier.interfaces import Editing, FileVersion, Rehearsed

FOLDER, ENDING = "playbooks/", ".yaml"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TICKS = re.compile(r"`([^`]*)`")
_ID = re.compile(r"^playbook:\s*[\"']?([a-z0-9_-]+)", re.MULTILINE)
MOST_SHOWN = 50  # faults of one text that are listed; the rest says nothing new


@dataclass(slots=True)
class Opened:
    """One playbook's file as its author sees it."""

    name: str
    path: str
    version: int
    """What runs, of the whole set."""
    published: str | None
    draft: Draft | None
    history: list[FileVersion]

    @property
    def text(self) -> str:
        return self.draft.text if self.draft else self.published or ""

    @property
    def edited(self) -> bool:
        return self.draft is not None and self.draft.text != (self.published or "")

    @property
    def overtaken(self) -> FileVersion | None:
        """Who published this file since the draft was begun."""
        begun_on_another = self.draft is not None and self.draft.base != self.published
        return self.history[0] if begun_on_another and self.history else None

    @property
    def own(self) -> FileVersion | None:
        """The newest version in which this file was changed."""
        return self.history[0] if self.history else None


def editing_of(call: Call) -> Editing:
    if call.parts.editing is None:
        raise Refused("This node has no playbooks to edit.", 409)
    return call.parts.editing


def drafts_of(call: Call) -> Drafts:
    return Drafts(call.parts.state_dir)


def path_of(name: str) -> str:
    if not NAME.fullmatch(name):
        raise NotFound("There is no such playbook; the list names them all.")
    return f"{FOLDER}{name}{ENDING}"


def names_in(editing: Editing) -> list[str]:
    """Files by name; one whose name no address can hold is edited in its folder only."""
    stems = [path[len(FOLDER) : -len(ENDING)] for path in editing.paths() if path.startswith(FOLDER)]
    return [stem for stem in stems if NAME.fullmatch(stem)]


def id_in(text: str) -> str:
    """The playbook's id as written, without reading the whole file."""
    found = _ID.search(text)
    return found[1] if found else ""


async def opened(call: Call) -> Opened:
    """Raises NotFound if it is neither published nor begun by the caller."""
    name = call.path["playbook"]
    path, editing = path_of(name), editing_of(call)
    version, text = editing.published(path)
    draft = await asyncio.to_thread(drafts_of(call).of, call.caller.id, path)
    if text is None and draft is None:
        raise NotFound("There is no such playbook; the list names them all.")
    return Opened(name, path, version, text, draft, list(editing.history(path)))


def stamp_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def refuse_if_moved(one: Opened, text: str, seen: str, window: str = "") -> None:
    """Raises Refused if the page that sent `text` was opened on another text than stands here now.

    `seen` is the stamp of what the page last knew; a page that does not say so is believed. The same `window` may
    have missed our answer: it is not its own rival.
    """
    if not seen or seen == stamp_of(one.text) or text == one.text:
        return
    if one.draft is not None and window and one.draft.window == window:
        return
    raise Refused("The text was changed in another window or by somebody else since this page was opened.", status=409)


async def keep(call: Call, one: Opened, text: str, window: str = "") -> None:
    """Keep what was typed; what equals the published text is no draft. Raises Refused."""
    drafts = drafts_of(call)
    if text == one.published:
        await asyncio.to_thread(drafts.drop, call.caller.id, one.path)
        one.draft = None
        return
    based = (one.draft.based_on, one.draft.base) if one.draft else (one.version, one.published)
    wall = call.parts.clock.wall().isoformat(timespec="seconds")
    draft = Draft(one.path, text, *based, call.caller.id, call.caller.name, wall, window[:64])
    await asyncio.to_thread(drafts.keep, draft)
    one.draft = draft


async def look(call: Call, one: Opened) -> dict[str, Any]:
    """Check the text and say what it would do: what the editor's right side shows."""
    return seen_context(one, await seen_of(call, one, one.text, f"{call.caller.id} {one.path}"))


async def seen_of(call: Call, one: Opened, text: str | None, editor: str = "") -> Rehearsed:
    """The published set with this text in it; one that could not be looked at has that as its fault."""
    raw = None if text is None else text.encode("utf-8", "replace")
    try:
        return await editing_of(call).rehearse({one.path: raw}, one.path, editor)
    except Refused as refused:
        unseen = Fault(one.path, 1, 1, f"This is kept and was not checked. {refused}")
        return Rehearsed(one.version, (unseen,), None, None, None)


def seen_context(one: Opened, seen: Rehearsed) -> dict[str, Any]:
    own = [fault for fault in seen.faults if fault.file == one.path]
    errors = [fault for fault in own if fault.level == "error"]
    elsewhere = [fault for fault in seen.faults if fault.file != one.path and fault.level == "error"]
    shown = [_shown(fault, one.text) for fault in sorted(own, key=lambda each: each.level != "error")[:MOST_SHOWN]]
    lanes = lanes_of(seen.live) if seen.live else []
    return {
        "one": one, "stamp": stamp_of(one.text), "seen": seen, "faults": shown, "errors": len(errors),
        "elsewhere": [replace(fault, text=quoted(fault.text), advice=quoted(fault.advice)) for fault in elsewhere[:10]],
        "stopped": len(errors) + len(elsewhere), "lanes": lanes, "in_words": sentence(lanes),
        "notes": notes_of(seen.live) if seen.live else [],
        "previews": previews_of(seen.live, seen.drill) if seen.live else [],
        "later": {phase: lanes_of(seen.live, phase) for phase in ("all_clear", "correction")} if seen.live else {},
    }  # fmt: skip


def quoted(words: str) -> str:
    """Names as people quote them; a terminal has no such signs, and its sentences use `these`."""
    return _TICKS.sub("“\\1”", words)


def _shown(fault: Fault, text: str) -> dict[str, Any]:
    lines = text.split("\n")
    line = lines[fault.line - 1] if 1 <= fault.line <= len(lines) else ""
    start, end = word_at(fault, text)
    begin = max(0, start - 60)
    return {
        "fault": fault, "text": quoted(fault.text), "advice": quoted(fault.advice),
        "field": "", "mend": mend_of(fault, text), "start": start, "end": end,
        "before": f"…{line[begin:start]}" if begin else line[:start].lstrip(),
        "word": line[start:end], "after": line[end : end + 60],
    }  # fmt: skip
