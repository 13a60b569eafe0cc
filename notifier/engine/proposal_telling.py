"""Who else may publish hears of a proposal where they read: by routine messages, in no hurry and with no words of the
files. It is their work, as a trouble is the technician's, so it needs no consent; opt-outs and quiet hours hold.
Whoever has no contact here is told by nobody, and the proposer is told so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.engine.closing import Person
from notifier.engine.desk import Desk
from notifier.engine.steps.notify import delivery_rows
from notifier.engine.trouble_telling import as_routine, scene_beside
from notifier.model.delivery import Purpose
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact
from notifier.model.playbook import Notify
from notifier.model.rights import ROLES, Right

BY = ("push", "email")
"""A proposal may wait for days; it is worth nobody's SMS."""
TEXTS = {
    "en": "{{site}}: %(who)s proposes to publish changes. They do not run: another person who may publish looks at "
    "them and lets them run or refuses them%(where)s.",
    "es": "{{site}}: %(who)s propone publicar cambios. Todavía no valen: otra persona que pueda publicar los revisa y "
    "los acepta o los rechaza%(where)s.",
}
WHERE = {"en": ", at %s", "es": ", en %s"}
TITLE = {"en": "A proposal waits at {{site}}", "es": "Una propuesta espera en {{site}}"}


def publishers(accounts: Sequence[Mapping[str, Any]], site: str) -> dict[str, str]:
    """Person to name: every human with an account that may publish at `site` now. `accounts`: their rows."""
    found = {}
    for row in accounts:
        rights = {right for role in _listed(row["roles"]) for right in ROLES.get(role, frozenset())}
        here = not (sites := _listed(row["sites"])) or site in sites
        if row["person"] and row["state"] == "active" and Right.PUBLISH in rights and here:
            found[str(row["person"])] = str(row["name"])
    return found


def told_body(desk: Desk, approval: str, who: Person, others: Sequence[str]) -> Body[list[str]]:
    """Messages to those of `others` who are contacts; the names of whom something is on its way to."""
    people = [desk.held.people[one] for one in others if one in desk.held.people]
    if not people:
        return []
    scene = scene_beside(desk, "proposal", mark=approval)
    name = who.name.replace("{{", "").replace("}}", "")
    url = f"{desk.public_url.rstrip('/')}/proposals/{approval}" if desk.public_url else ""
    texts = {
        language: text % {"who": name, "where": WHERE[language] % url if url else ""}
        for language, text in TEXTS.items()
    }
    deed = Notify(to=("all",), by=BY, message=texts, title=TITLE, purpose=Purpose.ROUTINE)
    audience = desk.audience(scene, people, deed.by, at_once=True)
    rows = as_routine(delivery_rows(scene, "_proposal", 0, audience.planned, desk.letters(scene, deed)))
    count = sum(row.table == "delivery" for row in rows)
    if count:
        data = {"count": count, "why": "a proposal waits for a second person"}
        yield Fact(EventKind.DELIVERIES_QUEUED, desk.site, None, data, rows)
    return sorted({plan.person.name for plan in audience.planned})


def too_few(accounts: Sequence[Mapping[str, Any]], site: str) -> str:
    """A sentence where fewer than two people could agree to a set of files; "" where they could."""
    able = publishers(accounts, site)
    if len(able) >= 2:
        return ""
    one = f"only {next(iter(able.values()))} has" if able else "nobody has"
    return (
        f"From this version on publishing takes two people, and {one} an account of their own that may publish: "
        "nothing more can be published, this rule neither, until there are two. Add an account: notifier user add."
    )


def _listed(written: Any) -> list[str]:
    found = json.loads(written) if isinstance(written, str) else written
    return [str(each) for each in found or ()]
