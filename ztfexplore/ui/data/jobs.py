"""Long work on the data page: progress while it runs, its result, and whether a click elsewhere stopped it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import streamlit as st

from ztfexplore.encoders.embedder import Embedder
from ztfexplore.errors import ZtfexploreError
from ztfexplore.ui import state
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.widgets.charts import download
from ztfexplore.ui.widgets.data_tables import height_of

# The sections of the page, as the URL names them.
ALL, COUNTS, ORIGIN, REJECTS, ENCODERS, ADD = "all", "counts", "origin", "rejects", "encoders", "add"
RUNNING, RESULT = "data-running", "data-result"
SECONDS = 0.2  # between two updates of a bar
PIECE = 128  # stamps: some tenths of a second
STAYS = (
    "Stay on this page while it works: a click elsewhere stops it. Nothing is lost then: finished work is kept, and "
    "starting it again does the rest."
)


@dataclass(frozen=True)
class JobResult:
    """The result of a piece of work.

    Attributes:
        section: where it was started, and where the result is shown.
        good: whether it succeeded.
        text: one or two plain sentences (not Markdown).
        rejects: what was rejected, one line each.
        reasons: how many, by reason.
        catalogue: the name of the catalogue that was written.
    """

    section: str
    good: bool
    text: str
    rejects: pd.DataFrame = field(default_factory=pd.DataFrame)
    reasons: pd.DataFrame = field(default_factory=pd.DataFrame)
    catalogue: str | None = None


class Bar:
    """A progress bar that is not drawn more often than a person can see."""

    def __init__(self, text: str) -> None:
        self._bar = st.progress(0.0, text=escape_markdown(text))
        self._drawn = time.monotonic()

    def show(self, share: float, text: str) -> None:
        """`share` from 0 to 1, and what is being done. A click elsewhere ends the script here."""
        now = time.monotonic()
        if now - self._drawn >= SECONDS or share >= 1:
            self._bar.progress(min(max(share, 0.0), 1.0), text=escape_markdown(text))
            self._drawn = now


class ReportingEncoder:
    """An encoder that reports its progress: it embeds stamps in pieces. Otherwise the same encoder."""

    def __init__(self, encoder: Embedder, bar: Bar, total: int) -> None:
        self._encoder, self._bar, self._total, self._done = encoder, bar, total, 0
        self.name = encoder.name

    @property
    def weights_sha256(self) -> str:
        return self._encoder.weights_sha256

    def embed(self, stamps: Sequence[np.ndarray]) -> np.ndarray:
        """Stamps as read, each (channels, height, width) -> float32 (n, dim)."""
        pieces = []
        for start in range(0, len(stamps), PIECE):
            piece = stamps[start : start + PIECE]
            pieces.append(self._encoder.embed(piece))
            self._done += len(piece)
            self._bar.show(self._done / max(self._total, 1), f"Embedded {self._done:,} of {self._total:,}")
        return np.concatenate(pieces)


@contextmanager
def work(section: str, what: str) -> Iterator[None]:
    """A piece of work: its errors become a JobResult, and if a click stops it, the next run says so."""
    st.session_state[RUNNING] = what
    st.session_state.pop(RESULT, None)
    try:
        yield
    except ZtfexploreError as error:
        tell(JobResult(section, False, f"{what}: {error}"))
    except MemoryError:
        tell(JobResult(section, False, f"{what}: not enough memory"))
    except Exception as error:  # of any library; a page never shows a traceback
        tell(JobResult(section, False, f"{what} failed ({type(error).__name__}: {str(error)[:300]})"))
    # Not reached if the script was stopped: Streamlit raises no Exception then.
    st.session_state.pop(RUNNING, None)
    st.rerun()


def tell(result: JobResult) -> None:
    """Keep a result until it is dismissed or other work begins."""
    st.session_state[RESULT] = result


def show_stopped_work() -> None:
    """Say so if the last piece of work was stopped."""
    what = st.session_state.get(RUNNING)
    box = st.container(
        horizontal=True, vertical_alignment="center"
    )  # drawn even if empty, so that nothing below it moves
    if what is None:
        return
    with box:
        st.warning(
            escape_markdown(
                f"{what} was stopped by a click or a reload. Finished work is kept; start it again to do the rest."
            ),
            icon=":material/pause_circle:",
        )
        st.button("Dismiss", key="dismiss-stopped", on_click=st.session_state.pop, args=(RUNNING, None))


def show_result(section: str) -> None:
    """The last result in a section, until it is dismissed; in a container, so that nothing else moves."""
    result: JobResult | None = st.session_state.get(RESULT)
    with st.container():
        if result is not None and result.section == section:
            _show(result)


def _show(result: JobResult) -> None:
    kind, icon = (st.success, ":material/check_circle:") if result.good else (st.error, ":material/error:")
    kind(escape_markdown(result.text), icon=icon)
    if len(result.rejects):
        _show_rejects(result)
    with st.container(horizontal=True):
        if result.good and result.catalogue and result.section == ADD:
            st.button("Embed them next", key="go-embed", type="primary", on_click=_go, args=(ENCODERS,))
        st.button("Dismiss", key="dismiss-result", on_click=_dismiss)


def _show_rejects(result: JobResult) -> None:
    """Each rejected object, and why."""
    reasons, lines = st.columns([1, 3])
    reasons.dataframe(result.reasons, hide_index=True, height=height_of(len(result.reasons), 6))
    with lines:
        st.dataframe(
            result.rejects,
            hide_index=True,
            height=height_of(len(result.rejects), 6),
            column_config={"reason": st.column_config.TextColumn(width="large")},
        )
        download(result.rejects, "rejected.csv", "download-rejected", "These lines as CSV")


def _go(section: str) -> None:
    _dismiss()
    state.put("section", section)


def _dismiss() -> None:
    st.session_state.pop(RESULT, None)
