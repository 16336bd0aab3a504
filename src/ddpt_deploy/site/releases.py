"""Releases: what was rolled out, recorded in the swarm so that it can be rolled out again."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from string import Template
from typing import Any

from ddpt_deploy.errors import DeployError
from ddpt_deploy.site import services, stacks, store
from ddpt_deploy.site.site import Site

# Of a record. It grows when an older version of this tool would misread one; a new key that it may ignore is none.
SCHEMA = 1


@dataclass(frozen=True)
class Release:
    """Everything that makes a release, and who made it. Sizes and secrets are not part of it: they are the site's."""

    version: str
    image: str
    digest: str
    # where the site was
    domain: str
    # the texts of the stack files of the application, by name, and the variables that Django was given
    stacks: dict[str, str]
    environment: dict[str, str]
    # the variables that the stack files name, as they were
    variables: dict[str, str] = field(default_factory=dict)
    number: int = 0
    who: str = ""
    when: str = ""
    seconds: float = 0
    # all migrations that it knows, and a checksum of the paths of their files
    migrations: list[str] = field(default_factory=list)
    migration_files: str = ""
    # the backup that was there before its migrations
    backup: str = ""
    # the number of the release that a rollback rolled out again
    rollback_of: int = 0
    # what its smoke test did not pass and was recorded for, because of FORCE=1 or because it was so before
    unhealthy: str = ""

    @property
    def original_number(self) -> int:
        """Return where in the history it stands: a rollback stands where the release did."""
        return self.rollback_of or self.number

    @property
    def content(self) -> tuple[str, dict[str, str], dict[str, str]]:
        """Return what tells it from another release: its version, its stack files, its settings."""
        return self.version, self.stacks, self.environment


def candidate(site: Site, version: str, image: str, digest: str) -> Release:
    """Return a release of what the settings and stack files say now; ``record`` completes it."""
    application = stacks.application(site)
    named = {name for stack in application for name in Template(stack.text).get_identifiers()}
    return Release(
        version=version,
        image=image,
        digest=digest,
        domain=site.settings.domain_name,
        stacks={stack.name: stack.text for stack in application},
        environment=dict(site.settings.django),
        variables={name: value for name, value in stacks.variables(site, {}).items() if name in named},
    )


def given(site: Site, release: Release) -> dict[str, str]:
    """Return what the stack files of a release name as ``${...}`` besides the settings of today."""
    # of the recorded ones only those that this version of the tool does not know: sizes and secrets are the site's
    today = stacks.variables(site, {})
    older = {name: value for name, value in release.variables.items() if name not in today}
    return {**older, "DJANGO_IMAGE": release.image, "RELEASE": release.version}


def application(site: Site, release: Release) -> list[stacks.Stack]:
    """Return the stacks that a release rolls out, with the settings that it gives Django."""
    read = [stacks.read(site, name, text, given(site, release)) for name, text in release.stacks.items()]
    return [replace(stack, environment=release.environment) for stack in read]


def record(site: Site, release: Release, seconds: float) -> Release:
    """Store a release as the newest one: who made it, when, and in how many seconds. Raises DeployError."""
    recorded = history(site)
    release = replace(
        release,
        number=recorded[-1].number + 1 if recorded else 1,
        who=site.user,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 1),
    )
    if not store_record(site, release):
        raise DeployError(f"There is a release {release.number} already.", hint="make releases")
    return release


def store_record(site: Site, release: Release) -> bool:
    """Store the record of a release, and tell whether its number was free."""
    content = json.dumps({"schema": SCHEMA, **asdict(release)})
    return store.create(site, "release", f"release_{release.number}", content, version=release.version)


def history(site: Site) -> list[Release]:
    """Return the recorded releases, the oldest first. Raises DeployError for one of a newer version of this tool."""
    return sorted((from_record(content) for content in store.read(site, "release")), key=lambda one: one.number)


def from_record(content: dict[str, Any]) -> Release:
    """Read a record, also one of an older version of this tool. Raises DeployError for one of a newer schema."""
    if content.get("schema", 0) > SCHEMA:
        problem = f"Release {content.get('number')} was written by a newer version of the deploy tool."
        raise DeployError(problem, hint="update first: git pull")
    known = {one.name for one in fields(Release)}
    older = {"stacks": {"django": content.get("stack")}, "rollback_of": content.get("restores", 0)}
    return Release(**{name: value for name, value in {**older, **content}.items() if name in known})


def history_for_domain(site: Site) -> list[Release]:
    """Return the recorded releases, unless the site is at another domain than the settings say. Raises DeployError."""
    recorded = history(site)
    domain = site.settings.domain_name
    if recorded and recorded[-1].domain != domain:
        hint = f"DOMAIN_NAME={recorded[-1].domain}; or make deploy-all MOVE=1, which moves the site"
        raise DeployError(f"The site is at {recorded[-1].domain}, but DOMAIN_NAME is {domain}.", hint=hint)
    return recorded


def current(site: Site) -> Release:
    """Return the release that runs and is on record, to roll it with other settings or secrets. Raises DeployError."""
    recorded = history_for_domain(site)
    if not recorded:
        raise DeployError("There is no release yet.", hint="make deploy")
    if version := unrecorded(site, recorded):
        raise DeployError(f"{version} runs, but is not on record.", hint="make deploy, or make rollback")
    return recorded[-1]


def unrecorded(site: Site, recorded: Sequence[Release]) -> str:
    """Return the version that runs and is not on record, as its deploy was killed after the rollout, or nothing."""
    found = services.find(site, "django")
    version = str(found["Spec"]["Labels"].get(stacks.RELEASE, "")) if found else ""
    return version if recorded and version != recorded[-1].version else ""


def previous(releases: Sequence[Release]) -> Release | None:
    """Return the release that stands before the current one in the history and differs from it."""
    for release in reversed(releases[:-1]):
        is_earlier = release.number < releases[-1].original_number and not release.rollback_of
        if is_earlier and release.content != releases[-1].content:
            return release
    return None


def find(releases: Sequence[Release], version: str) -> Release:
    """Return the newest release of a version, which may be shortened. Raises DeployError."""
    for release in reversed(releases):
        if release.version.startswith(version):
            return release
    raise DeployError(f"There is no release {version} on record.", hint="make releases")


def releases_to_keep(releases: Sequence[Release], count: int) -> list[Release]:
    """Return the last ``count`` releases, the one that the current rolled back to, and the last ``count`` versions."""
    newest = {release.version: release.number for release in releases}
    numbers = {release.number for release in releases[-count:]} | {*sorted(newest.values())[-count:]}
    numbers |= {release.original_number for release in releases[-1:]}
    return [release for release in releases if release.number in numbers]


def backup_between(recorded: Sequence[Release], target: Release) -> str:
    """Return the backup from before the first migrations that came after a release, or nothing."""
    return next((one.backup for one in recorded if one.number > target.original_number and one.backup), "")
