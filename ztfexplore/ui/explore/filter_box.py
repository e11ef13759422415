"""Filters on any column: a box to set them, what they leave, and the address that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from ztfexplore.query import filters
from ztfexplore.query.filters import Between, Contains, Filter, OneOf
from ztfexplore.ui import state
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 1, 1)
FILTER = "filter"  # the part of the address
ADD, CLEAR = "filter-add", "filter-clear"
HELP = "Show only the objects that pass. Objects without a value in a column are left out, and counted."


def show_filter_box(view: View) -> np.ndarray | None:
    """The box behind a button.

    Returns:
        bool (n,), True for the rows that pass; None if there is no filter.
    """
    asked, _ = _asked(view.frame)
    with st.popover("Filter", icon=":material/filter_alt:", help=HELP, key="filters"):
        for one in asked:
            _edit(view.frame, one)
        _add(view.frame, asked)
        if not asked:
            return None
        passed = filters.rows(view.frame, asked)
        st.caption(escape_markdown(_left(view, asked, passed)))
        st.button("Remove all", key=CLEAR, icon=":material/filter_alt_off:", on_click=clear)
    return passed


def notes(view: View, passed: np.ndarray | None) -> None:
    """The active filters in words, with what they leave; and the parts of the address that are not filters.

    Args:
        passed: what `show_filter_box` returned.
    """
    asked, problems = _asked(view.frame)
    if problems:
        wrong = "; ".join(problems)
        st.warning(escape_markdown(f"Ignored in the filter of the address: {wrong}."), icon=":material/filter_alt_off:")
    if asked and passed is not None:
        words = "; ".join(filters.in_words(one) for one in asked)
        st.caption(f":material/filter_alt: {escape_markdown(f'{words}: {_left(view, asked, passed)}')}")


def clear() -> None:
    """Remove all filters."""
    state.put(FILTER, None)


def _asked(frame: pd.DataFrame) -> tuple[list[Filter], list[str]]:
    """The filters in the address, and what is wrong with the rest."""
    return filters.parse(state.get(FILTER) or "", frame)


def _put(asked: Sequence[Filter]) -> None:
    state.put(FILTER, filters.to_text(asked) or None)


def _left(view: View, asked: Sequence[Filter], passed: np.ndarray) -> str:
    """How many pass, and how many cannot because they have no value."""
    nouns = {survey.nouns[1] for survey in view.surveys}
    many = nouns.pop() if len(nouns) == 1 else "objects"
    missing = [(filters.without(view.frame, one), one.column.replace("_", " ")) for one in asked]
    said = "".join(f"; {count:,} have no {name}" for count, name in missing if count)
    return f"{int(passed.sum()):,} of {len(passed):,} {many}{said}"


# --- one filter ----------------------------------------------------------------------------------------------------


def _add(frame: pd.DataFrame, asked: Sequence[Filter]) -> None:
    taken = {one.column for one in asked}
    offered = [name for name in filters.columns(frame) if name not in taken]
    if len(asked) < filters.MOST_FILTERS:
        st.session_state[ADD] = None
        st.selectbox(
            "Add a filter on", offered, index=None, key=ADD, placeholder="a column", format_func=_title,
            on_change=_added, args=(frame,),
        )  # fmt: skip


def _title(column: str) -> str:
    return column.replace("_", " ")


def _added(frame: pd.DataFrame) -> None:
    """Add a filter that every row with a value passes, to be narrowed by hand."""
    column = st.session_state.get(ADD)
    if column is None:
        return
    kind = filters.kind(frame, column)
    if kind == filters.CATEGORY:
        new: Filter = OneOf(column, tuple(filters.values(frame, column)))
    else:
        new = Contains(column, "") if kind == filters.TEXT else Between(column)
    _put([*_asked(frame)[0], new])


def _edit(frame: pd.DataFrame, one: Filter) -> None:
    """The widgets of a filter. They follow the address: a change is written there first."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"filter-row-{one.column}"):
        if isinstance(one, OneOf):
            _edit_values(frame, one)
        elif isinstance(one, Contains):
            _widget(frame, one, st.text_input, "", f"{_title(one.column)} contains", one.text, max_chars=80)
        elif one.column in filters.DATES:
            _edit_days(frame, one)
        else:
            _edit_range(frame, one)
        st.button(
            "", key=f"filter-remove-{one.column}", icon=":material/close:", type="tertiary",
            help=f"Remove the filter on {_title(one.column)}", on_click=_removed, args=(frame, one.column),
        )  # fmt: skip


def _widget(
    frame: pd.DataFrame, one: Filter, make: Callable[..., object], part: str, label: str, value: object,
    **options: object,
) -> None:  # fmt: skip
    """A widget set to `value`, whatever it showed before."""
    key = f"filter-{one.column}{part}"
    st.session_state[key] = value
    make(label, key=key, on_change=_changed, args=(frame, one), **options)


def _edit_values(frame: pd.DataFrame, one: OneOf) -> None:
    known = filters.values(frame, one.column)
    _widget(
        frame, one, st.multiselect, "", _title(one.column), list(one.values),
        options=[*known, *(value for value in one.values if value not in known)],
        format_func=lambda value: filters.shown_value(one.column, value),
    )  # fmt: skip


def _edit_range(frame: pd.DataFrame, one: Between) -> None:
    bounds = zip(("low", "high"), ("from", "to"), (one.low, one.high), filters.span(frame, one.column), strict=True)
    for part, word, value, extreme in bounds:
        label = f"{_title(one.column)} {word}"
        _widget(frame, one, st.number_input, f"-{part}", label, value, format="%.6g", placeholder=f"{extreme:.6g}")


def _edit_days(frame: pd.DataFrame, one: Between) -> None:
    """Two days, the last included. Fractions of days in the address stay until a day is chosen."""
    first, last = filters.span(frame, one.column)
    low = one.low if one.low is not None else first
    high = one.high - 1 if one.high is not None and one.high == np.floor(one.high) else one.high
    for part, word, mjd in (("low", "from", low), ("high", "to", last if high is None else high)):
        _widget(
            frame,
            one,
            st.date_input,
            f"-{part}",
            f"date {word} (UTC)",
            _day(mjd),
            min_value=FIRST_DAY,
            max_value=LAST_DAY,
        )


def _day(mjd: float) -> date:
    return min(max(date.fromisoformat(filters.day_of_mjd(mjd)), FIRST_DAY), LAST_DAY)


# --- what a person changed -----------------------------------------------------------------------------------------


def _removed(frame: pd.DataFrame, column: str) -> None:
    _put([one for one in _asked(frame)[0] if one.column != column])


def _changed(frame: pd.DataFrame, old: Filter) -> None:
    _put([_read(old) if one.column == old.column else one for one in _asked(frame)[0]])


def _read(old: Filter) -> Filter:
    """The filter that its widgets show."""
    key = f"filter-{old.column}"
    if isinstance(old, OneOf):
        return OneOf(old.column, tuple(st.session_state[key]))
    if isinstance(old, Contains):
        return Contains(old.column, st.session_state[key].strip())
    low, high = st.session_state[f"{key}-low"], st.session_state[f"{key}-high"]
    if old.column in filters.DATES:
        low = None if low is None else filters.mjd_of_day(low.isoformat())
        high = None if high is None else filters.mjd_of_day(high.isoformat()) + 1
    return Between(old.column, low, high)
