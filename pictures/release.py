"""A release under load, as a terminal shows it: an SVG that moves by itself and begins again at its end.

Every line and figure in it was printed or counted while a site was deployed on the Docker Engine of this computer. Its clock
runs ``FASTER`` times as fast.
"""

import json
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path

from support.projects import NOTHING
from support.site import Site
from support.traffic import Traffic

RATE = 50
FASTER = 4
# seconds for which the end stays, before it begins again
PAUSE = 5

WIDTH, LINE, TOP, LEFT = 820, 22, 60, 20
# characters that fit into a line
COLUMNS = 92
STYLE = """text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d8dee9; white-space: pre }
.ok { fill: #8fd18f }
.quiet { fill: #9aa3b2 }
.figure { font-size: 22px; font-weight: bold }
.then { visibility: hidden }"""
# Who wants no motion sees the end.
MOTION = """@media (prefers-reduced-motion: no-preference) {
.last { visibility: hidden }
%s
}"""


@dataclass(frozen=True)
class Recording:
    """What was seen; times are seconds from the start of the deploy.

    Attributes:
        printed: when each line was printed
        sent: how many requests had been sent, second by second
        failed: how many of them failed
    """

    printed: list[tuple[float, str]]
    sent: list[tuple[float, int]]
    failed: int


def make(folder: Path, pictures: Path) -> list[Path]:
    """Deploy a release of a site under load, and return the file of the picture."""
    path = pictures / "release.svg"
    path.write_text(draw(record(folder)))
    return [path]


def record(folder: Path) -> Recording:
    """Set up a site, deploy a release of it under load, and remove it."""
    site = Site(folder, "release-picture", NOTHING, HTTP_PORT="8380", HTTPS_PORT="8343")
    try:
        site.add_proof()
        site.make("setup", YES="1")
        site.change()
        traffic = Traffic(site.url, rate=RATE)
        traffic.start()
        with traffic.watch("the release", settle=2) as seen:
            first = traffic.counts[-1]
            start = time.monotonic()
            deploy = site.start("deploy", JSON="1")
            lines = [(time.monotonic() - start, line) for line in deploy.stdout]
            assert deploy.wait() == 0, lines
        traffic.stop()
    finally:
        site.remove()
    counts = [(one["time"] - first["time"], one["sent"] - first["sent"]) for one in traffic.counts]
    return Recording(
        printed=[(at, said) for at, line in lines if (said := as_printed(json.loads(line)))],
        sent=[(at, sent) for at, sent in counts if at >= 0],
        failed=len(seen.failures),
    )


def as_printed(event: dict) -> str:
    """Return the line of a terminal for an event of the deploy; nothing for those that it does not show."""
    if event["event"] == "step":
        return f"✓ {event['step']:<20} {event['seconds']:>6.1f} s  {event['detail']}"
    return event.get("message", "")


def draw(seen: Recording) -> str:
    """Return the picture, as SVG."""
    length = seen.sent[-1][0] / FASTER + PAUSE
    height = TOP + (len(seen.printed) + 3) * LINE
    shown = [(0.0, length, text(LEFT, TOP, "$ make deploy"))]
    for number, (at, line) in enumerate(seen.printed, start=1):
        style = "ok" if line.startswith("✓") else ""
        shown.append((at / FASTER, length, text(LEFT, TOP + number * LINE, line[:COLUMNS], style)))
    ends = [*(at / FASTER for at, _ in seen.sent[1:]), length]
    for (at, sent), end in zip(seen.sent, ends, strict=True):
        count = f"{sent:>6,} requests   {seen.failed} failed"
        shown.append((at / FASTER, end, text(LEFT, height - LINE, count, "figure")))
    frames, drawn = [], []
    for number, (start, end, what) in enumerate(shown):
        stays = end >= length
        drawn.append(what.replace('class="', f'class="{"last" if stays else "then"} a{number} ', 1))
        frames.append(f"@keyframes a{number} {{ {keyframes(start / length, 1 if stays else end / length)} }}")
        frames.append(f".a{number} {{ animation: a{number} {length:.1f}s steps(1) infinite }}")
    title = f"make deploy under {RATE} requests a second: {seen.sent[-1][1]:,} requests, {seen.failed} failed"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
            f'<title id="title">{escape(title)}</title>',
            f"<style>\n{STYLE}\n{MOTION % chr(10).join(frames)}\n</style>",
            f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#1b1f27"/>',
            *(
                f'<circle cx="{LEFT + 2 + 20 * number}" cy="20" r="6" fill="{color}"/>'
                for number, color in enumerate(("#ff5f57", "#febc2e", "#28c840"))
            ),
            text(WIDTH - LEFT, 25, f"{RATE} requests a second, shown {FASTER} times as fast", "quiet", "end"),
            *drawn,
            "</svg>\n",
        ]
    )


def keyframes(start: float, end: float) -> str:
    """Return the frames of what is seen from a part of the whole time to another."""
    hidden, visible = "{ visibility: hidden }", "{ visibility: visible }"
    if end == 1:
        return f"0% {hidden} {start:.2%}, 100% {visible}"
    return f"0% {hidden} {start:.2%} {visible} {end:.2%} {hidden}"


def text(x: int, y: int, what: str, style: str = "", anchor: str = "start") -> str:
    """Return a line of text."""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" class="{style}">{escape(what)}</text>'
