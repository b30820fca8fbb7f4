"""From a raw table to a canonical one: names, types, formats."""
