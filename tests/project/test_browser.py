"""The pages as Chromium shows them: no error, no breach of the policy, for every size, colour scheme, and by keyboard."""

import re
from contextlib import contextmanager
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller

from support.chromium import patient
from support.processes import free_port, wait_for
from support.projects import EVERYTHING, NOTHING, extremes, label

both = pytest.mark.parametrize("combination", extremes())

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
VIEWS = [(360, "light"), (1280, "dark")]
# Each project in each view; `make test` has one of them
views = pytest.mark.parametrize(
    ("combination", "width", "scheme"),
    [
        pytest.param(
            combination,
            width,
            scheme,
            id=f"{label(combination)}-{width}-{scheme}",
            marks=[
                pytest.mark.xdist_group(label(combination)),
                *([] if (combination, width, scheme) == (EVERYTHING, 360, "light") else [pytest.mark.long]),
            ],
        )
        for combination in (EVERYTHING, NOTHING)
        for width in (360, 1280)
        for scheme in ("light", "dark")
    ],
)
PASSWORD = "an-unusual-password-7"
LOGIN = {EVERYTHING: "root@example.com", NOTHING: "root"}

ANONYMOUS = {
    "/": 200,
    "/accounts/login/": 200,
    "/accounts/password_reset/": 200,
    "/accounts/password_reset/done/": 200,
    "/accounts/reset/x/y/": 200,
    "/accounts/reset/done/": 200,
    "/nowhere": 404,
}
LOGGED_IN = {"/": 200, "/accounts/password_change/": 200, "/accounts/password_change/done/": 200}
ADMIN = {
    "/admin/": 200,
    "/admin/users/user/": 200,
    "/admin/users/user/add/": 200,
    "/admin/users/user/1/change/": 200,
    "/admin/users/user/1/password/": 200,
    "/admin/auth/group/": 200,
    "/admin/auth/group/add/": 200,
}


# The element with the focus, whether it shows it, and whether it is in sight
FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect()
    const ring = (style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none'
    return [one.outerHTML, ring, box.width > 0 && box.bottom > 0 && box.right > 0]
}"""

# What can be used and lies where the debug toolbar's handle is, or where it may be dragged to
UNDER_HANDLE = """() => {
    const handle = document.querySelector('#djDebugRoot').shadowRoot.querySelector('#djDebugToolbarHandle')
    const {left, right} = handle.getBoundingClientRect(), found = new Set()
    for (let y = 0; y < innerHeight; y += 4)
        for (const x of [left, (left + right) / 2, right - 1])
            for (const one of document.elementsFromPoint(x, y))
                if (one.matches('a[href], button, input, select, textarea, summary')) found.add(one.outerHTML)
    return [...found]
}"""


class Mailbox:
    """A mail server that keeps what it gets."""

    def __init__(self):
        self.mails = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(envelope.content.decode())
        return "250 OK"


@pytest.fixture(scope="session")
def mailbox():
    box = Mailbox()
    box.controller.start()
    yield box
    box.controller.stop()


@pytest.fixture(scope="module")
def site(production, mailbox):
    """A function that returns a running site of a combination, with the superuser ``root``."""
    running = {}

    def get(combination):
        if combination not in running:
            project = production(combination)
            project.environment |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(mailbox.controller.port)}
            assert project.create_superuser("root", PASSWORD) == LOGIN[combination]
            context = project.https()
            running[combination] = context.__enter__(), context
        return running[combination][0]

    yield get
    for _, context in running.values():
        context.__exit__(None, None, None)


class Tab:
    """A page of the browser that keeps account of all that went wrong."""

    def __init__(self, page, address):
        self.page, self.address, self.wrong = page, address, []
        page.on("console", self.on_console)
        page.on("pageerror", lambda error: self.wrong.append(f"exception: {error}"))
        page.on("request", self.on_request)
        page.expose_function("ddptViolation", lambda what: self.wrong.append(f"policy: {what}"))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => ddptViolation(e.violatedDirective + ' ' + e.blockedURI))"
        )

    def on_console(self, message):
        # That a page itself was not found is told by its status.
        if message.type in ("error", "warning") and message.location.get("url") != self.page.url:
            self.wrong.append(f"console: {message.text}")

    def on_request(self, request):
        if urlsplit(request.url).netloc != urlsplit(self.address).netloc and not request.url.startswith("data:"):
            self.wrong.append(f"elsewhere: {request.url}")

    def open(self, path):
        return self.page.goto(self.address + path)

    def fill(self, **fields):
        """Fill in a form and send it."""
        for name, value in fields.items():
            self.page.fill(f"[name={name}]", value)
        self.page.press(f"[name={name}]", "Enter")
        self.page.wait_for_load_state()

    def log_in(self, login):
        self.open("/accounts/login/")
        self.fill(username=login, password=PASSWORD)
        assert self.page.url == self.address + "/"

    def overflow(self):
        """Return by how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")

    def violations(self, context="document"):
        """Return what axe finds, https://dequeuniversity.com/rules/axe/."""
        self.page.evaluate(AXE)
        found = self.page.evaluate(f"axe.run({context}, {{resultTypes: ['violations']}})")["violations"]
        return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@contextmanager
