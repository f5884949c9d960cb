"""Forecasts: which published figures are looked ahead of, how, and where they go."""
