"""The reference pages of the guide, written from the questions of the template and the files of generated projects.

``docs/conf.py`` puts what the functions in ``PARTS`` return in place of the line ``<!-- generated: NAME -->`` of a page.
What an option adds is found by generating projects, not by reading the template: a smallest one, and one for each other
answer to a question that has a fixed set of them.
"""

import ast
import inspect
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from cookiecutter.main import cookiecutter

from ddpt import validation
from ddpt_deploy.cli.main import commands as commands_of_tool

TEMPLATE = Path(__file__).parent.parent
DEPLOYMENT = TEMPLATE / "{{ cookiecutter.django_project_name }}/deployment"
NAMES = [name for name in validation.DEFAULTS if not name.startswith("_")]

# Options that tell two targets of one command apart: `make deploy` and `make deploy-check`
CHOSEN_BY_TARGETS = {"--check", "--off", "--push", "--stack"}

type Answers = dict[str, str]


@dataclass(frozen=True)
class Item:
    """One thing of a reference page: a setting, a command, a secret."""

    name: str
    section: str
    text: str
    # what is written once where projects differ in the text
    heading: str = ""


@dataclass(frozen=True)
class Projects:
    """Generated projects, by which is seen what belongs to which answer."""

    # with every option, by the answer that excludes another
    full: dict[str, Path]
    # for each question with a fixed set of answers and each of these: the smallest project with that answer
    variants: dict[str, dict[str, Path]]


def choices(name: str) -> list[str]:
    """Return the valid answers to a question that has a fixed set of them, as its error message lists them."""
    message = validation.error(name, "?") or ""
    return message.removeprefix("is not ").split(" or ") if " or " in message else []


def generate(folder: Path) -> Projects:
    """Generate the projects into ``folder``."""
    made: dict[tuple[tuple[str, str], ...], Path] = {}

    def project(answers: Answers) -> Path:
        key = tuple(sorted(answers.items()))
        if key not in made:
            config = folder / "cookiecutter.yaml"
            config.write_text(f"replay_dir: {json.dumps(str(folder / 'replay'))}\n")
            where = {"output_dir": str(folder / str(len(made))), "config_file": str(config), "accept_hooks": False}
            context = {"project_name": "Shop"} | answers
            made[key] = Path(cookiecutter(str(TEMPLATE), no_input=True, extra_context=context, **where))
        return made[key]

    fixed = {name: choices(name) for name in NAMES if choices(name)}
    smallest = {name: "no" if "no" in answers else answers[0] for name, answers in fixed.items()}
    everything = {name: "yes" if "yes" in answers else answers[0] for name, answers in fixed.items()}
    return Projects(
        full={
            f"`reverse_proxy={proxy}`": project(everything | {"reverse_proxy": proxy})
            for proxy in fixed["reverse_proxy"]
        },
        variants={
            name: {answer: project(smallest | {name: answer}) for answer in answers} for name, answers in fixed.items()
        },
    )


# --- What a project has


def settings(project: Path) -> list[Item]:
    """Return the settings of ``production.env``: the lines that one comment explains, with that comment."""
    items = []
    section = ""
    for block in (project / "deployment/production.env").read_text().split("\n\n"):
        if title := re.match(r"# --- (.+?) -+$", block):
            section = title[1]
            continue
        lines = block.strip().splitlines()
        values = [line for line in lines if not line.startswith("#")]
        if values:
            comment = " ".join(line.removeprefix("#").strip() for line in lines if line.startswith("#"))
            names = [value.partition("=")[0] for value in values]
            heading = "".join(f"({name})=\n" for name in names) + f"### {', '.join(f'`{name}`' for name in names)}\n"
            text = ["```ini", *values, "```", "", prose(comment)]
            items.append(Item(names[0], section, "\n".join(text), heading))
    return items


def variables(project: Path) -> list[Item]:
    """Return Django's environment variables, from the table in the project's README; a test there holds it to the code."""
    readme = (project / "README.md").read_text()
    table = readme.partition("## Configure the site")[2].partition("\n## ")[0]
    return [Item(name, "", row) for row, name in re.findall(r"^(\| `(\w+)` \|.+) \|$", table, re.MULTILINE)]


