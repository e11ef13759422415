"""Every measured figure of the README and of these pages is read from a file that a command wrote.

In the text a figure stands between two marks, which no reader sees:

    <!-- figure: evaluation.json#encoders/simclr/balanced_accuracy .2f -->0.75<!-- end -->

Before '#' is a JSON file, in benchmarks/results/ if no folder is given; after it the way to the value: keys, positions
in a list, or the value of `encoder` or `name` of a list's entry; then a format of Python's. Figures must not begin a
line: there Markdown takes a mark for a block of HTML.

Usage: python docs/figures.py --check     name what differs from its file, exit 1 if anything does
       python docs/figures.py --write     put the files' values into the texts
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
FIGURE = re.compile(r"<!-- figure: (?P<file>[^#\s]+)#(?P<way>[^\s]+) (?P<format>\S+) -->(?P<text>.*?)<!-- end -->")
MARK = re.compile(r"<!-- (?:figure:.*?|end) -->")


def texts() -> list[Path]:
    """The README and the pages of the site."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def value(file: str, way: str) -> Any:
    """What a file holds there.

    Raises:
        LookupError: if there is no such file, or nothing there.
    """
    found = _content(RESULTS / file if "/" not in file else ROOT / file)
    for step in way.split("/"):
        found = _child(found, step)
    return found


def filled(text: str) -> str:
    """The text with every figure as its file has it.

    Raises:
        LookupError: if a figure's file has no such value.
        ValueError: if a mark is malformed, or begins a line.
    """
    made = FIGURE.sub(_filled, text)
    if left := MARK.search(FIGURE.sub("", text)):
        raise ValueError(f"not a figure with its end: {left[0]}")
    if begins := re.search(r"^\s*<!-- figure: [^\n]*", text, re.MULTILINE):
        raise ValueError(f"a figure must not begin a line: {begins[0].strip()[:80]}")
    return made


def _filled(match: re.Match[str]) -> str:
    begin, _, _ = match[0].partition("-->")
    return f"{begin}-->{value(match['file'], match['way']):{match['format']}}<!-- end -->"


@cache
def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LookupError(f"no file {path.relative_to(ROOT)}") from error


def _child(parent: Any, step: str) -> Any:
    if isinstance(parent, dict) and step in parent:
        return parent[step]
    if isinstance(parent, list):
        if step.isdigit() and int(step) < len(parent):
            return parent[int(step)]
        for entry in parent:
            if isinstance(entry, dict) and step in (entry.get("encoder"), entry.get("name")):
                return entry
    raise LookupError(f"nothing called {step!r} there")


def main() -> None:
    """Check or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--check", action="store_true")
    kind.add_argument("--write", action="store_true")
    options = parser.parse_args()
    wrong = 0
    for path in texts():
        text = path.read_text(encoding="utf-8")
        try:
            made = filled(text)
        except (LookupError, ValueError) as error:
            print(f"{path.relative_to(ROOT)}: {error}")
            wrong += 1
            continue
        if made != text and options.write:
            path.write_text(made, encoding="utf-8")
        elif made != text:
            print(f"{path.relative_to(ROOT)}: differs from its files; python docs/figures.py --write mends it")
            wrong += 1
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
