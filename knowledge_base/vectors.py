"""Vectors as every part passes them on."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
"""One vector (d,) or several (n, d), each of length 1."""
Ids: TypeAlias = NDArray[np.int64]
