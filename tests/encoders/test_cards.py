"""What encoders say of themselves: the stamps they fit, the order they are offered in; a damaged card is left out."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.places import ROOT
from ztfexplore.encoders import cards
from ztfexplore.encoders.cards import CARD_FILE, PCA, RANDOM, Fits

CARD = {
    "name": "mine",
    "method": "simclr",
    "weights_sha256": "a" * 64,
    "encoder": {"channels": 1, "crop": 27},
    "trained_on": {"surveys": ["atlas"]},
}


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder of shipped encoders of a test's own; returns what writes a card into it."""
    monkeypatch.setattr(cards, "MODELS", tmp_path)

    def write(name: str, content: object) -> None:
        (tmp_path / name).mkdir()
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / name / CARD_FILE).write_text(text)

    return write


def test_encoders_to_begin_with_are_those_made_for_the_stamps():
    for surveys in (["ztf"], ["simulated"], []):
        assert cards.made_for(surveys) == ["simclr", "s-simclr"]
    assert cards.made_for(["hubble"]) == ["galaxies-simsiam", PCA]
    assert cards.made_for(["fits"]) == [PCA]


@given(st.permutations(["simclr", PCA, RANDOM, "galaxies-simsiam", "aaa", "zzz"]))
def test_those_that_fit_come_by_their_cards_then_strangers_by_name_and_those_for_other_stamps_last(names):
    strangers = ["aaa", "zzz"]
    assert cards.in_order(names, ["ztf"]) == ["simclr", PCA, *strangers, RANDOM, "galaxies-simsiam"]
    assert cards.in_order(names, ["hubble"]) == ["galaxies-simsiam", PCA, *strangers, RANDOM, "simclr"]
    assert cards.in_order(names, []) == ["simclr", "galaxies-simsiam", PCA, *strangers, RANDOM]


def test_a_card_says_how_an_encoder_is_shown_and_an_older_one_fits_what_it_was_trained_on(models):
    models("mine", CARD)
    models(
        "new", {**CARD, "title": "New", "learned": "learned it", "order": 5, "fits": {"surveys": ["b"], "channels": 4}}
    )
    older, newer = cards.known()["mine"], cards.known()["new"]
    assert (older.title, older.learned) == ("mine", "learned by simclr")
    assert older.fits == Fits(("atlas",), channels=1, min_size=27)
    assert newer.fits == Fits(("b",), channels=4, min_size=27) and (newer.title, newer.learned) == ("New", "learned it")
    assert list(cards.known()) == ["new", PCA, RANDOM, "mine"], "by their order; one without comes last"
    assert cards.made_for(["b"]) == ["new", PCA] and cards.weights_of("mine") == "a" * 64


@pytest.mark.parametrize("content", ("", "{", "[]", "4", "{}", '{"weights_sha256": 1, "trained_on": []}'))
def test_a_damaged_card_costs_only_its_own_encoder(models, content):
    models("good", CARD)
    models("spoilt", content)
    assert [card.name for card in cards.shipped()] == ["good"]


def test_a_card_that_is_written_again_is_read_again(models, tmp_path):
    models("mine", CARD)
    assert cards.weights_of("mine") == "a" * 64
    (tmp_path / "mine" / CARD_FILE).write_text(json.dumps({**CARD, "weights_sha256": "b" * 64}))
    os.utime(tmp_path / "mine" / CARD_FILE, ns=(1, 1))  # another time, however coarse the clock of the disk
    assert cards.weights_of("mine") == "b" * 64


def test_without_models_there_are_the_baselines(monkeypatch, tmp_path):
    monkeypatch.setattr(cards, "MODELS", tmp_path / "none")
    assert list(cards.known()) == [PCA, RANDOM] and cards.weights_of("simclr") is None


def test_who_fits_what():
    assert cards.fits("simclr", ["ztf"]) and not cards.fits("simclr", ["hubble"])
    assert cards.fits("simclr", ["hubble", "ztf"]), "a catalogue of both has stamps for it"
    assert cards.fits(PCA, ["anything"]) and cards.fits("one's own", ["anything"])


def test_a_list_of_encoders_does_not_wait_for_torch():
    code = "import sys\nfrom ztfexplore.encoders import cards\ncards.known()\nsys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
