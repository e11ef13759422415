"""S-SimCLR, supervised SimCLR (SupCon): stamps of one class attract each other as views of one stamp do."""

from __future__ import annotations

from typing import ClassVar

from ztfexplore.training.config import METHODS
from ztfexplore.training.methods.simclr import SimCLR


class SSimCLR(SimCLR):
    """Khosla et al. 2020, equation 2 (the sum outside the logarithm)."""

    name = "s-simclr"
    title = "S-SimCLR"
    paper = "Khosla et al. 2020, arXiv:2004.11362"
    learned = "learned with labels"
    uses_labels = True
    values: ClassVar = {"simulated": 12_000, "epochs": 12, "temperature": 0.1}


METHODS.register(SSimCLR(), order=20)
