"""Recurrent operators, added to a `Writer`."""

import numpy as np
from cases import NONE, Cases


class Recurrent(Cases):
    """A writer that knows SVDF and LSTM."""

    def svdf(
        self,
        x,
        units,
        *,
        rank=1,
        memory=5,
        state="int8",
        scales=(0.01, 0.02, 0.07, 0.05),
        zeros=(0, 4),
        bias=True,
        act=NONE,
    ) -> int:
        """SVDF; scales of the weights, of the state and of the output."""
        batches, inputs = self.tensors[x]["shape"]
        if self.tensors[x]["dtype"] == "float32":
            return self._svdf_f32(x, units, rank, memory, bias, act)
        first, second, held, out = (np.float32(scale) for scale in scales)
        size = 127 if state == "int8" else 32767
        filters = units * rank
        features = self._random((filters, inputs), "int8", 127, scale=first)
        time = self._random((filters, memory), state, size, scale=second)
        shift = self._random((units,), "int32", 3000, scale=held * second) if bias else -1
        kept = self.tensor(
            (batches, filters * memory),
            state,
            scale=held,
            zero=zeros[0] if state == "int8" else 0,
            variable=True,
        )
        y = self.tensor((batches, units), scale=out, zero=zeros[1])
        options = {0: ("Int32", rank), 1: ("Int8", act)}
        return self.op("SVDF", [x, features, time, shift, kept], [y], options)

    def _svdf_f32(self, x, units, rank, memory, bias, act) -> int:
        batches, inputs = self.tensors[x]["shape"]
        filters = units * rank
        parts = [
            self.real((filters, inputs), 0.1),
            self.real((filters, memory), 0.3),
            self.real((units,), 1.0) if bias else -1,
            self.tensor((batches, filters * memory), "float32", variable=True),
        ]
        y = self.tensor((batches, units), "float32")
        return self.op("SVDF", [x, *parts], [y], {0: ("Int32", rank), 1: ("Int8", act)})

    def real(self, shape, spread) -> int:
        """A float32 constant."""
        return self.tensor(shape, "float32", data=self.rng.normal(0, spread, shape))

    def _random(self, shape, dtype, limit, *, scale=None) -> int:
        data = self.rng.integers(-limit, limit + 1, shape)
        return self.tensor(shape, dtype, scale=scale, data=data)

    def lstm(
        self,
        x,
        cells,
        *,
        time_major=False,
        clip=0.0,
        cell_scale=2.0**-11,
        hidden=(1 / 128, 0),
        scales=(0.004, 0.006),
        bias=3000,
    ) -> int:
        """UNIDIRECTIONAL_SEQUENCE_LSTM; `scales` are those of input and recurrent weights."""
        steps, batches, inputs = self.tensors[x]["shape"]
        dtype = self.tensors[x]["dtype"]
        if not time_major:
            steps, batches = batches, steps
        parts = [-1] * 24
        for n in range(4):
            parts[1 + n] = self._gate((cells, inputs), dtype, scales[0] * (1 + 0.1 * n))
            parts[5 + n] = self._gate((cells, cells), dtype, scales[1] * (1 - 0.1 * n))
            parts[12 + n] = self._gate_bias(cells, dtype, bias, x, scales[0] * (1 + 0.1 * n))
        state = {} if dtype == "float32" else {"scale": hidden[0], "zero": hidden[1]}
        parts[18] = self.tensor((batches, cells), dtype, variable=True, **state)
        held = {} if dtype == "float32" else {"scale": cell_scale}
        held_type = "float32" if dtype == "float32" else "int16"
        parts[19] = self.tensor((batches, cells), held_type, variable=True, **held)
        shape = (*self.tensors[x]["shape"][:2], cells)
        y = self.tensor(shape, dtype, **state)
        options = {0: ("Int8", 4), 1: ("Float32", clip), 3: ("Bool", time_major)}
        return self.op("UNIDIRECTIONAL_SEQUENCE_LSTM", [x, *parts[1:]], [y], options)

    def _gate(self, shape, dtype, scale) -> int:
        if dtype == "float32":
            return self.real(shape, 0.4)
        return self._random(shape, "int8", 127, scale=scale)

    def _gate_bias(self, cells, dtype, limit, x, scale) -> int:
        if dtype == "float32":
            return self.real((cells,), 0.5)
        step = float(self.tensors[x]["scale"][0]) * scale
        return self._random((cells,), "int32" if dtype == "int8" else "int64", limit, scale=step)
