"""
Values from elsewhere: `${VAR}`, `${VAR:-default}`, `${file:/path}`, `${cred:name}`, `$$`.

Applied to one scalar after the YAML is parsed, and once: what a variable holds is never
read as YAML nor interpolated again, so a secret with a colon or a dollar sign in it
stays what it is. Errors name the variable or file, never what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PART = re.compile(r"\$\$|\$\{([^}]*)\}|\$\{")
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_CREDENTIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_FORMS = "write ${VAR}, ${VAR:-default}, ${file:/path} or ${cred:name}, and $$ for a dollar sign"

#: Certificates and keys fit; a log file named by mistake does not.
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sources:
    """
    Where values come from.

    Attributes:
        environment: the variables; `CREDENTIALS_DIRECTORY` is among them.
        directory: what a relative `${file:...}` is relative to.
        taken: the values that were had from elsewhere, so that they are never shown; a
            default stands in the file itself.
    """

    environment: Mapping[str, str]
    directory: Path
    _read: dict[Path, str] = field(default_factory=dict, repr=False)
    taken: set[str] = field(default_factory=set, repr=False)

    def interpolate(self, text: str) -> str:
        """
        Replace every form in *text*.

        Raises:
            ValueError: something named does not exist; its text says what and the cure.
        """
        return _PART.sub(self._replace, text)

    def _replace(self, match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        inside = match[1]
        if inside is None:
            msg = f"has ${{ without its }}; {_FORMS}"
            raise ValueError(msg)
        if inside.startswith("file:"):
            name = inside.removeprefix("file:")
            return self._file(self.directory / name, f"file {name}")
        if inside.startswith("cred:"):
            return self._credential(inside.removeprefix("cred:"))
        return self._variable(inside)

    def _variable(self, inside: str) -> str:
        form = _VARIABLE.fullmatch(inside)
        if form is None:
            msg = f"has an interpolation of an unknown form; {_FORMS}"
            raise ValueError(msg)
        name, default = form.groups()
        value = self.environment.get(name)
        if value:
            self.taken.add(value)
        if default is not None:
            return value or default
        if value is None:
            msg = f"environment variable {name} is not set; set it, or write ${{{name}:-default}}"
            raise ValueError(msg)
        return value

    def _credential(self, name: str) -> str:
        if not _CREDENTIAL.fullmatch(name):
            msg = "names a credential with other characters than letters, digits, '.', '_' and '-'"
            raise ValueError(msg)
        directory = self.environment.get("CREDENTIALS_DIRECTORY")
        if not directory:
            msg = (
                f"credential {name} cannot be had: there is no $CREDENTIALS_DIRECTORY;"
                " start by systemd with LoadCredential=, or set it to a directory"
            )
            raise ValueError(msg)
        return self._file(Path(directory) / name, f"credential {name}")

    def _file(self, path: Path, shown: str) -> str:
        if path not in self._read:
            try:
                with path.open("rb") as file:
                    data = file.read(_MAX_BYTES + 1)
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or "not a file name"
                msg = f"{shown} cannot be read: {why}; create it or correct the name"
                raise ValueError(msg) from None
            if len(data) > _MAX_BYTES:
                msg = f"{shown} is larger than {_MAX_BYTES // 1024} KiB; name another one"
                raise ValueError(msg)
            try:
                value = data.decode()
            except UnicodeDecodeError:
                value = "\0"
            if "\0" in value:
                msg = f"{shown} is not UTF-8 text; name another one"
                raise ValueError(msg)
            # Editors and `echo` end a file with a line break that is no part of the value.
            self._read[path] = value.removesuffix("\n").removesuffix("\r")
        self.taken.add(self._read[path])
        return self._read[path]
