"""Runs a compiled model on the PC: the same C that the board runs, called without copies.

The C has one static arena per library, so calls of one model wait for each other; they do so
outside Python's lock (cffi releases it), and a whole batch is one call.
"""

import threading
from pathlib import Path
from typing import Any

import cffi
import numpy as np
from numpy.typing import NDArray

from studio.errors import ModelError
from studio.runtime.cc import build_library
from studio.types import CompiledModel

_locks: dict[Path, threading.Lock] = {}
_locks_guard = threading.Lock()

_DECLARATIONS = """
void tml_host_run(const char *in, char *out, char *trace, uint32_t count);
"""

_HOOK_HEADER = """\
extern char *tml_host_trace;
static inline void tml_host_output(const int8_t *data, unsigned long bytes)
{
    unsigned long i;
    for (i = 0; tml_host_trace && i < bytes; i++) {
        *tml_host_trace++ = (char)data[i];
    }
}
#define TML_LAYER_OUTPUT(index, data, bytes) tml_host_output(data, bytes)
"""

_HOST = """\
#include "tml_{name}.h"
#include <stdint.h>
#include <string.h>
char *tml_host_trace;
#ifdef _WIN32
__declspec(dllexport)
#endif
void tml_host_run(const char *in, char *out, char *trace, uint32_t count)
{{
    uint32_t i;
    tml_host_trace = trace;
    for (i = 0; i < count; i++) {{
        memcpy(tml_{name}_input(), in + (size_t)i * TML_{upper}_INPUT_BYTES,
               TML_{upper}_INPUT_BYTES);
        (void)tml_{name}_invoke();
        memcpy(out + (size_t)i * TML_{upper}_OUTPUT_BYTES, tml_{name}_output(),
               TML_{upper}_OUTPUT_BYTES);
    }}
}}
"""


class HostModel:
    """A compiled model as a function on this computer.

    Parameters
    ----------
    compiled : CompiledModel
        What `studio.compiler.compile_model` returned.

    Raises
    ------
    ToolError
        If no C compiler is there.
    """

    def __init__(self, compiled: CompiledModel) -> None:
        self.compiled = compiled
        host = _HOST.format(name=compiled.name, upper=compiled.name.upper())
        texts = {**compiled.files, "tml_host.c": host, "tml_host_hook.h": _HOOK_HEADER}
        path = build_library(
            f"tml_{compiled.name}",
            texts=texts,
            flags=("-O3", '-DTML_LAYER_HEADER="tml_host_hook.h"'),
        )
        with _locks_guard:
            self._lock = _locks.setdefault(path, threading.Lock())
        self._ffi = cffi.FFI()
        self._ffi.cdef(_DECLARATIONS)
        self._library: Any = self._ffi.dlopen(str(path))

    def invoke(self, x: NDArray[np.generic]) -> NDArray[np.generic]:
        """Run a batch.

        Parameters
        ----------
        x : ndarray, shape (k, *input_shape) or (k, elements)
            Inputs of the model's own type.

        Returns
        -------
        ndarray, shape (k, out_elements)
            Outputs of the model's own type.

        Raises
        ------
        ModelError
            If the type or shape of `x` is not the model's.
        """
        return self._run(self._checked(x), None)

    def trace(self, x: NDArray[np.generic]) -> list[NDArray[np.generic]]:
        """Run one input and return what every layer wrote, each in its output shape.

        Parameters
        ----------
        x : ndarray
            One input, of any shape with the model's number of elements.
        """
        one = self._checked(x.reshape(1, -1))
        layers = self.compiled.layers
        record = np.zeros(sum(layer.output_bytes for layer in layers), np.int8)
        self._run(one, record)
        outputs: list[NDArray[np.generic]] = []
        at = 0
        for layer in layers:
            raw = record[at : at + layer.output_bytes]
            size = layer.output_bytes // max(1, int(np.prod(layer.output_shape)))
            outputs.append(
                raw.view(np.float32 if size == 4 else np.int8).reshape(layer.output_shape)
            )
            at += layer.output_bytes
        if self.compiled.output.dtype == "uint8":
            outputs[-1] = outputs[-1].view(np.uint8)
        return outputs

    def _checked(self, x: NDArray[np.generic]) -> NDArray[np.generic]:
        source = self.compiled.input
        if x.dtype != np.dtype(source.dtype):
            raise ModelError(
                f"The inputs are {x.dtype}; the model takes {source.dtype}.",
                f"Convert them to {source.dtype} first.",
            )
        # a batch of one picture at a time: the model's own first dimension may be left out
        single = source.shape[1:] if source.shape[:1] == (1,) else source.shape
        if x.ndim < 1 or x.shape[1:] not in (source.shape, single, (source.elements,)):
            raise ModelError(
                f"The inputs have shape {x.shape}; the model takes (n, {source.elements})"
                f" or (n, {', '.join(str(n) for n in source.shape)}).",
                "Reshape the inputs.",
            )
        return np.ascontiguousarray(x).reshape(x.shape[0], source.elements)

    def _run(self, x: NDArray[np.generic], record: NDArray[np.int8] | None) -> NDArray[np.generic]:
        output = self.compiled.output
        y = np.zeros((x.shape[0], output.elements), np.dtype(output.dtype))
        cast, null = self._ffi.cast, self._ffi.NULL
        trace = null if record is None else cast("char *", record.ctypes.data)
        with self._lock:
            self._library.tml_host_run(
                cast("const char *", x.ctypes.data),
                cast("char *", y.ctypes.data),
                trace,
                x.shape[0],
            )
        return y
