"""The commands `probe fit`, `probe compare` and `probe apply`. Heavy imports are inside the commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ztfexplore.cli import console
from ztfexplore.cli.console import catalogue_option, encoder_option, json_option, labels_by_option

FIT_OPTIONS = (
    click.option(
        "--label-fraction",
        type=click.FloatRange(0, 1, min_open=True),
        default=1.0,
        show_default=True,
        help="Share of each class's labelled objects to fit on.",
    ),
    click.option(
        "--class-weight",
        type=click.Choice(["balanced", "none"]),
        default="balanced",
        show_default=True,
        help="Whether rare classes weigh as much as common ones.",
    ),
    click.option(
        "--C",
        "C",
        type=click.FloatRange(min=0, min_open=True),
        help="The inverse of the regularisation's strength [chosen by cross-validation over objects].",
    ),
    click.option("--strength", type=click.FloatRange(min=0, min_open=True), hidden=True, help="The old name of --C."),
    click.option(
        "--repeats", type=click.IntRange(1, 100), default=5, show_default=True, help="Repeats of the cross-validation."
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, 2**31),
        default=0,
        show_default=True,
        help="Seed of the folds and of --label-fraction.",
    ),
)


def fit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How a probe is fitted: the options that `fit` and `compare` share."""
    for option in reversed(FIT_OPTIONS):
        command = option(command)
    return command


@click.group()
def probe() -> None:
    """Fit a linear probe to an encoder's embeddings and the labels; apply it to alerts without a label."""


@probe.command()
@catalogue_option
@encoder_option
@click.option("--output", type=click.Path(path_type=Path), required=True, help="A .json file for the probe.")
@fit_options
@labels_by_option
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
    labels_by: str,
    as_json: bool,
) -> None:
    """Fit a probe on the labelled objects outside the test part; report its scores there and on the test part."""
    from ztfexplore.files import check_ending
    from ztfexplore.probe import saved as saved_probe
    from ztfexplore.probe.fit import FitConfig
    from ztfexplore.probe.fit import fit as run

    check_ending(output, saved_probe.ENDING)
    config = FitConfig(label_fraction, class_weight, strength if C is None else C, repeats, seed)
    shown = console.snapshot(catalogue_path, labels_by)
    with console.bar(100, "fit", "%") as bar:
        fitted, report = run(shown, encoder_name, config, lambda text, share: console.move(bar, text, 100 * share))
    saved_probe.save_probe(fitted, output)
    for note in report["notes"]:
        console.say(f"note: {note}")
    console.report({"output": str(output), **report}, as_json)


@probe.command()
@catalogue_option
@click.option("--encoder", "encoder_names", multiple=True, help="May be given up to three times.")
@click.option(
    "--features",
    type=click.Choice(["images", "metadata", "both"]),
    default="images",
    show_default=True,
    help="What the probes see: embeddings, metadata (then no encoder is needed), or both.",
)
@click.option("--external", is_flag=True, help="Use only labels from external catalogues (VSX, SIMBAD, TNS).")
@fit_options
@labels_by_option
@json_option
def compare(
    catalogue_path: Path,
    encoder_names: tuple[str, ...],
    features: str,
    external: bool,
    label_fraction: float,
    class_weight: str,
    C: float | None,
    strength: float | None,
    repeats: int,
    seed: int,
    labels_by: str,
    as_json: bool,
) -> None:
    """Compare probes on the same objects and folds; prints the figures of the probe page and saves nothing."""
    from ztfexplore.probe.compare import Question
    from ztfexplore.probe.comparison import compare_probes
    from ztfexplore.probe.fit import FitConfig

    config = FitConfig(label_fraction, class_weight, strength if C is None else C, repeats, seed)
    question = Question(encoder_names, config, features, external)
    with console.bar(100, "compare", "%") as bar:
        report = compare_probes(
            console.snapshot(catalogue_path, labels_by),
            question,
            lambda text, share: console.move(bar, text, 100 * share),
        )
    for note in report["notes"]:
        console.say(f"note: {note}")
    console.report(report, as_json)


@probe.command()
@catalogue_option
@click.option(
    "--probe", "probe_path", type=click.Path(path_type=Path), required=True, help="A file written by 'probe fit'."
)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="A .csv or .parquet file.")
@click.option("--all", "everything", is_flag=True, help="Predict alerts that have a label too.")
@labels_by_option
@json_option
def apply(
    catalogue_path: Path, probe_path: Path, output: Path, everything: bool, labels_by: str, as_json: bool
) -> None:
    """Predict the class of the alerts without a label: a table with the probability of each class."""
    from ztfexplore.files import check_ending
    from ztfexplore.overview import export
    from ztfexplore.probe import saved as saved_probe
    from ztfexplore.probe.apply import predict

    check_ending(output, *export.SUFFIXES)
    loaded = saved_probe.load_probe(probe_path)
    table, report = predict(console.snapshot(catalogue_path, labels_by), loaded, everything)
    export.write_table(table, output)
    for note in report["notes"]:
        console.say(f"note: {note}")
    console.report({"output": str(output), **report}, as_json)
