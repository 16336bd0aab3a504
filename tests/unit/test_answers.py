"""Which answers are valid, and what is said about those that are not."""

import re
import sys
import zoneinfo
from importlib.metadata import packages_distributions
from keyword import kwlist

import pytest
from django.conf.global_settings import LANGUAGES
from django.core.validators import validate_email
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from ddpt.locales import LANGUAGE_CODES, time_zones
from ddpt.names import MAX_LENGTH, module_name, name_error, reserved, slug
from ddpt.validation import ERRORS, InvalidAnswers, email_error, is_yes, validate, version_error
from support.projects import EVERYTHING, QUESTIONS

DEFAULTS = {name: answer for name, answer in QUESTIONS.items() if name[0] != "_"} | {
    "django_project_name": "project_name"
}
YES_NO = [name for name in DEFAULTS if name.startswith("use_")]


def error_message(**changed):
    """Return the message for the default answers with some of them changed, or "" when they will do."""
    try:
        assert validate(DEFAULTS | changed) == "y"
    except InvalidAnswers as error:
        return str(error)
    return ""


def test_every_question_is_validated_and_has_a_sentence_and_a_valid_default():
    assert list(ERRORS) == list(DEFAULTS) == list(QUESTIONS["__prompts__"])
    assert error_message() == ""


@pytest.mark.parametrize(
    ("name", "good"),
    [
        (
            "project_name",
            ["x", "'\"\\`$%#", "{{ 1+1 }} {% raw %}", "👩‍👩‍👧", "שלום‏ עולם", "\u202eהיי", "é" * 10_000],
        ),
        ("author_name", ["O'Brien, “Ada” & Söhne <x>"]),
        ("description", ["", " ", "\ufeffx"]),
        (
            "django_project_name",
            ["a", "a" * MAX_LENGTH, "Shop", "a_", "a__b", "match", "type", "x86", "django_shop"],
        ),
        (
            "email",
            ["o'brien+tag@mail.example.com", "a@b.co", "x@localhost", "Ada.Lovelace@Example.COM", "a@xn--bcher-kva.de"],
        ),
        ("domain_name", ["localhost", "a.b", "xn--bcher-kva.example", "1und1.de", "a" * 63 + ".com", "example.museum"]),
        ("version", ["0", "1.0", "v1.0", "2026.11.22", "1!2.0a1.post3.dev4+local.5", "1.0-rc.1", "1.0-1"]),
        ("timezone", ["UTC", "GMT", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "Europe/Kyiv"]),
        ("language_code", ["en-us", "en", "de", "pt-br", "zh-hans", "he"]),
        ("log_in_with", ["username", "email"]),
        ("base_image", ["alpine", "slim"]),
        ("reverse_proxy", ["caddy", "nginx"]),
        *[(name, ["y", "N", "Yes", "NO", "true", "False", " y ", True, False]) for name in YES_NO],
    ],
)
def test_good_answers(name, good):
    for answer in good:
        assert error_message(**{name: answer}) == ""


TEXTS = ["project_name", "author_name", "description"]


