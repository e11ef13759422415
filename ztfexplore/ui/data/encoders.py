"""Which encoders have run on a catalogue, what is missing, and buttons to compute it."""

from __future__ import annotations

import streamlit as st

from ztfexplore.embeddings import embedding, projection
from ztfexplore.encoders import cards
from ztfexplore.overview import inventory
from ztfexplore.overview.inventory import EncoderState
from ztfexplore.ui.data import jobs
from ztfexplore.ui.data.jobs import Bar, JobResult, ReportingEncoder
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets.naming import nouns, title

WIDTHS = (1.5, 1.7, 2.6, 1.5, 0.9, 1.4)
SHOWN_HASH = 12  # of 64 characters


def encoders(section: str, view: View) -> None:
    """A line for each encoder: what it has done here, and what can be done next."""
    area = st.container()
    with area:
        jobs.show_result(section)
    if view.frame.empty:
        st.info("This catalogue is empty. 'Add alerts' above fills it.", icon=":material/inbox:")
        return
    states = _states(view)
    if not any(state.embedded for state in states):
        st.info(
            f"Nothing is embedded yet. **Embed** turns each of the {len(view.frame):,} "
            f"{escape_markdown(nouns(view)[1])} into a vector by an encoder, **Lay out the map** places the "
            "vectors in two dimensions. Then the other pages can show them. "
            "The first encoder below is the one made for these stamps.",
            icon=":material/scatter_plot:",
        )
    st.caption(jobs.STAYS)
    for column, heading in zip(
        st.columns(WIDTHS), ("Encoder", "Embedded", "Weights", "Map (trustworthiness)", "", ""), strict=True
    ):
        column.markdown(f"**{heading}**" if heading else "")
    made_for = cards.made_for([survey.name for survey in view.surveys])
    for state in states:
        _line(section, view, state, state.name in made_for, area)


def _states(view: View) -> list[EncoderState]:
    """Counting vectors takes a moment in a large catalogue: done once for each version and set of shipped weights."""
    shipped = tuple((card.name, card.weights_sha256) for card in cards.shipped())
    return _counted(view.key, view.token, shipped, view)


@st.cache_data(max_entries=8, show_spinner="Counting embeddings")
def _counted(key: str, token: str, shipped: tuple[tuple[str, str | None], ...], _view: View) -> list[EncoderState]:
    """All but the view, which is not hashed, are parts of the cache's key."""
    return inventory.encoders(_view.catalogue, _view.surveys)


def _line(section: str, view: View, state: EncoderState, first: bool, area: st.delta_generator.DeltaGenerator) -> None:
    name, embedded, weights, placed, embed, lay_out = st.columns(WIDTHS, vertical_alignment="center")
    name.markdown(
        f"**{escape_markdown(title(state.name))}**"
        + ("" if inventory.fits(state.name, view.surveys) else "  \n:small[for other stamps]")
    )
    embedded.progress(state.embedded / max(state.total, 1), text=_embedded(state))
    weights.markdown(_weights(state))
    placed.markdown(_map(state))
    known = state.shipped is not None or state.name in inventory.BASELINES
    if embed.button(
        "Embed" if state.missing or not known else "Done",
        key=f"embed-{state.name}",
        disabled=not known or not state.missing,
        type="primary" if state.missing and first else "secondary",
        help=_embed_help(state, known),
        width="stretch",
    ):
        with area:
            _embed(section, view, state)
    few = state.embedded < projection.FEWEST
    if lay_out.button(
        "Lay out the map" if state.unplaced or not state.placed else "Done",
        key=f"map-{state.name}",
        disabled=few or not state.unplaced,
        help=f"A map needs {projection.FEWEST} embedded alerts." if few else None,
        width="stretch",
    ):
        with area:
            _lay_out(section, view, state)


def _embedded(state: EncoderState) -> str:
    if not state.embedded:
        return f"none of {state.total:,}"
    lacking = state.total - state.embedded
    return f"{state.embedded:,} of {state.total:,}" + (f", {lacking:,} missing" if lacking else "")


def _weights(state: EncoderState) -> str:
    if state.weights is None:
        return ":gray[not run]"
    mine = f"`{state.weights[:SHOWN_HASH]}`" if state.weights.isalnum() else escape_markdown(state.weights[:SHOWN_HASH])
    if state.is_stale:
        return f"{mine} :orange[outdated: `{str(state.shipped)[:SHOWN_HASH]}` is shipped now]"
    if state.shipped:
        return f"{mine} as shipped"
    return f"{mine} " + ("baseline" if state.name in inventory.BASELINES else ":gray[not a shipped encoder]")


def _map(state: EncoderState) -> str:
    if not state.placed:
        return ":gray[none]"
    worth = "" if state.trustworthiness is None else f" ({state.trustworthiness:.2f})"
    lacking = f", :orange[{state.unplaced:,} missing]" if state.unplaced else ""
    return f"{state.placed:,} placed{worth}{lacking}"


def _embed_help(state: EncoderState, known: bool) -> str | None:
    if not known:
        return "Its weights are not in models/. 'ztfexplore embed' accepts the folder that holds them."
    if state.is_stale:
        return "Made with other weights than those shipped now: this embeds all again, then lay the map out again."
    return None if state.missing else "Every alert is embedded."


def _embed(section: str, view: View, state: EncoderState) -> None:
    what = f"Embedding with {title(state.name)}"
    with jobs.work(section, what):
        bar = Bar(f"{what}: loading the encoder")
        catalogue = view.catalogue.open(view.catalogue.path)
        loaded = embedding.load_encoder(catalogue, state.name)
        total = len(embedding.missing_rows(catalogue, loaded))
        done = embedding.embed(catalogue, ReportingEncoder(loaded, bar, total))
        text = (
            f"{title(state.name)} embedded {done:,} {nouns(view)[1]}; the catalogue is at version {catalogue.version}."
        )
        jobs.tell(JobResult(section, True, text))


def _lay_out(section: str, view: View, state: EncoderState) -> None:
    what = f"Laying out the map of {title(state.name)}"
    with jobs.work(section, what):
        about = f"{what}: {state.embedded:,} points. UMAP does not report its progress; 2,000 points take 10 to 30 s."
        catalogue = view.catalogue.open(view.catalogue.path)
        with st.spinner(about, show_time=True):
            projection.project(catalogue, state.name)
        worth = projection.read_map(catalogue, state.name).trustworthiness
        text = (
            f"The map of {title(state.name)} is made (trustworthiness {worth:.2f}); "
            f"the catalogue is at version {catalogue.version}."
        )
        jobs.tell(JobResult(section, True, text))
