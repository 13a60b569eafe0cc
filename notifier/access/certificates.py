"""A school's own certificate authority, and the certificates of its node. X.509 (RFC 5280), keys on P-256.

Phones and browsers believe a certificate whose authority they were told to trust. One made here costs nothing and needs
no name on the internet. The authority may sign for names and addresses of this school only as far as those who trust it
look after its key: it lies beside the node's, readable by its user alone.
"""

from __future__ import annotations

import ipaddress
import os
import re
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from notifier.errors import Refused

AUTHORITY_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=397)  # Apple's systems take no more than 398 from a public one, 825 from any
RENEW_BEFORE = timedelta(days=30)
CA, CA_KEY, SERVER, SERVER_KEY = "ca.pem", "ca.key", "server.pem", "server.key"
_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+", re.IGNORECASE
)


def host_of(written: str) -> str:
    """A name with a dot in it, or an IP address, as it stands in a certificate. Raises Refused."""
    host = written.strip().removeprefix("https://").rstrip("/").lower()
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        pass
    if not _NAME.fullmatch(host):
        raise Refused(
            f"“{written[:80]}” is no address of a computer: write it like 192.168.1.20 or alerts.school.example.", 422
        )
    return host


def certify(folder: Path, school: str, host: str, now: datetime) -> x509.Certificate:
    """A new certificate for `host` in `folder`, and the authority if there is none yet. Raises Refused, OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, signer = _authority(folder, school, now)
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [_general(host_of(host)), x509.DNSName("localhost"), _general("127.0.0.1")]
    made = (
        _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])]), key.public_key(), now, SERVER_LIFE)
        .issuer_name(authority.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(list(dict.fromkeys(names))), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write(folder / SERVER_KEY, _private(key))
    _write(folder / SERVER, made.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return made


def renewed(folder: Path, now: datetime) -> bool:
    """Make a certificate of ours anew before it runs out, for the same name. False: not ours, or not due."""
    try:
        old = x509.load_pem_x509_certificate((folder / SERVER).read_bytes())
        authority = x509.load_pem_x509_certificate((folder / CA).read_bytes())
        names = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    if old.issuer != authority.subject or old.not_valid_after_utc - now > RENEW_BEFORE:
        return False
    host = str(next(iter(names)).value)
    certify(folder, "", host, now)
    return True


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 in pairs, as phones and browsers show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _authority(folder: Path, school: str, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    if (folder / CA).exists():
        try:
            certificate = x509.load_pem_x509_certificate((folder / CA).read_bytes())
            key = serialization.load_pem_private_key((folder / CA_KEY).read_bytes(), None)
        except (OSError, ValueError) as error:
            raise Refused(f"The authority in {folder} cannot be used ({error}); move it away to begin anew.") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Refused(f"The authority in {folder} is not one of ours; move it away to begin anew.")
        return certificate, key
    signer = ec.generate_private_key(ec.SECP256R1())
    title = " ".join(f"{school[:40]} notifier authority".split())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title[:64])])
    made = (
        _builder(name, signer.public_key(), now, AUTHORITY_LIFE)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(signer, hashes.SHA256())
    )
    _write(folder / CA_KEY, _private(signer))
    _write(folder / CA, made.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return made, signer


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # phones' clocks differ
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(**on: bool) -> x509.KeyUsage:
    words = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{word: on.get(word, False) for word in words})


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, raw: bytes, mode: int = 0o600) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
    beside.replace(path)
