"""Values that cannot be used: checks, quarantine, outliers."""
