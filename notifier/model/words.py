"""Small types that people write in files: durations, languages, selectors, texts in several languages."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m|h|d)")


def parse_duration(written: Any) -> Any:
    """Seconds from "90s", "5m", "1m30s"; refuses a bare number, because nobody can tell its unit."""
    if written is None:
        raise ValueError('a time like "90s" or "5m" is needed; nothing stands here')
    if not isinstance(written, str):
        raise ValueError(f'a time like "90s" or "5m" is needed, with its unit, not {written!r}')
    text = written.strip()
    found = _DURATION.findall(text)
    if not found or "".join(number + unit for number, unit in found) != text:
        raise ValueError(f'a time like "90s", "5m" or "1m30s" is needed, not {written!r}')
    return sum(float(number) * UNITS[unit] for number, unit in found)


_WRITTEN_DURATION = {
    "type": "string",
    "pattern": r"^([0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m|h|d))+$",
    "examples": ["90s", "5m"],
}

Duration = Annotated[float, BeforeValidator(parse_duration), WithJsonSchema(_WRITTEN_DURATION, mode="validation")]
"""Seconds; written with a unit."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""Lower case letters, digits, `-` and `_`; starts with a letter or digit; at most 64."""

SELECTOR_KINDS = ("door", "side", "zone", "tag", "group", "role", "room", "person", "speaker", "signal")


def _selector(written: str) -> str:
    if written in ("all", "$zone", "unanswered"):
        return written
    kind, colon, name = written.partition(":")
    if not colon or kind not in SELECTOR_KINDS or not name:
        known = ", ".join(f"{kind}:…" for kind in SELECTOR_KINDS)
        raise ValueError(f"{written!r} is not a selector; use all, $zone, unanswered, or one of {known}")
    return written


Selector = Annotated[str, AfterValidator(_selector)]
"""Whom or what a step names; resolved against the site and the contacts (PRODUCT 2.4)."""


def _texts(written: Any) -> Any:
    return {"en": written} if isinstance(written, str) else written


_LANGUAGE = r"^[a-z]{2}(-[A-Za-z]{2,4})?$"
_WRITTEN_TEXTS = {
    "anyOf": [
        {"type": "string"},
        {"type": "object", "patternProperties": {_LANGUAGE: {"type": "string"}}, "additionalProperties": False},
    ]
}

Texts = Annotated[
    dict[Annotated[str, StringConstraints(pattern=_LANGUAGE)], str],
    BeforeValidator(_texts),
    WithJsonSchema(_WRITTEN_TEXTS, mode="validation"),
]
"""One text per language (BCP 47 tag); a bare string is English."""


def text_in(texts: dict[str, str], language: str) -> tuple[str, str]:
    """(language, text) nearest to `language`: exact, its base, English, else the first one written."""
    for wanted in (language, language.partition("-")[0], "en"):
        if wanted in texts:
            return wanted, texts[wanted]
    first = next(iter(texts))
    return first, texts[first]


class Written(BaseModel):
    """Base of everything people write in files: unknown keys are refused, nothing is changed after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False, populate_by_name=True)
