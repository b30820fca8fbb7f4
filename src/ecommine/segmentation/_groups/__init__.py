"""Groups of customers: clusters and their stability, gaps between them, and comparisons with everybody."""
