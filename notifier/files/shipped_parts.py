"""The shipped playbooks, cut down to what a school has: steps that could do nothing are taken out, and said so."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from typing import Any

from notifier.files.starter import shipped_playbooks

PHASES = ("steps", "all_clear", "correction")
UNWIRED = {"secure_doors": "doors", "announce": "speakers", "signal": "strobes and signs"}
"""A step of this kind needs these; none of them is wired at a beginning."""


def fitted_playbooks(kinds: Sequence[str], names: Collection[str]) -> dict[str, bytes]:
    """The shipped playbooks for a school without devices.

    `kinds`: of address that have a sender. `names`: selectors (`group:staff`) that somebody is found by. A playbook of
    which nothing is left at the press, or no way back, is left out.
    """
    found = {}
    for path, raw in shipped_playbooks().items():
        if (text := _fitted(raw, kinds, names)) is not None:
            found[path] = text
    return found


def _fitted(raw: bytes, kinds: Sequence[str], names: Collection[str]) -> bytes | None:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.width, yaml.preserve_quotes = 1000, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    book = yaml.load(raw.decode())
    taken: list[str] = []
    for phase in PHASES:
        steps = book.get(phase, [])
        for index in reversed(range(len(steps))):
            if why := _why_not(steps[index], kinds, names):
                taken.append(f"{phase} / {steps[index]['id']}: {why}")
                del steps[index]
        left = {step["id"] for step in steps}
        for step in steps:
            if "after" in step and not set(step["after"]) <= left:
                _replace(step, "after", [one for one in step["after"] if one in left])
    if not all(book.get(phase) for phase in PHASES):
        return None
    out = io.StringIO()
    yaml.dump(book, out)
    head = "# From the shipped playbook of the same name, without what this school does not have yet.\n"
    head += "".join(f"# Left out: {one}.\n" for one in reversed(taken))
    return (head + out.getvalue()).encode()


def _why_not(step: Any, kinds: Sequence[str], names: Collection[str]) -> str:
    """Why a step can do nothing; "" if it can, and then it names only what there is."""
    for deed, needs in UNWIRED.items():
        if deed in step:
            return f"no {needs} are wired"
    if (notify := step.get("notify")) is None:
        return ""
    to = [one for one in notify["to"] if one in names]
    if not to:
        return f"nobody is {' or '.join(notify['to'])}"
    _replace(notify, "to", to)
    _replace(notify, "by", [kind for kind in notify["by"] if kind in kinds] or list(kinds))
    if "approve" in step:
        asked = [one for one in step["approve"] if one in names]
        if not asked:
            return f"nobody is {' or '.join(step['approve'])}, who would have to approve it"
        _replace(step, "approve", asked)
    if "acknowledge" in step:
        levels = step["acknowledge"].get("escalate", [])
        for index in reversed(range(len(levels))):
            told = [one for one in levels[index]["to"] if one in names or one == "unanswered"]
            if not told:
                del levels[index]
                continue
            _replace(levels[index], "to", told)
            _replace(levels[index], "by", [kind for kind in levels[index]["by"] if kind in kinds] or list(kinds))
        if not levels:
            step["acknowledge"].pop("escalate", None)
    return ""


def _replace(holder: Any, name: str, values: list[str]) -> None:
    """The same list with other words in it, so that it stays on its line; an empty one goes."""
    if not values:
        del holder[name]
        return
    holder[name][:] = values
