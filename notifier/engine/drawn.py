"""A long list of which a page is looked at: an item is drawn when it is asked for, not before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, overload

S = TypeVar("S")
T = TypeVar("T")


class Drawn(Sequence[T], Generic[S, T]):
    def __init__(self, source: Sequence[S], draw: Callable[[S], T]) -> None:
        self._source, self._draw = source, draw

    def __len__(self) -> int:
        return len(self._source)

    @overload
    def __getitem__(self, which: int) -> T: ...
    @overload
    def __getitem__(self, which: slice) -> list[T]: ...
    def __getitem__(self, which: int | slice) -> T | list[T]:
        if isinstance(which, slice):
            return [self._draw(each) for each in self._source[which]]
        return self._draw(self._source[which])
