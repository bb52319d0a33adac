"""What the Makefile, the tests and the demo share: a private PostgreSQL that runs this checkout.

Standard library only (psycopg is imported where a connection is opened), because the
first parts run before anything is installed.
"""
