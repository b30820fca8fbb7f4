"""Events as arrays: the log in order, ids as numbers, sessions."""
