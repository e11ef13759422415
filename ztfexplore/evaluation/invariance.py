"""How far augmentations move an object in an embedding, compared with the distances between objects.

A view is made as in training: the augmentation acts on the normalised stamp, and the encoder then sees its centre.
It is not normalised again, which would undo a change of flux. Embedding is deterministic as always, the mean over the
encoder's fixed rotations: if these are four, quarter turns alone move nothing.

Each augmentation has its default strength and is applied to every view, however rarely a recipe applies it: the
question is how an encoder responds to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor

from ztfexplore.alerts import stamps as pixels
from ztfexplore.augment.recipes import RECIPES, Recipe
from ztfexplore.augment.registry import AUGMENTATIONS
from ztfexplore.embeddings.neighbours import NeighbourIndex
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.encoders.encoder import Encoder

ROUNDING = 1e-3  # times the sky noise: resampling rounds, so even a step that does nothing changes a millionth
SAMPLES = 16  # views of one stamp, for its percentiles
NEIGHBOURS = (1, 12)
REFERENCE, AUGMENTATION, RECIPE = "reference", "augmentation", "recipe"
NEAREST, TWELFTH, RANDOM = "nearest neighbour", "12th neighbour", "random object"
FULL_RECIPES = ("astronomical", "simclr")
RANDOM_ROWS = 1000
# Augmentations that a training with another one has seen as well.
SEEN_WITH: Mapping[str, tuple[str, ...]] = {"Flip": ("QuarterTurn",), "QuarterTurn": ("Rotate",)}


@dataclass(frozen=True)
class RecipeStage:
    """One step of a recipe: its title, the view after it, and whether it changed anything."""

    title: str
    view: np.ndarray
    changed: bool


def normalised_stamp(stamp: np.ndarray, crop: int) -> Tensor:
    """A stamp as read, normalised, with the parity of the crop so that both have the same centre: (channels, h, w)."""
    size = min(stamp.shape[1:])
    return torch.from_numpy(pixels.centre_crop(pixels.normalise(stamp), size - (size - crop) % 2))


def augmented_views(stamp: np.ndarray, recipe: Recipe, crop: int, samples: int, seed: int) -> np.ndarray:
    """Views of one stamp as read (channels, height, width) -> float32 (samples, channels, crop, crop)."""
    x = normalised_stamp(stamp, crop)
    return recipe(x.expand(samples, *x.shape), crop, seeded(seed)).numpy()


def recipe_stages(stamp: np.ndarray, recipe: Recipe, crop: int, seed: int) -> list[RecipeStage]:
    """One view of a stamp after each step of a recipe, the stamp itself first.

    The first steps of a recipe draw the same random numbers as the whole recipe, so the last stage is its view.
    """
    shown = [RecipeStage("original", augmented_views(stamp, Recipe(), crop, 1, seed)[0], True)]
    moves, changes = recipe.geometric, recipe.photometric
    beginnings = [Recipe(moves[: count + 1]) for count in range(len(moves))]
    beginnings += [Recipe(moves, changes[: count + 1]) for count in range(len(changes))]
    for beginning, step in zip(beginnings, (*moves, *changes), strict=True):
        view = augmented_views(stamp, beginning, crop, 1, seed)[0]
        changed = not np.allclose(view, shown[-1].view, atol=ROUNDING)
        shown.append(RecipeStage(describe_step(step), view, changed))
    return shown


def describe_step(step: object) -> str:
    """A step of a recipe in a few words: its name and its parameters."""
    named = (name for name, one in AUGMENTATIONS.items() if one.kind is type(step))
    values = ", ".join(f"{key} {value:.3g}" for key, value in vars(step).items())
    return f"{next(named, type(step).__name__)}{': ' if values else ''}{values}"


def measured_recipes(encoder: Encoder) -> dict[str, tuple[str, Recipe]]:
    """What is measured, by name: (kind, recipe); each augmentation, always applied, then full recipes.

    The full recipes are the astronomical one, SimCLR's, and the one that the encoder was trained with.
    """
    single = {name: (AUGMENTATION, one.recipe(always=True)) for name, one in AUGMENTATIONS.items()}
    own = training_recipe(encoder)
    names = dict.fromkeys([*FULL_RECIPES, *([own] if own is not None and own in RECIPES else [])])
    return {**single, **{f"recipe {name}": (RECIPE, RECIPES[name]) for name in names}}


def training_recipe(encoder: Encoder) -> str | None:
    """Name of the recipe that an encoder's card says it was trained with."""
    return encoder.card.get("training", {}).get("recipe")


