"""Statistics shared by the topics: arrays in, arrays out; they know no table, no topic, only NumPy and SciPy.

intervals (of shares, differences, ratios), multiple_testing, clusters and clustered_shares and intraclass (correlated
observations), mean_differences (Welch, Fieller, CR2), adjusted_means (CUPED, ratios, strata), sequential (always-valid
tests), sample_sizes, chi_square, survival (Kaplan-Meier), quantiles, shrinkage, shapley, bootstrap.
"""
