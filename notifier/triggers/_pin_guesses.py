"""Guesses at PINs over the telephone, counted by caller, by length of PIN and in all.

A caller's number can be forged, so no count by numbers alone holds, and whoever has the right PIN may call from any
telephone: a count may change what a *wrong* PIN is answered, and never what a right one is. Only the number that
guessed is asked no more, and only as far as nobody else can call under it.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, deque
from collections.abc import Mapping, Sequence

WRONG_AT_MOST, SHUT_FOR = 5, 900.0
"""Wrong PINs of one caller within so many seconds, then it is asked no more."""
WINDOW = 3600.0
"""Seconds in which guesses at one length, and in all, are counted together."""
WRONG_IN_ALL = 20
"""Wrong PINs of all callers in that time; people who mistype do not reach it at one school."""
CHANCE = 0.01
"""Of having hit a PIN by guessing: with twenty PINs of four digits it is reached by five guesses, with one of six by
ten thousand."""
MOST = 1000
"""Callers remembered at once; the oldest are forgotten first, and the counts in all forget none."""
MOST_GUESSES = 10_000
"""Guesses remembered at once: far over every limit, so that forgetting the oldest changes nothing."""
WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""What a provider writes for a number that is not told (the words anonymous, restricted, blocked and unknown on a
keypad; unverified): shared by everybody who does so, so nobody is shut out by it."""
_NUMBER = re.compile(r"\+[0-9]{7,15}")


class PinGuesses:
    def __init__(self) -> None:
        self._callers: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[tuple[float, int, str]] = deque()
        """When, of how many digits, by whom."""
        self._tried: Counter[int] = Counter()
        self._told = 0

    def wrong(self, number: str, digits: int, now: float, *, attested: bool) -> None:
        """`attested`: the network vouches for the number, so it is another caller than one that only says so."""
        self._all.append((now, digits, number))
        self._tried[digits] += 1
        if key := _key(number, attested=attested):
            self._callers.setdefault(key, deque(maxlen=WRONG_AT_MOST)).append(now)
            self._callers.move_to_end(key)
            while len(self._callers) > MOST:
                self._callers.popitem(last=False)

    def shut(self, number: str, now: float, *, attested: bool) -> bool:
        recent = self._callers.get(_key(number, attested=attested), ())
        return sum(1 for at in recent if at > now - SHUT_FOR) >= WRONG_AT_MOST

    def under_way(self, pins: Mapping[int, int], now: float) -> Sequence[str]:
        """Why somebody seems to be guessing, in words; empty if nobody does. `pins`: how many there are by length."""
        self._forget(now)
        found = []
        tried = Counter(digits for _, digits, _ in self._all)
        for digits, many in sorted(pins.items()):
            if tried[digits] * many >= CHANCE * 10**digits:
                found.append(
                    f"{tried[digits]} of the {10**digits:,} PINs of {digits} digits were tried within the hour"
                )
        if len(self._all) >= WRONG_IN_ALL:
            found.append(f"{len(self._all)} wrong PINs within the hour")
        return found

    def news(self, pins: Mapping[int, int], now: float) -> str:
        """A sentence for the technician when guessing begins, and each time it has doubled since; else ""."""
        if not (why := self.under_way(pins, now)):
            self._told = 0
            return ""
        if len(self._all) < 2 * self._told:
            return ""
        self._told = len(self._all)
        callers = len({number for _, _, number in self._all})
        return f"Somebody guesses PINs: {'; '.join(why)}; the calls said that they came from {callers} numbers."

    def _forget(self, now: float) -> None:
        while self._all and (self._all[0][0] <= now - WINDOW or len(self._all) > MOST_GUESSES):
            _, digits, _ = self._all.popleft()
            self._tried[digits] -= 1


def _key(number: str, *, attested: bool) -> str:
    """Empty for a caller who does not say a number, and so shares it with others."""
    if number in WITHHELD or not _NUMBER.fullmatch(number):
        return ""
    return f"{'attested ' if attested else ''}{number}"
