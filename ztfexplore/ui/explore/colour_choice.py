"""The box in which a person chooses what colours the maps, from the colour modes that are registered."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ztfexplore.display.colours import Categories, Numbers, colouring
from ztfexplore.errors import ZtfexploreError
from ztfexplore.ui.explore.colour_mode import COLOURS, mode_of
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import choice


def choose(view: View, encoders: Sequence[str]) -> str:
    """The box to choose in. The choice is kept in the URL."""
    names = [name for mode in COLOURS.values() for name in mode.choices(view, encoders)]
    *most, last = [mode.explanation for mode in COLOURS.values()]
    explained = f"{', '.join(most)}, or {last}"
    return choice.select("Colour by", names, "colour", names[0], _title, explained[0].upper() + explained[1:] + ".")


def _title(name: str) -> str:
    return mode_of(name).title(name)


def legend(name: str, encoder: str) -> str:
    """What the classes in the legend are, if they are not labels."""
    return mode_of(name).legend(name, encoder)


def colours(view: View, name: str, encoders: Sequence[str]) -> Categories | Numbers:
    """The colour of every row; by class, with a warning, if they cannot be computed."""
    try:
        return mode_of(name).colours(view, name, encoders)
    except ZtfexploreError as error:
        st.warning(escape_markdown(f"Not coloured by {_title(name)}: {error}"), icon=":material/palette:")
        return colouring(view.frame["label"], "label")