def commands(project: Path) -> list[Item]:
    """Return the commands of a project's Makefile."""
    return [
        Item(target.name, target.section, f"| `make {target.name}` | {sentence(target.about)}")
        for target in targets(project / "Makefile")
    ]


def site_commands(project: Path) -> list[Item]:
    """Return the commands of a project's ``deployment/Makefile``, with the options of each."""
    items = []
    for target in targets(project / "deployment/Makefile"):
        text = f"{sentence(target.about)}.\n"
        for name, about in options(target).items():
            text += f"\n- `{name}=`{': ' if about else ''}{prose(about)}"
        heading = f"(make-{target.name})=\n### `make {target.name}`\n"
        items.append(Item(target.name, target.section, text.rstrip(), heading))
    return items


def secrets(project: Path) -> list[Item]:
    """Return the secrets of a site."""
    items = []
    for name, entry in tomllib.loads((project / "deployment/secrets.toml").read_text()).items():
        origin = "generated" if entry.get("generate") else "from the shell" if entry.get("file") else "asked for"
        if where := entry.get("where", "").rstrip("."):
            origin += f", with `{where}`"
        elif entry.get("optional"):
            origin += ", optional"
        about, stacks = prose(entry["about"]), ", ".join(f"`{stack}`" for stack in entry["stacks"])
        items.append(Item(name, "", f"| `{name}` | {about} | {origin} | {stacks}"))
    return items


def metrics(project: Path) -> list[Item]:
    """Return the metrics of Django and of the scheduler, from the calls in the code that name them."""
    items = []
    for module, job in (("metrics", "django"), ("schedule_metrics", "scheduler")):
        [path] = project.glob(f"*/core/{module}.py")
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda call: call.lineno):
            kind = getattr(call.func, "id", "").removesuffix("MetricFamily").lower()
            if kind in ("counter", "gauge", "histogram"):
                name, about = (argument.value for argument in call.args[:2])
                lists = [
                    one for one in [*call.args, *(key.value for key in call.keywords)] if isinstance(one, ast.List)
                ]
                labels = ", ".join(f"`{label.value}`" for one in lists for label in one.elts)
                name += "_total" if kind == "counter" else ""
                items.append(Item(name, "", f"| `{name}` | {kind} | {labels} | {prose(about)} | `{job}`"))
    return items


