from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site) -> None:
    """Release the lock, also one that somebody else holds."""
    holder = lock.held_by(site)
    if holder:
        lock.release(site)
        site.console.say(f"Unlocked; it was {lock.describe(holder)}.")
    else:
        site.console.say("The site is unlocked already.")
