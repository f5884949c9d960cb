"""What one day of millions of api_requests costs: loaded, modelled and judged, each in a process of its own.

Beside each step stands what bare DuckDB SQL takes that reads the same file into a table and makes the same figures of
it, and checks nothing: no contract, key, ledger, quarantine, hash of addresses or test. DuckDB keeps what it read as
long as there is room, up to 80 % of the machine's memory, so that the peak is no measure of need.
"""

from __future__ import annotations

import shutil
import sys
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.settings import Settings
from tests.benchmarks.cost import Cost, cost_of_command
from tests.benchmarks.report import Line, Report

DAY = date(2024, 3, 1)
FORMS = ("parquet", "ndjson.gz")
# 40 routes of 8 services in the order of time, as a proxy would log them; durations are skewed as those of requests
# are (median 20 ms, 1 in 1,000 above 2,500), 4.5 % refused, 0.5 % failed; one line in 10,000 comes twice.
REQUESTS = """
    select
        'r' || md5(n::varchar) as request_id,
        strftime(
            timestamp '{day}' + to_microseconds(cast(n * (86400000000.0 / {rows}) as bigint)), '%Y-%m-%dT%H:%M:%S.%fZ'
        ) as started_at,
        'service-' || (h % 8) as service,
        case when h % 4 = 3 then 'POST' else 'GET' end as method,
        case h % 40 when 3 then '/v1/payments' when 7 then '/v1/auth/login' else '/v1/things-' || (h % 40) end as route,
        case when h // 64 % 200 = 0 then 503 when h // 64 % 200 < 10 then 404 else 200 end as status_code,
        round(20 * pow((1 + h // 4096 % 100000) / (100001 - h // 4096 % 100000), 0.7), 3) as duration_ms,
        case when h // 16 % 3 > 0 then 'u-' || (h // 7 % 200000) end as user_id,
        '10.' || (h // 11 % 200) || '.' || (h // 13 % 250) || '.' || (h // 17 % 250) as ip,
        case h // 19 % 3 when 0 then 'hit' when 1 then 'miss' end as cache_status,
        cast(h // 23 % 50000 as bigint) as bytes_sent,
        md5((n // 3)::varchar) as trace_id
    from (select number - number // 10001 as n, hash(n) // 2 as h from range({rows}) as numbers (number))
"""
BARE_READ = """
    create table api_requests as
    select * replace (cast(started_at as timestamp) as started_at) from '{file}'
"""
BARE_TABLES = """
    create table api_performance_hourly as
    select
        date_trunc('hour', started_at) as hour, service, method, route, count(*) as requests,
        count(*) filter (status_code between 400 and 499) as errors_4xx,
        count(*) filter (status_code between 500 and 599) as errors_5xx, errors_5xx / count(*) as error_rate,
        quantile_disc(duration_ms, 0.5) as p50_ms, quantile_disc(duration_ms, 0.95) as p95_ms,
        quantile_disc(duration_ms, 0.99) as p99_ms, avg(duration_ms) as avg_ms,
        count(*) filter (cache_status = 'hit') / count(*) filter (cache_status in ('hit', 'miss')) as cache_hit_rate,
        sum(bytes_sent) as bytes_sent
    from api_requests group by all;
    create table critical_paths_hourly as
    select
        date_trunc('hour', started_at) as hour, route, count(*) as requests,
        count(*) filter (status_code between 500 and 599) as failures, quantile_disc(duration_ms, 0.95) as p95_ms
    from api_requests where regexp_matches(route, '/(payments|auth)(/|$)') group by all
"""


def bench_requests(folder: Path, rows: int, form: str, report: Report) -> None:
    """What the steps cost for `rows` requests in one file of the form, beside bare SQL."""
    home = Settings(folder / "home")
    file = home.landing / "api_requests" / f"dt={DAY}" / f"requests.{form}"
    _cost("make", home, file, rows)
    bare = {step: _cost(step, home, file, rows) for step in ("bare read", "bare tables")}
    shutil.rmtree(home.home / "bare", ignore_errors=True)
    ours = {step: _cost(step, home, file, rows) for step in ("load", "models", "gate")}
    size = f"{rows:,} requests, {file.stat().st_size / 1e9:.2f} GB of {form}"
    for step, reference in (("load", "bare read"), ("models", "bare tables"), ("gate", "bare tables")):
        cost, beside = ours[step], bare[reference]
        note = (
            f"{cost.seconds:.0f} s elapsed, {cost.peak_mb / 1000:.1f} GB at its peak, bare {beside.peak_mb / 1000:.1f}"
        )
        report.add(Line("requests", f"{step} of {size}", "s of CPU", cost.cpu, reference, beside.cpu, None, note))
    total, reference = (sum(cost.cpu for cost in costs.values()) for costs in (ours, bare))
    report.add(Line("requests", f"all steps of {size}", "s of CPU", total, "both bare", reference))


def _cost(step: str, home: Settings, file: Path, rows: int) -> Cost:
    """Run a step in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.requests", step, str(home.home), str(file), str(rows)]
    return cost_of_command(command)


def _run(step: str, home: Settings, file: Path, rows: int) -> None:
    if step == "make":
        _make(file, rows)
    elif step == "load":
        _load(home, rows)
    elif step == "models":
        _models(home)
    elif step == "gate":
        _gate(home)
    else:
        _bare(step, home, file)


def _make(file: Path, rows: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    options = "format parquet" if file.name.endswith("parquet") else "format json, compression gzip"
    with duckdb.connect() as connection:
        connection.execute(f"copy ({REQUESTS.format(day=DAY, rows=rows)}) to '{file}' ({options})")


def _bare(step: str, home: Settings, file: Path) -> None:
    (home.home / "bare").mkdir(exist_ok=True)
    with duckdb.connect(str(home.home / "bare" / "bare.duckdb")) as connection:
        connection.execute(BARE_READ.format(file=file) if step == "bare read" else BARE_TABLES)


def _load(home: Settings, rows: int) -> None:
    from dagster_project.warehouse.load.feeds import load

    summary = load(home, report=_silent)
    if summary.total("lines") != rows or summary.total("quarantined"):
        raise RuntimeError(f"{summary}: not every request was loaded")


def _models(home: Settings) -> None:
    from dagster_project.warehouse.build.transform import build_models

    failed = [result for result in build_models(home, DAY, report=_silent) if result.status == "error"]
    if failed:
        raise RuntimeError(f"not built: {failed}")


def _gate(home: Settings) -> None:
    from dagster_project.warehouse.build.transform import last_build, run_tests
    from dagster_project.warehouse.gate.judge import run_gate

    results = [*last_build(home).results, *run_tests(home, DAY, report=_silent)]
    verdict = run_gate(home, DAY, results, report=_silent)
    if "platform" in verdict.held_back:
        raise RuntimeError(verdict.held_back["platform"])


def _silent(line: str) -> None:
    pass


if __name__ == "__main__":
    _run(sys.argv[1], Settings(Path(sys.argv[2])), Path(sys.argv[3]), int(sys.argv[4]))
