from ddpt_deploy.release import backing_services, backups, bootstrap, git, new_secrets, pipeline, preflight
from ddpt_deploy.release.hooks import step
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(
    site: Site,
    advertise_addr: str = "",
    restore: str = "",
    new_database: bool = False,
    move: bool = False,
    allow_dirty: bool = False,
) -> None:
    """Set up the site: swarm, secrets, all services and a release; safe to repeat.

    Args:
        advertise_addr: address of this node, for a new swarm
        restore: begin with a backup, latest or its ID, on a server that has nothing yet
        new_database: begin with an empty database where that of the site is lost, or with that of another site
        move: the site gets another DOMAIN_NAME than its last release had
        allow_dirty: also build what is not committed
    """
    with site.console.step("swarm") as shown:
        shown.detail = bootstrap.bootstrap(site, advertise_addr)
    with lock.held(site, "setup") as site:
        if restore:
            backups.require_key(site)
        new_secrets.complete(site)
        with step(site, "preflight"):
            preflight.check(site, setup=True, move=move, allow_dirty=allow_dirty)
        if restore:
            found = backups.find(site, restore)
            backups.restore_files(site, found)
        backing_services.apply_all(site, new_database=new_database)
        if restore:
            backups.drop(site, backups.restore(site, found))
        release = pipeline.run(site, git.version(site.project))
    site.console.say(f"Release {release.number} ({release.version}) is at {site.settings.url}")
