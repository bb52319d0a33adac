"""The detector of confiture_coord: DDL text in, touches and conflicts out.

Ordinary importable Python, free of any server: tests and tools import it under this name, and
a PostgreSQL backend loads the same files from the extension under a name that carries their
hash. That is why the modules in here import one another only relatively, and why this file
imports nothing: whoever needs the parser asks ``loader`` first.
"""
