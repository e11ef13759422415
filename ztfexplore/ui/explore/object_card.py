"""One object: its stamps, what is known about it, and links to read more."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time

from ztfexplore.alerts.alert import Alert
from ztfexplore.alerts.survey import Survey, survey_of
from ztfexplore.catalogue.schema import to_table
from ztfexplore.display.colours import UNLABELLED, label_colour
from ztfexplore.display.stretch import data_uri, pictures
from ztfexplore.display.viewer_message import pixel_scale
from ztfexplore.ui.explore import object_history
from ztfexplore.ui.explore.object_history import History
from ztfexplore.ui.server.view import View

# Lengths that a scale bar may have (arcsec); the longest that is at most this share of the stamp's width is used.
SCALE_BARS_ARCSEC = (120, 60, 30, 15, 5, 2, 1, 0.5, 0.2, 0.1)
LONGEST_SCALE_BAR = 0.5
MOST_COLUMNS = 3
# Shown above the light curve; the measurements are shown below it.
MAIN_FACTS = ("candid", "magnitude", "band", "date", "position")

STYLE = f"<style>{(Path(__file__).parent / 'object_card.css').read_text(encoding='utf-8')}</style>"


def about(view: View, row: int, history: History) -> None:
    """The part below the stamps: links, and the facts that are shown above its history."""
    record, survey = _known(view, row)
    _write("object-card", links_html(record, survey), _table(_above(record, survey, history)))


def more(view: View, row: int, history: History) -> None:
    """The history of an object and its measurements; drawn last, so that neighbours need not wait for it."""
    if history.is_empty:
        return
    object_history.show_history(view, row, history)
    below = [fact for fact in facts(*_known(view, row)) if fact[0] not in MAIN_FACTS]
    _write("object-measurements", _table(below))


def show_uploaded_card(alert: Alert) -> None:
    """The whole card of an uploaded alert."""
    record, survey = to_table([alert]).to_pandas().iloc[0], survey_of(alert.survey)
    above = heading_html(record, survey) + pictures_html(alert.stamp, record, survey) + links_html(record, survey)
    known = facts(record, survey)
    main = [fact for fact in known if fact[0] in MAIN_FACTS]
    rest = [fact for fact in known if fact[0] not in MAIN_FACTS]
    more = f"<details><summary>{len(rest)} measurements</summary>{_table(rest)}</details>" if rest else ""
    _write("uploaded-alert-card", above, _table(main), more)


def _known(view: View, row: int) -> tuple[pd.Series, Survey]:
    record = view.frame.iloc[row]
    return record, survey_of(record["survey"])


def _above(record: pd.Series, survey: Survey, history: History) -> list[tuple[str, str, str]]:
    """The facts above the history: all of them if there is no history."""
    return [fact for fact in facts(record, survey) if history.is_empty or fact[0] in MAIN_FACTS]


def _write(testid: str, *parts: str) -> None:
    st.html(f'{STYLE}<div class="zx-object" data-testid="{testid}">{"".join(parts)}</div>')


def heading_html(record: pd.Series, survey: Survey) -> str:
    """The object's name and class, and a mark if it is simulated."""
    simulated = '<span class="zx-sim">simulated, not a real object</span> ' if survey.simulated else ""
    return f"<h3>{escape(record['object_id'])}</h3>{simulated}{_class(record, survey)}"


def _class(record: pd.Series, survey: Survey) -> str:
    """The object's class; empty if it has none and its survey has no classes."""
    label = record["label"] if isinstance(record["label"], str) else None
    if label is None and not survey.classes:
        return ""
    colour = label_colour(label)
    return f'<b style="border-left:.5em solid {colour};padding-left:.3em">{escape(label or UNLABELLED)}</b>'


def pictures_html(stamp: np.ndarray, record: pd.Series, survey: Survey) -> str:
    """The stamp as PNGs with a scale bar, if the pixel scale is known. A colour composite is larger.

    The explore page draws its stamps in the browser instead: components/stamp_viewer/.
    """
    shown = pictures(stamp, survey)
    composite = survey.display.composite is not None and len(shown) > len(survey.channels)
    columns = min(MOST_COLUMNS, len(shown) - composite)
    figures = [_figure(name, png) for name, png in shown]
    bar = _scale_bar(stamp.shape[-1], pixel_scale(record, survey), 1 if composite else columns)
    first = f"{figures.pop(0)}{bar}" if composite else ""
    rest = f'<div class="zx-stamps" style="--zx-columns:{columns}">{"".join(figures)}</div>'
    return f"{first}{rest}{'' if composite else bar}"


