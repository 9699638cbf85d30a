"""What SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND have in common.

Large images are taken apart into tiles, or put together from them: tile (i, j) of a block of b by
c holds every b-th row from row i on, and of those every c-th pixel from pixel j on.
"""

from typing import NamedTuple

from studio.compiler.graph import Node, Tensor
from studio.compiler.layer import Call, Layer, Value
from studio.compiler.movement import integers, moved, width
from studio.compiler.padding import bits
from studio.compiler.quantization import affine

_MAX = 1 << 15


class _Geometry(NamedTuple):
    block: tuple[int, int]
    before: tuple[int, int]
    """Padding or crop above and on the left."""
    after: tuple[int, int]


def tiled(node: Node, *, to_tiles: bool) -> Layer:
    """Check the operator and return its layer."""
    source, output = moved(node)
    large, small = (source, output) if to_tiles else (output, source)
    if len(large.shape) not in (3, 4) or len(large.shape) != len(small.shape):
        raise node.fail(f"its shapes are {source.shape} and {output.shape}")
    geometry = _geometry(node, len(large.shape) - 2)
    batches, height, width_, channels = _four(large)
    tiles, rows, columns, depth = _four(small)
    block, before, after = geometry
    wanted = (
        batches * block[0] * block[1],
        block[0] * rows - before[0] - after[0],
        block[1] * columns - before[1] - after[1],
        channels,
    )
    if wanted != (tiles, height, width_, depth):
        raise node.fail(f"{source.shape} does not become {output.shape} by blocks of {block}")
    # TFLite Micro leaves it to chance what an int8 tensor is padded with; this is TFLite's way
    quantized = to_tiles and output.scales.size and output.dtype in ("int8", "uint8")
    value = affine(node, output).zero_point if quantized else 0
    n_bytes = width(source)
    members: dict[str, Value] = {
        "batches": batches,
        "height": height,
        "width": width_,
        "block_height": block[0],
        "block_width": block[1],
        "rows": rows,
        "columns": columns,
        "top": before[0],
        "left": before[1],
        "run": channels * n_bytes,
        "to_tiles": int(to_tiles),
        "value": bits(value, output.dtype),
        "value_width": min(n_bytes, 4),
    }
    call = Call("nn_space_batch.h", "tml_space_batch", "tml_space_batch_layer", members)
    return Layer(node.op, (source,), (output,), call)


def _four(tensor: Tensor) -> tuple[int, int, int, int]:
    """Return a shape with a width of 1 where there is none."""
    first, second, *rest = tensor.shape
    width_, channels = rest if len(rest) == 2 else (1, *rest)
    return first, second, width_, channels


def _geometry(node: Node, spatial: int) -> _Geometry:
    block, around = integers(node, 1), integers(node, 2)
    if len(block) != spatial or len(around) != 2 * spatial:
        raise node.fail(f"its block {block} and paddings {around} are not for {spatial} axes")
    if any(n < 1 for n in block) or any(n < 0 for n in around) or max(*block, *around) > _MAX:
        raise node.fail(f"its block is {block} and its paddings are {around}")
    block, around = [*block, 1][:2], [*around, 0, 0][:4]
    pairs = (around[0], around[2]), (around[1], around[3])
    return _Geometry((block[0], block[1]), *pairs)
