"""Plain FITS cutouts: any number of channels and any size come in, whatever is damaged is named, nothing raises."""

from __future__ import annotations

import bz2
import gzip
import io
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.support.fits import WORLD, compressed_image, fits_bytes
from tests.support.packets import archive, avro, packet
from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.overview.export import export
from ztfexplore.sources import fits_folder, read_sources

STAR = np.random.default_rng(0).normal(100, 5, (20, 24)).astype(np.float32)


def from_bytes(data: bytes, name: str = "cutout.fits") -> Alert:
    (item,) = fits_folder.read_bytes(data, name)
    assert isinstance(item, Alert), item
    return item


def refused(data: bytes, name: str = "night/cutout.fits") -> Reject:
    (item,) = fits_folder.read_bytes(data, name)
    assert isinstance(item, Reject)
    assert item.source == name and item.object_id == "cutout"
    assert "\n" not in item.message and "Traceback" not in item.message
    return item


def read(*paths: Path, **options) -> tuple[list[Alert], list[Reject]]:
    items = list(read_sources(paths, **options))
    return [i for i in items if isinstance(i, Alert)], [i for i in items if isinstance(i, Reject)]


# --- pixels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("images", "shape"),
    (
        ((STAR,), (1, 20, 24)),
        ((np.stack([STAR] * 5),), (5, 20, 24)),
        ((STAR, STAR + 1, STAR + 2), (3, 20, 24)),
        ((None, STAR), (1, 20, 24)),
        ((np.stack([STAR] * 2), STAR), (3, 20, 24)),
        ((STAR.astype(np.int16),), (1, 20, 24)),
        ((STAR.astype(np.float64),), (1, 20, 24)),
    ),
    ids=("2-D", "3-D", "an HDU a channel", "empty primary", "mixed", "integers", "doubles"),
)
def test_whatever_images_a_file_holds_become_channels(images, shape):
    stamp = from_bytes(fits_bytes(*images)).stamp
    assert stamp.shape == shape and stamp.dtype == np.float32
    first = next(image for image in images if image is not None)
    np.testing.assert_array_equal(stamp[0], (first if first.ndim == 2 else first[0]).astype(np.float32))


def test_channels_keep_the_order_of_the_hdus():
    stamp = from_bytes(fits_bytes(STAR, STAR + 1, STAR + 2)).stamp
    assert [float((channel - STAR).mean().round()) for channel in stamp] == [0, 1, 2]


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 6), st.integers(1, 30), st.integers(1, 30)),
        elements=st.floats(-1e6, 1e6, width=32),
    )
)
def test_pixels_come_back_as_they_were_written(image):
    np.testing.assert_array_equal(from_bytes(fits_bytes(image)).stamp, image)


def test_scaled_integers_are_counts():
    hdu = fits.PrimaryHDU(np.arange(12, dtype=np.int16).reshape(3, 4))
    hdu.header["BSCALE"], hdu.header["BZERO"] = 0.5, 10.0
    file = io.BytesIO()
    hdu.writeto(file)
    np.testing.assert_allclose(from_bytes(file.getvalue()).stamp.ravel(), 10 + 0.5 * np.arange(12))


def test_a_compressed_image_is_an_image():
    image = np.arange(400, dtype=np.int16).reshape(20, 20)
    np.testing.assert_array_equal(from_bytes(compressed_image(image)).stamp[0], image)


def test_missing_pixels_stay_missing_but_a_stamp_of_them_is_none():
    holed = STAR.copy()
    holed[:4] = np.nan
    assert np.isnan(from_bytes(fits_bytes(holed)).stamp[0, :4]).all()
    assert refused(fits_bytes(np.full((9, 9), np.nan, np.float32))).reason == Reason.BLANK_CUTOUT
    assert refused(fits_bytes(np.full((9, 9), 3.4e38, np.float32))).reason == Reason.BLANK_CUTOUT


