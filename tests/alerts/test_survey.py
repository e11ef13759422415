"""What a survey promises: sizes that exist or an error that names it, channel names for any stamp, links that hold."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ztfexplore.alerts.survey import Portal, Survey

PLAIN = Survey("atlas", "ATLAS", ("science", "template"), 31, 1.86, ("SN",))


def test_a_common_size_and_scale_are_numbers_and_where_there_is_none_the_survey_is_named():
    assert (PLAIN.size, PLAIN.scale) == (31, 1.86)
    mixed = replace(PLAIN, stamp_size=None, pixel_scale=None)
    for ask in (lambda: mixed.size, lambda: mixed.scale):
        with pytest.raises(ValueError, match="atlas"):
            ask()


@given(st.integers(1, 12))
def test_every_channel_of_a_stamp_has_a_name_of_its_own(count):
    names = PLAIN.channel_names(count)
    assert len(set(names)) == count
    assert (names == PLAIN.channels) is (count == 2)


@given(st.text(min_size=1), st.integers(-(2**63), 2**63 - 1))
def test_an_object_s_id_cannot_lead_a_link_elsewhere(object_id, candid):
    portal = Portal("Broker", "https://broker.org/object/{object_id}?c={candid}")
    try:
        object_id.encode()
    except UnicodeEncodeError:
        return
    found = urlsplit(portal.url(object_id=object_id, candid=candid, ra=1.0, dec=-2.0))
    assert (found.netloc, found.fragment, found.query) == ("broker.org", "", f"c={candid}")
    assert unquote(found.path.removeprefix("/object/")) == object_id and found.path.count("/") == 2


def test_positions_are_given_to_a_few_milliarcseconds():
    portal = Portal("Sky", "https://sky.org/?ra={ra}&dec={dec}")
    assert (
        portal.url(object_id="x", candid=1, ra=210.12345678, dec=-1e-9)
        == "https://sky.org/?ra=210.123457&dec=-0.000000"
    )
