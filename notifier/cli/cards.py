"""Cards for rooms: printed once, hung inside each, and good for every incident."""

from __future__ import annotations

import argparse
from pathlib import Path

from notifier.cli.cards_offline import sheet_of
from notifier.cli.client import Client
from notifier.cli.printing import as_json, say
from notifier.cli.words import DONE, Commands, Parser, asking, daemon_options
from notifier.console.room_cards import sheet_page
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
    printed.add_argument(
        "folder",
        metavar="DIR",
        nargs="?",
        default=None,
        help="without the daemon: from this folder's files and its node's key, as they are now",
    )
    printed.set_defaults(deed=_printing)


def _printing(args: argparse.Namespace) -> int:
    return asking(_print)(args) if args.folder is None else _print_offline(args)


def _print_offline(args: argparse.Namespace) -> int:
    """From the files as they are, which need not be what is published: a card of another code answers nothing."""
    page = sheet_page(sheet_of(Path(args.folder)))
    return _done(args, page, " They are made from the files: publish them before you hang the cards up.")


async def _print(args: argparse.Namespace, client: Client) -> int:
    return _done(args, await client.page("/rooms/cards"))


def _done(args: argparse.Namespace, page: str, more: str = "") -> int:
    try:
        _write(args.output, page)
    except OSError as error:
        raise NotifierError(f"{args.output} cannot be written: {error.strerror}. Name another file with -o.") from None
    cards = page.count('<section class="card"')
    if args.json:
        as_json({"cards": cards, "file": args.output})
    else:
        said = f"{cards} cards are in {args.output}. Open it in a browser and print it; then keep or destroy the file."
        say(f"{said}{more}")
    return DONE


def _write(file: str, page: str) -> None:
    """For its owner only: the links on it are secrets."""
    path = Path(file)
    path.touch(mode=0o600)
    path.write_text(page, encoding="utf-8")
