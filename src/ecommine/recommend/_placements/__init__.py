"""Home page, product page, visit, checkout and top-up."""
