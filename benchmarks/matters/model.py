"""A Llama in plain PyTorch: the shape of SmolLM2, at any size, with greedy generation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

IGNORED = -100


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    width: int
    layers: int
    heads: int
    groups: int  # heads of keys and values
    inner: int
    theta: float = 100_000.0
    epsilon: float = 1e-5


SMOLLM2 = Shape(vocabulary=49_152, width=576, layers=30, heads=9, groups=3, inner=1_536)
#: About 30 million parameters on a vocabulary of 8,192.
SCRATCH = Shape(vocabulary=8_192, width=512, layers=8, heads=8, groups=8, inner=1_408)
#: For two CPU cores.
TINY = Shape(vocabulary=8_192, width=96, layers=2, heads=3, groups=3, inner=256)


class Llama(nn.Module):
    """Tied embeddings, RMS norms, SwiGLU, rotary positions over adjacent pairs, as GGUF files have them."""

    def __init__(self, shape: Shape, longest: int) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        half = shape.width // shape.heads // 2
        turns = torch.outer(torch.arange(longest), shape.theta ** -(torch.arange(half) / half))
        self.register_buffer("cos", turns.cos(), persistent=False)
        self.register_buffer("sin", turns.sin(), persistent=False)
        self.head = token_losses

    def compile_parts(self) -> None:
        """Block by block: all blocks share one compiled form, so it takes seconds, at any depth."""
        for block in self.blocks:
            block.compile(dynamic=False)
        self.head = torch.compile(token_losses, dynamic=False)

    def reset(self, seed: int) -> None:
        """Fresh weights, in place: a compiled model stays compiled."""
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(seed)
            for name, weight in self.named_parameters():
                if weight.ndim == 1:
                    weight.fill_(1.0)
                    continue
                scale = 0.02 / (
                    math.sqrt(2 * self.shape.layers) if name.endswith(("out.weight", "down.weight")) else 1
                )
                weight.copy_(torch.randn(weight.shape) * scale)

    def load_gguf(self, tensors: dict[str, NDArray[np.float32]]) -> None:
        """Weights by the names that GGUF files give them."""
        names = {"token_embd": "embedding", "output_norm": "norm"}
        inside = {
            "attn_norm": "before", "attn_q": "query", "attn_k": "key", "attn_v": "value", "attn_output": "out",
            "ffn_norm": "between", "ffn_gate": "gate", "ffn_up": "up", "ffn_down": "down",
        }  # fmt: skip
        state = {}
        for name, values in tensors.items():
            part, *rest = name.removesuffix(".weight").split(".")
            ours = f"blocks.{rest[0]}.{inside[rest[1]]}" if rest else names[part]
            state[f"{ours}.weight"] = torch.from_numpy(values.copy())
        self.load_state_dict(state)

    def forward(self, ids: Tensor) -> Tensor:
        """ids [B, T], padded on the right. Returns hidden states [B, T, width]."""
        x = self.embedding(ids)
        turns = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, turns)
        return self.norm(x)

    def plain(self, ids: Tensor) -> Tensor:
        """As forward, never compiled: for shapes that are met once."""
        x = self.embedding(ids)
        turns = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        for block in self.blocks:
            x = block.forward(x, turns)
        return self.norm(x)

    def losses(self, ids: Tensor, labels: Tensor) -> Tensor:
        """Negative log-likelihood of each label [B, T]; zero where it is IGNORED. labels[:, t] follows ids[:, t]."""
        return self.head(self(ids), self.embedding.weight, labels)

    @torch.no_grad()
    def generate(self, prompts: Tensor, lengths: Tensor, *, end: int, most: int) -> tuple[Tensor, Tensor]:
        """Greedy continuations of prompts [B, T] padded on the right, of `lengths` [B].

        Returns ids [B, most], where all from the first `end` on is `end`, and whether each ended, bool [B].
        """
        rows = torch.arange(len(prompts), device=prompts.device)
        room = prompts.shape[1] + most
        caches = [block.cache(len(prompts), room, prompts.device) for block in self.blocks]
        x, turns = self.embedding(prompts), (self.cos[: prompts.shape[1]], self.sin[: prompts.shape[1]])
        for block, cache in zip(self.blocks, caches, strict=True):
            x = block.forward(x, turns, cache)  # not compiled: its shapes are met once
        x, at = x[rows, lengths - 1], lengths.clone()
        made = torch.full((len(prompts), most), end, device=prompts.device)
        ended = torch.zeros(len(prompts), dtype=torch.bool, device=prompts.device)
        for step in range(most):
            token = F.linear(self.norm(x), self.embedding.weight).float().argmax(-1)
            made[:, step] = torch.where(ended, end, token)
            ended |= token == end
            if ended.all():
                break
            x = self.embedding(token)
            for block, cache in zip(self.blocks, caches, strict=True):
                x = block.step(x, at, (self.cos[at], self.sin[at]), cache)
            at += 1
        return made, ended


def token_losses(x: Tensor, embedding: Tensor, labels: Tensor) -> Tensor:
    logits = F.linear(x, embedding).float().flatten(0, 1)
    return F.cross_entropy(logits, labels.flatten(), ignore_index=IGNORED, reduction="none").view_as(labels)


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.groups, self.size = shape.heads, shape.groups, shape.width // shape.heads
        self.before = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.query = nn.Linear(shape.width, self.heads * self.size, bias=False)
        self.key = nn.Linear(shape.width, self.groups * self.size, bias=False)
        self.value = nn.Linear(shape.width, self.groups * self.size, bias=False)
        self.out = nn.Linear(self.heads * self.size, shape.width, bias=False)
        self.between = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.gate = nn.Linear(shape.width, shape.inner, bias=False)
        self.up = nn.Linear(shape.width, shape.inner, bias=False)
        self.down = nn.Linear(shape.inner, shape.width, bias=False)

    def forward(self, x: Tensor, turns: tuple[Tensor, Tensor], cache: Tensor | None = None) -> Tensor:
        q, k, v = self._heads(self.before(x), turns)
        if cache is not None:
            cache[0][:, :, : x.shape[1]], cache[1][:, :, : x.shape[1]] = k, v
        mixed = F.scaled_dot_product_attention(q, self._repeated(k), self._repeated(v), is_causal=True)
        return self._rest(x, mixed.transpose(1, 2).flatten(2))

    def step(self, x: Tensor, at: Tensor, turns: tuple[Tensor, Tensor], cache: Tensor) -> Tensor:
        """One token a row, x [B, width], at position `at` [B]; what the cache holds beyond it is not looked at."""
        q, k, v = self._heads(self.before(x)[:, None], (turns[0][:, None], turns[1][:, None]))
        rows = torch.arange(len(x), device=x.device)
        cache[0][rows, :, at], cache[1][rows, :, at] = k[:, :, 0].to(cache.dtype), v[:, :, 0].to(cache.dtype)
        seen = torch.arange(cache.shape[3], device=x.device) <= at[:, None]
        keys, values = self._repeated(cache[0]), self._repeated(cache[1])
        mixed = F.scaled_dot_product_attention(q.to(cache.dtype), keys, values, attn_mask=seen[:, None, None])
        return self._rest(x, mixed.flatten(1))

    def cache(self, batch: int, room: int, device: torch.device) -> Tensor:
        """Keys and values [2, batch, groups, room, size]."""
        kind = (
            torch.get_autocast_dtype(device.type) if torch.is_autocast_enabled(device.type) else torch.float32
        )
        return torch.zeros(2, batch, self.groups, room, self.size, device=device, dtype=kind)

    def _heads(self, x: Tensor, turns: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        batch, length, _ = x.shape
        q = self.query(x).view(batch, length, self.heads, self.size)
        k = self.key(x).view(batch, length, self.groups, self.size)
        v = self.value(x).view(batch, length, self.groups, self.size)
        return _turned(q, turns).transpose(1, 2), _turned(k, turns).transpose(1, 2), v.transpose(1, 2)

    def _rest(self, x: Tensor, mixed: Tensor) -> Tensor:
        x = x + self.out(mixed)
        inner = self.between(x)
        return x + self.down(F.silu(self.gate(inner)) * self.up(inner))

    def _repeated(self, x: Tensor) -> Tensor:
        return x if self.groups == self.heads else x.repeat_interleave(self.heads // self.groups, dim=1)


def _turned(x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    """x [B, T, heads, size] with its adjacent pairs turned by position; turns [T, size / 2] or [B, T, size / 2]."""
    cos, sin = (turn.unsqueeze(-2) for turn in turns)
    even, odd = x[..., 0::2].float(), x[..., 1::2].float()
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2).to(x.dtype)