def alerts(project: Path) -> list[Item]:
    """Return the alerts of Prometheus, each with what it means and what to type."""
    items = []
    for group in yaml.safe_load((project / "deployment/monitoring/alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            # what Prometheus fills in
            summary, about = (
                re.sub(r"\{\{.+?\}\}", "…", rule["annotations"][name]) for name in ("summary", "description")
            )
            text = f"{prose(summary)}, for {rule['for']}.\n\n{prose(about)}"
            items.append(Item(rule["alert"], group["name"].capitalize(), text, f"### `{rule['alert']}`\n"))
    return items


def stacks(project: Path) -> list[Item]:
    """Return the services of all stack files."""
    items = []
    folder = project / "deployment/stacks"
    for path in [*sorted(folder.glob("*.yml")), *sorted(folder.glob("*/*.yml"))]:
        text = path.read_text()
        about = " ".join(line.removeprefix("#").strip() for line in text.partition("services:")[0].splitlines())
        content = f"{prose(about)}\n\n"
        for name, service in yaml.safe_load(text)["services"].items():
            content += "| service | " + f"`{name}` |\n|---|---|\n"
            content += "".join(f"| {title} | {value} |\n" for title, value in describe(service) if value)
        items.append(Item(path.stem, "", content.rstrip(), f"## `stacks/{path.relative_to(folder)}`\n"))
    return items


def describe(service: dict) -> Iterator[tuple[str, str]]:
    """Yield what is worth knowing about a service of a stack file."""

    def codes(values: Iterable[object]) -> str:
        return ", ".join(f"`{value}`" for value in values)

    deploy = service["deploy"]
    yield "image", f"`{service['image']}`"
    yield "containers", "one on each node" if deploy.get("mode") == "global" else f"`{deploy['replicas']}`"
    yield "nodes", codes(deploy.get("placement", {}).get("constraints", []))
    yield "ports", codes(f"{port['published']}/{port['protocol']}" for port in service.get("ports", []))
    yield "volumes", codes(
        f"{volume['source']}:{volume['target']}{':ro' if volume.get('read_only') else ''}"
        for volume in service.get("volumes", [])
        if volume["type"] == "volume" and "source" in volume
    )
    yield "user", f"`{service['user']}`" if "user" in service else "that of the image"
    yield "capabilities", codes(service.get("cap_add", [])) or "none"
    limits = deploy["resources"]["limits"]
    yield "limits", ", ".join(f"{name} `{value}`" for name, value in limits.items())
    yield "update order", f"`{deploy['update_config']['order']}`"


# --- Makefiles


@dataclass(frozen=True)
class Target:
    """A target of a Makefile that has a comment, and so is a command."""

    name: str
    section: str
    about: str
    recipe: str


def targets(makefile: Path) -> list[Target]:
    """Return the commands of a Makefile, as ``bin/help`` of a project finds them, but for ``help``."""
    found: list[Target] = []
    section = ""
    for line in makefile.read_text().splitlines():
        if line.startswith("##@ "):
            section = line[4:]
        elif match := re.match(r"([a-z-]+):.*?## (.+)", line):
            found.append(Target(match[1], section, match[2], ""))
        elif line.startswith("\t") and found:
            last = found.pop()
            found.append(Target(last.name, last.section, last.about, last.recipe + line + "\n"))
        elif line:
            # what follows belongs to a target without a comment
            found.append(Target("", "", "", ""))
    return [target for target in found if target.name not in ("", "help")]


def options(target: Target) -> dict[str, str]:
    """Return the options of a command of a Makefile, ``NAME`` of ``NAME=value``, each with what it is for."""
    called = re.search(r"\$\(call DEPLOY,([a-z-]+)", target.recipe)
    if not called and (target.recipe or not target.name.startswith("deploy-")):
        return dict.fromkeys(re.findall(r"\$\(([A-Z]+)\)", target.recipe), "")
    # each stack file has a target without a recipe of its own
    run = commands_of_tool(DEPLOYMENT)[called[1] if called else "deploy-stack"]
    about = dict(re.findall(r"^ *(\w+): (.*)$", (inspect.getdoc(run) or "").partition("\n\n")[2], re.MULTILINE))
    named = [
        one.name
        for one in list(inspect.signature(run).parameters.values())[1:]
        if one.kind is not one.VAR_POSITIONAL and f"--{one.name}" not in CHOSEN_BY_TARGETS
    ]
    return {one.upper(): about[one] for one in named}


# --- Pages


def questions(projects: Projects) -> str:
    """Return the table of questions."""
    prompts = validation.DEFAULTS["__prompts__"]
    rows = ["| question | what it asks | default | answers |", "|---|---|---|---|"]
    for name in NAMES:
        default = validation.DEFAULTS[name]
        shown = "from `project_name`" if "{{" in default else f"`{default}`"
        rows.append(f"| `{name}` | {prompts[name]} | {shown} | {', '.join(f'`{one}`' for one in choices(name))} |")
    return "\n".join(rows)


def by_answer(read: Callable[[Path], list[Item]], title: str) -> Callable[[Projects], str]:
    """Return a function that writes a table of the items of every project, and one for each answer that others need."""

    def write(projects: Projects) -> str:
        tables: dict[str, list[str]] = {"": []}
        for item, condition in merged(read, projects):
            tables.setdefault(condition, []).append(f"{item.text} |")
        return "\n".join(
            f"\n## {f'Only with {condition}' if condition else 'In every project'}\n\n{table_head(title)}\n"
            + "\n".join(rows)
            for condition, rows in tables.items()
        )

    return write


def sections(read: Callable[[Path], list[Item]], title: str = "") -> Callable[[Projects], str]:
    """Return a function that writes all items, each under the heading of its section.

    ``title`` is the head of a table where the items are rows of one.
    """

    def write(projects: Projects) -> str:
        parts = []
        section = ""
        heading = ""
        for item, condition in merged(read, projects):
            if item.section != section:
                section = item.section
                parts.append(f"\n## {section}\n")
            if title and (not parts or parts[-1].startswith("\n## ")):
                parts.append(table_head(title))
            if item.heading != heading:
                heading = item.heading
                parts.append(f"\n{heading}")
            if title:
                parts.append(f"{item.text} | {condition} |")
            else:
                parts.append((f"Only with {condition}:\n\n" if condition else "") + f"{item.text}\n")
        return "\n".join(parts)

    return write


def common_options(projects: Projects) -> str:
    """Return the help of a command that has no options but those of all commands."""
    command = [sys.executable, "-m", "ddpt_deploy", "status", "--help"]
    folder = next(iter(projects.full.values())) / "deployment"
    environment = os.environ | {"PYTHONPATH": str(folder / "vendor"), "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    listed = done.stdout.partition("options:\n")[2].partition("\n\n")[0]
    return f"```text\n{inspect.cleandoc(listed)}\n```"


PARTS: dict[str, Callable[[Projects], str]] = {
    "questions": questions,
    "settings": sections(settings),
    "variables": by_answer(variables, "variable | type | default | where | example"),
    "commands": sections(commands, "command | what it does | only with"),
    "site commands": sections(site_commands),
    "common options": common_options,
    "metrics": by_answer(metrics, "metric | type | labels | what it is | of"),
    "alerts": sections(alerts),
    "secrets": by_answer(secrets, "secret | what it is | value | stacks that get it"),
    "stacks": sections(stacks),
}


def merged(read: Callable[[Path], list[Item]], projects: Projects) -> list[tuple[Item, str]]:
    """Return what any project has, in the order of the projects with every option, each with the answers it needs.

    What has one name and several texts is there once for each, with the answer that the text is for.
    """
    items: list[Item] = []
    texts: dict[str, dict[str, Item]] = {}
    for answer, project in projects.full.items():
        place = 0
        for item in read(project):
            known = [one.name for one in items]
            if item.name in known:
                place = known.index(item.name) + 1
            else:
                items.insert(place, item)
                place += 1
            texts.setdefault(item.name, {})[answer] = item
    found = {
        question: {answer: {item.name for item in read(project)} for answer, project in answers.items()}
        for question, answers in projects.variants.items()
    }
    result = []
    for item in items:
        if len({one.text for one in texts[item.name].values()}) == 1:
            result.append((item, condition(item.name, found)))
        else:
            result += [(replace(one, heading=item.heading), answer) for answer, one in texts[item.name].items()]
    return result


def condition(name: str, found: dict[str, dict[str, set[str]]]) -> str:
    """Return the answers that something belongs to, or nothing where every project has it."""
    needed = []
    for question, answers in found.items():
        having = [answer for answer, names in answers.items() if name in names]
        if having and len(having) < len(answers):
            needed.append(" or ".join(f"`{question}={answer}`" for answer in having))
    return " and ".join(needed)


def prose(text: str) -> str:
    """Return the text of a comment as Markdown: commands and names of settings as code, URLs as links."""
    pieces = re.split(r"(`[^`]*`)", text)
    for index in range(0, len(pieces), 2):
        pieces[index] = re.sub(
            r"(?P<command>make [a-z-]+(?: [A-Z_]+=(?:\"[^\"]*\"|[\w./:@-]*[\w/])?)+)"
            r"|(?P<name>(?<![\w./])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:=[\w@/.-]*\w)?)"
            r"|(?P<address>\w+:https?://[^\s,)]*[^\s,).:])"
            r"|(?P<url>https?://[^\s,)]*[^\s,).:])"
            r"|(?P<special>[*<>\[\]|])",
            lambda found: {"url": "<{}>", "special": "\\{}"}.get(found.lastgroup or "", "`{}`").format(found[0]),
            pieces[index],
        )
    return "".join(pieces)


def sentence(about: str) -> str:
    """Return the comment of a command, with what is dangerous in bold."""
    return re.sub(r"^DANGER ", "**Danger.** ", prose(about))


def table_head(columns: str) -> str:
    """Return the first two lines of a table."""
    return f"| {columns} |\n|" + "---|" * len(columns.split("|"))
