"""Types of columns: which conversion each needs, and the conversions in every library."""
