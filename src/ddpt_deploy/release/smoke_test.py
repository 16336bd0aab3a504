"""The smoke test: asks the site as a browser would, and compares the answer with that before the rollout."""

import inspect
import json

from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import probe, proxy
from ddpt_deploy.site import services, stacks
from ddpt_deploy.site.site import Site

# How bad it is, why, and the state of each service that Django needs.
Answer = tuple[int, str, dict[str, str]]


def run(site: Site, tolerated: int, *, force: bool = False) -> str:
    """Wait until the site answers well; return what is wrong and tolerated or, by ``force``, passed over.

    Tolerated is how bad it was before: to roll back would not mend that. Raises DeployError when the answer is worse,
    or when Django says that the database or migrations are down.
    """
    level, problem, states = ask(site, timeout=60, enough=min(tolerated, probe.CLIENT_ERROR))
    is_worse = level > tolerated or level == probe.DOWN
    if is_worse and not force:
        reasons = proxy.certificate_errors(site) if level == probe.UNREACHABLE else []
        logs = f"make service-logs SERVICE={stacks.proxy(site).name}"
        hint = logs if reasons else "make status, make service-logs"
        raise DeployError(f"{site.settings.url} is unhealthy.", cause="\n".join([problem, *reasons]), hint=hint)
    if problem:
        problem = f"{problem} ({'FORCE=1' if is_worse else 'no worse than before'})"
        site.console.warn(f"{site.settings.url} is unhealthy: {problem}")
    else:
        level, reason = _ask_from_here(site)
        if level == probe.UNREACHABLE:
            reason = "\n".join([reason, *proxy.certificate_errors(site)])
            site.console.warn(f"{site.settings.url} is healthy, but this computer cannot reach it: {reason}")
    for name in [name for name, state in states.items() if state == "degraded"]:
        site.console.warn(f"The {name} does not answer; pages do without.")
    return problem


def ask(site: Site, *, timeout: float = 5, enough: int = probe.CLIENT_ERROR) -> Answer:
    """Ask until the answer is good ``enough``, or for ``timeout`` seconds; return the last one."""
    answer: Answer = (probe.UNREACHABLE, "", {})

    def poll() -> str:
        nonlocal answer
        answer = _ask(site)
        return answer[1] if answer[0] > enough else ""

    site.console.wait_until(poll, timeout=timeout, interval=1)
    return answer


def _ask(site: Site) -> Answer:
    """Ask on the server, past DNS and firewalls; from here where this engine has no container of Django."""
    # no certificate is verified: the container does not know the authorities that this computer trusts
    request = json.dumps([stacks.proxy(site).name, *_request(site)])
    try:
        printed = services.run(site, "django", "python", "-c", inspect.getsource(probe), request)
        level, problem, states = json.loads(printed.splitlines()[-1])
        return level, problem, states
    except DeployError:
        if services.running(site, "django"):
            return *_ask_from_here(site), {}
        # no worse than a page that Django does not know
        return probe.CLIENT_ERROR, "no container of Django runs", {}


def _ask_from_here(site: Site) -> tuple[int, str]:
    # A local site is on this computer, whatever DNS says
    address = "127.0.0.1" if site.settings.is_local else site.settings.domain_name
    return probe.ask(address, *_request(site), verify=site.settings.is_trusted)


def _request(site: Site) -> tuple[str, int, str, str]:
    known = site.settings
    return known.domain_name, known.https_port, known.smoke_test_path or "/", f"maintenance_bypass={proxy.bypass(site)}"
