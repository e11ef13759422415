"""Upload an alert and see where it lies on the maps, without adding it: the box, and what is shown of the alert."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from html import escape

import streamlit as st

from ztfexplore.alerts.alert import Alert
from ztfexplore.display.colours import UNLABELLED
from ztfexplore.embeddings import uploaded_alert
from ztfexplore.embeddings.uploaded_alert import Placement, UploadedAlert, UploadedAlertError
from ztfexplore.encoders.embedder import Embedder
from ztfexplore.errors import EncoderError
from ztfexplore.plots.light_curve import light_curve_figure
from ztfexplore.ui import state
from ztfexplore.ui.explore import object_card
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server import thumbnails
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import charts

FILE, CHOSEN, REMOVE = "uploaded-alert-file", "uploaded-alert-chosen", "uploaded-alert-remove"
UPLOADED, PROBLEM = "uploaded-alert", "uploaded-alert-problem"
PLACED, ROUND = "uploaded-alert-placed", "uploaded-alert-round"
MOST_PLACED = 64
WIDTH = 128  # of a neighbour (pixels)
STYLE = """<style>
.zx-uploaded-alert-near {display: block; width: 100%; image-rendering: pixelated;
  background: repeating-conic-gradient(#7773 0 25%, #7771 0 50%) 0 0 / 6px 6px}
[class*="st-key-uploaded-alert-near"] button {min-height: 0; padding: 0 0 .2rem; text-align: left}
[class*="st-key-uploaded-alert-near"] button p {font-size: .72rem; line-height: 1.25; overflow-wrap: anywhere}
</style>"""
MOST_SENT = 512  # MB
KINDS = (
    "A ZTF alert packet (.avro, gzip'd or not), one row of Fink's Parquet, or a FITS cutout, up to "
    f"{uploaded_alert.LARGEST_UPLOAD // 1024**2} MB. It is shown among the objects of this catalogue and not added "
    "to it; the data page adds."
)


@dataclass(frozen=True, eq=False)
class UploadedFile:
    """What was uploaded: the file's name, its alerts, and which of them is shown."""

    name: str
    alerts: list[Alert]
    chosen: int = 0

    @property
    def alert(self) -> Alert:
        return self.alerts[self.chosen]


def show_upload_box(view: View, encoders: Sequence[str]) -> UploadedAlert | None:
    """The box behind a button. Returns the uploaded alert with a placement for each of `encoders`; None without one.

    The uploaded alert stays when the page or the catalogue changes, until it is removed or the session ends.
    """
    with st.popover(
        "Upload", icon=":material/upload_file:", help="See where an alert of your own lies on the maps", key="upload"
    ):
        st.file_uploader(
            "An alert packet or a FITS cutout",
            key=_file_key(),
            # More than we read: what is refused here is refused with a red mark, and in words only below it.
            max_upload_size=MOST_SENT,
            on_change=_read,
            args=(_file_key(),),
            help=KINDS,
        )
        problem = st.session_state.get(PROBLEM)
        if problem:
            st.warning(escape_markdown(problem), icon=":material/error:")
        file: UploadedFile | None = st.session_state.get(UPLOADED)
        if file is None:
            st.caption(KINDS)
            return None
        _choose(file)
        st.button("Remove it", key=REMOVE, icon=":material/close:", on_click=forget)
    return _placed(view, file, encoders)


def _file_key() -> str:
    """Another one after a removal, so that the uploader is empty."""
    return f"{FILE}-{st.session_state.get(ROUND, 0)}"


def _read(key: str) -> None:
    """Read the file that was chosen; forget the one that was removed."""
    for name in (UPLOADED, PROBLEM, CHOSEN, PLACED):
        st.session_state.pop(name, None)
    upload = st.session_state.get(key)
    if upload is None:
        return
    try:
        uploaded_alert.check_size(upload.name, upload.size)
        st.session_state[UPLOADED] = UploadedFile(
            upload.name, uploaded_alert.read_uploaded_alerts(upload.getvalue(), upload.name)
        )
    except UploadedAlertError as error:
        st.session_state[PROBLEM] = str(error)
        if upload.size > uploaded_alert.LARGEST_UPLOAD:
            _empty()  # it need not stay in memory


def forget() -> None:
    """Remove the uploaded alert."""
    for name in (UPLOADED, PROBLEM, CHOSEN, PLACED):
        st.session_state.pop(name, None)
    _empty()


def _empty() -> None:
    """Make the uploader drop its file."""
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def _choose(file: UploadedFile) -> None:
    """A box to choose the alert if the file has several; else the name of the only one."""
    if len(file.alerts) == 1:
        st.caption(escape_markdown(f"Shown: {file.alert.object_id}, from {file.name}"))
        return
    first = f"; the first {len(file.alerts)} are read" if len(file.alerts) == uploaded_alert.MOST_ALERTS else ""
    st.session_state[CHOSEN] = file.chosen
    st.selectbox(
        escape_markdown(f"Alert of {file.name} ({len(file.alerts)}{first})"),
        range(len(file.alerts)),
        format_func=lambda at: f"{file.alerts[at].object_id} · {file.alerts[at].candid}",
        key=CHOSEN,
        on_change=_chosen,
    )


def _chosen() -> None:
    file: UploadedFile = st.session_state[UPLOADED]
    st.session_state[UPLOADED] = UploadedFile(file.name, file.alerts, st.session_state[CHOSEN])


# --- placement -----------------------------------------------------------------------------------------------------


def _placed(view: View, file: UploadedFile, encoders: Sequence[str]) -> UploadedAlert:
    """The alert with its placements; those of this session are remembered."""
    known: dict[tuple[str, int, str], Placement] = st.session_state.setdefault(PLACED, {})
    alert, placements = file.alert, []
    for name in encoders:
        key = (view.token, file.chosen, name)
        if key not in known:
            with st.spinner(f"Embedding with {name}; the first time takes some seconds"):
                known[key] = _place(view, alert, name)
        placements.append(known[key])
    while len(known) > MOST_PLACED:
        known.pop(next(iter(known)))
    return UploadedAlert(alert, tuple(placements), uploaded_alert.notes(alert, view.surveys, _is_known(view, alert)))


def _place(view: View, alert: Alert, name: str) -> Placement:
    try:
        encoder = _encoder(view.token, name, view)
    except EncoderError as error:
        return Placement(name, problem=str(error))
    return uploaded_alert.place_alert(alert, encoder, view.index(name), view.map(name).points)


@st.cache_resource(max_entries=8, show_spinner=False)
def _encoder(token: str, name: str, _view: View) -> Embedder:
    """The encoder of a column; `token` stands for the version of the catalogue."""
    return uploaded_alert.load_matching_encoder(_view.catalogue, name)


def _is_known(view: View, alert: Alert) -> bool:
    return view.row_of((alert.survey, alert.candid)) is not None


# --- showing -------------------------------------------------------------------------------------------------------


def show_uploaded_alert(view: View, uploaded: UploadedAlert, title: Callable[[str], str] = str) -> None:
    """The uploaded alert's card, and beside it its neighbours in each embedding, each with a button that picks it.

    Args:
        view: the catalogue it is compared with.
        uploaded: the alert with its placements.
        title: an encoder's name as people read it.
    """
    title_line = f"**Uploaded: {escape_markdown(uploaded.alert.object_id)}**, not added to this catalogue"
    with st.expander(title_line, expanded=True, key="uploaded-alert-shown"):
        card, near = st.columns([0.27, 0.73])
        with card:
            object_card.show_uploaded_card(uploaded.alert)
            _history(uploaded.alert)
        with near:
            st.html(STYLE)
            for note in uploaded.notes:
                st.info(escape_markdown(note), icon=":material/info:")
            for column, placement in zip(st.columns(len(uploaded.placements)), uploaded.placements, strict=True):
                with column:
                    _neighbours(view, placement, title(placement.encoder))


def _history(alert: Alert) -> None:
    figure = light_curve_figure([asdict(point) for point in alert.history], asdict(alert))
    if figure is not None:
        charts.chart(figure, "uploaded-alert-light-curve", f"light-curve-{alert.object_id}")


def _neighbours(view: View, placement: Placement, title: str) -> None:
    st.markdown(f"**{escape_markdown(title)}: nearest in the catalogue**")
    if placement.neighbours is None:
        st.warning(escape_markdown(f"Not embedded: {placement.problem}."), icon=":material/block:")
        return
    rows = placement.neighbours.rows.tolist()
    labels = [label if isinstance(label, str) else UNLABELLED for label in view.column("label")[rows]]
    counts = f"{_counts(labels)}, with cosine distances" if view.is_labelled else "With cosine distances"
    placed = "" if placement.position is None else " Its position on the map is approximate: among these neighbours."
    st.caption(escape_markdown(f"{counts}.{placed}"))
    with st.container(horizontal=True, gap="small", key=f"uploaded-alert-near-{placement.encoder}"):
        for row, label, distance in zip(rows, labels, placement.neighbours.distances.tolist(), strict=True):
            _neighbour(
                view, placement.encoder, row, f"{label} · {distance:.2g}" if view.is_labelled else f"{distance:.2g}"
            )


def _neighbour(view: View, encoder: str, row: int, caption: str) -> None:
    """Its stamp, and a button that picks it: a link would reload the page and lose the uploaded alert."""
    name, candid = str(view.column("object_id")[row]), view.key_of(row)
    with st.container(width=WIDTH, gap=None):
        picture = thumbnails.uris(view, [row])[row]
        st.html(f'<img class="zx-uploaded-alert-near" src="{picture}" alt="stamp of {escape(name, quote=True)}">')
        st.button(
            f"**{escape_markdown(name)}**  \n{escape_markdown(caption)}",
            key=f"uploaded-alert-near-{encoder}-{row}", type="tertiary",
            help=f"Pick it: candid {candid}", on_click=state.put, args=(state.CANDID, candid),
        )  # fmt: skip


def _counts(labels: list[str]) -> str:
    """How many of each class, the most frequent first."""
    counts = sorted({name: labels.count(name) for name in labels}.items(), key=lambda item: (-item[1], item[0]))
    return f"Of {len(labels)}: " + ", ".join(f"{count} {name}" for name, count in counts)
