"""The canonical tables: columns, names of events, errors, shops."""
