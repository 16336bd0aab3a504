"""The browser that looks at pages, for all tests of a process: Playwright can be there only once."""

import shutil
from functools import wraps

import pytest
from playwright.sync_api import sync_playwright


def launch(browser_type, *arguments):
    """Start a browser."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        pytest.skip("no Chromium is installed (Debian's package is chromium)")
    # A sandbox needs rights that containers do not give.
    return browser_type.launch(executable_path=path, args=["--no-sandbox", *arguments])


@pytest.fixture(scope="session")
def chromium():
    """A browser."""
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


def patient(test):
    """Have a test begin anew when a container's network came or went under it, for which Chromium gives up requests."""

    @wraps(test)
    def repeated(*arguments, **fixtures):
        for _ in range(4):
            try:
                return test(*arguments, **fixtures)
            except Exception as error:
                if "ERR_NETWORK_CHANGED" not in str(error):
                    raise
        return test(*arguments, **fixtures)

    return repeated