@pytest.mark.parametrize(
    ("name", "answer", "reason", "meant"),
    [
        ("project_name", "", "is empty", None),
        ("author_name", "  ", "is empty", None),
        *[(name, "two\nlines", "contains the character U+000A", None) for name in TEXTS],
        *[(name, f"x{character}", f"contains the character U+{ord(character):04X}", None)
          for name in TEXTS for character in "\0\t\x1b\x7f\x85\u2028\ud800\udcff\ufffe"],
        *[(name, True, "put it in quotes", "true_project" if name == "django_project_name" else None)
          for name in DEFAULTS if name not in YES_NO],
        ("version", 1.0, "put it in quotes", None),
        ("description", None, "put it in quotes", None),
        ("django_project_name", "", "is not a valid name for a Python package", "project"),
        ("django_project_name", "-", "is not a valid name for a Python package", "project"),
        ("django_project_name", "my project", "is not a valid name for a Python package", "my_project"),
        ("django_project_name", "my-project", "is not a valid name for a Python package", "my_project"),
        ("django_project_name", "a\n", "is not a valid name for a Python package", "a"),
        ("django_project_name", "../etc", "is not a valid name for a Python package", "etc"),
        ("django_project_name", "3d", "is not a valid name for a Python package", "project_3d"),
        ("django_project_name", "_shop", "is not a valid name for a Python package", "shop"),
        ("django_project_name", "größe", "ASCII letters", "grosse"),
        ("django_project_name", "a" * 41, "longer than 40", "a" * 40),
        ("django_project_name", "class", "keyword", "class_project"),
        ("django_project_name", "None", "keyword", "none_project"),
        ("django_project_name", "pg_shop", "PostgreSQL reserves", "project_pg_shop"),
        ("django_project_name", "test", "standard library", "test_project"),
        ("django_project_name", "cgi", "standard library", "cgi_project"),  # gone in 3.13
        ("django_project_name", "annotationlib", "standard library", "annotationlib_project"),  # new in 3.14
        ("django_project_name", "JSON", "standard library", "json_project"),
        ("django_project_name", "django", "package", "django_project"),
        ("django_project_name", "Django", "package", "django_project"),
        ("django_project_name", "debug_toolbar", "package", "debug_toolbar_project"),
        ("django_project_name", "pytest_django", "package", "pytest_django_project"),
        ("django_project_name", "django__stubs_", "package", "django_stubs_project"),
        ("django_project_name", "requirements", "beside the project's package", "requirements_project"),
        ("django_project_name", "Makefile", "beside the project's package", "makefile_project"),
        ("django_project_name", "nul", "Windows", "nul_project"),
        ("django_project_name", "yes", "YAML", "yes_project"),
        ("email", "", "is not a valid email address", None),
        ("email", "ada", "is not a valid email address", None),
        ("email", "ada@example", "is not a valid email address", None),
        ("email", "a..b@example.com", "is not a valid email address", None),
        ("email", "ada@example.com\n", "is not a valid email address", None),
        ("email", "Ada <ada@example.com>", "is not a valid email address", None),
        ("email", "mailto:ada@example.com", "is not a valid email address", None),
        ("email", "ada at example.com", "is not a valid email address", None),
        ("email", "ada@bücher.de", "is not a valid email address", None),
        ("email", "x" * 65 + "@example.com", "is not a valid email address", None),
        ("email", "a@\N{KELVIN SIGN}.com", "is not a valid email address", None),
        ("email", "\N{KELVIN SIGN}@example.com", "is not a valid email address", None),
        ("email", "{$HOME}@example.com", "is not a valid email address", None),
        ("domain_name", "", "is not a valid host name", None),
        ("domain_name", "https://example.com/path", "is a URL", None),
        ("domain_name", "https://Example.com", "is a URL", None),
        ("domain_name", "//Example.com/", "is a URL", None),
        ("domain_name", "Ada@Example.com", "is an email address", None),
        ("domain_name", "example.com:8000", "has a port", None),
        ("domain_name", "example.com.", "is not a valid host name", None),
        ("domain_name", "example,com", "is not a valid host name", None),
        ("domain_name", "my_shop.example.com", "is not a valid host name", None),
        ("domain_name", "example.com\n", "is not a valid host name", None),
        ("domain_name", "*.example.com", "is not a valid host name", None),
        ("domain_name", "a..b", "is not a valid host name", None),
        ("domain_name", "a" * 64 + ".com", "is not a valid host name", None),
        ("domain_name", ".".join(["a" * 60] * 5), "is not a valid host name", None),
        ("domain_name", "Example.com", "capital letters", None),
        ("domain_name", "bücher.example", "not ASCII", None),
        ("domain_name", "192.0.2.1", "IP address", None),
        ("domain_name", "42", "a number", None),
        ("domain_name", "example.42", "is not a valid host name", None),
        ("domain_name", "2001:db8::1", "is not a valid host name", None),
        ("version", "", "is not a valid version (PEP 440)", None),
        ("version", "one", "is not a valid version (PEP 440)", None),
        ("version", "1.poſt", "is not a valid version (PEP 440)", None),
        ("version", "1.0 ", "is not a valid version (PEP 440)", None),
        ("version", "1,5", "is not a valid version (PEP 440)", None),
        ("version", "1.0.0-SNAPSHOT", "is not a valid version (PEP 440)", None),
        ("timezone", "", "is not a time zone", None),
        ("timezone", "Europe/Berln", "is not a time zone", "Europe/Berlin"),
        ("timezone", "europe/berlin", "is not a time zone", "Europe/Berlin"),
        ("timezone", "Berlin", "is not a time zone", "Europe/Berlin"),
        ("timezone", "New York", "is not a time zone", "America/New_York"),
        ("timezone", "utc", "is not a time zone", "UTC"),
        ("timezone", "GMT+2", "is not a time zone", None),
        ("timezone", "../../etc/passwd", "is not a time zone", None),
        ("timezone", "US/Pacific", "is a deprecated name", "America/Los_Angeles"),
        ("timezone", "Asia/Calcutta", "is a deprecated name", "Asia/Kolkata"),
        ("language_code", "", "is not one of Django's LANGUAGES", None),
        ("language_code", "xx", "is not one of Django's LANGUAGES", None),
        ("language_code", "EN-US", "is not one of Django's LANGUAGES", "en-us"),
        ("language_code", "pt_BR.UTF-8", "is not one of Django's LANGUAGES", "pt-br"),
        ("language_code", "de-at", "is not one of Django's LANGUAGES", "de"),
        ("language_code", "zh-tw", "is not one of Django's LANGUAGES", "zh-hant"),
        ("language_code", "no", "is not one of Django's LANGUAGES", "nb"),
        ("log_in_with", "", "is not username or email", None),
        ("log_in_with", "Email", "is not username or email", None),
        ("log_in_with", "e-mail address", "is not username or email", None),
        ("log_in_with", "user name", "is not username or email", None),
        ("log_in_with", "phone", "is not username or email", None),
        ("base_image", "Slim", "is not alpine or slim", None),
        ("base_image", "debian", "is not alpine or slim", None),
        ("base_image", "scratch", "is not alpine or slim", None),
        ("reverse_proxy", "Nginx", "is not caddy or nginx", None),
        ("use_s3", "maybe", "is not yes or no", None),
        ("use_s3", "", "is not yes or no", None),
        ("use_s3", "1", "is not yes or no", None),
        ("use_s3", 1, "put it in quotes", None),
        ("use_s3", "yess", "is not yes or no", None),
        ("use_s3", "tru", "is not yes or no", None),
    ],
)  # fmt: skip
def test_invalid_answers(name, answer, reason, meant):
    message = error_message(**{name: answer})

    assert f"  {name}: " in message
    assert reason in message
    assert (f"For example: {DEFAULTS[name]}\n" in message) == (not meant)
    assert re.findall(r"Did you mean (\S+)\?", message) == ([meant] if meant else [])
    assert message.replace("\n", "").isprintable()


