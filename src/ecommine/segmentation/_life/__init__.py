"""Customers through time: stages, changes of stage, and tiers replayed by day."""
