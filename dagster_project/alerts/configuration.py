"""`alerts.yml` of a home: how rules are tuned, and whom alerts of which priority are sent to.

rules:
  high_error_rate: {error_rate: 0.1}    # another limit
  new_client_error: off                 # not looked for
send:
  P0: ["${PAGER_URL}"]                  # from the environment, so that no secret stands here
  P1: ["mailto://warehouse:password@example.com?to=on-call@example.com"]
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dagster_project.alerts.rules import Priority, Rule, read_rules
from dagster_project.settings import Settings, SettingsError

EXPECTED = "expected a mapping with `rules`, `send` or both"


@dataclass(frozen=True)
class Configuration:
    """The rules as tuned, and by priority the addresses (Apprise URLs, as written) that its alerts are sent to."""

    rules: list[Rule]
    send: dict[Priority, list[str]]


def alerts_file(settings: Settings) -> Path:
    """Where it lies; without it all rules apply and nothing is sent."""
    return settings.home / "alerts.yml"


def read_configuration(settings: Settings) -> Configuration:
    """Raises SettingsError, naming the file and what was expected, where it can't be used."""
    file = alerts_file(settings)
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{file}: {EXPECTED}, found {_without_text(error)}") from None
    given = {} if given is None else given
    if not isinstance(given, dict) or not set(given) <= {"rules", "send"}:
        found = ", ".join(map(str, given)) if isinstance(given, dict) else type(given).__name__
        raise SettingsError(f"{file}: {EXPECTED}, found {found}")
    try:
        return Configuration(read_rules(_mapping(given, "rules")), _addresses(_mapping(given, "send")))
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}") from error


def _without_text(error: Exception) -> str:
    """Where the file can't be read and why, without its text, in which there may be passwords."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"in line {mark.line + 1}: {problem}" if mark and problem else type(error).__name__


def _mapping(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name) or {}
    if not isinstance(value, dict):
        raise SettingsError(f"{name}: expected a mapping, found {type(value).__name__}")
    return value


def _addresses(given: Mapping[str, Any]) -> dict[Priority, list[str]]:
    found = {}
    for name, urls in given.items():
        if name not in list(Priority):
            raise SettingsError(f"send: {name} is no priority; known are {', '.join(Priority)}")
        if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
            raise SettingsError(f"send: {name}: expected a list of addresses, in brackets: [json://localhost:8080]")
        found[Priority(name)] = urls
    return found


def expanded(url: str) -> str:
    """An address with ${NAME} from the environment; what stands for it is a secret, and told nowhere.

    Raises SettingsError where the environment lacks one.
    """
    if missing := [name for name in re.findall(r"\$\{(\w+)}", url) if name not in os.environ]:
        raise SettingsError(f"the environment has no {', '.join(missing)}")
    return re.sub(r"\$\{(\w+)}", lambda found: os.environ[found[1]], url)
