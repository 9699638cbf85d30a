"""PAD with the value zero, in up to four dimensions."""

from studio.compiler.graph import Node
from studio.compiler.layer import Call, Layer, Value, four
from studio.compiler.quantization import affine
from studio.compiler.target import Target

NAME = "PAD"


def lower(node: Node, target: Target) -> Layer:
    """Check the operator and return its layer."""
    source, output = node.value(0), node.output()
    rank = len(source.shape)
    amounts = node.constant(1, ("int32", "int64"))
    if not 1 <= rank <= 4 or amounts.shape != (rank, 2):
        raise node.fail(f"amounts of shape {amounts.shape} do not fit an input {source.shape}")
    pairs = [(int(before), int(after)) for before, after in amounts.tolist()]
    if any(n < 0 or n > 1 << 24 for pair in pairs for n in pair):
        raise node.fail(f"its amounts are {pairs}; each must be 0 or more")
    node.expect_output(tuple(n + sum(pair) for n, pair in zip(source.shape, pairs, strict=True)))
    before, after = affine(node, source), affine(node, output)
    if before != after:
        raise node.fail("its input and output are quantized differently")
    missing = (0,) * (4 - rank)
    members: dict[str, Value] = {
        "in_size": four(source.shape),
        "before": missing + tuple(pair[0] for pair in pairs),
        "after": missing + tuple(pair[1] for pair in pairs),
        "value": after.zero_point,
    }
    call = Call("nn_pad_s8.h", "tml_pad_s8", "tml_pad_s8_layer", members)
    return Layer(node.op, (source,), (output,), call)
