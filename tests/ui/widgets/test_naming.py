"""What encoders are called: by their cards, by their method, by themselves."""

from __future__ import annotations

import pytest

from ztfexplore.ui.widgets.naming import learned, title


@pytest.mark.parametrize(
    ("name", "shown"),
    (
        ("simclr", "SimCLR"),
        ("s-simclr", "S-SimCLR"),
        ("galaxies-simsiam", "SimSiam (galaxies)"),
        ("pca", "PCA of the pixels"),
        ("random", "random weights"),
        ("s-simclr-0a1b2c3d", "S-SimCLR 0a1b2c3d"),
        ("galaxies-simsiam-0a1b2c3d", "SimSiam (galaxies) 0a1b2c3d"),
        ("other-0a1b2c3d", "other-0a1b2c3d"),
        ("simclr-mine", "simclr-mine"),
    ),
)
def test_titles(name, shown):
    assert title(name) == shown


def test_how_an_encoder_learned_is_what_its_card_or_its_method_says():
    assert learned("simclr") == learned("simclr-0a1b2c3d") == "*SimCLR* learned without labels"
    assert learned("galaxies-simsiam") == (
        "*SimSiam (galaxies)* learned from galaxies, without labels and without negatives"
    )
    assert "baseline" in learned("pca") and "baseline" in learned("random")
    assert learned("other-0a1b2c3d") == ""
