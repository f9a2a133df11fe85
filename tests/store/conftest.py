from stores import pg_server, pg_url, sqlite_url, store, url

__all__ = ["pg_server", "pg_url", "sqlite_url", "store", "url"]
