"""Renders one page in a process of its own: a second of arithmetic that must not hold up a press.

Run as a module it reads the words as JSON and answers with one line of JSON, then the audio.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys

from notifier.channels._pa.recording import BadRecording
from notifier.channels._pa.render import Rendered, render
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import PageWords

STAND_BACK, LIVE_STANDS_BACK = 10, 2
"""Niceness: everything that answers people goes first; for words of a moment ago a person waits too."""


async def render_aside(words: PageWords, speech_program: str) -> Rendered:
    """Raises WillNotWork if the process fails."""
    told = {
        "key": words.key, "tone": words.tone, "texts": dict(words.texts), "recordings": dict(words.recordings),
        "times": words.times, "drill": words.drill, "live": words.live, "house": words.house,
    }  # fmt: skip
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, speech_program,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await child.communicate(json.dumps(told).encode())
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.communicate()  # its end is heard before the loop may close
        raise
    if child.returncode != 0:
        why = err.decode(errors="replace").strip().rpartition("\n")[2]
        raise WillNotWork(f"The page could not be rendered: {why}.", Reason.OUR_FAULT)
    head, _, audio = out.partition(b"\n")
    said = json.loads(head)
    if "refused" in said:
        raise WillNotWork(said["refused"], Reason.REFUSED)
    return Rendered(audio, tuple(said["warnings"]), tuple(said["voiceless"]))


def main() -> None:
    words = PageWords(**json.load(sys.stdin))
    os.nice(LIVE_STANDS_BACK if words.live else STAND_BACK)
    try:
        rendered = render(words, sys.argv[1])
    except BadRecording as error:
        sys.stdout.write(json.dumps({"refused": str(error)}) + "\n")
        return
    said = {"warnings": rendered.warnings, "voiceless": rendered.voiceless}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + rendered.audio)


if __name__ == "__main__":
    main()
