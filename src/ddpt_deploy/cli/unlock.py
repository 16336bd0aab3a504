from ddpt_deploy.site import lock
from ddpt_deploy.site.site import Site


def run(site: Site, mine: bool = False) -> None:
    """Release the lock, also one that somebody else holds.

    Args:
        mine: only a lock that this user holds
    """
    holder = lock.held_by(site)
    if not holder:
        site.console.say("The site is unlocked already.")
    elif mine and holder["who"] != site.user:
        site.console.say(f"{site.stack} stays {lock.describe(holder)}.")
    else:
        lock.release(site)
        site.console.say(f"Unlocked; it was {lock.describe(holder)}.")
