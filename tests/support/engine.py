"""The Docker Engine of this machine."""

import subprocess


def docker(*arguments: str, check: bool = True, errors: bool = False, stdin: str | None = None) -> str:
    """Run docker and return its output, with ``errors`` its standard error as well. Fails if docker does and ``check``."""
    stderr = subprocess.STDOUT if errors else subprocess.PIPE
    done = subprocess.run(["docker", *arguments], stdout=subprocess.PIPE, stderr=stderr, text=True, input=stdin)
    assert not check or done.returncode == 0, f"docker {' '.join(arguments)}: {done.stdout}{done.stderr or ''}"
    return done.stdout


def docker_log(service: str, since: str) -> str:
    """Return all that the containers of a service have logged."""
    # task by task, as `make service-logs` does: the log of the whole may never end
    tasks = docker("service", "ps", "--quiet", "--no-trunc", service).split()
    logs = (docker("service", "logs", "--since", since, task, check=False, errors=True) for task in tasks)
    return "".join(logs)


def missing_engine() -> str:
    """Return why tests of Docker cannot run here; an empty text when an engine with Compose answers."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=20)
        except (OSError, subprocess.SubprocessError):
            return f"no Docker Engine answers (see `{' '.join(command)}`)"
    return ""
