"""One file per colour mode; each registers itself. `ztfexplore.ui.explore.colour_mode.COLOURS` finds them."""
