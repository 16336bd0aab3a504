"""Answers on their way through the commands that people type: ``cookiecutter`` and ``cruft``."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import black
import pexpect
import pytest
import yaml
from cookiecutter.main import cookiecutter

from support.hostile import HOSTILE
from support.projects import QUESTIONS, SOURCE, TEMPLATE

# A replay file as one would write it by hand. Nothing is rendered in it: texts with braces stay as they are.
REPLAYED = {name: answer for name, answer in QUESTIONS.items() if name[0] != "_"} | {"django_project_name": "shop"}


class Desk:
    """An empty place to work at: a home folder, and a folder for projects."""

    def __init__(self, folder):
        self.home, self.output = folder / "home", folder / "output"
        self.home.mkdir()
        self.output.mkdir()
        self.environment = {**os.environ, "HOME": str(self.home), "PYTHONUTF8": "1", "TERM": "dumb", "COLUMNS": "80"}

    def run(self, *arguments, module="cookiecutter"):
        """Run a command, and return its exit status and all that it printed."""
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command, cwd=self.output, env=self.environment, capture_output=True, text=True, errors="replace"
        )
        return done.returncode, done.stdout + done.stderr

    def bake(self, *answers):
        """Bake without questions."""
        return self.run("--no-input", str(TEMPLATE), *answers)

    def written(self):
        """Return all files below the folder for projects, and the replay files."""
        return sorted(
            path for folder in (self.output, self.home / ".cookiecutter_replay") for path in folder.rglob("*")
        )


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def has(project, name):
    """Tell whether there is a file of this name in the project's package."""
    return (project / project.name / name).exists()


def test_yes_and_no_on_the_command_line(desk):
    status, output = desk.bake("use_s3=Yes", "use_mailgun=TRUE", "use_admin_theme=No")

    assert status == 0, output
    project = desk.output / "project_name"
    assert has(project, "config/integrations/s3.py")
    assert has(project, "config/integrations/mailgun.py")
    assert not has(project, "config/integrations/sentry.py")
    assert not has(project, "core/admin_site.py")


def test_truth_values_in_a_config_file(desk):
    config = desk.home / "config.yml"
    config.write_text(
        "default_context: {project_name: Shop, version: 1.5, use_s3: yes, use_mailgun: true, use_admin_theme: no}"
    )

    assert desk.bake("--config-file", str(config))[0] == 0
    project = desk.output / "shop"
    assert has(project, "config/integrations/s3.py")
    assert has(project, "config/integrations/mailgun.py")
    assert not has(project, "core/admin_site.py")


def test_a_truth_value_where_a_text_belongs(desk):
    config = desk.home / "config.yml"
    config.write_text("default_context: {project_name: Yes, language_code: no}")

    status, output = desk.bake("--config-file", str(config))
    assert status == 1
    assert "project_name: True is not a string: put it in quotes." in output
    assert "language_code: False is not a string: put it in quotes." in output


def test_the_next_commands_are_printed_and_can_be_pasted(desk):
    folder = desk.output / "my projects"

    status, output = desk.bake("--output-dir", str(folder))

    project = folder / "project_name"
    assert status == 0
    assert output.startswith(f"\nThe project is in {project}. Next, type:\n")
    change, init, start, build = (line.strip() for line in output.splitlines() if line.startswith("  "))
    shown = subprocess.run(f"{change} && {init} && pwd", shell=True, cwd=desk.output, capture_output=True, text=True)
    assert shown.stdout.splitlines()[-1] == str(project)
    targets = re.findall(r"^([a-z-]+):", (project / "Makefile").read_text(), re.MULTILINE)
    for command in (start, build):
        words = command.partition("#")[0].split()
        assert words[0] == "make"
        assert set(words[1:]) <= set(targets)


def test_a_closed_pipe_costs_nobody_the_project(desk):
    command = [sys.executable, "-m", "cookiecutter", "--no-input", str(TEMPLATE)]
    reading, writing = os.pipe()
    os.close(reading)
    subprocess.run(command, cwd=desk.output, env=desk.environment, stdout=writing, stderr=subprocess.DEVNULL)
    os.close(writing)
    assert has(desk.output / "project_name", "config/base.py")