def test_all_invalid_answers_are_named_at_once_in_the_order_of_the_questions():
    message = error_message(**dict.fromkeys(DEFAULTS, "\x1b[2J"))

    assert re.findall(r"^  (\w+): ", message, re.MULTILINE) == list(DEFAULTS)
    assert "\x1b" not in message


def test_a_long_answer_is_shortened_in_the_message():
    assert all(len(line) < 160 for line in error_message(email="x" * 5000).splitlines())


def test_answers_that_a_replay_brings_itself_are_not_asked_for():
    assert validate({}) == "y"
    with pytest.raises(InvalidAnswers, match="version"):
        validate({"version": "x"})


@given(st.fixed_dictionaries(dict.fromkeys(DEFAULTS, st.text() | st.none() | st.booleans() | st.lists(st.integers()))))
def test_no_answer_breaks_the_validation(given_answers):
    error_message(**given_answers)


def test_is_yes():
    assert [is_yes(answer) for answer in ("y", "YES", " true ", True)] == [True] * 4
    assert [is_yes(answer) for answer in ("n", "No", "false", False, "")] == [False] * 5


@pytest.mark.parametrize(
    ("project_name", "expected"),
    [
        ("Project Name", "project_name"),
        ("My-Shop 2", "my_shop_2"),
        ("MyShop", "myshop"),
        ("Über uns", "uber_uns"),
        ("我的项目", "wo_de_xiang_mu"),
        ("Ada's Shop", "adas_shop"),
        ("{{ 1+1 }}", "project_1_1"),
        ("3D Models", "project_3d_models"),
        ("Django", "django_project"),
        ("Test", "test_project"),
        ("pg_dump", "project_pg_dump"),
        ("🚀", "project"),
        ("word " * 20, "word_word_word_word_word_word_word_word"),
    ],
)
def test_default_of_django_project_name(project_name, expected):
    assert module_name(project_name) == expected


