"""Pure functions that return the arguments of one ``docker`` command each. They run nothing."""

from collections.abc import Mapping


def pairs(option: str, values: Mapping[str, str]) -> list[str]:
    """Return ``option`` with ``name=value`` once for each of the values."""
    return [word for name, value in values.items() for word in (option, f"{name}={value}")]


def filters(values: Mapping[str, str]) -> list[str]:
    """Return ``--filter label=...`` for each label."""
    return [word for name, value in values.items() for word in ("--filter", f"label={name}={value}")]
