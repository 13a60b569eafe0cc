"""The headers that every answer carries."""

from __future__ import annotations

from aiohttp import web

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'; worker-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex, nofollow",
    "Server": "notifier",
}
STRICT_TRANSPORT = "max-age=31536000"  # a year, the least that RFC 6797's preload lists and auditors take


def secure(response: web.StreamResponse, tls: bool) -> None:
    """Put them on; what a handler has set itself stays."""
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if tls:
        response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
