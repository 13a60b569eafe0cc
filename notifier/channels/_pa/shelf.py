"""Rendered pages: in memory for the press, on disk for the next start."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from notifier.channels._pa.render import Rendered
from notifier.channels._pa.render_child import render_aside
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import PageWords

RENDERER = 1
"""Raise it when the same words must sound otherwise: what older renderers left is then rendered again."""
RENDERERS = 2
"""Processes that render at once; they stand back behind everything else."""
MOST = 64 * 1024 * 1024
"""Bytes of audio held in memory, over two hours; what was used least lately stays on disk only."""

_rendering: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
"""By file: who renders it now."""
_parts = count()


class Shelf:
    """`audio`: key of the words to mu-law bytes, the least lately used first."""

    def __init__(self, folder: Path, speech_program: str) -> None:
        self.audio: dict[str, bytes] = {}
        self._folder = folder
        self._program = speech_program
        self._gate = asyncio.Semaphore(RENDERERS)
        self._live_gate = asyncio.Semaphore(RENDERERS)
        """Somebody waits for words of a moment ago: they do not stand in line behind a whole publication."""

    async def prepare(self, words: PageWords, in_use: Collection[str]) -> tuple[Sequence[str], Sequence[str]]:
        """(warnings, keys that fell out of memory)."""
        made_of = await asyncio.to_thread(self._ingredients, words)
        # Outputs of one node keep one folder: what one of them renders, the others find.
        async with _rendering.setdefault(str(self._sound(words.key)), asyncio.Lock()):
            found = await asyncio.to_thread(self._cached, words, made_of)
            audio, warnings = found if found is not None else await self._rendered(words, made_of)
        self.audio.pop(words.key, None)
        self.audio[words.key] = audio
        dropped = []
        for key in [key for key in self.audio if key not in in_use and key != words.key]:
            if sum(map(len, self.audio.values())) <= MOST:
                break
            del self.audio[key]
            dropped.append(key)
        return warnings, dropped

    async def _rendered(self, words: PageWords, made_of: dict[str, Any]) -> tuple[bytes, tuple[str, ...]]:
        async with self._live_gate if words.live else self._gate:
            rendered = await render_aside(words, self._program)
        warnings = rendered.warnings
        try:
            await asyncio.to_thread(self._keep, words, rendered, made_of)
        except OSError as error:
            warnings += (f"the rendered page cannot be kept on disk ({error.strerror}); a restart renders it again",)
        return rendered.audio, warnings

    def fetch(self, key: str) -> bool:
        """True: it was only on disk and is in memory now. Raises WillNotWork if it was never prepared."""
        if key in self.audio:
            self.audio[key] = self.audio.pop(key)
            return False
        try:
            self.audio[key] = self._sound(key).read_bytes()
        except OSError:
            raise WillNotWork(
                "The audio of this page was never rendered or is gone. Publish again, then try the speakers.",
                Reason.OUR_FAULT,
            ) from None
        return True

    # --------------------------------------------------------------------------------------------------- on disk

    def _ingredients(self, words: PageWords) -> dict[str, Any]:
        """What the audio depends on besides the words: a new recording under an old name is a new page."""
        recordings = {}
        for language, path in words.recordings.items():
            try:
                recordings[language] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            except OSError:
                recordings[language] = ""
        return {"renderer": RENDERER, "program": self._program, "recordings": recordings}

    def _cached(self, words: PageWords, made_of: dict[str, Any]) -> tuple[bytes, tuple[str, ...]] | None:
        try:
            note = json.loads(self._note(words.key).read_text(encoding="utf-8"))
            audio = self._sound(words.key).read_bytes()
            was, voiceless, warnings = note["made_of"], note["voiceless"], tuple(note["warnings"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if note.get("sha256") != hashlib.sha256(audio).hexdigest():
            return None
        if voiceless and self._program and shutil.which(self._program):
            return None  # a voice has been installed since
        # A recorded voice that was rendered before its file vanished is better than a synthetic one now.
        gone = [each for each, digest in made_of["recordings"].items() if not digest and was["recordings"].get(each)]
        now = {**made_of, "recordings": {**made_of["recordings"], **{each: was["recordings"][each] for each in gone}}}
        if now != was:
            return None
        return audio, warnings + tuple(
            f"the recording for {each} is gone; the page rendered from it is kept, put {words.recordings[each]} back"
            for each in gone
        )

    def _keep(self, words: PageWords, rendered: Rendered, made_of: dict[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        note = {
            "made_of": made_of, "warnings": rendered.warnings, "voiceless": rendered.voiceless,
            "sha256": hashlib.sha256(rendered.audio).hexdigest(),
        }  # fmt: skip
        # The note names the sound's hash, so a crash between the two only means rendering again.
        _write(self._sound(words.key), rendered.audio)
        _write(self._note(words.key), json.dumps(note).encode())

    def _sound(self, key: str) -> Path:
        return self._folder / f"{_file_name(key)}.ulaw"

    def _note(self, key: str) -> Path:
        return self._folder / f"{_file_name(key)}.json"


def _file_name(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,100}", key) else hashlib.sha256(key.encode()).hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, also through a power cut."""
    part = path.with_suffix(f"{path.suffix}.{os.getpid()}.{next(_parts)}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
