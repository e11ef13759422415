"""Writing files: completely, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ztfexplore.errors import ZtfexploreError


@contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """A temporary path to write to; it replaces `output` at the end, and until then an existing file stays intact.

    Missing folders are created; nothing is left behind if the writing fails.

    Raises:
        ZtfexploreError: if it cannot be written.
    """
    partial = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(output)
    except OSError as error:
        raise ZtfexploreError(f"output {output}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def check_ending(output: Path, *endings: str) -> None:
    """Raise ZtfexploreError unless `output` ends in one of `endings`: checked before minutes of work, not after."""
    if output.suffix not in endings:
        raise ZtfexploreError(f"output {output}: must end in {' or '.join(endings)}")
