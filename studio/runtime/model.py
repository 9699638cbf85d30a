"""Runs a compiled model on the PC: the same C that the board runs, called without copies.

The C has one static arena per library, so calls of one model wait for each other; they do so
outside Python's lock (cffi releases it), and a whole batch is one call.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cffi
import numpy as np
from numpy.typing import NDArray

from studio.errors import ModelError
from studio.runtime.cc import build_library
from studio.types import CompiledModel, Restore, TensorInfo

_locks: dict[Path, threading.Lock] = {}
_locks_guard = threading.Lock()

STRICT = ("-Wconversion", "-Wdouble-promotion")
"""Generated C promises to compile without these warnings too."""

_DECLARATIONS = """
void tml_host_init(void);
void tml_host_run(const char *in, char *out, char *trace, uint32_t count, uint32_t every);
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
#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT
#endif
char *tml_host_trace;
EXPORT void tml_host_init(void)
{{
    tml_{name}_init();
}}
EXPORT void tml_host_run(const char *in, char *out, char *trace, uint32_t count, uint32_t every)
{{
    uint32_t i;
    tml_host_trace = trace;
    for (i = 0; i < count; i++) {{
        if (every && i % every == 0) {{
            tml_{name}_init();
        }}
{read}
        (void)tml_{name}_invoke();
{write}
    }}
}}
"""


def _host_c(compiled: CompiledModel) -> str:
    """Return a C file that runs a batch: all inputs of one inference lie one after the other."""
    name, read, write = compiled.name, [], []
    for n, source in enumerate(compiled.inputs):
        place = f"tml_{name}_input{f'_{n}' if n else ''}()"
        read += [f"        memcpy({place}, in, {source.bytes});", f"        in += {source.bytes};"]
    for n, output in enumerate(compiled.outputs):
        place = f"tml_{name}_output{f'_{n}' if n else ''}()"
        write += [f"        memcpy(out, {place}, {output.bytes});"]
        write += [f"        out += {output.bytes};"]
    return _HOST.format(name=name, read="\n".join(read), write="\n".join(write))


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
        host = _host_c(compiled)
        texts = {**compiled.files, "tml_host.c": host, "tml_host_hook.h": _HOOK_HEADER}
        path = build_library(
            f"tml_{compiled.name}",
            texts=texts,
            flags=("-O3", *STRICT, '-DTML_LAYER_HEADER="tml_host_hook.h"'),
        )
        with _locks_guard:
            self._lock = _locks.setdefault(path, threading.Lock())
        self._ffi = cffi.FFI()
        self._ffi.cdef(_DECLARATIONS)
        self._library: Any = self._ffi.dlopen(str(path))

        self.reset()

    def reset(self) -> None:
        """Forget what earlier inferences left in the model's state."""
        with self._lock:
            self._library.tml_host_init()

    def invoke(self, *inputs: NDArray[np.generic], reset_every: int = 0) -> NDArray[np.generic]:
        """Run a batch and return the first output; see `run`."""
        return self.run(inputs, reset_every=reset_every)[0]

    def run(
        self, inputs: Sequence[NDArray[np.generic]], *, reset_every: int = 0
    ) -> list[NDArray[np.generic]]:
        """Run a batch.

        Parameters
        ----------
        inputs : sequence of ndarray, each of shape (k, *input_shape) or (k, elements)
            One per input of the model, of that input's type.
        reset_every : int
            Forget what is in the model's state before the first inference, and again after as
            many as this; 0 goes on from where the last batch ended.

        Returns
        -------
        list of ndarray, each of shape (k, out_elements)
            One per output of the model, of that output's type.

        Raises
        ------
        ModelError
            If the number, type or shape of the inputs is not the model's.
        """
        count, packed = self._packed(inputs)
        size = sum(output.bytes for output in self.compiled.outputs)
        y = np.zeros((count, size), np.int8)
        self._call(packed, y, None, count, reset_every)
        parts, at = [], 0
        for output in self.compiled.outputs:
            part = np.ascontiguousarray(y[:, at : at + output.bytes])
            parts.append(part.view(np.dtype(output.dtype)))
            at += output.bytes
        return parts

    def trace(self, *inputs: NDArray[np.generic]) -> dict[int, NDArray[np.generic]]:
        """Run one inference and return what every layer wrote.

        Parameters
        ----------
        *inputs : ndarray
            One per input of the model, of any shape with that input's number of elements.

        Returns
        -------
        dict of int to ndarray
            Number of the tensor in the model file -> its values, in its shape and type. Values
            that the compiler found no need for are missing.
        """
        _, packed = self._packed([x.reshape(1, -1) for x in inputs])
        written = [t for layer in self.compiled.layers for t in layer.outputs]
        record = np.zeros(sum(tensor.bytes for tensor in written), np.int8)
        y = np.zeros(sum(output.bytes for output in self.compiled.outputs), np.int8)
        self._call(packed, y, record, 1, 0)
        values: dict[int, NDArray[np.generic]] = {}
        at = 0
        for tensor in written:
            raw = record[at : at + tensor.bytes].copy()
            at += tensor.bytes
            found = raw.view(np.dtype(tensor.dtype)).reshape(tensor.shape)
            whole = found if tensor.restore is None else _restored(found, tensor.restore)
            if whole is not None:
                values[tensor.index] = whole
        return values

    def _packed(self, inputs: Sequence[NDArray[np.generic]]) -> tuple[int, NDArray[np.int8]]:
        """Return the number of inferences, and their inputs' bytes one after the other."""
        wanted = self.compiled.inputs
        if len(inputs) != len(wanted):
            raise ModelError(
                f"{len(inputs)} inputs were given; the model takes {len(wanted)}.",
                f"Give {', '.join(source.name for source in wanted)}.",
            )
        checked = [_checked(x, info) for x, info in zip(inputs, wanted, strict=True)]
        if len({x.shape[0] for x in checked}) != 1:
            counts = ", ".join(str(x.shape[0]) for x in checked)
            raise ModelError(f"The inputs hold {counts} inferences.", "Give as many of each.")
        raw = [x.view(np.int8) for x in checked]
        return raw[0].shape[0], raw[0] if len(raw) == 1 else np.concatenate(raw, axis=1)

    def _call(
        self,
        x: NDArray[np.int8],
        y: NDArray[np.int8],
        record: NDArray[np.int8] | None,
        count: int,
        every: int,
    ) -> None:
        cast, null = self._ffi.cast, self._ffi.NULL
        trace = null if record is None else cast("char *", record.ctypes.data)
        source, output = cast("const char *", x.ctypes.data), cast("char *", y.ctypes.data)
        with self._lock:
            self._library.tml_host_run(source, output, trace, count, every)


def _restored(values: NDArray[np.generic], restore: Restore) -> NDArray[np.generic] | None:
    """Return a value with the channels that were not computed, or None if they are not known."""
    if not restore.constants:
        return None
    whole = np.empty((*values.shape[:-1], restore.channels), values.dtype)
    whole[...] = restore.constants
    whole[..., list(restore.kept)] = values
    return whole


def _checked(x: NDArray[np.generic], source: TensorInfo) -> NDArray[np.generic]:
    """Return one input as `(k, elements)`, or say what is wrong with it."""
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
