"""The sample is believable: weekdays, seasons, cohorts, churn and incidents show in the numbers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from dagster_project.simulator.activity import PERSON, Activity, draw_activity
from dagster_project.simulator.backend import ROUTES, draw_requests
from dagster_project.simulator.households import draw_households
from dagster_project.simulator.incidents import Incident, of_kind, plan_incidents
from dagster_project.simulator.infrastructure import integration_status_feed, metric_samples_feed
from dagster_project.simulator.meters import NAMES, draw_meters
from dagster_project.simulator.population import Population, draw_population
from dagster_project.simulator.subscription_terms import churned_customers, subscriptions_feed
from dagster_project.simulator.subscriptions import draw_subscriptions
from dagster_project.simulator.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return World(users=600, days=365, seed=5, start=date(2025, 1, 1))


@pytest.fixture(scope="module")
def population(world: World) -> Population:
    return draw_population(world)


@pytest.fixture(scope="module")
def activity(world: World, population: Population) -> Activity:
    return draw_activity(world, population)


def _sessions(activity: Activity) -> pd.DataFrame:
    return activity.sessions[activity.sessions["kind"] == PERSON]


def test_weekends_are_quieter_than_working_days(activity: Activity) -> None:
    by_weekday = _sessions(activity)["at"].dt.day_of_week.value_counts()
    assert by_weekday[[5, 6]].mean() < 0.85 * by_weekday[[0, 1, 2, 3, 4]].mean()


def test_evenings_are_busier_than_nights_in_local_time(activity: Activity, population: Population) -> None:
    sessions = _sessions(activity)
    offset = population.of("utc_offset", sessions["user"])
    hour = (sessions["at"].dt.hour.to_numpy() + offset) % 24
    assert np.isin(hour, (18, 19, 20)).mean() > 5 * np.isin(hour, (1, 2, 3)).mean()


def test_heating_needs_many_times_more_in_winter_and_electricity_little_more(
    world: World, population: Population
) -> None:
    meters = draw_meters(world, draw_households(world, population))
    uses = meters.uses.merge(meters.meters["utility"], left_on="meter", right_index=True)
    mean = uses.groupby([uses["utility"], uses["month"].dt.month])["use"].mean()
    winter_to_summer = {name: mean[number, 12] / mean[number, 7] for number, name in enumerate(NAMES)}
    assert winter_to_summer["heat"] > 5
    assert winter_to_summer["gas"] > 3
    assert 1.1 < winter_to_summer["electricity"] < 1.8


def test_people_sent_by_friends_stay_longer_than_those_who_clicked_an_ad(
    world: World, population: Population, activity: Activity
) -> None:
    people = population.people
    old = people[world.day_of(people["registered_at"].to_numpy()) < 245]
    sessions = _sessions(activity)
    age = sessions["at"].to_numpy() - population.of("registered_at", sessions["user"])
    stayed = sessions["user"][np.asarray(age) > np.timedelta64(90, "D")].unique()
    share = pd.Series(old.index.isin(stayed), index=old["channel"].to_numpy()).groupby(level=0).mean()
    assert share["referral"] > share["paid_social"] + 0.15


def test_use_fades_before_people_leave(world: World, population: Population, activity: Activity) -> None:
    sessions = _sessions(activity)
    gone_at = np.asarray(population.of("gone_at", sessions["user"]))
    days_before = (gone_at - sessions["at"].to_numpy()) / np.timedelta64(1, "D")
    assert ((days_before > 0) & (days_before < 30)).sum() < 0.75 * ((days_before > 30) & (days_before < 60)).sum()


def test_subscriptions_live_through_everything_that_can_happen_to_one(world: World, population: Population) -> None:
    subscriptions = draw_subscriptions(world, population)
    states = subscriptions_feed(subscriptions)
    states = states[states["effective_at"] < world.end]
    assert set(states["status"]) == {"trialing", "active", "past_due", "paused", "canceled"}
    assert set(zip(states["interval"], states["interval_count"], strict=True)) == {
        ("month", 1),
        ("year", 1),
        ("month", 3),
        ("week", 1),
    }
    by_subscription = states.groupby("subscription_id", observed=True)
    assert (by_subscription["plan_id"].nunique() > 1).any()
    assert (by_subscription["discount_minor"].agg(lambda minor: (minor > 0).any() and (minor == 0).any())).any()


def test_churn_is_voluntary_and_involuntary_and_some_come_back(world: World, population: Population) -> None:
    churned = churned_customers(world, draw_subscriptions(world, population))
    kinds = pd.Series([churn["kind"] for churn in churned]).value_counts()
    assert kinds["voluntary"] > kinds["involuntary"] > 5
    quit_while_past_due = [
        churn for churn in churned if churn["kind"] == "involuntary" and churn["reason"] != "payment_failed"
    ]
    assert quit_while_past_due
    assert any(churn["subscribed_again"] for churn in churned)


def test_outages_and_slow_endpoints_show_in_the_requests(world: World, activity: Activity) -> None:
    incidents = plan_incidents(world)
    requests = draw_requests(world, activity, incidents)
    at = requests["at"].to_numpy()
    service = np.array([route.service for route in ROUTES])[requests["route"]]
    path = np.array([route.path for route in ROUTES])[requests["route"]]
    outage, slow = np.zeros(len(at), dtype=bool), np.zeros(len(at), dtype=bool)
    for incident in of_kind(incidents, "payment_outage", "service_outage"):
        outage |= incident.covers(at) & (service == incident.place["service"])
    for incident in of_kind(incidents, "slow_endpoint"):
        slow |= incident.covers(at) & (path == incident.place["route"])
    fails = requests["status"] >= 500
    assert fails[outage].mean() > 0.5 > 0.02 > fails[~outage].mean()
    assert requests["duration_ms"][slow].median() > 4 * requests["duration_ms"][~slow].median()


@pytest.mark.parametrize(
    ("kind", "metric", "threshold"),
    [
        ("host_saturated", "cpu_utilization", 80),
        ("disk_filling", "disk_utilization", 90),
        ("network_latency", "network_latency", 100),
    ],
)
def test_thresholds_are_passed_in_incidents_only(kind: str, metric: str, threshold: float) -> None:
    world = World(users=10, days=60, seed=5, start=date(2025, 1, 1))
    incidents = plan_incidents(world)
    samples = metric_samples_feed(world, incidents)
    at, resource = samples["sampled_at"].to_numpy(), samples["resource_id"].to_numpy()
    struck = np.zeros(len(samples), dtype=bool)
    for incident in of_kind(incidents, kind):
        struck |= incident.covers(at) & (resource == incident.place["resource"])
    beyond = ((samples["metric"] == metric) & (samples["value"] > threshold)).to_numpy()
    assert (beyond == (struck & (samples["metric"] == metric).to_numpy())).all()
    assert beyond.any()


def test_an_integration_that_is_down_answers_no_check(world: World) -> None:
    incidents: list[Incident] = plan_incidents(world)
    checks = integration_status_feed(world, incidents)
    for incident in of_kind(incidents, "integration_down"):
        struck = incident.covers(checks["checked_at"].to_numpy()) & (
            checks["integration"] == incident.place["integration"]
        )
        assert set(checks["status"][struck]) == {"down"}
        assert checks["latency_ms"][struck].isna().all()
