"""All styles."""

from jukedrummer.corpus.second_composer.styles_blues import BLUES
from jukedrummer.corpus.second_composer.styles_dance import DANCE
from jukedrummer.corpus.second_composer.styles_produced import PRODUCED
from jukedrummer.corpus.second_composer.styles_rock import ROCK
from jukedrummer.corpus.second_composer.styles_soul import SOUL
from jukedrummer.corpus.second_composer.styles_world import WORLD

STYLE_SHEETS = (*PRODUCED, *BLUES, *DANCE, *ROCK, *SOUL, *WORLD)
