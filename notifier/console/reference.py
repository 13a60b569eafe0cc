"""The route table as a page of the reference; `python -m notifier.console.reference` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from notifier.console.openapi import fields_of
from notifier.console.route import Route
from notifier.console.routes import ROUTES


def reference(routes: Iterable[Route]) -> str:
    """`docs/reference/http_api.md`, drawn from the table."""
    lines = [
        "# HTTP API",
        "",
        "Drawn from the route table; a test holds that they agree.",
        "The running daemon shows the same at `/api/docs`, and as OpenAPI 3.1 at `/api/v1/openapi.json`.",
        "",
        "Send `Authorization: Bearer …`; over the Unix socket the user of the process is asked of the kernel instead.",
        "Errors are problem JSON (RFC 9457) with `detail`, `advice` and, where there are several, `faults`.",
        "Apart from a press, unknown fields, wrong types and doubled parameters are refused.",
        "Lists take `limit` (at most 200) and `after` where the table says so, and give `next`.",
        "",
        "| method | path | right | what | takes | most bytes | gives |",
        "|---|---|---|---|---|---|---|",
    ]
    for route in routes:
        takes = ", ".join(f"`{field}`" for field in fields_of(route)) or "–"
        limit = str(route.limit) if route.limit else "–"
        lines.append(
            f"| {route.method} | `{route.path}` | {route.rights} | {route.summary} | {takes} | {limit} | "
            f"{route.status} {route.media} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(reference(ROUTES))
