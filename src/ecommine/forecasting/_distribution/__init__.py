"""From rolling-origin errors to quantiles of periods and of totals."""
