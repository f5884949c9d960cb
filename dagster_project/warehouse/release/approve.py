"""Publishing a domain though closed figures of it moved beyond their tolerance, because somebody says so.

Approving publishes at once, under the writer lock, exactly the candidate that was judged: nothing that comes later is
covered, and there is no approval that waits.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import UTC, datetime

from dagster_project.settings import Settings
from dagster_project.warehouse.database import writer_lock
from dagster_project.warehouse.gate.verdict import DOMAINS
from dagster_project.warehouse.release.files import ReleaseError, current_id
from dagster_project.warehouse.release.history import Approval
from dagster_project.warehouse.release.plan import find_restated, judged, publish_inputs, require_judged_candidate
from dagster_project.warehouse.release.releases import Pages, Release, publish
from dagster_project.warehouse.release.tolerance import Beyond, beyond_tolerance


def waiting(settings: Settings, domain: str | None = None, report: Callable[[str], None] = print) -> list[Beyond]:
    """What moved beyond its tolerance in the judged candidate, of one domain or of all.

    Raises ReleaseError where nothing of that holds the domain, or any, back, or nothing is judged.
    """
    if domain not in (None, *DOMAINS):
        raise ReleaseError(f"{domain} is no domain: expected one of {', '.join(DOMAINS)}")
    found = _beyond_tolerances(settings, report)
    chosen = [one for name, one in found.items() if domain in (None, name)]
    if not chosen:
        raise ReleaseError(
            f"no moved figure holds {domain or 'a domain'} back, so there is nothing to approve; domains that wait for "
            f"an approval: {', '.join(found) or 'none'} (`warehouse status` says what else may hold one back)"
        )
    return chosen


def approve(
    settings: Settings,
    domain: str | None = None,
    report: Callable[[str], None] = print,
    pages: Pages | None = None,
) -> Release:
    """Publish what `waiting` tells of, and write down who approved it; `pages` as in `publish`.

    Raises ReleaseError where there is nothing to approve, or the candidate is not the one that was judged.
    """
    with writer_lock(settings, report):
        now, who = datetime.now(UTC).replace(tzinfo=None, microsecond=0), _account()
        chosen = waiting(settings, domain, report)
        approvals = [Approval(one.domain, now, who, one.restatement, one.reason) for one in chosen]
        return publish(settings, report, pages, approvals)


def _beyond_tolerances(settings: Settings, report: Callable[[str], None]) -> dict[str, Beyond]:
    """The domains of the judged candidate that closed figures hold back, and which; as publish finds them."""
    with writer_lock(settings, report):
        verdict = judged(settings)
        with publish_inputs(settings) as connection:
            require_judged_candidate(connection, verdict)
            find_restated(connection, verdict, current_id(settings), "")
            return beyond_tolerance(connection, verdict.rules)


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return "unknown"
