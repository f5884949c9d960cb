"""Whether a night has anything to do.

A publish that leaves nothing to be done takes a picture of all that the figures come from, as its last act. As long as
a new picture is the same, another night would load nothing, compute the same tables and find that the current release
holds them already. Whatever is in doubt is a reason to run.
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

from dagster_project.alerts.configuration import alerts_file
from dagster_project.settings import Settings
from dagster_project.warehouse.code import code_parts, digest, states
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.database import only_row, open_database
from dagster_project.warehouse.gate.verdict import read_verdict
from dagster_project.warehouse.load.landing import Landing, scan
from dagster_project.warehouse.load.ledger import next_file_id


def settled_file(settings: Settings) -> Path:
    """Where the picture lies."""
    return settings.work / "settled.json"


def settle(settings: Settings, as_of: date) -> None:
    """Take the picture, after a publish as of that day; the caller holds the writer lock.

    None is taken where the next night has to try again: something is not loaded or not built, or a check failed with
    an error, the cause of which may be outside of what is looked at here.
    """
    settled_file(settings).unlink(missing_ok=True)
    verdict = read_verdict(settings)
    failed = verdict is None or any(not check.passed and check.severity == "error" for check in verdict.checks)
    landing = _landing(settings)
    if not failed and _is_taken_in(settings, landing):
        draft = settled_file(settings).with_name(".settled.json.tmp")
        draft.write_text(json.dumps(_picture(settings, landing, as_of), indent=1), encoding="utf-8")
        os.replace(draft, settled_file(settings))


def reason_to_run(settings: Settings, as_of: date) -> str | None:
    """Why a night as of that day may have something to do; None where it certainly has not."""
    try:
        before = json.loads(settled_file(settings).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return "the last night left something to be done"
    picture = _picture(settings, _landing(settings), as_of)
    changed = [part for part, state in picture.items() if before.get(part) != state]
    return f"changed: {', '.join(changed)}" if changed else None


def _is_taken_in(settings: Settings, landing: Landing) -> bool:
    """Whether the models have taken in every delivery, and the ledger lists all else that lies in the landing zone."""
    with open_database(settings.candidate, read_only=True) as connection:
        loaded = set(connection.execute("select feed, dt, file, identity from load.deliveries").fetchall())
        problems = connection.execute("select path, problem from load.problems").fetchall()
        is_complete, first_file_id = only_row(connection, "select is_complete, first_file_id from load.progress")
        is_built = is_complete and first_file_id == next_file_id(connection)
    found = {(d.feed, d.dt, d.file, d.identity) for d in landing.deliveries}
    return is_built and found <= loaded and sorted(problems) == sorted((p.path, p.problem) for p in landing.problems)


def _picture(settings: Settings, landing: Landing, as_of: date) -> dict[str, str]:
    """All that decides what a night publishes, and what it would make anew where it is gone, each part in a word."""
    candidate, releases = settings.candidate, settings.releases
    made = ("verdict.json", "build_results.json", "test_results.json", "data_docs/index.html")
    current = os.readlink(settings.current_release) if settings.current_release.is_symlink() else "none"
    return {
        "as-of day": as_of.isoformat(),
        "landing zone": digest(_described(landing)),
        "alerts": states([alerts_file(settings)]),
        "erasures": states([settings.erased, settings.home / "pii.key", *settings.erasing.glob("*")]),
        "candidate": states([candidate, candidate.with_name(f"{candidate.name}.wal")]),
        "work files": states(settings.work / name for name in made),
        "releases": states([Path(current), *releases.glob("*"), *settings.published.glob(".*")]),
        "dashboards": states(settings.dashboards.rglob("*")),
        **code_parts(settings.reporting),
    }


def _landing(settings: Settings) -> Landing:
    return scan(settings.landing, read_contracts())


def _described(landing: Landing) -> list[str]:
    delivered = [f"{d.feed} {d.dt} {d.file} {d.identity}" for d in landing.deliveries]
    return [*delivered, *(f"{problem.path} {problem.problem}" for problem in landing.problems)]
