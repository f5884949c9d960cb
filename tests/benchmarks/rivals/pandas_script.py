"""Four of the published tables as a pandas user computes them: `python -m ….pandas_script HOME DATABASE AS_OF`.

Everything is read and computed anew on each day. Exact sums of money are left to doubles.
"""

from __future__ import annotations

import gzip
import json
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from tests.benchmarks.floor.floor import SEEDS

PASSIVE = ("push_received", "email_delivered", "background_sync")
DAY = timedelta(days=1)
FOREVER = pd.Timestamp("2200-01-01")
MONEY = ("volume", "avg_value", "fee_revenue", "refunded", "chargebacks", "net_volume", "arpa")
DATES = ("activity_date", "payment_date", "month")
KINDS = {"i": "bigint", "u": "bigint", "f": "double", "M": "timestamp", "b": "boolean"}
MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn")


def main(home: Path, database: Path, as_of: date) -> None:
    """Write the four tables into a new DuckDB file."""
    database.unlink(missing_ok=True)
    landing, until = home / "landing", pd.Timestamp(as_of)
    rates = exchange_rates(landing)
    tables = {
        "product.active_users_daily": active_users_daily(landing, until),
        "finance.payments_daily": payments_daily(landing, rates),
        "finance.mrr_monthly": mrr_monthly(landing, rates, until),
        "platform.api_performance_hourly": api_performance_hourly(landing),
    }
    with duckdb.connect(str(database)) as connection:
        for name, frame in tables.items():
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            columns = ", ".join(f"{column}::{_kind(frame, column)} as {column}" for column in frame)
            connection.execute(f"create table {name} as select {columns} from frame")


