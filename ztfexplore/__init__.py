"""ztfexplore: see what contrastive encoders learned from astronomical alerts."""

__version__ = "0.1.0"
