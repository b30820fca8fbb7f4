"""Steps that several exports share: what they look like, who a customer is, what a line is, what is repeated."""
