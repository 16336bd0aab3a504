"""The validation of the answers: of all at once, before anything is written."""

import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from cookiecutter.exceptions import FailedHookException

from ddpt.escape import quoted
from ddpt.locales import guess_language, guess_time_zone, language_error, time_zone_error
from ddpt.names import module_name, name_error

DEFAULTS = json.loads((Path(__file__).parent.parent / "cookiecutter.json").read_text("utf-8"))
YES, NO = {"y", "yes", "true"}, {"n", "no", "false"}

# What cannot be in one line of text: control characters, line and paragraph separators, halves of surrogate pairs
# (from bytes on the command line that are not UTF-8), and code points that are no characters.
NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Without { | } $ and the backtick, which are legal but mean something in shells and in the files of proxies, and are seen nowhere.
LOCAL_PART = re.compile(r"(?=.{1,64}$)[a-z0-9!#%&'*+/=?^_~-]+(\.[a-z0-9!#%&'*+/=?^_~-]+)*", re.ASCII | re.IGNORECASE)
# https://packaging.python.org/specifications/version-specifiers/
VERSION = re.compile(
    r"v?(\d+!)?\d+(\.\d+)*([-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?\d*)?(-\d+|[-_.]?(post|rev|r)[-_.]?\d*)?"
    r"([-_.]?dev[-_.]?\d*)?(\+[a-z0-9]+([-_.][a-z0-9]+)*)?",
    re.ASCII | re.IGNORECASE,
)


class InvalidAnswers(FailedHookException):
    """The answers that are not valid, each with its reason.

    Of Cookiecutter's exceptions this is the one that fits: its command prints the message without a traceback and
    exits with 1. It is raised while Cookiecutter still collects answers, so nothing has been written.
    """


def is_yes(answer: object) -> bool:
    """Tell whether an answer to a yes/no question means yes."""
    return str(answer).strip().lower() in YES


# Each of these returns why an answer is not valid, or None when it is


def line_error(text: str) -> str | None:
    """Accept any text that fits in one line."""
    found = NO_TEXT.search(text)
    return f"contains the character U+{ord(found[0]):04X}, which a line of text cannot have" if found else None


def title_error(text: str) -> str | None:
    """Accept any text in one line that is not empty."""
    return line_error(text) if text.strip() else "is empty"


def host_error(host: str) -> str | None:
    """Accept a host name, also one without a dot, in the one form that browsers send in ``Host`` and ``Origin``."""
    for pattern, reason in {
        r".*/.*": "is a URL: give its host name alone",
        r".*@.*": "is an email address: give its host name alone",
        r"[^:]+:[0-9]*": "has a port: give the host name alone",
        r".*[A-Z].*": "has capital letters: browsers send host names in lower case",
        r".*[^\0-\x7f].*": "is not ASCII: browsers send its ASCII form (IDNA)",
        r"[0-9.]*[0-9]": "is an IP address or a number, not a host name",
    }.items():
        if re.fullmatch(pattern, host, re.DOTALL):
            return reason
    labels = host.split(".")
    # A last label of digits would be read as part of an IP address: https://url.spec.whatwg.org/#ends-in-a-number-checker
    valid = len(host) <= 253 and not labels[-1].isdigit() and all(map(HOST_LABEL.fullmatch, labels))
    return None if valid else "is not a valid host name"


def email_error(address: str) -> str | None:
    """Accept an address as mail servers commonly take it."""
    local_part, _, host = address.rpartition("@")
    valid_host = host.isascii() and not host_error(host.lower()) and ("." in host or host == "localhost")
    return None if valid_host and LOCAL_PART.fullmatch(local_part) else "is not a valid email address"


def version_error(version: str) -> str | None:
    """Accept a version as PEP 440 defines it."""
    return None if VERSION.fullmatch(version) else "is not a valid version (PEP 440)"


def yes_no_error(answer: str) -> str | None:
    """Accept yes or no, as a letter, a word or a truth value, in any case."""
    return None if answer.strip().lower() in YES | NO else "is not yes or no"


