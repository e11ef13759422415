"""Values that cannot be are refused by name, whatever the source; everything else stays as it is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fits import fits_bytes
from tests.support.packets import alert, archive, avro, fink, packet
from ztfexplore.alerts.alert import Alert, Detection, Reason, Reject
from ztfexplore.alerts.sanity import FIRST_MJD, LAST_MJD, LONGEST_ID, checked
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.catalogue.uploads import Staged, read_uploads
from ztfexplore.sources import read_sources

IMPOSSIBLE = [
    ({"ra": 1e308}, "ra is 1e+308"),
    ({"ra": -0.001}, "ra is -0.001"),
    ({"dec": -1e9}, "dec is -1000000000"),
    ({"dec": 90.5}, "dec is 90.5"),
    ({"ra": math.nan}, "ra is nan"),
    ({"mjd": 1e300}, "mjd is 1e+300"),
    ({"mjd": FIRST_MJD - 1}, "mjd is 47891"),
    ({"magnitude": 40.5}, "magnitude is 40.5"),
    ({"magnitude": -31.0}, "magnitude is -31"),
    ({"object_id": "x" * 100_000}, "100,000 characters, more than 200"),
    ({"object_id": "a\nb"}, r"object_id is 'a\nb'"),
    ({"object_id": "a\x1b[31m"}, r"'a\x1b[31m', which holds control characters"),
    ({"object_id": ""}, "object_id is empty"),
]


@pytest.mark.parametrize(("changes", "said"), IMPOSSIBLE, ids=lambda value: str(value)[:30])
def test_what_cannot_be_is_refused_with_the_field_and_the_value(changes, said):
    found = checked(alert(7, **changes))
    assert isinstance(found, Reject)
    assert (found.reason, found.candid, found.source) == (Reason.IMPOSSIBLE, 7, "memory")
    assert said in found.message and len(found.message) < 300 and found.message.isprintable()


@given(
    ra=st.none() | st.floats(0, 360),
    dec=st.none() | st.floats(-90, 90),
    mjd=st.none() | st.floats(FIRST_MJD, LAST_MJD),
    magnitude=st.none() | st.floats(-30, 40),
    object_id=st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=1, max_size=LONGEST_ID),
)
def test_what_can_be_stays_as_it_is(ra, dec, mjd, magnitude, object_id):
    given_alert = alert(7, ra=ra, dec=dec, mjd=mjd, magnitude=magnitude, object_id=object_id)
    assert checked(given_alert) is given_alert


def test_the_limits_are_1990_and_2100():
    assert Time(FIRST_MJD, format="mjd").iso.startswith("1990-01-01 00:00")
    assert Time(LAST_MJD, format="mjd").iso.startswith("2100-01-01 00:00")


def test_impossible_points_of_a_history_are_left_out_and_the_alert_is_kept():
    good = Detection(59000.0, "r", 19.0, 0.1)
    bad = [Detection(1e300, "r", 19.0), Detection(59001.0, "r", 1e9), Detection(59001.0, "r", limit=-99.0)]
    found = checked(alert(7, history=(good, *bad)))
    assert isinstance(found, Alert) and found.history == (good,)


def test_a_reject_passes_unchanged():
    reject = Reject("file", Reason.EMPTY)
    assert checked(reject) is reject


def test_every_source_is_checked(tmp_path):
    bad = packet(1, dec=-1e9)
    (tmp_path / "a.avro").write_bytes(avro(bad))
    archive(tmp_path / "b.tar.gz", {"b.avro": avro(packet(2, ra=1e308))})
    fink(tmp_path / "c.parquet", [packet(3, "x" * 201), packet(4)])
    found = list(read_sources([tmp_path]))
    assert {item.candid: isinstance(item, Alert) for item in found} == {1: False, 2: False, 3: False, 4: True}
    assert all(item.reason == Reason.IMPOSSIBLE for item in found if isinstance(item, Reject))


def test_an_image_of_another_century_is_refused_by_its_date(tmp_path):
    path = tmp_path / "plate.fits"
    path.write_bytes(fits_bytes(np.ones((21, 21), "f4"), DATE_OBS="1953-05-05"))
    for items in (read_sources([path]), read_uploads([Staged(path, "plate.fits")])):
        (found,) = items
        assert isinstance(found, Reject) and "mjd is 34502" in found.message and found.object_id == "plate"


def test_an_ingest_checks_alerts_that_come_from_no_file(catalogue):
    report, (reject,) = ingest([alert(1), alert(2, magnitude=99.0)], catalogue)
    assert (report.accepted, report.rejected, report.reasons) == (1, 1, {"impossible value": 1})
    assert reject.message == "impossible value: magnitude is 99, not between -30 and 40 mag"
