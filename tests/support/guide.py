"""The guide as its reader follows it: the blocks of its pages, typed into one shell."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pexpect

from support.projects import TEMPLATE

GUIDE = TEMPLATE / "docs"
# What tests/docs/test_reader.py does from the first line to the last, in this order
FOLLOWED = ["tutorial", "how-to/secret", "how-to/slow-query", "how-to/restore", "how-to/leaked-key", "how-to/full-disk"]
# But for what is below these headings, which other tests do
LEFT_OUT = {
    "To a second": "tests/swarm/test_point_in_time.py",
    "An SSH key to the server": "tests/swarm/test_provisioning.py",
}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    heading: str
    language: str
    # the file that it is in, where it is not for the shell
    file: str
    text: str

    @property
    def lines(self) -> list[str]:
        """Return the lines that are not empty, and no comments."""
        return [line for line in self.text.splitlines() if line.strip() and not line.startswith("#")]


def pages() -> list[str]:
    """Return the names of the pages, as paths without their ending."""
    return sorted(str(path.relative_to(GUIDE).with_suffix("")) for path in GUIDE.rglob("*.md"))


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page, also those in lists."""
    heading = ""
    lines = iter((GUIDE / f"{page}.md").read_text().splitlines())
    for line in lines:
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif match := re.match(r"( *)```(?:\{code-block\} )?([\w{}]+)", line):
            body = []
            for inner in lines:
                if inner.strip() == "```":
                    break
                body.append(inner.removeprefix(match[1]))
            text = "\n".join(body)
            file = re.match(r":caption: (.+)\n", text)
            yield Block(page, heading, match[2], file[1] if file else "", re.sub(r"\A(?::.+\n)+\n*", "", text))


class Reader:
    """Somebody who types what the guide says, and answers what is asked.

    Args:
        folder: where the first command is typed.
        answers: what is answered to a prompt, by a regular expression for it.
        instead: what is typed in place of the guide's examples, such as its domain.
        variables: the environment of the shell.
    """

    def __init__(
        self, folder: Path, answers: Mapping[str, str], instead: Mapping[str, str], variables: Mapping[str, str]
    ):
        self.answers = answers
        self.instead = instead
        self.printed = ""
        self.shell = pexpect.spawn(
            "bash", ["--norc", "--noprofile", "--noediting"], cwd=str(folder), env=dict(variables) | {"TERM": "dumb"},
            encoding="utf-8", timeout=900, echo=False, dimensions=(50, 160),
        )  # fmt: skip
        self.shell.sendline("PS1='READY:$?:'; PS2=; bind 'set enable-bracketed-paste off' 2>/dev/null")
        self.shell.expect("READY:0:")

    def type(self, command: str) -> str:
        """Type a command, answer what it asks, end it by Ctrl-C if it serves, and return what it printed; it must end well."""
        command = self.adapt(command)
        print(f"$ {command}")
        self.shell.sendline(command)
        printed, interrupted = "", False
        while True:
            found = self.shell.expect([r"READY:(\d+):", "Quit the server with", *self.answers])
            printed += self.shell.before
            if found == 0:
                break
            if found == 1:
                interrupted = True
                self.shell.sendintr()
            else:
                self.shell.sendline(list(self.answers.values())[found - 2])
        print(printed)
        assert interrupted or self.shell.match[1] == "0", f"{command}:\n{printed}"
        self.printed += printed
        return printed

    def follow(self, page: str, heading: str = "") -> None:
        """Do what the blocks of a page say, or those below one heading."""
        chosen = [block for block in blocks(page) if heading in ("", block.heading) and block.heading not in LEFT_OUT]
        assert chosen, f"{page} has nothing to do below {heading}"
        for block in chosen:
            self.do(block)

    def do(self, block: Block) -> None:
        """Type the commands of a block, or edit the file that it is in."""
        match block.language:
            case "sh":
                for line in block.lines:
                    self.type(line)
            case "sql":
                self.type(f"make dbshell <<'END'\n\\set ON_ERROR_STOP on\n{block.text}\nEND")
            case "ini":
                self.edit(block.file, self.adapt(block.text).splitlines())
            case "text" if block.file:
                with Path(self.adapt(block.file)).open("a") as file:
                    file.write(self.adapt(block.text) + "\n")
            case "toml" | "python" if block.file and self.where(block.file).exists():
                # the last line of the settings reports what was missing
                self.add(block.file, block.text, before="env.check()")

    def adapt(self, text: str) -> str:
        """Return a text with what there is in place of the examples."""
        for example, own in self.instead.items():
            text = text.replace(example, own)
        return text

    def where(self, file: str) -> Path:
        """Return the path of a file of the project, wherever the shell is."""
        return Path(self.type("git rev-parse --show-toplevel").strip()) / file

    def edit(self, file: str, lines: list[str]) -> None:
        """Change lines ``NAME=value`` of a file, and add those that it does not have."""
        path = self.where(file)
        text = path.read_text()
        for line in lines:
            name = line.partition("=")[0]
            text, changed = re.subn(rf"^{name}=.*$", lambda _, line=line: line, text, flags=re.MULTILINE)
            text += "" if changed else f"{line}\n"
        path.write_text(text)

    def add(self, file: str, text: str, before: str) -> None:
        """Add text to a file: before its last line where that is ``before``, or at its end."""
        path = self.where(file)
        found = path.read_text()
        path.write_text(f"{found.removesuffix(f'{before}\n')}\n{text}\n" + (f"\n{before}\n" if before in found else ""))

    def close(self) -> None:
        """End the shell."""
        self.shell.close(force=True)


def words(line: str) -> list[str]:
    """Return the words of a command, without where its input and output are and without a comment."""
    return list(takewhile(lambda word: word not in {"<", ">", ">>"}, shlex.split(line, comments=True)))
