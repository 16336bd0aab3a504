"""How logs of containers are kept: from the files that Docker writes to what an operator reads."""

import importlib.util
import json
import time

import pytest

from support.projects import SOURCE

START = 1_800_000_000  # 2027-01-15T08:00:00Z


def load(name):
    """Return a program of deployment/logs as a module of its own."""
    spec = importlib.util.spec_from_file_location(name, SOURCE / f"deployment/logs/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Container:
    """A container, as Docker writes of it."""

    def __init__(self, containers, name, stack="site"):
        self.folder = containers / (name * 32)
        self.folder.mkdir(parents=True)
        labels = {"com.docker.swarm.service.name": f"{stack}_{name}"}
        (self.folder / "config.v2.json").write_text(json.dumps({"Config": {"Labels": labels}}))
        self.file = self.folder / f"{self.folder.name}-json.log"
        self.file.touch()

    def log(self, *lines, end="\n"):
        with self.file.open("a") as file:
            for line in lines:
                file.write(json.dumps({"log": f"{line}\n", "stream": "stdout", "time": "2027-01-15T08:00:00.1Z"}) + end)

    def rotate(self):
        """Begin another file, and keep one of those before."""
        self.file.replace(f"{self.file}.1")
        self.file.touch()


@pytest.fixture
def collect(monkeypatch, tmp_path):
    """The program, with a service that stores in a list what it is sent; it runs until the next wait."""

    class WaitError(Exception):
        pass

    def sleep(seconds):
        raise WaitError

    module = load("collect")
    monkeypatch.setenv("STACK_NAME", "site")
    monkeypatch.setenv("NODE", "first")
    monkeypatch.setattr(module, "CONTAINERS", tmp_path / "containers")
    monkeypatch.setattr(module, "POSITIONS", tmp_path / "positions.json")
    monkeypatch.setattr(module.time, "sleep", sleep)
    module.CONTAINERS.mkdir()
    module.stored, module.down = [], False

    def send(body):
        if module.down:
            raise ConnectionRefusedError
        module.stored += [json.loads(line) for line in body.splitlines()]

    def run():
        """Start the program, and end it when it waits; return the lines that were stored since."""
        module.stored.clear()
        with pytest.raises(WaitError):
            module.main()
        return [record["line"] for record in module.stored]

    monkeypatch.setattr(module, "send", send)
    module.run = run
    return module


def test_each_line_is_sent_once_with_where_it_is_from(collect):
    container = Container(collect.CONTAINERS, "web")
    Container(collect.CONTAINERS, "other", stack="another").log("not of this site")
    container.log("one", "two")
    assert collect.run() == ["one", "two"]
    assert collect.stored[0] == {
        "time": "2027-01-15T08:00:00.1Z", "node": "first", "service": "web", "container": ("web" * 4), "line": "one",
    }  # fmt: skip
    assert collect.run() == []
    container.log("three")
    assert collect.run() == ["three"]


def test_half_a_line_waits_for_its_other_half(collect):
    container = Container(collect.CONTAINERS, "web")
    container.log("one", end="")
    assert collect.run() == []
    with container.file.open("a") as file:
        file.write("\n")
    assert collect.run() == ["one"]


def test_file_that_docker_has_rotated_is_read_to_its_end(collect):
    container = Container(collect.CONTAINERS, "web")
    container.log("one")
    assert collect.run() == ["one"]
    container.log("two")
    container.rotate()
    container.log("three")
    assert collect.run() + collect.run() == ["two", "three"]
    # twice while the collector was down: the first one is lost
    container.log("four")
    container.rotate()
    container.log("five")
    container.rotate()
    container.log("six")
    assert collect.run() + collect.run() == ["five", "six"]


def test_lines_wait_while_the_service_is_down(collect, capsys):
    container = Container(collect.CONTAINERS, "web")
    collect.down = True
    container.log("one")
    assert collect.run() == []
    assert "lines wait" in capsys.readouterr().err
    collect.down = False
    container.log("two")
    assert collect.run() == ["one", "two"]


def test_container_that_is_gone_is_forgotten(collect):
    container = Container(collect.CONTAINERS, "web")
    container.log("one")
    assert collect.run() == ["one"]
    for file in container.folder.iterdir():
        file.unlink()
    container.folder.rmdir()
    assert collect.run() == []
    assert json.loads(collect.POSITIONS.read_text()) == {}


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The program that stores, at a time that a test moves on."""
    module = load("store")
    module.now = START
    monkeypatch.setattr(module.time, "time", lambda: module.now)
    monkeypatch.setattr(module.time, "gmtime", lambda seconds=None, real=time.gmtime: real(seconds or module.now))
    return module


def record(line, at=START, service="django"):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
    fields = {"time": f"{stamp}.123456Z", "node": "first", "service": service, "container": "c0ffee", "line": line}
    return (json.dumps(fields) + "\n").encode()


def test_store_is_bounded_by_days(kept, tmp_path):
    store = kept.Store(tmp_path, days=2, size=10**9)
    for _ in range(72):
        store.add(record("x" * 1000))
        kept.now += 3600
    assert store.files()[0].name == "2027-01-16T07-00-00.jsonl.gz"
    assert [path.suffix for path in store.files()] == [".gz"] * 48 + [".jsonl"]


def test_store_is_bounded_by_bytes(kept, tmp_path):
    size = 100_000
    store = kept.Store(tmp_path, days=9, size=size)
    for number in range(3000):
        # what cannot be compressed
        store.add(record(f"{number} {hash((number, 'a')):x}{hash((number, 'b')):x}"))
        kept.now += 1
        assert sum(path.stat().st_size for path in store.files()) < size * 1.1
    assert len(store.files()) > 2


def test_search_finds_lines_by_time_service_request_and_expression(kept, tmp_path, monkeypatch):
    store = kept.Store(tmp_path, days=9, size=10**9)
    for hour in range(48):
        at = START + 3600 * hour
        store.add(record(f"hour {hour} id-{hour}", at) + record(f"proxy of id-{hour}", at, "caddy"))
        kept.now += 3600
    search = load("search")
    monkeypatch.setattr(search, "FOLDER", tmp_path)

    def found(since, service="", request="", grep=""):
        lines = search.matches(search.begin(since), service, request, search.re.compile(grep))
        return [line.partition(" | ")[2] for line in lines]

    assert found("150m", "django") == ["hour 46 id-46", "hour 47 id-47"]
    assert found("2d", request="id-33") == ["hour 33 id-33", "proxy of id-33"]
    assert found("2d", "django", grep="hour 1[0-2]") == ["hour 10 id-10", "hour 11 id-11", "hour 12 id-12"]
    assert found("2027-01-17 06:30", "caddy") == ["proxy of id-47"]
    with pytest.raises(ValueError, match="SINCE=yesterday is invalid"):
        found("yesterday")


def test_line_says_when_where_and_what(kept, tmp_path, monkeypatch):
    kept.Store(tmp_path, days=9, size=10**9).add(record("Not found"))
    search = load("search")
    monkeypatch.setattr(search, "FOLDER", tmp_path)
    [line] = search.matches("2027", "", "", search.re.compile(""))
    assert line == "2027-01-15T08:00:00.123 first django.c0ffee | Not found"
