"""The subject of the augmentations page: a stamp, a seed and the chosen encoders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import streamlit as st

from ztfexplore.alerts.survey import Survey, survey_of
from ztfexplore.display.colours import UNLABELLED, label_colour
from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.reader import in_order
from ztfexplore.encoders import encoder
from ztfexplore.encoders.encoder import Encoder
from ztfexplore.errors import EncoderError
from ztfexplore.ui import state
from ztfexplore.ui.app import page
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets.naming import title

SEED, ENCODERS = "seed", "encoders"
MOST_ENCODERS, FIRST_ENCODERS = 3, 2
DEFAULT_CROP = 21  # pixels; shown if no encoder sets the size
LARGEST_SEED = 2**31
BRIGHT = 18.0  # mag; bright enough to see what an augmentation does


@dataclass(frozen=True)
class Subject:
    """A stamp, a seed and encoders.

    Attributes:
        view: the catalogue.
        row: of the stamp.
        stamp: as read, (channels, height, width).
        survey: of the stamp.
        seed: of all draws.
        encoders: the chosen ones that fit such stamps, by name.
    """

    view: View
    row: int
    stamp: np.ndarray
    survey: Survey
    seed: int
    encoders: dict[str, Encoder]

    @property
    def crop(self) -> int:
        """Height and width of what is shown: the crop of the first encoder."""
        crops = [one.config.crop for one in self.encoders.values()]
        return crops[0] if crops else min(DEFAULT_CROP, *self.stamp.shape[1:])


# --- widgets that follow the URL -----------------------------------------------------------------------------------


def follow(key: str, name: str, read: Callable[[str | None], object]) -> None:
    """Call before a widget: sets it to the URL's value if it is new, or if something else changed the URL.

    What a person just chose takes precedence: of two quick changes the second arrives with the URL before the first.
    """
    asked = state.get(name)
    if st.session_state.pop(f"{key}:chosen", False) and key in st.session_state:
        return
    if key not in st.session_state or st.session_state.get(f"{key}:url") != asked:
        st.session_state[key] = read(asked)


def chosen_here(key: str) -> None:
    """The `on_change` of a widget that follows the URL."""
    st.session_state[f"{key}:chosen"] = True


def keep(key: str, name: str, text: str, default: str) -> None:
    """Call after a widget: puts its value into the URL; a default only if the URL had another value."""
    if text != default or state.get(name) is not None:
        state.put(name, text)
    st.session_state[f"{key}:url"] = state.get(name)


# --- the stamp -----------------------------------------------------------------------------------------------------


def choose_row(view: View) -> int:
    """The picked object's row; else a default one, with a warning if the URL names one that is not here."""
    if not len(view.frame):
        where = view.catalogue.path
        page.stop(f"Catalogue {where.name} is empty.", f"ztfexplore ingest FILES --catalogue {where}")
    asked = state.get(state.CANDID)
    key = state.picked_key()
    row = None if key is None else view.row_of(key)
    if row is not None:
        return row
    if asked is not None:
        why = f"{asked[:40]!r} is not a candid" if key is None else view.why_not(key)
        st.warning(escape_markdown(f"{why}; another stamp is shown."), icon=":material/search_off:")
    return default_row(view.frame)


def default_row(frame: pd.DataFrame) -> int:
    """A bright supernova, if there is one; else a bright object, else the first."""
    among = frame[frame["label"] == "SN"] if (frame["label"] == "SN").any() else frame
    distance = (among["magnitude"] - BRIGHT).abs()
    return int(distance.idxmin()) if distance.notna().any() else int(among.index[0])


def buttons(view: View) -> None:
    """The buttons for another stamp and for other draws."""
    with st.container(horizontal=True, gap="small"):
        st.button("Random stamp", on_click=_random_stamp, args=(view,), icon=":material/shuffle:")
        st.button(
            "New samples", on_click=_new_samples, icon=":material/casino:", help="Draws again, with the next seed."
        )


def _random_stamp(view: View) -> None:
    if len(view.frame):
        row = int(np.random.default_rng().integers(len(view.frame)))
        state.put(state.CANDID, view.key_of(row))


def _new_samples() -> None:
    state.put(SEED, str((seed() + 1) % LARGEST_SEED))


