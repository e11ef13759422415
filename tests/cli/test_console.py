"""What commands print: JSON alone on stdout, messages without control characters on stderr, keys of alerts."""

from __future__ import annotations

import json

import click
import pytest

from ztfexplore.cli import console


def test_a_report_is_one_json_object_or_a_line_for_each_key(capsys):
    result = {"accepted": 2, "reasons": {"blank cutout": 1}}
    console.report(result, as_json=True)
    assert json.loads(capsys.readouterr().out) == result
    console.report(result, as_json=False)
    assert capsys.readouterr().out.splitlines() == ["accepted: 2", 'reasons: {"blank cutout": 1}']


def test_control_characters_from_outside_are_shown_and_not_obeyed(capsys):
    console.say("rejected \x1b[2Jnight\r\n.avro")
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == "rejected \\x1b[2Jnight\\r\\n.avro\n"


def test_a_key_is_a_candid_or_has_its_survey():
    kind = console.AlertKey()
    assert kind.convert("2481523242515015006", None, None) == 2481523242515015006
    assert kind.convert("ztf:-12", None, None) == ("ztf", -12)
    with pytest.raises(click.BadParameter, match=r"1\.5"):
        kind.convert("1.5", None, None)
