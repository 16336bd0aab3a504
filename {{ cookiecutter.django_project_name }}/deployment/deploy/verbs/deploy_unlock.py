"""Break the lock, and say whose it was."""

from deploy import lock
from deploy.site import Site


def run(site: Site) -> None:
    """Remove the lock, whoever holds it."""
    holder = lock.holder(site)
    if holder:
        lock.break_(site)
        site.console.say(f"The lock is gone; {lock.describe(holder)} was what it said.")
    else:
        site.console.say("Nobody holds the lock.")
