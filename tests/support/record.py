"""Records what a real Docker Engine answers, for the tests of the deploy tool: ``python tests/support/record.py``.

It makes a small stack on the engine, brings each service into a state that a release can meet, and removes it again.
The engine must be a manager of a swarm, and have the image redis:8-alpine.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
STACK = "recorded"
IMAGE = "redis:8-alpine"
# the parts of a task that the tool reads
TASK = ("ID", "CreatedAt", "DesiredState", "NodeID", "Spec", "Status")
SERVES = ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]
CRASHES = ["sh", "-c", "echo crashed on purpose; exit 3"]
# What Compose prints in another way than `docker stack` reads it
FORMATS = """services:
  web:
    image: web:1
    depends_on: [other]
    extra_hosts: ["db:10.0.0.1"]
    ports:
      - {target: 443, published: 443, protocol: tcp, mode: host}
      - {target: 443, published: 443, protocol: udp, mode: host}
    volumes:
      - {type: tmpfs, target: /tmp, tmpfs: {size: 1048576}}
    configs:
      - {source: file, target: /file, mode: 0440}
    deploy: {resources: {limits: {cpus: "0.5", memory: 64M}}}
  other:
    image: other:1
configs:
  file: {external: true}
x-note: a note
"""


def docker(*arguments: str, stdin: str | None = None, **variables: str) -> dict:
    """Run docker and return what it answers."""
    done = subprocess.run(
        ["docker", *arguments], input=stdin, capture_output=True, text=True, env={**os.environ, **variables}
    )
    return {"status": done.returncode, "printed": done.stdout, "error": done.stderr}


def found(*arguments: str) -> list:
    """Return what a listing or inspecting command finds."""
    printed = docker(*arguments)["printed"]
    return json.loads(printed or "[]") if "inspect" in arguments else printed.split()


def state(service: str) -> dict:
    """Return a service and its tasks, as the tool asks for them."""
    name = f"{STACK}_{service}"
    tasks = found("service", "ps", "--quiet", "--no-trunc", name)
    described = found("inspect", "--type", "task", *tasks) if tasks else []
    described.sort(key=lambda task: task["CreatedAt"], reverse=True)
    service = next(iter(found("service", "inspect", name)), None)
    return {
        "service": service and {part: service[part] for part in ("ID", "Spec", "UpdateStatus") if part in service},
        "tasks": [{part: task[part] for part in TASK if part in task} for task in described],
    }


def until(service: str, wanted: Callable[[dict], bool]) -> dict:
    """Return the first state of a service that is wanted."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        seen = state(service)
        if seen["service"] and wanted(seen):
            return seen
        time.sleep(0.1)
    raise SystemExit(f"{service} did not come to the state that is to be recorded: {json.dumps(seen)}")


def apply(command: list[str], failure_action: str = "rollback") -> None:
    """Deploy the service ``web`` with a command."""
    update = {"order": "start-first", "monitor": "2s", "failure_action": failure_action}
    web = {
        "image": IMAGE,
        "command": command,
        "healthcheck": {"test": ["CMD", "true"], "interval": "1s"},
        "stop_grace_period": "3s",
        "deploy": {"replicas": 2, "endpoint_mode": "dnsrr", "update_config": update, "labels": {"deploy.release": "1"}},
    }
    stack = json.dumps({"version": "3.9", "services": {"web": web}})
    answer = docker(
        "stack", "deploy", "--detach=true", "--resolve-image=never", "--compose-file", "-", STACK, stdin=stack
    )
    if answer["status"]:
        raise SystemExit(answer["error"])


def update_state(name: str) -> Callable[[dict], bool]:
    """Return a test of the state of an update."""
    return lambda seen: (seen["service"].get("UpdateStatus") or {}).get("State") == name


def job_state(name: str) -> Callable[[dict], bool]:
    """Return a test of the state of a job's task."""
    return lambda seen: bool(seen["tasks"]) and seen["tasks"][0]["Status"]["State"] == name


def rollouts() -> dict:
    """Record a service through good and bad updates."""
    states = {}
    apply(SERVES)
    states["first, starting"] = until("web", lambda seen: len(seen["tasks"]) == 2)
    running = lambda seen: [task["Status"]["State"] for task in seen["tasks"]].count("running") == 2  # noqa: E731
    states["first, running"] = until("web", running)
    apply([*SERVES, "2"])
    states["updating"] = until("web", update_state("updating"))
    states["completed"] = until("web", lambda seen: update_state("completed")(seen) and running(seen))
    apply(CRASHES)
    states["rolling back"] = until("web", update_state("rollback_started"))
    states["rolled back"] = until("web", lambda seen: update_state("rollback_completed")(seen) and running(seen))
    apply(CRASHES, "pause")
    states["paused"] = until("web", update_state("paused"))
    return states


