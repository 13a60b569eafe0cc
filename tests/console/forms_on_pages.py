"""The forms of a page as somebody without scripts has them: what may be typed, and what is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from lxml import html

TYPED = {"text", "email", "tel", "search", "url", "textarea", "password", "number", "date"}
CHOSEN = {"select", "radio", "checkbox"}
Sent = list[tuple[str, str]]


@dataclass(frozen=True)
class Field:
    """What one name of a form offers; boxes and dots of one name are one field."""

    name: str
    kind: str
    now: tuple[str, ...] = ()
    """What it holds, or which of its choices are taken."""
    choices: tuple[str, ...] = ()
    needed: bool = False


@dataclass(frozen=True)
class PageForm:
    page: str
    action: str
    method: str
    multipart: bool
    fields: tuple[Field, ...]
    button: tuple[str, str] | None = None
    """What the first button says by itself: the one that Enter takes."""

    @property
    def shown(self) -> tuple[Field, ...]:
        """What a person can fill in."""
        return tuple(one for one in self.fields if one.kind != "hidden")

    def sent(self, **instead: tuple[str, ...]) -> Sent:
        """As a browser sends it; `instead` is what was typed in place of what stands there."""
        pairs = [(one.name, value) for one in self.fields for value in instead.get(one.name, one.now)]
        return [*pairs, *([self.button] if self.button else [])]

    def where(self) -> str:
        return f"{self.method} {self.action}"


def forms_of(text: str, address: str) -> list[PageForm]:
    """Those that are there without scripts."""
    page = html.document_fromstring(text)
    found = []
    for form in page.iter("form"):
        if "hidden" in form.attrib:
            continue
        inside = [*form.iter("input", "select", "textarea", "button")]
        if name := form.get("id"):
            inside += page.xpath("//*[@form=$name]", name=name)
        first = next((one for one in inside if one.tag == "button" and one.get("type", "submit") == "submit"), None)
        named = first is not None and first.get("name")
        found.append(
            PageForm(
                address,
                urljoin(address, form.get("action") or address),
                form.get("method", "get").upper(),
                form.get("enctype") == "multipart/form-data",
                tuple(_fields(one for one in inside if one.tag != "button" and one.get("name"))),
                (first.get("name"), first.get("value", "")) if first is not None and named else None,
            )
        )
    return found


def _fields(inside: Iterator[Any]) -> list[Field]:
    found: dict[str, Field] = {}
    for one in inside:
        made = _field(one)
        before = found.get(made.name)
        if before is not None and made.kind in {"radio", "checkbox"}:
            made = Field(
                made.name, made.kind, before.now + made.now, before.choices + made.choices,
                before.needed or made.needed,
            )  # fmt: skip
        found[made.name] = made
    return list(found.values())


def _field(one: Any) -> Field:
    name, needed = one.get("name"), "required" in one.attrib
    if one.tag == "select":
        options = [option.get("value", option.text or "") for option in one.iter("option")]
        chosen = [
            option.get("value", option.text or "") for option in one.iter("option") if "selected" in option.attrib
        ]
        return Field(name, "select", tuple(chosen or options[:1]), tuple(options), needed)
    if one.tag == "textarea":
        return Field(name, "textarea", ((one.text or "").removeprefix("\n"),), (), needed)
    kind = one.get("type", "text")
    if kind in {"radio", "checkbox"}:
        value = one.get("value", "on")
        return Field(name, kind, (value,) if "checked" in one.attrib else (), (value,), needed)
    return Field(name, kind, () if kind == "file" else (one.get("value", ""),), (), needed)


@dataclass
class Answered:
    """A page that says what was wrong."""

    page: Any
    forms: list[PageForm] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, address: str) -> Answered:
        return cls(html.document_fromstring(text), forms_of(text, address))

    def beside(self, name: str) -> str:
        """The sentence that belongs to a field, as a screen reader finds it; "" if there is none."""
        for one in self.page.xpath("//*[@aria-invalid='true'][@name=$name or descendant::*[@name=$name]]", name=name):
            for place in (one.get("aria-describedby") or "").split():
                said = self.page.xpath("//*[@id=$place]", place=place)
                if said and "wrong" in (said[0].get("class") or "").split():
                    return " ".join(said[0].text_content().split())
        return ""

    def held(self, form: PageForm, name: str) -> tuple[str, ...] | None:
        """What a field of the same form holds now; None if it is gone."""
        same = [one for one in self.forms if one.action.partition("?")[0] == form.action.partition("?")[0]]
        return next((each.now for one in same for each in one.fields if each.name == name), None)

    def summed_up(self, name: str) -> bool:
        """Whether the summary takes the focus and leads to the field."""
        for box in self.page.xpath("//*[@role='alert'][@tabindex='-1'][@autofocus]"):
            for link in box.iter("a"):
                place = (link.get("href") or "").removeprefix("#")
                target = self.page.xpath("//*[@id=$place]", place=place)
                if target and (target[0].get("name") == name or target[0].xpath(".//*[@name=$name]", name=name)):
                    return True
        return False
