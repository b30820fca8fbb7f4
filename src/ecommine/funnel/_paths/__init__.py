"""Paths: visits, transitions, sequences, and an absorbing Markov chain."""
