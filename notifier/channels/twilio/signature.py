"""Whether a request really comes from Twilio (twilio.com/docs/usage/security, "Validating requests").

Base64(HMAC(secret, URL + each POST field's name and value, sorted)); SHA-1 with the account's token, SHA-256 with a
shared webhook key. The URL is the public one, as Twilio saw it; Twilio is not consistent about a port in it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

HEADER = "x-twilio-signature"
SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"

_USUAL_PORTS = {"https": 443, "http": 80}


def signature(secret: str, url: str, fields: Iterable[tuple[str, str]], algorithm: str = "sha1") -> str:
    """What Twilio would write into its header for this URL and these form fields."""
    # A field that stands there twice with one value counts once, as in Twilio's own libraries.
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(errors="replace"), algorithm)).decode()


def signed_by(secret: str, given: str, url: str, fields: Iterable[tuple[str, str]], algorithm: str = "sha1") -> bool:
    """Whether `given` is right for the URL as it stands, without a port, or with the usual one."""
    pairs = list(fields)
    # Every spelling is compared, so that the time taken does not tell which one was near.
    matches = [
        hmac.compare_digest(signature(secret, spelling, pairs, algorithm).encode(), given.encode(errors="replace"))
        for spelling in _spellings(url)
    ]
    return any(matches)


def body_matches(hash_in_url: str, body: bytes) -> bool:
    """For bodies that are no form: their SHA-256 stands in the signed URL as `bodySHA256`."""
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), hash_in_url.lower().encode())


def algorithm_in(settings_header: str) -> str:
    """Read from `key=…,algorithm=HMAC_SHA256`: `sha1` where nothing is said, empty for one that we do not know."""
    known = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
    for part in settings_header.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return known.get(value.strip().upper(), "")
    return "sha1"


def _spellings(url: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return (url,)
    bare = parts.netloc.removesuffix(f":{port}") if port else parts.netloc
    with_port = f"{bare}:{port or _USUAL_PORTS.get(parts.scheme, 443)}"
    return (url, urlunsplit(parts._replace(netloc=bare)), urlunsplit(parts._replace(netloc=with_port)))
