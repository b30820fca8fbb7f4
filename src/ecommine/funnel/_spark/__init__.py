"""Funnels on Spark: units are followed where their events are."""
