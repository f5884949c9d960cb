"""The process in which the gate evaluates expectations, started by suites.py with its task as JSON.

It ends as soon as its standard input is closed, that is with the process that started it, however that ended: a
reader left behind would keep the candidate locked for the next night.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import threading
import traceback
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from dagster_project.settings import Reporting

# Great Expectations imports these for expectations that no suite here has: a quarter of the time that it takes.
UNUSED = ("scipy.stats", "altair")


def main() -> None:
    """Evaluate what the request asks for and write what came of it to its file `results` in one rename."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()  # of a process that ends soon
    try:
        # after the watch has begun: it takes seconds
        sys.modules.update((name, _Later(name)) for name in UNUSED)
        from dagster_project.warehouse.gate.expectations_evaluate import evaluate

        request = json.loads(sys.argv[1])
        checks, unchanged = evaluate(
            candidate=Path(request["candidate"]),
            docs=Path(request["docs"]),
            tables=request["tables"],
            reporting=Reporting(**request["reporting"]),
            passed_before=request["passed_before"],
            changed=request["changed"],
        )
        evaluated = {"checks": [asdict(check) for check in checks], "unchanged": unchanged}
        results = Path(request["results"])
        draft = results.with_name(f".{results.name}.tmp")
        draft.write_text(json.dumps(evaluated, default=str), encoding="utf-8")
        os.replace(draft, results)
    except Exception:
        traceback.print_exc()
        _leave(1)
    _leave(0)


class _Later(ModuleType):
    """Stands in for a module until something in it is asked for."""

    def __getattr__(self, attribute: str) -> Any:
        sys.modules.pop(self.__name__, None)
        return getattr(importlib.import_module(self.__name__), attribute)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(2)


def _leave(code: int) -> None:
    """End without tearing down: DuckDB's client would fill the log with what it calls leaks."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
