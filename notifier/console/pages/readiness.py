"""Readiness: what would be missing if LOCKDOWN were pressed now, when it must be mended, and what was proven."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from notifier.console.pages.forms import read_form, see
from notifier.console.pages.rendering import fragment, page
from notifier.console.route import KILOBYTE, Call, Flag, Route
from notifier.model.rights import Right

HERE = "/readiness"
NOW, BEFORE_SCHOOL, NEXT_WORKDAY = "now", "before_school", "next_workday"
WHEN = (
    (NOW, "Mend now", "mend_now", "wakes the technician at any hour"),
    (BEFORE_SCHOOL, "Mend before school", "before_school", "before people come in"),
    (NEXT_WORKDAY, "Mend next workday", "next_workday", ""),
)
LATER = {
    "walk_test": BEFORE_SCHOOL, "reach": BEFORE_SCHOOL, "speaker": BEFORE_SCHOOL, "signal": BEFORE_SCHOOL,
    "agreement": NEXT_WORKDAY, "certificate": NEXT_WORKDAY, "files": NEXT_WORKDAY,
}  # fmt: skip
"""Kinds of gaps that wake nobody, where the list itself does not say when; every other kind is for now."""
ICONS = {
    "door": "unknown_lock", "walk_test": "speaker", "speaker": "speaker", "signal": "strobe", "reach": "person",
    "agreement": "call", "button": "key", "provider": "message", "lane": "message", "sender": "message",
    "uplink": "connected", "drill": "flag", "path": "strobe",
}  # fmt: skip
OPENS = {
    "door": ("/site#doors", "Open doors"), "speaker": ("/site#speakers", "Open speakers"),
    "signal": ("/site#signals", "Open strobes and signs"), "walk_test": ("/site#walks", "Write down a walk test"),
    "reach": ("/people/reach", "Show who"), "agreement": ("/people?only=agencies", "Open agencies"),
    "provider": ("/site#senders", "Open senders"), "lane": ("/site#senders", "Open senders"),
    "button": ("/site#buttons", "Open buttons"), "drill": ("/drills", "Plan a drill"),
}  # fmt: skip
"""Where each kind is mended, if there is a page for it."""


async def show(call: Call) -> web.Response:
    return page(call, "readiness.html", **_context(call))


async def part(call: Call) -> web.Response:
    return fragment(call, "readiness_part.html", **_context(call))


async def take(call: Call) -> web.Response:
    """Somebody knows of a trouble: it is outlined from then on, with their name."""
    form = await read_form(call)
    await call.parts.commands.acknowledge_trouble(form.text("trouble", limit=400), call.caller)
    return see(HERE)


def _context(call: Call) -> dict[str, Any]:
    state = call.parts.views.state
    told = state("readiness")
    items = list(told["items"])
    troubles = list(state("troubles")["items"])
    gaps = [_gap(each, troubles) for each in items if each.get("well") is not True]
    if not any(each["action"] == "lockdown" for each in state("playbooks")["items"]):
        gaps.insert(0, _gap({"what": NO_LOCKDOWN, "kind": "playbook"}, ()))
    open_to = {route.path for route in call.routes if route.allows(call.caller, call.parts.site)}
    for gap in gaps:
        if gap["href"] and gap["href"].split("#")[0].split("?")[0] not in open_to:
            gap["href"] = ""
    groups = [(title, icon, more, [gap for gap in gaps if gap["when"] == when]) for when, title, icon, more in WHEN]
    caller = call.caller
    return {
        "gaps": len(gaps), "groups": [group for group in groups if group[3]], "proven": list(_proven(call, items)),
        "told": list(told.get("proven", ())), "checked": call.parts.clock.wall().isoformat(),
        "last_drill": _last_drill(call),
        "may_take": caller.may(Right.TECHNICIAN, call.parts.site) or caller.may(Right.OPERATE, call.parts.site),
    }  # fmt: skip


def _gap(item: Mapping[str, Any], troubles: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One line, whatever the list says of it by itself; what it does not say is found in its trouble."""
    kind, what = str(item.get("kind", "")), str(item["what"])
    trouble: Mapping[str, Any] = next((each for each in troubles if _is_of(item, each, kind, what)), {})
    when = str(item.get("when") or item.get("mend") or trouble.get("when") or LATER.get(kind, NOW))
    href, opens = OPENS.get(kind, ("", ""))
    head, _, more = what.partition(": " if kind == "walk_test" else ". ")
    if kind == "walk_test" and more:
        head = f"{head}, walk test"
    return {
        "what": head if more else what, "more": more, "when": when if when in {NOW, BEFORE_SCHOOL} else NEXT_WORKDAY,
        "owner": item.get("owner") or trouble.get("owner") or trouble.get("by_whom") or "",
        "since": trouble.get("raised_wall") or item.get("since"), "trouble": trouble.get("id", ""),
        "by": item.get("mend_by"), "meant_for": [str(each) for each in item.get("for", ())],
        "icon": ICONS.get(kind, "mend_now"), "href": str(item.get("href") or href), "opens": opens or "Open",
    }  # fmt: skip


