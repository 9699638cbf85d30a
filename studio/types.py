"""Frozen data that several packages speak. Data only: no behaviour beyond derived values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ByteArray = NDArray[np.int8]

READING_DTYPES = ("int16", "float32")
"""How a reading's values are stored and sent: audio is int16, everything else float32."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One channel of a sensor."""

    name: str
    units: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """A kind of hardware, as its board file describes it."""

    id: str
    title: str
    mcu: str
    core: str
    """Compiler target: `cortex-m0plus`, `cortex-m4` or `cortex-m7`."""
    clock_hz: int
    flash_bytes: int
    ram_bytes: int
    framework: str
    platform: str
    pio_board: str
    virtual: bool
    usb: tuple[str, ...] = ()
    """USB ids by which it is recognised, such as `2341:805a`."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a board says about itself and its stream (session-information packet)."""

    board: str
    firmware: str
    sample_rate_hz: float
    dtype: str
    """One of `READING_DTYPES`."""
    axes: tuple[Axis, ...]
    dropped: int
    """Readings the board itself had to drop since it started."""
    measured: bool = False
    """Whether the rate was measured from arrival times because the board does not tell it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Readings that were lost: `missing` of them before reading `at` of the recording."""

    at: int
    missing: int


LOWEST_HZ, HIGHEST_HZ = 1e-5, 1e7
"""Sample rates that a recording may have: from one reading a day."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A continuous capture, sealed: its file never changes."""

    id: int
    name: str
    sha256: str
    axes: tuple[Axis, ...]
    sample_rate_hz: float
    dtype: str
    readings: int
    group: str
    """Speaker, session, take, person or board: never in two splits."""
    source: str
    """Where it came from: an imported file's name, or the port it was recorded from."""
    gaps: tuple[Gap, ...] = ()
    flags: tuple[str, ...] = ()
    """What its health report found worth a look, in one word each."""

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.readings / self.sample_rate_hz


SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of readings `[start, stop)` with a label."""

    start: int
    stop: int
    label: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled span of a recording, with the split it belongs to."""

    id: int
    recording_id: int
    start: int
    stop: int
    label: str
    split: str
    """One of `SPLITS`, or empty while not yet assigned."""
    group: str
    track: str = "main"
    """Spans of one track describe one thing, such as the word or the speaker."""
    enabled: bool = True
    """Whether it is used."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person said about files that do not say it themselves."""

    sample_rate_hz: float = 0.0
    """The rate of the readings, or 0 if the files know it."""
    axes: tuple[str, ...] = ()
    """Columns to take, by name or by number from 1, or names for columns without; empty = all."""
    channels: str = "first"
    """Of sound with several channels: `first`, or `all` as axes."""
    time_column: str = ""
    """Name or number from 1 of the column of times, or `none`; empty = by its name."""
    time_unit: str = ""
    """`s`, `ms`, `us` or `ns`; empty = by the column's name."""
    label_column: str = ""
    """Name or number from 1 of the column of labels; equal ones in a row make a span."""
    delimiter: str = ""
    """What parts the columns of a table; empty = as its first line shows."""
    decimal: str = ""
    """`.` or `,`; empty = a comma where the delimiter is a semicolon."""
    header: str = ""
    """`yes` or `no`: whether a table's first line names the columns; empty = as it looks."""
    hmac_key: str = ""
    """Key that signatures are verified with; empty = they are not verified."""
    dtype: str = ""
    """One of `READING_DTYPES` if a list beside the file says it; empty = as the file says."""
    listed_rate_hz: float = 0.0
    """The rate that a list beside the file says, or 0: for files that do not know it exactly."""
    listed_axes: int = 0
    """How many axes such a list says, or 0: a table of as many columns has none of times."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One continuous stretch of readings that an importer found in a file."""

    values: NDArray[np.generic]
    """`(n_readings, n_axes)`, int16 for audio and float32 for everything else, all finite."""
    axes: tuple[Axis, ...]
    sample_rate_hz: float
    """0 if neither the file nor the person said it."""
    times_s: NDArray[np.float64] | None = None
    """Time of each reading, rising, if they are not evenly spaced; else None."""
    take: str = ""
    """Which stretch of the file this is, if it holds several, such as `03`."""
    label: str = ""
    """The label if the file itself names one."""
    spans: tuple[Span, ...] = ()
    """Labelled stretches if the file itself names some."""
    gaps: tuple[Gap, ...] = ()
    """Where the file itself says that readings are missing."""
    clipped: int = 0
    """Values beyond the range of int16 that were set to its ends."""
    notes: tuple[str, ...] = ()
    """What was decided on the way, in words: "the first of 2 channels was taken"."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the file says about itself besides."""
    signature: str = ""
    """What its signature is found to be: `valid`, `invalid`, `unsigned`, `all-zero` (never filled
    in) or `unverified` (nobody gave a key); empty for a kind of file that has none."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One recording as an exporter gets it."""

    name: str
    values: NDArray[np.generic]
    """`(n_readings, n_axes)`, int16 or float32, perhaps mapped from a file."""
    axes: tuple[Axis, ...]
    sample_rate_hz: float
    spans: tuple[Span, ...] = ()
    """Labelled stretches without gaps or overlaps, or none."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What is known of it besides, such as `device_name` and `device_type`."""
    time_column: bool = True
    """Whether a table begins with a column of times."""
    hmac_key: str = ""
    """Key to sign with; empty = unsigned."""


