"""Private plumbing shared by every topic: tables, arrays of keys, texts, checks, results. No mathematics."""
