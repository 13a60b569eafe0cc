"""Seals: the heads of all chains, signed (Ed25519, RFC 8032) and kept outside too, so that a cut tail shows."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from notifier.errors import LedgerError

KEY_FILE = "seal.key"
PUBLIC_FILE = "seal.pub"
LINES_FILE = "seals.jsonl"

Heads = Mapping[str, tuple[int, str]]
"""Node to (n, hash) of the newest event of its chain."""

_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Seal:
    """One signed statement: at this time the chains ended here."""

    node: str
    n: int
    at: float
    wall: str
    heads: str
    """JSON, sorted: {node: [n, hash]}."""
    key_id: str
    signature: str

    def said(self) -> bytes:
        """What is signed: everything but the signature, as sorted compact JSON."""
        return _encode({name: value for name, value in asdict(self).items() if name != "signature"}).encode()

    def line(self) -> str:
        return _encode(asdict(self))

    def named_heads(self) -> dict[str, tuple[int, str]]:
        return {node: (n, hashed) for node, (n, hashed) in json.loads(self.heads).items()}


class SealKey:
    """The signing key of this node: made at the first start, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        path = folder / KEY_FILE
        if not path.exists():
            _make_key(folder)
        self._key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
        self.public = public_bytes(self._key.public_key())
        self.key_id = key_id_of(self.public)

    def seal(self, node: str, n: int, at: float, wall: str, heads: Heads) -> Seal:
        bare = Seal(node, n, at, wall, _encode(dict(heads)), self.key_id, "")
        return Seal(bare.node, n, at, wall, bare.heads, bare.key_id, self._key.sign(bare.said()).hex())


def _make_key(folder: Path) -> None:
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    # Whole or not at all: half a key would stop the next start.
    fresh = folder / f"{KEY_FILE}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    (folder / PUBLIC_FILE).write_text(public_bytes(key.public_key()).hex() + "\n", encoding="ascii")
    fresh.rename(folder / KEY_FILE)


def public_bytes(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id_of(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


def read_public(folder: Path) -> bytes | None:
    """The public key beside the store; somebody who distrusts that folder brings a copy of their own."""
    path = folder / PUBLIC_FILE
    return bytes.fromhex(path.read_text(encoding="ascii").strip()) if path.exists() else None


def is_signed_by(seal: Seal, public: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(seal.signature), seal.said())
    except (InvalidSignature, ValueError):
        return False
    return True


def write_line(seal: Seal, folders: Sequence[Path]) -> list[str]:
    """Append the seal to `seals.jsonl` of every folder; returns a sentence for each folder that did not take it."""
    missed = []
    for folder in folders:
        try:
            with (folder / LINES_FILE).open("a", encoding="utf-8") as file:
                file.write(seal.line() + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            missed.append(f"{folder} did not take the seal of {seal.wall}: {error.strerror}.")
    return missed


def read_lines(path: Path) -> Iterator[tuple[int, Seal | None]]:
    """(line number, seal, or None if the line cannot be read). Raises LedgerError if the file cannot."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield number, Seal(**json.loads(line))
                except (ValueError, TypeError):
                    yield number, None
    except OSError as error:
        raise LedgerError(f"The seals in {path} cannot be read: {error.strerror}.") from error
