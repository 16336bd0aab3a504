"""How the values of settings are written, and what is said of one that is invalid."""

import ipaddress
import re

TRUE = {"yes", "y", "true", "1", "on"}
FALSE = {"no", "n", "false", "0", "off", ""}


def stack_name(text: str) -> str:
    """Check a name that goes into the names of services, secrets (64 characters at most) and host names."""
    return _match(text, r"[a-z][a-z0-9-]{0,30}[a-z0-9]", "is invalid: give 2 to 32 lower-case letters, digits, hyphens")


def domain_name(text: str) -> str:
    """Check a host name."""
    return _match(text, r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "is not a host name: give one like example.com, no https://")


def boolean(text: str) -> bool:
    """Read a yes or no."""
    if text.lower() not in TRUE | FALSE:
        raise ValueError(f"{text!r} is neither yes nor no")
    return text.lower() in TRUE


def number(text: str) -> int:
    """Read an integer that is not negative."""
    return int(_match(text, "[0-9]+", "is not an integer"))


def at_least_one(text: str) -> int:
    """Read an integer above zero."""
    return int(_match(text, "0*[1-9][0-9]*", "is not an integer of 1 or more"))


def decimal(text: str) -> float:
    """Read a number such as 0.5."""
    return float(_match(text, r"[0-9]*\.?[0-9]+", "is not a number: give one like 0.5"))


def percentage(text: str) -> str:
    """Check a percentage above zero, such as 5%."""
    return _match(text, "(0*[1-9][0-9]?|100)%", "is not a percentage: give one from 1% to 100%")


def memory(text: str) -> int:
    """Read an amount of memory, such as 512M or 2G, as bytes."""
    _match(text, "0*[1-9][0-9]*[MG]", "is not an amount of memory: give one like 512M or 2G")
    return int(text[:-1]) * {"M": 1024**2, "G": 1024**3}[text[-1]]


def file_size(text: str) -> int:
    """Read the size of a file, such as 25MB or 2GB, as bytes."""
    _match(text, "0*[1-9][0-9]*[KMG]B", "is not the size of a file: give one like 25MB")
    return int(text[:-2]) * {"K": 1000, "M": 1000**2, "G": 1000**3}[text[-2]]


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


def network(text: str) -> str:
    """Check an IPv4 range that has room for networks of 256 addresses."""
    try:
        if ipaddress.IPv4Network(text).prefixlen > 24:
            raise ValueError
    except ValueError:
        raise ValueError(f"{text!r} is not an IPv4 range of /24 or larger: give one like 10.200.0.0/16") from None
    return text


def repository(text: str) -> str:
    """Check where backups are kept; nothing stands for a volume."""
    return _match(
        text, "(s3:https?://.+/.+)?", "is not a bucket: give one like s3:https://s3.example.com/BUCKET/FOLDER"
    )


def url(text: str) -> str:
    """Check a URL; there may be none."""
    return _match(text, r"(https?://\S+)?", "is not a URL: give one like https://example.com/ping")


def required(text: str) -> str:
    """Check that there is a value."""
    if not text:
        raise ValueError("a value is required")
    return text


def _match(text: str, pattern: str, problem: str) -> str:
    if not re.fullmatch(pattern, text, re.ASCII):
        raise ValueError(f"{text!r} {problem}")
    return text
