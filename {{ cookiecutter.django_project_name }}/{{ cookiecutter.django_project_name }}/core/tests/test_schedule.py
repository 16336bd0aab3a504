"""When jobs are due, and what becomes of their results."""

import json
import sys

import pytest

from .. import schedule, site_state
from ..schedule import Job, parse

NOON = 1_800_014_400  # 2027-01-15 12:00 UTC


def test_lines_of_a_schedule():
    jobs = parse("\n daily 03:30 housekeeping\nevery 10m remind --all\n")
    assert jobs == [Job("housekeeping", 86_400, 12_600), Job("remind --all", 600)]
    for line in ("daily 25:00 x", "every 0m x", "hourly x", "every 5m"):
        with pytest.raises(ValueError, match="is invalid"):
            parse(line)


@pytest.mark.parametrize(
    ("line", "hours_ago", "due"),
    [
        ("daily 11:00 x", None, False),
        ("daily 11:00 x", 0.9, False),
        ("daily 11:00 x", 1.1, True),
        ("daily 13:00 x", 22, False),
        ("daily 13:00 x", 24, True),
        ("every 1h x", None, True),
        ("every 1h x", 0, False),
        ("every 1h x", 0.1, True),
    ],
)
def test_job_is_due_once_in_each_period(line, hours_ago, due):
    [job] = parse(line)
    assert job.is_due(NOON, None if hours_ago is None else NOON - hours_ago * 3600) == due


def test_result_of_a_job(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manage.py").write_text("import sys\nprint('Got', *sys.argv[1:])\nsys.exit('fail' in sys.argv)\n")
    assert schedule.run(Job("remind --all", 60))["ok"]
    failed = schedule.run(Job("fail", 60))
    assert not failed["ok"]
    assert failed["printed"] == "Got fail"
    assert "remind --all: Got remind --all\n" in capfd.readouterr().out


def test_runs_survive_a_restart(tmp_path):
    file = tmp_path / "jobs.json"
    assert schedule.load(file) == {}
    schedule.store(file, {"x": {"started": 1}})
    assert schedule.load(file) == {"x": {"started": 1}}
    file.write_text('{"x": ')
    assert schedule.load(file) == {}


def test_report_is_printed_when_something_is_new(tmp_path, monkeypatch, capsys):
    """Time stands still but for the pauses, of which there are eleven."""
    now, problems, asked = [1000.0], ["no certificate"], []

    def sleep(seconds):
        now[0] += seconds
        if now[0] > 1010:
            sys.exit()

    def report(runs, moment):
        asked.append(moment)
        return {"facts": {"jobs": list(runs)}, "problems": problems[:] if moment < 1005 else []}

    def run(job):
        return {"started": now[0], "seconds": 0, "ok": True, "printed": ""}

    (tmp_path / "manage.py").touch()
    monkeypatch.setenv("SCHEDULE", "every 5s check")
    monkeypatch.setenv("SCHEDULE_STATE", str(tmp_path / "jobs.json"))
    monkeypatch.delenv("METRICS_PORT", raising=False)
    monkeypatch.setattr("time.time", lambda: now[0])
    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(schedule, "run", run)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    monkeypatch.setattr(site_state, "report", report)
    with pytest.raises(SystemExit):
        schedule.main()
    # at first, and after each run of a job; printed where it differs
    assert asked == [1000, 1001, 1006]
    assert [json.loads(line)["problems"] for line in capsys.readouterr().out.splitlines()] == [["no certificate"], []]
