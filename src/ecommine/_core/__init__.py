"""Private plumbing shared by every topic: tables, checks, durations, results, pictures. No mathematics."""
