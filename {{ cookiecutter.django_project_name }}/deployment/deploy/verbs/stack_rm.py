"""DANGER Remove the services of the site; EVERYTHING=1 also its data, secrets and releases."""

import time

from deploy import lock, names
from deploy.commands import configs, secrets, services, swarm
from deploy.errors import DeployError
from deploy.site import Site

KINDS = ("release", "file", "maintenance")


def run(site: Site) -> None:
    """Ask, then remove."""
    everything = site.flag("EVERYTHING")
    loss = "ALL ITS DATA, secrets and releases" if everything else "nothing else: data, secrets and releases stay"
    site.console.confirm(
        f"This takes {site.settings.url} down and removes the services of {site.stack}, and {loss}. Go on?"
    )
    with lock.held(site, "stack-rm"), site.console.step("remove") as step:
        found = site.engine.words(services.ids_of_stack(site.stack))
        if found:
            site.engine.run(services.remove(*found))
        if everything:
            _remove_everything(site)
        step.detail = f"{len(found)} services" + (" and everything else" if everything else "")


def _remove_everything(site: Site) -> None:
    for kind in KINDS:
        for each in site.engine.words(configs.ids(names.labels(site.stack, kind))):
            site.engine.succeeds(configs.remove(each))
    for each in site.engine.words(secrets.ids(names.labels(site.stack, "secret"))):
        site.engine.succeeds(secrets.remove(each))
    volumes = [name for name in site.engine.words(swarm.volumes(site.stack)) if name.startswith(f"{site.stack}_")]
    # containers let go of volumes and networks only when they are gone
    for _ in range(60):
        volumes = [name for name in volumes if not site.engine.succeeds(swarm.remove_volume(name))]
        gone = not site.engine.inspect(swarm.inspect_network(site.stack))
        if not volumes and (gone or site.engine.succeeds(swarm.remove_network(site.stack))):
            return
        time.sleep(1)
    left = ", ".join(volumes) or f"the network {site.stack}"
    raise DeployError(f"Something still uses {left}.", hint="make stack-rm EVERYTHING=1 again, in a minute")
