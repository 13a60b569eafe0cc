"""Two persons are two humans: whose account counts beside whose (PRODUCT 3, End).

Whoever makes or resets an account holds a way into it until its person has taken it up, so for that long it is no
sign of a second human.
"""

from __future__ import annotations

from dataclasses import dataclass

MADE_BY_THE_OTHER = 86_400.0
"""Seconds for which two accounts do not count beside one another if the person of one made or reset the other, or one
and the same person made or reset both.
"""
NO_PERSON = ":"
"""Stands in the id of what is no person: a machine's token, a user of this machine. Who holds those is not known, so
two accounts made by one of them may well be two humans'.
"""


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody with an account of their own."""

    id: str
    """The person, whatever their account."""
    since: float = 0.0
    """Ledger time at which the account was made or reset, whichever is later."""
    made_by: str = ""
    """The person who did that, or the id of what did it; after a space whoever could be using that one then."""
    shown: bool = False
    """They come by the token that was shown to who made the account, who may have kept it."""

    def hands(self, now: float) -> frozenset[str]:
        """Who else could be using it."""
        lasts = self.shown or now - self.since < MADE_BY_THE_OTHER
        return frozenset(self.made_by.split()) - {self.id} if lasts else frozenset()


def why_not_one(who: Human, began: float, than: str = "the incident began") -> str:
    """Why this account is none of the two of what `began` (`than`: in words), in a sentence; "" if it may be one."""
    if who.since > began:
        return (
            f"This account was made after {than}, or its ways in were reset since, so it is none of the two. Somebody "
            "else decides."
        )
    return ""


def why_not_two(first: Human, second: Human, now: float) -> str:
    """Why these two are not surely two humans, in a sentence; "" if they count as two."""
    for made, maker in ((second, first), (first, second)):
        if maker.id in made.hands(now):
            whose = "this account" if made is second else "the account that asks"
            who = "who asked" if made is second else "you"
            if now - made.since >= MADE_BY_THE_OTHER:
                return (
                    f"The token of {whose} was shown to {who}, so it is no second person here. Sign in in a browser, "
                    "or somebody else decides."
                )
            return (
                f"Within the last 24 hours {whose} was made or reset by {who}, who could be using both, so it is no "
                "second person here. Somebody else decides."
            )
    if any(NO_PERSON not in one for one in first.hands(now) & second.hands(now)):
        return (
            "One and the same person made or reset both accounts within the last 24 hours, or was shown their tokens, "
            "and could be using both, so they are no two people here. Somebody else decides."
        )
    return ""
