"""Pages from templates: what each of them is handed, and the words for what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aiohttp import web

from notifier.console.assets import static
from notifier.console.foreign_words import among_ours, as_typed
from notifier.console.pages.icons import icon
from notifier.console.parts import ConsoleParts
from notifier.console.problems import ADVICE, Explained
from notifier.console.route import Call
from notifier.files.differences import span
from notifier.model.events import EventKind
from notifier.model.rights import ANONYMOUS, Right

if TYPE_CHECKING:
    import jinja2

NAVIGATION = (
    ("Board", "/board"), ("Playbooks", "/playbooks"), ("People", "/people"), ("Site", "/site"), ("Drills", "/drills"),
    ("Readiness", "/readiness"), ("Accounts", "/accounts"), ("Audit", "/audit"), ("System", "/system"),
)  # fmt: skip
"""In this order; a page stands in it once its route is there and the caller may open it."""
STREAM_KINDS = " ".join([*(str(kind) for kind in EventKind), "hello", "resync", "signed_out", "still"])
SIGN_IN = "/sign-in"
SIGNED_OUT = "You are signed out. The incident goes on. Sign in to see it; to start one you need no sign-in."
NOT_STARTED = (
    "Nothing was started or said. This device is not enrolled any more, or nobody is signed in on it. "
    "In danger: press a wall button, shout, call 911."
)
MOST_INCIDENTS = 20  # open ones that a header looks at; more than one live one is rare


def page(call: Call, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A whole page. Templates extend `base.html` (desk) or `plain.html`, and are handed all of `desk_context`."""
    return html(template, status, **{**desk_context(call), **context})


def fragment(call: Call, template: str, **context: Any) -> web.Response:
    """One or several elements with ids, for `data-fragment` (see static/live.js)."""
    site = call.parts.views.site()
    return html(template, 200, **{"site": site, "zone": zone_of(site), "caller": call.caller, **context})


def html(template: str, status: int = 200, **context: Any) -> web.Response:
    response = web.Response(
        status=status, text=environment().get_template(template).render(context), content_type="text/html"
    )
    # Browsers write the Origin of a form only if the referrer policy lets them (Fetch standard, "append a request
    # Origin header"), and `forms.same_origin` wants it. Other sites still learn nothing.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def desk_context(call: Call) -> dict[str, Any]:
    site = call.parts.views.site()
    paths = {route.path: route for route in call.routes if route.method == "GET"}
    here = call.request.rel_url.path
    links = [
        {"title": title, "path": path, "here": here == path or here.startswith(f"{path}/")}
        for title, path in NAVIGATION
        if path in paths and paths[path].allows(call.caller, call.parts.site)
    ]
    return {
        "site": site, "zone": zone_of(site), "caller": call.caller, "signed_in": call.caller.id != ANONYMOUS.id,
        "navigation": links, "now": incidents_now(call), "unheard": unheard_now(call), "stream_kinds": STREAM_KINDS,
    }  # fmt: skip


def incidents_now(call: Call, *, silent: bool = False) -> Mapping[str, Any] | None:
    """The incident that a header names: a live one before a drill, else the newest; None if none is open.

    Of a silent alarm no screen tells by itself: whoever it is raised against may look at it. `silent`: somebody asks.
    """
    items = call.parts.views.incidents(open_only=True, limit=MOST_INCIDENTS, after=None)["items"]
    shown = [one for one in items if silent or one.get("audible", True)]
    ordered = sorted(shown, key=lambda one: (not one["drill"], one["raised_wall"]))
    return ordered[-1] if ordered else None


def unheard_now(call: Call) -> bool:
    """Whether something is open of which no screen tells by itself."""
    items = call.parts.views.incidents(open_only=True, limit=MOST_INCIDENTS, after=None)["items"]
    return not all(one.get("audible", True) for one in items)


