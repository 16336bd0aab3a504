"""The command line: options, settings, and nothing that only the shell has."""

import inspect
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from ddpt_deploy.cli import main as command_line
from ddpt_deploy.errors import DeployError, Interrupted


def test_each_command_has_a_help_that_names_its_options(capsys):
    for name, run in command_line.COMMANDS.items():
        with pytest.raises(SystemExit) as ended:
            command_line.main([name, "--help"])
        printed = " ".join(capsys.readouterr().out.split())
        assert ended.value.code == 0
        assert inspect.getdoc(run).split("\n\n")[0] in printed
        for option in list(inspect.signature(run).parameters)[1:]:
            assert option.replace("_", "-") in printed.lower()


@pytest.mark.parametrize("typed", [[], ["YES=1"], ["YES=1", "CONFIRM=1"], ["CONFIRM=sites"]])
def test_all_data_is_removed_only_for_who_types_the_name_of_the_stack(swarm, site, run, typed):
    assert run("setup")[0] == 0
    status, printed = run("stack-rm", "EVERYTHING=1", *typed)
    assert status == 1
    assert "CONFIRM=site" in printed
    assert site.labelled("secret", "secret")
    assert "site_django" in swarm.services
    assert run("stack-rm", "EVERYTHING=1", "CONFIRM=site")[0] == 0
    assert not site.labelled("secret", "secret")


@pytest.mark.parametrize(("answer", "status"), [("site", 0), ("y", 1), ("", 1)])
def test_the_name_of_the_stack_is_typed_on_a_terminal(run, monkeypatch, answer, status):
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)
    assert run("setup", "YES=1")[0] == 0
    assert run("stack-rm", "EVERYTHING=1", "YES=1")[0] == status
    assert asked[0].endswith("ALL ITS DATA, secrets and releases. Type site: ")


@pytest.mark.parametrize(
    ("words", "options", "settings"),
    [
        (["rollback", "VERSION=3f"], {"version": "3f"}, {}),
        (["rollback", "--version", "3f"], {"version": "3f"}, {}),
        (["stack-rm", "EVERYTHING=1", "YES=yes"], {"everything": True, "yes": True}, {}),
        (["stack-rm", "EVERYTHING=0"], {"everything": False}, {}),
        (["deploy", "LOG_LEVEL=DEBUG", "ALLOW_DIRTY=1"], {"allow_dirty": True}, {"LOG_LEVEL": "DEBUG"}),
        (["exec", "SERVICE=web", "--", "a", "B=c"], {"service": "web", "words": ["a", "B=c"]}, {}),
        (["exec", "CMD=a b", "--", "c"], {"cmd": "a b", "words": ["c"]}, {}),
    ],
)
def test_what_is_typed(words, options, settings):
    arguments, typed = command_line.parse(words)
    assert options.items() <= vars(arguments).items()
    assert typed == settings


def test_an_option_that_is_neither_yes_nor_no_is_refused(capsys):
    with pytest.raises(SystemExit):
        command_line.parse(["stack-rm", "EVERYTHING=perhaps"])
    assert "invalid boolean value: 'perhaps'" in capsys.readouterr().err


def test_a_name_that_nothing_has_is_refused(run):
    status, printed = run("deploy", "VERISON=1")
    assert status == 1
    assert "VERISON: not an option of this command, and not a setting" in printed


EXPORTED = {
    "VERSION": "v1",
    "YES": "1",
    "SERVICE": "postgres",
    "LOG_LEVEL": "DEBUG",
    "JSON": "1",
    "DJANGO_REPLICAS": "9",
}


def test_variables_of_the_shell_change_nothing(swarm, run, monkeypatch):
    for name, value in EXPORTED.items():
        monkeypatch.setenv(name, value)
    assert run("setup")[0] == 0
    assert run("deploy", version="v2")[0] == 0
    environment = swarm.services["site_django"]["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"]
    assert "LOG_LEVEL=INFO" in environment
    assert swarm.services["site_django"]["Spec"]["Mode"]["Replicated"]["Replicas"] == 2
    assert run("deploy", version="v3")[0] == 0
    # to the one before, and not to the exported VERSION
    assert "(v2, that of release 2)" in run("rollback")[1]
    assert "add YES=1" in run("stack-rm")[1]


