"""The commands as a page of the reference; `python -m notifier.cli.reference` prints it.

Drawn from the parsers themselves and not from argparse's help, whose layout differs between Python versions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from notifier.cli.entry import parser
from notifier.cli.words import EXIT_CODES, daemon_options


def reference() -> str:
    """`docs/reference/cli.md`."""
    lines = [
        "# Command line",
        "",
        "Drawn from the commands themselves; a test holds that they agree.",
        "",
        "The running daemon alone writes its store: commands ask it over the Unix socket `DIR/state/control.sock`,",
        "where the kernel says which user asks, or over `--server URL`.",
        "`DIR` is `--dir`, else `NOTIFIER_DIR`, else the folder you are in.",
        "A token, from `--token-file` or `NOTIFIER_TOKEN`, says which person asks: ending a lockdown takes two.",
        "Errors are sentences on stderr; with `--json` stdout has them too, as `error`, `exit` and `faults`.",
        "",
        "## Exit codes",
        "",
        "| code | what it means |",
        "|---|---|",
        *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()),
        "",
        "## Options that many commands share",
        "",
        *_options(daemon_options()),
    ]
    shared = {action.dest for action in daemon_options()._actions}  # noqa: SLF001 argparse shows its options no other way
    for command in _commands(parser()):
        lines += ["", f"## {command.prog}", "", command.description or "", "", f"`{_usage(command, shared)}`"]
        own = list(_options(command, shared))
        lines += ["", *own] if own else []
    return "\n".join(lines) + "\n"


def _commands(of: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every command that does something, in the order of the help."""
    below = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001 see above
    if not below:
        yield of
    for action in below:
        for each in action.choices.values():
            yield from _commands(each)


def _options(of: argparse.ArgumentParser, without: frozenset[str] | set[str] = frozenset()) -> Iterator[str]:
    actions = [action for action in of._actions if action.dest not in without and action.dest != "help"]  # noqa: SLF001 see above
    if not actions:
        return
    yield "| word | what |"
    yield "|---|---|"
    for action in actions:
        name = _name(action).replace("|", "\\|")
        choices = f" ({', '.join(map(str, action.choices))})" if action.choices else ""
        yield f"| `{name}` | {action.help or ''}{choices} |"


def _usage(of: argparse.ArgumentParser, shared: set[str]) -> str:
    own = [action for action in of._actions if action.dest not in shared and action.dest != "help"]  # noqa: SLF001 see above
    words = [_name(action) if action.required else f"[{_name(action)}]" for action in own]
    return " ".join([of.prog, *words])


def _name(action: argparse.Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    several = "…" if action.nargs == "*" else ""
    if not action.option_strings:
        return f"{value}{several}"
    return action.option_strings[0] + (f" {value}" if action.nargs != 0 else "")


if __name__ == "__main__":
    sys.stdout.write(reference())
