"""The commands `probe fit` and `probe apply`. Heavy imports are inside the commands, so that help is quick."""

from __future__ import annotations

from pathlib import Path

import click

from ztfexplore.cli import console
from ztfexplore.cli.console import catalogue_option, encoder_option, json_option


@click.group()
def probe() -> None:
    """Fit a linear probe to an encoder's embeddings and the labels; apply it to alerts without a label."""


@probe.command()
@catalogue_option
@encoder_option
@click.option("--output", type=click.Path(path_type=Path), required=True, help="A .json file for the probe.")
@click.option(
    "--label-fraction",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help="Share of each class's labelled objects to fit on.",
)
@click.option(
    "--class-weight",
    type=click.Choice(["balanced", "none"]),
    default="balanced",
    show_default=True,
    help="Whether rare classes weigh as much as common ones.",
)
@click.option(
    "--C",
    "C",
    type=click.FloatRange(min=0, min_open=True),
    help="The inverse of the regularisation's strength [chosen by cross-validation over objects].",
)
@click.option("--strength", type=click.FloatRange(min=0, min_open=True), hidden=True, help="The old name of --C.")
@click.option(
    "--repeats", type=click.IntRange(1, 100), default=5, show_default=True, help="Repeats of the cross-validation."
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31),
    default=0,
    show_default=True,
    help="Seed of the folds and of --label-fraction.",
)
@json_option
def fit(
    catalogue_path: Path,
    encoder_name: str,
    output: Path,
    label_fraction: float,
    class_weight: str,
    C: float | None,
    strength: float | None,
    repeats: int,
    seed: int,
    as_json: bool,
) -> None:
    """Fit a probe on the labelled objects outside the test part; report its scores there and on the test part."""
    from ztfexplore.catalogue.catalogue import Catalogue
    from ztfexplore.files import check_ending
    from ztfexplore.probe import saved as saved_probe
    from ztfexplore.probe.fit import FitConfig
    from ztfexplore.probe.fit import fit as run

    check_ending(output, saved_probe.ENDING)
    config = FitConfig(label_fraction, class_weight, strength if C is None else C, repeats, seed)
    catalogue = Catalogue.open(catalogue_path)
    with console.bar(100, "fit", "%") as bar:
        fitted, report = run(catalogue, encoder_name, config, lambda text, share: console.move(bar, text, 100 * share))
    saved_probe.save_probe(fitted, output)
    for note in report["notes"]:
        console.say(f"note: {note}")
    console.report({"output": str(output), **report}, as_json)


@probe.command()
@catalogue_option
@click.option(
    "--probe", "probe_path", type=click.Path(path_type=Path), required=True, help="A file written by 'probe fit'."
)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="A .csv or .parquet file.")
@click.option("--all", "everything", is_flag=True, help="Predict alerts that have a label too.")
@json_option
def apply(catalogue_path: Path, probe_path: Path, output: Path, everything: bool, as_json: bool) -> None:
    """Predict the class of the alerts without a label: a table with the probability of each class."""
    from ztfexplore.catalogue.catalogue import Catalogue
    from ztfexplore.files import check_ending
    from ztfexplore.overview import export
    from ztfexplore.probe import saved as saved_probe
    from ztfexplore.probe.apply import predict

    check_ending(output, *export.SUFFIXES)
    loaded = saved_probe.load_probe(probe_path)
    table, report = predict(Catalogue.open(catalogue_path), loaded, everything)
    export.write_table(table, output)
    for note in report["notes"]:
        console.say(f"note: {note}")
    console.report({"output": str(output), **report}, as_json)
