"""What a session consists of: steps through the product, each with its page, feature and the request behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Step:
    """One kind of event: its name, page and feature, the API call it makes, and where people go next (by weight)."""

    event_name: str
    page: str
    feature: str | None
    service: str
    method: str
    route: str
    following: dict[str, float]


# Of the critical paths, payments, meter readings and groups are here; signing in is added per session by the backend.
STEPS = {
    "landing": Step("page_view", "/", None, "web-frontend", "GET", "/", {"pricing": 3, "help": 1, "signup": 2}),
    "pricing": Step(
        "page_view", "/pricing", None, "web-frontend", "GET", "/pricing", {"signup": 2, "landing": 1, "help": 1}
    ),
    "signup": Step(
        "page_view", "/signup", None, "web-frontend", "GET", "/signup", {"pricing": 1, "help": 1, "landing": 1}
    ),
    "help": Step("page_view", "/help", None, "web-frontend", "GET", "/help", {"landing": 2, "pricing": 1, "help": 1}),
    "dashboard": Step(
        "page_view",
        "/dashboard",
        None,
        "web-frontend",
        "GET",
        "/v1/dashboard",
        {"bills": 5, "meters": 4, "group": 3, "reports": 2, "settings": 1, "error": 0.1},
    ),
    "bills": Step(
        "page_view",
        "/bills",
        None,
        "payment-service",
        "GET",
        "/v1/bills",
        {"bill_details": 4, "pay": 3, "dashboard": 3, "error": 0.1},
    ),
    "bill_details": Step(
        "feature_used",
        "/bills",
        "bill_details",
        "payment-service",
        "GET",
        "/v1/bills/{bill_id}",
        {"pay": 4, "bills": 2, "split": 1},
    ),
    "pay": Step(
        "payment_started",
        "/pay",
        "pay_bill",
        "payment-service",
        "POST",
        "/v1/payment-intents",
        {"paid": 6, "bills": 2, "error": 0.3},
    ),
    "paid": Step(
        "payment_submitted",
        "/pay",
        "pay_bill",
        "payment-service",
        "POST",
        "/v1/payments",
        {"dashboard": 3, "bills": 2, "error": 0.2},
    ),
    "meters": Step(
        "page_view",
        "/meters",
        None,
        "meter-service",
        "GET",
        "/v1/meters",
        {"reading": 5, "photo": 2, "dashboard": 3, "forecast": 1, "error": 0.1},
    ),
    "reading": Step(
        "feature_used",
        "/meters",
        "enter_reading",
        "meter-service",
        "POST",
        "/v1/meter-readings",
        {"meters": 3, "dashboard": 3, "reports": 1, "error": 0.1},
    ),
    "photo": Step(
        "feature_used",
        "/meters",
        "photo_reading",
        "meter-service",
        "POST",
        "/v1/meter-readings",
        {"meters": 2, "dashboard": 2, "error": 0.2},
    ),
    "group": Step(
        "page_view",
        "/group",
        None,
        "group-service",
        "GET",
        "/v1/groups/{group_id}",
        {"split": 3, "invite": 1, "dashboard": 4, "error": 0.1},
    ),
    "split": Step(
        "feature_used",
        "/group",
        "split_rules",
        "group-service",
        "PATCH",
        "/v1/groups/{group_id}/split",
        {"group": 2, "dashboard": 2},
    ),
    "invite": Step(
        "feature_used",
        "/group",
        "invite_member",
        "group-service",
        "POST",
        "/v1/groups/{group_id}/members",
        {"group": 2, "dashboard": 1},
    ),
    "reports": Step(
        "page_view",
        "/reports",
        None,
        "report-service",
        "GET",
        "/v1/reports/consumption",
        {"export": 1, "forecast": 2, "dashboard": 3, "error": 0.1},
    ),
    "export": Step(
        "feature_used",
        "/reports",
        "export_csv",
        "report-service",
        "GET",
        "/v1/reports/export",
        {"reports": 1, "dashboard": 2},
    ),
    "forecast": Step(
        "feature_used",
        "/reports",
        "usage_forecast",
        "report-service",
        "GET",
        "/v1/reports/forecast",
        {"reports": 2, "dashboard": 2},
    ),
    "settings": Step(
        "page_view",
        "/settings",
        None,
        "auth-service",
        "GET",
        "/v1/profile",
        {"dashboard": 3, "notifications": 1, "help": 0.5},
    ),
    "notifications": Step(
        "feature_used",
        "/settings",
        "notifications",
        "auth-service",
        "PATCH",
        "/v1/profile",
        {"settings": 1, "dashboard": 2},
    ),
    "error": Step("error", "/error", None, "web-frontend", "GET", "/v1/dashboard", {"dashboard": 3, "help": 1}),
}
NAMES = tuple(STEPS)
LANDING, DASHBOARD, REPORTS, FORECAST, PAID = (
    NAMES.index(name) for name in ("landing", "dashboard", "reports", "forecast", "paid")
)


def _cumulative() -> np.ndarray:
    weights = np.array([[step.following.get(name, 0.0) for name in NAMES] for step in STEPS.values()])
    return np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)


def walk(rng: np.random.Generator, first: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The step codes of all sessions one after another: from `first` on, `lengths` steps each."""
    cumulative = _cumulative()
    order = np.argsort(-lengths, kind="stable")
    table = np.zeros((len(lengths), int(lengths.max(initial=0))), dtype=np.int8)
    current = first[order].astype(np.int8)
    for position in range(table.shape[1]):
        going = int(np.searchsorted(-lengths[order], -position, side="left"))
        table[:going, position] = current[:going]
        drawn = rng.random(going)[:, None]
        current[:going] = (drawn > cumulative[current[:going]]).sum(axis=1).clip(max=len(NAMES) - 1)
    table = table[np.argsort(order, kind="stable")]
    return table[np.arange(table.shape[1]) < lengths[:, None]]
