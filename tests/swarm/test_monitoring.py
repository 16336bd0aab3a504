"""Monitoring: what Prometheus reads of a site, that alerts come from their causes and end with them, and logs that are kept."""

import datetime
import email.policy
import json
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import psutil
import pytest
import yaml
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from support.backups import in_repository, psql
from support.engine import docker
from support.processes import free_port, until
from support.projects import NGINX, NOTHING
from support.site import Site
from support.traffic import Traffic, own_address

pytestmark = [pytest.mark.site, pytest.mark.long, pytest.mark.xdist_group("monitoring")]

# Where the proxy matters, on a site of each
both = pytest.mark.parametrize("site", ["caddy", "nginx"], indirect=True)
caddy = pytest.mark.parametrize("site", ["caddy"], indirect=True)

# What the times of the project are replaced by, so that a test need not wait for minutes.
FAST = {
    "monitoring/alerts.yml": [
        (r"for: \d+[mh]", "for: 2s"),
        (r"\[5m\]", "[30s]"),
        (r"\[6h\]", "[20s]"),
        ("> 1800", "> 20"),
        ("> 600", "> 5"),
    ],
    "monitoring/prometheus.yml": [(r"_interval: \d+s", "_interval: 2s")],
    "monitoring/alertmanager.sh": [("group_wait: 15s", "group_wait: 1s"), ("group_interval: 2m", "group_interval: 5s")],
    "stacks/scheduler.yml": [("daily 03:30 housekeeping", "every 10s housekeeping"), ("every 10m", "every 10s")],
}
SERVICES = ("prometheus", "alertmanager", "node-exporter", "postgres-exporter", "logs", "log-collector")
# Which series there are only once something has happened
RARE = {"django_request_errors_total", "django_cache_reads_total"}
# How much of the memory that is free a process takes, and how much of it must be left
TAKEN, LEFT = 0.5, 0.6


class Inbox:
    """A mail server, and a webhook, which keep what they get."""

    def __init__(self):
        self.emails, self.calls = [], []
        self.controller = Controller(self, hostname="0.0.0.0", port=free_port())
        self.controller.start()
        inbox = self

        class Webhook(BaseHTTPRequestHandler):
            def do_POST(self):
                inbox.calls.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

        self.webhook = ThreadingHTTPServer(("0.0.0.0", 0), Webhook)
        Thread(target=self.webhook.serve_forever, daemon=True).start()
        self.webhook_url = f"http://{own_address()}:{self.webhook.server_port}/alerts"

    def clear(self):
        self.emails.clear()
        self.calls.clear()

    def calls_about(self, alert, status):
        """Return the alerts of a name and a status that the webhook got."""
        alerts = [one for call in self.calls for one in call["alerts"]]
        return [one for one in alerts if one["labels"]["alertname"] == alert and one["status"] == status]

    def stop(self):
        self.controller.stop()
        self.webhook.shutdown()
        self.webhook.server_close()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.emails.append(f"{message['Subject']}\n{message.get_body().get_content()}")
        return "250 OK"


@contextmanager
def disk(folder):
    """A small file system of its own, as a disk of the node; give where it is."""
    # not below the folder, which is for root alone
    image, mount = folder / "disk.img", Path("/mnt/proof-monitoring")
    mount.mkdir(parents=True, exist_ok=True)
    subprocess.run(["truncate", "--size", "64M", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, mount]).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield mount
    finally:
        subprocess.run(["umount", "--lazy", mount], check=True)
        mount.rmdir()


@pytest.fixture(scope="module")
def inbox():
    inbox = Inbox()
    yield inbox
    inbox.stop()