@dataclass(frozen=True, slots=True)
class BlockConfig:
    """A signal block made ready for windows of one shape: what the C code needs, on PC and board.

    The same scalars and tables are written to memory for the PC's library and printed as C
    constants for the firmware, so both compute with identical numbers.
    """

    block: str
    function: str
    """C function `int f(const STRUCT *, const tml_window *, float *features, void *scratch)`."""
    struct: str
    """C struct type of the configuration, such as `tml_audio_mfcc_config`."""
    header: str
    """Header that declares both, relative to `resources/runtime`."""
    sources: tuple[str, ...]
    """C files to compile, relative to `resources/runtime`."""
    scalars: Mapping[str, int | float]
    tables: Mapping[str, NDArray[np.generic]]
    """Struct members that are pointers to constant arrays (float32, int16, uint16, int32)."""
    n_readings: int
    n_axes: int
    output_shape: tuple[int, ...]
    """`(n,)` or `(frames, coefficients)`."""
    scratch_bytes: int
    operations: int = 0
    """Floating-point operations of one window, about: for estimates of its time. 0 = not known."""

    @property
    def n_features(self) -> int:
        """How many float32 values one window becomes."""
        return int(np.prod(self.output_shape))


@dataclass(frozen=True, slots=True)
class Restore:
    """A value that was computed without some of its channels (its last dimension)."""

    channels: int
    """How many there are in the model file."""
    kept: tuple[int, ...]
    constants: tuple[int, ...]
    """One value per channel, which is that of those not kept; empty where these are not known,
    since nothing depends on them."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A model's input or output, or what a layer writes."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int
    index: int = -1
    """Number in the model file."""
    restore: Restore | None = None
    """How to get the model file's own values back, if some channels are not computed."""

    @property
    def elements(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))

    @property
    def bytes(self) -> int:
        """Bytes in memory."""
        return self.elements * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """One operator of a compiled model."""

    op: str
    name: str
    output_shape: tuple[int, ...]
    macs: int
    output_bytes: int
    outputs: tuple[TensorInfo, ...] = ()
    parameters: int = 0
    """Weights and biases: the numbers that were learned."""


@dataclass(frozen=True, slots=True)
class MemoryPlace:
    """Where a value of a compiled model lies in the arena, and when."""

    name: str
    offset_bytes: int
    n_bytes: int
    first_layer: int
    last_layer: int


