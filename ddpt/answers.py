"""The answers to the questions: what they may be, and what follows from them."""

import re
import sys
from collections.abc import Callable
from difflib import get_close_matches
from email.utils import parseaddr
from keyword import iskeyword
from typing import NamedTuple

import idna
from cookiecutter.exceptions import FailedHookException
from slugify import slugify

from ddpt import retry, time_zones
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


class InvalidAnswers(FailedHookException):
    """The answers that are not valid, each with its reason.

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
    if not invalid_name(name):
        return name
    text = text.replace("'", "").replace("’", "")
    name = slugify(text, separator="_", entities=False, decimal=False, hexadecimal=False) or "project"
    if not re.match(r"(?!pg_)[a-z]", name):
        name = f"project_{name}"
    name = name[:MAX_NAME_LENGTH].rstrip("_")
    return f"{name[: MAX_NAME_LENGTH - 8]}_project" if invalid_name(name) else name


def slug(django_project_name: str) -> str:
    """Return the name for distributions, images and Compose projects: lower case, with single hyphens between words."""
    return "-".join(word for word in django_project_name.lower().split("_") if word)


# What the answers may be: each of these returns the reason why an answer is not valid, or None


def invalid_line(answer: str) -> str | None:
    """Accept any text that fits in one line."""
    found = NO_TEXT.search(answer)
    return f"contains the character U+{ord(found[0]):04X}, which a line of text cannot have" if found else None


def invalid_title(answer: str) -> str | None:
    """Accept any text in one line that is not empty."""
    return invalid_line(answer) if answer.strip() else "is empty"


def invalid_name(answer: str) -> str | None:
    """Accept a name that suits the package, its folder, the distribution, the image, the stack and the database."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", answer):
        return "is not a valid name for a Python package: use a letter, then ASCII letters, digits and _"
    if len(answer) > MAX_NAME_LENGTH:
        return f"is longer than {MAX_NAME_LENGTH} characters"
    if iskeyword(answer):
        return "is a Python keyword"
    if answer.lower().startswith("pg_"):
        return "begins with pg_, which PostgreSQL reserves for its own roles"
    # Compared as slug() writes it, for "Django" and "django__stubs" collide as well: on file systems that ignore case,
    # and as the name of the distribution. Soft keywords ("match", "type") are good names.
    return RESERVED.get(slug(answer).replace("-", "_"))


def invalid_host(answer: str) -> str | None:
    """Accept a host name, also one without a dot, in the one form that browsers send in ``Host`` and ``Origin``."""
    labels = answer.split(".")
    if "/" in answer:
        return "is a URL: give its host name alone"
    if "@" in answer:
        return "is an email address: give its host name alone"
    if re.fullmatch(r"[^:]+:[0-9]*", answer):
        return "has a port: give the host name alone"
    if answer != answer.lower():
        return "has capital letters: browsers send host names in lower case"
    if not answer.isascii():
        return "is not ASCII: browsers send its ASCII form (IDNA)"
    if all(label.isdigit() for label in labels):
        return "is an IP address or a number, not a host name"
    # A last label of digits would be read as part of an IP address: https://url.spec.whatwg.org/#ends-in-a-number-checker
    if len(answer) > 253 or labels[-1].isdigit() or not all(HOST_LABEL.fullmatch(label) for label in labels):
        return "is not a valid host name"
    return None


def invalid_email(answer: str) -> str | None:
    """Accept an address as mail servers commonly take it."""
    local_part, _, host = answer.rpartition("@")
    valid_host = host.isascii() and not invalid_host(host.lower()) and ("." in host or host == "localhost")
    return None if valid_host and LOCAL_PART.fullmatch(local_part) else "is not a valid email address"


def invalid_version(answer: str) -> str | None:
    """Accept a version as PEP 440 defines it."""
    return None if VERSION.fullmatch(answer) else "is not a valid version (PEP 440)"


def invalid_time_zone(answer: str) -> str | None:
    """Accept the name of a time zone that every system has."""
    if answer in time_zones.renamed():
        return "is a deprecated name of a time zone, which some systems lack"
    return None if answer in time_zones.current() else "is not a time zone of the IANA database"


def invalid_language_code(answer: str) -> str | None:
    """Accept a code that Django's setting LANGUAGE_CODE takes."""
    return None if answer in LANGUAGE_CODES else "is not one of Django's LANGUAGES"


def invalid_choice(answer: str) -> str | None:
    """Accept yes or no, as a letter, a word or a truth value, in any case."""
    return None if answer.strip().lower() in YES | NO else "is not yes or no"


def invalid_log_in_with(answer: str) -> str | None:
    """Accept the fields that there is a user model for."""
    return None if answer in ("username", "email") else "is not username or email"


def invalid_base_image(answer: str) -> str | None:
    """Accept the variants of Python's official image that the Dockerfile is written for."""
    return None if answer in ("alpine", "slim") else "is not alpine or slim"


