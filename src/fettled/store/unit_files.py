"""The ports `FilesReader` and `FilesUnit`, over one connection; see `fettled.store.unit`."""

from __future__ import annotations

from collections.abc import Sequence

from fettled.core.attachments import Attachment
from fettled.core.tickets import Entry
from fettled.store import sql_files
from fettled.store.link import Link


class FilesReading:
    """Comments and attachments, to be read."""

    _link: Link

    def comments(self, ticket: int, *, after: int, limit: int, internal: bool) -> list[Entry]:
        """Comments with sequence numbers above *after*, in order."""
        return sql_files.comments(
            self._link, ticket, after=after, limit=limit, with_internal=internal
        )

    def attachments(self, ticket: int) -> list[Attachment]:
        """All of a ticket's, in the order in which they came."""
        return sql_files.attachments_of(self._link, ticket)

    def attachment(self, ticket: int, ident: int) -> Attachment | None:
        """One of a ticket's."""
        return sql_files.attachment(self._link, ticket, ident)

    def attachment_piece(self, ident: int, piece: int) -> bytes | None:
        """A piece of its content, from 0."""
        return sql_files.piece_of(self._link, ident, piece)


class FilesWriting:
    """Attachments, to be written."""

    _link: Link

    def add_attachment(self, attachment: Attachment, content: bytes) -> Attachment:
        """Keep it with its content."""
        return sql_files.add_attachment(self._link, attachment, content)

    def delete_attachments(self, idents: Sequence[int]) -> None:
        """Delete them with their content."""
        sql_files.delete_attachments(self._link, idents)
