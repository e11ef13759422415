"""One file a method; each registers itself. `ztfexplore.training.config.METHODS` looks them up."""
