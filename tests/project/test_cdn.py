"""A CDN in front of static and media files: NGINX with a cache, between Chromium and the site."""

import base64
from contextlib import contextmanager

import pytest
import requests

from ddpt_deploy.site import settings
from support.chromium import launch
from support.engine import docker, missing_engine
from support.processes import free_port, listens, until
from support.projects import EVERYTHING, label

pytestmark = [pytest.mark.docker, pytest.mark.long, pytest.mark.xdist_group(label(EVERYTHING))]

# The certificate of the tests is trusted by nobody.
pytestmark.append(pytest.mark.filterwarnings("ignore:Unverified HTTPS request"))

HOST = "cdn.example.com"
# The cache keeps a file for each of these.
CHROMIUM = {"Accept-Encoding": "gzip, deflate, br, zstd"}
# As CDNs do: it keeps what may be kept, and what it has still comes when the origin is down.
NGINX = """
events {{}}
http {{
    proxy_cache_path /tmp/cache keys_zone=files:1m;
    server {{
        listen {port} ssl;
        ssl_certificate /cdn/certificate.pem;
        ssl_certificate_key /cdn/key.pem;
        location / {{
            proxy_pass https://127.0.0.1:{origin};
            proxy_ssl_server_name on;
            proxy_ssl_name localhost;
            proxy_set_header Host localhost;
            proxy_cache files;
            proxy_cache_use_stale error timeout;
            add_header X-Cache $upstream_cache_status always;
        }}
    }}
}}
"""
# A page with what users uploaded: a picture, and a script that is none of the site's.
SETTINGS = """
from PACKAGE.config.production import *
ROOT_URLCONF = "media_urls"
"""
URLS = """
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.urls import path
from PACKAGE.config.urls import handler500, urlpatterns

def page(request):
    url = default_storage.url
    return HttpResponse(f'<img src="{url("Größe 🎉.png")}"><script src="{url("evil.js")}"></script>')

urlpatterns = [path("media-page/", page), *urlpatterns]
"""
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
UPLOADS = {
    "Größe 🎉.png": base64.b64decode(PIXEL),
    "evil.js": b"document.title = 'run'",
    "evil.html": b"<title>uploaded</title><script>document.title = 'run'</script>",
}


@contextmanager
def container(image, *command, options):
    """Run a container in the network of this machine while the block runs."""
    name = f"ddpt-cdn-{free_port()}"
    docker("run", "--detach", "--name", name, "--network", "host", *options, image, *command)
    try:
        yield name
    finally:
        docker("rm", "--force", "--volumes", name)


def cdn(origin, port, folder):
    """Serve what the origin serves, from a cache, while the block runs."""
    (folder / "nginx.conf").write_text(NGINX.format(port=port, origin=origin))
    command = ["nginx", "-c", "/cdn/nginx.conf", "-g", "daemon off;"]
    return container("nginx:1-alpine", *command, options=["--volume", f"{folder}:/cdn:ro"])


def proxy(project, port, media):
    """Serve media files by the project's own Caddyfile while the block runs."""
    deployment = project.installed.path / "deployment"
    typed = {"DOMAIN_NAME": "localhost", "HTTP_PORT": str(free_port()), "HTTPS_PORT": str(port)}
    environment = settings.load("production", deployment, shell={}, typed=typed).variables()
    # as the program `configure` beside the Caddyfile has them
    environment |= {"HTTP_ADDRESSES": "http://localhost", "HTTPS_ADDRESSES": "https://localhost", "TLS": ""}
    variables = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
    volumes = [f"{deployment}/caddy/Caddyfile:/etc/caddy/Caddyfile:ro", f"{media}:/srv/media:ro"]
    return container("caddy:2-alpine", options=[*variables, *(f"--volume={volume}" for volume in volumes)])


@contextmanager
def visitor(browser):
    """Give a page, what it loads from the CDN and how, and what is wrong with it."""
    context = browser.new_context(ignore_https_errors=True)
    page, loaded, wrong = context.new_page(), {}, []
    page.on("response", lambda response: HOST in response.url and loaded.setdefault(response.url, response))
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page, loaded, wrong
    context.close()


def look_at(browser, address, paths):
    """Open pages, and return what they loaded from the CDN and what was wrong with them."""
    with visitor(browser) as (page, loaded, wrong):
        for path in paths:
            assert page.goto(address + path).status == 200
            assert page.evaluate("document.fonts.ready.then(() => true)")
        return {url: response.header_value("X-Cache") for url, response in loaded.items()}, wrong


