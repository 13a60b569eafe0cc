"""Phone numbers as people type them, to E.164 and what they can take."""

from __future__ import annotations

from notifier.files.contact_addresses import read_number


def number_of(written: str, country: str) -> tuple[str, bool, str]:
    """(E.164 or "", whether it may take texts, why not). `country`: ISO 3166 code for numbers without a +.

    By the numbering plans of libphonenumber: whether a number can exist, never whether somebody has it.
    """
    if not written.strip():
        return "", False, ""
    _, wrong, _ = read_number(written)
    if "emergency number" in wrong or "spreadsheet" in wrong:
        return "", False, wrong
    import phonenumbers  # its plans are read by who imports people, not by every start
    from phonenumbers import PhoneNumberType

    try:
        parsed = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return "", False, f"`{written[:24]}` is no phone number."
    if not phonenumbers.is_valid_number(parsed):
        where = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
        return "", False, f"`{written[:24]}` cannot exist in {where}."
    kind = phonenumbers.number_type(parsed)
    never = {PhoneNumberType.PREMIUM_RATE: "a premium-rate number", PhoneNumberType.SHARED_COST: "a shared-cost number"}
    if kind in never:
        return "", False, f"`{written[:24]}` is {never[kind]}."
    texts = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.PERSONAL_NUMBER}
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), kind in texts, ""


def is_country(code: str) -> bool:
    import phonenumbers

    return code in phonenumbers.SUPPORTED_REGIONS
