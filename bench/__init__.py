"""Side-by-side measurements: `python -m bench` prints one JSON object."""