@pytest.fixture(scope="module")
def site(request, engine, inbox, swarm_lock, tmp_path_factory):
    """A site with monitoring, but without Grafana, on a node that has another disk."""
    folder = tmp_path_factory.mktemp("monitoring")
    combination = NOTHING | {NGINX} if request.param == "nginx" else NOTHING
    site = Site(
        folder, "proof-monitoring", combination, HTTP_PORT="9780", HTTPS_PORT="9743", DJANGO_REPLICAS="1",
        ADMINS="ada@example.com", EMAIL_HOST=own_address(), EMAIL_PORT=str(inbox.controller.port), EMAIL_USE_TLS="no",
        BACKUP_WAL="yes", POSTGRES_MAX_CONNECTIONS="60",
    )  # fmt: skip
    site.shell["DDPT_ALERT_WEBHOOK_URL"] = inbox.webhook_url
    site.add_proof()
    deployment = site.project / "deployment"
    # its image is not everywhere to be had
    (deployment / "stacks/monitoring/grafana.yml").unlink()
    for path in (deployment / "stacks/monitoring").glob("*.yml"):
        image = re.search(r"image: (\S+)", path.read_text())[1]
        if not docker("image", "ls", "--quiet", image):
            pytest.skip(f"the image {image} is not there: docker pull {image}")
    for name, changes in FAST.items():
        text = (deployment / name).read_text()
        for pattern, replacement in changes:
            text, count = re.subn(pattern, replacement, text)
            assert count, pattern
        (deployment / name).write_text(text)
    memory = psutil.virtual_memory()
    share = LEFT * memory.available / memory.total
    site.edit("deployment/monitoring/alerts.yml", "MemTotal_bytes < 0.05", f"MemTotal_bytes < {share:.3f}")
    site.commit("shorter times, and less memory to use up")
    with disk(folder) as site.disk:
        try:
            with swarm_lock:
                site.make("setup", YES="1")
            assert "prometheus" not in site.make("status")
            site.make("monitoring")
            site.ask("/proof/")
            for name in ("site_backup_verified_timestamp_seconds", "site_wal_stored_timestamp_seconds"):
                until(lambda name=name: series(site, name), 180)
            until(lambda: not firing(site), 180, log=lambda: str(firing(site)))
            yield site
        finally:
            site.remove()


def series(site, query):
    """Return the lines that Prometheus answers a query with."""
    containers = site.containers("prometheus")
    command = ["exec", containers[0], "promtool", "query", "instant", "http://127.0.0.1:9090", query]
    return docker(*command, check=False).strip().splitlines() if containers else []


def firing(site):
    """Return the names of the alerts that fire."""
    return set(re.findall(r'alertname="(\w+)"', "\n".join(series(site, 'ALERTS{alertstate="firing"}'))))


def scale(site, service, replicas):
    docker("service", "scale", "--detach", f"{site.service(service)}={replicas}")


@both
def test_everything_is_asked_and_answers(site):
    expected = {"django", "scheduler", "node", "postgres", "prometheus", "alertmanager"}
    until(lambda: jobs(site, "up == 1") == expected, 120, log=lambda: str(series(site, "up")))
    assert series(site, "up == 0") == []


def jobs(site, query):
    return set(re.findall(r'job="([^"]+)"', "\n".join(series(site, query))))


