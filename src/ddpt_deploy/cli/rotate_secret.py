from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import new_secrets, rotation
from ddpt_deploy.site import lock, secrets
from ddpt_deploy.site.settings import PREFIX
from ddpt_deploy.site.site import Site


def run(site: Site, name: str = "") -> None:
    """Give a secret a new value, without a failed request.

    Args:
        name: a secret of secrets.toml
    """
    known = {entry.name: entry for entry in secrets.catalogue(site)}
    if name not in known:
        message = f"There is no secret {name}." if name else "NAME is required."
        raise DeployError(message, hint=f"NAME is one of {', '.join(known)}")
    with lock.held(site, f"rotate {name}") as site:
        value = new_secrets.new_value(site, known[name])
        if not value:
            hint = f"{PREFIX}{name}=... make rotate-secret NAME={name}"
            raise DeployError(f"There is no new value for {name}.", hint=hint)
        rotation.rotate(site, name, value)
