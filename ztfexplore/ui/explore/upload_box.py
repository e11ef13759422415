"""Upload an alert and see where it lands, without taking it in: the box, and what is shown of the visitor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from html import escape

import streamlit as st

from ztfexplore.alerts.alert import Alert
from ztfexplore.display.colours import UNLABELLED
from ztfexplore.embeddings import uploaded_alert
from ztfexplore.embeddings.embedding import Encoder
from ztfexplore.embeddings.uploaded_alert import Landing, Visitor, VisitorError
from ztfexplore.errors import EncoderError
from ztfexplore.plots.light_curve import light_curve
from ztfexplore.ui import state
from ztfexplore.ui.explore import object_card
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server import thumbnails
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import charts

FILE, CHOSEN, REMOVE = "visitor-file", "visitor-chosen", "visitor-remove"
GUEST, PROBLEM, LANDED, ROUND = "visitor", "visitor-problem", "visitor-landed", "visitor-round"
MOST_LANDED = 64
WIDTH = 128  # of a neighbour (pixels)
STYLE = """<style>
.zx-visitor-near {display: block; width: 100%; image-rendering: pixelated;
  background: repeating-conic-gradient(#7773 0 25%, #7771 0 50%) 0 0 / 6px 6px}
[class*="st-key-visitor-near"] button {min-height: 0; padding: 0 0 .2rem; text-align: left}
[class*="st-key-visitor-near"] button p {font-size: .72rem; line-height: 1.25; overflow-wrap: anywhere}
</style>"""
MOST_SENT = 512  # MB
KINDS = (
    "A ZTF alert packet (.avro, gzip'd or not), one row of Fink's Parquet, or a FITS cutout, up to "
    f"{uploaded_alert.LARGEST_UPLOAD // 1024**2} MB. It is shown among the objects of this catalogue and not added "
    "to it; the data page adds."
)


@dataclass(frozen=True, eq=False)
class Guest:
    """What was uploaded: the file's name, its alerts, and which of them is shown."""

    name: str
    alerts: list[Alert]
    chosen: int = 0

    @property
    def alert(self) -> Alert:
        return self.alerts[self.chosen]


def box(view: View, encoders: Sequence[str]) -> Visitor | None:
    """The box behind a button, and the visitor with a landing for each of `encoders`; None if there is none.

    The visitor stays when the page or the catalogue changes, until it is removed or the visit ends.
    """
    with st.popover("Upload", icon=":material/upload_file:", help="See where an alert of your own lands", key="upload"):
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
        guest: Guest | None = st.session_state.get(GUEST)
        if guest is None:
            st.caption(KINDS)
            return None
        _choose(guest)
        st.button("Remove it", key=REMOVE, icon=":material/close:", on_click=forget)
    return _landed(view, guest, encoders)


def _file_key() -> str:
    """Another one after a removal, so that the uploader is empty again."""
    return f"{FILE}-{st.session_state.get(ROUND, 0)}"


def _read(key: str) -> None:
    """A file was chosen, or taken out."""
    for name in (GUEST, PROBLEM, CHOSEN, LANDED):
        st.session_state.pop(name, None)
    upload = st.session_state.get(key)
    if upload is None:
        return
    try:
        uploaded_alert.check_size(upload.name, upload.size)
        st.session_state[GUEST] = Guest(upload.name, uploaded_alert.read_all(upload.getvalue(), upload.name))
    except VisitorError as error:
        st.session_state[PROBLEM] = str(error)
        if upload.size > uploaded_alert.LARGEST_UPLOAD:
            _empty()  # it need not stay in memory


def forget() -> None:
    """Let the visitor go."""
    for name in (GUEST, PROBLEM, CHOSEN, LANDED):
        st.session_state.pop(name, None)
    _empty()


def _empty() -> None:
    """Let the uploader go of its file."""
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def _choose(guest: Guest) -> None:
    """Which alert of a file with several; its name otherwise."""
    if len(guest.alerts) == 1:
        st.caption(escape_markdown(f"Shown: {guest.alert.object_id}, from {guest.name}"))
        return
    first = f"; the first {len(guest.alerts)} are read" if len(guest.alerts) == uploaded_alert.MOST_ALERTS else ""
    st.session_state[CHOSEN] = guest.chosen
    st.selectbox(
        escape_markdown(f"Alert of {guest.name} ({len(guest.alerts)}{first})"),
        range(len(guest.alerts)),
        format_func=lambda at: f"{guest.alerts[at].object_id} · {guest.alerts[at].candid}",
        key=CHOSEN,
        on_change=_chosen,
    )


def _chosen() -> None:
    guest: Guest = st.session_state[GUEST]
    st.session_state[GUEST] = Guest(guest.name, guest.alerts, st.session_state[CHOSEN])


# --- landing -------------------------------------------------------------------------------------------------------


def _landed(view: View, guest: Guest, encoders: Sequence[str]) -> Visitor:
    """The visitor with its landings; those of this visit are remembered."""
    known: dict[tuple[str, int, str], Landing] = st.session_state.setdefault(LANDED, {})
    alert, landings = guest.alert, []
    for name in encoders:
        key = (view.token, guest.chosen, name)
        if key not in known:
            with st.spinner(f"Embedding with {name}; the first time takes some seconds"):
                known[key] = _land(view, alert, name)
        landings.append(known[key])
    while len(known) > MOST_LANDED:
        known.pop(next(iter(known)))
    return Visitor(alert, tuple(landings), uploaded_alert.notes(alert, view.surveys, _is_known(view, alert)))


def _land(view: View, alert: Alert, name: str) -> Landing:
    try:
        encoder = _encoder(view.token, name, view)
    except EncoderError as error:
        return Landing(name, problem=str(error))
    return uploaded_alert.land(alert, encoder, view.index(name), view.map(name).points)


@st.cache_resource(max_entries=8, show_spinner=False)
def _encoder(token: str, name: str, _view: View) -> Encoder:
    """The encoder of a column; `token` stands for the version of the catalogue."""
    return uploaded_alert.load(_view.catalogue, name)


def _is_known(view: View, alert: Alert) -> bool:
    row = view.row_of(alert.candid)
    return row is not None and view.column("survey")[row] == alert.survey


# --- showing -------------------------------------------------------------------------------------------------------


def show(view: View, guest: Visitor, title: Callable[[str], str] = str) -> None:
    """The visitor's card, and beside it its neighbours in each embedding, each with a button that picks it.

    Args:
        view: the catalogue it visits.
        guest: the visitor.
        title: an encoder's name as people read it.
    """
    title_line = f"**Uploaded: {escape_markdown(guest.alert.object_id)}**, not added to this catalogue"
    with st.expander(title_line, expanded=True, key="visitor-shown"):
        card, near = st.columns([0.27, 0.73])
        with card:
            object_card.visitor(guest.alert)
            _history(guest.alert)
        with near:
            st.html(STYLE)
            for note in guest.notes:
                st.info(escape_markdown(note), icon=":material/info:")
            for column, landing in zip(st.columns(len(guest.landings)), guest.landings, strict=True):
                with column:
                    _neighbours(view, landing, title(landing.encoder))


def _history(alert: Alert) -> None:
    figure = light_curve([asdict(point) for point in alert.history], asdict(alert))
    if figure is not None:
        charts.chart(figure, "visitor-light-curve", f"light-curve-{alert.object_id}")


def _neighbours(view: View, landing: Landing, title: str) -> None:
    st.markdown(f"**{escape_markdown(title)}: nearest in the catalogue**")
    if landing.neighbours is None:
        st.warning(escape_markdown(f"Not embedded: {landing.problem}."), icon=":material/block:")
        return
    rows = landing.neighbours.rows.tolist()
    labels = [label if isinstance(label, str) else UNLABELLED for label in view.column("label")[rows]]
    counts = f"{_counts(labels)}, with cosine distances" if view.is_labelled else "With cosine distances"
    placed = "" if landing.place is None else " Its place on the map is approximate: amid these."
    st.caption(escape_markdown(f"{counts}.{placed}"))
    with st.container(horizontal=True, gap="small", key=f"visitor-near-{landing.encoder}"):
        for row, label, distance in zip(rows, labels, landing.neighbours.distances.tolist(), strict=True):
            _neighbour(
                view, landing.encoder, row, f"{label} · {distance:.2g}" if view.is_labelled else f"{distance:.2g}"
            )


def _neighbour(view: View, encoder: str, row: int, caption: str) -> None:
    """Its stamp, and a button that picks it: a link would load the page anew, and the visitor would be gone."""
    name, candid = str(view.column("object_id")[row]), str(int(view.candids[row]))
    with st.container(width=WIDTH, gap=None):
        picture = thumbnails.uris(view, [row])[row]
        st.html(f'<img class="zx-visitor-near" src="{picture}" alt="stamp of {escape(name, quote=True)}">')
        st.button(
            f"**{escape_markdown(name)}**  \n{escape_markdown(caption)}",
            key=f"visitor-near-{encoder}-{row}", type="tertiary",
            help=f"Pick it: candid {candid}", on_click=state.put, args=(state.CANDID, candid),
        )  # fmt: skip


def _counts(labels: list[str]) -> str:
    """How many of each class, the most frequent first."""
    counts = sorted({name: labels.count(name) for name in labels}.items(), key=lambda item: (-item[1], item[0]))
    return f"Of {len(labels)}: " + ", ".join(f"{count} {name}" for name, count in counts)
