"""The readers: one function per canonical table, one keyword per column.

Written by ``tools/write_readers.py`` from the declarations in ``schema/_model/tables.py``; change those, then run it.
"""
