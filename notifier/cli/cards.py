"""Cards for rooms: printed once, hung inside each, and good for every incident."""

from __future__ import annotations

import argparse
from pathlib import Path

from notifier.cli.client import Client
from notifier.cli.printing import as_json, say
from notifier.cli.words import DONE, Commands, Parser, asking, daemon_options
from notifier.errors import NotifierError


def add(commands: Commands) -> None:
    group = commands.add_parser("cards", help="cards by which rooms answer without an account")
    words = group.add_subparsers(metavar="WORD", required=True, parser_class=Parser, dest="word")
    printed = words.add_parser(
        "print", parents=[daemon_options()], help="write the sheet of room cards as a page to print",
        description="Write the sheet of room cards: a page that a browser prints, one A6 card a room. "
        "Whoever holds a card can answer for its room.",
    )  # fmt: skip
    printed.add_argument("-o", "--output", metavar="FILE", default="cards.html", help="where to write it (cards.html)")
    printed.set_defaults(deed=asking(_print))


async def _print(args: argparse.Namespace, client: Client) -> int:
    page = await client.page("/rooms/cards")
    try:
        _write(args.output, page)
    except OSError as error:
        raise NotifierError(f"{args.output} cannot be written: {error.strerror}. Name another file with -o.") from None
    cards = page.count('<section class="card"')
    if args.json:
        as_json({"cards": cards, "file": args.output})
    else:
        say(f"{cards} cards are in {args.output}. Open it in a browser and print it; then keep or destroy the file.")
    return DONE


def _write(file: str, page: str) -> None:
    """For its owner only: the links on it are secrets."""
    path = Path(file)
    path.touch(mode=0o600)
    path.write_text(page, encoding="utf-8")