# --- damage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason", "sizes"),
    (
        (b"", Reason.UNKNOWN_FORMAT, ""),
        (b"not FITS at all", Reason.UNKNOWN_FORMAT, ""),
        (fits_bytes(None), Reason.NO_CUTOUT, ""),
        (fits_bytes(np.arange(50, dtype=np.float32)), Reason.NO_CUTOUT, "50"),
        (fits_bytes(np.zeros((2, 2, 4, 4), np.float32)), Reason.NO_CUTOUT, "2x2x4x4"),
        (fits_bytes(STAR, STAR[:10]), Reason.WRONG_SIZE, "20x24, 10x24"),
        (fits_bytes(np.zeros((200, 4, 4), np.float32)), Reason.WRONG_SIZE, "200"),
        (gzip.compress(fits_bytes(STAR))[:-40], Reason.DAMAGED_CUTOUT, ""),
        (gzip.compress(bytes(fits_folder.LARGEST_FILE + 1)), Reason.WRONG_SIZE, ""),
        (compressed_image(np.zeros((2100, 2100), np.int16)), Reason.WRONG_SIZE, "2100x2100"),
    ),
    ids=("empty", "no FITS", "no image", "1-D", "4-D", "mismatch", "channels last", "cut gzip", "bomb", "fpack bomb"),
)
def test_what_is_no_cutout_says_why_and_how_large_it_is(data, reason, sizes):
    reject = refused(data)
    assert reject.reason == reason
    assert sizes in reject.detail


@pytest.mark.parametrize("cut", (100, 2000, 2880, 2881, 4000, 2880 + STAR.nbytes - 1))
def test_a_file_that_was_cut_off_is_no_image(cut):
    assert refused(fits_bytes(STAR)[:cut]).reason in (Reason.DAMAGED_CUTOUT, Reason.UNKNOWN_FORMAT)


@pytest.mark.parametrize("cut", (100, 2000, 2880, 2881, 4000, 2880 + STAR.nbytes - 1))
def test_a_file_that_was_cut_off_in_a_later_image_is_not_taken_for_one_of_fewer_channels(cut):
    first = len(fits_bytes(STAR))
    assert refused(fits_bytes(STAR, STAR + 1)[: first + cut]).reason == Reason.DAMAGED_CUTOUT


def test_missing_padding_is_no_damage():
    whole = fits_bytes(STAR)
    assert from_bytes(whole[: 2880 + STAR.nbytes]).stamp.shape == (1, 20, 24)
    assert from_bytes(whole + bytes(2880)).stamp.shape == (1, 20, 24)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bits_never_raise(data):
    damaged = bytearray(fits_bytes(STAR, STAR + 1, FILTER="r", RA=10.0, DEC=5.0))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (item,) = fits_folder.read_bytes(bytes(damaged), "a.fits")
    assert isinstance(item, Alert | Reject)
    if isinstance(item, Alert):
        assert item.stamp.ndim == 3


def test_damage_says_nothing_on_the_screen_by_itself():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refused(fits_bytes(STAR)[:4000])


# --- who it is ------------------------------------------------------------------------------------------------------


def test_the_candid_is_positive_and_follows_from_name_and_content():
    one = from_bytes(fits_bytes(STAR), "somewhere/a.fits")
    assert 0 < one.candid < 2**63
    assert from_bytes(fits_bytes(STAR), "elsewhere/a.fits").candid == one.candid
    assert from_bytes(gzip.compress(fits_bytes(STAR)), "night.tar:x/a.fits.gz").candid == one.candid
    others = {from_bytes(fits_bytes(STAR), "b.fits").candid, from_bytes(fits_bytes(STAR + 1), "a.fits").candid}
    assert len(others | {one.candid}) == 3


