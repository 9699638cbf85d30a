"""Code made for size: which layers share one copy of their kernel.

A copy with a layer's sizes as literals is mostly small: loops that run once vanish, and so does
the struct of parameters. A shared kernel is larger and takes a struct per layer, so it pays from
some number of layers on. `SHARED_FROM` has these numbers, measured with arm-none-eabi-gcc 12 and
clang for the Cortex-M4 and M0+. Kernels whose time goes into assembly are shared anyway, in their
header.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from studio.compiler.cgen import C_TYPES
from studio.compiler.graph import Tensor
from studio.compiler.layer import Layer
from studio.paths import RUNTIME

SHARED_FROM = {
    "tml_add_s8": 10,
    "tml_average_pool2d_s8": 3,
    "tml_copy": 16,
    "tml_fully_connected_any_s8_dsp": 1000,
    "tml_fully_connected_s8_dsp": 1000,
    "tml_gather": 8,
    "tml_lookup_s8": 1000,
    "tml_mirror_pad": 16,
    "tml_pad": 9,
    "tml_resize_bilinear_s8": 3,
    "tml_resize_nearest": 9,
    "tml_softmax_s8": 2,
    "tml_sum_s8": 3,
}
"""Least number of layers for which sharing a kernel takes less than copies of it."""
OTHERWISE = 4


@dataclass(frozen=True, slots=True)
class _Kernel:
    """A kernel as a layer calls it."""

    header: str
    function: str
    struct: str
    arguments: tuple[str, ...]
    """Types."""

    @classmethod
    def of(cls, layer: Layer) -> "_Kernel | None":
        if layer.call is None:
            return None
        inputs = [f"{_kind(tensor)} *" for tensor in layer.inputs]
        outputs = [f"{C_TYPES[tensor.dtype]} *" for tensor in layer.outputs]
        scratch = ["int8_t *"] if layer.scratch_bytes else []
        types = (*inputs, *outputs, *scratch)
        return cls(layer.call.header, layer.call.function, layer.call.struct, types)

    @property
    def copied(self) -> bool:
        """Tell whether each layer gets a copy as the header has it."""
        text = (RUNTIME / "nn" / self.header).read_text("utf-8")
        return re.search(rf"^TML_NN_KERNEL void\s+{self.function}\(", text, re.M) is not None

    def definition(self, name: str) -> str:
        """Return a function that holds the only copy."""
        parts = [f"{kind}v{n}" for n, kind in enumerate(self.arguments)]
        names = ", ".join(["l", *(f"v{n}" for n in range(len(parts)))])
        parameters = ",\n    ".join([f"const {self.struct} *l", *parts])
        return (
            f"TML_NN_SHARED void {name}(\n    {parameters})\n"
            f"{{\n    {self.function}({names});\n}}\n"
        )


def _kind(tensor: Tensor) -> str:
    return ("" if tensor.variable else "const ") + C_TYPES[tensor.dtype]


def _parts(layer: Layer) -> tuple[Layer, ...]:
    return layer.stripes.layers if layer.stripes is not None else (layer,)


def share_kernels(layers: Sequence[Layer], prefix: str) -> tuple[tuple[Layer, ...], str]:
    """Let layers call one copy of their kernel where that is smaller.

    Parameters
    ----------
    layers : sequence of Layer
    prefix : str
        Of the names of the functions that hold a copy.

    Returns
    -------
    tuple of Layer, str
        The layers with their calls, and the C text of those functions.
    """
    parts = [part for layer in layers for part in _parts(layer)]
    counts = Counter(kernel for part in parts if (kernel := _Kernel.of(part)))
    chosen = [
        kernel
        for kernel, count in counts.items()
        if count >= SHARED_FROM.get(kernel.function, OTHERWISE) and kernel.copied
    ]
    # a kernel that takes values of several types has a copy for each
    names = {kernel: f"{prefix}{kernel.function}_{n}" for n, kernel in enumerate(chosen)}

    def called(layer: Layer) -> Layer:
        if layer.stripes is not None:
            return replace(
                layer,
                stripes=replace(
                    layer.stripes, layers=tuple(called(part) for part in layer.stripes.layers)
                ),
            )
        kernel = _Kernel.of(layer)
        if layer.call is None or kernel not in names:
            return layer
        return replace(layer, call=replace(layer.call, function=names[kernel]))

    definitions = [kernel.definition(name) for kernel, name in names.items()]
    return tuple(called(layer) for layer in layers), "\n".join(definitions)
