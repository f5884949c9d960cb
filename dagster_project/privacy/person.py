"""Who is to be erased: the user id, what else leads to the person, and how to find both in columns and in text.

A value is found in text where no letter or digit stands beside it: `u-1` is not in `u-12`. Python and DuckDB decide
alike, so that landing files and tables lose the same rows.
"""

from __future__ import annotations

import html
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

MARK = "(erased)"
# A bare number this short is an amount or a count wherever it stands in a text: it is looked for in columns alone.
SHORTEST_NUMBER = 7
NOTHING = r"[^\s\S]"
_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z.])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*[0-9A-Fa-f])(?![0-9A-Za-z])"
)
# A value as it stands in a line of JSON or CSV: quoted, or bare between separators.
_TOKEN = re.compile(rb'"[^"\\]*"|[^",:\s{}\[\]]+')


@dataclass(frozen=True)
class Person:
    """The values to erase.

    `ids` are user ids (one, but for a re-delivery that brings back several people), `values` what else leads to them:
    e-mail and network addresses in clear, sessions, devices, payment attempts; `hashes` is how the warehouse stores
    those that are personal data in the contracts.
    """

    ids: frozenset[str]
    values: frozenset[str] = frozenset()
    hashes: frozenset[str] = frozenset()

    @cached_property
    def _addresses(self) -> frozenset[str]:
        return frozenset(value for value in self.values if is_address(value))

    @cached_property
    def in_text(self) -> list[str]:
        """What is looked for in text, in the ways it may be written there; addresses of the network apart."""
        plain = [value for value in (*self.ids, *self.values, *self.hashes) if _is_telling(value, value in self.ids)]
        forms = {
            form
            for value in plain
            for form in (value, quote(value, safe=""), html.escape(value), value.replace("@", "\\u0040"))
        }
        return sorted(forms, key=lambda form: (-len(form), form))

    @cached_property
    def words(self) -> frozenset[str]:
        """Ids of nothing but letters or nothing but digits, in small letters.

        A value that is one of them and no more, in a column that is not of people, may be what it says: a currency, a
        method, the key of something else.
        """
        return frozenset(one.lower() for one in self.ids if one.isalpha() or one.isdigit())

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(_bounded(self.in_text), re.IGNORECASE)

    @cached_property
    def _tokens(self) -> frozenset[bytes]:
        """Values as whole tokens, for those that text is not searched for."""
        whole = [value.encode() for value in (*self.ids, *self.values)]
        return frozenset(whole) | frozenset(b'"' + value + b'"' for value in whole)

    @cached_property
    def _quick(self) -> re.Pattern[bytes]:
        return re.compile("|".join(map(re.escape, self.in_text)).encode() or NOTHING.encode(), re.IGNORECASE)

    def may_be_in(self, data: bytes) -> bool:
        """Whether a look at the parts of `data` is worth while; never false where the person is in it."""
        return bool(
            self._quick.search(data)
            or b"\\u" in data  # JSON may spell any character so
            or not self._tokens.isdisjoint(_TOKEN.findall(data))
            or (self._addresses and self._has_address(data.decode("utf-8", "replace")))
        )

    def is_in(self, text: str) -> bool:
        """Whether the text holds a value of the person."""
        return bool(self._pattern.search(text)) or (bool(self._addresses) and self._has_address(text))

    def redacted(self, text: str) -> str:
        """The text with every value of the person replaced by a mark."""
        text = self._pattern.sub(MARK, text)
        if not self._addresses:
            return text
        return _ADDRESS.sub(lambda found: MARK if found[0] in self._addresses else found[0], text)

    @cached_property
    def sql_pattern(self) -> str:
        """The same for DuckDB's regexp functions, which know no look-around: groups 1 and 3 are to be kept."""
        alternatives = "|".join(re.escape(form) for form in (*self.in_text, *sorted(self._addresses)))
        return f"(?i)(^|[^0-9A-Za-z])({alternatives or NOTHING})($|[^0-9A-Za-z])"

    def _has_address(self, text: str) -> bool:
        return any(found in self._addresses for found in _ADDRESS.findall(text))


def is_address(value: str) -> bool:
    """Whether the value is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_telling(value: str, is_id: bool) -> bool:
    """Whether a text that has the value speaks of the person; a session called `7` or `home` would hit anything."""
    if is_address(value):
        return False
    if is_id:
        return not value.isdigit() or len(value) >= SHORTEST_NUMBER
    return "@" in value or (len(value) >= 8 and any(c.isdigit() for c in value) and not value.isdigit())


def _bounded(forms: Iterable[str]) -> str:
    alternatives = "|".join(map(re.escape, forms))
    return rf"(?<![0-9A-Za-z])(?:{alternatives})(?![0-9A-Za-z])" if alternatives else NOTHING
