from ddpt_deploy.release import removal
from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site, everything: bool = False, confirm: str = "") -> None:
    """Remove the services of the site, or everything of it.

    Args:
        everything: also remove data, secrets and releases
        confirm: the name of the stack, which EVERYTHING=1 asks for
    """
    question = f"This takes {site.settings.url} down and removes the services of {site.stack}, and"
    if everything:
        site.console.confirm_name(f"{question} ALL ITS DATA, secrets and releases.", site.stack, confirm)
    else:
        site.console.confirm(f"{question} nothing else: data, secrets and releases stay. Continue?")
    with lock.held(site, "stack-rm") as site, site.console.step("remove") as step:
        count = removal.remove_services(site)
        if everything:
            removal.remove_everything_else(site)
        step.detail = f"{count} services" + (" and everything else" if everything else "")
