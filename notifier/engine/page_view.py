"""Pages as people see them: for every speaker what is known, and who says so. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.engine.held import Held
from notifier.engine.page_records import Said, detail_of


def pages_of(commands: Sequence[Mapping[str, Any]], held: Held | None) -> list[dict[str, Any]]:
    return [_page(each, held) for each in commands if each["kind"] == "page"]


def _page(command: Mapping[str, Any], held: Held | None) -> dict[str, Any]:
    detail = detail_of(command)
    known = detail.pop("speakers", {})
    names = held.speakers if held else {}
    return {
        "device": command["device"],
        "phase": command["phase"],
        "step": command["step"],
        "state": command["state"],
        "detail": detail,
        "speakers": [
            {
                "id": speaker,
                "name": names[speaker].name or speaker if speaker in names else speaker,
                "state": said["state"],
                "text": said_in_words(said),
            }
            for speaker, said in known.items()
        ],
    }


def said_in_words(said: Mapping[str, str]) -> str:
    """Never more than is known."""
    detail = f" ({said['detail']})" if said.get("detail") else ""
    return {
        Said.SENT: "sent; nobody has confirmed that it is heard",
        Said.PLAYING: f"playing, the device says{detail}",
        Said.NOT_PLAYING: f"NOT playing, the device says{detail}",
        Said.NO_ANSWER: f"sent; the device does not say whether it plays{detail}",
        Said.FAILED: f"FAILED{detail}",
        Said.HEARD: f"heard by {said.get('by')}",
        Said.NOT_HEARD: f"NOT heard: {said.get('by')} was there",
    }[Said(said["state"])]
