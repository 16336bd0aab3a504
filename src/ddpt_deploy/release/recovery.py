"""Point-in-time recovery: the moments that the database can be restored to, by a base backup and the WAL after it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ddpt_deploy.errors import DeployError


@dataclass(frozen=True)
class Base:
    """A base backup that was verified, and the WAL after it, without a gap: what one replication slot has received."""

    # the ID of the backup that it is part of
    backup: str
    slot: str
    begin: datetime
    end: datetime
    # the snapshots of WAL, the oldest first: the last moment in each, and its name in the repository
    wal: tuple[tuple[datetime, str], ...]


def bases(snapshots: Iterable[dict[str, Any]]) -> list[Base]:
    """Return the base backups among restic's snapshots, the oldest first."""
    tagged = [(one, dict(tag.partition("=")[::2] for tag in one["tags"])) for one in snapshots]
    found = []
    for base, tags in sorted(tagged, key=lambda one: str(one[0]["time"])):
        if {"base", "since", "verified"} <= tags.keys():
            wal = sorted(
                (datetime.fromisoformat(other["until"]), str(one["id"]))
                for one, other in tagged
                if "wal" in other and other["slot"] == tags["slot"] and one["time"] > base["time"]
            )
            begin = datetime.fromisoformat(tags["since"])
            if wal and begin <= wal[-1][0]:
                identity = next(name for name in tags if name[:8].isdecimal())
                found.append(Base(identity, tags["slot"], begin, wal[-1][0], tuple(wal)))
    return found


def ranges(found: Sequence[Base]) -> list[str]:
    """Return from when to when the database can be restored to any second, the oldest first: a range for each slot."""
    spans = {base.slot: f"from {text(base.begin)} to {text(base.end)}" for base in reversed(found)}
    return list(reversed(spans.values()))


def choose(found: Sequence[Base], target: datetime) -> tuple[Base, list[str]]:
    """Return the last base backup before a moment, and the WAL until it. Raises DeployError for one out of range."""
    for base in reversed(found):
        if base.begin <= target <= base.end:
            complete = sum(end < target for end, _ in base.wal)
            return base, [name for _, name in base.wal[: complete + 1]]
    if not found:
        next_time = "BACKUP_WAL=yes in production.env: make deploy-postgres deploy-backups"
        problem = "The database cannot be restored to a moment: no WAL is stored."
        raise DeployError(problem, hint=f"make restore, or for the next time {next_time}")
    problem = f"The database cannot be restored to {text(target)}, but to any second {' and '.join(ranges(found))}."
    raise DeployError(problem, hint=f'make restore TO="{found[-1].end:%Y-%m-%d %H:%M:%S}"')


def parse(to: str) -> datetime:
    """Read a time, in UTC unless it says otherwise. Raises DeployError."""
    try:
        # a date alone is none
        found = datetime.fromisoformat(to if ":" in to else "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        hint = 'make restore TO="2026-11-24 10:15:30", in UTC, or with another offset: "2026-11-24 11:15:30+01:00"'
        raise DeployError(f"TO={to!r} is not a time.", hint=hint) from None


def text(moment: datetime) -> str:
    """Return a moment as users read it."""
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"
