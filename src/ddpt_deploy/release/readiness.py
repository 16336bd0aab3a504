"""The readiness of Django: what it says of its database, its migrations, its cache."""

import json

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import services
from ddpt_deploy.site.site import Site

# Prints the answer of /readyz whatever its status; it is not reached from outside.
READYZ = """
import http.client
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=5)
connection.request("GET", "/readyz")
print(connection.getresponse().read().decode())
"""


def check(site: Site) -> str:
    """Return the state of each service that Django needs. Raises DeployError when Django does not say."""
    answer = services.run(site, "django", "python", "-c", READYZ)
    try:
        return ", ".join(f"{name}: {state}" for name, state in json.loads(answer).items())
    except ValueError:
        raise DeployError(f"/readyz of {site.name('django')} answered {answer[:100]!r}.") from None