def seed() -> int:
    """The seed in the URL; 0 without one, or if it is not a number."""
    text = state.get(SEED) or "0"
    return int(text[:20]) % LARGEST_SEED if text.isascii() and text.isdigit() else 0


def heading(subject: Subject) -> None:
    """Which object this is, in one line."""
    record = subject.view.frame.iloc[subject.row]
    label = record["label"] if isinstance(record["label"], str) else None
    candid, key = str(int(record["candid"])), subject.view.key_of(subject.row)
    parts = [f"<b>{escape(record['object_id'])}</b>"]
    if label is not None or subject.survey.classes:
        style = f"border-left:.5em solid {label_colour(label)};padding-left:.3em"
        parts.append(f'<span style="{style}">{escape(label or UNLABELLED)}</span>')
    if subject.survey.simulated:
        parts.append('<span class="zx-sim">simulated, not a real object</span>')
    shown = {state.CANDID: key, state.CATALOGUE: state.get(state.CATALOGUE)}
    address = "./?" + urlencode({key: value for key, value in shown.items() if value})
    parts.append(f'candid {candid} · <a href="{escape(address, quote=True)}" target="_self">Explore its neighbours</a>')
    height, width = subject.stamp.shape[1:]
    parts.append(f"the encoder uses the central {subject.crop}x{subject.crop} of {height}x{width} pixels")
    parts.append(f"seed {subject.seed}")
    st.html(f'<div class="zx-subject" data-testid="subject">{" · ".join(parts)}</div>')


# --- the encoders --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Networks:
    """A catalogue's encoders: the networks by name, and why the others are not offered."""

    networks: dict[str, Encoder]
    left_out: dict[str, str]


@st.cache_resource(max_entries=4, show_spinner=False)
def networks(_view: View, token: str) -> Networks:
    """The networks that made a catalogue's embeddings; `token` names the catalogue's version."""
    found: dict[str, Encoder] = {}
    left_out: dict[str, str] = {}
    for name in in_order(embedding.embedded_by(_view.catalogue), _view.surveys):
        if name == embedding.PCA:
            left_out[name] = "not a network: it was not trained on augmented views"
            continue
        try:
            loaded = encoder.load(name)
        except EncoderError:
            left_out[name] = "its weights are not in models/"
            continue
        made_by = _view.catalogue.vector_metadata(embedding.column(name)).get("weights_sha256")
        if made_by == loaded.weights_sha256:
            found[name] = loaded
        else:
            left_out[name] = "its embeddings here were made with other weights; 'ztfexplore embed' makes them again"
    return Networks(found, left_out)


def choose_encoders(view: View) -> list[str]:
    """Up to three of the catalogue's networks."""
    offered = networks(view, view.token)
    names = list(offered.networks)
    default = names[:FIRST_ENCODERS]

    def read(asked: str | None) -> list[str]:
        known = [name for name in dict.fromkeys((asked or "").split(",")) if name in names]
        return known[:MOST_ENCODERS] or default

    key = f"augmentation-encoders-{view.token}"
    follow(key, ENCODERS, read)
    why = "; ".join(f"{title(name)}: {reason}" for name, reason in offered.left_out.items())
    chosen = st.multiselect(
        "Encoders",
        names,
        key=key,
        on_change=chosen_here,
        args=(key,),
        format_func=title,
        max_selections=MOST_ENCODERS,
        placeholder="none" if names else "no network has embedded this catalogue",
        help="Networks that have embedded this catalogue." + (f" Not offered: {escape_markdown(why)}." if why else ""),
    )
    keep(key, ENCODERS, ",".join(chosen), ",".join(default))
    return chosen


def subject(view: View, row: int, chosen: list[str]) -> Subject:
    """The stamp, the seed and the encoders that fit it, with a warning about those that do not."""
    stamp = view.catalogue.stamps([row])[0]
    offered = networks(view, view.token)
    fitting = {}
    for name in chosen:
        try:
            offered.networks[name].check(stamp.shape)
            fitting[name] = offered.networks[name]
        except EncoderError as error:
            st.warning(escape_markdown(str(error)), icon=":material/crop:")
    if not offered.networks:
        why = "".join(f" {title(name)}: {reason}." for name, reason in offered.left_out.items())
        st.info(escape_markdown(f"No network has embedded this catalogue: pictures only, no distances.{why}"))
    return Subject(view, row, stamp, survey_of(view.frame["survey"].iat[row]), seed(), fitting)
