"""The commands `labels export`, `labels import` and `labels log`. Heavy imports happen inside the commands."""

from __future__ import annotations

from pathlib import Path

import click

from ztfexplore.cli import console
from ztfexplore.cli.console import catalogue_option, json_option
from ztfexplore.errors import LabelsError

output_option = click.option("--output", type=click.Path(path_type=Path), required=True, help="A .csv file.")


@click.group()
def labels() -> None:
    """Labels that people gave in the dashboard: as a file, from a file, and everything that was ever done."""


@labels.command("export")
@catalogue_option
@output_option
@json_option
def export_labels(catalogue_path: Path, output: Path, as_json: bool) -> None:
    """Write people's labels, one line an alert: candid, label, label_source, who, when, survey."""
    from ztfexplore.catalogue import annotations
    from ztfexplore.catalogue.catalogue import Catalogue
    from ztfexplore.files import check_ending, replacing

    check_ending(output, ".csv")
    latest = annotations.Annotations.open(catalogue_path).latest()
    strangers = len(annotations.unknown(Catalogue.open(catalogue_path).frame(["survey", "candid"]), latest))
    with replacing(output) as partial:
        partial.write_text(annotations.csv(latest), encoding="utf-8")
    if strangers:
        console.say(f"note: of alerts that are not in the catalogue: {strangers}")
    console.report({"output": str(output), "labels": len(latest), "not_in_catalogue": strangers}, as_json)


@labels.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@catalogue_option
@click.option("--who", required=True, help="The person whose labels these are.")
@click.option("--survey", help="Of alerts that are not in the catalogue [the catalogue's own, if it has one].")
@json_option
def import_labels(file: Path, catalogue_path: Path, who: str, survey: str | None, as_json: bool) -> None:
    """Add the labels of a CSV file (candid, label) as a person's, in one action that one undo takes back.

    Labels of alerts that are not in the catalogue are kept, and hold once the alerts are taken in.
    """
    from ztfexplore.alerts.labels_csv import read_labels
    from ztfexplore.catalogue.annotations import Annotations
    from ztfexplore.catalogue.catalogue import Catalogue

    found = read_labels(file)
    frame = Catalogue.open(catalogue_path).frame(["survey", "candid"])
    here = frame[frame["candid"].isin(list(found))]
    keys = list(zip(here["survey"].tolist(), here["candid"].tolist(), strict=True))
    strangers = sorted(set(found) - set(here["candid"].tolist()))
    keys += [(_survey(frame["survey"].unique().tolist(), survey, strangers), candid) for candid in strangers]
    added = Annotations.open(catalogue_path).add_each({key: found[key[1]].label for key in keys}, who)
    if strangers:
        some = ", ".join(map(str, strangers[:5])) + (", ..." if strangers[5:] else "")
        console.say(f"note: not in the catalogue, kept: {len(strangers)} (candid {some})")
    result = {"labels": len(keys), "not_in_catalogue": len(strangers), "action": added.id if added else None}
    console.report(result, as_json)


@labels.command("log")
@catalogue_option
@output_option
@json_option
def export_log(catalogue_path: Path, output: Path, as_json: bool) -> None:
    """Write everything that was ever done, oldest first: action, kind, survey, candid, label, who, when, undoes."""
    from ztfexplore.catalogue.annotations import Annotations
    from ztfexplore.files import check_ending, replacing

    check_ending(output, ".csv")
    entries = Annotations.open(catalogue_path).log()
    with replacing(output) as partial:
        entries.to_csv(partial, index=False, lineterminator="\n")
    result = {"output": str(output), "actions": int(entries["action"].nunique()), "lines": len(entries)}
    console.report(result, as_json)


def _survey(known: list[str], asked: str | None, strangers: list[int]) -> str:
    """The survey of alerts that are not in the catalogue.

    Raises:
        LabelsError: if it is not said, and the catalogue has none or several.
    """
    if asked is None and len(known) != 1:
        raise LabelsError(
            f"candid {strangers[0]} is not in the catalogue (and {len(strangers) - 1} others); --survey says which "
            f"survey they are of"
        )
    return asked or known[0]
