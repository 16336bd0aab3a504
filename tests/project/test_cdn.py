"""A CDN in front of the static files: NGINX with a cache, between Chromium and the site."""

from contextlib import contextmanager

import pytest
import requests

from support.chromium import launch
from support.engine import docker, missing_engine
from support.processes import free_port, listens, until
from support.projects import EVERYTHING, label

pytestmark = [pytest.mark.docker, pytest.mark.long, pytest.mark.xdist_group(label(EVERYTHING))]

# The certificate of the tests is trusted by nobody.
pytestmark.append(pytest.mark.filterwarnings("ignore:Unverified HTTPS request"))

HOST = "cdn.example.com"
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
            proxy_set_header Host localhost;
            proxy_cache files;
            proxy_cache_use_stale error timeout;
            add_header X-Cache $upstream_cache_status;
        }}
    }}
}}
"""


@contextmanager
def cdn(origin, port, folder):
    """Serve what the origin serves, from a cache, while the block runs."""
    (folder / "nginx.conf").write_text(NGINX.format(port=port, origin=origin))
    name = f"ddpt-cdn-{port}"
    volume = f"{folder}:/cdn:ro"
    docker("run", "--detach", "--name", name, "--network", "host", "--volume", volume, "nginx:1-alpine", "nginx",
           "-c", "/cdn/nginx.conf", "-g", "daemon off;")  # fmt: skip
    try:
        yield
    finally:
        docker("rm", "--force", name)


def look_at(browser, address, paths):
    """Open pages, and return what they loaded from the CDN and what was wrong with them."""
    context = browser.new_context(ignore_https_errors=True)
    page, loaded, wrong = context.new_page(), {}, []
    page.on("response", lambda response: HOST in response.url and loaded.setdefault(response.url, response))
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    for path in paths:
        assert page.goto(address + path).status == 200
        assert page.evaluate("document.fonts.ready.then(() => true)")
    caches = {url: response.header_value("X-Cache") for url, response in loaded.items()}
    context.close()
    return caches, wrong


def test_pages_load_from_cdn_which_keeps_what_it_has_when_the_site_is_down(production, chromium, tmp_path):
    if reason := missing_engine():
        pytest.skip(reason)
    project, port = production(EVERYTHING), free_port()
    tmp_path.chmod(0o755)
    with project.https(CDN_HOST=HOST) as server:
        for name in ("key.pem", "certificate.pem"):
            (tmp_path / name).write_bytes((project.folder / name).read_bytes())
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
                # As Chromium: the cache keeps a file for each of these
                encodings = {"Accept-Encoding": "gzip, deflate, br, zstd"}
                kept = requests.get(url.replace(HOST, f"127.0.0.1:{port}"), headers=encodings, verify=False)
                assert kept.status_code == 200
                assert kept.headers["Access-Control-Allow-Origin"] == "*"
            assert requests.get(f"https://127.0.0.1:{port}/", verify=False).status_code == 502
