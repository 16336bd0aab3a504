"""When jobs are due, and what becomes of their results."""

import pytest

from .. import schedule
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
