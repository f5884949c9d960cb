"""Who was erased: keyed hashes alone, so that a re-delivered file does not bring a person back and the list names none.

`erased.json` lies in the root of the home, beside the key: it outlives the candidate.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from dagster_project.privacy.context import write_private
from dagster_project.privacy.person import Person, is_address
from dagster_project.settings import Settings
from dagster_project.warehouse.load.personal_data import personal_data_key

# An at sign may be written in the ways of URLs, JSON and HTML.
AT_SIGNS = ("@", "%40", "\\u0040", "&#64;")
EMAIL_SHAPE = rf"[0-9A-Za-z._+\-]+(?:{'|'.join(map(re.escape, AT_SIGNS))})[0-9A-Za-z.\-]*[0-9A-Za-z]"
ADDRESS_SHAPE = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*[0-9A-Fa-f]"


@dataclass(frozen=True)
class Entry:
    """One erased value: its keyed hash, whether it is a user id, and what texts of its kind look like.

    The shape (which characters are letters or digits, and what stands between) finds candidates in a delivery;
    the hash decides. It says no more of the value than that ids look like `u-000000`.
    """

    hash: str
    is_id: bool
    shape: str


@dataclass(frozen=True)
class ErasedList:
    """The entries of a home, and the key under which they are hashed."""

    entries: frozenset[Entry]
    key: bytes

    @property
    def shapes(self) -> list[str]:
        """Regular expressions (of RE2 and Python) that find all candidates; the same few for any number of entries."""
        return sorted({entry.shape for entry in self.entries})

    def hash(self, value: str) -> str:
        """The keyed hash of a value; not the one under which the warehouse stores personal data."""
        same = value.lower() if "@" in value else value
        return hmac.digest(self.key, f"erased\0{same}".encode(), "sha256").hex()

    def recognised(self, candidates: Iterable[str]) -> Person | None:
        """The erased people's values among some texts; None where there are none."""
        is_id = {entry.hash: entry.is_id for entry in self.entries}
        known = {text: is_id[h] for text in map(_plain, candidates) if (h := self.hash(text)) in is_id}
        if not known:
            return None
        ids = frozenset(text for text, is_an_id in known.items() if is_an_id)
        return Person(ids, frozenset(known) - ids)

    def holds(self, user_id: str) -> bool:
        """Whether this user id was erased before."""
        return any(entry.hash == self.hash(user_id) for entry in self.entries)

    def with_person(self, person: Person) -> ErasedList:
        """The list and the values of one person more."""
        new = {Entry(self.hash(value), value in person.ids, shape(value)) for value in person.ids | person.values}
        return replace(self, entries=self.entries | new)


def read_erased(settings: Settings) -> ErasedList:
    """The home's list, empty where nobody was erased."""
    entries: list[dict] = []
    if settings.erased.exists():
        entries = json.loads(settings.erased.read_text(encoding="utf-8"))
    return ErasedList(frozenset(Entry(**entry) for entry in entries), personal_data_key(settings))


def write_erased(settings: Settings, erased: ErasedList) -> None:
    """Keep the list, in one rename."""
    ordered = sorted((asdict(entry) for entry in erased.entries), key=lambda entry: entry["hash"])
    write_private(settings.erased, json.dumps(ordered, indent=0) + "\n")


def shape(value: str) -> str:
    """A regular expression that finds all values of this kind; addresses of e-mail and network have one for all."""
    if is_address(value):
        return ADDRESS_SHAPE
    if re.fullmatch(EMAIL_SHAPE, value):
        return EMAIL_SHAPE
    runs = re.findall(r"[0-9A-Za-z]+|[^0-9A-Za-z]+", value)
    return "".join(f"[0-9A-Za-z]{{{len(r)}}}" if r[0].isascii() and r[0].isalnum() else re.escape(r) for r in runs)


def _plain(text: str) -> str:
    """An e-mail address with its at sign."""
    return next((text.replace(at, "@") for at in AT_SIGNS if at in text), text)
