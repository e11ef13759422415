"""Who shows no progress is told nothing: on stdout or stderr it would spoil what a script reads."""

from __future__ import annotations

import pytest

from ztfexplore import progress
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.encoders.config import EncoderConfig
from ztfexplore.encoders.encoder import random_encoder
from ztfexplore.sources import read_sources


@pytest.mark.parametrize(
    ("call", "given"), ((progress.no_step, ("half", 0.5)), (progress.no_count, (3,)), (progress.no_text, ("half",)))
)
def test_nobody_is_told_anything(call, given, capfd):
    assert call(*given) is None
    assert capfd.readouterr() == ("", "")


def test_the_library_is_silent_unless_asked(three_parts, tmp_path, capfd):
    (tmp_path / "note.txt").write_text("no alert")
    list(read_sources([tmp_path / "note.txt"]))
    embedding.embed(Catalogue.open(three_parts.path), random_encoder(EncoderConfig(widths=(4, 8))))
    assert capfd.readouterr() == ("", "")
