"""
`number IN (...)`, however many there are: one statement, and one parameter for all.

Each database has its own way to say so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Text, any_, bindparam, cast, func, select
from sqlalchemy.sql.expression import literal_column

from fettled.store.link import Link


def among(column: ColumnElement[Any]) -> dict[bool, ColumnElement[bool]]:
    """Make the condition, by whether it is for PostgreSQL; its parameter is `numbers`."""
    listed = func.json_each(bindparam("numbers", type_=Text)).table_valued("value")
    on_sqlite = column.in_(select(literal_column("value")).select_from(listed))
    on_postgres = column == any_(cast(bindparam("numbers"), ARRAY(BigInteger)))
    return {False: on_sqlite, True: on_postgres}


def among_names(column: ColumnElement[Any]) -> dict[bool, ColumnElement[bool]]:
    """Make the same of names; its parameter is `names`."""
    listed = func.json_each(bindparam("names", type_=Text)).table_valued("value")
    on_sqlite = column.in_(select(literal_column("value")).select_from(listed))
    on_postgres = column == any_(cast(bindparam("names"), ARRAY(Text)))
    return {False: on_sqlite, True: on_postgres}


def names_value(link: Link, names: Sequence[str]) -> Any:  # noqa: ANN401 -- each driver's own
    """Make of *names* the one parameter."""
    return list(names) if link.is_postgres else json.dumps(list(names))


def numbers_value(link: Link, numbers: Sequence[int]) -> Any:  # noqa: ANN401 -- each driver's own
    """Make of *numbers* the one parameter."""
    if link.is_postgres:
        return list(numbers)
    return "[" + ",".join(map(str, numbers)) + "]"
