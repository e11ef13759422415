"""What an alert and a reject say of themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ztfexplore.alerts.alert import Reason, Reject, printable

TEXTS = st.text(st.characters(exclude_categories=()))  # lone surrogates too: bytes of a file's name that are not UTF-8


@given(TEXTS)
def test_printable_text_can_be_stored_and_good_text_is_left_alone(text):
    kept = printable(text)
    kept.encode("utf-8")
    if all(not 0xD800 <= ord(c) <= 0xDFFF for c in text):
        assert kept == text


def test_bytes_of_a_name_that_are_not_utf_8_stay_legible():
    assert printable("night\udcff.avro") == "night\\udcff.avro"


@given(st.sampled_from(Reason), st.text())
def test_a_reject_is_told_in_one_line_that_begins_with_its_reason(reason, detail):
    message = Reject("night.tar:1.avro", reason, detail).message
    assert message.startswith(reason) and len(message.splitlines()) == 1
    assert all(word in message for word in detail.split())


@pytest.mark.parametrize("detail", ("", " \n\t"))
def test_without_a_detail_the_reason_stands_alone(detail):
    assert Reject("a", Reason.BLANK_CUTOUT, detail).message == Reason.BLANK_CUTOUT
