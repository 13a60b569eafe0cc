"""Secrets are never in a file that people share: `${env:NAME}` and `file:PATH` are put in here, by the reader alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel

from notifier.files.positions import Path as Place
from notifier.model.settings import Secret

Wrong = tuple[Place, str, str]
"""Path in the settings, what is wrong, advice; never with the value."""

LARGEST_SECRET = 65_536
"""Bytes. A private key of 8192 bits takes 6,400."""
_FROM_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_SOUNDS_SECRET = re.compile(
    r"(^|_)(password|passphrase|secret|token|api_?key|auth_?key|private_?key|credentials?)($|_)"
)
_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@|[?&]password=[^&\s]")
_ADVICE = "Write ${env:NAME} and set NAME in the service's environment, or file:PATH to a file only the service reads."


def put_in(
    settings: Mapping[str, Any], model: type[BaseModel] | None, folder: Path, environ: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], list[Wrong]]:
    """`settings` with every secret field's value put in as a `Secret`, and what could not be.

    Which fields are secret is what `model` says; without one, what their names say. `folder`: where relative `file:`
    paths start.
    """
    around = os.environ if environ is None else environ
    wrong: list[Wrong] = []
    return _mapping(settings, model, (), folder, around, wrong), wrong


def references(settings: Mapping[str, Any], model: type[BaseModel] | None) -> tuple[dict[str, Any], list[Wrong]]:
    """`settings` with a stand-in for every reference to a secret, and every secret that is written out.

    For files that are published: they keep the reference, and the node that uses it puts the value in.
    """
    wrong: list[Wrong] = []
    return _mapping(settings, model, (), None, {}, wrong), wrong


def put_into_address(
    written: str, folder: Path, environ: Mapping[str, str] | None = None, *, put_in: bool = True
) -> tuple[str, list[tuple[str, str]]]:
    """A store's address with its secrets put in, and (what is wrong, advice).

    It may be a reference as a whole, or have `${env:NAME}` where the password stands; a password that is written out
    is wrong. `put_in`: false on another machine than the node: references stay as they are.
    """
    if _PASSWORD.search(_FROM_ENV.sub("", written)):
        return "", [("`store` has a password that is written out.", _ADVICE)]
    if not put_in:
        return written, []
    around = os.environ if environ is None else environ
    if written.startswith("file:") and not written.startswith("file://"):
        found, why, advice = _from_file(written[5:].strip(), folder)
        return found, [(f"`store`: {why}", advice)] if why else []
    wrong: list[tuple[str, str]] = []

    def put(named: re.Match[str]) -> str:
        found, why, advice = _from_environ(named[1], around)
        if why:
            wrong.append((f"`store`: {why}", advice))
        return found if named[0] == written.strip() else quote(found, safe="")

    return _FROM_ENV.sub(put, written.strip()), wrong


def is_secret(annotation: Any, metadata: tuple[Any, ...] | list[Any] = ()) -> bool:
    """Whether a field was declared as `SecretText`, optional or not."""
    if any(isinstance(one, AfterValidator) and one.func is Secret for one in metadata):
        return True
    inner = get_args(annotation)
    if any(isinstance(one, AfterValidator) and one.func is Secret for one in inner):
        return True
    return any(is_secret(one) for one in inner)


def _mapping(
    written: Mapping[str, Any],
    model: type[BaseModel] | None,
    at: Place,
    folder: Path | None,
    environ: Mapping[str, str],
    wrong: list[Wrong],
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in written.items():
        path = (*at, key)
        if isinstance(value, Mapping) and (named := _named_models(model, key)) is not None:
            out[key] = {
                name: _mapping(one, named, (*path, name), folder, environ, wrong) if isinstance(one, Mapping) else one
                for name, one in value.items()
            }
        elif isinstance(value, Mapping):
            out[key] = _mapping(value, _model_of(model, key), path, folder, environ, wrong)
        elif not isinstance(value, str):
            out[key] = value
            if _secret_field(model, key) and value is not None:
                wrong.append((path, f"`{key}` is a secret and is written out.", _ADVICE))
                out[key] = Secret("?")
        else:
            out[key] = _text(key, value, model, path, folder, environ, wrong)
    return out


def _text(
    key: str,
    value: str,
    model: type[BaseModel] | None,
    path: Place,
    folder: Path | None,
    environ: Mapping[str, str],
    wrong: list[Wrong],
) -> str:
    named = _FROM_ENV.fullmatch(value.strip())
    in_file = value.startswith("file:")
    secret = _secret_field(model, key)
    if not secret and not (model is None and (named or in_file)):
        if "${env:" in value:
            known = ", ".join(_secret_names(model))
            advice = (
                f"Write the value. Secrets are: {known}." if known else "Write the value; nothing here is a secret."
            )
            wrong.append((path, f"`{key}` is no secret; ${{env:…}} is not read here.", advice))
        return value
    if not named and not in_file:
        wrong.append((path, f"`{key}` is a secret and is written out.", _ADVICE))
        return Secret("?")
    if folder is None:
        return Secret("?")
    found, why, advice = _from_environ(named[1], environ) if named else _from_file(value[5:].strip(), folder)
    if why:
        wrong.append((path, f"`{key}`: {why}", advice))
    return Secret(found or "?")


def _from_environ(name: str, environ: Mapping[str, str]) -> tuple[str, str, str]:
    if found := environ.get(name, ""):
        return found, "", ""
    return "", f"the environment has no {name}.", f"Set {name} where the service is started, then start it again."


def _from_file(name: str, folder: Path) -> tuple[str, str, str]:
    path = folder / name
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_SECRET + 1)
        found = raw.decode().rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        return "", f"{name or 'no file'} cannot be read ({why}).", "Make the file, readable by this account only."
    if not found or len(raw) > LARGEST_SECRET:
        return "", f"{name} is empty or too large to be a secret.", "Put the secret in it, and nothing else."
    return found, "", ""


def _secret_field(model: type[BaseModel] | None, key: str) -> bool:
    if model is None:
        return bool(_SOUNDS_SECRET.search(key.lower()))
    field = model.model_fields.get(key)
    return field is not None and is_secret(field.annotation, field.metadata)


def _secret_names(model: type[BaseModel] | None) -> list[str]:
    return [key for key in model.model_fields if _secret_field(model, key)] if model else []


def _model_of(model: type[BaseModel] | None, key: str) -> type[BaseModel] | None:
    field = model.model_fields.get(key) if model else None
    return next(_models(field.annotation), None) if field else None


def _named_models(model: type[BaseModel] | None, key: str) -> type[BaseModel] | None:
    """The model behind each name, where a field is a mapping of names to models (hooks, voices)."""
    field = model.model_fields.get(key) if model else None
    if field is None or get_origin(field.annotation) is not dict:
        return None
    return next(_models(get_args(field.annotation)[1]), None)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
