"""
Where a daemon is to be found: the two values of a configuration that say so, and no more.

A command that asks a running daemon must not care what else stands in the file: it may
be half edited, and its secrets may be another user's. So nothing else is judged, looked
up or included, and reading ends as soon as both sections were read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fettled.config.document import read_sections
from fettled.config.interpolation import Sources
from fettled.config.reading import read_text
from fettled.config.scalars import as_text
from fettled.config.schema import Server, StoreSettings
from fettled.core.errors import ConfigError

_SECTIONS = ("server", "store")


@dataclass(frozen=True, slots=True)
class Peeked:
    """Two sections as they are written; each value is looked up when it is asked for."""

    shown: str
    sections: dict[str, Any]
    sources: Sources

    def control_socket(self) -> str | None:
        """
        Give `server.control_socket`, if it is named.

        Raises:
            ConfigError: what is written there cannot be had, or is no path.
        """
        text = self._text("server", "control_socket")
        if text is None:
            return None
        try:
            return Server.model_validate({"control_socket": text}).control_socket
        except ValidationError as error:
            raise self._fault(("server", "control_socket"), error) from None

    def store_url(self) -> str:
        """
        Give `store.url`, or its default.

        Raises:
            ConfigError: what is written there cannot be had, or is no store.
        """
        text = self._text("store", "url")
        try:
            given = StoreSettings.model_validate({} if text is None else {"url": text})
        except ValidationError as error:
            raise self._fault(("store", "url"), error) from None
        return given.url.get_secret_value()

    def _text(self, section: str, key: str) -> str | None:
        values = self.sections.get(section)
        if values is None:
            return None
        if not isinstance(values, dict):
            msg = f"{self.shown}: {section}: must be a mapping"
            raise ConfigError(msg)
        written = values.get(key)
        if written is None:
            return None
        text = as_text(written)
        if text is None:
            msg = f"{self.shown}: {section}.{key}: must be text"
            raise ConfigError(msg)
        try:
            return self.sources.interpolate(text)
        except ValueError as error:
            cure = "" if section == "server" else "; or name server.control_socket, to do without"
            msg = f"{self.shown}: {section}.{key}: {error}{cure}"
            raise ConfigError(msg) from None

    def _fault(self, what: tuple[str, str], error: ValidationError) -> ConfigError:
        # Our own validators' words; pydantic's own could repeat what was given.
        told = error.errors(include_url=False, include_input=False)[0].get("ctx", {}).get("error")
        return ConfigError(f"{self.shown}: {'.'.join(what)}: {told or 'is not accepted'}")


def peek(path: Path | str, environment: Mapping[str, str] | None = None) -> Peeked:
    """
    Read of the configuration at *path* only where its daemon and its store are.

    Args:
        path: errors call the file by it.
        environment: where `${VAR}` is looked up; the process's own by default.

    Raises:
        ConfigError: it cannot be read up to there.
    """
    shown, path = str(path), Path(path).absolute()
    sources = Sources(os.environ if environment is None else environment, path.parent)
    return Peeked(shown, read_sections(read_text(path, shown), shown, _SECTIONS), sources)
