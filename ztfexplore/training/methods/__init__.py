"""One file per method; each registers itself. `ztfexplore.training.config.METHODS` finds them."""
