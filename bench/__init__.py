"""Benchmarks of the extension on a private, durable PostgreSQL: ``make bench``."""
