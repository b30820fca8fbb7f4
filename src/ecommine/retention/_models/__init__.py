"""The statistics of returns, silences and gaps, on arrays."""
