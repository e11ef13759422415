"""What the commands share: how they talk to the person, and the options that all of them know."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

catalogue_option = click.option(
    "--catalogue", "catalogue_path", type=click.Path(path_type=Path), required=True, help="Folder of the catalogue."
)
encoder_option = click.option("--encoder", "encoder_name", required=True, help="Name of an encoder, or a folder.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout, nothing else.")


def report(result: dict[str, Any], as_json: bool) -> None:
    """The result on stdout: one JSON object, or a line a key."""
    if as_json:
        click.echo(json.dumps(result))
    else:
        for key, value in result.items():
            click.echo(f"{key}: {json.dumps(value) if isinstance(value, dict | list) else value}")


def say(text: str) -> None:
    """One line on stderr; control characters from outside input are shown, not obeyed."""
    click.echo("".join(c if c.isprintable() else repr(c)[1:-1] for c in text), err=True)


@contextmanager
def bar(total: int, what: str, unit: str) -> Iterator[tqdm]:
    """A progress bar on stderr that goes away at the end; in '%' it shows a share, in 'B' bytes with their prefix."""
    scaled = unit == "B"
    layout = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}" if unit == "%" else None
    with tqdm(
        total=total, desc=what, unit=unit, unit_scale=scaled, file=sys.stderr, leave=False, bar_format=layout
    ) as shown:
        yield shown


def move(shown: tqdm, text: str, position: float) -> None:
    """Put a bar at a position, with what is being done."""
    shown.set_description(text, refresh=False)
    shown.update(position - shown.n)
