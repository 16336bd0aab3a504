"""The answers to the questions: what they may be, and what follows from them."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from email.utils import parseaddr
from keyword import iskeyword
from typing import NamedTuple

import idna
from cookiecutter.exceptions import FailedHookException
from slugify import slugify

from ddpt import time_zones
from ddpt.languages import LANGUAGE_CODES
from ddpt.reserved import RESERVED

YES = {"y", "yes", "true"}
NO = {"n", "no", "false"}

# Docker Swarm and PostgreSQL cut or refuse names longer than 63 characters. This leaves room for what is put around
# the name of the project: the name of a service, secret or version, and test_..._gw12 for the databases of the tests.
MAX_NAME_LENGTH = 40

# What cannot be in one line of text: control characters, line and paragraph separators, halves of surrogate pairs
# (from bytes on the command line that are not UTF-8), and code points that are no characters.
NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

# Without { | } $ and the backtick, which are legal but mean something in shells and Caddyfiles, and are seen nowhere.
LOCAL_PART = re.compile(r"(?=.{1,64}$)[a-z0-9!#%&'*+/=?^_~-]+(\.[a-z0-9!#%&'*+/=?^_~-]+)*", re.ASCII | re.IGNORECASE)

# https://packaging.python.org/specifications/version-specifiers/
VERSION = re.compile(
    r"""
    v? (?:[0-9]+!)? [0-9]+(?:\.[0-9]+)*                                # epoch and release
    (?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?[0-9]*)?         # pre-release
    (?:-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?                      # post-release
    (?:[-_.]?dev[-_.]?[0-9]*)?                                         # development release
    (?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?                                # local version
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


class BadAnswers(FailedHookException):
    """The answers that will not do, each with its reason.

    Of Cookiecutter's exceptions this is the one that fits: its command prints the message without a traceback and
    exits with 1. It is raised while Cookiecutter still collects answers, so nothing has been written.
    """


# What follows from the answers


def is_yes(answer: object) -> bool:
    """Tell whether an answer to a yes/no question means yes."""
    return str(answer).strip().lower() in YES


def module_name(project_name: object) -> str:
    """Return the default of ``django_project_name``, which is always a name that will do.

    >>> module_name("Awesome Project"), module_name("Über uns"), module_name("3D"), module_name("Django")
    ('awesome_project', 'uber_uns', 'project_3d', 'django_project')
    """
    text = str(project_name)
    name = text.lower().replace(" ", "_").replace("-", "_")
    if not bad_name(name):
        return name
    text = text.replace("'", "").replace("’", "")
    name = slugify(text, separator="_", entities=False, decimal=False, hexadecimal=False) or "project"
    if not re.match(r"(?!pg_)[a-z]", name):
        name = f"project_{name}"
    name = name[:MAX_NAME_LENGTH].rstrip("_")
    return f"{name[: MAX_NAME_LENGTH - 8]}_project" if bad_name(name) else name


def slug(django_project_name: str) -> str:
    """Return the name for distributions, images and Compose projects: lower case, with single hyphens between words."""
    return "-".join(word for word in django_project_name.lower().split("_") if word)


# What the answers may be: each of these returns the reason why an answer will not do, or nothing


def bad_line(answer: str) -> str | None:
    """Any text will do that fits in one line."""
    found = NO_TEXT.search(answer)
    return f"holds U+{ord(found[0]):04X}, which has no place in a line of text" if found else None


def bad_title(answer: str) -> str | None:
    """Any text in one line will do that is not empty."""
    return bad_line(answer) if answer.strip() else "is empty"


def bad_name(answer: str) -> str | None:
    """A name will do that suits the package, its folder, the distribution, the image, the stack and the database."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", answer):
        return "is no name for a Python package: a letter first, then letters, digits and _, all of ASCII"
    if len(answer) > MAX_NAME_LENGTH:
        return f"is longer than {MAX_NAME_LENGTH} characters"
    if iskeyword(answer):
        return "is a keyword of Python"
    if answer.lower().startswith("pg_"):
        return "begins with pg_, as only PostgreSQL's own roles may"
    # Compared as slug() writes it, for "Django" and "django__axes" collide as well: on file systems that ignore case,
    # and as the name of the distribution. Soft keywords ("match", "type") are good names.
    return RESERVED.get(slug(answer).replace("-", "_"))


def bad_host(answer: str) -> str | None:
    """A host name will do, also one without a dot, in the one form that browsers send in ``Host`` and ``Origin``."""
    if answer != answer.lower():
        return "has capital letters, and browsers send none"
    if not answer.isascii():
        return "is not ASCII, and browsers send its ASCII form"
    labels = answer.split(".")
    if len(answer) > 253 or not all(HOST_LABEL.fullmatch(label) for label in labels):
        return "is no host name"
    if labels[-1].isdigit():
        return "is no host name but a number or an IP address"
    return None


def bad_email(answer: str) -> str | None:
    """An address will do as mail servers commonly take it."""
    local_part, _, host = answer.rpartition("@")
    good_host = host.isascii() and not bad_host(host.lower()) and ("." in host or host == "localhost")
    return None if good_host and LOCAL_PART.fullmatch(local_part) else "is no e-mail address"


def bad_version(answer: str) -> str | None:
    """A version will do as PEP 440 has it."""
    return None if VERSION.fullmatch(answer) else "is no version as PEP 440 has it"


def bad_time_zone(answer: str) -> str | None:
    """The name of a time zone will do that every system has."""
    if answer in time_zones.renamed():
        return "is an old name of a time zone, which not every system has"
    return None if answer in time_zones.current() else "is no time zone"


def bad_language_code(answer: str) -> str | None:
    """A code will do that Django's setting LANGUAGE_CODE takes."""
    return None if answer in LANGUAGE_CODES else "is none of Django's LANGUAGES"


def bad_choice(answer: str) -> str | None:
    """Yes or no will do, as a letter, a word or a truth value, in any case."""
    return None if answer.strip().lower() in YES | NO else "is neither yes nor no"


def bad_base_image(answer: str) -> str | None:
    """A variant of Python's official image will do that the Dockerfile is written for."""
    return None if answer in ("alpine", "slim") else "is neither alpine nor slim"


# What may have been meant: each of these returns a guess, which need not do


def nearest(text: str, choices: dict[str, str]) -> str:
    """Return the value of the key that is most like ``text``, or nothing."""
    return "".join(choices[key] for key in get_close_matches(text, choices, n=1, cutoff=0.8))


def likely_name(answer: str) -> str:
    """Make a name from what there is of letters and digits."""
    return module_name(answer) if re.search(r"[^\W_]", answer) else ""


def likely_host(answer: str) -> str:
    """Take the host from a URL, in ASCII."""
    host = answer.strip().lower().replace(",", ".").replace("_", "-")
    host = re.split("[/:?#]", re.sub(r"^([a-z]+://)?([^/]*@)?", "", host))[0].strip(".")
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host


def likely_email(answer: str) -> str:
    """Take the address from ``Name <address>`` or ``mailto:``, with its host in ASCII."""
    address = parseaddr(answer.replace(" at ", "@"))[1] or answer
    local_part, _, host = address.removeprefix("mailto:").rpartition("@")
    return f"{local_part}@{likely_host(host)}"


def likely_version(answer: str) -> str:
    """Take the numbers alone."""
    found = re.search(r"[0-9]+([.,][0-9]+)*", answer)
    return found[0].replace(",", ".") if found else ""


def likely_time_zone(answer: str) -> str:
    """Take a name in another case, an old name, or one without its continent."""
    # Not Etc/GMT+2, which is two hours west of Greenwich: seldom what was meant.
    names = [name for name in time_zones.current() if not name.startswith("Etc/")]
    choices = {name.rpartition("/")[2].lower(): name for name in names} | {name.lower(): name for name in names}
    return time_zones.renamed().get(answer) or nearest(answer.strip().lower().replace(" ", "_"), choices)


def likely_language_code(answer: str) -> str:
    """Take a code in the form of a locale, or the language without its country."""
    code = answer.strip().partition(".")[0].lower().replace("_", "-")
    others = {"no": "nb", "zh": "zh-hans", "zh-cn": "zh-hans", "zh-tw": "zh-hant", "zh-hk": "zh-hant"}
    choices = {code: code for code in LANGUAGE_CODES} | others
    return choices.get(code) or choices.get(code.partition("-")[0]) or nearest(code, choices)


def likely_choice(answer: str) -> str:
    """Take a word with a letter too many or too few."""
    return nearest(answer.strip().lower(), {word: word for word in YES | NO})


def likely_base_image(answer: str) -> str:
    """Take the name in another case, or that of the distribution."""
    return nearest(answer.strip().lower(), {"alpine": "alpine", "slim": "slim", "debian": "slim"})


class Question(NamedTuple):
    """What is known of a question, to judge an answer and to help with a bad one."""

    bad: Callable[[str], str | None]
    example: str
    likely: Callable[[str], str] = lambda answer: ""


YES_OR_NO = Question(bad_choice, "y", likely_choice)

QUESTIONS = {
    "project_name": Question(bad_title, "Awesome Project"),
    "django_project_name": Question(bad_name, "awesome_project", likely_name),
    "author_name": Question(bad_title, "Ada Lovelace"),
    "email": Question(bad_email, "ada@example.com", likely_email),
    "description": Question(bad_line, "Tickets for concerts, from the box office to the door."),
    "domain_name": Question(bad_host, "tickets.example.com", likely_host),
    "version": Question(bad_version, "0.1.0", likely_version),
    "timezone": Question(bad_time_zone, "Europe/Berlin", likely_time_zone),
    "language_code": Question(bad_language_code, "pt-br", likely_language_code),
    "use_admin_theme": YES_OR_NO,
    "use_mailgun": YES_OR_NO,
    "use_mailhog": YES_OR_NO,
    "use_s3": YES_OR_NO,
    "use_sentry_for_error_reporting": YES_OR_NO,
    "base_image": Question(bad_base_image, "alpine", likely_base_image),
}


def complaint(name: str, answer: object) -> str | None:
    """Return what to tell about an answer that will not do, or nothing when it will."""
    question = QUESTIONS[name]
    if question is YES_OR_NO and isinstance(answer, bool):  # from a config file: YAML and JSON have real ones
        return None
    reason = question.bad(answer) if isinstance(answer, str) else "is no text: put it in quotes"
    if not reason:
        return None
    guess = question.likely(answer) if isinstance(answer, str) else ""
    shown = repr(answer)
    shown = shown if len(shown) <= 60 else f"{shown[:50]}...{shown[-7:]}"
    meant = f"Did you mean {guess}? " if guess and not question.bad(guess) else ""
    return f"  {name}: {shown} {reason}.\n    {meant}For example: {question.example}"


def checked(cookiecutter: dict[str, object]) -> str:
    """Return "y" when all answers will do.

    Questions that are not in ``cookiecutter`` are skipped: in a replay the others come from its file.

    Raises:
        BadAnswers: names every answer that will not do, the reason, and an example that would.
    """
    complaints = [complaint(name, cookiecutter[name]) for name in QUESTIONS if name in cookiecutter]
    if complaints := [text for text in complaints if text]:
        heading = "This answer will not do:" if len(complaints) == 1 else "These answers will not do:"
        ending = "Nothing has been written. Give the command again with other answers."
        raise BadAnswers("\n".join(["", heading, *complaints, ending]))
    return "y"
