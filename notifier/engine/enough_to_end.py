"""Who may end a live response: what needs two people never ends in a school where one alone has an account for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.model.rights import ROLES, Right
from notifier.model.site import TwoPeople

ENDINGS = {"all_clear": "the all-clear", "recall": "a recall", "mistake": "a confirmed mistake"}


def too_few_to_end(accounts: Sequence[Mapping[str, Any]], site: str, policy: TwoPeople) -> str:
    """A sentence if fewer than two people may command where an ending needs two; "" if there are enough.

    Accounts count by their person: two of one and the same human are one.
    """
    needing = [words for name, words in ENDINGS.items() if getattr(policy, name)]
    able = {one["person"] or one["id"]: one["name"] for one in accounts if _may_command(one, site)}
    if not needing or len(able) > 1:
        return ""
    who = (
        f"{next(iter(able.values()))} is the only one with an account that may" if able else "Nobody has an account to"
    )
    listed = needing[0] if len(needing) == 1 else f"{', '.join(needing[:-1])} and {needing[-1]}"
    verb = "needs" if len(needing) == 1 else "need"
    return f"{who} command, and {listed} {verb} two people: give another one the role commander."


def _may_command(account: Mapping[str, Any], site: str) -> bool:
    sites = json.loads(account["sites"])
    here = not sites or site in sites
    rights = [ROLES.get(role, frozenset()) for role in json.loads(account["roles"])]
    able = any(Right.COMMAND in each for each in rights)
    return able and here and account["kind"] == "person" and account["state"] == "active"
