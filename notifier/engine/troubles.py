"""Something of ours is broken: raised once, raised again when it comes back, cleared when it is well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.engine.closing import Moment
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.step import TroubleState, TroubleWord, move_trouble


def is_known(known: Sequence[Mapping[str, Any]], well: bool) -> bool:
    """Whether its row, if there is one, says so already."""
    return well == (not known or known[0]["state"] == TroubleState.CLEARED)


def trouble_body(site: str, kind: str, subject: str, text: str, well: bool, at: Moment) -> Body[bool]:
    """Raise or clear one trouble; False if nothing changed."""
    trouble = f"{kind}:{subject}"
    known = yield Ask("trouble_by_id", {"site": site, "id": trouble})
    if is_known(known, well):
        return False
    if not known:
        yield Fact(
            EventKind.TROUBLE_RAISED,
            site,
            None,
            {"kind": kind, "subject": subject, "text": text},
            [
                Row(
                    "trouble",
                    {
                        "site": site,
                        "id": trouble,
                        "kind": kind,
                        "subject": subject,
                        "text": text,
                        "state": str(TroubleState.RAISED),
                        "raised_at": at.now,
                        "raised_wall": at.wall,
                        "moved_at": None,
                        "by_whom": None,
                        "told_at": None,
                    },
                    new=True,
                )
            ],
        )
        return True
    new = move_trouble(TroubleState(known[0]["state"]), TroubleWord.CLEAR if well else TroubleWord.RAISE_AGAIN)
    values = {"site": site, "id": trouble, "state": str(new), "moved_at": at.now, "by_whom": None}
    if not well:
        values |= {"text": text, "raised_at": at.now, "raised_wall": at.wall}
    yield Fact(
        EventKind.TROUBLE_MOVED if well else EventKind.TROUBLE_RAISED,
        site,
        None,
        {"kind": kind, "subject": subject, "state": str(new), "text": text},
        [Row("trouble", values)],
    )
    return True
