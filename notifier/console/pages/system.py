"""How this node is: its version, record, backup, clock, certificate, lines and load. For those who look after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from notifier import __version__
from notifier.console.pages.forms import see
from notifier.console.pages.rendering import fragment, page
from notifier.console.parts import Metric
from notifier.console.route import Call, Flag, Route
from notifier.errors import Refused
from notifier.model.rights import Right

HERE = "/system"
VERIFIED = "the last look at the whole record"
"""Under this the result is kept until a publication: (wall time, findings)."""
MEGABYTE = 1_000_000


async def show(call: Call) -> web.Response:
    return page(call, "system.html", **_node(call), **_load(call))


async def load(call: Call) -> web.Response:
    return fragment(call, "system_load.html", **_load(call))


async def verify(call: Call) -> web.Response:
    if call.parts.verify is None:
        raise Refused("This daemon cannot verify its record.", 501)
    found = list(await call.parts.verify())
    call.parts.kept[VERIFIED] = (call.parts.clock.wall().isoformat(timespec="seconds"), found)
    return see(HERE)


def _node(call: Call) -> dict[str, Any]:
    told = {metric.name: metric for metric in call.parts.metrics()}
    kept, backup = call.parts.clock.kept(), _backup(call)
    senders = [
        {**one, "well": _labelled(told.get("sender_well"), "sender").get(str(one["sender"]))}
        for one in call.parts.views.state("channels")["items"]
    ]
    by_line: dict[str, list[str]] = {}
    for one in senders:
        by_line.setdefault(str(one["uplink"]), []).append(str(one["sender"]))
    return {
        "version": __version__, "settings": call.parts.settings, "health": call.parts.views.health(),
        "store": _value(told, "store_bytes") / MEGABYTE, "free": _value(told, "store_free_bytes") / MEGABYTE,
        "sealed": _wall(_value(told, "last_seal_timestamp_seconds")),
        "started": _wall(_value(told, "start_timestamp_seconds")),
        "certificate": _wall(_value(told, "certificate_expiry_timestamp_seconds")),
        "kept": kept, "backup": backup, "senders": senders, "lines": by_line,
        "gaps": len(call.parts.views.state("readiness")["items"]), "verified": call.parts.kept.get(VERIFIED),
    }  # fmt: skip


def _load(call: Call) -> dict[str, Any]:
    told = {metric.name: metric for metric in call.parts.metrics()}
    flying = _labelled(told.get("deliveries_in_flight"), "sender")
    return {
        "stall": round(_value(told, "loop_stall_seconds") * 1000, 1), "commits": int(_value(told, "commits_total")),
        "events": int(_value(told, "events_total")), "streams": len(call.streams), "flying": flying,
        "open": int(_value(told, "incidents_open")), "read_at": call.parts.clock.wall().isoformat(timespec="seconds"),
    }  # fmt: skip


def _backup(call: Call) -> Mapping[str, Any] | None:
    found: tuple[str, str] | None = call.parts.last_backup()
    return {"wall": found[0], "to": found[1]} if found else None


def _value(told: Mapping[str, Metric], name: str) -> float:
    """Of a metric without labels; 0 if nothing is known."""
    samples: Sequence[tuple[Mapping[str, str], float]] = told[name].samples if name in told else ()
    return next((value for _, value in samples), 0.0)


def _labelled(metric: Metric | None, label: str) -> dict[str, float]:
    return {labels[label]: value for labels, value in metric.samples} if metric else {}


def _wall(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else ""


ROUTES = (
    Route(
        method="GET", path=HERE, right=Right.TECHNICIAN, also=(Right.ADMINISTER,), handler=show, media="text/html",
        summary="How this node is.", flags=frozenset({Flag.PAGE, Flag.LENIENT}),
    ),
    Route(
        method="GET", path="/system/load", right=Right.TECHNICIAN, also=(Right.ADMINISTER,), handler=load,
        media="text/html", summary="A part of it: the load now.", flags=frozenset({Flag.PAGE, Flag.LENIENT}),
    ),
    Route(
        method="POST", path="/system/verify", right=Right.TECHNICIAN, also=(Right.ADMINISTER,), handler=verify,
        media="text/html", limit=1024,
        status=303, summary="Check the whole record.", flags=frozenset({Flag.PAGE, Flag.LENIENT}),
    ),
)  # fmt: skip
