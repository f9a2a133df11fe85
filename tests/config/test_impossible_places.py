"""Places that no system has are faults of the configuration, told with their place."""

from pathlib import Path

import pytest

from fettled.config.loader import load
from fettled.core.errors import ConfigError

BAD = {
    "a NUL in the store": ('store: {url: "sqlite:////tmp/a\\0b"}', "NUL"),
    "a NUL in the socket": ('server: {control_socket: "/tmp/a\\0b"}', "NUL"),
    "a port that is no number": ('store: {url: "postgresql://u:s3@h:abc/x"}', "store.url"),
    "a port that is too large": ('store: {url: "postgresql://u:s3@h:99999/x"}', "store.url"),
    "half a bracket": ('store: {url: "postgresql://u:s3@[::1"}', "store.url"),
}


@pytest.mark.parametrize(("text", "says"), BAD.values(), ids=BAD)
def test_it_is_told_with_its_place_and_without_its_secret(
    tmp_path: Path, text: str, says: str
) -> None:
    """One line, file:line:column."""
    file = tmp_path / "fettled.yaml"
    file.write_text(text + "\n")
    with pytest.raises(ConfigError) as caught:
        load(file)

    assert str(caught.value).startswith(f"{file}:1:")
    assert says in str(caught.value)
    assert "s3" not in str(caught.value)
