"""From a raw table to the canonical one: names, types, checks, and the rows that must stay out."""
