"""What may stand in the file as a bare text in place of a mapping, as editors are told it."""

from __future__ import annotations

from typing import Any

from pydantic import GetJsonSchemaHandler


class OrText:
    """Tell editors that a bare text will do; what is made of it is its reader's."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls,
        core: Any,  # noqa: ANN401 - pydantic_core's, which is not ours to import
        handler: GetJsonSchemaHandler,
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(core)]}
