"""Shared by the commands: output, progress bars and common options."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

from ztfexplore.alerts import keys
from ztfexplore.alerts.keys import Key
from ztfexplore.errors import CatalogueError, ZtfexploreError

if TYPE_CHECKING:
    from ztfexplore.catalogue.snapshot import Snapshot

catalogue_option = click.option(
    "--catalogue", "catalogue_path", type=click.Path(path_type=Path), required=True, help="Folder of the catalogue."
)
encoder_option = click.option(
    "--encoder", "encoder_name", required=True, help="An encoder's name, or the folder of its weights and card."
)
labels_by_option = click.option(
    "--labels-by",
    type=click.Choice(["people", "data"]),
    default="people",
    show_default=True,
    help="Which labels count: people's newest, and the data's where no person gave one; or only the data's.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else.")


class AlertKey(click.ParamType):
    """An alert on the command line: its candid, or with its survey before it, as in ztf:123."""

    name = "candid"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Key:
        """The key in a text; the command fails with a clear line if it is not a key."""
        if not isinstance(value, str):
            return value
        key = keys.parse(value)
        if key is None:
            self.fail(f"{value!r} is not a candid (a whole number, with its survey before it: ztf:123).", param, ctx)
        return key


def snapshot(path: Path, labels_by: str) -> Snapshot:
    """A catalogue with the labels that count.

    Raises:
        CatalogueError: if it cannot be read; if people's labels cannot be read, it says how to do without them.
    """
    from ztfexplore.catalogue.snapshot import DATA, Snapshot

    plain = Snapshot.open(path, DATA)
    try:
        return plain if labels_by == DATA else plain.with_people()
    except ZtfexploreError as error:
        raise CatalogueError(f"{error}; --labels-by data does without people's labels") from error


def report(result: dict[str, Any], as_json: bool) -> None:
    """Print the result on stdout: one JSON object, or one line per key."""
    if as_json:
        click.echo(json.dumps(result))
    else:
        for key, value in result.items():
            click.echo(f"{key}: {json.dumps(value) if isinstance(value, dict | list) else value}")


def say_labels(told: dict[str, Any]) -> None:
    """Print on stderr which labels a result is based on, from `Snapshot.labels_report`."""
    from ztfexplore.catalogue.snapshot import labels_sentence

    say(f"note: {labels_sentence(told)}")


def say(text: str) -> None:
    """Print one line on stderr; control characters from untrusted input are shown as escapes."""
    click.echo("".join(c if c.isprintable() else repr(c)[1:-1] for c in text), err=True)


@contextmanager
def bar(total: int, what: str, unit: str) -> Iterator[tqdm]:
    """A progress bar on stderr that disappears at the end; unit '%' shows a percentage, 'B' scaled bytes."""
    scaled = unit == "B"
    layout = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}" if unit == "%" else None
    with tqdm(
        total=total, desc=what, unit=unit, unit_scale=scaled, file=sys.stderr, leave=False, bar_format=layout
    ) as shown:
        yield shown


def move(shown: tqdm, text: str, position: float) -> None:
    """Move a bar to a position, with a text about the current step."""
    shown.set_description(text, refresh=False)
    shown.update(position - shown.n)
