"""
What all tables share: the collection that they are in, and the type that numbers them.

The tables themselves are in `tables_tickets`, `tables_watch`, `tables_records`,
`tables_catalogue` and `search_tables`; `tables` gives the first three by one name.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: SQLite numbers rows by itself only in a column that is called exactly INTEGER.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")