def tab(chromium, address, width=1280, scheme="light"):
    """Open a page in a fresh profile of the browser."""
    context = chromium.new_context(
        ignore_https_errors=True, viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    try:
        yield Tab(context.new_page(), address)
    finally:
        context.close()


def look_at(tab, pages):
    """Return what is wrong with some pages of the project's own."""
    wrong = []
    for path, status in pages.items():
        tab.wrong.clear()
        response = tab.open(path)
        problems = list(tab.wrong)
        if response.status != status:
            problems.append(f"status {response.status}")
        if tab.overflow() > 0:
            problems.append(f"{tab.overflow()} pixels too wide")
        # From here on, axe itself may touch the page in ways that the policy forbids.
        wrong += [f"{path}: {problem}" for problem in problems + tab.violations()]
    return wrong


@views
@patient
def test_own_pages(combination, width, scheme, site, chromium):
    with tab(chromium, site(combination).address, width, scheme) as visitor:
        assert look_at(visitor, ANONYMOUS) == []
        visitor.log_in(LOGIN[combination])
        assert look_at(visitor, LOGGED_IN) == []


@views
@patient
def test_admin(combination, width, scheme, site, chromium):
    """It works under the policy; what it looks like is the business of those who wrote it."""
    with tab(chromium, site(combination).address, width, scheme) as visitor:
        visitor.open("/admin/login/")
        assert visitor.overflow() <= 0
        visitor.fill(username=LOGIN[combination], password=PASSWORD)
        for path, status in ADMIN.items():
            assert visitor.open(path).status == status
            assert visitor.page.locator("h1, h2").first.inner_text() or visitor.page.title()
            assert visitor.overflow() <= 0, path
        assert visitor.wrong == []


@both
@patient
def test_refused_forms(combination, site, chromium):
    """The page for a form that comes without its token."""
    with tab(chromium, site(combination).address) as visitor:
        visitor.open("/accounts/login/")
        visitor.page.context.clear_cookies()
        visitor.page.fill("[name=username]", "root@example.com")
        visitor.page.fill("[name=password]", "x")
        with visitor.page.expect_navigation() as navigation:
            visitor.page.press("[name=password]", "Enter")
        assert navigation.value.status == 403
        assert visitor.violations() == []
        assert visitor.overflow() <= 0
        assert visitor.wrong == []


@both
@patient
def test_a_forgotten_password(combination, site, chromium, mailbox):
    """From the page that asks for the address, by mail, to a new password and logged in."""
    with tab(chromium, site(combination).address) as visitor:
        visitor.open("/accounts/password_reset/")
        mailbox.mails.clear()
        visitor.fill(email="root@example.com")
        assert visitor.page.url.endswith("/accounts/password_reset/done/")
        # The email is sent after the answer.
        wait_for(lambda: mailbox.mails, site(combination).process, "the email")
        path = re.search(r"https://localhost(?::\d+)?(/accounts/reset/\S+)", mailbox.mails[-1].replace("=\r\n", ""))[1]
        visitor.open(path)
        visitor.fill(new_password1=PASSWORD + "0", new_password2=PASSWORD + "0")
        assert visitor.page.url.endswith("/accounts/reset/done/")
        visitor.open("/accounts/login/")
        visitor.fill(username=LOGIN[combination], password=PASSWORD + "0")
        assert visitor.page.url == visitor.address + "/"

        visitor.open("/accounts/password_change/")
        visitor.fill(old_password=PASSWORD + "0", new_password1=PASSWORD, new_password2=PASSWORD)
        assert visitor.page.url.endswith("/accounts/password_change/done/")
        visitor.page.get_by_role("button", name="Log out").first.click()
        assert visitor.open("/accounts/password_change/").url.startswith(visitor.address + "/accounts/login/")
        assert visitor.wrong == []


@both
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/password_reset/", "/nowhere"])
@patient
def test_by_keyboard(combination, path, site, chromium):
    """Tab reaches everything that can be used, the way to the content first, and each shows that it has the focus."""
    with tab(chromium, site(combination).address) as visitor:
        visitor.open(path)
        usable = visitor.page.locator("a[href]:visible, button:visible, input:visible:not([type=hidden])")
        expected = usable.evaluate_all("all => all.map(one => one.outerHTML)")
        reached = set()
        # Once round from wherever the page puts the focus at first, by way of the page as a whole.
        for _ in range(len(expected) + 2):
            visitor.page.keyboard.press("Tab")
            code, ring, in_sight = visitor.page.evaluate(FOCUSED)
            if not code.startswith("<body"):
                reached.add(code)
                assert ring, f"{code} does not show its focus"
                assert in_sight, f"{code} is not in sight"
        assert reached == set(expected)
        assert "skip" in expected[0]
        visitor.page.locator("a.skip").focus()
        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_url(lambda url: url.endswith("#main"))


@pytest.mark.long
@both
@patient
def test_the_development_home_page(combination, installed, chromium):
    """What tells a newcomer what to do next, with the debug toolbar beside it."""
    project = installed(combination)
    assert project.run("bin/run", "python", "manage.py", "migrate").returncode == 0
    with project.runserver() as address:
        for width, scheme in VIEWS:
            with tab(chromium, address, width, scheme) as visitor:
                assert visitor.open("/").status == 200
                assert visitor.page.get_by_text("SQLite").first.is_visible()
                assert visitor.page.locator("#djDebug").count() == 1
                assert visitor.overflow() <= 0
                assert visitor.wrong == []
                assert visitor.violations("{exclude: ['#djDebugRoot']}") == []


@pytest.mark.long
@both
@pytest.mark.parametrize("width", [360, 1280])
@patient
def test_the_debug_toolbar_covers_nothing_that_can_be_used(combination, width, project, chromium):
    """On no page of the project and the admin, however far it is scrolled; and the handle still opens the toolbar."""
    assert project.run("make", "migrate").returncode == 0
    username = [] if project.email else ["--username", "root"]
    command = ["bin/run", "python", "manage.py", "createsuperuser", "--no-input", *username]
    done = project.run(*command, "--email", "root@example.com", DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    assert done.returncode == 0, done.stderr
    with project.runserver() as address, tab(chromium, address, width) as visitor:
        # So high that each page is whole in it
        visitor.page.set_viewport_size({"width": width, "height": 4000})

        def look(pages):
            for path in pages:
                visitor.open(path)
                visitor.page.locator("#djDebugToolbarHandle").wait_for()
                assert visitor.page.evaluate("document.documentElement.scrollHeight <= innerHeight")
                assert visitor.page.evaluate(UNDER_HANDLE) == [], path

        look([*ANONYMOUS, "/admin/login/"])
        visitor.log_in(LOGIN[combination])
        look([*LOGGED_IN, *ADMIN])
        visitor.page.locator("#djShowToolBarButton").click()
        visitor.page.locator("#djDebugToolbar").wait_for()
        assert visitor.wrong == []


def test_policy_violations_are_detected(chromium):
    """The checks above would see it."""
    with tab(chromium, "https://localhost") as visitor:
        page = "<p style='color: #ccc'>hardly legible<p style='width: 3000px'>y<script>throw 1</script><img src=https://elsewhere.example/x>"
        visitor.page.route(
            "**/*",
            lambda route: route.fulfill(
                body=page,
                content_type="text/html",
                headers={"Content-Security-Policy": "default-src 'self'; style-src 'unsafe-inline'"},
            ),
        )
        visitor.open("/")
        assert visitor.overflow() > 1000
        assert any(one.startswith("policy: script-src") for one in visitor.wrong), visitor.wrong
        assert any(one.startswith("policy: img-src https://elsewhere") for one in visitor.wrong), visitor.wrong
        found = visitor.violations()
        assert any(one.startswith("color-contrast") for one in found), found
        assert any(one.startswith("image-alt") for one in found), found
