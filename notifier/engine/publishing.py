"""Stores a published set, content-addressed: what runs is what is published."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.engine.writing import decoded
from notifier.errors import Refused
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row


def publish_body(
    site: str,
    files: Mapping[str, bytes],
    author: str,
    comment: str,
    now: float,
    wall: str,
    based_on: int | None = None,
) -> Body[int]:
    """Documents that are not there yet, and the list of them; returns the new version.

    Raises Refused if `based_on` is named and another version has been published since.
    """
    yield Ask("lock_site", {"site": site})
    version = (yield from not_overtaken(site, based_on)) + 1
    manifest, rows = yield from manifest_of(site, files)
    rows.append(
        Row(
            "publication",
            {
                "site": site,
                "version": version,
                "author": author,
                "comment": comment,
                "at": now,
                "wall": wall,
                "files": manifest,
            },
            new=True,
        )
    )
    yield Fact(
        EventKind.PUBLISHED,
        site,
        None,
        {"version": version, "author": author, "comment": comment, "files": len(files)},
        rows,
    )
    return version


def not_overtaken(site: str, based_on: int | None) -> Body[int]:
    """The newest version, 0 if there is none. Raises Refused if `based_on` is named and is another one."""
    last = yield Ask("last_publication", {"site": site})
    newest: int = last[0]["version"] if last else 0
    if based_on is not None and newest != based_on:
        raise Refused(
            f"{last[0]['author'] if last else 'Somebody'} published version {newest} meanwhile; yours was made of "
            f"version {based_on}. Nothing was published. Look at what has changed, then publish again.",
            status=409,
        )
    return newest


def manifest_of(site: str, files: Mapping[str, bytes]) -> Body[tuple[dict[str, str], list[Row]]]:
    """(path to sha256, the documents that are not there yet)."""
    manifest: dict[str, str] = {}
    rows: list[Row] = []
    for path, body in sorted(files.items()):
        sha = hashlib.sha256(body).hexdigest()
        manifest[path] = sha
        known = yield Ask("document_by_sha", {"site": site, "sha": sha})
        if not known and sha not in {row.values["sha"] for row in rows}:
            values = {"site": site, "sha": sha, "path": path, "body": base64.b64encode(body).decode()}
            rows.append(Row("document", values, new=True))
    return manifest, rows


def files_of(publication: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    """The files of a publication as they were published."""
    bodies = {row["sha"]: base64.b64decode(row["body"]) for row in documents}
    return {path: bodies[sha] for path, sha in decoded(publication["files"]).items()}


def files_shown(
    publication: Mapping[str, Any], documents: Sequence[Mapping[str, Any]], *, recordings: bool
) -> dict[str, Any]:
    """A publication as JSON values: texts as they are; with `recordings` also what is no text, in base64."""
    texts: dict[str, str] = {}
    others: dict[str, str] = {}
    for path, body in files_of(publication, documents).items():
        try:
            texts[path] = body.decode()
        except UnicodeDecodeError:
            others[path] = base64.b64encode(body).decode()
    shown = {name: publication[name] for name in ("version", "author", "wall")} | {"files": texts}
    return {**shown, "recordings": others} if recordings else shown
