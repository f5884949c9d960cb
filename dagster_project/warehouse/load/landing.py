"""What lies in the landing zone: deliveries, and things that are none.

`landing/<feed>/dt=YYYY-MM-DD/<name>.<ext>`; names beginning with `.` or `_` or ending in `.tmp` are being written
and are passed over in silence; anything else that is no delivery is named with its remedy and stops nothing.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

# extension -> (form of the records, compression)
FORMATS: dict[str, tuple[str, str | None]] = {
    ".ndjson": ("json", None),
    ".ndjson.gz": ("json", "gzip"),
    ".ndjson.zst": ("json", "zstd"),
    ".jsonl": ("json", None),
    ".jsonl.gz": ("json", "gzip"),
    ".jsonl.zst": ("json", "zstd"),
    ".csv": ("csv", None),
    ".csv.gz": ("csv", "gzip"),
    ".parquet": ("parquet", None),
}
# No delivery, and nothing that one tells of, is of an earlier or later day. Beyond are slips of the pen and what stands
# for an empty field; a single one would make the as-of day, or a series of days, span millennia.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
# Samples and rehearsals run ahead of the clock, by months; what is further ahead is a slip of the pen: a single
# dt=2999-01-01 would be the as-of day of every table, and a partition for each of some hundred thousand days.
DAYS_AHEAD = 366
_DT = re.compile(r"dt=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Delivery:
    """One delivered file, as the file system describes it; `identity` changes whenever the file may have changed."""

    feed: str
    dt: date
    file: str
    path: Path
    size: int
    identity: str

    @property
    def format(self) -> tuple[str, str | None]:
        """(form of the records, compression) by the name's extension."""
        return next(form for extension, form in FORMATS.items() if self.file.endswith(extension))

    def open(self) -> io.FileIO:
        """The file's bytes. Raises OSError where it is gone, or a link or something else took its place."""
        handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        file = io.FileIO(handle)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            file.close()
            raise OSError(errno.EINVAL, "no file any more")
        return file


@dataclass(frozen=True)
class Problem:
    """Something in the landing zone that is no delivery, and what to do about it."""

    path: str
    problem: str


@dataclass
class Landing:
    """One scan of the landing zone."""

    deliveries: list[Delivery] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def newest_dt(self) -> date | None:
        """The newest delivery day, or None when nothing was delivered."""
        return max((delivery.dt for delivery in self.deliveries), default=None)

    def oldest_dt(self) -> date | None:
        """The oldest delivery day, or None when nothing was delivered."""
        return min((delivery.dt for delivery in self.deliveries), default=None)


def scan(landing: Path, feeds: Collection[str], last_day: date | None = None) -> Landing:
    """Every delivery below `landing` in the order feed, dt, file, and everything that is none.

    What is of a day after `last_day` (default: `DAYS_AHEAD` days after today's, UTC) is no delivery.
    Links are never followed, so that a delivery can't point out of the landing zone.
    """
    last_day = last_day or datetime.now(UTC).date() + timedelta(days=DAYS_AHEAD)
    found = Landing()
    for feed_entry in _entries(str(landing), found):
        if feed_entry.name not in feeds:
            _report(found, feed_entry, f"unknown feed; known are {', '.join(sorted(feeds))}")
        elif not feed_entry.is_dir(follow_symlinks=False):
            _report(found, feed_entry, "a feed is a folder; deliver files as <feed>/dt=YYYY-MM-DD/<name>")
        else:
            for day_entry in _entries(feed_entry.path, found):
                _scan_day(found, feed_entry.name, day_entry, last_day)
    return found


def _scan_day(found: Landing, feed: str, day_entry: os.DirEntry[str], last_day: date) -> None:
    day = _day(day_entry.name)
    if day is None or not day_entry.is_dir(follow_symlinks=False):
        wanted = f"a folder named by its delivery day, such as dt=2026-01-31, from {FIRST_DAY} to {LAST_DAY}"
        _report(found, day_entry, f"expected {wanted}")
        return
    if day > last_day:
        _report(found, day_entry, f"a day to come, later than {last_day}; name it by the day on which it was delivered")
        return
    for entry in _entries(day_entry.path, found):
        delivery = _delivery(found, feed, day, entry)
        if delivery:
            found.deliveries.append(delivery)


def _delivery(found: Landing, feed: str, day: date, entry: os.DirEntry[str]) -> Delivery | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:  # it vanished between listing and looking
        _report(found, entry, f"could not be read: {error.strerror}")
        return None
    if not stat.S_ISREG(status.st_mode):
        kind = "a link" if stat.S_ISLNK(status.st_mode) else "a folder" if stat.S_ISDIR(status.st_mode) else "no file"
        _report(found, entry, f"{kind}, not a file; deliver the file itself")
    elif not any(entry.name.endswith(extension) for extension in FORMATS):
        _report(found, entry, f"unknown format; known extensions are {' '.join(FORMATS)}")
    else:
        return Delivery(feed, day, entry.name, Path(entry.path), status.st_size, _identity(status))
    return None


def looked_at_again(delivery: Delivery) -> Delivery:
    """The delivery as its file is now, after it was rewritten in place. Raises OSError where it is gone."""
    status = delivery.path.stat(follow_symlinks=False)
    return replace(delivery, size=status.st_size, identity=_identity(status))


def _identity(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"


def _entries(folder: str, found: Landing) -> Iterator[os.DirEntry[str]]:
    """The visible entries of `folder` in the order of their names."""
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not _is_being_written(entry.name)]
    except FileNotFoundError:
        return
    except OSError as error:
        found.problems.append(Problem(_printable(folder), f"could not be read: {error.strerror}"))
        return
    for entry in sorted(visible, key=lambda entry: entry.name):
        if entry.name.isprintable() and _is_utf8(entry.name):
            yield entry
        else:
            _report(found, entry, "a name with unprintable characters; rename it")


def _is_being_written(name: str) -> bool:
    return name.startswith((".", "_")) or name.endswith(".tmp")


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _day(name: str) -> date | None:
    match = _DT.fullmatch(name)
    try:
        day = date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
    return day if day and FIRST_DAY <= day <= LAST_DAY else None


def _report(found: Landing, entry: os.DirEntry[str], problem: str) -> None:
    found.problems.append(Problem(_printable(entry.path), problem))


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
