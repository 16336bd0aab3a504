"""The proxy of a project in containers of its own, as its stack file describes it, without a swarm."""

import contextlib
import shutil
import subprocess
from pathlib import Path
from string import Template

import pytest
import yaml

from ddpt_deploy.site import settings
from support.engine import docker
from support.projects import DEFAULTS, NGINX

COMBINATIONS = {"caddy": DEFAULTS, "nginx": DEFAULTS | {NGINX}}


def proxies(group: str, *, long: bool = False) -> list:
    """Return the parameters for tests of both proxies; `make test` has Caddy, or with ``long`` none."""
    return [
        pytest.param(name, marks=[pytest.mark.xdist_group(f"{group}-{name}"), *([pytest.mark.long] if slow else [])])
        for name, slow in (("caddy", long), ("nginx", True))
    ]


class Proxy:
    """Caddy, or NGINX with what gives it certificates, of a copy of a project that a test may change."""

    def __init__(self, folder: Path, project: Path, name: str):
        self.folder = folder / "deployment"
        shutil.copytree(project / "deployment", self.folder, symlinks=True)
        self.name = name
        self.kind = "nginx" if (self.folder / "nginx").is_dir() else "caddy"
        # names of files and what is in them, as the swarm mounts them into /run/secrets
        self.secrets = folder / "secrets"
        self.secrets.mkdir()
        self.variables: dict[str, str] = {}

    @property
    def container(self) -> str:
        """The container of the proxy itself."""
        return f"{self.name}-{self.kind}"

    @property
    def source(self) -> str:
        """The container whose log tells of certificates."""
        return f"{self.name}-certbot" if self.kind == "nginx" else self.container

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a file of the copy."""
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{path} does not have {old!r}"
        file.write_text(text.replace(old, new))

    def configure(self, *, reload: bool = False, bypass: str = "", **typed: str) -> subprocess.CompletedProcess:
        """Run the program ``configure``, as `make deploy-caddy` or `make deploy-nginx` does, with settings.

        In maintenance where ``bypass`` says what passes it.
        """
        found = settings.load("production", self.folder, shell={}, typed=typed)
        self.variables = found.variables()
        options = self._options(self.kind, mount=":rw")
        maintenance = {"MAINTENANCE": "on" if bypass else "off", "BYPASS": bypass}
        environment = {**self.variables, "RELOAD": "yes" if reload else "no", **maintenance}
        command = [
            "docker", "run", "--rm", "--user", "0", *options, *self._environment(environment),
            "--volume", f"{self.folder / self.kind}:/new:ro", self._service(self.kind)["image"], "sh", "/new/configure",
        ]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True)

    def start(self, *options: str, **typed: str) -> None:
        """Start the proxy with settings, in the network of its name; ``options`` are for its container."""
        done = self.configure(**typed)
        assert done.returncode == 0, done.stderr
        if self.kind == "nginx":
            self.start_certbot()
        service = self._service(self.kind)
        docker(
            "run", "--detach", "--name", self.container, "--network", self.name, "--network-alias", "proxy",
            "--network-alias", f"tasks.{self.kind}", *self._options(self.kind), *options, service["image"],
            *service["command"],
        )  # fmt: skip

    def start_certbot(self, *options: str) -> None:
        """Start what gives NGINX its certificates, or start it again."""
        image = f"{self.name}-certbot"
        docker("build", "--quiet", "--tag", image, str(self.folder / "certbot"))
        docker("rm", "--force", self.source, check=False)
        docker(
            "run", "--detach", "--name", self.source, "--network", self.name, *self._options("certbot"),
            *self._environment(self._service("certbot")["environment"]), *self.certbot_options, *options, image,
        )  # fmt: skip

    # for the certificate of an authority, and the like
    certbot_options: tuple[str, ...] = ()

    def reload(self, **typed: str) -> None:
        """Have the running proxy reload its configuration with other settings, without a restart."""
        done = self.configure(reload=True, **typed)
        assert done.returncode == 0, done.stderr
        if self.kind == "nginx":
            self.start_certbot()

    def address(self) -> str:
        """Return the IP address of the proxy."""
        return docker(
            "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self.container
        ).strip()

    def log(self) -> str:
        """Return what the proxy, and what gives it certificates, have logged."""
        return "".join(docker("logs", name, errors=True, check=False) for name in {self.source, self.container})

    def remove(self) -> None:
        """Remove all that this has made but the network."""
        docker("rm", "--force", "--volumes", self.container, self.source, check=False)
        volumes = docker("volume", "ls", "--quiet", "--filter", f"name={self.name}_").split()
        if volumes:
            docker("volume", "rm", *volumes, check=False)
        docker("image", "rm", "--force", f"{self.name}-certbot", check=False)

    def _service(self, name: str) -> dict:
        text = (self.folder / f"stacks/{name}.yml").read_text()
        return yaml.safe_load(Template(text).safe_substitute(self.variables))["services"][name]

    def _options(self, name: str, mount: str = "") -> list[str]:
        """Return the options of docker that say what the stack file says of a service; ``mount`` is for its volumes."""
        service = self._service(name)
        options = ["--read-only", "--cap-drop", "ALL", "--volume", f"{self.secrets}:/run/secrets:ro"]
        options += [f"--cap-add={capability}" for capability in service.get("cap_add", [])]
        if "user" in service and not mount:
            options += ["--user", service["user"]]
        if service.get("init"):
            options += ["--init"]
        for one in service["volumes"]:
            if one["type"] == "tmpfs":
                options += ["--tmpfs", one["target"]]
            else:
                mode = mount or (":ro" if one.get("read_only") else "")
                options += ["--volume", f"{self.name}_{one['source']}:{one['target']}{mode}"]
        return options

    @staticmethod
    def _environment(variables: dict) -> list[str]:
        # a variable of a stack file that is empty is None for YAML
        return [f"--env={name}={'' if value is None else value}" for name, value in variables.items()]


def certificate(folder: Path, *hosts: str) -> str:
    """Return a key and a certificate for hosts, which it has signed itself, in PEM."""
    key, signed = folder / "key.pem", folder / "signed.pem"
    names = ",".join(f"DNS:{host}" for host in hosts)
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", f"/CN={hosts[0]}", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", signed,
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return key.read_text() + signed.read_text()


@contextlib.contextmanager
def network(name: str, *options: str):
    """Make a network of containers while the block runs."""
    docker("network", "rm", name, check=False)
    docker("network", "create", *options, name)
    try:
        yield
    finally:
        docker("network", "rm", name, check=False)
