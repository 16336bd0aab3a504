"""What could be wrong in the figures of `make bench` without anybody seeing it."""

import http.server
import threading

import pytest

from bench import results
from bench.benchmarks import pages, start
from bench.goals import Goal
from bench.report import page
from bench.report.table import comparison, number
from bench.results import Result, save
from bench.samples import Sample, middle, ratio
from bench.settings import BenchError, Settings
from bench.wrk import load, parse, require_wrk

PRINTED = """\
Running 6s test @ http://127.0.0.1:8000/
  32 threads and 32 connections
Requests/sec:   1224.13
{"requests": 600, "duration_us": 500000, "p50_us": 2500, "p99_us": 40000, \
"errors": {"connect": 1, "read": 2, "write": 4, "status": 8, "timeout": 16}}
"""


def test_units_of_wrk():
    seen = parse(PRINTED)
    assert (seen.requests_per_second, seen.p50_ms, seen.p99_ms) == (1200, 2.5, 40)


def test_errors_of_every_kind_count():
    assert parse(PRINTED).errors == 31


def test_wrk_without_a_result_is_an_error():
    with pytest.raises(BenchError, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:1 Connection refused")


class NotFound(http.server.BaseHTTPRequestHandler):
    """Answers 404, or 200 to those who send the right header."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200 if self.headers["Host"] == "here" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_error_pages_are_errors_and_headers_are_sent():
    """By wrk itself, whose script prints the line that is parsed."""
    try:
        require_wrk()
    except BenchError as reason:
        pytest.skip(str(reason))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), NotFound) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://localhost:{server.server_port}/"
        missing = load(url, 1, 2, {"Host": "elsewhere"})
        found = load(url, 1, 2, {"Host": "here"}, address="127.0.0.1")
        server.shutdown()
    assert missing.errors == missing.requests > 0
    assert found.errors == 0
    assert 0 < found.p50_ms <= found.p99_ms


def samples(**figures):
    """Return samples of a page, by subject, in turns."""
    turns = zip(*figures.values(), strict=True)
    return [
        Sample("home", name, {"cpu_ms": value})
        for turn in turns
        for name, value in zip(figures, turn, strict=True)
    ]  # fmt: skip


def test_ratio_is_the_median_of_the_ratios_of_each_round():
    """The machine was slow in the second round: that falls on both, and so not on the ratio."""
    seen = samples(ours=[1, 10, 2], peer=[2, 20, 3])
    assert ratio(seen, "home", "cpu_ms") == 0.5
    assert middle(seen, "home", "ours", "cpu_ms") == 2


def test_nothing_is_made_up_without_a_peer():
    seen = samples(ours=[1, 2])
    assert ratio(seen, "home", "cpu_ms") is None
    assert middle(seen, "home", "peer", "cpu_ms") is None
    assert len(comparison(seen, "home", ("cpu_ms",), "").rows) == 1


def test_cells_have_median_and_range():
    assert comparison(samples(ours=[3, 1, 2]), "home", ("cpu_ms",), "").rows == [["this template", "2 (1 to 3)"]]


@pytest.mark.parametrize(("value", "shown"), [(0.456, "0.46"), (12.34, "12.3"), (1234.5, "1,234"), (31, "31")])
def test_numbers(value, shown):
    assert number(value) == shown


def test_goals():
    most, least = (Goal("", 2, lambda seen: seen[0], at_least=at_least) for at_least in (False, True))
    assert [most.met([value]) for value in (1, 2, 3)] == [True, True, False]
    assert [least.met([value]) for value in (1, 2, 3)] == [False, True, True]
    assert most.met([None]) is None


def test_settings_must_be_positive_integers(monkeypatch):
    monkeypatch.setenv("BENCH_ROUNDS", "0")
    with pytest.raises(BenchError, match="BENCH_ROUNDS"):
        Settings.from_environment()


FACTS = dict.fromkeys(
    ("machine", "tools", "this template", "cookiecutter-django", "revision", "settings"), "a fact"
)  # fmt: skip


def test_a_benchmark_replaces_its_own_part_of_the_page_alone(tmp_path, monkeypatch):
    """Where the results of others are gone, as in a new clone, their sections and goals stay as they are."""
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(page, "PLOT", tmp_path / "plot.svg")
    monkeypatch.setattr(results, "RESULTS", tmp_path)

    def measured(name, case, figure, value):
        seen = [Sample(case, subject, {figure: value}) for subject in ("ours", "peer")]
        save(Result(name, "2026-11-26T12:00:00+00:00", 1, FACTS, seen))
        page.write()
        return (tmp_path / "page.md").read_text()

    measured("pages", "home", "cpu_ms", 123.25)
    (tmp_path / "pages.json").unlink()
    measured("start", "first page", "seconds", 777)
    text = measured("start", "first page", "seconds", 888)
    assert "| this template | – | 123 |" in text
    assert f"| {pages.GOALS[0].text} | ≤ 0.6 | 1 | **not met** |" in text
    assert f"| {start.GOALS[0].text} | ≤ 0.5 | 1 | **not met** |" in text
    assert text.count("the page costs as much as the peer's, and") == 1
    assert "888" in text
    assert "777" not in text
    assert [text.count(f"## {one.TITLE}\n") for one in (pages, start)] == [1, 1]
