"""Static files of releases that are gone stay for pages that are still open."""

import json
import os
import subprocess
import sys
import time

import pytest

from support.projects import SOURCE

DAY = 86_400


@pytest.fixture
def publish(tmp_path):
    """A function that publishes the static files of a release, as its job does, and returns the files that Caddy has then."""
    source = (SOURCE / "deployment/jobs/keep_static.py").read_text().replace('"/kept"', '"kept"')

    def run(release, *recorded, days="7"):
        (tmp_path / "staticfiles").mkdir(exist_ok=True)
        (tmp_path / "staticfiles" / f"{release}.css").write_text(release)
        paths = {"style.css": f"{release}.css"}
        (tmp_path / "staticfiles/staticfiles.json").write_text(json.dumps({"paths": paths}))
        (tmp_path / "kept").mkdir(exist_ok=True)
        environment = os.environ | {"RELEASE": release, "RECORDED": " ".join(recorded), "DAYS": days}
        subprocess.run([sys.executable, "-c", source], cwd=tmp_path, env=environment, check=True)
        return sorted(path.stem for path in (tmp_path / "kept").glob("*.css"))

    run.kept = tmp_path / "kept"
    return run


def replaced(publish, release, days):
    """Let a release have been replaced some days ago."""
    then = time.time() - days * DAY
    os.utime(publish.kept / f".releases/{release}.json", (then, then))


def test_files_stay_for_days_also_when_the_release_is_pruned(publish):
    publish("a")
    publish("b", "a")
    assert publish("c", "b") == ["a", "b", "c"]
    replaced(publish, "a", days=8)
    assert publish("d", "b", "c") == ["b", "c", "d"]


def test_files_stay_with_their_release_however_old(publish):
    publish("a")
    replaced(publish, "a", days=100)
    assert publish("b", "a", days="0") == ["a", "b"]


def test_days_count_from_when_another_release_replaced_it(publish):
    """This morning's pages are of a release that may have run for weeks."""
    publish("a")
    replaced(publish, "a", days=30)
    publish("b", "a")
    assert publish("c", "b") == ["a", "b", "c"]
