"""Facility location, draft."""
from __future__ import annotations
import heapq
from dataclasses import dataclass
import numpy as np

@dataclass(frozen=True)
class Picked:
    rows: np.ndarray
    values: np.ndarray

def facility_location(vectors, number):
    n = len(vectors)
    best = np.zeros(n, np.float32)
    gains = np.empty(n, np.float32)
    for at in range(0, n, 512):
        gains[at:at+512] = np.maximum(vectors @ vectors[at:at+512].T, 0).sum(0)
    heap = [(-g, i, 0) for i, g in enumerate(gains)]
    heapq.heapify(heap)
    rows = []; values = []
    while len(rows) < number:
        g, i, seen = heapq.heappop(heap)
        if seen == len(rows):
            rows.append(i); values.append(-g)
            np.maximum(best, vectors @ vectors[i], out=best)
        else:
            heapq.heappush(heap, (-float(np.maximum(vectors @ vectors[i] - best, 0).sum()), i, len(rows)))
    return Picked(np.array(rows), np.array(values))
