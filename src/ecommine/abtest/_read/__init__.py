"""From a table of units, or of statistics, to sums of each arm."""