def one_of(*choices: str) -> Callable[[str], str | None]:
    """Return a function that accepts the ``choices`` alone."""
    return lambda answer: None if answer in choices else f"is not {' or '.join(choices)}"


ERRORS = {
    "project_name": title_error,
    "django_project_name": name_error,
    "author_name": title_error,
    "email": email_error,
    "description": line_error,
    "domain_name": host_error,
    "version": version_error,
    "timezone": time_zone_error,
    "language_code": language_error,
    "log_in_with": one_of("username", "email"),
    "use_admin_theme": yes_no_error,
    "use_mailgun": yes_no_error,
    "use_mailhog": yes_no_error,
    "use_s3": yes_no_error,
    "use_sentry_for_error_reporting": yes_no_error,
    "base_image": one_of("alpine", "slim"),
    "reverse_proxy": one_of("caddy", "nginx"),
    "ci": one_of("github", "gitlab", "none"),
}
GUESSES = {"django_project_name": module_name, "timezone": guess_time_zone, "language_code": guess_language}


def error(name: str, answer: object) -> str | None:
    """Return why the answer to the question ``name`` is not valid, or None when it is."""
    if isinstance(answer, bool) and ERRORS[name] is yes_no_error:  # from a config file: YAML and JSON have real ones
        return None
    return ERRORS[name](answer) if isinstance(answer, str) else "is not a string: put it in quotes"


def guess(name: str, answer: object) -> str:
    """Return the valid answer that may have been meant, or nothing."""
    return GUESSES[name](str(answer)) if name in GUESSES else ""


def error_message(name: str, answer: object) -> str:
    """Return what to tell about an answer that is not valid."""
    shown = repr(answer)
    shown = shown if len(shown) <= 60 else f"{shown[:50]}...{shown[-7:]}"
    meant = guess(name, answer)
    proposal = f"Did you mean {meant}?" if meant else f"For example: {DEFAULTS[name]}"
    return f"  {name}: {shown} {error(name, answer)}.\n    {proposal}"


def validate(cookiecutter: dict[str, object]) -> str:
    """Return "y" when all answers are valid.

    Questions that are not in ``cookiecutter`` are skipped: in a replay the others come from its file.

    Raises:
        InvalidAnswers: names every answer that is not valid, with the reason and one that would be, and ends with the
            command to type, which holds all the others.
    """
    answers = {name: cookiecutter[name] for name in ERRORS if name in cookiecutter}
    invalid = [name for name, answer in answers.items() if error(name, answer)]
    if not invalid:
        return "y"
    valid = answers | {name: guess(name, answers[name]) or DEFAULTS[name] for name in invalid}
    if valid.get("django_project_name") == module_name(answers.get("project_name")):
        del valid["django_project_name"]  # the default, which follows the name of the project
    given = {name: answer for name, answer in valid.items() if name in invalid or answer != DEFAULTS[name]}
    command = repeated(sys.argv, given)
    ending = f"→ Correct and run:\n{command}" if command else "→ Run the command again with other answers."
    messages = [error_message(name, answers[name]) for name in invalid]
    raise InvalidAnswers("\n".join(["", "Invalid answers:", *messages, "Nothing was written.", ending]))


def repeated(typed: list[str], answers: dict[str, object]) -> str | None:
    """Return the command that was ``typed``, quoted for a shell, with the ``answers`` in place of those it had.

    Return None where the answers came by another way than Cookiecutter's questions and arguments.
    """
    program, *words = typed
    if "cookiecutter" not in Path(program).parts[-2:] or any(word.startswith("--replay") for word in words):
        return None
    words = [word for word in words if word != "--no-input" and word.partition("=")[0] not in ERRORS]
    given = [f"{name}={argument(answer)}" for name, answer in answers.items()]
    return shlex.join(["cookiecutter", *words, "--no-input", *given])


def argument(answer: object) -> str:
    """Return an answer as an argument: Cookiecutter renders arguments as templates, but not what is typed at a prompt."""
    text = {True: "y", False: "n"}[answer] if isinstance(answer, bool) else str(answer)
    return f"{{{{ {quoted(text)} }}}}" if "{{" in text or "{%" in text or "{#" in text else text
