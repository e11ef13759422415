"""The command that trains an encoder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ztfexplore.cli import console
from ztfexplore.cli.console import catalogue_option, json_option, labels_by_option
from ztfexplore.cli.listed import Listed, ListingOption
from ztfexplore.encoders.config import BACKBONE_NAMES
from ztfexplore.errors import TrainingError


def _methods() -> Iterable[str]:
    from ztfexplore.training.config import METHODS

    return METHODS


def _recipes() -> str:
    from ztfexplore.augment.augmentation import AUGMENTATIONS
    from ztfexplore.augment.recipes import RECIPES

    return f"A recipe: {', '.join(RECIPES)}. Or augmentations joined by +: {', '.join(AUGMENTATIONS)}."


def _method_options() -> str:
    from ztfexplore.training.config import METHODS

    return "; ".join(
        f"{name} of {method.title}: {option.meaning} [{option.default:g}]"
        for method in METHODS.values()
        for name, option in method.options.items()
    )


@click.command()
@catalogue_option
@click.option("--method", type=Listed(_methods), required=True, help="How to train; supervised is the baseline.")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder for the weights and the card.")
@click.option("--backbone", type=click.Choice(BACKBONE_NAMES), help="The network [compact].")
@click.option(
    "--crop",
    type=click.IntRange(min=9),
    help="Height and width of the central part that the encoder uses (pixels) [21].",
)
@click.option(
    "--recipe",
    cls=ListingOption,
    listing=_recipes,
    help="How views are made [astronomical]; simclr is SimCLR's own recipe, as published.",
)
@click.option(
    "--simulated",
    type=click.IntRange(min=0),
    help="Number of simulated objects to add to the catalogue's for training.",
)
@click.option(
    "--balanced/--natural", default=None, help="Draw the labelled classes equally often, or at their natural frequency."
)
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.")
@click.option("--batch-size", type=click.IntRange(min=2), help="Stamps per step.")
@click.option("--temperature", type=click.FloatRange(min=0, min_open=True), help="Temperature of the contrastive loss.")
@click.option(
    "--learning-rate", type=click.FloatRange(min=0, min_open=True), help="Peak of the learning rate schedule."
)
@click.option("--seed", type=int, help="Seed of the weights, the order and the augmentations.")
@click.option(
    "--option",
    "own",
    multiple=True,
    metavar="NAME=VALUE",
    cls=ListingOption,
    listing=_method_options,
    help="A parameter that only this method has; may be given several times.",
)
@labels_by_option
@json_option
def train(
    catalogue_path: Path,
    method: str,
    output: Path,
    own: tuple[str, ...],
    labels_by: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Train an encoder. An interrupted training continues when the command is run again."""
    from ztfexplore.training.card import labels_trained_on
    from ztfexplore.training.data import config_for
    from ztfexplore.training.train import train as run

    shown = console.snapshot(catalogue_path, labels_by)
    config = config_for(shown.catalogue, method)
    given = {key: value for key, value in options.items() if value is not None}
    network = {key: given.pop(key) for key in ("backbone", "crop") if key in given}
    config = replace(config, encoder=replace(config.encoder, **network), **given)
    config = replace(config, options={**config.options, **dict(map(_option, own))})
    with console.bar(config.simulated, "simulate", "objects") as bar:
        card = run(shown, config, output, on_simulated=bar.update).card
    told = {key: card[key] for key in ("weights_sha256", "final_loss", "minutes")}
    console.report({"output": str(output), **told, **labels_trained_on(card)}, as_json)


def _option(text: str) -> tuple[str, float]:
    """'momentum=0.99' -> ('momentum', 0.99)."""
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise TrainingError(f"--option {text[:60]!r}: must be a name, = and a number") from None
