"""Makes the static files of a release available before any page names them, and keeps those of the last few."""

from deploy import job, records, release
from deploy.commands.services import Job, Mount
from deploy.console import Step
from deploy.release import Release
from deploy.site import Site


def publish(site: Site, candidate: Release, step: Step | None = None) -> str:
    """Copy the hashed files in the image to every machine whose Caddy serves them; return what the job said."""
    script = records.file(site.engine, site.stack, site.file("jobs/keep_static.py").read_text())
    return job.run(
        site.engine,
        Job(
            name=site.service("static"),
            image=candidate.image,
            command=("python", "/keep_static.py"),
            everywhere=True,
            # a new volume belongs to root; without capabilities that is all it may do
            user="0",
            constraint="node.labels.edge == yes",
            environment={
                "RELEASE": candidate.version,
                "RECORDED": " ".join({recorded.version for recorded in release.history(site)}),
            },
            mounts=[Mount(site.service("static"), "/kept")],
            configs={"/keep_static.py": script},
        ),
        timeout=120,
        step=step,
    ).strip()
