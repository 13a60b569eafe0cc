"""`run`: the daemon in the foreground, until SIGTERM; and `demo`."""

from __future__ import annotations

import argparse
import asyncio
import gc

from notifier.cli.words import Commands, folder_of, options


def add(commands: Commands) -> None:
    run = commands.add_parser(
        "run", parents=[options()], help="run the daemon of a folder until SIGTERM",
        description="Run the daemon in the foreground. It prints one line that starts with 'ready:' when it can be "
        "pressed, and logs to stderr. A first start publishes the files of the folder and refuses faulty ones; later "
        "starts run what was published last, whatever the files say now. An empty folder begins as a school that is "
        "not set up yet, and the address that is printed leads through the rest.",
    )  # fmt: skip
    run.add_argument("folder", metavar="DIR", nargs="?", help="the school's folder; else NOTIFIER_DIR, else this one")
    run.add_argument("--log", choices=("debug", "info", "warning", "error"), default="info", help="how much to log")
    run.set_defaults(deed=_run)
    demo = commands.add_parser(
        "demo", parents=[options()], help="the demo school: one lockdown from press to closing message",
        description="Start the daemon with an invented school and pretended devices on this machine, press the "
        "front-office button and show what happens. Stays up until Ctrl-C.",
    )  # fmt: skip
    demo.add_argument("--once", action="store_true", help="end after the story, with a JSON summary as the last line")
    demo.set_defaults(deed=_demo)


def _run(args: argparse.Namespace) -> int:
    gc.disable()  # until it can be pressed (`Daemon.open`)
    from notifier.cli.foreground import run  # everything there is: a press by `raise` must not wait for that import
    from notifier.cli.log_lines import to_stderr

    to_stderr(args.log, trace=args.trace)
    return asyncio.run(run(folder_of(args.folder).resolve()))


def _demo(args: argparse.Namespace) -> int:
    from notifier.demo import main

    return main(once=args.once)
