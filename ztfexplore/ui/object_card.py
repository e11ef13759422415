"""One object: its stamps, what is known about it, and where to read on."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pandas as pd
import streamlit as st
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time

from ztfexplore.colours import UNLABELLED, label_colour
from ztfexplore.display import channel_pngs, data_uri
from ztfexplore.survey import SURVEYS, Survey
from ztfexplore.ui.resources import View

SCALE_BAR_ARCSEC = 15

STYLE = f"<style>{(Path(__file__).parent / 'object_card.css').read_text(encoding='utf-8')}</style>"


def show(view: View, row: int) -> None:
    """The card of one alert."""
    record = view.frame.iloc[row]
    survey = SURVEYS[record["survey"]]
    stamp = view.catalogue.stamps([row])[0]
    signed = [name == "difference" for name in survey.channels]
    images = [data_uri(png) for png in channel_pngs(stamp, signed)]
    parts = [STYLE, '<div class="zx-object" data-testid="object-card">', _heading(record, survey)]
    parts += [_stamps(images, survey, stamp.shape[-1]), _links(record, survey), _table(record, survey), "</div>"]
    st.html("".join(parts))


def _heading(record: pd.Series, survey: Survey) -> str:
    label = record["label"] if isinstance(record["label"], str) else UNLABELLED
    simulated = '<span class="zx-sim">simulated, no real object</span> ' if survey.simulated else ""
    return (
        f"<h3>{escape(record['object_id'])}</h3>{simulated}"
        f'<b style="border-left:.5em solid {label_colour(record["label"])};padding-left:.3em">{escape(label)}</b>'
    )


def _stamps(images: list[str], survey: Survey, width: int) -> str:
    """The stamps with a scale bar; each pixel is survey.pixel_scale arcsec."""
    share = 100 * SCALE_BAR_ARCSEC / (survey.pixel_scale * width)
    figures = [
        f'<figure><img src="{image}" alt="{escape(name)} stamp"><figcaption>{escape(name)}</figcaption></figure>'
        for name, image in zip(survey.channels, images, strict=True)
    ]
    bar = f'<div style="width:33%"><div class="zx-bar" style="width:{share:.1f}%">{SCALE_BAR_ARCSEC} arcsec</div></div>'
    return f'<div class="zx-stamps">{"".join(figures)}</div>{bar}'


def _links(record: pd.Series, survey: Survey) -> str:
    where = {
        "object_id": record["object_id"], "candid": int(record["candid"]),
        "ra": float(record["ra"]), "dec": float(record["dec"]),
    }  # fmt: skip
    links = [
        f'<a href="{escape(portal.url(**where), quote=True)}" target="_blank" rel="noopener">{escape(portal.name)}</a>'
        for portal in survey.portals
    ]
    return f'<div class="zx-links">{" · ".join(links)}</div>' if links else ""


def _table(record: pd.Series, survey: Survey) -> str:
    rows = [
        f'<tr title="{escape(tip, quote=True)}"><td>{escape(name)}</td><td>{escape(text)}</td></tr>'
        for name, text, tip in facts(record, survey)
    ]
    return f"<table>{''.join(rows)}</table>"


def facts(record: pd.Series, survey: Survey) -> list[tuple[str, str, str]]:
    """(name, value with unit, explanation) of what is known about an alert; what is missing is left out."""
    listed: list[tuple[str, str, str]] = [("candid", str(int(record["candid"])), "id of this alert")]
    listed.append(("magnitude", _magnitude(record), "difference magnitude (PSF), band, sign of the difference"))
    listed.append(("date", _date(record["mjd"]), "UTC of the exposure"))
    listed.append(("position", _position(record["ra"], record["dec"]), "ICRS, right ascension and declination"))
    for name, meaning in survey.metadata.items():
        if pd.notna(record.get(name)):
            listed.append((name, f"{record[name]:.6g}" if name != "jdstarthist" else f"{record[name]:.4f}", meaning))
    if isinstance(record["label_source"], str):
        listed.append(("label from", record["label_source"], "rule or catalogue behind the label"))
    return listed


def _magnitude(record: pd.Series) -> str:
    sign = {True: "brighter than the template", False: "fainter than the template"}.get(record["positive"], "")
    if pd.isna(record["magnitude"]):
        return f"{record['band']} {sign}".strip()
    error = "" if pd.isna(record["magnitude_error"]) else f" ± {record['magnitude_error']:.2f}"
    return f"{record['band']} = {record['magnitude']:.2f}{error} mag{', ' + sign if sign else ''}"


def _date(mjd: float) -> str:
    return f"{Time(mjd, format='mjd').iso[:16]} (MJD {mjd:.4f})"


def _position(ra: float, dec: float) -> str:
    if pd.isna(ra) or pd.isna(dec):
        return "unknown"
    return SkyCoord(ra * u.deg, dec * u.deg).to_string("hmsdms", sep=":", precision=1)
