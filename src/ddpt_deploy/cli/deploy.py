from ddpt_deploy.release import git, pipeline, preflight
from ddpt_deploy.release.hooks import step
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site, version: str = "", check: bool = False, allow_dirty: bool = False) -> None:
    """Deploy the working copy, without a failed request.

    Args:
        version: its name; the git revision when left out
        check: only check whether a deploy could start, and list everything that is wrong
        allow_dirty: also build what is not committed
    """
    if check:
        with site.console.step("preflight"):
            preflight.check(site, allow_dirty=allow_dirty)
        return
    version = git.valid_version(version) if version else git.version(site.project)
    with lock.held(site, f"deploy {version}") as site:
        with step(site, "preflight", version):
            preflight.check(site, allow_dirty=allow_dirty)
        release = pipeline.run(site, version)
    site.console.say(f"Release {release.number} ({release.version}) is at {site.settings.url}")
