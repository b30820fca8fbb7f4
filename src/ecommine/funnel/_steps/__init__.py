"""The table of a funnel: counts, conversions, groups, units, notes, sentences and plots."""
