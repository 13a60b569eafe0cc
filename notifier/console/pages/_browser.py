"""What the pages of people's ways in share: the cookie, the address that passkeys are made for, QR codes."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

from aiohttp import web
from markupsafe import Markup

from notifier.access.passkeys import Party, party_of
from notifier.access.sessions import Session
from notifier.console.callers import SESSION_COOKIE, networks_of, public_address
from notifier.console.problems import BadRequest
from notifier.console.route import Call
from notifier.errors import Refused

KEPT = 7 * 24 * 3600
"""Seconds that a browser keeps the cookie: the longest of `access.limits`; the session itself ends when it ends."""
STEP_COOKIE = "__Host-notifier-step"
"""Ties the answer of a provider to the browser that asked it."""


def session_of(call: Call) -> Session:
    """Raises Refused: a program with a token has no session, and no account page."""
    if call.session is None:
        raise Refused("This page is for a browser in which a person has signed in.", 409)
    return call.session


def carried(call: Call) -> str | None:
    """The cookie that came with it, whatever it is worth: signing in ends it."""
    return call.request.cookies.get(SESSION_COOKIE)


def keep_session(response: web.Response, secret: str) -> web.Response:
    """Lax, because a provider's answer arrives from elsewhere; what changes anything asks for its origin besides."""
    response.set_cookie(SESSION_COOKIE, secret, max_age=KEPT, path="/", secure=True, httponly=True, samesite="Lax")
    return response


def drop(response: web.Response, name: str) -> web.Response:
    response.set_cookie(name, "", max_age=0, path="/", secure=True, httponly=True, samesite="Lax")
    return response


def own_address(call: Call) -> str:
    """Our address as browsers see it, without a slash at its end."""
    if call.parts.public_url is not None:
        return call.parts.public_url.rstrip("/")
    seen = urlsplit(public_address(call.request, None, networks_of(call.parts.settings.behind_proxy)))
    return f"{seen.scheme}://{seen.netloc}"


def party(call: Call) -> Party | None:
    """For whom passkeys are made here; None where they cannot be: the address has no name, or no https."""
    # Who sits at the machine itself opens it as localhost; a passkey of that name is worth nothing anywhere else.
    local = urlsplit(f"{call.request.scheme}://{call.request.host}")
    seen = local if local.hostname == "localhost" else urlsplit(own_address(call))
    try:
        return party_of(f"{seen.scheme}://{seen.netloc}", str(call.parts.views.site()["name"]))
    except Refused:
        return None


def needed_party(call: Call) -> Party:
    """Raises BadRequest where passkeys cannot be."""
    found = party(call)
    if found is None:
        raise BadRequest(409, "Passkeys need a name and https. Open this page by the address in public_url.")
    return found


def qr(text: str) -> Markup:
    """As inline SVG, black on white whatever the colours of the page: cameras need it so."""
    import segno  # no start needs it

    drawn = io.BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", scale=5, border=4, dark="#000000", light="#FFFFFF", xmldecl=False, svgns=False, nl=False
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 drawn by segno from a text that stands in no attribute