@both
def test_series_that_alerts_and_dashboards_name_are_there(site):
    folder = site.project / "deployment/monitoring"
    rules = [rule for group in yaml.safe_load((folder / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    panels = [panel for path in (folder / "dashboards").iterdir() for panel in json.loads(path.read_text())["panels"]]
    queries = [rule["expr"] for rule in rules] + [one["expr"] for panel in panels for one in panel["targets"]]
    named = set(re.findall(r"\b(?:django|site|node|pg)_\w+", "\n".join(queries))) - RARE
    missing = {name for name in named if not series(site, name)}
    assert missing == set()


@both
def test_status_knows_all_of_it_over_a_slow_connection(site, tmp_path):
    """Each command is a connection of its own over SSH, but for compose, which asks no engine."""
    printed = []
    for delay in ("0", "0.3"):
        slow = tmp_path / delay / "docker"
        slow.parent.mkdir()
        slow.write_text(f'#!/bin/sh\n[ "$1" = compose ] || sleep {delay}\nexec {shutil.which("docker")} "$@"\n')
        slow.chmod(0o755)
        environment = site.shell | {"PATH": f"{slow.parent}:{site.shell['PATH']}"}
        begun = time.monotonic()
        done = subprocess.run(
            ["make", "--silent", "status", "JSON=1"],
            cwd=site.project / "deployment",
            env=environment,
            capture_output=True,
        )
        printed.append(json.loads(done.stdout))
        print(f"PROOF status with {delay} s for each command: {time.monotonic() - begun:.1f} s")
        assert printed[-1]["problems"] == []
    assert printed[0].keys() == printed[1].keys()
    assert {row["state"] for row in printed[0]["services"]} == {"healthy"}


@caddy
def test_monitoring_is_part_of_the_site_and_reached_by_no_port(site):
    printed = site.make("status")
    for service in SERVICES:
        assert re.search(rf"^{service} +healthy", printed, re.MULTILINE), service
    address = re.search(r"prometheus: http://(\S+):9090", site.make("monitoring-tunnel"))[1]
    assert subprocess.run(["bash", "-c", f"</dev/tcp/{address}/9090"]).returncode == 0


@caddy
@pytest.mark.parametrize("service", SERVICES)
def test_containers_of_the_monitoring_are_limited_and_shut_in(site, service):
    [container] = site.containers(service)
    described = json.loads(docker("inspect", container))[0]
    limits = described["HostConfig"]
    assert limits["ReadonlyRootfs"]
    assert limits["CapDrop"] == ["ALL"]
    assert limits["Memory"] > 0
    assert limits["PidsLimit"] > 0
    assert not limits["PortBindings"]
    secrets = {"alertmanager": ["ALERT_WEBHOOK_URL"], "postgres-exporter": ["MONITORING_PASSWORD"]}
    spec = json.loads(docker("service", "inspect", site.service(service)))[0]["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert [secret["File"]["Name"] for secret in spec.get("Secrets") or []] == secrets.get(service, [])
    user = re.search(r"^Uid:\s+(\d+)", docker("exec", container, "cat", "/proc/1/status"), re.MULTILINE)[1]
    assert (user == "0") == (service in ("logs", "log-collector"))


@both
def test_metrics_are_not_reached_from_outside(site):
    for path in ("/metrics", "/metrics/"):
        assert site.ask(path).status == 404


@caddy
def test_exporter_of_postgresql_reads_no_row(site):
    reader = f"{site.stack.replace('-', '_')}_monitoring"
    asked = psql(site, "--command", f"SELECT has_database_privilege('{reader}', current_database(), 'CONNECT')")
    assert asked.strip() == "f"
    assert psql(site, "--command", f"SELECT rolsuper FROM pg_roles WHERE rolname = '{reader}'").strip() == "f"


# Each brings a cause about, and at its second step ends it.


def stopped(service):
    """Return the cause that no container of a service runs."""

    def cause(site):
        scale(site, service, 0)
        yield
        scale(site, service, 1)
        site.wait_for(service, 1)

    return cause


def requests_end_in_errors(site):
    psql(site, "--command", "ALTER TABLE proof_entry RENAME TO gone")
    yield
    psql(site, "--command", "ALTER TABLE gone RENAME TO proof_entry")


def disk_is_full(site):
    filler = site.disk / "filler"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=1M"], capture_output=True)
    yield
    filler.unlink()


def backups_fail(site):
    in_repository(site, "cd /backups; mv repository good; for i in state/*/verified; do touch -d '3 days ago' $i; done")
    yield
    in_repository(site, "cd /backups; rm -rf repository; mv good repository")
    site.make("backup")


def backups_never_began(site):
    scale(site, "backups", 0)
    until(lambda: not site.containers("backups"))
    docker(
        "run", "--rm", f"--volume={site.service('backup_status')}:/status", "postgres:18-alpine", "rm", "/status/status"
    )
    yield
    scale(site, "backups", 1)
    site.wait_for("backups", 1)


def wal_cannot_be_stored(site):
    in_repository(site, "cd /backups; mv repository good")
    yield
    in_repository(site, "cd /backups; rm -rf repository; mv good repository")


def kept_from_all_nodes(service):
    """Return the cause that no node may run a service, which then has no container."""

    def cause(site):
        name = site.proxy if service == "proxy" else service
        move = ["service", "update", "--detach", "--quiet", site.service(name)]
        docker(*move, "--constraint-add", "node.labels.edge == no")
        yield
        docker(*move, "--constraint-rm", "node.labels.edge == no")
        site.wait_for(name, 1)

    return cause


def certificate_of_one_s_own(site, begin, end):
    """Have the site show a certificate that is valid from some days to others, from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=begin))
        .not_valid_after(now + datetime.timedelta(days=end))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    site.make("rotate-secret", NAME="TLS_CERTIFICATE", DDPT_TLS_CERTIFICATE=pem.decode())


def certificate_is_not_renewed(site):
    certificate_of_one_s_own(site, -85, 5)
    yield
    certificate_of_one_s_own(site, 0, 90)


def certificate_is_lost(site):
    folder = ["run", "--rm", f"--volume={site.service('certificates')}:/certificates", "postgres:18-alpine", "mv"]
    if site.proxy == "nginx":
        docker(*folder, "/certificates/localhost.pem", "/certificates/lost")
    else:
        site.edit("deployment/caddy/Caddyfile", "{$HTTPS_ADDRESSES} {\n\t{$TLS}\n", "https://elsewhere.localhost {\n")
        site.make("deploy-caddy")
    yield
    if site.proxy == "nginx":
        docker(*folder, "/certificates/lost", "/certificates/localhost.pem")
    else:
        site.git("checkout", "--quiet", ".")
        site.make("deploy-caddy")


def migration_is_forgotten(site):
    last = "FROM django_migrations WHERE app = 'proof'"
    psql(site, "--command", f"CREATE TABLE forgotten AS SELECT * {last}; DELETE {last}")
    yield
    psql(site, "--command", "INSERT INTO django_migrations SELECT * FROM forgotten; DROP TABLE forgotten")


def job_fails(site):
    psql(site, "--command", "ALTER TABLE django_session RENAME TO gone")
    yield
    psql(site, "--command", "ALTER TABLE gone RENAME TO django_session")


def exporter_hangs(site):
    [container] = site.containers("node-exporter")
    docker("pause", container)
    yield
    docker("unpause", container)


def sessions(site, sql, count=1):
    """Open sessions of PostgreSQL that end in a sleep, wait for it, and end them at the second step."""
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    database = site.stack.replace("-", "_")
    opened = f"for i in $(seq {count}); do psql --quiet --username postgres {database} --command '{sql}' & done; wait"
    command = ["docker", "exec", site.containers("postgres")[0], "sh", "-c", opened]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        until(lambda: int(psql(site, "--command", asleep)) == count)
        yield
        psql(site, "--command", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = '{sql}'")


def visitors(site, count):
    """Start to ask for a page, which reads the table of entries."""
    return [subprocess.Popen(["curl", "-sk", "-o", "/dev/null", f"{site.url}/proof/"]) for _ in range(count)]


def threads_wait_for_a_lock(site):
    for _ in sessions(site, "BEGIN; LOCK TABLE proof_entry; SELECT pg_sleep(300)"):
        clients = visitors(site, 20)
        yield
    for client in clients:
        client.wait(60)


def requests_wait(site):
    """The other way round: they were slow, and are slow no more."""
    for _ in sessions(site, "BEGIN; LOCK TABLE proof_entry; SELECT pg_sleep(6)"):
        for client in visitors(site, 12):
            client.wait(60)
        yield


def rollout_is_interrupted(site):
    scale(site, "django", 2)
    site.wait_for("django", 2)
    docker(
        "service", "update", "--detach", "--quiet", "--env-add", "RELEASE=other", "--update-delay", "10m",
        site.service("django"),
    )  # fmt: skip
    yield
    site.make("deploy")


def transaction_stays_open(site):
    yield from sessions(site, "BEGIN; SELECT pg_sleep(301)")


def connections_are_used_up(site):
    used = int(psql(site, "--command", "SELECT sum(numbackends) FROM pg_stat_database"))
    yield from sessions(site, "SELECT pg_sleep(302)", 52 - used)


def disk_fills_up(site):
    filler = site.disk / "filler"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=1M", "count=40"], capture_output=True)
    yield
    filler.unlink()


def memory_is_used_up(site):
    program = f"held = b'x' * {int(TAKEN * psutil.virtual_memory().available)}; input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as holder:
        yield
        holder.kill()


CAUSES = {
    "DatabaseDown": stopped("postgres"),
    "RequestsFail": requests_end_in_errors,
    "SiteDown": stopped("django"),
    "CacheUnavailable": stopped("redis"),
    "DiskFull": disk_is_full,
    "BackupOverdue": backups_fail,
    "BackupFailed": backups_fail,
    "BackupUnknown": backups_never_began,
    "WalNotStored": wal_cannot_be_stored,
    "ProxyDown": kept_from_all_nodes("proxy"),
    "NodesUnknown": kept_from_all_nodes("node-exporter"),
    "SchedulerDown": stopped("scheduler"),
    "CertificateExpires": certificate_is_not_renewed,
    "CertificateMissing": certificate_is_lost,
    "MigrationsMissing": migration_is_forgotten,
    "JobFailed": job_fails,
    "TargetDown": exporter_hangs,
    "ThreadsBusy": threads_wait_for_a_lock,
    "RequestsSlow": requests_wait,
    "ReleasesDiffer": rollout_is_interrupted,
    "TransactionStaysOpen": transaction_stays_open,
    "DatabaseConnectionsUsedUp": connections_are_used_up,
    "DiskFillsUp": disk_fills_up,
    "MemoryUsedUp": memory_is_used_up,
}
OF_THE_PROXY = ("ProxyDown", "CertificateExpires", "CertificateMissing")
READYZ = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz')"


def comes_and_ends(site, inbox, alert):
    """Bring the cause of an alert about and end it, and wait for the alert, its email, its call and their ends."""
    until(lambda: not firing(site), 180, log=lambda: str(firing(site)))
    inbox.clear()

    def fires():
        # someone must ask for what fails
        if alert == "RequestsFail":
            site.ask("/proof/")
        if alert == "CacheUnavailable":
            docker("exec", site.containers("django")[0], "python", "-c", READYZ, check=False)
        return alert in firing(site)

    cause = CAUSES[alert](site)
    next(cause)
    try:
        print(f"PROOF {alert} fires after {until(fires, 180, log=lambda: str(firing(site))):.0f} s")
        until(lambda: inbox.calls_about(alert, "firing"), 60)
        until(lambda: any("[FIRING" in text and alert in text and "make " in text for text in inbox.emails), 60)
        [told, *_] = inbox.calls_about(alert, "firing")
        assert told["labels"]["site"] == "localhost"
        assert "make " in told["annotations"]["description"]
    finally:
        next(cause, None)
    print(
        f"PROOF {alert} ends after {until(lambda: alert not in firing(site), 180, log=lambda: str(firing(site))):.0f} s"
    )
    until(lambda: inbox.calls_about(alert, "resolved"), 60)
    until(lambda: any("[RESOLVED]" in text and alert in text for text in inbox.emails), 60)


@caddy
def test_each_alert_has_a_cause(site):
    text = (site.project / "deployment/monitoring/alerts.yml").read_text()
    assert set(re.findall(r"- alert: (\w+)", text)) == set(CAUSES)


@caddy
@pytest.mark.parametrize("alert", CAUSES)
def test_alert_comes_from_its_cause_and_ends_with_it(site, inbox, alert):
    comes_and_ends(site, inbox, alert)


@pytest.mark.parametrize("site", ["nginx"], indirect=True)
@pytest.mark.parametrize("alert", OF_THE_PROXY)
def test_alert_about_nginx_comes_from_its_cause_and_ends_with_it(site, inbox, alert):
    comes_and_ends(site, inbox, alert)


def logged(site, **options):
    """Return the lines that were kept."""
    return [line for line in site.make("service-logs", **options).splitlines() if " | " in line]


@both
def test_log_outlives_containers_and_releases(site):
    request = site.ask("/nothing-to-see").headers["X-Request-ID"]
    before = site.containers("django")[0]
    site.change()
    site.make("deploy")
    docker("rm", "--force", before, check=False)
    found = logged(site, REQUEST=request, SINCE="3d")
    assert {line.split()[2].partition(".")[0] for line in found} == {site.proxy, "django"}
    assert any(f" django.{before[:12]} | " in line for line in found)
    assert logged(site, SINCE="1h", GREP="nothing-to-s.e")
    assert logged(site, SINCE="1h", GREP="nothing-to-s.e", SERVICE="postgres") == []
    assert "SINCE=long is invalid" in site.refuse("service-logs", SINCE="long")


@both
def test_no_token_is_kept(site):
    token = "c8x3ah-0123456789abcdef0123456789abcdef"
    site.ask(f"/accounts/reset/MQ/{token}/")
    site.ask(f"/nothing-to-see?token={token}")
    assert logged(site, SINCE="1h", GREP="nothing-to-see")
    kept = docker("exec", site.containers("logs")[0], "sh", "-c", "cat /srv/logs/*")
    assert token not in kept


@caddy
def test_dead_log_service_slows_no_request_and_misses_no_line(site):
    traffic = Traffic(site.url, rate=20)
    traffic.start()
    try:
        with traffic.watch("a dead log service") as seen:
            docker("kill", *site.containers("log-collector"))
            scale(site, "logs", 0)
            until(lambda: not site.containers("logs"))
            request = site.ask("/while-nobody-listens").headers["X-Request-ID"]
            until(lambda: len(traffic.counts) > 20)
        assert seen.failures == []
    finally:
        traffic.stop()
    scale(site, "logs", 1)
    site.wait_for("logs", 1)
    until(lambda: len(logged(site, REQUEST=request, SINCE="1d")) >= 2, 60)
