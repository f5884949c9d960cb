"""Personal data never stands in clear in the warehouse: it is hashed with a key, or masked, inside DuckDB."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

import duckdb

from dagster_project.settings import Settings
from dagster_project.warehouse.contract import ContractError

MASK = "(masked)"
_BLOCK_BYTES = 64  # of SHA-256, see RFC 2104
# What may be personal in text that could not be parsed: e-mail addresses, IPv4, IPv6.
_PERSONAL = (
    r"[^\s\"'',;:<>]+(?:@|\\u0040)[^\s\"'',;<>]+"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|[0-9A-Fa-f:]*::[0-9A-Fa-f:.]*|(?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{1,4}"
)


def personal_data_key(settings: Settings) -> bytes:
    """`WAREHOUSE_PII_KEY`, or else a key generated once into the home, which its owner alone can read."""
    file = _key_file(settings)
    if not _is_there(settings):
        _create_key(file)
    given = os.environ.get("WAREHOUSE_PII_KEY")
    return given.encode() if given else file.read_bytes().strip()


def _is_there(settings: Settings) -> bool:
    return bool(os.environ.get("WAREHOUSE_PII_KEY")) or _key_file(settings).exists()


def _key_file(settings: Settings) -> Path:
    return settings.home / "pii.key"


def _create_key(file: Path) -> None:
    """Written beside, then linked into place: two first runs agree on one key, a killed one leaves no half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as handle:
        handle.write(secrets.token_hex(32) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def require_same_key(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Raises ContractError where rows were loaded with another key: who comes again would be somebody new.

    Makes no key in the place of one that is lost.
    """
    if not connection.execute("from duckdb_tables() where table_name = 'personal_data_key'").fetchall():
        return  # nothing was loaded yet
    known = connection.execute("select mark from load.personal_data_key").fetchall()
    if known and not (_is_there(settings) and known == [(_mark(personal_data_key(settings)),)]):
        raise ContractError(
            "personal data was hashed with another key so far, and one person would be two from now on: restore "
            "WAREHOUSE_PII_KEY (or, where it was not set, pii.key in the home); to load everything anew with this key, "
            "remove work/warehouse.duckdb from the home"
        )


def remember_key(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Write down by what to know the key with which rows are loaded."""
    connection.execute(
        "insert into load.personal_data_key select ? where not exists (from load.personal_data_key)", [_mark(key)]
    )


def _mark(key: bytes) -> str:
    return hmac.digest(key, b"what this warehouse was loaded with", "sha256").hex()


def use_key(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Make `keyed_hash` work on this connection; the key lives in its session variables only."""
    padded = (key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
    for name, pad in (("pii_inner", 0x36), ("pii_outer", 0x5C)):
        connection.execute(f"set variable {name} = ?::blob", [bytes(byte ^ pad for byte in padded)])


def keyed_hash(text: str) -> str:
    """SQL: the HMAC-SHA-256 (RFC 2104) of the SQL varchar expression `text`, in hexadecimal."""
    inner = f"unhex(sha256(getvariable('pii_inner') || encode({text})))"
    return f"sha256(getvariable('pii_outer') || {inner})"


def without_addresses(text: str) -> str:
    """A short text without what looks like an address in it, as `masked` does inside DuckDB; slow for a long one."""
    return re.sub(_PERSONAL.replace("''", "'"), MASK, text)


def masked(text: str, names: list[str]) -> str:
    """SQL: `text`, which may be beyond parsing, without what looks like personal data in it.

    Gone are the values of the members `names` (an object or list takes all the rest with it) and all addresses.
    """
    for name in names:
        key = "".join(rf"(?:{letter}|\\u00{ord(letter):02x})" for letter in name)
        member = rf"""(?is)(["'']{key}["'']\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|''[^'']*''?|[\[{{].*|[^,}}\s]+)"""
        text = f"regexp_replace({text}, '{member}', '\\1\"{MASK}\"', 'g')"
    return f"regexp_replace({text}, '{_PERSONAL}', '{MASK}', 'g')"


def masked_members(json: str, names: list[str]) -> str:
    """SQL: the JSON text with every text and number masked that stands under one of `names`, however that is cased."""
    for name in names:
        member = rf'(?i)("{name}"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[-0-9][^,}}\s]*)'
        json = f"regexp_replace({json}, '{member}', '\\1\"{MASK}\"', 'g')"
    return json
