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
    # the first moment that it can be recovered to
    begin: datetime
    # the snapshots of WAL, the oldest first: the last moment in it, and its name in the repository
    wal: tuple[tuple[datetime, str], ...]

    @property
    def end(self) -> datetime:
        """Return the last moment that it can be recovered to."""
        return self.wal[-1][0]

    def until(self, target: datetime) -> tuple[str, ...]:
        """Return the snapshots of WAL that recovery to a moment takes."""
        before = sum(moment < target for moment, _ in self.wal)
        return tuple(name for _, name in self.wal[: before + 1])


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
                # a tag without a value is the ID
                found.append(Base(next(name for name in tags if name[:8].isdecimal()), tags["slot"], begin, tuple(wal)))
    return found


def ranges(found: Iterable[Base]) -> list[str]:
    """Return from when to when the database can be restored to any second; with a gap where another slot began."""
    begin: dict[str, datetime] = {}
    end = {}
    for base in found:
        begin.setdefault(base.slot, base.begin)
        end[base.slot] = base.end
    return [f"from {text(begin[slot])} to {text(end[slot])}" for slot in begin]


def choose(found: Sequence[Base], target: datetime) -> Base:
    """Return the base backup that is the shortest way to a moment. Raises DeployError that says which can be reached."""
    for base in reversed(found):
        if base.begin <= target <= base.end:
            return base
    if not found:
        raise DeployError(
            "The database cannot be restored to a moment: no WAL is stored.",
            cause="It is from the next backup on with BACKUP_WAL=yes in production.env: make deploy-postgres deploy-backups",
            hint="make backups, then make restore BACKUP=...",
        )
    raise DeployError(
        f"The database cannot be restored to {text(target)}, but to any second {' and '.join(ranges(found))}.",
        hint=f'make restore TO="{found[-1].end:%Y-%m-%d %H:%M:%S}"',
    )


def parse(to: str) -> datetime:
    """Read a time, in UTC unless it says otherwise. Raises DeployError."""
    try:
        found = datetime.fromisoformat(to)
    except ValueError:
        found = None
    if not found or ":" not in to:
        raise DeployError(
            f"TO={to!r} is not a time.",
            hint='make restore TO="2026-11-24 10:15:30", in UTC, or with another offset: "2026-11-24 11:15:30+01:00"',
        )
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def text(moment: datetime) -> str:
    """Return a moment as users read it."""
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"
