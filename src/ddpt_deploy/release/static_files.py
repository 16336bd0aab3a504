"""Makes the static files of a release available before any page names them, and keeps those of recorded releases."""

from ddpt_deploy.console import Step
from ddpt_deploy.docker.services import Job
from ddpt_deploy.release import job
from ddpt_deploy.site import releases
from ddpt_deploy.site.releases import Release
from ddpt_deploy.site.site import Site


def publish(site: Site, candidate: Release, step: Step | None = None) -> str:
    """Copy the hashed files of the image to each node whose Caddy serves them; return what the job printed."""
    recorded = {release.version for release in releases.history(site)}
    return job.run(
        site,
        Job(
            name="static",
            image=candidate.image,
            command=("python", "/keep_static.py"),
            on_every_node=True,
            # a new volume belongs to root; without capabilities that is all it may do
            user="0",
            constraint="node.labels.edge == yes",
            environment={"RELEASE": candidate.version, "RECORDED": " ".join(recorded)},
            volumes={"/kept": "static"},
            configs={"/keep_static.py": job.script(site, "keep_static.py")},
        ),
        timeout=120,
        step=step,
    ).strip()
