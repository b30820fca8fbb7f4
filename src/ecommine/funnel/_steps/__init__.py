"""The table of a funnel: counts, conversions, groups, words and pictures."""
