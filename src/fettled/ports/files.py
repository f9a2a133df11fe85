"""What attachments and comments need of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fettled.core.attachments import Attachment
from fettled.core.tickets import Entry


class FilesReader(Protocol):
    """Comments, and files that hang on tickets."""

    def comments(self, ticket: int, *, after: int, limit: int, internal: bool) -> list[Entry]:
        """Comments with sequence numbers above *after*, in order; with internal ones or not."""
        ...

    def attachments(self, ticket: int) -> list[Attachment]:
        """All of a ticket's, in the order in which they came."""
        ...

    def attachment(self, ticket: int, ident: int) -> Attachment | None:
        """One of a ticket's."""
        ...

    def attachment_piece(self, ident: int, piece: int) -> bytes | None:
        """A piece of its content, from 0; None behind the last one."""
        ...


class FilesUnit(FilesReader, Protocol):
    """Files that hang on tickets, to be written."""

    def add_attachment(self, attachment: Attachment, content: bytes) -> Attachment:
        """Keep it with its content; it is given its id."""
        ...

    def delete_attachments(self, idents: Sequence[int]) -> None:
        """Delete them with their content."""
        ...
