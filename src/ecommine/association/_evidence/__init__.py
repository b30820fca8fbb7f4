"""Is it real? Expectations under chance, clustered variances, tests."""
