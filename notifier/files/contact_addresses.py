"""Whether a phone number, e-mail or push address can be one, and how spreadsheets spoil them."""

from __future__ import annotations

import re

EMERGENCY_NUMBERS = frozenset({
    "000", "100", "101", "102", "103", "108", "110", "111", "112", "113", "114", "115", "116", "117", "118", "119",
    "120", "122", "123", "144", "155", "158", "190", "191", "192", "193", "194", "197", "198", "199", "911", "988",
    "991", "992", "993", "995", "997", "998", "999",
})  # fmt: skip
"""Police, ambulance, fire and crisis lines of many countries (ITU-T E.129 listings name 112 and 911 first). Any number
of three digits or fewer is refused, so this list only chooses the words."""

_E164 = re.compile(r"\+[1-9]\d{7,14}")
_SPREADSHEET = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")
_PADDING = re.compile(r"[\s().\-/\u2010-\u2015\u00a0]")
_MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_HOOK = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PUSH = re.compile(r"[\x21-\x7e]{1,500}")


def read_number(written: str) -> tuple[str, str, str]:
    """(E.164 number, what is wrong, advice). Spaces, dots, dashes and brackets between digits are taken out.

    E.164 has at most 15 digits and no leading zero; numbers of country code 1 have exactly ten more.
    """
    text = written.strip().removeprefix("tel:")
    if _SPREADSHEET.fullmatch(text):
        return (
            "",
            f"`{text}` is what a spreadsheet makes of a phone number; its last digits are lost.",
            ("Format the column as text, then type the number again, like +15550100142."),
        )
    number = _PADDING.sub("", text)
    digits = number.lstrip("+")
    if digits in EMERGENCY_NUMBERS or (digits.isdecimal() and digits.removeprefix("1") in {"911", "933", "988"}):
        return (
            "",
            f"{digits} is an emergency number; it is never a contact.",
            ("A person calls it: every live page says so and has the script. Automatic calls are unlawful in places."),
        )
    if not number.startswith("+"):
        guess = f" If this is a number of the USA or Canada: +1{digits[-10:]}." if _north_american(digits) else ""
        return "", f"`{text}` has no country code.", f"Write it with + and the country, like +15550100142.{guess}"
    if digits.isdecimal() and len(digits) < 8:
        return (
            "",
            f"`{text}` is too short for a phone number.",
            "Short codes cannot be contacts; write the full number.",
        )
    if not _E164.fullmatch(number) or (number.startswith("+1") and len(number) != 12):
        return "", f"`{text}` is not a phone number that can exist.", "Write + and up to 15 digits, like +15550100142."
    return number, "", ""


def read_mail(written: str) -> tuple[str, str, str]:
    text = written.strip()
    if len(text) <= 254 and _MAIL.fullmatch(text):
        return text, "", ""
    return "", f"`{text[:80]}` is not an e-mail address.", "Write one address, like ada@example.org."


def read_push(written: str) -> tuple[str, str, str]:
    text = written.strip()
    if _PUSH.fullmatch(text):
        return text, "", ""
    return (
        "",
        f"`{text[:80]}` is not a push address.",
        "Write the topic or link that the push service gave, without spaces.",
    )


def read_chat(written: str) -> tuple[str, str, str]:
    text = written.strip()
    if _HOOK.fullmatch(text):
        return text, "", ""
    return (
        "",
        f"`{text[:40]}` is not the name of a chat hook.",
        "Write the name under hooks: in the sender's settings, like office. The address itself is a secret.",
    )


READERS = {"sms": read_number, "voice": read_number, "email": read_mail, "push": read_push, "chat": read_chat}


def _north_american(digits: str) -> bool:
    return digits.isdecimal() and (len(digits) == 10 or (len(digits) == 11 and digits.startswith("1")))
