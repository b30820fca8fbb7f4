"""Tables, measures, words and pictures of rules and pairs."""