def _is_of(item: Mapping[str, Any], trouble: Mapping[str, Any], kind: str, what: str) -> bool:
    if "trouble" in item:
        return bool(trouble["id"] == item["trouble"])
    return bool(trouble["text"] == what and trouble["kind"] == kind)


def _proven(call: Call, items: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """What is known, by whom or what; each line says how. A line about nothing is left out."""
    views = call.parts.views
    doors = [each for each in views.doors(None)["items"] if each["commandable"]]
    if doors:
        read = [each for each in doors if each["sensor"] and each["lock"] != "unknown"]
        yield _line("secured", len(read), len(doors), "doors", "read by a sensor of their own", _newest(doors, "seen"))
    walks = [each for each in items if each.get("kind") == "walk_test"]
    if walks:
        ages = [each["age_days"] for each in walks if each.get("age_days") is not None]
        well = sum(each.get("well") is True for each in walks)
        oldest = {"age_days": max(ages)} if ages else {}
        yield _line("speaker", well, len(walks), "zones", "heard and seen by a person standing there", None, **oldest)
    senders = views.state("channels")["items"]
    if senders:
        works = sum(not each["passed_over"] for each in senders)
        yield _line("message", works, len(senders), "senders", "not passed over for failures", None)
    buttons = list(views.site().get("buttons", []))
    if buttons:
        known = {str(each.get("button")) for each in call.parts.accounts.listing() if _presses(each)}
        enrolled = sum(str(each["id"]) in known for each in buttons)
        yield _line("key", enrolled, len(buttons), "buttons", "enrolled; a press by hand proves them", None)


def _presses(account: Mapping[str, Any]) -> bool:
    return account["kind"] in {"button", "kiosk"} and account["state"] == "active"


def _line(
    icon: str, number: int, total: int, word: str, how: str, wall: object, age_days: int | None = None
) -> dict[str, Any]:
    return {
        "icon": icon, "number": number, "total": total, "word": word, "how": how, "wall": wall, "age_days": age_days,
    }  # fmt: skip


def _newest(items: Iterable[Mapping[str, Any]], name: str) -> str | None:
    return max((str(each[name]) for each in items if each.get(name)), default=None)


def _last_drill(call: Call) -> Mapping[str, Any] | None:
    """The newest one of the newest fifty incidents."""
    found = call.parts.views.incidents(open_only=False, limit=50, after=None)["items"]
    return next((each for each in found if each["drill"]), None)


NO_LOCKDOWN = "No LOCKDOWN is published. A press for it would start another playbook, or none."

_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})

ROUTES = (
    Route(
        method="GET", path=HERE, right=Right.VIEW, handler=show, media="text/html", flags=_PAGE,
        summary="What would be missing if somebody pressed now, and what was proven.",
    ),
    Route(
        method="GET", path=f"{HERE}/now", right=Right.VIEW, handler=part, media="text/html", flags=_PAGE,
        summary="A part of that page: its gaps.",
    ),
    Route(
        method="POST", path=f"{HERE}/take", right=Right.TECHNICIAN, also=(Right.OPERATE,), handler=take,
        media="text/html", limit=4 * KILOBYTE, status=303, flags=_PAGE, summary="Say that you know of a trouble.",
    ),
)  # fmt: skip
