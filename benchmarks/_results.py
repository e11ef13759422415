"""Result files of the benchmarks: JSON that the documentation quotes, one file per benchmark, one entry per run.

A file says when and on what kind of machine its runs were made, but nothing that identifies the machine or its folders.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options --write, --run and --note."""
    parser.add_argument("--write", type=Path, metavar="FILE", help="also put the result into this JSON file")
    parser.add_argument("--run", metavar="NAME", help="name of the run in that file; replaces one of the same name")
    parser.add_argument("--note", default="", help="about the machine, in words: 'shared with other work'")


def write(options: argparse.Namespace, run: str, result: dict[str, Any]) -> None:
    """Put a run into the file that --write names, if it names one; other runs in it stay.

    Args:
        options: with what `add_options` adds.
        run: name of the run, unless --run gives one.
        result: ready for JSON.
    """
    if options.write is None:
        return
    runs = json.loads(options.write.read_text(encoding="utf-8"))["runs"] if options.write.exists() else {}
    runs[options.run or run] = {**result, "measured": _measured(options.note)}
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps({"runs": runs}, indent=1) + "\n", encoding="utf-8")


def _measured(note: str) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),  # runnable processes, averaged over the last minute
        "python": platform.python_version(),
        "note": note,
    }