def read_json(landing: Path, feed: str, time: str) -> pd.DataFrame:
    """The lines that can be read and are not from the future, with their delivery day."""
    rows = []
    for file in sorted((landing / feed).glob("*/*")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                try:
                    rows.append({**json.loads(line), "dt": file.parent.name[3:]})
                except json.JSONDecodeError:
                    continue
    frame = pd.DataFrame(rows)
    frame["dt"] = pd.to_datetime(frame["dt"])
    for column in [name for name in frame if name.endswith("_at")]:
        frame[column] = pd.to_datetime(frame[column], format="ISO8601").dt.tz_localize(None)
    return frame[frame[time] <= frame["dt"] + 2 * DAY]


def latest(frame: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """The highest version of each thing."""
    return frame.sort_values(["updated_at", "dt"]).drop_duplicates(key, keep="last")


def exchange_rates(landing: Path) -> pd.DataFrame:
    """Rates by currency and the day from which they hold, times what a minor unit is worth."""
    frames = [pd.read_csv(file) for file in (landing / "exchange_rates").glob("*/*")]
    rates = latest(pd.concat(frames).assign(dt=0), ["rate_date", "currency"])
    rates = rates[rates["currency"] != "USD"].assign(day=pd.to_datetime(rates["rate_date"]))
    usd = pd.DataFrame({"currency": ["USD"], "day": [pd.Timestamp("1970-01-01")], "rate": [1.0]})
    rates = pd.concat([rates, usd]).merge(pd.read_csv(SEEDS / "finance" / "currencies.csv"), on="currency")
    rates["unit"] = 0.1 ** rates["minor_unit_exponent"]
    return rates[["currency", "day", "rate", "unit"]].sort_values("day")


def with_rates(frame: pd.DataFrame, day: str, rates: pd.DataFrame) -> pd.DataFrame:
    """The frame with the rate known on each day."""
    known = rates.rename(columns={"day": "rate_day"})
    return pd.merge_asof(frame.sort_values(day), known, left_on=day, right_on="rate_day", by="currency")


def active_users_daily(landing: Path, until: pd.Timestamp) -> pd.DataFrame:
    """Distinct users of each day, week and 30 days on each platform."""
    users = latest(read_json(landing, "users", "updated_at"), ["user_id"])
    events = read_json(landing, "events", "event_at").drop_duplicates("event_id")
    active = events[
        ~events["event_name"].isin(PASSIVE)
        & ~events["is_bot"].fillna(False).astype(bool)
        & events["user_id"].notna()
        & ~events["user_id"].isin(users.loc[users["is_test"].fillna(False).astype(bool), "user_id"])
    ]
    days = active.assign(day=active["event_at"].dt.normalize(), platform=active["platform"].fillna("unknown"))
    days = days.loc[days["day"] <= until, ["user_id", "platform", "day"]].drop_duplicates()
    days = pd.concat([days, days.assign(platform="all").drop_duplicates()])
    rows = []
    for platform, visits in days.groupby("platform"):
        for day in pd.date_range(days["day"].min(), until):
            counts = [
                visits.loc[(visits["day"] <= day) & (visits["day"] > day - width * DAY), "user_id"].nunique()
                for width in (1, 7, 30)
            ]
            rows.append([day, platform, *counts])
    frame = pd.DataFrame(rows, columns=["activity_date", "platform", "dau", "wau", "mau"])
    return frame.assign(stickiness=frame["dau"] / frame["mau"].replace(0, np.nan))


def payments_daily(landing: Path, rates: pd.DataFrame) -> pd.DataFrame:
    """Attempts and money of each day, kind and method."""
    payments = latest(read_json(landing, "payments", "updated_at"), ["attempt_id"])
    refunds = read_json(landing, "refunds", "refunded_at").drop_duplicates("refund_id")
    payments["payment_date"] = payments["attempted_at"].dt.normalize()
    paid = with_rates(payments, "payment_date", rates)
    worth = paid["unit"] * paid["rate"] * (paid["status"] == "succeeded")
    paid = paid.assign(volume=paid["amount_minor"] * worth, fee_revenue=paid["fee_minor"].fillna(0) * worth, attempts=1)
    for status in ("succeeded", "failed", "pending"):
        paid[status] = (paid["status"] == status).astype(int)
    back = refunds.merge(
        payments[["attempt_id", "kind", "method", "currency"]], "left", "attempt_id", suffixes=("", "_")
    )
    back["currency"] = back["currency"].fillna(back["currency_"]).fillna("USD")
    back["payment_date"] = back["refunded_at"].dt.normalize()
    back = with_rates(back, "payment_date", rates)
    back["refunded"] = back["amount_minor"] * back["unit"] * back["rate"]
    back["chargebacks"] = back["refunded"].where(back["reason"] == "chargeback", 0)
    flows = pd.concat([paid, back.assign(kind=back["kind"].fillna("unknown"))])
    flows["method"] = flows["method"].fillna("unknown")
    counts, amounts = (
        ["attempts", "succeeded", "failed", "pending"],
        ["volume", "fee_revenue", "refunded", "chargebacks"],
    )
    frame = flows.groupby(["payment_date", "kind", "method"], as_index=False)[counts + amounts].sum()
    frame[counts] = frame[counts].astype(int)
    frame["success_rate"] = frame["succeeded"] / (frame["succeeded"] + frame["failed"]).replace(0, np.nan)
    frame["avg_value"] = frame["volume"] / frame["succeeded"].replace(0, np.nan)
    frame["net_volume"] = frame["volume"] - frame["refunded"]
    names = [*counts, "success_rate", "volume", "avg_value", "fee_revenue", "refunded", "chargebacks", "net_volume"]
    return frame[["payment_date", "kind", "method", *names]]


def mrr_monthly(landing: Path, rates: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """Recurring revenue month end by month end, and what moved it."""
    paid = _paid_states(landing, rates)
    first_paid = paid.groupby("user_id")["from_day"].min()
    rows, before = [], None
    for month in pd.date_range(first_paid.min().replace(day=1), until, freq="MS"):
        closing_day = min(month + pd.offsets.MonthEnd(0), until)
        closing = _balance(paid, rates, closing_day, closing_day)
        if before is None:
            before = closing_day.replace(day=1) - DAY
        opening, revalued = _balance(paid, rates, before, before), _balance(paid, rates, before, closing_day)
        rows.append({"month": month, **_moved(opening, revalued, closing, first_paid, month)})
        rows[-1]["is_complete"] = closing_day == month + pd.offsets.MonthEnd(0)
        before = closing_day
    frame = pd.DataFrame(rows).set_index("month").round(2).reset_index()
    lost = frame["contraction_mrr"] + frame["churned_mrr"]
    opening = frame["opening_mrr"].replace(0, np.nan)
    frame.insert(13, "arpa", frame["closing_mrr"] / frame["active_customers"].replace(0, np.nan))
    frame.insert(14, "nrr", (frame["opening_mrr"] + frame["expansion_mrr"] - lost) / opening)
    frame.insert(15, "grr", (frame["opening_mrr"] - lost) / opening)
    gained = frame["new_mrr"] + frame["reactivation_mrr"] + frame["expansion_mrr"]
    frame.insert(16, "quick_ratio", gained / lost.replace(0, np.nan))
    return frame[[name for name in frame if name != "is_complete"] + ["is_complete"]]


def _paid_states(landing: Path, rates: pd.DataFrame) -> pd.DataFrame:
    states = read_json(landing, "subscriptions", "effective_at").drop_duplicates(["subscription_id", "effective_at"])
    states = states.sort_values(["subscription_id", "effective_at"])
    per_year = states["interval"].map({"year": 1, "month": 12, "week": 52, "day": 365})
    net = states["amount_minor"] * states["quantity"].fillna(1) - states["discount_minor"].fillna(0)
    unit = states["currency"].map(rates.drop_duplicates("currency").set_index("currency")["unit"])
    states["mrr"] = net.clip(lower=0) * unit * per_year / states["interval_count"].fillna(1) / 12
    states["from_day"] = states["effective_at"].dt.normalize()
    states["until_day"] = states.groupby("subscription_id")["from_day"].shift(-1).fillna(FOREVER)
    return states[states["status"].isin(["active", "past_due"]) & (states["mrr"] > 0)]


def _balance(paid: pd.DataFrame, rates: pd.DataFrame, day: pd.Timestamp, rate_day: pd.Timestamp) -> pd.Series:
    """What each customer pays at the end of a day, at the rates of another one."""
    rate = rates[rates["day"] <= rate_day].drop_duplicates("currency", keep="last").set_index("currency")["rate"]
    open_states = paid[(paid["from_day"] <= day) & (paid["until_day"] > day)]
    return (open_states["mrr"] * open_states["currency"].map(rate).astype(float)).groupby(open_states["user_id"]).sum()


def _moved(
    opening: pd.Series, revalued: pd.Series, closing: pd.Series, first_paid: pd.Series, month: pd.Timestamp
) -> dict[str, float]:
    users = pd.DataFrame({"opening": opening, "revalued": revalued, "closing": closing})
    is_first = first_paid.reindex(users.index) >= month
    change = users["closing"] - users["revalued"]
    kinds = [
        users["opening"].isna() & is_first,
        users["opening"].isna(),
        users["closing"].isna(),
        change > 0,
        change < 0,
    ]
    users["kind"] = np.select(kinds, ["new", "reactivation", "churn", "expansion", "contraction"], "unchanged")
    moved = (users["closing"].fillna(0) - users["revalued"].fillna(0)).groupby(users["kind"]).sum()
    count = users["kind"].value_counts()
    by_kind = {kind: float(moved.get(kind, 0)) for kind in MOVEMENTS}
    return {
        "opening_mrr": opening.sum(),
        "new_mrr": by_kind["new"],
        "expansion_mrr": by_kind["expansion"],
        "contraction_mrr": -by_kind["contraction"],
        "churned_mrr": -by_kind["churn"],
        "reactivation_mrr": by_kind["reactivation"],
        "fx_mrr": revalued.sum() - opening.sum(),
        "closing_mrr": closing.sum(),
        "active_customers": len(closing),
        "new_customers": int(count.get("new", 0)),
        "churned_customers": int(count.get("churn", 0)),
        "reactivated_customers": int(count.get("reactivation", 0)),
    }


def api_performance_hourly(landing: Path) -> pd.DataFrame:
    """Requests, errors and durations of each route by the hour."""
    files = sorted((landing / "api_requests").glob("*/*.parquet"))
    frames = [pd.read_parquet(file).assign(dt=pd.Timestamp(file.parent.name[3:])) for file in files]
    requests = pd.concat(frames)
    requests = requests[requests["started_at"] <= requests["dt"] + 2 * DAY].drop_duplicates("request_id")
    requests = requests.assign(
        hour=requests["started_at"].dt.floor("h"),
        errors_4xx=requests["status_code"].between(400, 499),
        errors_5xx=requests["status_code"].between(500, 599),
        hit=requests["cache_status"] == "hit",
        asked=requests["cache_status"].isin(["hit", "miss"]),
    )
    keys = ["hour", "service", "method", "route"]
    hours = requests.groupby(keys)
    frame = hours.size().to_frame("requests")
    frame[["errors_4xx", "errors_5xx"]] = hours[["errors_4xx", "errors_5xx"]].sum()
    frame["error_rate"] = frame["errors_5xx"] / frame["requests"]
    # the smallest duration that at least the share of the durations does not exceed
    ordered = requests.sort_values("duration_ms")
    share = (ordered.groupby(keys).cumcount() + 1) / ordered.groupby(keys)["duration_ms"].transform("count")
    for name, least in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        frame[name] = ordered[share >= least].groupby(keys)["duration_ms"].first()
    frame["avg_ms"] = hours["duration_ms"].mean()
    frame["cache_hit_rate"] = hours["hit"].sum() / hours["asked"].sum().replace(0, np.nan)
    frame["bytes_sent"] = hours["bytes_sent"].sum(min_count=1)
    return frame.reset_index()


def _kind(frame: pd.DataFrame, column: str) -> str:
    if column in MONEY or column.endswith("_mrr"):
        return "decimal(18, 2)"
    if column in DATES:
        return "date"
    return KINDS.get(frame[column].dtype.kind, "varchar")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), date.fromisoformat(sys.argv[3]))
