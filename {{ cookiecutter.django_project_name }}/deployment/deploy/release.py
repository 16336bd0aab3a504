"""A release: what was rolled out, kept in the swarm so that it can be rolled out again."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from deploy import names, records, rollout, stack
from deploy.commands import services
from deploy.console import Step
from deploy.errors import DeployError
from deploy.image import Image
from deploy.site import Site
from deploy.stack import Keys


@dataclass(frozen=True)
class Release:
    """Everything that makes a release, and who made it. Sizes and secrets are not part of it: they are the site's."""

    version: str
    image: str
    digest: str
    # where the site was
    domain: str
    # the stack file of Django and the variables it was given
    stack: str
    environment: dict[str, str]
    who: str
    when: str
    number: int = 0
    seconds: float = 0
    # all migrations that it knows
    migrations: list[str] = field(default_factory=list)
    # the number of the release that a rollback brought back
    restores: int = 0

    @property
    def origin(self) -> int:
        """Return where in the line of releases it stands: a rollback stands where the release did."""
        return self.restores or self.number

    @property
    def content(self) -> tuple[str, str, dict[str, str]]:
        """Return what tells it from another release: its version, its stack file, its settings."""
        return self.version, self.stack, self.environment


def new(site: Site, version: str, image: Image, *, who: str, when: str) -> Release:
    """Return a release of what the working copy has now."""
    return Release(
        version=version,
        image=image.reference,
        digest=image.digest,
        domain=site.settings.domain_name,
        stack=site.file(stack.file_name("django")).read_text(),
        environment=dict(site.settings.django),
        who=who,
        when=when,
    )


def history(site: Site) -> list[Release]:
    """Return the recorded releases, the oldest first."""
    found = [Release(**content) for _, content in records.read(site.engine, site.stack, "release")]
    return sorted(found, key=lambda release: release.number)


def record(site: Site, release: Release) -> None:
    """Keep a release in the swarm."""
    labels = names.labels(site.stack, "release", version=release.version)
    name = f"{site.stack}_release_{release.number}"
    if not records.create(site.engine, name, json.dumps(asdict(release)), labels):
        raise DeployError(f"There is a release {release.number} already.", hint="make releases")


def before(releases: Sequence[Release]) -> Release | None:
    """Return the release that stands before the current one in the line and differs from it."""
    if not releases:
        return None
    current = releases[-1]
    earlier = [
        release
        for release in releases
        if not release.restores and release.number < current.origin and release.content != current.content
    ]
    return earlier[-1] if earlier else None


def worth_keeping(releases: Sequence[Release], count: int) -> list[Release]:
    """Return the last ``count`` releases, what the current one brought back, and the last ``count`` versions.

    A changed setting is a release as well, and must not push out the version before.
    """
    last_of_version = {release.version: release.number for release in releases}
    numbers = {release.number for release in releases[-count:]} | set(sorted(last_of_version.values())[-count:])
    numbers |= {release.origin for release in releases[-1:]}
    return [release for release in releases if release.number in numbers]


def history_here(site: Site) -> list[Release]:
    """Return the recorded releases, unless the site is elsewhere now than the settings say. Raises DeployError."""
    recorded = history(site)
    domain = site.settings.domain_name
    if recorded and recorded[-1].domain != domain:
        raise DeployError(
            f"The site is at {recorded[-1].domain}, but DOMAIN_NAME is {domain}.",
            hint=f"DOMAIN_NAME={recorded[-1].domain}; or make deploy-all, which moves it",
        )
    return recorded


def unrecorded(site: Site, recorded: Sequence[Release]) -> str:
    """Return the version that runs and is not on record, because its deploy was cut off after the rollout, or nothing."""
    for found in site.engine.inspect(services.inspect(site.service("django"))):
        version = str(found["Spec"]["Labels"].get("deploy.release", ""))
        if recorded and version != recorded[-1].version:
            return version
    return ""


def current(site: Site) -> Release:
    """Return the release that runs and is on record, to roll it again with other settings or secrets.

    Raises DeployError where there is none.
    """
    recorded = history_here(site)
    if not recorded:
        raise DeployError("There is no release yet.", hint="make deploy")
    version = unrecorded(site, recorded)
    if version:
        raise DeployError(f"{version} runs, but is not on record.", hint="make deploy, or make rollback")
    return recorded[-1]


def find(releases: Sequence[Release], version: str) -> Release:
    """Return the newest release of a version, which may be shortened. Raises DeployError."""
    for release in reversed(releases):
        if release.version.startswith(version):
            return release
    raise DeployError(f"There is no release {version} on record.", hint="make releases")


def migrations_between(current: Release, target: Release) -> list[str]:
    """Return the migrations that ``current`` brought and ``target`` does not know."""
    return sorted(set(current.migrations) - set(target.migrations))


def roll(site: Site, release: Release, *, keys: Keys | None = None, step: Step | None = None) -> None:
    """Roll Django, and its workers, to a release and wait until they run. Raises DeployError with what failed."""
    names = stack.service_names(release.stack)
    started_before = {}
    for name in names:
        found = site.engine.inspect(services.inspect(site.service(name)))
        started_before[name] = rollout.update_started(found[0] if found else None)
    stack.deploy(
        site,
        "django",
        keys=keys,
        text=release.stack,
        environment=release.environment,
        values={"DJANGO_IMAGE": release.image, "RELEASE": release.version},
    )
    for name in names:
        rollout.watch(site, name, started_before=started_before[name], image=release.image, step=step)
        rollout.spread(site, name, step=step)
