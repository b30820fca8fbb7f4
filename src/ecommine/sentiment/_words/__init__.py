"""Words: which ones set two groups of reviews apart, and which ones go with returns."""
