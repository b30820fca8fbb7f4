"""Site search: what is found, and which queries to improve first."""
