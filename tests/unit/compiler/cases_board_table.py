"""Every operator in every type, packed into few models that are run on the virtual boards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cases_boards import (
    Packed,
    put_bilinear,
    put_cast,
    put_computed,
    put_convolution,
    put_dense,
    put_dequantized,
    put_groups,
    put_lstm,
    put_move,
    put_one,
    put_picked,
    put_placed,
    put_pool,
    put_products,
    put_quantized,
    put_reduced,
    put_remembered,
    put_rows,
    put_sums,
    put_svdf,
    put_tiles_with_padding,
    put_transposed,
    put_two,
    put_zero_weights,
)

ALL = ("int8", "int16", "float32", "int32", "int64", "uint8", "bool")


@dataclass(frozen=True)
class Case:
    """How an operator is put into a model, and in which types."""

    build: Callable[[Packed, str, str], None]
    """Takes the model, the operator's name and a type."""
    micro: tuple[str, ...] = ()
    """Types that TFLite Micro has."""
    lite: tuple[str, ...] = ()
    """Types for which LiteRT decides."""
    own: tuple[str, ...] = ()
    """Types that neither has: the PC's build decides."""
    hybrid: bool = False
    """Whether it also takes floats with int8 weights, as TFLite Micro computes with floats."""

    def kinds(self, oracle: str) -> tuple[str, ...]:
        """Return the types for which `oracle`, a field's name, decides."""
        if oracle == "hybrid":
            return ("hybrid",) if self.hybrid else ()
        found: tuple[str, ...] = getattr(self, oracle)
        return found


EXACT = ("int8", "int16", "float32")
REAL = ("int8", "float32")
"""What many operators have: one integer type and floats."""
PAIRS = tuple(f"{a} to {b}" for a in ALL for b in ALL if a != b)
UNKNOWN_TO_MICRO = tuple(pair for pair in PAIRS if "int64" in pair or "uint8" in pair)
REQUANTIZED = (
    *("float32 to int8", "float32 to int16", "uint8 to int8", "int32 to int8", "int32 to int16"),
    *("int8 to int8", "int8 to uint8", "int8 to int16", "int8 to int32"),
    *("int16 to int8", "int16 to int16", "int16 to int32"),
)


def _moving(micro, *, lite=(), own=(), also=()) -> tuple[Case, ...]:
    return (Case(put_move, micro, lite, own), *also)


def _rest(*known: str) -> tuple[str, ...]:
    return tuple(kind for kind in ALL if kind not in known)


ARITHMETIC = (Case(put_two, (*EXACT, "int32")),)
EXTREMES = (Case(put_two, (*EXACT, "int32", "int64")),)
SLOPES = (Case(put_one, EXACT),)
LARGEST = (Case(put_reduced, REAL, ("int16",)),)
PLACES = (Case(put_placed, REAL, ("int8 to int64", "float32 to int64"), ("int16",)),)
WEIGHTED = (Case(put_convolution, EXACT, hybrid=True),)
PRODUCTS = (*WEIGHTED, Case(put_groups, EXACT, hybrid=True), Case(put_computed, EXACT))
DENSE = Case(put_dense, EXACT, hybrid=True)
BLOCKS = _moving(REAL, lite=("int32", "int64", "uint8"), own=("int16", "bool"))
LISTS = _moving((*EXACT, "int32", "bool"), lite=("int64", "uint8"))
PARTS = _moving((*EXACT, "int32"), lite=("int64", "uint8"), own=("bool",))
PADS = _moving((*EXACT, "int32"), lite=("uint8",))
FEW = _moving(REAL, lite=_rest(*REAL))
MANY = _moving(EXACT, lite=_rest(*EXACT))
EVERY = _moving(ALL)

