"""A packet's cutout: an image to the last pixel, or a reason; never more memory than an image takes."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from tests.support.fits import fits_bytes
from ztfexplore.sources.cutout import LARGEST_CUTOUT, CutoutError, read_cutout

IMAGE = np.random.default_rng(0).normal(size=(63, 60)).astype(np.float32)


@pytest.mark.parametrize("pack", (bytes, gzip.compress), ids=("plain", "gzip"))
def test_the_image_comes_back_in_native_byte_order(pack):
    found = read_cutout(pack(fits_bytes(IMAGE)))
    assert found.dtype == np.float32 and found.dtype.isnative
    np.testing.assert_array_equal(found, IMAGE)


def test_values_beyond_float32_are_infinite():
    assert np.isinf(read_cutout(fits_bytes(np.full((4, 4), 1e300)))).all()


BAD = {
    "nothing": b"",
    "text": "SIMPLE",
    "a picture": b"\xff\xd8\xff",
    "half a gzip": gzip.compress(fits_bytes(IMAGE))[:200],
    "a cube": fits_bytes(np.zeros((2, 3, 4), np.float32)),
    "no image": fits_bytes(None),
    "a bomb": gzip.compress(b"\0" * (LARGEST_CUTOUT + 1)),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_anything_else_is_refused_in_one_line(data):
    with pytest.raises(CutoutError) as error:
        read_cutout(data)
    assert str(error.value) and "\n" not in str(error.value)
