"""What was deleted, or would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from dagster_project.console.terminal import console, table_of
from dagster_project.privacy.receipt import Receipt
from dagster_project.privacy.retention import Expired
from dagster_project.settings import Settings


def print_receipt(settings: Settings, receipt: Receipt) -> None:
    """What an erasure removed where, or in a dry run would."""
    table = table_of("place", "what", ">removed", ">redacted")
    for count in receipt.counts:
        table.add_row(count.place, count.what, f"{count.removed:,}", f"{count.redacted:,}")
    out = console()
    out.print()
    if receipt.counts:
        out.print(table)
    total = f"{receipt.removed:,} records and rows removed, {receipt.redacted:,} lost a value"
    out.print(f"would be: {total}; nothing was changed" if receipt.is_dry else total, style="bold")
    if not receipt.is_dry:
        out.print(f"the receipt is kept in {settings.receipts}, under the keyed hash {receipt.person[:12]}")
    for still in receipt.left:
        out.print(f"still there: {still}")


def print_expired(expired: Sequence[Expired], as_of: date, waits: Mapping[str, str], is_done: bool = False) -> None:
    """What is past the limit of its class, or was deleted; `waits` says of feeds why nothing of them may go yet."""
    out = console()
    if not expired:
        out.print(f"as of {as_of} nothing {'was' if is_done else 'is'} past its limit")
    else:
        table = table_of("place", "what", "class", "kept from", ">deleted" if is_done else ">past it")
        for one in expired:
            table.add_row(one.place, one.what, one.retention, str(one.first_kept), f"{one.count:,}")
        out.print(table)
    for reason in sorted(set(waits.values())):
        names = ", ".join(name for name, why in waits.items() if why == reason)
        out.print(f"stay as they are: {names} ({reason})")
    if not is_done:
        out.print("nothing was changed", style="bold")
