"""Values: checks of every column, and flags for outliers."""