def test_invalid_answers_end_with_one_message_and_leave_nothing_behind(desk):
    status, output = desk.bake("email=x", "timezone=Europe/Berln", "use_s3=maybe", b"author_name=\xff")

    assert status == 1
    assert output.splitlines() == [
        "",
        "Invalid answers:",
        r"  author_name: '\udcff' contains the character U+DCFF, which a line of text cannot have.",
        "    For example: Your Name or Company Name",
        "  email: 'x' is not a valid email address.",
        "    For example: you@example.com",
        "  timezone: 'Europe/Berln' is not a time zone of the IANA database.",
        "    Did you mean Europe/Berlin?",
        "  use_s3: 'maybe' is not yes or no.",
        "    For example: n",
        "Nothing was written.",
        "→ Correct and run:",
        f"cookiecutter {shlex.quote(str(TEMPLATE))} --no-input "
        "'author_name=Your Name or Company Name' email=you@example.com timezone=Europe/Berlin use_s3=n",
    ]
    assert desk.written() == []


def pasted(desk, output):
    """Run the command at the end of a message, and return its exit status and output."""
    program, *words = shlex.split(output.splitlines()[-1])
    assert program == "cookiecutter"
    return desk.run(*words)


def test_the_command_with_the_valid_answers_gives_what_was_wanted(desk):
    config = desk.home / "config.yml"
    config.write_text("default_context: {use_s3: true, use_admin_theme: no}")
    options = ["--output-dir", "my projects", "--config-file", str(config)]
    status, output = desk.bake(*options, 'description=It\'s $HOME \\ "`x`"', "timezone=berlin")
    assert status == 1

    assert pasted(desk, output)[0] == 0
    project = desk.output / "my projects/project_name"
    assert has(project, "config/integrations/s3.py")
    assert not has(project, "core/admin_site.py")
    readme = (project / "README.md").read_text()
    assert 'It\'s $HOME \\\\ "\\`x\\`"' in readme
    assert 'TIME_ZONE = "Europe/Berlin"' in (project / "project_name/config/base.py").read_text()


@pytest.mark.parametrize("name", ["--replay", "--replay-file"])
def test_a_replay_ends_without_such_a_command(desk, name):
    """Cookiecutter takes no answers beside a replay."""
    assert desk.bake()[0] == 0
    [file] = (desk.home / ".cookiecutter_replay").iterdir()
    file.write_text(file.read_text().replace('"0.1.0"', '"one"'))

    _, output = desk.run(name, *([str(file)] if name == "--replay-file" else []), str(TEMPLATE))

    assert "version: 'one' is not a valid version (PEP 440)." in output
    assert output.endswith("→ Run the command again with other answers.\n")


def ask(desk, typed):
    """Type answers at the prompts in a terminal; return the exit status, and the lines of the screen."""
    prompts = QUESTIONS["__prompts__"]
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "cookiecutter", str(TEMPLATE)],
        cwd=desk.output,
        env=desk.environment,
        dimensions=(40, 80),
        encoding="utf-8",
    )
    screen = ""
    for number, (name, sentence) in enumerate(prompts.items(), 1):
        terminal.expect_exact(f"  [{number}/{len(prompts)}] {sentence} (")
        screen += terminal.before + terminal.after
        terminal.expect_exact("): ")
        terminal.sendline(typed.get(name, ""))
    terminal.expect(pexpect.EOF)
    screen += terminal.before
    terminal.close()
    return terminal.exitstatus, screen.splitlines()


def test_braces_typed_at_the_prompts_arrive_as_they_are(desk):
    typed = {
        "project_name": "{{ 1+1 }} zebra",
        "django_project_name": "shop",
        "author_name": "{% raw %} heron",
        "description": "{# {{ cookiecutter.email }} {% endraw %} koala",
    }

    status, _ = ask(desk, typed)

    assert status == 0
    texts = [path.read_text("utf-8") for path in (desk.output / "shop").rglob("*") if path.is_file()]
    for name in ("project_name", "author_name", "description"):
        animal = typed[name][-5:]
        assert any(animal in text for text in texts)
        assert [text.count(animal) for text in texts] == [text.count(typed[name]) for text in texts]


def test_prompts_fit_into_a_terminal_and_one_invalid_answer_of_all_is_all_that_is_lost(desk):
    typed = {
        "project_name": "{{ 1+1 }} zebra",
        "django_project_name": "shop",
        "description": '{% raw %} "heron"',
        "version": "one",
        "use_s3": "yes",
    }

    status, lines = ask(desk, typed)

    assert status == 1
    assert max(map(len, lines[: lines.index("→ Correct and run:")])) <= 80
    assert any("version: 'one'" in line for line in lines)
    assert not any("Traceback" in line for line in lines)
    assert desk.written() == []

    command = "".join(lines[lines.index("→ Correct and run:") + 1 :])
    assert pasted(desk, command)[0] == 0
    settings = (desk.output / "shop/shop/config/base.py").read_text()
    assert 'PROJECT_NAME = "{{ 1+1 }} zebra"' in settings
    assert "PROJECT_DESCRIPTION = '{% raw %} \"heron\"'" in settings
    assert has(desk.output / "shop", "config/integrations/s3.py")


