"""Adding alerts by upload or by path, into a new or an existing catalogue; building the built-in ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import streamlit as st

from ztfexplore import demo, paths
from ztfexplore.alerts.alert import Alert, Reject
from ztfexplore.alerts.keys import Key
from ztfexplore.alerts.labels_csv import Label
from ztfexplore.catalogue import rejects, uploads
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import IngestReport
from ztfexplore.catalogue.uploads import Upload
from ztfexplore.errors import CatalogueError
from ztfexplore.overview import inventory
from ztfexplore.sources import read_sources, total_bytes
from ztfexplore.ui import state
from ztfexplore.ui.data import jobs
from ztfexplore.ui.data.jobs import Bar, JobResult
from ztfexplore.ui.markup import escape_markdown

NEW = "A new catalogue"
FILES, LABELS, ROUND = "uploaded", "uploaded-labels", "upload-round"
INTO, NAME, HOW, PATHS = "add-into", "add-name", "add-how", "add-paths"
UPLOAD, BY_PATH = "Upload files", "Files on this computer"
LOCAL = ("localhost", "127.0.0.1", "::1")
KINDS = (
    "ZTF alert packets (.avro), nights of them (.tar, .tar.gz), Fink's Parquet, FITS cutouts (.fits, .fits.gz). "
    "Each file is recognised by its content, not by its name."
)
MOST_SHOWN = 5000  # rejects kept for the page; the file has them all


def add(section: str) -> None:
    """The form, and the last result."""
    jobs.show_result(section)
    target = _choose_target()
    by_path = _may_read_paths() and (
        st.segmented_control("From", [UPLOAD, BY_PATH], default=UPLOAD, key=HOW) == BY_PATH
    )
    left, right = st.columns([2, 1])
    with left:
        files, found = _choose_paths() if by_path else (_choose_files(), [])
    with right:
        labels = st.file_uploader(
            "Labels (optional)",
            key=_key(LABELS),
            help="A CSV with candid, label and label_source. It also labels alerts already in the catalogue.",
        )
    given = bool(files or found or labels)
    pressed = st.button("Ingest", type="primary", disabled=target is None or not given, key="ingest")
    if pressed and target is not None:
        _ingest(section, target, files, found, labels)
    if target is None or not given:
        lacking = "a name for the catalogue" if target is None else "files to ingest"
        st.caption(f"Still needed: {lacking}.")
    st.caption(f"{jobs.STAYS} Alerts already in the catalogue are left unchanged.")


def _key(name: str) -> str:
    """A widget's key; new ones after an ingest, so that the boxes are empty and the files are dropped."""
    return f"{name}-{st.session_state.get(ROUND, 0)}"


# --- where to ------------------------------------------------------------------------------------------------------


def _choose_target() -> Path | None:
    """The catalogue to fill; None, with the reason on the page, if the given name cannot be used."""
    existing = state.catalogues()
    options = [NEW, *existing]
    asked = state.get(state.CATALOGUE)
    if existing.get(asked or "") in (paths.DEMO, paths.GALAXIES):
        asked = None  # the built-in catalogues can be added to, but few people mean to
    left, right = st.columns(2)
    with left:
        into = st.selectbox("Into", options, index=options.index(asked) if asked in existing else 0, key=_key(INTO))
    if into != NEW:
        return existing[into]
    with right:
        name = st.text_input("Its name", key=_key(NAME), placeholder="night-20180704", max_chars=80)
    if not name.strip():
        return None
    try:
        if name.strip().lower() in {other.lower() for other in existing}:
            raise CatalogueError(f"{name!r} exists already: choose another name, or choose that catalogue")
        return paths.new_catalogue(name)
    except CatalogueError as error:
        st.warning(escape_markdown(str(error)), icon=":material/edit:")
        return None


# --- from where ----------------------------------------------------------------------------------------------------


def _may_read_paths() -> bool:
    """Only if the page can be opened on this computer alone, since any of its files could be named."""
    return st.get_option("server.address") in LOCAL


def _choose_files() -> list[Upload]:
    chosen = st.file_uploader("Files", accept_multiple_files=True, key=_key(FILES))
    st.caption(KINDS)
    return list(chosen)


def _choose_paths() -> tuple[list[Upload], list[Path]]:
    text = st.text_area("Files and folders, one per line", key=_key(PATHS), placeholder="~/ztf_public_20180704.tar.gz")
    found = uploads.server_paths(text)
    for reject in uploads.missing(found):
        st.warning(escape_markdown(f"{reject.source}: {reject.message}"), icon=":material/folder_off:")
    st.caption(KINDS)
    return [], found


# --- ingest --------------------------------------------------------------------------------------------------------


