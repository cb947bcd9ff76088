"""The Viterbi decoding of madmom's bars, in the memory that it needs.

madmom keeps the state before every state of every frame: 61 kB a frame in 4/4, 22 GB an hour. But
a beat, once begun, runs through the states of its tempo one a frame; only where a beat begins is there a
choice, that of the tempo before. Kept for these alone it takes 240 bytes a frame, with the same result.

Letters beyond the package's: S states of a bar, P beats (positions) of a bar, I tempi, as intervals.
"""

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from tqdm import tqdm


class BarViterbi:
    """One meter's hidden Markov model; what madmom's `DBNDownBeatTrackingProcessor` needs of one.

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
        # The last states of the beat before: from each leads a way to each first state of this one.
        self._before = np.roll(np.stack(space.last_states), 1, axis=0)  # (P, I)
        ways = csr_matrix((model.probabilities, model.states, model.pointers))
        with np.errstate(divide="ignore"):  # ways that there are not
            self._ways = np.log(
                [
                    ways[to][:, of].toarray()
                    for to, of in zip(self._first, self._before, strict=True)
                ]
            )  # (P, I to, I from)

    def viterbi(self, observations: np.ndarray) -> tuple[np.ndarray, float]:
        """The likeliest path; bit by bit what madmom's `HiddenMarkovModel.viterbi` returns.

        Args:
            observations: (T, 2), T > 0: probabilities of beat and downbeat, each above 0, their sum below 1.

        Returns:
            (T,) uint32 states, and the path's log probability.
        """
        scores, choices = self._forward(self.observation_model.log_densities(observations))
        last = int(scores.argmax())
        return self._trace(choices, last), float(scores[last])

    def _forward(self, densities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log densities (T, 3) to the scores (S,) after the last frame and the tempi before (T, P, I)."""
        choices = np.empty(
            (len(densities), *self._first.shape), np.min_scalar_type(self._first.shape[1])
        )
        scores, following = self._initial.copy(), np.empty_like(self._initial)
        entries = np.empty_like(self._ways)
        rows = np.arange(self._first.size).reshape(self._first.shape) * self._first.shape[1]
        density_of_first = self._density_of[self._first[:, 0]]
        frames = zip(densities, choices, strict=True)
        label = f"bars of {len(self._first)}"
        for density, choice in tqdm(
            frames, label, len(choices), unit="frame", delay=2, leave=False
        ):
            # The order of the sums is madmom's: another would round to another choice between equals.
            np.add(scores[self._before][:, None], self._ways, out=entries)
            entries += density[density_of_first][:, None, None]
            best = entries.argmax(axis=2)
            choice[:] = best
            np.take(density, self._density_of, out=following, mode="clip")  # "raise" would copy
            following[1:] += scores[:-1]
            following[self._first] = entries.take(rows + best)
            scores, following = following, scores
        return scores, choices

    def _trace(self, choices: np.ndarray, state: int) -> np.ndarray:
        """Follow the choices (T, P, I) back, beat by beat, from the last frame's state: (T,) uint32."""
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
