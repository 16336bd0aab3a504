"""Projects that no template of this repository made, and sites of them once `make adopt` has written deployment/ into them."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.subjects import peer
from support.processes import run
from support.projects import NOTHING, TEMPLATE, TOOLS, Combination
from support.site import PROOF, Site


def startproject(folder: Path) -> Path:
    """Return a project as Django's own command makes it, with a list of its packages."""
    subprocess.run([TOOLS / "django-admin", "startproject", "mysite"], cwd=folder, check=True)
    (folder / "mysite/requirements.txt").write_text("django>=6.0,<6.2\n")
    return folder / "mysite"


def cookiecutter_django(folder: Path) -> Path:
    """Return cookiecutter-django's project; skip the test where that cannot be had."""
    try:
        clone = peer.checkout(folder)
    except peer.NoPeerError as error:
        pytest.skip(str(error))
    project = peer.generate(clone, folder)
    # What its hook would have locked by the network, in the form that it is in before
    (project / "uv.lock").unlink()
    shutil.copytree(peer.wheels(folder / "requirements"), project / "requirements", dirs_exist_ok=True)
    return project


class AdoptedSite(Site):
    """A site of a project that exists, with the path of its settings and of its URLs."""

    def __init__(
        self, folder: Path, stack: str, make: Callable[[Path], Path], settings: str, urls: str, **exported: str
    ):
        self.make_project = make
        self.paths = settings, urls
        super().__init__(folder, stack, NOTHING, **exported)

    def generate(self, folder: Path, stack: str, combination: Combination) -> Path:
        """Return the project that exists."""
        return self.make_project(folder)

    @property
    def settings(self) -> Path:
        """Return the settings that all others of the project import."""
        return self.project / self.paths[0]

    def adopt(self, *given: str) -> None:
        """Have `make adopt` write deployment/, and commit that as it says."""
        status, printed = run("make", "--directory", TEMPLATE, "adopt", f"PROJECT={self.project}", *given)
        assert status == 0, printed
        assert "git add --force deployment" in printed
        self.git("add", "--force", "deployment")
        self.git("commit", "--quiet", "--message", "Add deployment/")
        assert self.git("show", "--name-status", "--format=").splitlines()
        assert all(
            line.startswith("A\tdeployment/") for line in self.git("show", "--name-status", "--format=").splitlines()
        )

    def add_proof(self) -> None:
        """Add the app that stores what the load generator sends."""
        name, urls = self.project.name, self.project / self.paths[1]
        shutil.copytree(PROOF, self.package / "proof")
        lines = f'\nINSTALLED_APPS += ["{name}.proof"]\nPROOF_RELEASE = "0"\n'
        self.settings.write_text(self.settings.read_text() + lines)
        lines = f'\nfrom django.urls import include\n\nurlpatterns += [path("proof/", include("{name}.proof.urls"))]\n'
        urls.write_text(urls.read_text() + lines)
        self.commit("release 0")