# What may have been meant: each of these returns a guess, which need not be valid


def nearest(text: str, choices: dict[str, str]) -> str:
    """Return the value of the key that is most like ``text``, or nothing."""
    return "".join(choices[key] for key in get_close_matches(text, choices, n=1, cutoff=0.8))


def likely_name(answer: str) -> str:
    """Make a name from what there is of letters and digits."""
    return module_name(answer) if re.search(r"[^\W_]", answer) else ""


def likely_host(answer: str) -> str:
    """Take the host from a URL, in ASCII."""
    host = answer.strip().lower().replace(",", ".").replace("_", "-")
    host = re.split("[/:?#]", re.sub(r"^(([a-z]+:)?//)?([^/]*@)?", "", host))[0].strip(".")
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


def likely_log_in_with(answer: str) -> str:
    """Take the name in another case, or as people write it."""
    choices = {"username": "username", "email": "email", "emailaddress": "email", "mail": "email"}
    return nearest(re.sub(r"[\W_]", "", answer.lower()), choices)


def likely_base_image(answer: str) -> str:
    """Take the name in another case, or that of the distribution."""
    return nearest(answer.strip().lower(), {"alpine": "alpine", "slim": "slim", "debian": "slim"})


class Question(NamedTuple):
    """How to validate the answer to a question, and what to propose in place of an invalid one."""

    invalid: Callable[[str], str | None]
    example: str
    likely: Callable[[str], str] = lambda answer: ""


YES_OR_NO = Question(invalid_choice, "y", likely_choice)

QUESTIONS = {
    "project_name": Question(invalid_title, "Awesome Project"),
    "django_project_name": Question(invalid_name, "awesome_project", likely_name),
    "author_name": Question(invalid_title, "Ada Lovelace"),
    "email": Question(invalid_email, "ada@example.com", likely_email),
    "description": Question(invalid_line, "Tickets for concerts, from the box office to the door."),
    "domain_name": Question(invalid_host, "tickets.example.com", likely_host),
    "version": Question(invalid_version, "0.1.0", likely_version),
    "timezone": Question(invalid_time_zone, "Europe/Berlin", likely_time_zone),
    "language_code": Question(invalid_language_code, "pt-br", likely_language_code),
    "log_in_with": Question(invalid_log_in_with, "username", likely_log_in_with),
    "use_admin_theme": YES_OR_NO,
    "use_mailgun": YES_OR_NO,
    "use_mailhog": YES_OR_NO,
    "use_s3": YES_OR_NO,
    "use_sentry_for_error_reporting": YES_OR_NO,
    "base_image": Question(invalid_base_image, "alpine", likely_base_image),
}


def reason(name: str, answer: object) -> str | None:
    """Return why the answer to the question ``name`` is not valid, or None when it is."""
    question = QUESTIONS[name]
    if question is YES_OR_NO and isinstance(answer, bool):  # from a config file: YAML and JSON have real ones
        return None
    return question.invalid(answer) if isinstance(answer, str) else "is not a string: put it in quotes"


def guess(name: str, answer: object) -> str | None:
    """Return the valid answer that may have been meant, or None."""
    question = QUESTIONS[name]
    likely = question.likely(answer) if isinstance(answer, str) else ""
    return likely if likely and not question.invalid(likely) else None


def error_message(name: str, answer: object) -> str:
    """Return what to tell about an answer that is not valid."""
    shown = repr(answer)
    shown = shown if len(shown) <= 60 else f"{shown[:50]}...{shown[-7:]}"
    meant = guess(name, answer)
    return f"  {name}: {shown} {reason(name, answer)}.\n    " + (
        f"Did you mean {meant}?" if meant else f"For example: {QUESTIONS[name].example}"
    )


def validate(cookiecutter: dict[str, object]) -> str:
    """Return "y" when all answers are valid.

    Questions that are not in ``cookiecutter`` are skipped: in a replay the others come from its file.

    Raises:
        InvalidAnswers: names every answer that is not valid, with the reason and one that would be, and ends with the
            command to type, which holds all the others.
    """
    answers = {name: cookiecutter[name] for name in QUESTIONS if name in cookiecutter}
    invalid = [name for name, answer in answers.items() if reason(name, answer)]
    if not invalid:
        return "y"
    messages = [error_message(name, answers[name]) for name in invalid]
    better = answers | {name: guess(name, answers[name]) or QUESTIONS[name].example for name in invalid}
    if better.get("django_project_name") == module_name(answers.get("project_name")):
        del better["django_project_name"]  # the default, which follows the name of the project
    again = retry.command(sys.argv, better)
    ending = f"→ Correct and run:\n{again}" if again else "→ Run the command again with other answers."
    raise InvalidAnswers("\n".join(["", "Invalid answers:", *messages, "Nothing was written.", ending]))
