"""No beat information."""

from jukedrummer.beats.representations import Representation

REPRESENTATION = Representation("no beat information")
