"""Open a Python shell with the models imported, in a running container."""

from deploy import inside
from deploy.site import Site


def run(site: Site) -> int:
    """Run manage.py shell."""
    return inside.run(site, "django", ["python", "manage.py", "shell"], terminal=True)
