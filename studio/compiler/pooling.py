"""What AVERAGE_POOL_2D and MAX_POOL_2D share."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Overlap
from studio.compiler.quantization import activation_range, affine
from studio.compiler.window import window


def lower_pool(node: Node, function: str) -> Layer:
    """Check a pooling operator and return its layer."""
    source, output, options = node.value(0), node.output(), node.options
    if options is None or len(source.shape) != 4:
        raise node.fail(f"its input has shape {source.shape} instead of four dimensions")
    batches, height, width, channels = source.shape
    slide = window(
        node,
        (height, width),
        kernel=(options.integer(4, "i"), options.integer(3, "i")),
        stride=(options.integer(2, "i"), options.integer(1, "i")),
        padding=options.integer(0, "b"),
    )
    node.expect_output((batches, slide.y.out, slide.x.out, channels))
    before, after = affine(node, source), affine(node, output)
    # poolings do not rescale; the tolerance is the one of TensorFlow Lite for Microcontrollers
    difference = abs(float(before.scale) - float(after.scale))
    if difference > 1e-6 or before.zero_point != after.zero_point:
        raise node.fail("its input and output are quantized differently")
    low, high = activation_range(node, options.integer(5, "b"), output)
    members = {
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
    call = Call("nn_pool2d_s8.h", function, "tml_pool2d_s8_layer", members)
    # without padding in front no output lies behind the inputs that are still to be read
    overlaps = () if slide.y.pad or slide.x.pad else (Overlap(0, low=None),)
    return Layer(node.op, (source,), (output,), call, overlaps=overlaps)
