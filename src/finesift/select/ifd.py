"""How much a prompt helps a model to write its answer: the instruction-following difficulty of Li et al. 2023.

IFD = perplexity(answer behind its prompt) / perplexity(answer alone), by the model to be tuned or a smaller one.
Near 1 the prompt says nothing about the answer, over 1 it misleads; far below 1 the model knows the answer already.
A score is no quality: beside it stand the same number of rows at random.
Source: arXiv 2308.12032; small models rank nearly as large ones do, arXiv 2402.00530.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from finesift.embed.endpoint import Endpoint
from finesift.measure import Tell

#: Requests under way at once.
AT_ONCE = 8
#: Characters of a prompt and of an answer that are scored.
READ = 8_000
BETWEEN = "\n\n"
SCORES = pl.Schema({"ifd": pl.Float64, "perplexity": pl.Float64})


class Scorer:
    """A model behind POST /completions with `echo` and `logprobs`, as vLLM and SGLang serve it: http://HOST/v1#MODEL.

    Raises ModelError where it gives no probabilities of what it was given.
    """

    def __init__(self, named: str) -> None:
        self._endpoint = Endpoint(named)
        self.name = self._endpoint.model

    def scores(
        self, prompts: Sequence[str], answers: Sequence[str], tell: Tell | None = None
    ) -> pl.DataFrame:
        """SCORES, a row for each prompt; perplexity is that of the answer behind it. Null where an answer has no token
        that can be scored."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            rows = []
            for n, row in enumerate(pool.map(self._one, prompts, answers), 1):
                rows.append(row)
                if tell:
                    tell("scoring", n, len(prompts))
        return pl.DataFrame(rows, SCORES, orient="row")

    def _one(self, prompt: str, answer: str) -> tuple[float | None, float | None]:
        prompt, answer = prompt[:READ] + BETWEEN, answer[:READ]
        if not answer.strip():
            return None, None
        behind, alone = self._surprise(prompt + answer, len(prompt)), self._surprise(answer, 0)
        if behind is None or alone is None:
            return None, None
        return math.exp(behind - alone), math.exp(behind)

    def _surprise(self, text: str, start: int) -> float | None:
        """The mean negative log probability of the tokens of `text` from a character on."""
        body = {"prompt": text, "max_tokens": 1, "echo": True, "logprobs": 0, "temperature": 0}
        answer = self._endpoint.ask("completions", body)
        try:
            told = answer["choices"][0]["logprobs"]
            pairs = list(zip(told["text_offset"], told["token_logprobs"], strict=True))
            # The first token of all has no probability; one more is written than was asked about.
            of = [float(chance) for at, chance in pairs if start <= at < len(text) and chance is not None]
        except (KeyError, IndexError, TypeError, ValueError) as e:
            raise self._endpoint.useless(
                "completions",
                f"no log probabilities of the prompt ({type(e).__name__}); it needs echo and logprobs",
            ) from e
        return -sum(of) / len(of) if of else None
