"""The time zones of the IANA database, from the package tzdata, which Cookiecutter brings (through arrow)."""

from functools import cache
from importlib.resources import files

DATABASE = files("tzdata") / "zoneinfo"


@cache
def current() -> frozenset[str]:
    """Return the names that every system has.

    Names such as ``US/Pacific`` are left out, though ``zoneinfo.available_timezones()`` may hold them: Debian moved
    those to a package of their own (tzdata-legacy), so Django would not start in a slim image.
    """
    lines = (DATABASE / "zone.tab").read_text("utf-8").splitlines()
    places = {line.split("\t")[2] for line in lines if not line.startswith("#")}
    names = (DATABASE.parent / "zones").read_text("utf-8").split()
    return frozenset(places | {name for name in names if name.startswith("Etc/")} | {"GMT", "UTC"})


@cache
def renamed() -> dict[str, str]:
    """Return the current name for each old one: ``Asia/Calcutta`` is ``Asia/Kolkata`` today."""
    lines = (DATABASE / "tzdata.zi").read_text("utf-8").splitlines()
    links = (line.split() for line in lines if line.startswith("L "))
    return {old: new for _, new, old in links if new in current() and old not in current()}
