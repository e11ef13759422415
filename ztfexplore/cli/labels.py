"""The commands `labels export`, `labels import` and `labels log`. Heavy imports happen inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ztfexplore.alerts.keys import Key, written
from ztfexplore.cli import console
from ztfexplore.cli.console import catalogue_option, json_option
from ztfexplore.errors import LabelsError

if TYPE_CHECKING:
    import pandas as pd

    from ztfexplore.catalogue.matching import Matched

output_option = click.option("--output", type=click.Path(path_type=Path), required=True, help="A .csv file.")


@click.group()
def labels() -> None:
    """Export and import the labels that people gave in the dashboard, and their complete history."""


@labels.command("export")
@catalogue_option
@output_option
@json_option
def export_labels(catalogue_path: Path, output: Path, as_json: bool) -> None:
    """Write people's labels, one line per alert: candid, label, label_source, who, when, survey."""
    from ztfexplore.catalogue import annotations
    from ztfexplore.catalogue.catalogue import Catalogue
    from ztfexplore.files import check_ending, replacing

    check_ending(output, ".csv")
    latest = annotations.Annotations.open(catalogue_path).latest()
    strangers = len(annotations.unknown(Catalogue.open(catalogue_path).frame(["survey", "candid"]), latest))
    with replacing(output) as partial:
        partial.write_text(annotations.csv(latest), encoding="utf-8")
    if strangers:
        console.say(f"note: {strangers} of these alerts are not in the catalogue")
    console.report({"output": str(output), "labels": len(latest), "not_in_catalogue": strangers}, as_json)


@labels.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@catalogue_option
@click.option("--who", required=True, help="Name of the person who gave the labels.")
@click.option(
    "--survey",
    help="Survey of lines that name none, needed if two surveys share the candid or the alert is not in the catalogue "
    "[default: the catalogue's, if it has only one].",
)
@json_option
def import_labels(file: Path, catalogue_path: Path, who: str, survey: str | None, as_json: bool) -> None:
    """Add the labels of a CSV file (candid, label, survey) as one person's, in one action that can be undone.

    Labels of alerts that are not in the catalogue are kept and apply once the alerts are ingested. The column survey
    may be missing: then a label belongs to the only alert with that candid.
    """
    from ztfexplore.alerts.labels_csv import read_labels
    from ztfexplore.catalogue.annotations import Annotations
    from ztfexplore.catalogue.catalogue import Catalogue
    from ztfexplore.catalogue.matching import match

    given = read_labels(file)
    frame = Catalogue.open(catalogue_path).frame(["survey", "candid"])
    found = match(frame, given, survey)
    strangers = set(found.unknown)
    # Bare candids first: if an alert has two labels, the one that names the survey wins.
    keys = sorted((key for key in given if key in found.rows or key in strangers), key=_has_survey)
    labelled = {_whole(key, frame, found, survey): given[key].label for key in keys}
    added = Annotations.open(catalogue_path).add_each(labelled, who)
    if found.unknown:
        some = ", ".join(map(written, found.unknown[:5])) + (", ..." if found.unknown[5:] else "")
        console.say(f"note: {len(found.unknown)} labels kept for alerts that are not in the catalogue (candid {some})")
    if found.problem:
        console.say(f"note: {found.problem}, and so does --survey")
    result = {
        "labels": len(labelled),
        "not_in_catalogue": len(found.unknown),
        "ambiguous": len(found.ambiguous),
        "action": added.id if added else None,
    }
    console.report(result, as_json)


@labels.command("log")
@catalogue_option
@output_option
@json_option
def export_log(catalogue_path: Path, output: Path, as_json: bool) -> None:
    """Write the complete history, oldest first: action, kind, survey, candid, label, who, when, undoes."""
    from ztfexplore.catalogue.annotations import Annotations
    from ztfexplore.files import check_ending, replacing

    check_ending(output, ".csv")
    entries = Annotations.open(catalogue_path).log()
    with replacing(output) as partial:
        entries.to_csv(partial, index=False, lineterminator="\n")
    result = {"output": str(output), "actions": int(entries["action"].nunique()), "lines": len(entries)}
    console.report(result, as_json)


def _whole(key: Key, frame: pd.DataFrame, found: Matched, asked: str | None) -> tuple[str, int]:
    """A key with its survey, for alerts in the catalogue (`frame`) and others.

    Raises:
        LabelsError: if it is not in the catalogue, its survey is not given, and the catalogue has no survey or several.
    """
    if isinstance(key, tuple):
        return key
    if key in found.rows:
        return str(frame["survey"].iat[found.rows[key]]), key
    known = frame["survey"].unique().tolist()
    if asked is None and len(known) != 1:
        others = len(found.unknown) - 1
        raise LabelsError(
            f"candid {key} is not in the catalogue (nor are {others} others): give their survey with --survey"
        )
    return asked or known[0], key


def _has_survey(key: Key) -> bool:
    return isinstance(key, tuple)