@pytest.mark.parametrize(
    ("name", "object_id"),
    (
        ("x/M31.fits", "M31"),
        ("M31.v2.FITS.gz", "M31.v2"),
        ("night.tar.gz:deep/M31.fit", "M31"),
        ("two\nlines.fits", "two\\nlines"),
        ("bad\udcff.fits", "bad\\udcff"),
        ("no ending", "no ending"),
    ),
)
def test_the_object_is_named_after_the_file_in_one_printable_line(name, object_id):
    found = from_bytes(fits_bytes(STAR), name)
    assert found.object_id == object_id
    assert found.object_id.isprintable() and found.source.encode()


# --- header ---------------------------------------------------------------------------------------------------------


def test_the_position_is_that_of_the_central_pixel():
    found = from_bytes(fits_bytes(STAR, **WORLD, RA="10:00:00", DEC="+40:00:00"))
    assert (found.ra, found.dec) == pytest.approx((150.0, 2.0), abs=1e-9)
    assert found.candidate["pixel_scale"] == pytest.approx(0.36)
    assert from_bytes(fits_bytes(np.stack([STAR] * 3), **WORLD)).ra == pytest.approx(150.0)


@pytest.mark.parametrize(
    ("cards", "expected"),
    (
        ({"RA": 210.5, "DEC": -12.25}, (210.5, -12.25)),
        ({"RA": "14:02:00.0", "DEC": "-12:15:00"}, (210.5, -12.25)),
        ({"RA": "210.5", "DEC": "-12.25"}, (210.5, -12.25)),
        ({"RA": 400.0, "DEC": 0.0}, (None, None)),
        ({"RA": "somewhere", "DEC": 0.0}, (None, None)),
        ({"RA": 10.0}, (None, None)),
        ({}, (None, None)),
    ),
)
def test_without_world_coordinates_ra_and_dec_are_read(cards, expected):
    found = from_bytes(fits_bytes(STAR, **cards))
    assert (found.ra, found.dec) == (pytest.approx(expected) if None not in expected else expected)


@pytest.mark.parametrize(
    ("cards", "mjd"),
    (
        ({"MJD_OBS": 58738.5}, 58738.5),
        ({"OBSJD": 2458739.0}, 58738.5),
        ({"DATE_OBS": "2019-09-12T12:00:00"}, 58738.5),
        ({"DATE_OBS": "yesterday"}, None),
        ({"MJD_OBS": 1e12}, None),
        ({"MJD_OBS": "soon"}, None),
        ({}, None),
    ),
)
def test_the_date_is_read_where_there_is_one(cards, mjd):
    assert from_bytes(fits_bytes(STAR, **cards)).mjd == (None if mjd is None else pytest.approx(mjd))


def test_the_band_and_every_card_are_kept():
    found = from_bytes(fits_bytes(None, STAR, FILTER="ZTF_r ", EXPTIME=30.0, COADDED=True))
    assert found.band == "ZTF_r"
    assert found.candidate["EXPTIME"] == 30.0 and found.candidate["COADDED"] is True
    assert from_bytes(fits_bytes(STAR)).band is None


# --- files, folders, archives ---------------------------------------------------------------------------------------


def test_a_folder_of_every_kind_with_damage_between(tmp_path):
    good = {"a.fits": fits_bytes(STAR), "b.fits.gz": gzip.compress(fits_bytes(STAR)), "c.fit": fits_bytes(STAR + 1)}
    good |= {"d.fits.bz2": bz2.compress(fits_bytes(STAR)), "e.dat": fits_bytes(STAR + 2)}
    bad = {"f.fits": b"", "g.fits": b"hello", "h.fits.gz": gzip.compress(fits_bytes(STAR))[:200], "i.txt": b"notes"}
    for name, data in {**good, **bad}.items():
        (tmp_path / name).write_bytes(data)
    alerts, rejects = read(tmp_path)
    assert [alert.object_id for alert in alerts] == ["a", "b", "c", "d", "e.dat"]
    assert [Path(reject.source).name for reject in rejects] == list(bad)


