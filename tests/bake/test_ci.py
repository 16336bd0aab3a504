"""Continuous integration of a generated project: its files are valid, and its deploy hands the tool what it needs."""

import base64
import json
import os
import re
import shutil
import signal
import subprocess

import pytest
import yaml

from support.processes import wait_for
from support.projects import EVERYTHING, TEMPLATE, TOOLS, bake, files

FILES = {
    "github": {
        ".github/workflows/ci.yml": "vendor.github-workflows",
        ".github/dependabot.yml": "vendor.dependabot",
    },
    "gitlab": {".gitlab-ci.yml": "vendor.gitlab-ci", "renovate.json": "vendor.renovate"},
    "none": {},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A function that returns a project with an answer to the question ``ci``, and other answers to all others."""
    projects = {}

    def get(ci, combination=None):
        if (ci, combination) not in projects:
            projects[ci, combination] = bake(tmp_path_factory.mktemp(ci), combination, ci=ci)
        return projects[ci, combination]

    return get


with_and_without_options = pytest.mark.parametrize("combination", [None, EVERYTHING], ids=["defaults", "everything"])


@with_and_without_options
@pytest.mark.parametrize(("ci", "name"), [(ci, name) for ci in FILES for name in FILES[ci]])
def test_files_are_valid(project, combination, ci, name):
    command = [TOOLS / "check-jsonschema", "--builtin-schema", FILES[ci][name], project(ci, combination) / name]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@with_and_without_options
def test_the_workflow_is_secure(project, combination):
    """Pinned actions, least privilege, no text of others in a command, no credentials left behind."""
    command = [TOOLS / "zizmor", "--offline", "--persona=pedantic", project("github", combination) / ".github"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("ci", FILES)
def test_there_is_no_trace_of_what_was_not_chosen(project, ci):
    everything = {path.relative_to(project("none")) for path in files(project("none"))}
    added = {str(path.relative_to(project(ci))) for path in files(project(ci))} - {str(path) for path in everything}
    assert added == {*FILES[ci], *(["bin/ci", "bin/ci-deploy", "bin/ci-push"] if ci != "none" else [])}
    words = {"github": ["gitlab", "renovate"], "gitlab": ["dependabot", ".github/"], "none": ["ci-", "make ci"]}
    words["none"] += ["gitlab", "dependabot", "renovate", ".github/"]
    texts = [path.read_text(errors="ignore").lower() for path in files(project(ci)) if "vendor" not in path.parts]
    assert [word for word in words[ci] if any(word in text for text in texts)] == []


@pytest.mark.parametrize("ci", FILES)
def test_no_empty_folder_is_left(tmp_path, ci):
    command = [TOOLS / "cookiecutter", TEMPLATE, "--no-input", "--default-config", "--output-dir", tmp_path, f"ci={ci}"]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"HOME": str(tmp_path)})
    assert (tmp_path / "project_name/.github").exists() == (ci == "github")


# Stands in for Docker: it keeps its arguments and answers as buildx does.
BUILDX = """#!/bin/sh
echo "$@" >>"$SEEN"
case $2 in
create) echo the-builder ;;
build)
    [ -z "${FAILS:-}" ] || exit 1
    echo "the log of the build"
    while [ "$1" != --metadata-file ]; do shift; done
    printf '{\n  "containerimage.config.digest": "sha256:1",\n  "containerimage.digest": "sha256:2"\n}\n' >"$2"
    ;;
