"""What was applied to the site, and what differs from it in the working copy by now.

Backing services are no part of a release: they say where the site is and what it runs on, and a rollback of code must
take neither back. So each is applied by its own command, and status says which was forgotten.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

from ddpt_deploy.site import releases, stacks, store
from ddpt_deploy.site.site import Site


def record(site: Site, stack: stacks.Stack) -> None:
    """Store what was just applied of a backing service, in place of what was before."""
    name = f"applied_{stack.name}"
    site.docker.remove("config", site.name(name))
    store.create(site, "applied", name, json.dumps({"stack": stack.name, "files": checksums(site, stack)}))


def changes(site: Site, recorded: Sequence[releases.Release]) -> dict[str, list[str]]:
    """Return what differs from the current release, and from what was applied of each backing service, by stack."""
    applied = {one["stack"]: one["files"] for one in store.read(site, "applied")}
    found = {
        stack.name: different(applied[stack.name], checksums(site, stack))
        for stack in stacks.backing(site)
        if stack.name in applied
    }
    for current in recorded[-1:]:
        now = releases.candidate(site, current.version, current.image, current.digest)
        files = [f"stacks/{name}.yml" for name in different(current.stacks, now.stacks)]
        found["django"] = [*files, *different(current.environment, now.environment)]
    return {name: names for name, names in found.items() if names}


def different(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return the names whose values differ, or that only one of both has."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def checksums(site: Site, stack: stacks.Stack) -> dict[str, str]:
    """Return a checksum of the stack file, its configs and each file in the folder of its name, with their settings."""
    settings = site.settings.variables()
    contents = {f"stacks/{stack.name}.yml": json.dumps(stack.services)}
    for path in sorted({*(site.folder / stack.name).glob("*"), *stack.files}):
        if path.is_file():
            text = path.read_text(errors="replace")
            named = {name: value for name, value in settings.items() if name in text}
            contents[f"{path.parent.name}/{path.name}"] = text + json.dumps(named)
    return {name: hashlib.sha256(content.encode()).hexdigest()[:12] for name, content in contents.items()}