@pytest.fixture
def project(production, tmp_path):
    """A project, and a folder for what the containers read."""
    if reason := missing_engine():
        pytest.skip(reason)
    tmp_path.chmod(0o755)
    return production(EVERYTHING)


def give_certificate(project, folder):
    """Let the CDN have the certificate of the site, which the tests made."""
    for name in ("key.pem", "certificate.pem"):
        (folder / name).write_bytes((project.folder / name).read_bytes())


def test_pages_load_from_cdn_which_keeps_what_it_has_when_the_site_is_down(project, chromium, tmp_path):
    port = free_port()
    with project.https(CDN_HOST=HOST) as server:
        give_certificate(project, tmp_path)
        with cdn(server.port, port, tmp_path):
            until(lambda: listens(port))
            browser = launch(chromium.browser_type, f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{port}")
            # The admin's theme has fonts, which browsers take from another host with CORS alone, and scripts.
            pages = ["/", "/accounts/login/", "/admin/login/"]
            first, wrong = look_at(browser, server.address, pages)
            assert wrong == []
            assert set(first.values()) == {"MISS"}
            assert {url.rpartition(".")[2] for url in first} >= {"css", "js", "woff2"}
            again, wrong = look_at(browser, server.address, pages)
            assert wrong == []
            assert again == dict.fromkeys(first, "HIT")
            browser.close()

            server.process.terminate()
            server.process.wait()
            for url in first:
                kept = requests.get(url.replace(HOST, f"127.0.0.1:{port}"), headers=CHROMIUM, verify=False)
                assert kept.status_code == 200
                assert kept.headers["Access-Control-Allow-Origin"] == "*"
            assert requests.get(f"https://127.0.0.1:{port}/", verify=False).status_code == 502


def test_media_files_come_from_cdn_also_when_the_site_is_down_and_run_no_script(project, chromium, tmp_path):
    port, origin, media = free_port(), free_port(), tmp_path / "media"
    media.mkdir()
    for name, content in UPLOADS.items():
        (media / name).write_bytes(content)
    for name, text in {"media_settings": SETTINGS, "media_urls": URLS}.items():
        (tmp_path / f"{name}.py").write_text(text.replace("PACKAGE", project.installed.name))
    variables = {"DJANGO_SETTINGS_MODULE": "media_settings", "PYTHONPATH": str(tmp_path), "CDN_HOST": HOST}
    with project.https(**variables) as server:
        give_certificate(project, tmp_path)
        with cdn(origin, port, tmp_path):
            with proxy(project, origin, media) as name:
                none = f"https://127.0.0.1:{port}/media/none"
                until(
                    lambda: listens(port) and requests.get(none, verify=False).status_code == 404,
                    log=lambda name=name: docker("logs", name, errors=True),
                )
                browser = launch(chromium.browser_type, f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{port}")
                caches = []
                for _ in range(2):
                    with visitor(browser) as (page, loaded, wrong):
                        page.goto(f"{server.address}/media-page/")
                        assert page.locator("img").evaluate("image => image.naturalWidth") == 1
                        assert page.title() == ""
                        [refused] = wrong
                        assert "evil.js" in refused
                        assert "Content Security Policy" in refused
                        [(picture, response)] = loaded.items()
                        caches.append(response.header_value("X-Cache"))
                        # Opened by itself, it may do nothing either.
                        page.goto(f"https://{HOST}/media/evil.html")
                        assert page.title() == "uploaded"
                assert caches == ["MISS", "HIT"]
                browser.close()
                kept_url = picture.replace(HOST, f"127.0.0.1:{port}")
                missing = kept_url.replace(".png", ".gif")
                assert [requests.get(missing, verify=False).headers["X-Cache"] for _ in range(2)] == ["MISS", "MISS"]
            # Its origin is gone.
            kept = requests.get(kept_url, headers=CHROMIUM, verify=False)
            assert (kept.status_code, kept.content) == (200, UPLOADS["Größe 🎉.png"])
            assert kept.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
            assert kept.headers["X-Content-Type-Options"] == "nosniff"
            # No page of another site may read what users uploaded.
            assert "Access-Control-Allow-Origin" not in kept.headers
            assert requests.get(missing, verify=False).status_code == 502
