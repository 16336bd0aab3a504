"""The plot docs/performance.svg: bars of the figures that matter most, in light and dark."""

from dataclasses import dataclass
from html import escape
from statistics import median

from bench.report.table import SUBJECTS, number
from bench.results import Result
from bench.samples import values

WIDTH, PANEL, ROW, BAR, LABEL, MARGIN = 860, 430, 26, 16, 140, 16
LONGEST = PANEL - LABEL - MARGIN - 60  # the number beside the bar needs the rest
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.note { fill: #59636e }
.other { fill: #afb8c1 }
.ours { fill: #0969da }
.range { stroke: #1f2328; stroke-width: 1.5 }
.page { fill: #ffffff }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.note { fill: #9198a1 }
.other { fill: #656c76 }
.ours { fill: #4493f8 }
.range { stroke: #f0f6fc }
.page { fill: #0d1117 }
}
"""


@dataclass(frozen=True)
class Panel:
    """Bars of one figure, by subject."""

    benchmark: str
    case: str
    figure: str
    title: str
    note: str


PANELS = (
    Panel("pages", "home", "requests_per_second", "Home page, requests/s", "more is better"),
    Panel("pages", "home", "cpu_ms", "Home page, CPU ms a request", "less is better"),
    Panel("start", "first page", "seconds", "Seconds from the start to the first page", "less is better"),
    Panel("memory", "all", "pss_mb", "Memory after all requests, MB", "less is better"),
)


def plot(results: dict[str, Result | None]) -> str:
    """Return the plot as SVG; nothing where a result that it shows is missing."""
    drawn = []
    for panel in PANELS:
        result = results.get(panel.benchmark)
        if not result:
            return ""
        subjects = [one for one in SUBJECTS if values(result.samples, panel.case, one, panel.figure)]
        drawn.append({one: values(result.samples, panel.case, one, panel.figure) for one in subjects})
    parts, top = [], MARGIN
    for number_of_row in range(0, len(PANELS), 2):
        row = list(zip(PANELS, drawn, strict=True))[number_of_row : number_of_row + 2]
        parts += [bars(panel, found, column * PANEL, top) for column, (panel, found) in enumerate(row)]
        top += 48 + ROW * max(len(found) for _, found in row)
    box = f'<rect class="page" width="{WIDTH}" height="{top}" rx="6"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" role="img">'
    title = "<title>Requests a second, CPU time, start and memory of each project</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", box, *parts, "</svg>"]) + "\n"


def bars(panel: Panel, found: dict[str, list[float]], left: float, top: float) -> str:
    """Return the bars of a panel: the median, a line from the lowest value to the highest, and the number."""
    scale = LONGEST / max(max(one) for one in found.values())
    parts = [f'<text class="title" x="{left + MARGIN}" y="{top + 14}">{escape(panel.title)}</text>']
    parts.append(f'<text class="note" x="{left + PANEL - MARGIN}" y="{top + 14}" text-anchor="end">{panel.note}</text>')
    for index, (subject, seen) in enumerate(found.items()):
        y, start = top + 28 + ROW * index, left + MARGIN + LABEL
        middle, low, high = (start + scale * value for value in (median(seen), min(seen), max(seen)))
        kind = "ours" if subject == "ours" else "other"
        parts.append(f'<text x="{left + MARGIN}" y="{y + 13}">{escape(SUBJECTS[subject])}</text>')
        parts.append(f'<rect class="{kind}" x="{start}" y="{y}" width="{middle - start:.1f}" height="{BAR}" rx="2"/>')
        parts.append(f'<path class="range" d="M{low:.1f} {y + BAR / 2}H{high:.1f}"/>')
        parts.append(f'<text x="{max(middle, high) + 6:.1f}" y="{y + 13}">{number(median(seen))}</text>')
    return "\n".join(parts)
