"""Passkeys (W3C WebAuthn level 2): registering one and signing in by one, with the person checked by the device."""

from __future__ import annotations

import ipaddress
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from notifier.errors import Refused

CHALLENGE = 32  # bytes; the specification asks for 16 at least (section 13.4.3)
PATIENCE = 300_000  # milliseconds that the browser waits for a finger
NOT_THIS = "This passkey is not known here, or its answer does not fit. Try again, or sign in another way."


@dataclass(frozen=True, slots=True)
class Party:
    """Whom passkeys are made for: the host of our address, and the address itself."""

    id: str
    origin: str
    name: str


def party_of(origin: str, name: str) -> Party:
    """Raises Refused for an address that passkeys cannot be made for: they need a name, and https or localhost."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if host and (parts.scheme == "https" or host == "localhost"):
            return Party(host, origin, name)
    text = f"Passkeys need a name and https; {origin} has not both. Open this page by the address in `public_url`."
    raise Refused(text, 409)


def registration(party: Party, account: str, name: str, known: Sequence[str]) -> tuple[str, str]:
    """(challenge in hexadecimal, options as JSON for the browser)."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    challenge = secrets.token_bytes(CHALLENGE)
    options = generate_registration_options(
        rp_id=party.id, rp_name=party.name, user_name=name, user_display_name=name, user_id=account.encode(),
        challenge=challenge, timeout=PATIENCE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one)) for one in known],
    )  # fmt: skip
    return challenge.hex(), options_to_json(options)


def registered(party: Party, challenge: str, answer: str) -> tuple[str, Mapping[str, Any]]:
    """(id of the passkey in base64url, what is kept of it). Raises Refused."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = verify_registration_response(
            credential=_object(answer), expected_challenge=bytes.fromhex(challenge), expected_rp_id=party.id,
            expected_origin=party.origin, require_user_verification=True,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Refused(NOT_THIS, 422) from error
    kept = {"public_key": found.credential_public_key.hex(), "sign_count": found.sign_count, "party": party.id}
    return bytes_to_base64url(found.credential_id), kept


def question(party: Party, known: Sequence[str] = ()) -> tuple[str, str]:
    """(challenge in hexadecimal, options as JSON). None known: the browser offers what it has for us."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    challenge = secrets.token_bytes(CHALLENGE)
    options = generate_authentication_options(
        rp_id=party.id, challenge=challenge, timeout=PATIENCE,
        allow_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one)) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )  # fmt: skip
    return challenge.hex(), options_to_json(options)


def id_in(answer: str) -> str:
    """Which passkey an answer says it is. Raises Refused."""
    said = _object(answer).get("id")
    if not isinstance(said, str):
        raise Refused(NOT_THIS, 422)
    return said


def answered(party: Party, challenge: str, answer: str, account: str, kept: Mapping[str, Any]) -> int:
    """The passkey's counter after a right answer of `account`'s own. Raises Refused."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    said = _object(answer)
    try:
        found = verify_authentication_response(
            credential=said, expected_challenge=bytes.fromhex(challenge), expected_rp_id=party.id,
            expected_origin=party.origin, credential_public_key=bytes.fromhex(str(kept["public_key"])),
            credential_current_sign_count=int(kept["sign_count"]), require_user_verification=True,
        )  # fmt: skip
        handle = said.get("response", {}).get("userHandle")
        if handle and base64url_to_bytes(handle) != account.encode():
            raise Refused(NOT_THIS, 422)
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(NOT_THIS, 422) from error
    return int(found.new_sign_count)


def _object(answer: str) -> dict[str, Any]:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Refused(NOT_THIS, 422)
    return said
