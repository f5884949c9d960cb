"""The rows of every feed, drawn in the order in which one depends on another; their truth is noted on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from dagster_project.simulator import truth
from dagster_project.simulator.activity import Activity, draw_activity
from dagster_project.simulator.audit import audit_log_feed
from dagster_project.simulator.backend import api_requests_feed, draw_requests
from dagster_project.simulator.events import events_feed
from dagster_project.simulator.feeds import FEEDS
from dagster_project.simulator.frontend import client_errors_feed, web_vitals_feed
from dagster_project.simulator.households import draw_households, group_members_feed, groups_feed, users_feed
from dagster_project.simulator.incidents import Incident, plan_incidents
from dagster_project.simulator.infrastructure import integration_status_feed, metric_samples_feed
from dagster_project.simulator.intents import draw_intents
from dagster_project.simulator.marketing import marketing_spend_feed
from dagster_project.simulator.meters import draw_meters, group_bills, meter_readings_feed, meters_feed
from dagster_project.simulator.money import exchange_rates_feed
from dagster_project.simulator.payments import draw_attempts, payments_feed, refunds_feed
from dagster_project.simulator.population import Population, draw_population
from dagster_project.simulator.security import draw_attacks, draw_travels, security_events_feed
from dagster_project.simulator.subscription_terms import churned_customers, subscriptions_feed
from dagster_project.simulator.subscriptions import draw_subscriptions
from dagster_project.simulator.telemetry import app_logs_feed, trace_spans_feed
from dagster_project.simulator.world import World

Rows = Iterator[tuple[str, pd.DataFrame]]


def generate(world: World, facts: dict[str, Any]) -> Rows:
    """Every feed with its rows that are ready before the end of the sample; fills `facts` with what is true of them."""
    incidents = plan_incidents(world)
    population = draw_population(world)
    facts["incidents"] = truth.incident_facts(incidents)
    facts["test_users"] = truth.marked_users(population, "is_test")
    facts["bot_users"] = truth.marked_users(population, "is_bot")
    for feed, frame in _feeds(world, population, incidents, facts):
        rows = frame[frame[FEEDS[feed].ready_at] < world.end].reset_index(drop=True)
        _note(feed, rows, facts)
        yield feed, rows


def _note(feed: str, rows: pd.DataFrame, facts: dict[str, Any]) -> None:
    if feed == "users":
        facts["registrations_per_day"] = truth.registrations_per_day(rows)
    elif feed == "events":
        facts["dau_per_day"] = truth.active_users_per_day(rows, facts["test_users"])
    elif feed == "payments":
        facts["succeeded_payments"] = truth.succeeded_payments(rows)
    elif feed == "audit_log":
        facts["exports_without_purpose"] = truth.purposeless_exports(rows)


def _feeds(world: World, population: Population, incidents: Sequence[Incident], facts: dict[str, Any]) -> Rows:
    yield from _money_and_meters(world, population, incidents, facts)
    activity = draw_activity(world, population)
    yield "events", events_feed(world, population, activity)
    yield "web_vitals", web_vitals_feed(world, activity, incidents)
    yield "client_errors", client_errors_feed(world, activity, incidents)
    yield from _services(world, population, activity, incidents, facts)
    yield "audit_log", audit_log_feed(world, population)
    yield "metric_samples", metric_samples_feed(world, incidents)
    yield "integration_status", integration_status_feed(world, incidents)


def _money_and_meters(
    world: World, population: Population, incidents: Sequence[Incident], facts: dict[str, Any]
) -> Rows:
    households = draw_households(world, population)
    yield "users", users_feed(world, population)
    yield "groups", groups_feed(world, households)
    yield "group_members", group_members_feed(world, households)
    meters = draw_meters(world, households)
    yield "meters", meters_feed(world, meters)
    yield "meter_readings", meter_readings_feed(world, meters, households)
    subscriptions = draw_subscriptions(world, population)
    facts["churned_users"] = churned_customers(world, subscriptions)
    yield "subscriptions", subscriptions_feed(subscriptions)
    intents = draw_intents(world, population, households, group_bills(meters), subscriptions)
    attempts = draw_attempts(world, intents, incidents)
    yield "payments", payments_feed(world, attempts)
    yield "refunds", refunds_feed(world, attempts)
    yield "marketing_spend", marketing_spend_feed(world)
    yield "exchange_rates", exchange_rates_feed(world)


def _services(
    world: World, population: Population, activity: Activity, incidents: Sequence[Incident], facts: dict[str, Any]
) -> Rows:
    attacks = draw_attacks(world, population, incidents)
    travels = draw_travels(world, population, activity)
    facts["brute_force_sources"] = truth.brute_force_facts(attacks)
    facts["impossible_travels"] = truth.travel_facts(travels)
    requests = draw_requests(world, activity, incidents)
    yield "api_requests", api_requests_feed(world, requests, attacks)
    yield "trace_spans", trace_spans_feed(requests)
    yield "app_logs", app_logs_feed(world, requests)
    yield "security_events", security_events_feed(world, activity, attacks, travels)
