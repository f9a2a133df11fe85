"""
`fettled tickets`: the daily work on tickets, over the API.

The group of commands only; each file of commands adds its own.
"""

from __future__ import annotations

import typer

from fettled.cli import (
    ticket_actions,
    ticket_adopt,
    ticket_comment,
    ticket_fields,
    ticket_files,
    ticket_list,
    ticket_owners,
    ticket_show,
    ticket_work,
)

app = typer.Typer(name="tickets", help="List, show and work on tickets.", rich_markup_mode=None)

for commands in (
    ticket_list,
    ticket_show,
    ticket_fields,
    ticket_work,
    ticket_owners,
    ticket_comment,
    ticket_files,
    ticket_adopt,
    ticket_actions,
):
    commands.register(app)