TABLE: Mapping[str, tuple[Case, ...]] = {
    **dict.fromkeys(("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE"), ARITHMETIC),
    **dict.fromkeys(("MAXIMUM", "MINIMUM"), EXTREMES),
    "DIV": (Case(put_two, (*REAL, "int32")),),
    "CUMSUM": (Case(put_sums, REAL),),
    "PRELU": (Case(put_two, EXACT),),
    **dict.fromkeys(("RELU", "RELU6", "ABS", "LEAKY_RELU", "LOGISTIC", "TANH", "RSQRT"), SLOPES),
    "RELU_N1_TO_1": (Case(put_one, (), REAL, ("int16",)),),
    **dict.fromkeys(("ELU", "HARD_SWISH"), (Case(put_one, REAL),)),
    **dict.fromkeys(("SQUARE", "NEG", "EXP", "LOG", "SQRT"), (Case(put_one, ("float32",)),)),
    "CONV_2D": PRODUCTS,
    "DEPTHWISE_CONV_2D": WEIGHTED,
    "FULLY_CONNECTED": (DENSE, Case(put_computed, EXACT), Case(put_zero_weights, ("int8",))),
    "TRANSPOSE_CONV": (Case(put_transposed, EXACT, hybrid=True),),
    "BATCH_MATMUL": (Case(put_products, EXACT),),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D"), (Case(put_pool, EXACT),)),
    **dict.fromkeys(("BROADCAST_TO", "RESHAPE", "SHAPE", "SQUEEZE"), EVERY),
    **dict.fromkeys(("BATCH_TO_SPACE_ND", "MIRROR_PAD"), FEW),
    **dict.fromkeys(("EXPAND_DIMS", "TRANSPOSE"), MANY),
    **dict.fromkeys(("DEPTH_TO_SPACE", "SPACE_TO_DEPTH"), BLOCKS),
    **dict.fromkeys(("SLICE", "STRIDED_SLICE"), LISTS),
    **dict.fromkeys(("SPLIT", "SPLIT_V"), PARTS),
    **dict.fromkeys(("PAD", "PADV2"), PADS),
    "CONCATENATION": _moving(_rest("uint8"), lite=("uint8",)),
    "FILL": _moving((*REAL, "int32"), lite=_rest(*REAL, "int32")),
    "GATHER": (*FEW, Case(put_picked, REAL, _rest(*REAL))),
    "PACK": _moving((*EXACT, "int32", "int64"), lite=("uint8",), own=("bool",)),
    "RESIZE_NEAREST_NEIGHBOR": _moving(EXACT, lite=("int32", "uint8", "bool"), own=("int64",)),
    # TFLite Micro pads with whatever its memory holds
    "SPACE_TO_BATCH_ND": (*FEW, Case(put_tiles_with_padding, (), ALL)),
    "UNPACK": _moving((*EXACT, "int32"), lite=("uint8", "bool"), own=("int64",)),
    "RESIZE_BILINEAR": (Case(put_bilinear, REAL),),
    **dict.fromkeys(("MEAN", "SUM"), (Case(put_reduced, EXACT),)),
    **dict.fromkeys(("REDUCE_MAX", "REDUCE_MIN"), LARGEST),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN"), PLACES),
    "CAST": (
        Case(put_cast, tuple(p for p in PAIRS if p not in UNKNOWN_TO_MICRO), UNKNOWN_TO_MICRO),
    ),
    "QUANTIZE": (Case(put_quantized, REQUANTIZED),),
    "DEQUANTIZE": (Case(put_dequantized, ("int8", "int16", "uint8")),),
    "SOFTMAX": (Case(put_rows, (*EXACT, "int8 to int16")),),
    **dict.fromkeys(("LOG_SOFTMAX", "L2_NORMALIZATION"), (Case(put_rows, REAL),)),
    "SVDF": (Case(put_svdf, ("int8", "int8 with int16", "float32")),),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (Case(put_lstm, EXACT),),
    # these come with all others that variables have
    "VAR_HANDLE": (Case(put_remembered, ALL),),
}
"""What is run on boards; an operator that no model holds fails a test."""


GROUPS = {
    **{f"TFLite Micro {kind}": ("micro", (kind,)) for kind in EXACT},
    "TFLite Micro others": ("micro", ("int32", "int64", "uint8", "bool")),
    **{name: (name, ("",)) for name in ("lite", "own", "hybrid")},
}
"""Group of models: who decides, and how its types begin."""
MOST = 60
"""Operators in a model, more or less; memory for more at once takes long to plan."""


def packed(group: str) -> list[Packed]:
    """Return the models with all cases of a group."""
    oracle, kinds = GROUPS[group]
    found = [
        (case.build, op, kind)
        for op, cases in TABLE.items()
        for case in cases
        for kind in case.kinds(oracle)
        if kind.startswith(kinds)
    ]
    models = [Packed()]
    for build, op, kind in found:
        if len(models[-1].ops) >= MOST:
            models.append(Packed(len(models)))
        build(models[-1], op, kind)
    return models


PACKS = {
    f"{group} {number}": (GROUPS[group][0], model)
    for group in GROUPS
    for number, model in enumerate(packed(group))
}
"""All models, and who decides what they answer."""