@pytest.mark.parametrize("format", ("auto", "fits"))
def test_an_archive_holds_one_file_a_member(tmp_path, format):
    members = {"x/1.fits": fits_bytes(STAR), "x/2.fits.gz": gzip.compress(fits_bytes(STAR)), "x/3.fits": b"hello"}
    alerts, (reject,) = read(archive(tmp_path / "a.tar.gz", members), format=format)
    assert [alert.object_id for alert in alerts] == ["1", "2"]
    assert reject.source.endswith("a.tar.gz:x/3.fits")


def test_an_archive_may_mix_packets_and_images_unless_a_format_is_asked_for(tmp_path):
    path = archive(tmp_path / "a.tar", {"1.avro": avro(packet(1)), "2.fits": fits_bytes(STAR)}, "w")
    alerts, rejects = read(path)
    assert [alert.survey for alert in alerts] == ["ztf", "fits"] and rejects == []
    for format, survey in (("ztf", "ztf"), ("fits", "fits")):
        (alert,), (reject,) = read(path, format=format)
        assert alert.survey == survey and reject.reason == Reason.UNKNOWN_FORMAT


def test_only_fits_comes_in_where_only_fits_is_asked_for(tmp_path):
    (tmp_path / "1.avro").write_bytes(avro(packet(1)))
    (tmp_path / "2.fits").write_bytes(fits_bytes(STAR))
    (alert,), (reject,) = read(tmp_path, format="fits")
    assert alert.object_id == "2" and reject.reason == Reason.UNKNOWN_FORMAT


def test_a_file_too_large_is_not_read(tmp_path):
    path = tmp_path / "mosaic.fits"
    with path.open("wb") as file:
        file.write(fits_bytes(STAR))
        file.truncate(fits_folder.LARGEST_FILE + 1)
    _, (reject,) = read(path)
    assert reject.reason == Reason.WRONG_SIZE


def test_stamps_of_any_shape_share_a_catalogue_and_come_out_again(tmp_path):
    shapes = ((1, 20, 20), (4, 9, 31), (3, 63, 63))
    rng = np.random.default_rng(1)
    images = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    for number, image in enumerate(images):
        (tmp_path / f"{number}.fits").write_bytes(fits_bytes(image))
    catalogue = Catalogue.create(tmp_path / "catalogue")
    sources = sorted(tmp_path.glob("*.fits"))
    report, _ = ingest(read_sources(sources), catalogue)
    assert report.accepted == 3
    for image, stamp in zip(images, catalogue.stamps([0, 1, 2]), strict=True):
        np.testing.assert_array_equal(stamp, image)
    assert ingest(read_sources(sources), catalogue)[0].duplicates == 3
    assert export(catalogue, tmp_path / "table.csv") == 3
    assert catalogue.frame()["ra"].isna().all() and catalogue.frame()["mjd"].isna().all()


# --- the real ones --------------------------------------------------------------------------------------------------


@pytest.mark.real_data
def test_real_cutouts_come_in_with_their_coordinates(shared_data, tmp_path):
    folder = shared_data / "fits_star_galaxy"
    (tmp_path / "damaged").mkdir()
    whole = (folder / "star_1.fits").read_bytes()
    (tmp_path / "damaged" / "cut.fits").write_bytes(whole[: len(whole) // 2])
    shutil.copy(folder / "star_1.fits", tmp_path / "damaged" / "star_1.fits")  # the same file again
    alerts, (reject,) = read(folder, tmp_path / "damaged", format="fits")
    assert len(alerts) == 201 and "cut.fits" in reject.source
    assert len({alert.candid for alert in alerts}) == 200
    assert {alert.object_id.split("_")[0] for alert in alerts} == {"star", "galaxy"}
    assert {alert.stamp.shape for alert in alerts} == {(1, 20, 20)}
    assert all(alert.band.startswith("ZTF_") and 58000 < alert.mjd < 60000 for alert in alerts)
    assert all(alert.candidate["pixel_scale"] == pytest.approx(1.012, abs=0.01) for alert in alerts)
    # Many share an exposure: the telescope's pointing is one position, theirs are as many as there are files.
    assert len({(alert.ra, alert.dec) for alert in alerts}) == 200
