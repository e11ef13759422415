"""python -m ztfexplore."""

from ztfexplore.cli import main

if __name__ == "__main__":
    main(prog_name="ztfexplore")
