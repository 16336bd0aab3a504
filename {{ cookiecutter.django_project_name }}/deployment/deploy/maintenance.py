"""Whether visitors get the page for maintenance: noted in the swarm, shown by Caddy."""

from deploy import names, proxy, records
from deploy.commands import configs
from deploy.site import Site


def is_on(site: Site) -> bool:
    """Tell whether the site is under maintenance."""
    return bool(site.engine.words(configs.ids(names.labels(site.stack, "maintenance"))))


def switch_on(site: Site) -> None:
    """Answer all requests with 503 and the page caddy/maintenance.html. Django may be down meanwhile."""
    records.create(site.engine, _name(site), "{}", names.labels(site.stack, "maintenance"))
    proxy.show_maintenance(site, True)


def switch_off(site: Site) -> None:
    """Let requests through to Django again."""
    proxy.show_maintenance(site, False)
    site.engine.succeeds(configs.remove(_name(site)))


def _name(site: Site) -> str:
    return f"{site.stack}_maintenance"
