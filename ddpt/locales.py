"""Languages and time zones, and which of them may have been meant."""

from difflib import get_close_matches
from functools import cache
from pathlib import Path

import tzdata  # Cookiecutter brings it, through arrow

# https://docs.djangoproject.com/en/6.1/ref/settings/#languages, and en-us, which LANGUAGE_CODE may be as well
LANGUAGES = """
    af ar ar-dz ast az be bg bn br bs ca ckb cs cy da de dsb el en en-au en-gb en-us eo es es-ar es-co es-mx es-ni
    es-ve et eu fa fi fr fy ga gd gl he hi hr hsb ht hu hy ia id ig io is it ja ka kab kk km kn ko ky lb lt lv mk ml
    mn mr ms my nb ne nl nn os pa pl pt pt-br ro ru sk sl sq sr sr-latn sv sw ta te tg th tk tr tt udm ug uk ur uz
    vi zh-hans zh-hant
"""
LANGUAGE_CODES = LANGUAGES.split()
OTHER_CODES = {"no": "nb", "zh": "zh-hans", "zh-cn": "zh-hans", "zh-tw": "zh-hant", "zh-hk": "zh-hant"}


def language_error(code: str) -> str | None:
    """Return why Django's LANGUAGE_CODE cannot be ``code``, or None."""
    return None if code in LANGUAGE_CODES else "is not one of Django's LANGUAGES"


def guess_language(text: str) -> str:
    """Return the language of a locale, or one whose code is alike, or nothing."""
    code = text.strip().partition(".")[0].lower().replace("_", "-")
    codes = {code: code for code in LANGUAGE_CODES} | OTHER_CODES
    return codes.get(code) or codes.get(code.partition("-")[0]) or closest(code, codes)


@cache
def time_zones() -> dict[str, str]:
    """Return each name of a time zone with the one that every system has: itself, or for an old name the new one.

    Debian moved names such as ``US/Pacific`` to a package of their own, tzdata-legacy: without it, which images do not
    have, Django would not start.
    """
    folder = Path(tzdata.__file__).parent
    rows = [line.split("\t") for line in (folder / "zoneinfo/zone.tab").read_text("utf-8").splitlines()]
    others = [name for name in (folder / "zones").read_text("utf-8").split() if name.startswith("Etc/")]
    current = {name: name for name in [*(row[2] for row in rows if row[0][0] != "#"), *others, "GMT", "UTC"]}
    links = [line.split() for line in (folder / "zoneinfo/tzdata.zi").read_text("utf-8").splitlines() if line[0] == "L"]
    return {old: new for _, new, old in links if new in current} | current


def time_zone_error(name: str) -> str | None:
    """Return why TIME_ZONE cannot be ``name``, or None."""
    if name not in time_zones():
        return "is not a time zone of the IANA database"
    return None if time_zones()[name] == name else "is a deprecated name of a time zone, which some systems lack"


def guess_time_zone(text: str) -> str:
    """Return a time zone by its name in another case, its old name, or its name without the continent, or nothing."""
    # Not Etc/GMT+2, which is two hours west of Greenwich: seldom what was meant
    names = [name for name, current in time_zones().items() if name == current and not name.startswith("Etc/")]
    choices = {name.rpartition("/")[2].lower(): name for name in names} | {name.lower(): name for name in names}
    return time_zones().get(text) or closest(text.strip().lower().replace(" ", "_"), choices)


def closest(text: str, choices: dict[str, str]) -> str:
    """Return the value of the key that is most like ``text``, or nothing."""
    return "".join(choices[key] for key in get_close_matches(text, choices, n=1, cutoff=0.8))
