"""What this is, what it is not, and whose words it uses."""

from __future__ import annotations

from functools import cache
from importlib import metadata

from aiohttp import web

from notifier.console.pages.rendering import page
from notifier.console.route import Call, Flag, Route
from notifier.model.rights import Right


async def about(call: Call) -> web.Response:
    return page(call, "about.html", version=_version())


@cache
def _version() -> str:
    try:
        return metadata.version("lockdown-notifier")
    except metadata.PackageNotFoundError:
        return "unknown (run from its source)"


ROUTES = (
    Route(
        method="GET", path="/about", right=Right.VIEW, handler=about, media="text/html",
        summary="What this is, and whose words it uses.", flags=frozenset({Flag.PAGE, Flag.LENIENT}),
    ),
)  # fmt: skip
