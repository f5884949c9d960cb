"""How each feed leaves its source: the file format, and the column that tells when a row is ready to be delivered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FeedFile:
    """One feed's files. `ready_at` is the required timestamp by which a row is delivered (an upsert feed's version)."""

    extension: str
    ready_at: str
    # Epoch milliseconds instead of ISO 8601, as browsers send them.
    is_epoch: bool = False
    # Reports that come once a day at a fixed hour are never late and never cut.
    is_disturbed: bool = True


# Every format that the landing zone knows occurs: it is a sample of the interface too.
FEEDS: dict[str, FeedFile] = {
    "users": FeedFile("ndjson.gz", "updated_at"),
    "groups": FeedFile("jsonl", "updated_at"),
    "group_members": FeedFile("ndjson.gz", "updated_at"),
    "meters": FeedFile("ndjson", "updated_at"),
    "meter_readings": FeedFile("csv.gz", "submitted_at"),
    "subscriptions": FeedFile("ndjson.gz", "effective_at"),
    "payments": FeedFile("ndjson.gz", "updated_at"),
    "refunds": FeedFile("ndjson.gz", "refunded_at"),
    "marketing_spend": FeedFile("csv", "updated_at", is_disturbed=False),
    "exchange_rates": FeedFile("csv", "updated_at", is_disturbed=False),
    "events": FeedFile("ndjson.gz", "event_at"),
    "web_vitals": FeedFile("ndjson.gz", "measured_at", is_epoch=True),
    "client_errors": FeedFile("ndjson.gz", "occurred_at"),
    "api_requests": FeedFile("parquet", "started_at"),
    "trace_spans": FeedFile("ndjson.zst", "started_at"),
    "metric_samples": FeedFile("parquet", "sampled_at"),
    "app_logs": FeedFile("jsonl.gz", "logged_at"),
    "security_events": FeedFile("ndjson.gz", "occurred_at"),
    "audit_log": FeedFile("ndjson.gz", "occurred_at"),
    "integration_status": FeedFile("csv.gz", "checked_at"),
}
# Columns whose text is JSON: an object within a JSON line, a text elsewhere.
JSON_COLUMNS = ("properties", "attributes", "labels", "fields", "details")
