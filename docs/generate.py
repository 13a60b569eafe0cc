"""Writes every page that is drawn from the code; `make docs` runs it, and tests/test_docs.py holds what it writes.

A new generated page is one line in `PAGES`: its path below docs/ and the function that gives its text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

from notifier.cli.reference import reference as command_line
from notifier.console.reference import reference as http_api
from notifier.console.route import Flag
from notifier.console.routes import ROUTES
from notifier.files.rules import rules_markdown
from notifier.model.events import EventKind
from notifier.model.machines import MACHINES, Machine
from notifier.model.measured import metrics_markdown
from notifier.model.rights import ROLES, Right

DOCS = Path(__file__).resolve().parent
PACKAGE = DOCS.parent / "notifier"
NO_WRITERS = ("testing", "campus", "demo")
"""Rooms that play with events and are no part of a school's daemon."""


def events() -> str:
    """`reference/events.md`: every kind of event, and which rooms write it."""
    writers = _writers()
    lines = [
        "# Events",
        "",
        "Drawn from `notifier/model/events.py` and from the rooms that write each kind; a test holds that they agree.",
        "",
        "Everything that is decided or seen enters the ledger as an event, together with the rows that it changes",
        "([why](../decisions/0003-tables-change-only-through-facts.md)).",
        "`notifier log show` and `GET /api/v1/timeline` list them, `GET /api/v1/events` tells them as they happen,",
        "and [one panic press](../explanation/one_panic_press.md) follows them through an incident.",
        "A dash means that nothing writes this kind yet.",
        "",
        "| kind | what it says | written by |",
        "|---|---|---|",
    ]
    for kind in EventKind:
        rooms = ", ".join(sorted(writers.get(kind.name, ()))) or "–"
        lines.append(f"| `{kind}` | {kind.sentence} | {rooms} |")
    return "\n".join(lines) + "\n"


def _writers() -> dict[str, set[str]]:
    """Name of a kind to the rooms that write it: where it is said in a function and not compared there.

    Rooms and not files: a body that moves to another file next door changes nothing for the reader.
    """
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0]
        if room in NO_WRITERS:
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for kind in _said(function):
                    found.setdefault(kind, set()).add(room)
    return found


def _said(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Compare):
            continue
        if isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name) and child.value.id == "EventKind":
            yield child.attr
        yield from _said(child)


def roles() -> str:
    """`reference/roles.md`: what each role may do, and who may use each route."""
    rights = [right for right in Right if right is not Right.PUBLIC]
    lines = [
        "# Roles and routes",
        "",
        "Drawn from `notifier/model/rights.py` and from the table of routes; a test holds that they agree.",
        "What it is for stands in [who may come in](../explanation/access.md).",
        "",
        f"| role | {' | '.join(str(right).replace('_', ' ') for right in rights)} |",
        f"|---|{'---|' * len(rights)}",
        *(f"| {role} | {' | '.join('x' if right in may else '' for right in rights)} |" for role, may in ROLES.items()),
        "",
        "`press`, `drill` and `view` are for machines.",
        "A role counts at the sites that its account names, or at all of the node if it names none.",
        "",
        "| route | who may | besides |",
        "|---|---|---|",
    ]
    for route in ROUTES:
        may = [role for role, has in ROLES.items() if {route.right, *route.also} & has]
        who = "everybody" if route.right is Right.PUBLIC else ", ".join(may)
        besides = ["a proof of the last five minutes"] if Flag.FRESH in route.flags else []
        besides += ["the look is written down"] if Flag.PERSONAL in route.flags else []
        lines.append(f"| `{route.method} {route.path}` | {who} | {'; '.join(besides)} |")
    return "\n".join(lines) + "\n"


def states() -> str:
    """`explanation/states.md`: every table of moves, drawn, and the sentence of each state."""
    lines = [
        "# States",
        "",
        "Drawn from the tables in `notifier/model/`; a test holds that they agree.",
        "",
        "Each kind of thing that has states has one table: from a state, by a word, to a state.",
        "One function moves, and what the table does not know is refused and changes nothing.",
    ]
    for machine in MACHINES:
        lines += ["", f"## {machine.name}", "", machine.about, ""]
        lines += _readings(machine) if _said_at_any_time(machine) else _diagram(machine)
        lines += ["", "| state | what it means |", "|---|---|"]
        lines += [f"| {_plain(state)} | {state.sentence} |" for state in machine.states]
    return "\n".join(lines) + "\n"


def _said_at_any_time(machine: Machine) -> bool:
    """Whether every word may be said in every state: a drawing of that is a ball of wool."""
    return len(machine.moves) == len(machine.states) * len(machine.words)


def _readings(machine: Machine) -> list[str]:
    to = {word: machine.move(machine.begins, word) for word in machine.words}
    return ["In whatever state it is:", "", *(f"- *{_plain(word)}* → {_plain(state)}" for word, state in to.items())]


def _diagram(machine: Machine) -> list[str]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, word), to in machine.moves.items():
        arrows.setdefault((str(state), str(to)), []).append(_plain(word))
    ends = [str(state) for state in machine.states if not any(at is state for at, _word in machine.moves)]
    return [
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {machine.begins}",
        *(f"    {at} --> {to}: {', '.join(words)}" for (at, to), words in arrows.items()),
        *(f"    {state} --> [*]" for state in ends),
        "```",
    ]


def _plain(word: str) -> str:
    return str(word).replace("_", " ")


PAGES: dict[str, Callable[[], str]] = {
    "explanation/states.md": states,
    "reference/check_rules.md": rules_markdown,
    "reference/cli.md": command_line,
    "reference/events.md": events,
    "reference/roles.md": roles,
    "reference/http_api.md": lambda: http_api(ROUTES),
    "reference/metrics.md": metrics_markdown,
}


def main() -> None:
    for name, text in PAGES.items():
        page = DOCS / name
        page.parent.mkdir(parents=True, exist_ok=True)
        written = text()
        if not page.exists() or page.read_text(encoding="utf-8") != written:
            page.write_text(written, encoding="utf-8")
            print(f"docs/{name} is written anew")


if __name__ == "__main__":
    main()
