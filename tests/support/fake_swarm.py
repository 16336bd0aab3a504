"""A swarm in memory, which answers as a Docker Engine does, and a clock that only the tool's waiting moves on."""

import base64
import copy
import itertools
import json
import re
import subprocess
from functools import cache
from pathlib import Path
from string import Template

import yaml

from ddpt_deploy.docker import Docker, options

RECORDED = Path(__file__).parent / "recorded"


def recorded(name):
    """Return what a real engine answered: ``record.py`` made it."""
    return json.loads((RECORDED / f"{name}.json").read_text())


@cache
def _parsed(text):
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}


def read(text, variables):
    """Return what a stack file says, with its variables filled in."""
    text = re.sub(r"\$\{(\w+):-([^}]*)}", lambda one: variables.get(one[1]) or one[2], text)
    text = re.sub(r"\$\{(\w+):\+((?:[^{}]|\{[^}]*})*)}", lambda one: one[2] if variables.get(one[1]) else '""', text)
    return copy.deepcopy(_parsed(Template(text).safe_substitute(variables)))


class Clock:
    """Time that passes only while the tool sleeps; something happens in the swarm each time."""

    def __init__(self, swarm):
        self.now = 0.0
        self.swarm = swarm

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.swarm.tick()


class Swarm(Docker):
    """A swarm of one node or several. ``fate`` says what becomes of a service's containers: runs, crashes or hangs."""

    def __init__(self):
        self.stored = {"config": {}, "secret": {}}
        self.services, self.tasks, self.volumes = {}, {}, set()
        self.images = {"caddy:2-alpine", "nginx:1-alpine", "postgres:18-alpine", "redis:8-alpine"}
        # By which digest of a repository the engine knows an image
        self.digests = {}
        # What a registry has: the labels of each image, by its name
        self.registry = {}
        self.nodes = [recorded("node")]
        self.nodes[0]["Spec"]["Labels"] = {}
        self.networks, self.ipv6 = set(), False
        # Containers of services that were removed
        self.stopping = []
        self.fate, self.logs, self.commands = {}, {}, []
        # How the site answers: by version, or here, and what Django says of what it needs
        self.answers, self.answer_from_here, self.states = {}, (0, ""), {"database": "ok", "cache": "ok"}
        self.counter = 0
        self.on_command = lambda arguments: None
        self.on_tick = lambda: None
        self.reached = lambda arguments: True

    @property
    def pruned(self):
        """The arguments of the last job that removes images: ``..., names to keep, names to remove``."""
        return [words for words in self.commands if words[1] == "create" and "site_prune-images" in words][-1]

    # --- what the engine does as time passes

    def tick(self):
        """Let each task take one step, and each update end when all its tasks have."""
        self.on_tick()
        for name, tasks in self.tasks.items():
            service = self.services.get(name)
            for task in tasks:
                if task["Status"]["State"] == "starting":
                    self._step(name, task)
            if service:
                self._update(service, tasks)

    def _step(self, name, task):
        image = task["Spec"]["ContainerSpec"]["Image"].removeprefix("sha256:").partition("-")[0]
        fate = self.fate.get(name) or self.fate.get((name, image)) or "runs"
        if name in self.services and "ReplicatedJob" in self.services[name]["Spec"]["Mode"] and fate == "runs":
            fate = "complete"
        if fate == "crashes":
            task["Status"] |= {"State": "failed", "Err": "task: non-zero exit (1)"}
            task["DesiredState"] = "shutdown"
        elif fate == "complete":
            task["Status"]["State"] = "complete"
        elif fate == "runs":
            task["Status"]["State"] = "running"

    def _update(self, service, tasks):
        status = service.get("UpdateStatus") or {}
        if status.get("State") != "updating":
            return
        template = service["Spec"]["TaskTemplate"]
        new = [task for task in tasks if task["Spec"] == template and task["ID"] in service["Started"]]
        if any(task["Status"]["State"] == "failed" for task in new):
            status |= {"State": "rollback_completed", "Message": "rollback completed"}
            service["Spec"] = service["PreviousSpec"]
            self._end([task for task in new if task["Status"]["State"] != "failed"])
        elif all(task["Status"]["State"] == "running" for task in new):
            status["State"] = "completed"
            self._end([task for task in tasks if task not in new and task["Status"]["State"] != "failed"])

    def _end(self, tasks):
        for task in tasks:
            task["Status"]["State"] = task["DesiredState"] = "shutdown"

    def image(self, service):
        """Return the image that a service asks for, by its name also where that is asked for by ID."""
        return self.services[service]["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"].removeprefix("sha256:")

    # --- commands

    def execute(self, arguments, stdin=None, variables=None):
        self.commands.append(arguments)
        self.on_command(arguments)
        if not self.reached(arguments):
            return subprocess.CompletedProcess(arguments, *self._error("no engine"))
        method = getattr(self, "_" + "_".join(arguments[:2]).replace("-", "_"), None)
        method = method or getattr(self, "_" + arguments[0].replace("-", "_"), None)
        if not method:
            raise AssertionError(f"the swarm in memory does not know docker {' '.join(arguments)}")
        status, printed, error = method(list(arguments), stdin, variables or {})
        return subprocess.CompletedProcess(arguments, status, printed, error)

    def attach(self, *arguments, output=None):
        self.commands.append(arguments)
        return 0

    def _info(self, arguments, stdin, variables):
        return 0, json.dumps(recorded("info")), ""

    def _node_ls(self, arguments, stdin, variables):
        if "--quiet" in arguments:
            return 0, "\n".join(node["ID"] for node in self.nodes), ""
        rows = [
            {"ID": one["ID"], "Hostname": one["Description"]["Hostname"], "Status": one["Status"]["State"].title()}
            for one in self.nodes
        ]
        return 0, "\n".join(map(json.dumps, rows)), ""

    def _node_inspect(self, arguments, stdin, variables):
        return 0, json.dumps(self.nodes), ""

    def _node_update(self, arguments, stdin, variables):
        name, _, value = arguments[3].partition("=")
        self.nodes[0]["Spec"]["Labels"][name] = value
        return 0, "", ""

    def _network_inspect(self, arguments, stdin, variables):
        found = [{"EnableIPv6": self.ipv6}] if arguments[2] in self.networks else []
        return self._inspected(found, "network x not found")

    def _network_create(self, arguments, stdin, variables):
        self.networks.add(arguments[-1])
        return 0, "", ""

    def _network_rm(self, arguments, stdin, variables):
        self.networks.discard(arguments[-1])
        return 0, "", ""

    def _volume_ls(self, arguments, stdin, variables):
        return 0, "\n".join(self.volumes), ""

    def _volume_rm(self, arguments, stdin, variables):
        self.volumes.discard(arguments[-1])
        return 0, "", ""

    def _create(self, arguments, stdin, variables):
        kind, name = arguments[0], arguments[-2]
        if name in self.stored[kind]:
            return self._error("config taken")
        labels = dict(word.split("=", 1) for word in arguments[2:-2] if word != "--label")
        self.counter += 1
        self.stored[kind][name] = {
            "ID": name,
            "Version": {"Index": self.counter},
            "Spec": {"Name": name, "Labels": labels, "Data": base64.b64encode((stdin or "").encode()).decode()},
        }
        return 0, name, ""

    _config_create = _secret_create = _create

    def _list(self, arguments, stdin, variables):
        wanted = dict(word.removeprefix("label=").split("=", 1) for word in arguments if word.startswith("label="))
        stored = self.stored[arguments[0]].values()
        return 0, "\n".join(one["ID"] for one in stored if wanted.items() <= one["Spec"]["Labels"].items()), ""

    _config_ls = _secret_ls = _list

    def _described(self, arguments, stdin, variables):
        found = [self.stored[arguments[0]][name] for name in arguments[2:] if name in self.stored[arguments[0]]]
        return self._inspected(found, "config x not found")

    _config_inspect = _secret_inspect = _described

    def _removed(self, arguments, stdin, variables):
        return (
            (0, "", "") if self.stored[arguments[0]].pop(arguments[-1], None) else self._error("config removed twice")
        )

    _config_rm = _secret_rm = _removed

    def _compose(self, arguments, stdin, variables):
        try:
            found = read(stdin, variables)
        except yaml.YAMLError as error:
            return 1, "", f"failed to parse -: {error}"
        services = found.get("services") or {}
        for service in services.values():
            service |= {"command": service.get("command"), "entrypoint": service.get("entrypoint")}
            limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
            limits |= {"memory": str(limits["memory"])} if "memory" in limits else {}
            for port in service.get("ports", []):
                port["published"] = str(port["published"])
        for config in found.get("configs", {}).values() if "--no-path-resolution" not in arguments else ():
            config |= {"file": str(Path(config["file"]).absolute())} if "file" in config else {}
        return 0, json.dumps({**found, "name": "x", "services": services}).replace("$", "$$"), ""

    def _stack(self, arguments, stdin, variables):
        found = json.loads(stdin.replace("$$", "$"))
        if found.keys() - {"services", "networks", "volumes", "secrets", "configs"}:
            return 1, "", "(root) Additional property is not allowed"
        if arguments[1] == "deploy":
            for config in found.get("configs", {}).values():
                self._create(["config", *options("--label", config["labels"]), config["name"], "-"], "", {})
            for name, service in found["services"].items():
                self.deploy(f"{arguments[-1]}_{name}", service, found.get("secrets", {}))
        return 0, "", ""

    def deploy(self, name, service, secrets):
        """Create or update a service, as a stack file says."""
        container = {
            "Image": service["image"],
            "Env": sorted(f"{key}={value}" for key, value in service.get("environment", {}).items()),
            "Secrets": [
                {"File": {"Name": one["target"]}, "SecretName": secrets[one["source"]]["name"]}
                for one in service.get("secrets", [])
            ],
        }
        deploy = service.get("deploy", {})
        spec = {
            "Name": name,
            "Labels": {"com.docker.stack.namespace": name.split("_")[0], **(deploy.get("labels") or {})},
            "TaskTemplate": {"ContainerSpec": container, "ForceUpdate": 0},
            "Mode": (
                {"Global": {}}
                if deploy.get("mode") == "global"
                else {"Replicated": {"Replicas": int(deploy.get("replicas", 1))}}
            ),
        }
        self.put(name, spec)

    def put(self, name, spec):
        """Give a service a spec, and start tasks where the containers differ."""
        before = self.services.get(name)
        self.counter += 1
        if before is None:
            self.services[name] = {"ID": name, "Spec": spec, "CreatedAt": "2026-01-01T00:00:00.000000000Z"}
        elif before["Spec"]["TaskTemplate"] == spec["TaskTemplate"]:
            before["Spec"] = spec
            return
        else:
            before["PreviousSpec"], before["Spec"] = before["Spec"], spec
            before["UpdateStatus"] = {"State": "updating", "StartedAt": str(self.counter)}
        self.services[name]["Started"] = set()
        replicas = spec["Mode"].get("Replicated", {}).get("Replicas", 1)
        for _ in range(replicas):
            self.start(name)

    def start(self, name):
        """Start a task of a service."""
        self.counter += 1
        spec = copy.deepcopy(self.services[name]["Spec"]["TaskTemplate"])
        self.services[name]["Started"].add(f"task{self.counter}")
        self.tasks.setdefault(name, []).append(
            {
                "ID": f"task{self.counter}",
                "CreatedAt": f"{self.counter:09}",
                "ServiceID": name,
                "NodeID": self.nodes[0]["ID"],
                "DesiredState": "running",
                "Spec": spec,
                "Status": {
                    "State": "starting",
                    "Timestamp": "2026-01-01T00:00:00Z",
                    "ContainerStatus": {"ContainerID": f"container{self.counter}"},
                },
            }
        )

    def _service_create(self, arguments, stdin, variables):
        value = dict(itertools.pairwise(arguments))
        mode = value["--mode"]
        image = arguments[arguments.index("--entrypoint") + 2]
        secrets = re.findall(r"source=(\S+),target=(\w+)", " ".join(arguments))
        container = {
            "Image": image,
            "Secrets": [{"File": {"Name": target}, "SecretName": source} for source, target in secrets],
        }
        labels = dict([value["--label"].split("=", 1)])
        spec = {
            "Name": value["--name"],
            "Labels": labels,
            "TaskTemplate": {"ContainerSpec": container, "ForceUpdate": 0},
            "Mode": {"ReplicatedJob": {}, "Arguments": arguments, "Global": mode == "global-job"},
        }
        self.put(value["--name"], spec)
        return 0, "", ""

    def _service_inspect(self, arguments, stdin, variables):
        found = [self.services[name] for name in arguments[2:] if name in self.services]
        return self._inspected([{**one, "Started": None} for one in found], "no such service: x")

    def _service_ls(self, arguments, stdin, variables):
        stack = arguments[-1].rpartition("=")[2]
        return (
            0,
            "\n".join(
                n
                for n, one in self.services.items()
                if one["Spec"]["Labels"].get("com.docker.stack.namespace") == stack
            ),
            "",
        )

    def _ps(self, arguments, stdin, variables):
        return 0, "\n".join(self.stopping), ""

    def _service_ps(self, arguments, stdin, variables):
        names = arguments[arguments.index("--no-trunc") + 1 :]
        listed = "\n".join(task["ID"] for name in names for task in self.tasks.get(name, []))
        if set(names) - self.services.keys():
            answer = self._error("tasks of a missing service")
            return answer[0], listed, answer[2]
        return 0, listed, ""

    def _service_rm(self, arguments, stdin, variables):
        for name in arguments[2:]:
            self.services.pop(name, None)
            self.tasks.pop(name, None)
        return 0, "", ""

    def _service_scale(self, arguments, stdin, variables):
        name, _, count = arguments[-1].partition("=")
        self.services[name]["Spec"]["Mode"] = {"Replicated": {"Replicas": int(count)}}
        self.services[name]["UpdateStatus"] = None
        live = [task for task in self.tasks[name] if task["DesiredState"] == "running"]
        for _ in range(int(count) - len(live)):
            self.start(name)
        for task in live[int(count) :]:
            task["Status"]["State"] = task["DesiredState"] = "shutdown"
        return 0, "", ""

    def _service_logs(self, arguments, stdin, variables):
        name = next((n for n, tasks in self.tasks.items() if any(task["ID"] == arguments[-1] for task in tasks)), "")
        return 0, self.logs.get(name, ""), ""

    def _inspect(self, arguments, stdin, variables):
        found = [task for tasks in self.tasks.values() for task in tasks if task["ID"] in arguments]
        return self._inspected(found, "task x not found")

    def _container_inspect(self, arguments, stdin, variables):
        tasks = [task for tasks in self.tasks.values() for task in tasks]
        images = {
            task["Status"]["ContainerStatus"]["ContainerID"]: task["Spec"]["ContainerSpec"]["Image"] for task in tasks
        }
        known = [name for name in arguments[2:] if name in images]
        found = [{"Id": name, "State": {}, "Config": {"Image": images[name]}} for name in known]
        return self._inspected(found, "No such container: x")

    def _exec(self, arguments, stdin, variables):
        if "psql" in arguments:
            return 0, self.logs.get("psql", ""), ""
        if "/run/secrets/" in arguments[-1]:
            return 0, f"value of {arguments[-1].split()[1].rpartition('/')[2]}\n", ""
        if "id" in arguments:
            return 0, "999\n", ""
        version = self.image("site_django").partition("-")[0]
        return 0, json.dumps([*self.answers.get(version, (0, "")), self.states]), ""

    def _build(self, arguments, stdin, variables):
        self.images.add(arguments[arguments.index("--tag") + 1])
        return 0, "", ""

    def _tag(self, arguments, stdin, variables):
        self.images.add(arguments[2])
        return 0, "", ""

    def _pull(self, arguments, stdin, variables):
        if arguments[1] not in self.registry:
            return 1, "", "no registry answers"
        self.images.add(arguments[1])
        return 0, "", ""

    def _image_inspect(self, arguments, stdin, variables):
        found = [
            {
                "Id": f"sha256:{name}",
                "RepoTags": [name],
                "RepoDigests": self.digests.get(name),
                "Created": "2026-01-01T00:00:00.123456789Z",
                "Config": {"Labels": self.registry.get(name)},
            }
            for name in map(self._tag_of, arguments[2:])
            if name in self.images
        ]
        return self._inspected(found, "No such image: x")

    def _tag_of(self, name):
        """Return the name by which an image is known here, of its ID or its digest."""
        known = re.sub(":[^:/]+@", "@", name)
        return next((tag for tag, digests in self.digests.items() if known in digests), name.removeprefix("sha256:"))

    def _run(self, arguments, stdin, variables):
        return 0, "Filesystem 1024-blocks Used Available Capacity Mounted\noverlay 90 60 31457280 66% /\n", ""

    def _error(self, name):
        answer = recorded("errors")[name]
        return answer["status"], answer["printed"], answer["error"]

    def _inspected(self, found, error):
        return (0, json.dumps(found), "") if found else (1, "[]", error)