def jobs() -> dict:
    """Record jobs in each state."""
    states = {}
    for name, command, wanted in (
        ("complete", ["-c", "echo done"], "complete"),
        ("failed", ["-c", "echo failed on purpose; exit 3"], "failed"),
        ("running", ["-c", "sleep 100"], "running"),
        ("pending", ["--constraint", "node.labels.nothing == yes"], "pending"),
    ):
        options = command if wanted == "pending" else []
        words = ["-c", "true"] if wanted == "pending" else command
        docker(
            *("service", "create", "--detach", "--no-resolve-image", "--mode", "replicated-job"),
            *("--restart-condition", "none", "--label", f"com.docker.stack.namespace={STACK}", *options),
            *("--name", f"{STACK}_{name}", "--entrypoint", "sh", IMAGE, *words),
        )  # fmt: skip
        states[name] = until(name, job_state(wanted))
    return states


def errors() -> dict:
    """Record how docker says that something is missing, taken or in use."""
    docker("config", "create", f"{STACK}_taken", "-", stdin="x")
    answers = {
        f"{kind} missing": docker(kind, "inspect", "nothing")
        for kind in ("service", "config", "secret", "image", "container", "network", "node")
    }
    answers |= {
        "task missing": docker("inspect", "--type", "task", "nothing"),
        "tasks of a missing service": docker("service", "ps", "--quiet", "nothing"),
        "config taken": docker("config", "create", f"{STACK}_taken", "-", stdin="x"),
        "config removed twice": docker("config", "rm", "nothing"),
        "no engine": docker("service", "inspect", "x", DOCKER_HOST="tcp://127.0.0.1:9"),
        "no engine, info": docker("info", "--format", "json", DOCKER_HOST="tcp://127.0.0.1:9"),
    }
    docker("config", "rm", f"{STACK}_taken")
    answers["no engine, info"]["printed"] = '{"ServerVersion": ""}'
    return answers


def stack_files() -> dict:
    """Record how Docker Compose reads stack files, whatever their style."""
    texts = {
        "comment": "services: # the web\n  web:\n    image: a:1\n",
        "deep": 'services:\n    "web":\n        image: a:1\n',
        "windows": "services:\r\n  web:\r\n    image: a:1\r\n",
        "anchor": "x-base: &base\n  image: a:${TAG}\nservices:\n  web:\n    <<: *base\n  worker:\n    <<: *base\n",
        "dollar": "services:\n  web:\n    image: a:1\n    environment: {A: b$$c}\n    deploy: {labels: {deploy.release: r1}}\n",
        "formats": FORMATS,
        "empty": "services: {}\n",
        "invalid": "services: [\n",
        "no services": "networks: {}\n",
    }
    command = ("compose", "--env-file", "/dev/null", "--project-name", "x", "--file", "-", "config", "--format", "json")
    return {name: {"text": text, **docker(*command, stdin=text, TAG="2")} for name, text in texts.items()}


def main() -> None:
    """Record everything, and leave nothing on the engine."""
    try:
        recordings = {"errors": errors(), "stack_files": stack_files(), "rollouts": rollouts(), "jobs": jobs()}
        info = json.loads(docker("info", "--format", "json")["printed"])
        swarm = {name: info["Swarm"][name] for name in ("LocalNodeState", "ControlAvailable", "NodeID")}
        recordings["info"] = {"Name": info["Name"], "ServerVersion": info["ServerVersion"], "Swarm": swarm}
        node = found("node", "inspect", "self")[0]
        recordings["node"] = {part: node[part] for part in ("ID", "Spec", "Description", "Status")}
        recordings["node"]["Description"] = {"Hostname": node["Description"]["Hostname"]}
    finally:
        services = found("service", "ls", "--quiet", "--filter", f"label=com.docker.stack.namespace={STACK}")
        docker("service", "rm", *services)
        docker("network", "rm", f"{STACK}_default")
    for name, recording in recordings.items():
        # one line for each answer
        lines = [f"{json.dumps(key)}: {json.dumps(answer, sort_keys=True)}" for key, answer in recording.items()]
        (HERE / "recorded" / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
        sys.stdout.write(f"{name}: {len(recording)}\n")


if __name__ == "__main__":
    main()
