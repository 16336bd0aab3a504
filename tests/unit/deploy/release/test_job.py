"""A job of the swarm."""

import itertools

from ddpt_deploy.release.job import Job


def test_a_job_gets_only_what_it_needs():
    job = Job(
        name="static",
        image="site:1",
        command=("python", "/keep.py"),
        on_every_node=True,
        user="0",
        constraint="node.labels.edge == yes",
        environment={"KEEP": "3"},
        volumes={"/kept": "static"},
        configs={"/keep.py": "site_file_1"},
        secrets={"PASSWORD": "site_PASSWORD_2"},
    )
    arguments = job.arguments("site")
    assert arguments[:2] == ["service", "create"]
    assert arguments[-2:] == ["site:1", "/keep.py"]
    for pair in (
        ("--name", "site_static"),
        ("--label", "com.docker.stack.namespace=site"),
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
