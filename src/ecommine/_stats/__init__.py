"""Statistics shared by the topics: arrays in, arrays out; they know no table, no topic, only NumPy and SciPy.

intervals (of shares, differences, ratios), multiple_testing, clusters and clustered_shares and intraclass (correlated
observations), experiments (two arms: Welch, Fieller, CR2, CUPED, confidence sequences, sample sizes), chi_square,
survival (Kaplan-Meier), quantiles, shrinkage, shapley, bootstrap.
"""
