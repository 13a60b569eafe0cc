"""Speaking over the speakers while a response runs: `page`."""

from __future__ import annotations

import argparse
from pathlib import Path

from notifier.cli.client import Client
from notifier.cli.naming import incident_id
from notifier.cli.printing import as_json, say
from notifier.cli.words import DONE, Commands, asking, daemon_options
from notifier.errors import NotifierError
from notifier.model.sound import LARGEST


def add(commands: Commands) -> None:
    page = commands.add_parser(
        "page", parents=[daemon_options()], help="say something over the speakers of a response that runs",
        description="Say typed words, or a recording, over speakers now. A drill says by itself that it is one. "
        "What became of it stands in 'notifier incidents ID'.",
    )  # fmt: skip
    page.add_argument("incident", metavar="INCIDENT", help="its code, id, or the beginning of it")
    page.add_argument("text", metavar="TEXT", help="the words; with --wav the name of a file")
    page.add_argument("--wav", action="store_true", help="say a recording: WAV, at most 60 s and 2 MB")
    page.add_argument("--zone", action="append", default=[], help="only there; may be repeated")
    page.add_argument("--speaker", action="append", default=[], help="only this one; may be repeated")
    page.add_argument("--language", default="en", help="of the words, like en or es")
    page.add_argument("--times", type=int, default=1, help="how often, 1 to 5")
    page.set_defaults(deed=asking(_page))


async def _page(args: argparse.Namespace, client: Client) -> int:
    sound = _read(Path(args.text)) if args.wav else b""
    where = [f"zone:{zone}" for zone in args.zone] + [f"speaker:{speaker}" for speaker in args.speaker] or ["all"]
    path = f"/incidents/{await incident_id(client, args.incident)}/page"
    if args.wav:
        outcome = await client.post_sound(f"{path}/audio", sound, speakers=",".join(where), language=args.language)
    else:
        said = {"speakers": where, "text": args.text, "language": args.language, "times": args.times}
        outcome = await client.post(path, said)
    if args.json:
        as_json(outcome)
    else:
        say(outcome["text"])
    return DONE


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise NotifierError(f"{path} is larger than 2 MB. Cut it, or save it as WAV with 16 kHz, 16 bit, mono.")
        return path.read_bytes()
    except OSError as error:
        raise NotifierError(f"{path} cannot be read ({error.strerror}). Nothing was said.") from None