esac
"""


@pytest.fixture
def push(project, tmp_path):
    """A function that runs ``bin/ci-push`` in a repository, and returns how it ended and the arguments of Docker."""
    tools, checkout = tmp_path / "tools", tmp_path / "checkout"
    tools.mkdir()
    (tools / "docker").write_text(BUILDX)
    (tools / "docker").chmod(0o755)
    shutil.copytree(project("github") / "bin", checkout / "bin")
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for command in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "--message", "Begin"]):
        subprocess.run(["git", *command], cwd=checkout, check=True)
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "SEEN": str(tmp_path / "seen")}

    def run(**variables):
        done = subprocess.run(
            [checkout / "bin/ci-push", "registry.example.com/shop"],
            env=environment | variables,
            capture_output=True,
            text=True,
        )
        return done, (tmp_path / "seen").read_text().splitlines()

    run.revision = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=checkout, check=True, capture_output=True, text=True
    ).stdout.strip()
    return run


def test_a_push_prints_nothing_but_the_name_by_digest(push):
    done, seen = push()
    assert done.stdout == "registry.example.com/shop@sha256:2\n"
    [build] = [line for line in seen if line.startswith("buildx build")]
    for option in (
        "--push",
        "--sbom=true",
        "--provenance=mode=max",
        f"--tag registry.example.com/shop:{push.revision}",
        f"--build-arg RELEASE={push.revision}",
    ):
        assert option in build
    # Only here layers are stored, of both images
    stored = [re.findall(r"cache-to[ =](\S+)", line) for line in seen if "cache-to" in line]
    cache = "type=registry,ref=registry.example.com/shop:cache"
    assert stored == [[f"{cache},mode=max,ignore-error=true"], [f"{cache}-development,ignore-error=true"]]
    assert seen[-1] == "buildx rm the-builder"


def test_a_push_that_fails_prints_no_name(push):
    done, seen = push(FAILS="1", BUILDX_BUILDER="mine")
    assert (done.returncode, done.stdout) == (1, "")
    assert [line.split()[:2] for line in seen] == [["buildx", "build"]]


# Stands in for Docker: it shows how `ssh` would connect, and waits where the test wants to end it.
DOCKER = """#!/bin/sh
[ -e "$SEEN" ] && WAIT=
{ echo "$DOCKER_HOST"; ssh -G "${DOCKER_HOST#ssh://}"; } >"$SEEN" 2>&1
cp "$(sed -n 's/^identityfile //p' "$SEEN")" "$SEEN.key"
ls -l "$(sed -n 's/^identityfile //p' "$SEEN")" | cut -c1-10 >"$SEEN.mode"
env >"$SEEN.env"
[ -z "${WAIT:-}" ] || exec sleep 60
echo "Cannot connect to the Docker daemon" >&2
exit 1
"""
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n-----END OPENSSH PRIVATE KEY-----"
VARIABLES = {
    "DEPLOY_HOST": "ssh://ada@server.example.com",
    "DEPLOY_USER": "ada (run 7)",
    "SSH_KNOWN_HOSTS": "server.example.com ssh-ed25519 AAAA",
    "SSH_PRIVATE_KEY": KEY,
}


@pytest.fixture
def deploy(project, tmp_path):
    """A function that starts ``bin/ci-deploy``; what its Docker has seen is in files beside ``tmp_path / "seen"``."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/docker").write_text(DOCKER)
    (tmp_path / "tools/docker").chmod(0o755)
    (tmp_path / "temporary").mkdir()
    environment = os.environ | {
        "PATH": f"{tmp_path / 'tools'}:{os.environ['PATH']}",
        "SEEN": str(tmp_path / "seen"),
        "TMPDIR": str(tmp_path / "temporary"),
    }

    def start(*arguments, ci="github", **variables):
        return subprocess.Popen(
            [project(ci) / "bin/ci-deploy", *arguments],
            env=environment | VARIABLES | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    return start


@pytest.mark.parametrize("form", ["plain", pytest.param("base64", marks=pytest.mark.long)])
def test_a_deploy_uses_the_key_and_the_pinned_host_alone(deploy, tmp_path, form):
    key = KEY if form == "plain" else base64.b64encode(KEY.encode()).decode()
    process = deploy("staging", ci="github" if form == "plain" else "gitlab", SSH_PRIVATE_KEY=key)
    printed = process.communicate(timeout=60)[0]

    assert process.returncode == 1
    assert "Cannot connect to the Docker daemon" in printed
    seen = (tmp_path / "seen").read_text().splitlines()
    assert seen[0] == "ssh://ada@server.example.com"
    options = dict(line.split(" ", 1) for line in seen[1:])
    assert options["stricthostkeychecking"] in ("true", "yes")
    assert options["batchmode"] == "yes"
    assert options["identitiesonly"] == "yes"
    assert options["globalknownhostsfile"] == "/dev/null"
    assert options["userknownhostsfile"].startswith(str(tmp_path / "temporary"))
    assert (tmp_path / "seen.key").read_text().strip() == KEY
    assert (tmp_path / "seen.mode").read_text().strip() == "-rw-------"
    # neither handed down nor printed nor left behind
    assert "secret" not in (tmp_path / "seen.env").read_text() + printed
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_cancelled_deploy_stops_the_tool_by_a_signal(deploy, tmp_path):
    process = deploy("staging", WAIT="1")
    wait_for((tmp_path / "seen.env").exists, process, "the deploy")
    process.send_signal(signal.SIGINT)  # as GitHub does: to this process alone

    assert "Stopped by SIGTERM" in process.communicate(timeout=50)[0]
    assert process.returncode != 0
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("image", ["", "registry.example.com/shop@sha256:2"])
def test_a_deploy_takes_the_image_that_was_pushed(deploy, tmp_path, image):
    (tmp_path / "tools/python3").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "tools/python3").chmod(0o755)
    words = deploy("staging", IMAGE=image).communicate(timeout=60)[0].split()
    assert words[:3] == ["-m", "ddpt_deploy", "deploy"]
    assert words[3:5] == (["--image", image] if image else ["--yes", "--environment"])


