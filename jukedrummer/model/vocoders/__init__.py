"""The vocoders, log-mel to waveform. Each file has the settings and the network of one."""

from torch import nn


class Vocoder(nn.Module):
    """A network from log10 mels (B, F, M) to waveforms (B, N), N = M * hop.

    Attributes:
        margin: number of mel frames on either side of a frame that affect its samples. With this
            margin, `in_chunks` gives the same result as the whole piece.
    """

    margin: int
