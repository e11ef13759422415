"""Shared by the parts of labelling: the person's name, the current labels, saving, undoing, and messages about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from urllib.parse import quote, unquote

import pandas as pd
import streamlit as st

from ztfexplore.catalogue import annotations as people_labels
from ztfexplore.catalogue.annotations import Action, Annotations
from ztfexplore.errors import ZtfexploreError
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View

NOBODY = "me"
COOKIE = "ztfexplore_who"
MOST_NAMED = 5  # classes in a tally
WHO, SAID, FRESH = "labelling-who", "labelling-said", "labelling-fresh"


def labeller() -> str:
    """The person's name: that of this session, or of the last visit, or 'me'.

    It is kept in a cookie, not in the URL: a link may be opened by somebody else.
    """
    if WHO not in st.session_state:
        try:
            st.session_state[WHO] = people_labels.checked(unquote(st.context.cookies.get(COOKIE, NOBODY)), "name")
        except ZtfexploreError:
            st.session_state[WHO] = NOBODY
    return st.session_state[WHO]


def rename_labeller(text: str) -> None:
    """Change the person's name; shows an error if the text is not a valid name."""
    try:
        st.session_state[WHO] = people_labels.checked(text, "name")
    except ZtfexploreError as error:
        _say("error", str(error))


def remember_name() -> None:
    """Store the name in the browser for the next visit."""
    if WHO in st.session_state and st.session_state[WHO] != NOBODY:
        value = quote(st.session_state[WHO], safe="")  # only letters, digits and %: it cannot break out of the quotes
        script = f"document.cookie = '{COOKIE}={value}; path=/; max-age=31536000; SameSite=Lax'"
        st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


@dataclass(frozen=True)
class CurrentLabels:
    """The current labels of a catalogue.

    Attributes:
        version: version of people's labels.
        frame: metadata with people's labels, see `people_labels.apply`.
        latest: people's labels alone.
        strangers: those whose alerts are not in the catalogue.
        classes: all known classes: those of the surveys, those of the data, then people's in the order of first use.
            New classes come last, so that each class keeps its key.
    """

    version: str
    frame: pd.DataFrame
    latest: pd.DataFrame
    strangers: pd.DataFrame
    classes: list[str]


def current_labels(view: View) -> CurrentLabels:
    """The labels at this moment. The page's own view may be older: a fragment reruns with the view of the page.

    Raises:
        CatalogueError: if the labels cannot be read.
    """
    return _current(view.token, Annotations.open(view.catalogue.path).version, view)


@st.cache_resource(max_entries=4, show_spinner=False)
def _current(token: str, version: str, _view: View) -> CurrentLabels:
    """Token and version are the keys of the cache; takes about 0.4 s for 100,000 labelled alerts."""
    people = Annotations.open(_view.catalogue.path)
    latest = people.latest()
    frame = people_labels.apply(_view.frame, latest)
    own = [name for survey in _view.surveys for name in survey.classes]
    given = sorted(frame["label_given"].dropna().unique())
    used = set(latest["label"])
    known = list(dict.fromkeys([*own, *given, *(name for name in people.classes() if name in used)]))
    return CurrentLabels(version, frame, latest, people_labels.unknown(frame, latest), known)


def save_labels(view: View, rows: list[int], label: str | None) -> Action | None:
    """Label rows, or remove people's labels (None). Saved to disk on return; a message says what was done."""
    frame = view.frame.iloc[rows]
    candids, surveys = frame["candid"].tolist(), frame["survey"].tolist()
    try:
        people = Annotations.open(view.catalogue.path)
        who = labeller()
        action = people.remove(candids, who, surveys) if label is None else people.add(candids, label, who, surveys)
    except ZtfexploreError as error:
        _say("error", f"Not saved: {error}")
        return None
    what = "label removed" if label is None else escape_markdown(action.labels[0]) if action else ""
    where = escape_markdown(frame["object_id"].iloc[0]) if len(rows) == 1 else f"{len(rows):,} alerts"
    _say("saved", f"saved: {what} on {where}")
    return action


def undo_action(view: View, action: Action) -> None:
    """Undo the action that the button showed, and nothing newer. A message says what was done."""
    try:
        undone = Annotations.open(view.catalogue.path).undo(action.who, action.id)
    except ZtfexploreError as error:
        _say("error", f"Not undone: {error}")
        return
    text = f"undone: {escape_markdown(action.text)}" if undone else "this was already undone, perhaps in another tab"
    _say("saved", text)


def undoable_action(view: View) -> Action | None:
    """The action that this person can undo."""
    return Annotations.open(view.catalogue.path).undoable(labeller())


def _say(kind: str, text: str) -> None:
    st.session_state[SAID] = (kind, text)
    st.session_state[FRESH] = kind == "saved"


def show_messages() -> None:
    """Show the last message once. If labels changed, the page first runs again, so that the maps show them."""
    if st.session_state.pop(FRESH, False):
        st.rerun()
    kind, text = st.session_state.pop(SAID, (None, None))
    if kind == "saved":
        st.toast(text, icon=":material/check:")
    elif kind == "error":
        st.error(escape_markdown(text), icon=":material/error:")


def tally_labels(labels: pd.Series) -> str:
    """'9 VS, 2 SN, 1 unlabelled', as Markdown."""
    counts = Counter(labels.astype(object).where(labels.notna(), "unlabelled")).most_common()
    rest = len(counts) - MOST_NAMED
    named = [f"{count:,} {escape_markdown(str(name))}" for name, count in counts[:MOST_NAMED]]
    return ", ".join([*named, *([f"{rest} more classes"] if rest > 0 else [])])
