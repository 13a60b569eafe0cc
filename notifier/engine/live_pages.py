"""Pages of a moment ago: typed or spoken by a person while a response runs, or prepared and let go by one.

They are rendered beside the work and recorded before they are said. They have the rank of their response: a page of
its own that is on the air is said to its end first, a lower one gives way, a higher one takes the speakers. A process
that dies never says them again: by then they may be wrong.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from notifier.engine.orchestrator import Orchestrator
from notifier.engine.page_records import heard_body
from notifier.engine.recovery import LIVE
from notifier.engine.scene import Scene
from notifier.engine.selectors import select_speakers
from notifier.engine.steps.announce import fire_page, stamped
from notifier.engine.steps.secure_doors import command_row
from notifier.errors import AdapterError, NotFound, Refused
from notifier.interfaces import Outcome, PageWords
from notifier.model.door import CommandState
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from notifier.model.fire_words import FireWord
from notifier.model.incident import IncidentState
from notifier.model.playbook import Step
from notifier.model.rights import Caller
from notifier.model.site import Speaker
from notifier.model.sound import NoSound, as_wav
from notifier.model.step import Phase

TONE = "attention"


class LivePages:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger

    async def typed(
        self, incident: str, to: Sequence[str], text: str, language: str, times: int, caller: Caller
    ) -> Outcome:
        scene, speakers = self._ready(incident, to)
        mark = uuid.uuid4().hex[:12]
        texts = {language: stamped(text, language, scene.drill)}
        words = PageWords(f"live-{mark}", TONE, texts, {}, times, scene.drill, live=True)
        return await self._say(scene, mark, speakers, words, caller, {"how": "typed"}, {"said": {language: text}})

    async def spoken(
        self, incident: str, to: Sequence[str], sound: bytes, content_type: str, language: str, caller: Caller
    ) -> Outcome:
        scene, speakers = self._ready(incident, to)
        try:
            wav = as_wav(sound, content_type)
        except NoSound as error:
            raise Refused(f"{error} Nothing was said.", status=422) from None
        mark = uuid.uuid4().hex[:12]
        kept = await asyncio.to_thread(_keep, Path(self._desk.state_dir), f"{scene.code}-{mark}.wav", wav)
        facts = {"how": "spoken", "bytes": len(wav), "sha256": hashlib.sha256(wav).hexdigest()}
        words = PageWords(f"live-{mark}", TONE, {}, {language: str(kept)}, 1, scene.drill, live=True)
        return await self._say(scene, mark, speakers, words, caller, facts, {"recording": kept.name})

    async def prepared(self, incident: str, zone: str, word: FireWord, caller: Caller) -> Outcome:
        """What a fire alarm makes of a zone: rendered when the set was published, in the site's languages."""
        scene, speakers = self._ready(incident, [f"zone:{zone}"])
        words = fire_page(scene.held, word, scene.drill)
        facts = {"how": "prepared", "word": str(word), "zone": zone}
        return await self._say(
            scene, uuid.uuid4().hex[:12], speakers, words, caller, facts, {"said": dict(words.texts)}
        )

    async def confirm(self, incident: str, speaker: str, heard: bool, name: str) -> Outcome:
        await self._ledger.run(lambda: heard_body(self._desk.site, incident, speaker, heard, name))
        return Outcome(True, f"Recorded: {name} {'heard it' if heard else 'did NOT hear it'} at {speaker}.")

    # -------------------------------------------------------------------------------------------------- on the air

    def _ready(self, incident: str, to: Sequence[str]) -> tuple[Scene, dict[str, list[Speaker]]]:
        row = self._engine.open_incident(incident)
        if row is None:
            raise NotFound(f"There is no open incident {incident}.")
        if row["state"] == IncidentState.CLOSING:
            raise Refused("This response is closing and its speakers say the closing words. Nothing was said.", 409)
        scene = self._desk.scene(row, row["run"], Phase.MAIN, row["playbook"], row["zone"])
        if not scene.playbook.audible:
            raise Refused(
                f"{scene.playbook.title} is a silent response, and a page would give it away. "
                "Nothing was said; start an audible one if that is right.", 409,
            )  # fmt: skip
        found: dict[str, list[Speaker]] = {}
        chosen = {speaker.id: speaker for one in to for speaker in self._named(scene, one)}
        for speaker in chosen.values():
            found.setdefault(speaker.channel, []).append(speaker)
        return scene, found

    def _named(self, scene: Scene, selector: str) -> Sequence[Speaker]:
        speakers = select_speakers(scene.held, [selector], scene.zone)
        if not speakers:
            zones = ", ".join(sorted({f"zone:{speaker.zone}" for speaker in scene.held.site.speakers}))
            raise Refused(f"No speaker is at {selector}. There are speakers at: {zones}. Nothing was said.", 422)
        return speakers

    async def _say(
        self,
        scene: Scene,
        mark: str,
        speakers: Mapping[str, list[Speaker]],
        words: PageWords,
        caller: Caller,
        facts: Mapping[str, Any],
        detail: Mapping[str, Any],
    ) -> Outcome:
        """Rendered, then recorded, then said."""
        warnings = await self._render(list(speakers), words)
        step = Step.model_construct(id=f"{LIVE}{mark}")
        rows = {
            kind: command_row(scene, step, "page", kind, "say", CommandState.SENDING, json.dumps(dict(detail)))
            for kind in speakers
        }
        ids = [speaker.id for mine in speakers.values() for speaker in mine]
        languages = sorted({*words.texts, *words.recordings})
        data = {"by": caller.name, "speakers": ids, "languages": languages, "drill": scene.drill, **facts}

        def body() -> Body[None]:
            after: list[Row] = list(rows.values())
            yield Fact(EventKind.PAGE_SPOKEN, scene.site, scene.incident, data, after)

        await self._ledger.run(body)
        for kind, mine in speakers.items():
            self._engine.devices.speakers.say(scene, rows[kind].values["id"], kind, mine, words)
        said = f"Handed to {len(ids)} speaker{'' if len(ids) == 1 else 's'}. Sent is not heard: look at the incident."
        shown = {"page": mark, "speakers": ids, "drill": scene.drill, "warnings": list(warnings)}
        return Outcome(True, " ".join([said, *(f"Warning: {each.rstrip('.')}." for each in warnings)]), detail=shown)

    async def _render(self, kinds: Sequence[str], words: PageWords) -> Sequence[str]:
        """By every output at once; refused only if none of them could make anything of it."""
        channels = [channel for kind in kinds if (channel := self._desk.gear.speaker_channels.get(kind)) is not None]
        made = await asyncio.gather(*(channel.prepare(words) for channel in channels), return_exceptions=True)
        faults = [each for each in made if isinstance(each, AdapterError)]
        for each in made:
            if isinstance(each, BaseException) and not isinstance(each, AdapterError):
                raise each
        if channels and len(faults) == len(channels):
            raise Refused(f"{faults[0]} Nothing was said.", status=422)
        told = [warning for each in made if not isinstance(each, BaseException) for warning in each]
        return list(dict.fromkeys([*told, *map(str, faults)]))


class PageVerbs:
    """The verbs of `interfaces.Commands` that speak; who may is checked by the console."""

    live: LivePages

    async def page(
        self, incident: str, speakers: Sequence[str], text: str, language: str, times: int, caller: Caller
    ) -> Outcome:
        return await self.live.typed(incident, speakers, text, language, times, caller)

    async def fire_page(self, incident: str, zone: str, word: FireWord, caller: Caller) -> Outcome:
        return await self.live.prepared(incident, zone, word, caller)

    async def page_audio(
        self, incident: str, speakers: Sequence[str], sound: bytes, content_type: str, language: str, caller: Caller
    ) -> Outcome:
        return await self.live.spoken(incident, speakers, sound, content_type, language, caller)

    async def confirm_page(self, incident: str, speaker: str, heard: bool, caller: Caller) -> Outcome:
        """By name, a machine's too: an intercom with a microphone may be the one that heard it."""
        return await self.live.confirm(incident, speaker, heard, caller.name)


def _keep(state: Path, name: str, wav: bytes) -> Path:
    """What was said stays with the record of the node; only its owner may listen to it."""
    folder = state / "live_pages"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(wav)
    return path