def test_a_replay_gives_the_same_project(desk):
    assert desk.bake("project_name=Shop", "use_s3=y")[0] == 0
    first = {path: path.read_bytes() for path in desk.output.rglob("*") if path.is_file()}
    shutil.rmtree(desk.output / "shop")

    assert desk.run("--replay", str(TEMPLATE))[0] == 0
    assert {path: path.read_bytes() for path in desk.output.rglob("*") if path.is_file()} == first


def test_a_replay_file_that_was_edited_is_checked(desk):
    assert desk.bake("project_name=Shop")[0] == 0
    shutil.rmtree(desk.output / "shop")
    (file,) = (desk.home / ".cookiecutter_replay").iterdir()
    file.write_text(file.read_text().replace('"0.1.0"', '"one"').replace('"shop"', '"import"'))

    status, output = desk.run("--replay-file", str(file), str(TEMPLATE))

    assert status == 1
    assert "version: 'one'" in output
    assert "django_project_name: 'import'" in output
    assert "Traceback" not in output
    assert list(desk.output.iterdir()) == []


def test_a_replay_file_written_by_hand_is_checked(desk):
    file = desk.home / "replay.json"
    file.write_text(json.dumps({"cookiecutter": REPLAYED | {"timezone": "Mars"}}))

    status, output = desk.run("--replay-file", str(file), str(TEMPLATE))

    assert status == 1
    assert "timezone: 'Mars'" in output
    assert list(desk.output.iterdir()) == []


@pytest.mark.parametrize("texts", list(zip(HOSTILE[1::3], HOSTILE[2::3], HOSTILE[3::3], strict=False)))
def test_any_text_gives_files_that_parsers_and_black_take(tmp_path, texts):
    answers = dict(zip(["project_name", "author_name", "description"], texts, strict=True))
    (tmp_path / "replay.json").write_text(json.dumps({"cookiecutter": REPLAYED | answers}))
    config = {"replay_dir": str(tmp_path)}
    cookiecutter(str(TEMPLATE), replay=str(tmp_path / "replay.json"), output_dir=tmp_path, default_config=config)

    for path in (tmp_path / "shop").rglob("*"):
        if path.suffix == ".py":
            ast.parse(path.read_text("utf-8"))
        elif path.suffix == ".toml":
            tomllib.loads(path.read_text("utf-8"))
        elif path.suffix in (".yml", ".yaml"):
            list(yaml.safe_load_all(path.read_text("utf-8")))
    settings = (tmp_path / "shop/shop/config/base.py").read_text("utf-8")
    for name, text in [("NAME", answers["project_name"]), ("DESCRIPTION", answers["description"])]:
        (line,) = re.findall(f"^PROJECT_{name} = .*\n", settings, re.MULTILINE)
        assert ast.literal_eval(line.partition("= ")[2]) == text
        assert black.format_str(line, mode=black.Mode()) == line


def test_cruft_generates_checks_and_updates_a_project(desk):
    template = desk.home / "template"
    template.mkdir()
    for name in ("cookiecutter.json", "ddpt", "hooks", SOURCE.name):
        copy = shutil.copytree if (TEMPLATE / name).is_dir() else shutil.copy
        copy(TEMPLATE / name, template / name)
    git = ["git", "-C", template, "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True, env=desk.environment)

    # the test's own folders are in the usual one for temporary files
    desk.environment["TMPDIR"] = str(desk.home)
    extra = json.dumps({"project_name": "Shop", "use_s3": True})
    status, output = desk.run("create", "-y", "--extra-context", extra, str(template), module="cruft")
    assert status == 0, output
    assert has(desk.output / "shop", "config/integrations/s3.py")
    assert f"cd {desk.output / 'shop'}\n" in output

    status, output = desk.run("check", "--project-dir", "shop", module="cruft")
    assert status == 0, output

    (template / SOURCE.name / "README.md").write_text("New.")
    for folder in (desk.output / "shop", template):
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
            subprocess.run([*git, "-C", folder, *command], check=True, env=desk.environment)
    status, output = desk.run("update", "-y", "--project-dir", "shop", module="cruft")
    assert status == 0, output
    assert "The project is in" not in output
    assert (desk.output / "shop/README.md").read_text() == "New."
