from ddpt_deploy.release import backups, git, pipeline, preflight
from ddpt_deploy.release.hooks import step
from ddpt_deploy.site import lock, releases
from ddpt_deploy.site.site import Site


def run(site: Site, allow_dirty: bool = False) -> None:
    """Run the migrations of the working copy, and change nothing else: the release that runs must work with them.

    Args:
        allow_dirty: also build what is not committed
    """
    version = git.version(site.project)
    with lock.held(site, f"migrate {version}") as site:
        with step(site, "preflight", version):
            preflight.check(site, allow_dirty=allow_dirty)
        built = pipeline.build(site, version)
        candidate = releases.candidate(site, version, built.reference, built.digest)
        backups.before_migrations(site, candidate)
        pipeline.migrate(site, candidate)
