"""The home page of a new project, in light and dark, as Chromium shows it."""

import os
import signal
import subprocess
from pathlib import Path

from playwright.sync_api import sync_playwright

from support.chromium import launch
from support.processes import free_port, listens, until
from support.projects import TOOLS, bake

SIZE = {"width": 1100, "height": 760}
# pixels of the picture for each of the page, for screens with a high resolution
SCALE = 1.5


def make(folder: Path, pictures: Path) -> list[Path]:
    """Serve a project with the default answers, and return the files of its pictures."""
    project = bake(
        folder,
        project_name="Awesome Project",
        description="Everything that a growing shop needs to know about its customers.",
    )
    port = free_port()
    shell = os.environ | {"PATH": f"{TOOLS}:{os.environ['PATH']}", "DJANGO_PORT": str(port)}
    server = subprocess.Popen(
        ["make", "start"], cwd=project, env=shell, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        until(lambda: listens(port), 300)
        with sync_playwright() as playwright:
            browser = launch(playwright.chromium)
            return [
                photograph(browser, f"http://localhost:{port}", scheme, pictures / name)
                for scheme, name in (("light", "home.png"), ("dark", "home-dark.png"))
            ]
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait()


def photograph(browser, url: str, scheme: str, path: Path) -> Path:
    """Write what a browser shows of a page in a color scheme, and return the file."""
    page = browser.new_page(viewport=SIZE, device_scale_factor=SCALE, color_scheme=scheme)
    page.goto(url)
    page.screenshot(path=path)
    page.close()
    return path