def _figure(name: str, png: bytes) -> str:
    name = escape(name, quote=True)
    return f'<figure><img src="{data_uri(png)}" alt="{name} stamp"><figcaption>{name}</figcaption></figure>'


def _scale_bar(width: int, scale: float | None, columns: int) -> str:
    """A bar as long as some arcsec on a stamp `width` pixels wide, of which `columns` stand side by side.

    Args:
        scale: arcsec per pixel, None if unknown.
    """
    if scale is None:
        return ""
    extent = scale * width  # arcsec
    length = next((bar for bar in SCALE_BARS_ARCSEC if bar <= LONGEST_SCALE_BAR * extent), None)
    if length is None:
        return ""
    share = 100 * length / extent
    bar = f'<div class="zx-bar" style="width:{share:.1f}%">{length:g} arcsec</div>'
    return f'<div class="zx-columns-{columns}">{bar}</div>'


def links_html(record: pd.Series, survey: Survey) -> str:
    """Links to other sites about this position on the sky; empty if the position is unknown."""
    if pd.isna(record["ra"]) or pd.isna(record["dec"]):
        return ""
    where = {
        "object_id": record["object_id"], "candid": int(record["candid"]),
        "ra": float(record["ra"]), "dec": float(record["dec"]),
    }  # fmt: skip
    links = [
        f'<a href="{escape(portal.url(**where), quote=True)}" target="_blank" rel="noopener">{escape(portal.name)}</a>'
        for portal in survey.portals
    ]
    return f'<div class="zx-links">{" · ".join(links)}</div>' if links else ""


def _table(listed: list[tuple[str, str, str]]) -> str:
    rows = [
        f'<tr title="{escape(tip, quote=True)}"><td>{escape(name)}</td><td>{escape(text)}</td></tr>'
        for name, text, tip in listed
    ]
    return f"<table>{''.join(rows)}</table>"


def facts(record: pd.Series, survey: Survey) -> list[tuple[str, str, str]]:
    """(name, value with unit, explanation) for everything known about an object; missing values are left out."""
    listed: list[tuple[str, str, str]] = [("candid", str(int(record["candid"])), f"id of this {survey.nouns[0]}")]
    if pd.isna(record["magnitude"]):
        listed.append(("band", _magnitude(record), "filter"))
    else:
        listed.append(("magnitude", _magnitude(record), "difference magnitude (PSF), band, sign of the difference"))
    listed.append(("date", _date(record["mjd"]), "UTC of the exposure"))
    listed.append(("position", _position(record["ra"], record["dec"]), "ICRS, right ascension and declination"))
    for name, meaning in survey.metadata.items():
        if pd.notna(record.get(name)):
            value = f"{record[name]:.4f}" if name == "jdstarthist" else _shown(record[name])
            listed.append((name.replace("_", " "), f"{value}{_unit(meaning)}", meaning))
    if isinstance(record["label_source"], str):
        listed.append(("label from", record["label_source"], "rule or catalogue that gave the label"))
    return [fact for fact in listed if fact[1]]


def _shown(value: float) -> str:
    """A measurement to four digits; a large one to the unit or a tenth."""
    if abs(value) < 1000:
        return f"{value:.4g}"
    return f"{value:.0f}" if abs(value) >= 10_000 or value == round(value) else f"{value:.1f}"


def _unit(meaning: str) -> str:
    """The unit in brackets at the end of an explanation; empty if there is none."""
    unit = re.search(r"\(((?:pixels|deg|mag|arcsec|counts|nJy)\b[^,)]*)[^)]*\)$", meaning)
    return f" {unit[1]}" if unit else ""


def _magnitude(record: pd.Series) -> str:
    sign = {True: "brighter than the template", False: "fainter than the template"}.get(record["positive"], "")
    band = record["band"] if isinstance(record["band"], str) else ""
    if pd.isna(record["magnitude"]):
        return f"{band} {sign}".strip()
    error = "" if pd.isna(record["magnitude_error"]) else f" ± {record['magnitude_error']:.2f}"
    return f"{band} = {record['magnitude']:.2f}{error} mag{', ' + sign if sign else ''}"


def _date(mjd: float) -> str:
    if pd.isna(mjd):
        return ""
    return f"{Time(mjd, format='mjd').iso[:16]} (MJD {mjd:.4f})"


def _position(ra: float, dec: float) -> str:
    if pd.isna(ra) or pd.isna(dec):
        return ""
    return SkyCoord(ra * u.deg, dec * u.deg).to_string("hmsdms", sep=":", precision=1)
