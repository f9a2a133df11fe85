"""Fixtures of the end-to-end tests: a real PostgreSQL."""

from stores import pg_server, pg_url

__all__ = ["pg_server", "pg_url"]
