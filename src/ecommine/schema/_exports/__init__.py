"""Known exports: one reader per shop system or public data set."""
