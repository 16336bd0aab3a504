"""The command to type after answers that were not valid, so that nobody has to give the valid ones again."""

import json
import shlex
from pathlib import Path

from ddpt.escape import quoted

QUESTIONS = json.loads((Path(__file__).parent.parent / "cookiecutter.json").read_text("utf-8"))


def command(typed: list[str], answers: dict[str, object]) -> str | None:
    """Return the command that was typed, quoted for a shell, with ``answers`` that differ from the defaults.

    Return None where the answers came by another way than Cookiecutter's questions and arguments.

    Args:
        typed: the words of the command, ``sys.argv``.
        answers: valid answers to all questions.
    """
    program, *words = typed
    if "cookiecutter" not in Path(program).parts[-2:] or any(word.startswith("--replay") for word in words):
        return None
    words = [word for word in words if word != "--no-input" and word.partition("=")[0] not in QUESTIONS]
    given = [f"{name}={argument(answer)}" for name, answer in answers.items() if answer != QUESTIONS[name]]
    return shlex.join(["cookiecutter", *words, "--no-input", *given])


def argument(answer: object) -> str:
    """Return an answer as an argument: Cookiecutter renders arguments as templates, but not what is typed at a prompt."""
    text = {True: "y", False: "n"}[answer] if isinstance(answer, bool) else str(answer)
    return f"{{{{ {quoted(text)} }}}}" if "{{" in text or "{%" in text or "{#" in text else text
