"""What carriers let through by how a number is registered: later and less than what a provider takes from us.

The limits are those that providers publish for the USA, and change without notice; `senders.NAME.registration` in the
settings overrides them. Sources: AT&T per minute and T-Mobile per day by the class of a 10DLC campaign
(developers.telnyx.com and docs.bird.com, on 10DLC rate limits); toll-free 3 and short code 100 parts a second
(docs.aws.amazon.com/sms-voice, limits per second). Unverified: 10,000 a day for a standard brand at T-Mobile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class NumberClass(StrEnum):
    """How a number or campaign is registered with the carriers."""

    LONG_LOW = "10dlc_low"  # a local number, a campaign of the lowest class
    LONG_STANDARD = "10dlc_standard"  # a local number, a standard campaign
    LONG_HIGH = "10dlc_high"  # a local number, a campaign of the best class
    TOLL_FREE = "toll_free"
    SHORT_CODE = "short_code"
    NONE = "none"  # not registered: carriers in the USA drop what it sends


@dataclass(frozen=True, slots=True)
class Carrier:
    """What one carrier takes from one number or brand, in segments."""

    name: str
    per_second: float | None = None
    per_day: int | None = None
    """Beyond this it drops everything until its next day (T-Mobile: midnight in Los Angeles)."""


OTHERS = "every carrier"
ATT, T_MOBILE = "AT&T", "T-Mobile"

LIMITS: Mapping[NumberClass, tuple[Carrier, ...]] = {
    NumberClass.LONG_LOW: (Carrier(ATT, 75 / 60), Carrier(T_MOBILE, None, 2_000)),
    NumberClass.LONG_STANDARD: (Carrier(ATT, 240 / 60), Carrier(T_MOBILE, None, 10_000)),
    NumberClass.LONG_HIGH: (Carrier(ATT, 4_500 / 60), Carrier(T_MOBILE, None, 200_000)),
    NumberClass.TOLL_FREE: (Carrier(OTHERS, 3.0),),
    NumberClass.SHORT_CODE: (Carrier(OTHERS, 100.0),),
    NumberClass.NONE: (Carrier(OTHERS, 1.0),),
}
