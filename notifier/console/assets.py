"""Styles, scripts and icons: each under a name that holds its own hash, so that it may be kept for ever."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from notifier.console.drawn_icons import drawn_icons

HERE = Path(__file__).parent / "static"
KINDS = {
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".js": "text/javascript",
    ".json": "application/manifest+json",  # the only JSON that pages load is the manifest of an installed page
}
_HASHED = re.compile(r"(?P<stem>.+)\.[0-9a-f]{12}(?P<suffix>\.[a-z]+)")
_LINKED = re.compile(r"(?<=[\"'/])[a-z][a-z0-9_-]*\.(?:css|svg|js|json|png)(?=[\"'])")

_CSS_SPACE = re.compile(r" ?([{}]) ?|(?<=;) ")
"""Around braces and behind semicolons a space means nothing (CSS Syntax 3, 4.3); in words of ours neither stands."""
_BEHIND = re.compile(r""" // [^"'`]*$""")
"""A comment behind a line of a script; no quote closes behind it, so it stands in no text."""
_COMMENT = re.compile(r"/\*[^*]*\*/")


@dataclass(frozen=True, slots=True)
class Asset:
    name: str
    """With its hash: `live.0123456789ab.js`."""
    body: bytes
    kind: str
    packed: bytes
    """The body by gzip (RFC 1952), made once. Pages themselves are sent as they are: next to a secret, what packs well
    tells an eavesdropper what the secret is (BREACH)."""


def static(name: str) -> str:
    """The address of a file in `static/`. Raises KeyError: a page that names a missing file is a fault of ours."""
    return f"/static/{_assets()[name].name}"


def find(asked: str) -> tuple[Asset, bool] | None:
    """The file of this name, and whether the name holds its present hash; None if there is none."""
    hashed = _HASHED.fullmatch(asked)
    asset = _assets().get(f"{hashed['stem']}{hashed['suffix']}" if hashed else asked)
    # An old hash is served as what it has become: a page from before an upgrade stays usable.
    return None if asset is None else (asset, asset.name == asked)


@cache
def _assets() -> Mapping[str, Asset]:
    bodies = {path.name: path.read_bytes() for path in sorted(HERE.iterdir()) if path.suffix in KINDS}
    done = {name: _asset(name, body, "image/png") for name, body in drawn_icons().items()}

    def finish(name: str) -> Asset:
        if name not in done:
            text = _LINKED.sub(
                lambda link: finish(link[0]).name if link[0] in {*bodies, *done} and link[0] != name else link[0],
                bodies[name].decode("utf-8"),
            )
            suffix, slim = name[name.rindex(".") :], _slim(text)
            body = (_CSS_SPACE.sub(_brace, slim) if suffix == ".css" else slim).encode("utf-8")
            done[name] = _asset(name, body, KINDS[suffix])
        return done[name]

    for name in bodies:
        finish(name)
    return done


def _asset(name: str, body: bytes, kind: str) -> Asset:
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:12]
    return Asset(f"{stem}.{digest}.{suffix}", body, kind, gzip.compress(body, 9, mtime=0))


def _brace(found: re.Match[str]) -> str:
    return found[1] or ""


def _slim(text: str) -> str:
    """Without indents and without comments behind a line or alone on one: pages have a budget, sources have readers."""
    lines = (_BEHIND.sub("", line.strip()) for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//") and not _COMMENT.fullmatch(line))
