"""Every path, variable and default of the warehouse, read once.

`WAREHOUSE_HOME` names the root of all state (default `data/` of this checkout); `settings.yml` in it
overrides the defaults below. The same values reach dbt as vars, so a default stands here and nowhere else.
`WAREHOUSE_MEMORY` is of the machine, not of a home: how much memory each process leaves to DuckDB.
"""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = PROJECT_ROOT / "dbt_project"
DEFAULT_HOME = PROJECT_ROOT / "data"
CURRENCIES = DBT_PROJECT / "seeds" / "finance" / "currencies.csv"
# Of days, minutes or releases: more would overflow a date, and no one means it.
MOST = 100_000


class SettingsError(Exception):
    """The configuration can't be used; the message says what was expected, found, and where."""


# Settings of what is kept: no model reads them, so that changing one rebuilds nothing.
KEPT = ("keep_releases", "apply_retention", "metrics_", "application_logs_", "security_logs_", "audit_logs_")
# Measurements turn into coarser ones, each of which has to be there when the finer one goes.
METRICS_DAYS = ("metrics_raw_days", "metrics_aggregated_days", "metrics_historical_days")
# What WAREHOUSE_RETENTION may be; where it is set, it stands above `apply_retention` in settings.yml.
SWITCH = {"1": True, "true": True, "on": True, "0": False, "false": False, "off": False}
# What WAREHOUSE_MEMORY may be: no more than DuckDB can count, no less than it can work with.
MEMORY = re.compile(r"(\d{1,6}(?:\.\d+)?) ?([MGT])i?B|(?:100|[1-9]\d?) ?%", re.IGNORECASE)
MEGABYTES = {"M": 1, "G": 1_000, "T": 1_000_000}
LEAST_MEGABYTES = 100


@dataclass(frozen=True)
class Reporting:
    """What a user may set in `settings.yml`: how numbers are reported, how many releases and how long data are kept."""

    reporting_currency: str = "USD"
    reporting_timezone: str = "UTC"
    mau_window_days: int = 30
    session_gap_minutes: int = 30
    gross_margin: float = 1.0
    week_start: str = "monday"
    keep_releases: int = 30
    apply_retention: bool = False  # whether nights delete what is past the limits below
    # how long what was delivered is kept, by the class in the feed's contract; `business` is kept for good
    metrics_raw_days: int = 7
    metrics_aggregated_days: int = 90
    metrics_historical_days: int = 365
    application_logs_days: int = 30
    security_logs_days: int = 365
    audit_logs_days: int = 2557  # seven years, two of them leap years

    def dbt_vars(self) -> dict[str, object]:
        """The settings that dbt models read, by var name (all but those of what is kept)."""
        return {name: value for name, value in asdict(self).items() if not name.startswith(KEPT)}


@dataclass(frozen=True)
class Settings:
    """One warehouse home: where its state lives and how it reports. Two homes share nothing."""

    home: Path
    reporting: Reporting = Reporting()

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def work(self) -> Path:
        return self.home / "work"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def candidate(self) -> Path:
        """The database that the night writes; only the one writer opens it."""
        return self.work / "warehouse.duckdb"

    @property
    def current_release(self) -> Path:
        """The link that readers open; it points to one file in `releases`."""
        return self.published / "warehouse.duckdb"

    @property
    def releases(self) -> Path:
        return self.published / "releases"

    @property
    def dashboards(self) -> Path:
        """A folder of pages per release, and the link `current` to those of the current one."""
        return self.published / "dashboards"

    @property
    def switches(self) -> Path:
        """Which release was current when."""
        return self.work / "switches.jsonl"

    @property
    def erased(self) -> Path:
        """Who was erased, as keyed hashes; it outlives the candidate."""
        return self.home / "erased.json"

    @property
    def erasing(self) -> Path:
        """What erasures that were killed need to be completed."""
        return self.work / "erasing"

    @property
    def receipts(self) -> Path:
        return self.work / "receipts"


