"""The guide as it is built: without a warning, which a broken link inside of it is, and as a reader sees it."""

import re
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe

from ddpt import reference
from support.guide import pages
from support.projects import EVERYTHING, NGINX, NOTHING, TEMPLATE

pytestmark = pytest.mark.xdist_group("guide-site")

# Pages of each kind: text, a generated table, generated headings, a diagram
KINDS = ["tutorial", "reference/variables", "reference/settings", "explanation/releases"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the built guide."""
    folder = tmp_path_factory.mktemp("guide")
    options = ["--fail-on-warning", "--nitpicky", "--quiet", "--doctree-dir", folder / "doctrees"]
    command = [sys.executable, "-m", "sphinx", *options, TEMPLATE / "docs", folder / "html"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.fixture(scope="module", params=[(1280, "light"), (360, "dark")], ids=["desktop", "phone"])
def tab(request, built, chromium):
    """A function that opens a page of the guide at one width, and returns the page and what went wrong."""
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    problems = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or problems.append(request.url))

    def get(name):
        problems.clear()
        page.goto(f"file://{built}/{name}.html")
        return page, problems

    yield get
    context.close()


@pytest.mark.long
def test_pages_need_no_network_and_fit_the_screen(tab):
    for name in pages():
        page, problems = tab(name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert problems == [], name


@pytest.mark.long
@pytest.mark.parametrize("name", KINDS)
def test_pages_are_accessible(tab, name):
    page, _ = tab(name)
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.long
def test_search_finds_a_setting(tab):
    """Also where there is no server, whose browser gives no page the text of another one for a summary."""
    page, _ = tab("index")
    page.goto(page.url.replace("index.html", "search.html?q=BACKUP_WAL"))
    page.wait_for_selector("#search-results li a[href*='reference/settings']")


@pytest.mark.parametrize(
    ("page", "path", "names"),
    [
        ("settings", "deployment/production.env", r"^([A-Z_0-9]+)="),
        ("variables", "README.md", r"^\| `([A-Z_0-9]+)` \|"),
        ("secrets", "deployment/secrets.toml", r"^\[(\w+)\]"),
        ("commands", "Makefile", r"^([a-z-]+):.* ## "),
        ("site-commands", "deployment/Makefile", r"^([a-z-]+):.* ## "),
    ],
)
def test_reference_has_what_projects_have(built, baked, page, path, names):
    text = re.sub("<[^>]+>", "", (built / f"reference/{page}.html").read_text())
    for combination in (EVERYTHING, EVERYTHING | {NGINX}, NOTHING):
        found = set(re.findall(names, (baked(combination) / path).read_text(), re.MULTILINE)) - {"help"}
        assert found
        assert {name for name in found if not re.search(rf"(^|\W){name}($|\W)", text)} == set()


def test_reference_says_what_belongs_to_an_answer():
    found = {"use_s3": {"yes": {"BUCKET", "ALL"}, "no": {"ALL"}}, "ci": {"github": {"ALL", "CI"}, "none": {"ALL"}}}
    assert reference.condition("ALL", found) == ""
    assert reference.condition("BUCKET", found) == "`use_s3=yes`"
    assert reference.condition("CI", found) == "`ci=github`"


@pytest.mark.parametrize(
    ("comment", "markdown"),
    [
        ("set DOMAIN_NAME, as *.example.com", r"set `DOMAIN_NAME`, as \*.example.com"),
        ("make deploy ALLOW_MIGRATIONS=shop.0002_price.", "`make deploy ALLOW_MIGRATIONS=shop.0002_price`."),
        (
            "see https://example.com/a_b (s3:https://example.com/B)",
            "see <https://example.com/a_b> (`s3:https://example.com/B`)",
        ),
        ("`make setup RESTORE=latest` again", "`make setup RESTORE=latest` again"),
    ],
)
def test_comments_become_markdown(comment, markdown):
    assert reference.prose(comment) == markdown


def test_links_of_the_readme_lead_to_files():
    for page in ("README.md", "CONTRIBUTING.md"):
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", (TEMPLATE / page).read_text()):
            assert (TEMPLATE / link).exists(), f"{page}: {link}"
