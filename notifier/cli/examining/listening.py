"""Where it listens and how phones come to it: ports, certificates, the public address."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from cryptography import x509

from notifier.cli.examining.finding import Finding, fault, fine, warning
from notifier.cli.examining.patient import PATIENCE, Patient
from notifier.clock import SystemClock
from notifier.model.settings import Tls

SOON = 30.0
"""Days before its end that a certificate should be renewed."""


def ports(patient: Patient) -> Iterator[Finding]:
    if patient.settings is None:
        return
    for address in (patient.settings.listen.address, patient.settings.press_listen):
        if address is None:
            continue
        host, _, port = address.rpartition(":")
        if patient.alive is not None:
            yield from _answers(host, int(port), address)
        else:
            yield from _is_free(host.strip("[]"), int(port), address)


def _answers(host: str, port: int, address: str) -> Iterator[Finding]:
    if port == 0:
        return
    name = {"0.0.0.0": "127.0.0.1", "[::]": "::1", "::": "::1"}.get(host, host.strip("[]"))
    try:
        socket.create_connection((name, port), timeout=PATIENCE).close()
    except OSError as error:
        do = "systemctl restart notifier, after a look at its log."
        yield fault("port", f"The daemon runs, and nothing answers at {address}: {error.strerror or error}.", do)
    else:
        yield fine("port", f"Something answers at {address}.")


def _is_free(host: str, port: int, address: str) -> Iterator[Finding]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_STREAM)) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            line.bind((host, port))
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                do = f"ss -ltnp 'sport = :{port}' says who; stop it, or choose another port in settings.yaml."
                yield fault("port", f"Another program listens at {address} already.", do)
            case errno.EADDRNOTAVAIL:
                do = "ip -brief address shows those there are; change listen in settings.yaml."
                yield fault("port", f"This machine has no address {host}.", do)
            case errno.EACCES:
                do = "Choose a port above 1023 in settings.yaml, and put a proxy before it (deploy/proxy)."
                yield fault("port", f"An ordinary user may not listen at port {port}.", do)
            case _:
                yield fault("port", f"Nothing can listen at {address}: {error.strerror or error}.", "Change listen.")
    else:
        yield fine("port", f"{address} is free for the daemon.")


def certificate(patient: Patient) -> Iterator[Finding]:
    tls = patient.settings.listen.tls if patient.settings else None
    if tls is None:
        return
    try:
        first = x509.load_pem_x509_certificate(Path(tls.certificate).read_bytes())
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ValueError) as error:
        text = f"The certificate and its key cannot be used together: {getattr(error, 'strerror', None) or error}."
        do = f"openssl x509 -in {tls.certificate} -noout -text; the key must be the one it was made with."
        yield fault("certificate", text, do)
        return
    left = (first.not_valid_after_utc - SystemClock().wall()).total_seconds() / 86_400
    renew = "Renew it; the daemon takes the new file by itself."
    if left < 0:
        yield fault("certificate", f"The certificate ended {_when(first.not_valid_after_utc)}.", renew)
        return
    if left < SOON:
        yield warning("certificate", f"The certificate ends {_when(first.not_valid_after_utc)}.", renew)
    yield from _believed(patient, tls, server)


def _believed(patient: Patient, tls: Tls, server: ssl.SSLContext) -> Iterator[Finding]:
    """Shake hands with ourselves in memory, as a browser of this machine would."""
    name = urlsplit(patient.site.public_url).hostname if patient.site and patient.site.public_url else None
    host = name or (patient.settings.listen.address.rpartition(":")[0] if patient.settings else "localhost")
    trusting = ssl.create_default_context()
    try:
        _shake_hands(server, trusting, host)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in (62, 64):  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
            do = "Have it made for that name, or change public_url in site.yaml to a name it has."
            yield fault("certificate", f"The certificate is not made for {host}: every browser refuses it.", do)
        else:
            do = (
                "With a certificate of your own authority: install that authority on each device that presses. "
                "With a bought one: put the whole chain into the file, its own certificate first."
            )
            why = error.verify_message
            yield warning("certificate", f"Browsers of this machine do not trust {tls.certificate}: {why}.", do)
    except ssl.SSLError as error:
        yield fault("certificate", f"No browser could speak with it: {error.reason}.", "Make a new certificate.")
    else:
        yield fine("certificate", f"Browsers trust the certificate for {host}.")


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> None:
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(down, up, server_side=False, server_hostname=host),
        server.wrap_bio(up, down, server_side=True),
    )
    waiting = set(ends)
    for _ in range(10):  # a handshake takes three turns
        for end in ends:
            if end in waiting:
                try:
                    end.do_handshake()
                    waiting.discard(end)
                except ssl.SSLWantReadError:
                    continue
        if not waiting:
            return


async def public_url(patient: Patient) -> list[Finding]:
    if patient.site is None:
        return []
    url = patient.site.public_url
    how = "See docs/how_to/behind_a_proxy.md."
    if url is None:
        text = "There is no public_url: links in messages open nowhere, answers come by reply code only."
        return [warning("public_url", text, f"Write one in site.yaml once phones can reach this. {how}")]
    host = urlsplit(url).hostname or ""
    if _only_inside(host):
        return [fault("public_url", f"Phones outside cannot open {url}: {host} is an inside address.", how)]
    if patient.alive is None:
        return []
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session,
            session.get(f"{url.rstrip('/')}/healthz", allow_redirects=False) as response,
        ):
            if response.status == 200 and "alive" in await response.text():
                return [fine("public_url", f"{url} leads here.")]
            why = f"it answers {response.status}, and not as this daemon does"
    except aiohttp.ClientConnectorCertificateError as error:
        why = f"its certificate is not trusted ({error.certificate_error})"
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        why = str(getattr(error, "os_error", None) or error) or "it does not answer"
    text = f"{url} cannot be opened from here: {why}."
    return [fault("public_url", text, f"Look at the proxy, tunnel or name; try it from a phone too. {how}")]


def _only_inside(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".lan", ".internal", ".localhost"))
    return not address.is_global


def _when(end: datetime) -> str:
    return f"on {end:%Y-%m-%d}"
