"""A deterministic, simulated Shared Payment System that writes all feeds into a landing zone."""

from dagster_project.simulator.sample import FeedTotals, SampleSummary, simulate
from dagster_project.simulator.world import SAMPLE_END

__all__ = ["SAMPLE_END", "FeedTotals", "SampleSummary", "simulate"]
