"""Records a release under load: deploys one while a load generator sends requests, and draws it as ``docs/release.svg``.

``PYTHONPATH=tests .venv/bin/python docs/record_release.py`` needs a Docker Engine that is a manager of a swarm, or that is in none,
and some minutes. Every line and figure of the drawing was printed or counted; its clock runs ``FASTER`` times as fast.
"""

import json
import sys
import time
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from support.projects import NOTHING
from support.site import Site
from support.traffic import Traffic

RATE = 50
FASTER = 5
# seconds for which the end stays, before it begins again
PAUSE = 5
DRAWING = Path(__file__).with_name("release.svg")

HEIGHT, LINE, TOP = 420, 22, 58
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 {height}" role="img" aria-labelledby="title">
<title id="title">{title}</title>
<style>
text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d8dee9; white-space: pre }}
.ok {{ fill: #8fd18f }}
.quiet {{ fill: #8a93a3 }}
.figure {{ font-size: 22px; font-weight: bold }}
.then {{ visibility: hidden }}
.last {{ visibility: visible }}
@media (prefers-reduced-motion: no-preference) {{
.last {{ visibility: hidden }}
{animations}
}}
</style>
<rect width="820" height="{height}" rx="8" fill="#1b1f27"/>
<circle cx="22" cy="20" r="6" fill="#ff5f57"/><circle cx="42" cy="20" r="6" fill="#febc2e"/><circle cx="62" cy="20" r="6" fill="#28c840"/>
"""


def record(folder: Path) -> tuple[list[tuple[float, str]], list[dict], int]:
    """Deploy a release under load; return what was printed and counted, each with its second, and the failed requests."""
    site = Site(folder, "guide-recording", NOTHING, HTTP_PORT="8380", HTTPS_PORT="8343")
    try:
        site.add_proof()
        site.make("setup", YES="1")
        traffic = Traffic(site.url, rate=RATE)
        traffic.start()
        with traffic.watch("the release", settle=2) as seen:
            site.change()
            first = len(traffic.counts)
            started, clock = time.monotonic(), traffic.counts[-1]["time"]
            process = site.start("deploy", JSON="1")
            lines = [(time.monotonic() - started, line) for line in process.stdout]
            assert process.wait() == 0, lines
        traffic.stop()
    finally:
        site.remove()
    before = traffic.counts[first - 1]["sent"]
    counts = [{"at": one["time"] - clock, "sent": one["sent"] - before} for one in traffic.counts[first:]]
    printed = []
    for at, line in lines:
        facts = json.loads(line)
        if facts["event"] == "step":
            printed.append((at, f"✓ {facts['step']:<24} {facts['seconds']:>6.1f} s  {facts['detail']}"))
        elif facts["event"] == "message":
            printed.append((at, facts["message"]))
    return printed, counts, len(seen.failures)


def draw(printed: list[tuple[float, str]], counts: list[dict], failed: int, faster: float = FASTER) -> str:
    """Return the drawing, as SVG that moves by itself and begins again at its end."""
    length = max(at for at, _ in printed) / faster + PAUSE
    shown: list[tuple[float, float, str]] = [(0, length, text(20, TOP, "$ make deploy"))]
    for number, (at, line) in enumerate(printed, start=1):
        style = "ok" if line.startswith("✓") else ""
        shown.append((at / faster, length, text(20, TOP + number * LINE, line[:92], style)))
    ends = [*(one["at"] / faster for one in counts[1:]), length]
    figure = HEIGHT - 24
    for one, end in zip(counts, ends, strict=True):
        said = f"{one['sent']:>6,} requests    {failed} failed"
        shown.append((one["at"] / faster, end, text(20, figure, said, "figure")))
    animations, drawn = [], []
    for number, (start, end, what) in enumerate(shown):
        first, last = (round(100 * at / length, 2) for at in (start, min(end, length)))
        frames = f"0% {{visibility: hidden}} {first}% {{visibility: visible}} {last}% {{visibility: hidden}}"
        if end >= length:
            frames = f"0% {{visibility: hidden}} {first}%, 100% {{visibility: visible}}"
        animations.append(
            f"@keyframes a{number} {{{frames}}} .a{number} {{animation: a{number} {length:.1f}s steps(1) infinite}}"
        )
        drawn.append(what.replace('class="', f'class="{"last" if end >= length else "then"} a{number} ', 1))
    title = f"make deploy under {RATE} requests a second: {counts[-1]['sent']:,} requests, {failed} failed"
    speed = text(800, 25, f"{RATE} requests a second, shown {faster:g} times as fast", "quiet").replace(
        "<text", '<text text-anchor="end"'
    )
    head = HEAD.format(height=HEIGHT, title=escape(title), animations="\n".join(animations))
    return head + "\n".join([speed, *drawn]) + "\n</svg>\n"


def text(x: int, y: int, what: str, style: str = "") -> str:
    """Return a line of text of the drawing."""
    return f'<text x="{x}" y="{y}" class="{style}">{escape(what)}</text>'


def main() -> int:
    """Record a release and write its drawing."""
    with TemporaryDirectory() as folder:
        printed, counts, failed = record(Path(folder))
    DRAWING.write_text(draw(printed, counts, failed))
    print(f"{DRAWING}: {counts[-1]['sent']} requests, {failed} failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