def trained_with(encoder: Encoder, name: str) -> bool:
    """Whether an encoder's card says that it was trained with an augmentation, at any strength."""
    told = {text.split("(")[0] for text in encoder.card.get("augmentations", [])}
    if name not in AUGMENTATIONS:
        return name == f"recipe {training_recipe(encoder)}"
    kind = AUGMENTATIONS[name].kind.__name__
    return bool(told & {kind, *SEEN_WITH.get(kind, ())})


def distances(vector: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Cosine distances of a vector (dim,), or of n vectors row by row, to others (n, dim); (n,)."""
    return np.clip(1 - (unit_length(np.atleast_2d(vector)) * unit_length(others)).sum(axis=1), 0, 2)


def displacements(
    encoder: Encoder, stamp: np.ndarray, recipe: Recipe, samples: int = SAMPLES, seed: int = 0
) -> np.ndarray:
    """Cosine distances between a stamp and its views, (samples,).

    Raises:
        EncoderError: if the stamp does not fit the encoder.
    """
    own = encoder.embed_prepared(encoder.prepare(stamp)[None])
    return distances(own[0], encoder.embed_prepared(augmented_views(stamp, recipe, encoder.config.crop, samples, seed)))


def displacement_table(encoder: Encoder, stamp: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """How far each augmentation moves one stamp: encoder, kind, name, median, low and high (16th, 84th percentile).

    Raises:
        EncoderError: if the stamp does not fit the encoder.
    """
    return pd.DataFrame(
        [
            displacement_row(encoder, kind, name, displacements(encoder, stamp, recipe, seed=seed))
            for name, (kind, recipe) in measured_recipes(encoder).items()
        ]
    )


def displacement_row(encoder: Encoder, kind: str, name: str, values: np.ndarray) -> dict[str, object]:
    """One row of `displacement_table`."""
    low, median, high = (float(value) for value in np.percentile(values, [16, 50, 84]))
    return {
        "encoder": encoder.name,
        "kind": kind,
        "name": name,
        "median": median,
        "low": low,
        "high": high,
        "samples": len(values),
        "trained_with": kind != REFERENCE and trained_with(encoder, name),
    }


def reference_distances(encoder: Encoder, index: NeighbourIndex, objects: pd.Series, row: int) -> pd.DataFrame:
    """Distances of a row to its 1st and 12th neighbour, and to random other objects; as `displacement_table`.

    Args:
        encoder: the one that made the index's embedding.
        index: its neighbours.
        objects: object ids of the catalogue's rows.

    Raises:
        CatalogueError: if the row has no embedding.
    """
    near = index.query(row, NEIGHBOURS[-1]).distances
    places = [(name, near[k - 1 : k]) for name, k in zip((NEAREST, TWELFTH), NEIGHBOURS, strict=True)]
    drawn = np.random.default_rng(0).permutation(index.rows)[:RANDOM_ROWS]
    drawn = drawn[(objects.iloc[drawn] != objects.iat[row]).to_numpy(dtype=bool)]
    places.append((RANDOM, index.distances(row, drawn)))
    return pd.DataFrame([displacement_row(encoder, REFERENCE, name, values) for name, values in places if len(values)])


def seeded(seed: int) -> Generator:
    """A random generator that depends only on the seed."""
    return torch.Generator().manual_seed(seed)
