"""Content addressing: what was published is known by the hash of its bytes, file by file and as a whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping


def sha_of(raw: bytes) -> str:
    """sha256 of one file, hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def manifest(files: Mapping[str, bytes]) -> dict[str, str]:
    """Path to sha256, in the order of paths."""
    return {path: sha_of(files[path]) for path in sorted(files)}


def stamp(files: Mapping[str, bytes]) -> str:
    """One sha256 for a whole set: of its manifest as JSON without spaces, paths in order, ASCII only."""
    return sha_of(json.dumps(manifest(files), separators=(",", ":"), sort_keys=True).encode("ascii"))


def differs(files: Mapping[str, bytes], published: Mapping[str, bytes]) -> tuple[str, ...]:
    """One line for each path that was added, removed or changed since `published`; nothing if they are equal."""
    words = []
    for path in sorted({*files, *published}):
        if path not in published:
            words.append(f"{path}: added, not published")
        elif path not in files:
            words.append(f"{path}: published, removed here")
        elif files[path] != published[path]:
            words.append(f"{path}: edited, not published")
    return tuple(words)
