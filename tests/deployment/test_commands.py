"""The argument lists of docker commands: pure functions, so no engine is asked."""

import inspect
import itertools
import re
from pathlib import Path

from deploy import commands
from deploy.commands import configs, images, secrets, services, stacks, swarm
from deploy.commands.services import Job, Mount
from deploy.site import SERVICES

from projects import DEFAULTS

JOB = Job(
    name="site_static",
    image="site:1",
    command=("python", "/keep.py"),
    everywhere=True,
    user="0",
    constraint="node.labels.edge == yes",
    environment={"KEEP": "3"},
    mounts=[Mount("site_static", "/kept")],
    configs={"/keep.py": "site_file_1"},
    secrets={"PASSWORD": "site_PASSWORD_2"},
)


def test_a_stack_is_deployed_without_waiting():
    assert stacks.deploy("site", ["a.yml", "b.yml"]) == [
        *("stack", "deploy", "--detach=true", "--resolve-image=never", "--with-registry-auth"),
        *("--compose-file", "a.yml", "--compose-file", "b.yml", "site"),
    ]


def test_a_job_runs_once_on_each_node_with_nothing_it_does_not_need():
    arguments = services.create_job(JOB)
    assert arguments[:2] == ["service", "create"]
    assert arguments[-2:] == ["site:1", "/keep.py"]
    for pair in (
        ("--mode", "global-job"),
        ("--restart-condition", "none"),
        ("--cap-drop", "ALL"),
        ("--entrypoint", "python"),
        ("--mount", "type=volume,source=site_static,target=/kept"),
        ("--config", "source=site_file_1,target=/keep.py"),
        ("--secret", "source=site_PASSWORD_2,target=PASSWORD"),
        ("--env", "KEEP=3"),
    ):
        assert pair in itertools.pairwise(arguments)
    assert "--read-only" in arguments
    assert "--network" not in arguments


def test_values_come_from_standard_input():
    labels = {"deploy.stack": "site"}
    assert secrets.create("site_KEY_1", labels) == [
        "secret",
        "create",
        "--label",
        "deploy.stack=site",
        "site_KEY_1",
        "-",
    ]
    assert configs.create("site_lock", {}) == ["config", "create", "site_lock", "-"]


def test_an_image_is_built_with_its_version():
    assert images.build("site:1", context="..", target="production", arguments={"VERSION": "1"}, labels={"a": "b"}) == [
        *("build", "--target", "production", "--tag", "site:1", "--build-arg", "VERSION=1", "--label", "a=b", ".."),
    ]


def test_logs():
    assert services.logs("site_django", since="5m", follow=True) == [
        *("service", "logs", "--timestamps", "--no-trunc", "--since", "5m", "--follow", "site_django"),
    ]


def test_a_swarm_of_one():
    assert swarm.init("") == ["swarm", "init"]
    assert swarm.init("10.0.0.1") == ["swarm", "init", "--advertise-addr", "10.0.0.1"]


def test_only_one_file_starts_docker():
    """Commands are lists that the engine runs; nothing else may start a process with them."""
    folder = Path(inspect.getfile(commands)).parent.parent
    starters = {path.name for path in folder.rglob("*.py") if "subprocess" in path.read_text()}
    assert starters == {"engine.py", "git.py", "hooks.py"}


def test_a_target_has_one_meaning_in_a_project(baked):
    """Whoever is in the wrong folder must not do something else."""
    project = baked(DEFAULTS)
    targets = [
        set(re.findall(r"^([a-z-]+):", (folder / "Makefile").read_text(), re.MULTILINE))
        for folder in (project, project / "deployment")
    ]
    assert targets[0] & targets[1] == {"help"}


def test_every_target_of_the_deployment_is_a_verb(baked):
    folder = baked(DEFAULTS) / "deployment"
    verbs = set(re.findall(r"\$\(DEPLOY\) ([a-z-]+)", (folder / "Makefile").read_text()))
    files = {path.stem.replace("_", "-") for path in (folder / "deploy/verbs").glob("[a-z]*.py")} - {"deploy-stack"}
    assert verbs == files | {f"deploy-{name}" for name in SERVICES}