def test_a_variable_that_is_missing_is_named(deploy):
    process = deploy("staging", SSH_PRIVATE_KEY="")
    assert process.communicate(timeout=20)[0].startswith("SSH_PRIVATE_KEY is not set: deployment/README.md")
    assert process.returncode == 1


def test_renovate_waits_as_long_as_dependabot(project):
    assert json.loads((project("gitlab") / "renovate.json").read_text())["minimumReleaseAge"] == "7 days"
    assert (project("github") / ".github/dependabot.yml").read_text().count("default-days: 7") == 4


# Also one that is the default of a variable, which Renovate reads as well
NAME = r"^(?: *image: (?:\$\{\w+:-)?|FROM |COPY --from=)(?!\$)[a-z/]+:\S+"
IMAGE = re.compile(rf"{NAME}|^ +anchore/grype:\S+", re.MULTILINE)


def files_with_images(project):
    """Return the files of a project that name an image of others."""
    found = {str(path.relative_to(project)) for path in files(project) if IMAGE.search(path.read_text(errors="ignore"))}
    assert {"Dockerfile", "docker-compose.yml", "deployment/stacks/postgres.yml", "bin/ci"} < found
    return found


def test_renovate_reads_all_files_that_name_an_image(project):
    folder = project("gitlab", EVERYTHING)
    config = json.loads((folder / "renovate.json").read_text())
    # Renovate's own: https://docs.renovatebot.com/modules/manager/
    patterns = [r"(^|/)Dockerfile$", r"(^|/)(docker-)?compose[^/]*\.ya?ml$", r"\.gitlab-ci\.yml$"]
    for manager in [config["docker-compose"], *config["customManagers"]]:
        patterns += [pattern.strip("/") for pattern in manager["managerFilePatterns"]]
    assert [name for name in files_with_images(folder) if not any(re.search(one, name) for one in patterns)] == []
    script = (folder / "bin/ci").read_text()
    found = [
        re.findall(pattern.replace("(?<", "(?P<"), script)
        for one in config["customManagers"]
        for pattern in one["matchStrings"]
    ]
    assert [[names[0] for names in each] for each in found] == [["anchore/grype"], ["pip-audit"]]


def test_dependabot_reads_all_files_that_name_an_image_but_those_that_it_cannot_read(project):
    folder = project("github", EVERYTHING)
    config = yaml.safe_load((folder / ".github/dependabot.yml").read_text())
    read = {"docker-compose.yml"}
    for entry in config["updates"]:
        if entry["package-ecosystem"] == "docker":
            read |= {f"{directory}/Dockerfile".strip("/") for directory in entry["directories"]}
    left = {name for name in files_with_images(folder) - read if not name.startswith("deployment/stacks/")}
    assert left == {"bin/ci", "deployment/seaweedfs.yml"}