def load_settings(home: Path | str | None = None) -> Settings:
    """The settings of `home`, or of `WAREHOUSE_HOME`, or of `data/`.

    Raises SettingsError where the path can't be used, or `settings.yml` is no mapping, names an unknown setting or an
    impossible value, WAREHOUSE_RETENTION is neither on nor off, or WAREHOUSE_MEMORY no amount of memory.
    """
    memory_limit()
    root = Path(home or os.environ.get("WAREHOUSE_HOME") or DEFAULT_HOME).expanduser().resolve()
    if set("?#") & set(str(root)):  # Dagster and dbt put the path into addresses
        raise SettingsError(f"{root}: expected a home whose path has neither ? nor #")
    file = root / "settings.yml"
    return Settings(root, _switched(_reporting(file) if file.exists() else Reporting()))


def memory_limit() -> str:
    """What DuckDB may take before it moves to disk: WAREHOUSE_MEMORY, or, as is DuckDB's own default, 80 % of all."""
    given = os.environ.get("WAREHOUSE_MEMORY", "").strip() or "80%"
    amount = MEMORY.fullmatch(given)
    if not amount or (amount[1] and float(amount[1]) * MEGABYTES[amount[2].upper()] < LEAST_MEGABYTES):
        wanted = f"an amount such as 4GB or 50%, {LEAST_MEGABYTES}MB or more"
        raise SettingsError(f"WAREHOUSE_MEMORY: expected {wanted}, found {given!r}")
    return given


def _switched(reporting: Reporting) -> Reporting:
    given = os.environ.get("WAREHOUSE_RETENTION", "").strip().lower()
    if not given:
        return reporting
    if given not in SWITCH:
        raise SettingsError(f"WAREHOUSE_RETENTION: expected one of {', '.join(SWITCH)}, found {given!r}")
    return replace(reporting, apply_retention=SWITCH[given])


def _reporting(file: Path) -> Reporting:
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{file}: expected a YAML mapping of settings, found: {error}") from error
    if not isinstance(given, dict):
        raise SettingsError(f"{file}: expected a mapping such as 'reporting_currency: EUR', found {given!r}")
    defaults = {field.name: field.default for field in fields(Reporting)}
    unknown = sorted(set(map(str, given)) - set(defaults))
    if unknown:
        raise SettingsError(f"{file}: unknown setting {', '.join(unknown)}; known are {', '.join(defaults)}")
    for name, value in given.items():
        _check(file, name, value, defaults[name])
    reporting = Reporting(**given)
    limits = [getattr(reporting, name) for name in METRICS_DAYS]
    if limits != sorted(limits):
        raise SettingsError(f"{file}: expected {' <= '.join(METRICS_DAYS)}, found {', '.join(map(str, limits))}")
    return reporting


def _check(file: Path, name: str, value: object, default: object) -> None:
    wanted = (int, float) if isinstance(default, float) else type(default)
    problem = None
    if isinstance(value, bool) != isinstance(default, bool) or not isinstance(value, wanted):
        problem = f"a value like {default!r}"
    elif name == "gross_margin" and not 0 <= value <= 1:  # type: ignore[operator]
        problem = "a fraction from 0 to 1"
    elif name != "gross_margin" and type(value) is int and not 1 <= value <= MOST:
        problem = f"a positive number up to {MOST}"
    elif name == "reporting_currency" and not _is_currency(str(value)):
        problem = "an ISO 4217 code such as USD"
    elif name == "week_start" and value not in ("monday", "sunday"):
        problem = "monday or sunday"
    elif name == "reporting_timezone" and not _is_timezone(str(value)):
        problem = "an IANA time zone such as Europe/Berlin"
    if problem:
        raise SettingsError(f"{file}: {name}: expected {problem}, found {value!r}")


def _is_currency(code: str) -> bool:
    known = CURRENCIES.read_text(encoding="utf-8").splitlines()[1:]
    return code in {line.split(",")[0] for line in known}


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return name[0].isupper()  # what the system adds (localtime, posixrules, right/UTC) is unknown to DuckDB
