"""How results leave the library: workbooks with their headings, HTML of notebooks."""