def test_variables_with_the_prefix_count(swarm, run, monkeypatch):
    monkeypatch.setenv("DDPT_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("DDPT_USER", "anna")
    assert run("setup")[0] == 0
    assert "LOG_LEVEL=DEBUG" in swarm.services["site_django"]["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"]
    assert "anna" in run("releases")[1]
    # what is typed counts more
    assert run("deploy-stack", "LOG_LEVEL=ERROR")[0] == 0
    assert "LOG_LEVEL=ERROR" in swarm.services["site_django"]["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"]


def test_an_exported_environment_is_not_passed_over_in_silence(project):
    folder = project / "deployment"

    def choose(typed="", **shell):
        return command_line.choose_environment("deploy", typed, shell, folder)

    assert choose() == "production"
    assert choose("staging", ENVIRONMENT="production") == "staging"
    assert choose(DDPT_ENVIRONMENT="staging") == "staging"
    assert choose(ENVIRONMENT="ci-of-somebody") == "production"
    with pytest.raises(DeployError, match="make deploy ENVIRONMENT=staging, or export DDPT_ENVIRONMENT=staging"):
        choose(ENVIRONMENT="staging")


def test_a_signal_ends_by_way_of_the_clean_ups(monkeypatch):
    ignored = []
    monkeypatch.setattr(command_line.signal, "signal", lambda number, handler: ignored.append(number))
    with pytest.raises(Interrupted, match="SIGTERM"):
        command_line.stop(command_line.signal.SIGTERM, None)
    assert set(ignored) == set(command_line.SIGNALS)


def test_a_second_interrupt_ends_a_command_whose_clean_ups_hang(project, tmp_path):
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/runs\nexec sleep 60\n")
    docker.chmod(0o755)
    (tmp_path / "runs").write_text("")

    def runs(count):
        deadline = time.monotonic() + 20
        while len(found := (tmp_path / "runs").read_text().split()) < count:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return [int(number) for number in found]

    command = subprocess.Popen(
        [sys.executable, "-B", "-m", "ddpt_deploy", "prune"],
        cwd=project / "deployment", stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": "vendor", "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )  # fmt: skip
    try:
        for count in (1, 2):
            # in the command that acquires the lock, then in the one that releases it
            runs(count)
            command.send_signal(signal.SIGINT)
        printed = command.communicate(timeout=20)[1]
    finally:
        command.kill()
        for number in runs(0):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
    assert command.returncode == 130
    assert "The lock may be left, and a release that was being rolled out is not rolled back" in printed
    assert "make deploy-unlock" in printed


# --- by way of make, with a tool that prints its arguments


@pytest.fixture
def make(project, tmp_path):
    """A function that runs make in deployment/ and returns the words that the tool gets."""
    vendor = project / "deployment/vendor/ddpt_deploy"
    (vendor / "__main__.py").write_text("import sys\nprint(*map(repr, sys.argv[1:]), sep='\\n')\n")

    def make(*words, **shell):
        done = subprocess.run(
            ["make", "--no-print-directory", f"PYTHON={sys.executable}", *words],
            cwd=project / "deployment", env={**os.environ, **shell}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [eval(line) for line in done.stdout.splitlines()]

    return make


def test_make_hands_on_what_is_typed_and_nothing_else(make):
    assert make("deploy", "VERSION=v2") == ["deploy", "VERSION=v2"]
    assert make("rollback", "VERSION=v1", **EXPORTED) == ["rollback", "VERSION=v1"]
    assert sorted(make("setup", "DOMAIN_NAME=localhost", "YES=1")) == ["DOMAIN_NAME=localhost", "YES=1", "setup"]
    for target in ("deploy", "rollback", "status", "stack-rm"):
        assert make(target, **EXPORTED) == [target]
    assert make("-e", "service-logs", **EXPORTED) == ["logs"]


def test_make_hands_on_each_character(make):
    for value in ("a  b", "it's", 'say "x"', "a|b;c", "$HOME", "`id`", "a\\b", "#x", "ä"):
        assert make("service-logs", f"GREP={value}") == ["logs", f"GREP={value}"]


def test_each_stack_has_a_target(make, project):
    (project / "deployment/stacks/search.yml").write_text("services:\n  search:\n    image: search:1\n")
    for name in ("caddy", "django", "postgres", "redis", "search"):
        assert make(f"deploy-{name}") == ["deploy-stack", "--stack", name]


def test_commands_in_containers(make):
    assert make("manage", "CMD=check --deploy") == ["exec", "CMD=check --deploy", "--", "python", "manage.py"]
    assert make("dbshell")[-2:] == ["/opt/backups/database", "shell"]
