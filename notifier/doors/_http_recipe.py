"""What the settings of an HTTP relay say: which request, and how to read an answer. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from notifier.doors._web_relay import OFF, ON
from notifier.model.settings import Secret, SecretText
from notifier.model.words import Written
from notifier.wire.device_settings import WebSettings

LONGEST_SEARCHED = 64 * 1024
"""Characters of an answer that a regular expression is let loose on: a state stands near the beginning."""

Method = Literal["GET", "POST", "PUT", "PATCH"]
Url = Annotated[str, StringConstraints(pattern=r"^/[!-~]*$", max_length=2000)]
"""Under the door's address; `{user}`, `{password}` and `{relay}` are put in, percent-encoded."""
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
HeaderText = Annotated[str, StringConstraints(pattern=r"^[ -~]{0,1000}$")]


def _one_group(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error}") from None
    if groups > 1:
        raise ValueError("at most one group, around the value: (?:...) groups without being the value")
    return pattern


def _plain_words(written: Any) -> Any:
    """`reads_on: 1` and `reads_on: [1, "true"]` mean what they say: YAML's own types become the words on the wire."""
    every = written if isinstance(written, list | tuple) else (written,)
    return tuple(str(one).strip().lower() for one in every)


class Request(Written):
    """One request under the door's address."""

    method: Method = "GET"
    url: Url
    body: str | None = Field(default=None, max_length=4000)
    """Sent as it is; `{relay}` is put in. No secret: those go into a header or the URL."""
    headers: dict[HeaderName, HeaderText] = Field(default_factory=dict)
    """Besides those of the device."""


class Sense(Request):
    """A question, where its answer stands, and which answers mean on and off; anything else is unknown."""

    json_path: str | None = Field(default=None, pattern=r"^[^.\s]+(\.[^.\s]+)*$", max_length=200)
    """Names and list places, with dots: `relays.0.ison`."""
    pattern: Annotated[str, AfterValidator(_one_group)] | None = Field(default=None, max_length=200)
    """A regular expression; its group, or what it matches."""
    reads_on: tuple[str, ...] = Field(default=ON, min_length=1, max_length=16)
    reads_off: tuple[str, ...] = Field(default=OFF, min_length=1, max_length=16)

    @field_validator("reads_on", "reads_off", mode="before")
    @classmethod
    def _words(cls, written: Any) -> Any:
        return _plain_words(written)

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if self.json_path is not None and self.pattern is not None:
            raise ValueError("`json_path` and `pattern` exclude each other")
        if both := set(self.reads_on) & set(self.reads_off):
            raise ValueError(f"{', '.join(sorted(both))} cannot mean on and off")
        return self

    @property
    def place(self) -> tuple[str, str]:
        """Questions of the same place are asked once."""
        return (f"{self.method} {self.url}", f"{self.body} {sorted(self.headers.items())}")


class HttpRelaySettings(WebSettings):
    """What a door, signal or fire alarm writes under `settings:`."""

    auth: Literal["none", "basic", "digest", "bearer", "header"] = "none"
    """`header`: the secret goes into the header that `key_header` names."""
    user: str = Field(default="admin", pattern="^[^:]+$")
    password: SecretText | None = Field(default=None, repr=False)
    """Password, bearer token or key; also `{password}` in a URL, for devices that want it there."""
    key_header: HeaderName = "X-API-Key"
    headers: dict[HeaderName, HeaderText] = Field(default_factory=dict)
    relay: str = Field(default="1", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    """What `{relay}` in a URL or body becomes."""
    turn_on: Request | None = None
    turn_off: Request | None = None
    secure: Request | None = None
    """Instead of turn_on and turn_off, where the device knows locking and not switching: polarity is its own then."""
    restore: Request | None = None
    release: Request | None = None
    """Where `secure` is a lockdown mode of the device: what leaves it and keeps the door locked."""
    lockdown: Sense | None = None
    """Whether the device stands in that mode."""
    state: Sense | None = None
    """What the output says it was told; never a proof."""
    inputs: dict[int, Sense] = Field(default_factory=dict, max_length=16)
    """By number, for sensed_by, leaf_by and the fire panel."""
    taken: tuple[int, ...] = Field(default=(200, 201, 202, 204), min_length=1)
    """Which statuses say that a command was taken."""
    taken_says: str | None = Field(default=None, max_length=200)
    """What the answer to a command must contain, for devices that answer 200 to everything."""

    @field_validator("relay", mode="before")
    @classmethod
    def _number(cls, written: Any) -> Any:
        return str(written) if isinstance(written, int) and not isinstance(written, bool) else written

    @model_validator(mode="after")
    def _both_ways(self) -> Self:
        if (self.turn_on is None) is not (self.turn_off is None) or (self.secure is None) is not (self.restore is None):
            raise ValueError("`turn_on` needs `turn_off`, `secure` needs `restore`: what locks must also open")
        if (self.release is None) is not (self.lockdown is None) or (self.release is not None and self.secure is None):
            raise ValueError("`release` and `lockdown` go together, with `secure`: what leaves a mode is read back")
        if self.turn_on is None and self.secure is None and not self.inputs:
            raise ValueError("there is nothing to command and nothing to read: write turn_on and turn_off, or inputs")
        if self.auth != "none" and self.password is None:
            raise ValueError(f"auth: {self.auth} needs a password")
        return self


class HttpRelaySignalSettings(HttpRelaySettings):
    """What a signal writes under `settings:`."""

    @model_validator(mode="after")
    def _switches(self) -> Self:
        if self.turn_on is None:
            raise ValueError("a signal needs turn_on and turn_off")
        return self


def request_of(request: Request, settings: HttpRelaySettings) -> tuple[str, str, Mapping[str, str], str | None]:
    """Method, path and query as they go out, headers, body."""
    secret = _plain(settings.password)
    values = {"{relay}": settings.relay, "{user}": settings.user, "{password}": secret or ""}
    url = request.url
    for name, value in values.items():
        url = url.replace(name, quote(value, safe=""))
    body = None if request.body is None else request.body.replace("{relay}", settings.relay)
    headers = {**settings.headers, **request.headers}
    if settings.auth == "header" and secret is not None:
        headers[settings.key_header] = secret
    return request.method, url, headers, body


def found_in(sense: Sense, text: str) -> object:
    """What stands where the settings say; None if nothing does."""
    if sense.pattern is not None:
        found = re.search(sense.pattern, text[:LONGEST_SEARCHED])
        return None if found is None else found.group(found.re.groups)
    if sense.json_path is None:
        return text
    try:
        at: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for name in sense.json_path.split("."):
        if isinstance(at, dict):
            at = at.get(name)
        elif isinstance(at, list) and name.isdecimal() and int(name) < len(at):
            at = at[int(name)]
        else:
            return None
    return at


def _plain(password: str | None) -> str | None:
    return password.reveal() if isinstance(password, Secret) else password
