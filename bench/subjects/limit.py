"""The limit of the server: a function that returns the bytes of our answers, in our gunicorn."""

import json
from dataclasses import replace
from pathlib import Path

from bench.subjects.environment import empty
from bench.subjects.subject import Subject

APPLICATION = '''"""Return answers that were recorded."""

import json
from pathlib import Path

ANSWERS = {
    path: ([tuple(header) for header in headers], body.encode())
    for path, (headers, body) in json.loads(Path(__file__).with_name("answers.json").read_text()).items()
}


def application(environ, start_response):
    headers, body = ANSWERS[environ["PATH_INFO"]]
    start_response("200 OK", headers)
    return [body]
'''


def limit(folder: Path, ours: Subject, answers: dict[str, tuple[list[tuple[str, str]], str]]) -> Subject:
    """Write the function.

    Args:
        folder: where.
        ours: the project whose server is used.
        answers: headers and body by path.
    """
    empty(folder)
    (folder / "bench_limit.py").write_text(APPLICATION)
    (folder / "answers.json").write_text(json.dumps(answers))
    return replace(
        ours,
        name="limit",
        title="bare function",
        environment=ours.environment | {"PYTHONPATH": str(folder)},
        server=(*ours.server, "bench_limit:application"),
    )
