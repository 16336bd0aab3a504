"""An image that another engine builds: which engine is asked what, and which layers the engine of the site is sent."""

import os
import subprocess

import pytest

# Answers as docker does for two engines, and keeps what it was asked and sent.
DOCKER = r"""#!/bin/sh
echo "${DOCKER_HOST-site} ${DOCKER_CONTEXT-site} $*" >>asked
case "$DOCKER_CONTEXT $*" in
    "down version") exit 1 ;;
esac
case "$*" in
    "info --format {{.OSType}}"*) echo linux/arm64 ;;
    info*) echo "$STORE" ;;
    "image ls"*) echo one two ;;
    "image inspect"*" one two") echo "sha256:z "; echo "sha256:a sha256:b sha256:d " ;;
    "image inspect"*" site:v1") echo "sha256:a sha256:b sha256:c " ;;
    save*) tar -c -C saved . ;;
    load*) for file; do :; done; tar -tzf "$file" >loaded ;;
esac
"""


@pytest.fixture
def build(project, tmp_path):
    """A function that runs the program of a project, and returns what was asked and the blobs that were sent."""
    for name in ("manifest.json", "blobs/sha256/a", "blobs/sha256/b", "blobs/sha256/c", "blobs/sha256/config"):
        path = tmp_path / "saved" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)

    def build(where, store="overlay2"):
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "BUILD_ON": where, "TAG": "site:v1", "STORE": store}
        program = [project / "deployment/build-elsewhere", "build", "."]
        done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True)
        if done.returncode:
            return done.stderr, set()
        printed = done.stdout
        assert printed == "0 kB sent\n"
        blobs = {
            line.rpartition("sha256/")[2]
            for line in (tmp_path / "loaded").read_text().splitlines()
            if "sha256/" in line
        }
        asked = (tmp_path / "asked").read_text()
        (tmp_path / "asked").unlink()
        return asked, blobs - {""}

    return build


def test_only_layers_that_the_engine_lacks_are_sent(build):
    assert build("here")[1] == {"c", "config"}


def test_an_engine_that_keeps_images_in_containerd_gets_all(build):
    assert build("here", "[[driver-type io.containerd.snapshotter.v1]]")[1] == {"a", "b", "c", "config"}


@pytest.mark.parametrize(
    ("where", "engine"),
    [("here", " default"), ("office", " office"), ("ssh://ada@build.example.com", "ssh://ada@build.example.com site")],
)
def test_other_engine_builds_for_the_server(build, where, engine):
    asked = build(where)[0].splitlines()
    assert f"{engine} build . --platform linux/arm64" in asked
    assert [line.split()[2] for line in asked if line.startswith("site site load")] == ["load"]


def test_engine_that_does_not_answer_is_named(build):
    assert build("down")[0].startswith("BUILD_ON=down: no Docker Engine answers there.")


def test_release_says_how_much_was_sent(swarm, run, project):
    assert run("setup")[0] == 0
    swarm.images.add("site:v2")
    program = project / "deployment/build-elsewhere"
    program.write_text('#!/bin/sh\necho "$BUILD_ON $TAG $1" >asked; echo "7 kB sent"\n')
    swarm.commands.clear()
    status, printed = run("deploy", "BUILD_ON=here", version="v2")
    assert status == 0, printed
    assert "site:v2-site:v2 7 kB sent" in printed
    assert (project / "deployment/asked").read_text() == "here site:v2 build\n"
    assert not any(words[0] == "build" for words in swarm.commands)
    program.write_text('#!/bin/sh\necho "no space left on device" >&2; exit 1\n')
    status, printed = run("deploy", "BUILD_ON=here", version="v3")
    assert status == 1
    assert "no space left on device" in printed
