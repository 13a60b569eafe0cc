"""How a command is declared: its arguments, and the options that many share."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

from notifier.cli.client import Client, Where, connected, token_from

Commands = Any
"""What argparse's add_subparsers gives; its type is private."""
DONE, FAILED, NOT_UNDERSTOOD, WAITS, NOBODY, OUR_FAULT, STOPPED = 0, 1, 2, 3, 4, 70, 130
EXIT_CODES = {
    DONE: "It was done.",
    FAILED: "It was not done, or something was found; the sentence says what, and what to do next.",
    NOT_UNDERSTOOD: "The command was not understood; nothing was done.",
    WAITS: "It was asked and waits for a second person; nothing has changed yet.",
    NOBODY: "No daemon answers; after a timeout it is not known whether it was done, and the sentence says so.",
    OUR_FAULT: "A fault of ours.",
    STOPPED: "Stopped by Ctrl-C.",
}


MOST_WORDS = 6
"""Words of a command that a sentence can name."""


class Parser(argparse.ArgumentParser):
    """Says in a sentence what it did not understand, and the nearest word it knows."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **more})

    def error(self, message: str) -> NoReturn:
        words = next((each for each in self._actions if each.choices and each.nargs == argparse.PARSER), None)
        if words is not None and message.startswith("the following arguments are required"):
            known = [str(each) for each in words.choices or ()]
            message = f"say what to do: {self.prog} {'|'.join(known) if len(known) <= MOST_WORDS else 'COMMAND'}"
        said = message[:1].upper() + message[1:]
        sys.stderr.write(f"{said.rstrip('.')}. Type '{self.prog} --help' to see what there is.\n")
        raise SystemExit(NOT_UNDERSTOOD)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """An option before the word it belongs to would be passed over, and what it takes be read as that word."""
        words = next((each for each in self._actions if each.choices and each.nargs == argparse.PARSER), None)
        first = next(iter(sys.argv[1:] if args is None else args), "")
        if words is not None and first.startswith("-") and first.partition("=")[0] not in self._option_string_actions:
            known = list(words.choices or ())
            word = "|".join(known) if len(known) <= MOST_WORDS else "COMMAND"
            self.error(f"the word comes before its options: {self.prog} {word} {first} …")
        return super().parse_known_args(args, namespace)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(each) for each in action.choices]
            near = difflib.get_close_matches(str(value), known, n=1)
            guess = f"did you mean {near[0]}" if near else f"there are: {', '.join(known)}"
            raise argparse.ArgumentError(None, f"there is no {action.dest.replace('_', ' ')} {value!r}; {guess}")


def options() -> argparse.ArgumentParser:
    """What every command takes."""
    shared = Parser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print JSON for a script")
    shared.add_argument("--trace", action="store_true", help="show where a fault of ours happened")
    return shared


def daemon_options() -> argparse.ArgumentParser:
    """What every command that asks the daemon takes."""
    shared = Parser(add_help=False, parents=[options()])
    shared.add_argument(
        "--dir", metavar="DIR", default=None, help="the daemon's folder; else NOTIFIER_DIR, else this folder"
    )
    shared.add_argument("--server", metavar="URL", default=None, help="ask a daemon elsewhere, instead of the socket")
    shared.add_argument(
        "--token-file", metavar="FILE", default=None, help="file with the token to ask with; else NOTIFIER_TOKEN"
    )
    return shared


def folder_of(said: str | None) -> Path:
    return Path(said or os.environ.get("NOTIFIER_DIR") or ".")


def where_of(args: argparse.Namespace, named: str | None = None) -> Where:
    """`named`: a folder that the command was given; it is the daemon's own where one has a socket and none was said."""
    said = getattr(args, "dir", None) or os.environ.get("NOTIFIER_DIR")
    if not said and named and Where(Path(named)).socket.exists():
        said = named
    return Where(folder_of(said), getattr(args, "server", None), token_from(args.token_file))


def asking(
    deed: Callable[[argparse.Namespace, Client], Awaitable[int]], *, named: str = ""
) -> Callable[[argparse.Namespace], int]:
    """A command that talks to the daemon, as `entry` runs it. `named`: the argument that may be the daemon's folder."""

    async def ask(args: argparse.Namespace) -> int:
        async with connected(where_of(args, getattr(args, named) if named else None)) as client:
            return await deed(args, client)

    return lambda args: asyncio.run(ask(args))