@dataclass(frozen=True, slots=True)
class PassGain:
    """What one step of the compiler changed: costs before and after it."""

    name: str
    operators_before: int
    operators_after: int
    macs_before: int
    macs_after: int
    constants_before_bytes: int
    constants_after_bytes: int
    arena_before_bytes: int
    """-1, as the other costs, where the graph could not be planned yet."""
    arena_after_bytes: int


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """A model as C text, and what it costs as far as that is known without a board."""

    name: str
    target: str
    files: Mapping[str, str]
    """File name -> C text. `tml_<name>.c` and `tml_<name>.h`, and the kernels it includes."""
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    arena_bytes: int
    weights_bytes: int
    macs: int
    layers: tuple[LayerSummary, ...]
    bound_bytes: int = 0
    """What the busiest layer alone needs of the arena: no plan can be smaller."""
    places: tuple[MemoryPlace, ...] = ()

    @property
    def input(self) -> TensorInfo:
        """The first input."""
        return self.inputs[0]

    @property
    def output(self) -> TensorInfo:
        """The first output."""
        return self.outputs[0]


@dataclass(frozen=True, slots=True)
class ModelSize:
    """What a model will take, about, as far as that is known before it is trained."""

    layers: int
    macs: int
    weights_bytes: int
    """Of int8 weights, biases, and what rescales each channel."""
    arena_bytes: int
    """The largest sum of values that are needed at once."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Measured bytes of a linked image and of its parts (model, features, runtime …)."""

    flash_bytes: int
    ram_bytes: int
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Part -> {"flash_bytes": n, "ram_bytes": n}."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a pipeline costs on a board."""

    ram_bytes: int
    flash_bytes: int
    latency_ms: float
    latency_interval_ms: tuple[float, float]
    source: str
    """How the time was obtained: `measured`, `emulated` or `estimated`."""
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """How scores become decisions: the mean of the last `smoothing` windows over `threshold`."""

    smoothing: int = 3
    threshold: float = 0.6


def threshold_q(rule: DecisionRule) -> int:
    """Return the rule's threshold as the int8 score domain has it: score q stands for (q+128)/256.

    The nearest score is taken; a threshold of 1 is the highest score there is.
    """
    return min(max(round(rule.threshold * 256) - 128, -128), 127)


@dataclass(frozen=True, slots=True)
class Decision:
    """One window judged by a board."""

    start: int
    """Index of the window's first reading in the board's stream."""
    label: int
    """Class index decided after smoothing, or -1 for none."""
    scores: tuple[int, ...]
    """The model's raw int8 outputs, one per class."""
    features_crc: int
    """CRC-32 of the window's float32 features as little-endian bytes."""
    dsp_cycles: int
    nn_cycles: int


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a board computed for a window that was sent to it."""

    features: FloatArray
    """Float32, flat."""
    scores: ByteArray
    """Int8, one per class."""
    label: int
    """Index of the class that the board decided on for this window alone."""
    dsp_cycles: int
    nn_cycles: int


WINDOW_RULES = ("sample", "end", "anywhere", "share", "majority")
"""How a window gets its label: by the sample it was cut from, the label at its last reading, one
that is anywhere in it, one that covers a share of it, the one that covers most of it."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """Which labels are trained on, and which label a window gets that holds several."""

    track: str = "main"
    rule: str = "sample"
    """One of `WINDOW_RULES`."""
    share: float = 0.5
    """For the rule `share`: how much of the window a label covers at least, 0..1."""
    background: str = ""
    """A label that counts as none beside others, such as `noise`; empty if there is none."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What happens to a stream of readings on its way to a decision."""

    window_ms: float
    stride_ms: float
    sample_rate_hz: float
    axes: tuple[Axis, ...]
    dtype: str
    """One of `READING_DTYPES`."""
    block: str
    """Id of the signal block."""
    block_version: int
    block_params: Mapping[str, object]
    learning: str
    """Id of the learning block."""
    learning_params: Mapping[str, object]
    decision: DecisionRule
    board: str
    labelling: Labelling = Labelling()

    @property
    def window_readings(self) -> int:
        """Readings in one window."""
        return round(self.window_ms * self.sample_rate_hz / 1000)

    @property
    def stride_readings(self) -> int:
        """Readings from one window's start to the next one's."""
        return max(1, round(self.stride_ms * self.sample_rate_hz / 1000))


@dataclass(frozen=True, slots=True)
class VirtualBoard:
    """A running virtual board, as its state file describes it."""

    name: str
    pid: int
    board: str
    serial_port: int
    control_port: int
    token: str
    pty: str