def _ingest(section: str, target: Path, files: list[Upload], found: list[Path], labels: Upload | None) -> None:
    """Ingest with progress, and keep the result."""
    name = next((name for name, path in state.catalogues().items() if path == target), target.name)
    with jobs.work(section, f"Ingesting alerts into {name}"):
        extra = [labels] if labels is not None else []
        with uploads.staged([*files, *extra]) as files_on_disk:
            known = uploads.read_labels_of(files_on_disk[-1]) if extra else {}
            alerts = files_on_disk[: len(files)]
            progress = _IngestProgress(total_bytes(found) if found else sum(file.size for file in alerts))
            items = (
                read_sources(found, on_bytes=progress.on_bytes)
                if found
                else uploads.read_uploads(alerts, progress.on_bytes)
            )
            report, rejected = uploads.ingest_items(progress.counted(items), target, known)
        jobs.tell(_result(section, name, target, report, rejected, known))
        if report.accepted or report.duplicates or report.relabelled:
            state.put(state.CATALOGUE, name)
            state.put(state.CANDID, None)
            st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


class _IngestProgress:
    """The progress bar of an ingest: bytes read, alerts and rejects so far."""

    def __init__(self, total: int) -> None:
        self._bar, self._total = Bar("Reading"), max(total, 1)
        self._read = self._alerts = self._rejects = 0

    def on_bytes(self, count: int) -> None:
        self._read += count
        self._show()

    def counted(self, items: Iterable[Alert | Reject]) -> Iterator[Alert | Reject]:
        """The same items; the bar moves as they go by."""
        for item in items:
            self._alerts += isinstance(item, Alert)
            self._rejects += isinstance(item, Reject)
            self._show()
            yield item

    def _show(self) -> None:
        read, total = inventory.human_size(min(self._read, self._total)), inventory.human_size(self._total)
        text = f"{read} of {total} read: {self._alerts:,} alerts, {self._rejects:,} rejected"
        self._bar.show(min(self._read / self._total, 0.99), text)


def _result(
    section: str, name: str, target: Path, report: IngestReport, rejected: list[Reject], labels: Mapping[Key, Label]
) -> JobResult:
    good = bool(report.accepted or report.duplicates or report.relabelled)
    table = rejects.table(rejected)
    return JobResult(
        section,
        good,
        _sentence(name, target, report, labels),
        table.head(MOST_SHOWN),
        rejects.by_reason(table),
        name if good else None,
    )


def _sentence(name: str, target: Path, report: IngestReport, labels: Mapping[Key, Label]) -> str:
    """What was done, in plain words."""
    counts = (
        f"{report.accepted:,} accepted, {report.duplicates:,} already there, {report.rejected:,} rejected "
        f"in {report.seconds:.1f} s"
    )
    if not uploads.exists(target):
        reasons = ", ".join(
            f"{reason} {count:,}" if len(report.reasons) > 1 else reason for reason, count in report.reasons.items()
        )
        return f"Nothing was accepted, so no catalogue {name} was made: {report.rejected:,} rejected ({reasons})."
    catalogue = Catalogue.open(target)
    said = f"{name}: {counts}; it now has {len(catalogue):,} alerts, at version {catalogue.version}."
    if labels:
        met = uploads.labels_met(catalogue, labels)
        said += f" Of the {len(labels):,} labels given, {met:,} belong to alerts in this catalogue."
    if report.labels_problem:
        said += f" Note: {report.labels_problem}."
    return said


# --- the built-in ones ---------------------------------------------------------------------------------------------

BUILT_IN: Mapping[str, tuple[str, str, Callable[..., Catalogue]]] = {
    "demo": ("Build the demo", f"{demo.COUNT:,} simulated ZTF-like alerts of five classes", demo.build),
    "galaxies": ("Build the galaxies", "galaxies cut from the Hubble picture in scikit-image", demo.build_galaxies),
}


def built_in(section: str) -> None:
    """A button for each built-in catalogue. Building an existing one only completes it."""
    area = st.container()
    with area:
        jobs.show_result(section)
    st.markdown("**Built-in catalogues**: they need no network and no data")
    for column, (key, (label, what, build)) in zip(st.columns(len(BUILT_IN)), BUILT_IN.items(), strict=True):
        path = paths.DEMO if key == "demo" else paths.GALAXIES
        with column, st.container(border=True):
            there = uploads.exists(path)
            st.markdown(f"**{key}** {'is built' if there else 'is not built'}: {what}, embedded, with maps.")
            again = "Check and complete it" if there else label
            if st.button(again, key=f"build-{key}", type="secondary" if there else "primary"):
                with area:
                    _build(section, key, path, build)
    st.caption(jobs.STAYS)


def _build(section: str, name: str, path: Path, build: Callable[..., Catalogue]) -> None:
    with jobs.work(section, f"Building {name}"):
        bar = Bar(f"Building {name}")
        catalogue = build(path, lambda text, share: bar.show(share, text))
        text = f"{name} is complete: {len(catalogue):,} alerts, at version {Catalogue.open(path).version}."
        jobs.tell(JobResult(section, True, text, catalogue=name))
