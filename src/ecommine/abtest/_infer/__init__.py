"""From sums to differences, checks and verdicts."""
