"""The declared surveys: whatever is declared can be stored, shown and linked."""

from __future__ import annotations

from urllib.parse import urlsplit

import pyarrow as pa
import pytest

from ztfexplore.alerts.survey import SURVEYS
from ztfexplore.catalogue import schema

each_survey = pytest.mark.parametrize("name", SURVEYS)


@each_survey
def test_a_survey_is_called_what_it_is_found_by_and_has_words_for_people(name):
    survey = SURVEYS[name]
    assert survey.name == name and survey.title and all(survey.nouns)
    assert len(set(survey.classes)) == len(survey.classes) and len(set(survey.channels)) == len(survey.channels)


@each_survey
def test_how_stamps_are_shown_names_channels_that_exist(name):
    survey = SURVEYS[name]
    display = survey.display
    assert {*display.signed, *(display.composite or ())} <= set(survey.channels)
    assert display.thumbnail is None or display.thumbnail <= survey.size
    assert (survey.stamp_size is None) or survey.size % 2, "the object is at the centre of a pixel"


@each_survey
def test_metadata_have_a_meaning_and_a_column_of_their_own(name):
    columns = {field.name: field.type for field in schema.full_schema()}
    plain = {field.name for field in schema.full_schema()} - {field.name for field in schema.metadata_fields()}
    for field, meaning in SURVEYS[name].metadata.items():
        assert meaning and columns[field] == pa.float64() and field not in plain


@each_survey
def test_every_link_is_one_to_a_page_over_https(name):
    for portal in SURVEYS[name].portals:
        found = urlsplit(portal.url(object_id="a b/c", candid=2**62, ra=210.5, dec=-12.25))
        assert found.scheme == "https" and found.netloc and portal.name
        assert "a%20b%2Fc" in found.geturl() or "210.5" in found.query


def test_simulated_alerts_can_stand_beside_real_ones():
    """One encoder fits both: what a network sees must be alike."""
    real, simulated = SURVEYS["ztf"], SURVEYS["simulated"]
    for field in ("channels", "stamp_size", "pixel_scale", "classes", "display"):
        assert getattr(real, field) == getattr(simulated, field)
    assert simulated.simulated and not real.simulated and simulated.portals == ()


def test_plain_images_promise_nothing():
    survey = SURVEYS["fits"]
    assert (survey.channels, survey.stamp_size, survey.pixel_scale, survey.classes) == ((), None, None, ())
