"""Networks and the baseline PCA: stamps in, vectors out. Nothing here opens a catalogue."""
