"""A family of metrics as a user would add it: a file in the folder of metrics."""

from jukedrummer.evaluation.metrics import Metric

METRICS = (
    Metric("toy", "Toy loudness", "peak", None, 3, "the loudest sample", lambda t: t.audio.max()),
)
