"""Images are given to the swarm by names that never mean another one."""

import itertools

import pytest


@pytest.fixture
def search(swarm, site):
    """A service of the team's own."""
    (site.folder / "stacks/search.yml").write_text("services: {search: {image: 'search:1', deploy: {replicas: 1}}}\n")
    swarm.images |= {"search:1", "search:2"}


def asked_for(swarm):
    """Return the image that each service and each job asks for."""
    return {name: one["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] for name, one in swarm.services.items()}


def test_services_and_jobs_get_an_id_or_a_digest(swarm, run, search):
    swarm.digests["search:1"] = ["elsewhere/search@sha256:3", "search@sha256:4"]
    assert run("setup")[0] == 0
    found = asked_for(swarm)
    assert found.pop("site_search") == "search@sha256:4"
    assert found["site_caddy"] == "sha256:caddy:2-alpine"
    assert all(image.startswith("sha256:") for image in found.values()), found
    jobs = [words for words in swarm.commands if words[:2] == ("service", "create")]
    images = {dict(itertools.pairwise(words))[words[words.index("--entrypoint") + 1]] for words in jobs}
    assert images
    assert all(image.startswith("sha256:") for image in images), images


def test_a_service_with_a_digest_in_its_file_gets_that(swarm, site, run, search):
    pinned = "search:1@sha256:" + "5" * 64
    swarm.images.add(pinned)
    (site.folder / "stacks/search.yml").write_text(f"services: {{search: {{image: '{pinned}'}}}}\n")
    assert run("setup")[0] == 0
    assert asked_for(swarm)["site_search"] == pinned


def test_an_engine_that_keeps_another_image_is_noticed_for_each_service(swarm, site, run, search):
    """Also for a backing service, and when the engine says nothing of a rollback."""
    assert run("setup")[0] == 0

    def go_back():
        swarm.services["site_search"]["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] = "sha256:search:1"

    (site.folder / "stacks/search.yml").write_text("services: {search: {image: 'search:2'}}\n")
    swarm.on_tick = go_back
    status, printed = run("deploy-stack", "STACK=search")
    assert status == 1
    assert "site_search did not start: the engine rolled back to what ran before" in printed


def test_a_release_whose_image_is_gone_says_so(swarm, run):
    """docker system prune --all removes it, and then it is nothing that could be rolled back to."""
    for version in ("v1", "v2"):
        assert run("setup", version=version)[0] == 0
    assert "gone" not in run("releases")[1]
    swarm.images -= {name for name in swarm.images if name.startswith("site:v1")}
    status, printed = run("releases")
    assert status == 0
    assert [line.split()[1] for line in printed.splitlines() if "its image is gone" in line] == ["v1"]


def test_dockerfile_in_deployment_comes_before_that_of_the_project(swarm, site, run):
    """A project that no template made may have one of its own, for something else."""
    built = []
    for path in (site.project / "Dockerfile", site.folder / "Dockerfile"):
        path.write_text("FROM scratch AS production\n")
        assert run("build")[0] == 0
        [words] = [words for words in swarm.commands[len(built) :] if words[:2] == ("build", "--target")]
        built = list(swarm.commands)
        assert dict(itertools.pairwise(words))["--file"] == str(path)
