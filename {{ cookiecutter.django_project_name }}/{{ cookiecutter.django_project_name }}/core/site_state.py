"""How the site is, as far as its scheduler can see: backups, the certificate. Prometheus and ``make status`` ask for it."""

import os
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DAY, YEAR = 86_400, 31_536_000

# Seconds to wait for the proxy to show its certificate
TIMEOUT = 3

# The two times of a certificate, which follow each other: YYMMDDhhmmssZ, until the year 2049
# https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
VALIDITY = re.compile(rb"\x17\x0d(\d{12})Z\x17\x0d(\d{12})Z")
# What OpenSSL says of a certificate that no authority has signed
# https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
DEPTH_ZERO_SELF_SIGNED_CERT = 18


@dataclass(frozen=True)
class Backups:
    """What ``backups/schedule`` writes; times in seconds since the epoch, 0 for never."""

    # since when there should be backups, and when the newest was verified
    since: float
    verified: float
    # when a backup or a restore drill failed, if the last one did
    failed: float
    # when the last restore drill went well
    drilled: float


def read_backups(status: Path) -> Backups | None:
    """Return how the backups are, by a file that also ``check_backup`` reads; nothing until there is one."""
    try:
        since, verified, failed = map(float, status.read_text().splitlines()[:3])
    except (OSError, ValueError):
        return None
    try:
        drilled = float(status.with_name("drilled").read_text())
    except (OSError, ValueError):
        drilled = 0
    return Backups(since, verified, failed, drilled)


@dataclass(frozen=True)
class Certificate:
    """A certificate: from when until when it is valid, in seconds since the epoch, and whether no authority signed it."""

    begin: float
    end: float
    self_signed: bool


def read_certificate(host: str, address: tuple[str, int]) -> Certificate:
    """Return the certificate that the server at an address shows for a host.

    Raises:
        OSError: it does not answer, or shows no certificate.
        ValueError: the certificate has no such times.
    """

    def shown(context: ssl.SSLContext) -> bytes:
        with (
            socket.create_connection(address, TIMEOUT) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            return connection.getpeercert(binary_form=True) or b""

    self_signed = False
    try:
        content = shown(ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        # one that is not trusted or has expired counts as well
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        content = shown(context)
        self_signed = error.verify_code == DEPTH_ZERO_SELF_SIGNED_CERT
    found = VALIDITY.search(content)
    if not found:
        raise ValueError("The certificate has no times before 2050.")
    begin, end = (datetime.strptime(f"{one.decode()}+0000", "%y%m%d%H%M%S%z").timestamp() for one in found.groups())
    return Certificate(begin, end, self_signed)


def proxy_address() -> tuple[str, int]:
    """Return where the proxy listens for HTTPS, in the network of the site."""
    name, _, port = os.environ["PROXY"].partition(":")
    return name, int(port)


def is_local(host: str) -> bool:
    """Tell whether a host name is that of this computer, for which no authority gives a certificate."""
    return host == "localhost" or host.endswith(".localhost")


def report(runs: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return what ``make status`` shows: facts, and problems with the command to type next.

    Args:
        runs: the last run of each scheduled job, by its command.
        now: seconds since the epoch.
    """
    facts: dict[str, Any] = {
        "jobs": [
            {
                "job": command,
                "last run": text(run["started"]),
                "seconds": f"{run['seconds']:.1f}",
                "result": "ok" if run["ok"] else "failed",
                "printed": run["printed"],
            }
            for command, run in runs.items()
            if run
        ]
    }
    problems = [
        {
            "message": f"The scheduled job {job['job']} failed.",
            "cause": job["printed"],
            "hint": "make service-logs SERVICE=scheduler SINCE=24h",
        }
        for job in facts["jobs"]
        if job["result"] == "failed"
    ]
    host = os.environ["DOMAIN_NAME"]
    if backups := read_backups(Path(os.environ["BACKUP_STATUS"])):
        facts["backups"] = {"verified": text(backups.verified), "restored for a drill": text(backups.drilled)}
        if advice := hsts_advice(host, int((now - backups.since) // DAY)):
            facts["advice"] = advice
    hint = f"make service-logs SERVICE={os.environ['CERTIFICATES_OF']} SINCE=24h"
    try:
        certificate = read_certificate(host, proxy_address())
    except (OSError, ValueError) as error:
        problems.append({"message": "The proxy shows no certificate.", "cause": str(error), "hint": hint})
    else:
        facts["certificate"] = {"valid until": text(certificate.end)}
        if problem := certificate_problem(certificate, host, now):
            problems.append({"message": problem, "hint": hint})
    return {"facts": facts, "problems": problems}


def certificate_problem(certificate: Certificate, host: str, now: float) -> str:
    """Return what is wrong with a certificate, as the alerts of deployment/monitoring/alerts.yml see it, or nothing."""
    if certificate.self_signed and not is_local(host):
        return "No authority has signed the certificate yet."
    left = certificate.end - now
    # It is renewed when a third of its time is left.
    if left < min(21 * DAY, 0.2 * (certificate.end - certificate.begin)):
        return f"The certificate expires in {left / DAY:.1f} days."
    return ""


def hsts_advice(host: str, days: int) -> str:
    """Return what to do for browsers to use only HTTPS for longer; nothing in the first days of a site, or if it is done."""
    if is_local(host) or days < 7 or int(os.environ["SECURE_HSTS_SECONDS"]) >= YEAR:
        return ""
    how = f"write SECURE_HSTS_SECONDS={YEAR} into {os.environ['ENVIRONMENT']}.env"
    then = f"make deploy-{proxy_address()[0]} deploy-django"
    return f"The site has run for {days} days. For browsers to use only HTTPS for a year, {how}, then: {then}"


def text(moment: float) -> str:
    """Return a time as people read it; 0 is never."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds") if moment else "never"
