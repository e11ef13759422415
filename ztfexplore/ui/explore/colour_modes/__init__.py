"""One file per colour mode; each registers itself. `ztfexplore.ui.explore.colour_mode.COLOURS` looks them up."""
