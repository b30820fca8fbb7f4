"""What is shown outside of Python: HTML of definitions, workbooks, headings in two languages."""