def zone_of(site: Mapping[str, Any]) -> tzinfo:
    """The site's time zone; a machine without zone data shows UTC."""
    try:
        return ZoneInfo(str(site.get("timezone") or "UTC"))
    except (KeyError, ValueError, OSError):
        return timezone.utc  # noqa: UP017 the same object


def clock(wall: object, zone: tzinfo) -> str:
    """An ISO 8601 wall time as people at the site read it, to the second; "" if there is none."""
    try:
        return datetime.fromisoformat(str(wall)).astimezone(zone).strftime("%H:%M:%S")
    except ValueError:
        return ""


def day_and_clock(wall: object, zone: tzinfo) -> str:
    """The same with its day: "3 March 2026, 10:41:52"."""
    try:
        moment = datetime.fromisoformat(str(wall)).astimezone(zone)
    except ValueError:
        return ""
    return f"{moment.day} {moment:%B %Y}, {moment:%H:%M:%S}"


def age(wall: object, now: datetime) -> str:
    """How long ago that was: "12 s ago", "4 min ago", "3 h ago", "5 days ago"; "" if there is none."""
    try:
        seconds = max(0.0, (now - datetime.fromisoformat(str(wall))).total_seconds())
    except ValueError:
        return ""
    if seconds < 120:
        return f"{seconds:.0f} s ago"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / 3600:.0f} h ago" if seconds < 172_800 else f"{seconds / 86_400:.0f} days ago"


def same_day(wall: object, now: datetime, zone: tzinfo) -> bool:
    """Whether that was today, as people at the site count days."""
    try:
        return datetime.fromisoformat(str(wall)).astimezone(zone).date() == now.astimezone(zone).date()
    except ValueError:
        return False


def people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def plural(count: int, one: str, many: str = "") -> str:
    """A number with its word: 1 door, 24 doors."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def in_trouble(told: Explained, call: Call) -> web.Response:
    """What a person sees where a program would get a problem: what is wrong, what to do, where to go."""
    titles = {401: "Sign in first", 403: "Not with this account", 404: "Nothing is here", 503: "Not done"}
    title, text = titles.get(told.status, "This was not done"), SIGNED_OUT if told.status == 401 else told.detail
    posted = call.request.method == "POST" and call.route.right in {Right.PRESS, Right.DRILL}
    if posted and told.status in {401, 403}:
        title, text = "NOT done", NOT_STARTED
    return html(
        "trouble.html", told.status, site=_site(call.parts), title=title, text=text, advice=ADVICE.get(told.status, ""),
        wrongs=told.wrongs, trouble=told.trouble, sign_in=SIGN_IN if told.status == 401 else "",
    )  # fmt: skip


def nowhere(told: Explained, parts: ConsoleParts) -> web.Response:
    """A browser at an address that is none, or that takes no such request."""
    response = html(
        "trouble.html", told.status, site=_site(parts), title="Nothing is here", text=told.detail,
        advice="Look at the address again, or go to the start and from there.", wrongs=(), trouble=None, sign_in="",
    )  # fmt: skip
    if told.allow:
        response.headers["Allow"] = told.allow
    return response


def _site(parts: ConsoleParts) -> Mapping[str, Any]:
    try:
        return parts.views.site()
    except Exception:  # noqa: BLE001 whatever is broken, these pages must not be
        return {"name": parts.site}


def read_first() -> None:
    """What every page needs: the template library, the assets, and what pages share. Takes tenths of a second."""
    for template in ("base.html", "plain.html", "macros.html", "sign_in.html"):
        environment().get_template(template)
    static("desk.css")


@cache
def environment() -> jinja2.Environment:
    import jinja2  # with the first page, not with the start

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("notifier.console"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=among_ours,
    )  # fmt: skip
    made.globals |= {"static": static, "icon": icon}
    made.filters |= {"clock": clock, "day_and_clock": day_and_clock, "people": people, "plural": plural, "span": span}
    made.filters |= {"typed": as_typed, "age": age, "same_day": same_day}
    return made
