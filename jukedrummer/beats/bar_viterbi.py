"""Viterbi decoding of madmom's bars, with little memory.

madmom stores the previous state of every state in every frame: 61 kB a frame in 4/4, 22 GB an hour.
But within a beat, the states of a tempo have a fixed order, one a frame. A path has a choice only
at the start of a beat: the tempo of the beat before. This module stores these choices only, in 240
bytes a frame. The result is the same.

Letters beyond the package's: S states of a bar, P beats (positions) of a bar, I tempi, as
intervals.
"""

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from tqdm import tqdm


class BarViterbi:
    """The hidden Markov model of one meter, for madmom's `DBNDownBeatTrackingProcessor`.

    Args:
        hmm: madmom's `HiddenMarkovModel` of a `BarTransitionModel`.

    Attributes:
        transition_model: madmom's.
        observation_model: madmom's.
    """

    def __init__(self, hmm: Any) -> None:
        self.transition_model = hmm.transition_model
        self.observation_model = hmm.observation_model
        model, space = self.transition_model, self.transition_model.state_space
        self._initial = np.log(hmm.initial_distribution)
        self._density_of = hmm.observation_model.pointers.astype(np.intp)
        self._first = np.stack(space.first_states)  # (P, I)
        # The last states of the beat before. From each there is a transition to each first state.
        self._before = np.roll(np.stack(space.last_states), 1, axis=0)  # (P, I)
        matrix = csr_matrix((model.probabilities, model.states, model.pointers))
        with np.errstate(divide="ignore"):  # impossible transitions
            self._transitions = np.log(
                [
                    matrix[to][:, of].toarray()
                    for to, of in zip(self._first, self._before, strict=True)
                ]
            )  # (P, I to, I from)

    def viterbi(self, observations: np.ndarray) -> tuple[np.ndarray, float]:
        """The most probable path, bit-identical to that of madmom's `HiddenMarkovModel.viterbi`.

        Args:
            observations: (T, 2), T > 0: probabilities of beat and downbeat, each above 0, their sum
                below 1.

        Returns:
            (T,) uint32 states, and the path's log probability.
        """
        scores, choices = self.forward(self.observation_model.log_densities(observations))
        last = int(scores.argmax())
        return self._trace(choices, last), float(scores[last])

    def forward(self, densities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Score all paths.

        Args:
            densities: (T, 3) log densities.

        Returns:
            Scores (S,) after the last frame, and choices (T, P, I): the best tempo before each
            start of a beat.
        """
        choices = np.empty(
            (len(densities), *self._first.shape), np.min_scalar_type(self._first.shape[1])
        )
        scores, following = self._initial.copy(), np.empty_like(self._initial)
        entries = np.empty_like(self._transitions)
        rows = np.arange(self._first.size).reshape(self._first.shape) * self._first.shape[1]
        density_of_first = self._density_of[self._first[:, 0]]
        frames = zip(densities, choices, strict=True)
        label = f"bars of {len(self._first)}"
        for density, choice in tqdm(
            frames, label, len(choices), unit="frame", delay=2, leave=False
        ):
            # The sums have madmom's order, so that rounding breaks ties in the same way.
            np.add(scores[self._before][:, None], self._transitions, out=entries)
            entries += density[density_of_first][:, None, None]
            best = entries.argmax(axis=2)
            choice[:] = best
            np.take(density, self._density_of, out=following, mode="clip")  # "raise" would copy
            following[1:] += scores[:-1]
            following[self._first] = entries.take(rows + best)
            scores, following = following, scores
        return scores, choices

    def _trace(self, choices: np.ndarray, state: int) -> np.ndarray:
        """Follow the choices (T, P, I) back from the last state, beat by beat: (T,) uint32."""
        path = np.empty(len(choices), dtype=np.uint32)
        first, before = self._first.ravel(), self._before
        end = len(path)
        while end:
            beat = int(np.searchsorted(first, state, side="right")) - 1
            start = max(0, end - 1 - (state - int(first[beat])))
            path[start:end] = np.arange(state + 1 - (end - start), state + 1)
            position, tempo = divmod(beat, before.shape[1])
            state = int(before[position, choices[start, position, tempo]])
            end = start
        return path
