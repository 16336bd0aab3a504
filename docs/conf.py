"""The guide, which ``make docs`` builds: https://www.sphinx-doc.org/en/master/usage/configuration.html"""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
# Cookiecutter copies the deploy tool, with all that is in its folder
sys.dont_write_bytecode = True

from ddpt import reference  # noqa: E402

project = "ddpt"
html_title = "ddpt"
extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["diagrams"]

myst_enable_extensions = ["colon_fence", "deflist"]
# Links may name a heading: production.md#caddy-and-nginx
myst_heading_anchors = 3
highlight_language = "text"

html_theme = "furo"
html_theme_options = {"top_of_page_buttons": []}
html_static_path = ["static"]
html_css_files = ["guide.css"]
html_js_files = ["guide.js"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False

linkcheck_ignore = [r"https?://localhost", r"https://shop\.example\.com"]
linkcheck_anchors = False


def insert_reference(app, page: str, source: list[str]) -> None:
    """Replace the line ``<!-- generated: NAME -->`` of a page by what ``reference`` writes of it."""
    source[0] = re.sub(
        r"^<!-- generated: (.+) -->$", lambda found: app.reference[found[1]], source[0], flags=re.MULTILINE
    )


def generate_reference(app) -> None:
    """Write the parts of the reference, once for all pages."""
    with TemporaryDirectory() as folder:
        projects = reference.generate(Path(folder))
        app.reference = {name: write(projects) for name, write in reference.PARTS.items()}


def setup(app) -> None:
    """Connect to the events of the build."""
    app.connect("builder-inited", generate_reference)
    app.connect("source-read", insert_reference)
