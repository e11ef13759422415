"""Labelling by click and by key: the picked object, or everything selected in the maps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from ztfexplore.catalogue import annotations as people_labels
from ztfexplore.catalogue.annotations import Action
from ztfexplore.errors import ZtfexploreError
from ztfexplore.ui import state
from ztfexplore.ui.labelling import store
from ztfexplore.ui.labelling.queue import draw_queue
from ztfexplore.ui.labelling.store import CurrentLabels
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import choice

SURE_BELOW = 50  # alerts; labelling more needs a confirmation
KEYS = "123456789"
NAME = "labelling-name"
PENDING = "labelling-pending"  # what waits for confirmation: (rows, label)
MODE, MODES = "labelling", {"selected": "Selection", "queue": "What to label next"}
STYLE = """<style>
.st-key-labelling button {min-height: 0; padding: .2rem .6rem}
.st-key-new-class-name [data-testid="InputInstructions"] {display: none}
</style>"""


@st.fragment
def labelling_section(view: View, rows: list[int], encoder: str) -> None:
    """The selection or the queue, one at a time, so that each key has one meaning.

    Args:
        view: the catalogue.
        rows: the rows selected in the maps; if there are none, the picked object is labelled.
        encoder: the one whose embedding the queue proposes from.
    """
    with st.container(border=True, key="labelling"):
        chosen = choice.segmented("Label", MODES, MODE, show_label=False)
        if chosen == "queue":
            _guarded(_queue, view, encoder)
        else:
            _guarded(_panel, view, rows)


def _guarded(draw: Callable[..., None], *arguments: object) -> None:
    """Draw a part, or the error if the file of labels cannot be read."""
    st.html(STYLE)
    try:
        draw(*arguments)
    except ZtfexploreError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")


# --- the selection ---------------------------------------------------------------------------------------------


def _panel(view: View, selected: list[int]) -> None:
    store.show_messages()
    now = store.current_labels(view)
    rows = _rows(view, now.frame, selected)
    _subject(now.frame, rows)
    if rows:
        pending = _pending(rows)
        label_buttons(view, now, rows)
        if pending is not None:
            _ask(view, now.frame, *pending)
    show_footer(view, now)


def _rows(view: View, frame: pd.DataFrame, selected: list[int]) -> list[int]:
    """The rows to label: the selection or the picked object, with the other alerts of the object if asked."""
    picked = state.picked_key()
    row = None if picked is None else view.row_of(picked)
    rows = sorted(set(selected)) or ([] if row is None else [row])
    rows = [number for number in rows if 0 <= number < len(frame)]
    if not rows:
        return []
    objects = view.snapshot.objects
    whole = np.flatnonzero(np.isin(objects, objects[rows])).tolist()
    more = len(whole) - len(rows)
    if more and st.toggle(
        f"With the other alerts of {'this object' if len(rows) == 1 else 'these objects'} ({more:,})",
        key="labelling-whole",
    ):
        return whole
    return rows


def _subject(frame: pd.DataFrame, rows: list[int]) -> None:
    if not rows:
        st.caption("To label objects, pick one in a map, or select several with the box or the lasso.")
    elif len(rows) == 1:
        record = frame.iloc[rows[0]]
        st.markdown(f"**{escape_markdown(record['object_id'])}** · {_label_of(record)}")
    else:
        st.markdown(f"**{len(rows):,} alerts selected** · {store.tally_labels(frame['label'].iloc[rows])}")


def _label_of(record: pd.Series) -> str:
    """Text such as 'SN (person:me); the data say VS (VSX match)'."""
    now = _with_source(record["label"], record["label_source"])
    if record["label"] is record["label_given"] or record["label_source"] == record["label_source_given"]:
        return now
    return f"{now}; the data say {_with_source(record['label_given'], record['label_source_given'])}"


def _with_source(label: object, source: object) -> str:
    if not isinstance(label, str):
        return "unlabelled"
    return f"**{escape_markdown(label)}**" + (f" ({escape_markdown(source)})" if isinstance(source, str) else "")


def label_buttons(view: View, now: CurrentLabels, rows: list[int]) -> None:
    """One button per class, each with a digit key, then a new class, and removing labels.

    The rows are part of the buttons' keys: a press meant for alerts that have just left the screen never labels those
    that took their place.
    """
    subject = f"{hash(tuple(rows)) & 0xFFFFFFFF:x}"
    held = set(now.frame["label"].iloc[rows].fillna(""))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for number, name in enumerate(now.classes):
            st.button(
                escape_markdown(name),
                key=f"label-{subject}-{name}",
                type="primary" if held == {name} else "secondary",
                shortcut=KEYS[number] if number < len(KEYS) else None,
                on_click=choose_label,
                args=(view, rows, name),
            )
        with st.popover("New class", icon=":material/add:"), st.form("new-class", border=False, clear_on_submit=True):
            st.text_input("Name of the class", key="new-class-name", max_chars=people_labels.LONGEST)
            st.form_submit_button("Label with this class", on_click=_choose_new, args=(view, rows))
        st.button(
            "Remove label",
            key=f"remove-{subject}",
            type="tertiary",
            icon=":material/label_off:",
            shortcut="0",
            help="Removes people's labels. The label that came with the data counts again.",
            disabled=not _has_person(now.frame, rows),
            on_click=choose_label,
            args=(view, rows, None),
        )


def _has_person(frame: pd.DataFrame, rows: list[int]) -> bool:
    sources = frame["label_source"].iloc[rows].astype(object).fillna("")
    return bool(sources.str.startswith(people_labels.PERSON).any())


def choose_label(view: View, rows: list[int], label: str | None) -> None:
    """A click on a class: saved at once, or after a confirmation for many alerts."""
    st.session_state.pop(PENDING, None)
    if len(rows) > SURE_BELOW:
        st.session_state[PENDING] = (list(rows), label)
    else:
        store.save_labels(view, rows, label)


def _choose_new(view: View, rows: list[int]) -> None:
    choose_label(view, rows, st.session_state.get("new-class-name", ""))


def _pending(rows: list[int]) -> tuple[list[int], str | None] | None:
    """The action that waits for confirmation, as long as the selection is unchanged."""
    pending = st.session_state.get(PENDING)
    if pending is not None and pending[0] != rows:
        st.session_state.pop(PENDING)
        return None
    return pending


def _ask(view: View, frame: pd.DataFrame, rows: list[int], label: str | None) -> None:
    people = frame["label_source"].iloc[rows].astype(object).fillna("").str.startswith(people_labels.PERSON).sum()
    over = f" {people:,} of them already have a person's label." if people else ""
    what = "Remove the labels of" if label is None else f"Label as {escape_markdown(label)}:"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="labelling-sure"):
        st.markdown(f":material/warning: {what} {len(rows):,} alerts?{over} This can be undone in one step.")
        st.button("Yes", key="sure", type="primary", on_click=_sure, args=(view, rows, label))
        st.button("No", key="not-sure", on_click=lambda: st.session_state.pop(PENDING, None))


def _sure(view: View, rows: list[int], label: str | None) -> None:
    st.session_state.pop(PENDING, None)
    store.save_labels(view, rows, label)


# --- below both ------------------------------------------------------------------------------------------------


def show_footer(view: View, now: CurrentLabels) -> None:
    """The person's name, undo, the number of labels, and all labels as a file."""
    me = store.labeller()
    st.session_state.setdefault(NAME, me)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.text_input(
            "Your name",
            key=NAME,
            max_chars=people_labels.LONGEST,
            label_visibility="collapsed",
            placeholder="Your name",
            help="Stored with each of your labels.",
            width=150,
            on_change=_rename,
        )
        _undo(view, store.undoable_action(view))
        st.download_button(
            "Labels as CSV",
            data=lambda: people_labels.csv(now.latest),  # written on request
            file_name=f"labels-{view.catalogue.path.name}.csv",
            mime="text/csv",
            icon=":material/download:",
            type="tertiary",
            disabled=now.latest.empty,
            on_click="ignore",
            key="labels-csv",
            help="All people's labels: candid, label, label_source, who, when. 'ztfexplore ingest --labels' reads it.",
        )
        st.caption(_counts(now.latest, me))
    store.remember_name()
    if len(now.strangers):
        some = ", ".join(map(str, now.strangers["candid"].head(5)))
        st.caption(f"Labels kept for {len(now.strangers):,} alerts that are not in this catalogue (candid {some}).")


def _rename() -> None:
    """Take the new name; an invalid one is replaced by the old."""
    store.rename_labeller(st.session_state[NAME])
    st.session_state[NAME] = store.labeller()


def _undo(view: View, action: Action | None) -> None:
    st.button(
        f"Undo: {escape_markdown(action.text)}" if action else "Nothing to undo",
        key="undo-label",
        icon=":material/undo:",
        type="tertiary",
        shortcut="U",
        disabled=action is None,
        on_click=store.undo_action,
        args=(view, action),
    )


def _counts(latest: pd.DataFrame, me: str) -> str:
    mine = latest[latest["who"] == me]
    others = len(latest) - len(mine)
    text = f"{escape_markdown(me)}: {len(mine):,} label{'' if len(mine) == 1 else 's'}"
    text += f" ({store.tally_labels(mine['label'])})" if len(mine) else ""
    return text + (f" · others: {others:,}" if others else "")


def _queue(view: View, encoder: str) -> None:
    store.show_messages()
    now = store.current_labels(view)
    draw_queue(view, encoder, now, lambda row: label_buttons(view, now, [row]))
    show_footer(view, now)
