"""``make upgrade-postgres``: another major version of PostgreSQL, or another image of the same.

The program ``upgrade`` of the backups moves the data, in the volume of the server.
"""

import re
from dataclasses import replace

from ddpt_deploy.cli.backups import maintenance
from ddpt_deploy.errors import DeployError
from ddpt_deploy.release import backing_services, backups, database, image, rollout
from ddpt_deploy.site import lock, secrets, services, stacks
from ddpt_deploy.site.site import Site


def command(site: Site, version: str = "", image: str = "", remove: str = "") -> None:
    """Move the database to another major version of PostgreSQL, after a rehearsal, or back to the one before.

    version: the major version, such as 19; the image is that of now with this number
    image: another one than that of now, such as pgvector/pgvector:pg18, of the same version or another
    remove: the version whose data is removed, which the site does not use any more
    """
    if len([word for word in (version, image, remove) if word]) > 1:
        raise DeployError("VERSION, IMAGE and REMOVE exclude each other.", hint="leave the others out")
    with lock.held(site, f"upgrade-postgres {version or image or remove}") as site:
        if remove:
            site.console.confirm(f"This removes the data of PostgreSQL {remove}: nothing goes back to it. Continue?")
            with site.console.step("remove") as step:
                step.detail = run(site, "remove", remove)
            return
        new = with_image(site, image or of_version(site, version))
        with site.console.step("rehearsal"):
            plan = run(new, "rehearse")
        site.console.confirm(f"{plan} Continue?")
        with maintenance(site):
            move(site, new, give=bool(image))
        with site.console.step("backup") as step:
            backing_services.apply(new, stacks.get(new, "backups"))
            step.detail = backups.take(new, "manual")
    site.console.say(f"{new.settings.postgres_image} is in {site.settings.environment}.env: commit that.")
    if version:
        site.console.say("The data of before is kept: VERSION= with its number goes back to it, REMOVE= removes it.")


def of_version(site: Site, version: str) -> str:
    """Return the image of now with another major version of PostgreSQL. Raises DeployError."""
    if not version.isdecimal():
        problem = f"VERSION={version} is not a major version."
        raise DeployError(problem, hint="make upgrade-postgres VERSION=19")
    name, _, tag = stacks.get(site, "postgres").images[0].partition("@")[0].rpartition(":")
    return f"{name}:{re.sub('[0-9]+([.][0-9]+)?', version, tag, count=1)}"


def with_image(site: Site, reference: str) -> Site:
    """Return the site with another image of PostgreSQL, and pull that. Raises DeployError."""
    found = replace(site, settings=replace(site.settings, postgres_image=reference))
    image.ensure(found, reference)
    return found


def run(site: Site, what: str, *words: str) -> str:
    """Run the program, with the volume and the options of the server; return what it prints. Raises DeployError."""
    server = stacks.get(site, "postgres").services["postgres"]
    options = server["command"][1:] if what in ("rehearse", "move") else ()
    return backups.run(site, "upgrade", what, *words, *options, capabilities=backups.RECOVER, also=server).strip()


def move(site: Site, new: Site, *, give: bool) -> None:
    """Move the data and start the server of the new image; where either fails, all is as before. Raises DeployError.

    give: the files stay and get another owner, as the user ``postgres`` has another number in each distribution
    """
    running = services.find(site, "postgres") or {}
    before = with_image(site, running["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"])
    try:
        with site.console.step("move") as step:
            step.detail = run(new, "move")
        with site.console.step("postgres"):
            if give:
                give_files(new)
            backing_services.apply(new, stacks.get(new, "postgres"))
    except BaseException:
        run(new, "undo")
        if give:
            give_files(before)
        rollout.apply(before, stacks.get(before, "postgres"), secrets.files(before, "postgres"))
        database.ensure(before)
        raise
    _write_image(new)


def give_files(site: Site) -> None:
    """Stop the server, and give the files of its version to the user of the image. Raises DeployError."""
    rollout.scale(site, "postgres", 0)
    run(site, "give")


def _write_image(site: Site) -> None:
    """Write the image of PostgreSQL into the file of the environment, for the commands that come."""
    path = site.folder / f"{site.settings.environment}.env"
    line = f"POSTGRES_IMAGE={site.settings.postgres_image}"
    text, found = re.subn("(?m)^POSTGRES_IMAGE=.*$", line, path.read_text())
    path.write_text(text if found else f"{text}\n{line}\n")