@given(st.text())
@example("\ud800")
@example("&#99999999999;")
@example("a" * 31 + "-1" + "!" * 9)
def test_default_of_django_project_name_always_will_do(project_name):
    assert name_error(module_name(project_name)) is None


def test_default_of_django_project_name_is_never_taken():
    for name in [*reserved(), *kwlist]:
        assert name_error(name)
        for spelling in (name, name.upper(), f"{name}!", f"_{name}_"):
            assert name_error(module_name(spelling)) is None


@given(st.text("aB1_", min_size=1))
def test_slug_is_a_name_for_distributions_images_and_dns(name):
    if not name_error(name):
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(name))


def test_the_standard_library_of_this_python_is_reserved():
    if sys.version_info[:2] in [(3, 12), (3, 13), (3, 14)]:
        assert {name.lower() for name in sys.stdlib_module_names if name[0] != "_"} <= set(reserved())


def test_names_at_the_root_of_the_project_are_reserved(baked):
    names = {path.name.removesuffix(".py").lower() for path in baked(EVERYTHING).iterdir()}

    assert {name for name in names if name.isidentifier()} - {"project_name"} <= set(reserved())


def test_locked_packages_are_reserved(baked):
    lock = (baked(EVERYTHING) / "requirements" / "dev.txt").read_text("utf-8")
    locked = re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)
    names = {re.sub(r"[-_.]+", "_", name).lower() for name in locked}
    modules = {
        module.lower()
        for module, distributions in packages_distributions().items()
        if re.fullmatch("[A-Za-z][A-Za-z0-9_]*", module) and not module.endswith("__mypyc")
        if any(re.sub(r"[-_.]+", "_", name).lower() in names for name in distributions)
    }

    assert "django" in modules
    assert (names | modules) <= set(reserved())


def test_language_codes_are_those_of_django():
    assert set(LANGUAGE_CODES) == {code for code, _ in LANGUAGES} | {"en-us"}


def test_time_zones_are_known_to_zoneinfo():
    current = {name for name, new in time_zones().items() if name == new}
    assert current <= zoneinfo.available_timezones()
    assert "Europe/Copenhagen" in current  # a link in the database, and yet nothing old
    assert set(time_zones().values()) == current


@given(
    st.text("ab1.+_-'!#%&=/?^~*@ (\"", min_size=1), st.sampled_from(["example.com", "localhost", "a", "-a.b", "x.1"])
)
def test_email_addresses_are_good_for_django(local_part, host):
    address = f"{local_part}@{host}"
    if not email_error(address):
        validate_email(address)


@given(
    st.lists(
        st.sampled_from(["1", "20", "0", ".", "-", "_", "+", "!", "v", "a", "b", "rc", "PRE", "post", "r", "dev", "x"])
    )
)
def test_versions_are_those_of_pep_440(parts):
    version = "".join(parts)
    try:
        Version(version)
    except InvalidVersion:
        assert version_error(version)
    else:
        assert not version_error(version)
