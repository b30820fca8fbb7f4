"""Forecasts of many series at once: classes of demand, models, rolling origins, and distributions."""
