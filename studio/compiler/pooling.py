"""What AVERAGE_POOL_2D and MAX_POOL_2D share."""

from studio.compiler.flatbuffer import Table
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Overlap, Value
from studio.compiler.quantization import activation_range, affine, float_activation_range
from studio.compiler.weighted_types import slide_members
from studio.compiler.window import Window, window

_KINDS = {"int8": "s8", "int16": "s16", "float32": "f32"}
_MAX_SUMMANDS = (1 << 16) - 1
"""Of an average of int16, so that the sum fits 32 bits."""


def lower_pool(node: Node, function: str) -> Layer:
    """Check a pooling operator and return its layer; `function` is its kernel for int8."""
    source = node.value(0, tuple(_KINDS))
    output = node.output((source.dtype,))
    options, slide = _slide(node, source)
    batches, height, width, channels = source.shape
    node.expect_output((batches, slide.y.out, slide.x.out, channels))
    # without padding in front no output lies behind the inputs that are still to be read
    overlaps = () if slide.y.pad or slide.x.pad else (Overlap(0, low=None),)
    low, high = _range(node, source, output, options.integer(5, "b"))
    if source.dtype == "int8":
        members: dict[str, Value] = {
            "batches": batches,
            "in_height": height,
            "in_width": width,
            "channels": channels,
            "out_height": slide.y.out,
            "out_width": slide.x.out,
            **slide.members(),
            "out_low": low,
            "out_high": high,
        }
    else:
        members = {**slide_members(source.shape, output.shape, slide), "low": low, "high": high}
    kind = _KINDS[source.dtype]
    name = function.removesuffix("s8") + kind
    call = Call(f"nn_pool2d_{kind}.h", name, f"tml_pool2d_{kind}_layer", members)
    return Layer(node.op, (source,), (output,), call, overlaps=overlaps)


def _slide(node: Node, source: Tensor) -> tuple[Table, Window]:
    options = node.options
    if options is None or len(source.shape) != 4:
        raise node.fail(f"its input has shape {source.shape} instead of four dimensions")
    slide = window(
        node,
        (source.shape[1], source.shape[2]),
        kernel=(options.integer(4, "i"), options.integer(3, "i")),
        stride=(options.integer(2, "i"), options.integer(1, "i")),
        padding=options.integer(0, "b"),
    )
    most = min(slide.y.kernel, slide.y.size) * min(slide.x.kernel, slide.x.size)
    if source.dtype == "int16" and most > _MAX_SUMMANDS:
        raise node.fail(f"its kernel covers {most} values; supported is up to {_MAX_SUMMANDS}")
    return options, slide


def _range(
    node: Node, source: Tensor, output: Tensor, activation: int
) -> tuple[int, int] | tuple[float, float]:
    """Return the output's limits; poolings do not rescale, so both ends need the same scale."""
    if source.dtype == "float32":
        return float_activation_range(node, activation)
    before, after = affine(node, source), affine(node, output)
    # the tolerance is the one of TensorFlow Lite for Microcontrollers
    difference = abs(float(before.scale) - float(after.scale))
    if difference > 1e-6 or before.zero_point != after.zero_point:
        raise node.fail("its input and output are quantized differently")
    return activation_range(node, activation, output)
