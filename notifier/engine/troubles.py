"""Something of ours is broken: raised once, raised again when it comes back, cleared when it is well."""

from __future__ import annotations

from notifier.engine.closing import Moment
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.step import TroubleState, TroubleWord, move_trouble


def trouble_body(site: str, kind: str, subject: str, text: str, well: bool, at: Moment) -> Body[bool]:
    """Raise or clear one trouble; False if nothing changed."""
    trouble = f"{kind}:{subject}"
    known = yield Ask("trouble_by_id", {"site": site, "id": trouble})
    if not known:
        if well:
            return False
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
    state = TroubleState(known[0]["state"])
    if well == (state is TroubleState.CLEARED):
        return False
    new = move_trouble(state, TroubleWord.CLEAR if well else TroubleWord.RAISE_AGAIN)
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
