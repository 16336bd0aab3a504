"""How the values of settings are written, and what is said of one that is invalid."""

import ipaddress
import re
from collections.abc import Callable
from typing import Any

TRUE = {"yes", "y", "true", "1", "on"}
FALSE = {"no", "n", "false", "0", "off", ""}
BYTES = {"M": 1024**2, "G": 1024**3, "KB": 1000, "MB": 1000**2, "GB": 1000**3}


def boolean(text: str) -> bool:
    """Read a yes or no."""
    if text.lower() not in TRUE | FALSE:
        raise ValueError(f"{text!r} is neither yes nor no")
    return text.lower() in TRUE


def address_ranges(text: str) -> str:
    """Check IP addresses and ranges, and return them with spaces between; the list may be empty."""
    ranges = text.replace(",", " ").split()
    for each in ranges:
        try:
            network = ipaddress.ip_network(each)
        except ValueError:
            raise ValueError(f"{each!r} is not an IP address or range: give some like 203.0.113.0/24") from None
        if network.prefixlen == 0:
            raise ValueError(f"{each!r} trusts everybody: give only the ranges of your proxies")
    return " ".join(ranges)


def host_names(text: str) -> str:
    """Check host names, also with a wildcard, and return them with spaces between; the list may be empty."""
    names = text.replace(",", " ").split()
    for each in names:
        domain_name(each.removeprefix("*."))
    return " ".join(names)


def network(text: str) -> str:
    """Check an IPv4 range that has room for networks of 256 addresses."""
    try:
        if ipaddress.IPv4Network(text).prefixlen > 24:
            raise ValueError
    except ValueError:
        raise ValueError(f"{text!r} is not an IPv4 range of /24 or larger: give one like 10.200.0.0/16") from None
    return text


def in_bytes(text: str) -> int:
    """Read an amount of memory or the size of a file."""
    return int(text.rstrip("KMGB")) * BYTES[text.lstrip("0123456789")]


def matching(pattern: str, problem: str, convert: Callable[[str], Any] = str) -> Callable[[str], Any]:
    """Return a function that converts a text which matches a pattern, and raises ValueError for another."""

    def read(text: str) -> Any:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"{text!r} {problem}")
        return convert(text)

    return read


required = matching(".+", "is empty, and a value is required")
# Part of the names of services, of secrets (64 characters at most) and of hosts
stack_name = matching("[a-z][a-z0-9-]{0,30}[a-z0-9]", "is invalid: give 2 to 32 lower-case letters, digits, hyphens")
domain_name = matching("[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "is not a host name: give one like example.com, no https://")
number = matching("[0-9]+", "is not an integer", int)
number_or_none = matching("[0-9]*", "is not an integer", lambda text: int(text or 0))
at_least_one = matching("0*[1-9][0-9]*", "is not an integer of 1 or more", int)
decimal = matching(r"[0-9]*\.?[0-9]+", "is not a number: give one like 0.5", float)
percentage = matching("(0*[1-9][0-9]?|100)%", "is not a percentage: give one from 1% to 100%")
path = matching(r"(/[!-~]*)?", "is not a path: give one like /about/")
extensions = matching(r"(\w[\w-]*(,\w[\w-]*)*)?", "is not a list of extensions: give one like citext,pg_trgm")
url = matching(r"(https?://\S+)?", "is not a URL: give one like https://example.com/ping")
# Where backups are kept; empty for a volume
repository = matching(
    "(s3:https?://.+/.+|sftp:([^@/]+@[^@/:]+:|//[^@/]+@[^@/]+/).+)?",
    "is invalid: give one like s3:https://s3.example.com/BUCKET/FOLDER or sftp:user@example.com:/FOLDER",
)
memory = matching("0*[1-9][0-9]*[MG]", "is not an amount of memory: give one like 512M or 2G", in_bytes)
file_size = matching("0*[1-9][0-9]*[KMG]B", "is not the size of a file: give one like 25MB", in_bytes)
