"""What files must know about the drivers there are; handed in by the wiring, so that this room imports none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import BaseModel

Kinds = Mapping[str, type[BaseModel] | None]
"""Kind (the driver's file name) to its Settings class; None where it takes no settings of its own."""


class AdapterCatalogue(Protocol):
    """The drivers that this installation has."""

    @property
    def door_kinds(self) -> Kinds: ...
    @property
    def signal_kinds(self) -> Kinds: ...
    @property
    def speaker_kinds(self) -> Kinds: ...
    @property
    def camera_kinds(self) -> Kinds: ...
    @property
    def channel_kinds(self) -> Kinds: ...
    @property
    def trigger_kinds(self) -> Kinds: ...
    @property
    def address_kinds(self) -> Mapping[str, str]:
        """Channel kind to the kind of address it takes (`push`, `sms`, `email`, `voice`)."""
        ...


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue as plain values."""

    door_kinds: Kinds = field(default_factory=dict)
    signal_kinds: Kinds = field(default_factory=dict)
    speaker_kinds: Kinds = field(default_factory=dict)
    camera_kinds: Kinds = field(default_factory=dict)
    channel_kinds: Kinds = field(default_factory=dict)
    trigger_kinds: Kinds = field(default_factory=dict)
    address_kinds: Mapping[str, str] = field(default_factory=dict)
