"""The colours of spectrograms, made once."""

from functools import lru_cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from studio.gui.theme import SPECTRUM


@lru_cache(maxsize=1)
def spectrum_shades() -> NDArray[np.uint32]:
    """Return the 256 colours from weak to strong, as pixels."""
    table = pg.colormap.get(SPECTRUM).getLookupTable(nPts=256).astype(np.uint32)
    return np.asarray((255 << 24) | (table[:, 0] << 16) | (table[:, 1] << 8) | table[:, 2])
