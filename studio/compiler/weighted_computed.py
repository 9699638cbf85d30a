"""FULLY_CONNECTED whose weights are computed: what older converters write for BATCH_MATMUL."""

from studio.compiler.bias import read_bias
from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.quantization import activation_range, affine, factor
from studio.compiler.weighted_types import checked_dense


def needs_whole_product(node: Node) -> bool:
    """Tell whether an int8 FULLY_CONNECTED has weights of which nothing can be folded."""
    weights = node.input(1)
    return weights.data is None or bool(weights.zero_points.any())


def lower_whole_product(node: Node) -> Layer:
    """Check an int8 FULLY_CONNECTED with such weights and return its layer."""
    source, output, weights, batches = checked_dense(node)
    options = node.options
    out_size, in_size = weights.shape
    bias = read_bias(node, out_size, ("int32",))
    activation = options.integer(0, "b") if options is not None else 0
    low, high = activation_range(node, activation, output)
    members: dict[str, Value] = {
        "batches": batches,
        "in_size": in_size,
        "out_size": out_size,
        **_scaling(node, source, weights, output),
        "low": low,
        "high": high,
        "bias": 0 if bias is None else bias,
    }
    kernel = "fully_connected_computed_s8"
    call = Call(f"nn_{kernel}.h", f"tml_{kernel}", f"tml_{kernel}_layer", members)
    return Layer(node.op, (source, weights), (output,), call, output.elements * in_size)


def _scaling(node: Node, source: Tensor, weights: Tensor, output: Tensor) -> dict[str, Value]:
    before, between, after = (affine(node, tensor) for tensor in (source, weights, output))
    scale = factor(node, float(before.scale) * float(between.scale) / float(after.scale))
    return {
        "in_zero_point": before.zero_point,
        "weights_zero_point": between.zero_point,
        "out_zero_point": after.zero_point,
        "multiplier": scale.multiplier,
        "shift": scale.shift,
    }
