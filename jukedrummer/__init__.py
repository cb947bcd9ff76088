"""JukeDrummer: generates a drum track for a recording without drums.

Shapes in docstrings use one letter set throughout the package:

    B  batch            N  samples of a waveform (44,100 a second)
    F  mel bands        M  mel frames (172.27 a second: hop 256)
    L  codes            T  tracker frames (100 a second)
    K  codebook size    D  width of a vector
"""

__version__ = "0.2.0"
