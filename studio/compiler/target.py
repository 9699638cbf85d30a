"""What the C is made for: the core decides which kernels and layouts of weights are used."""

from dataclasses import dataclass

from studio.errors import ConfigError

_FAMILIES = {
    "generic": "portable",
    "avr": "portable",
    "cortex-m0plus": "v6m",
    "cortex-m3": "portable",
    "cortex-m4": "dsp",
    "cortex-m7": "dsp",
    "cortex-m33": "dsp",
    "cortex-m55": "dsp",
}
TARGETS = tuple(_FAMILIES)
OPTIMISE = ("speed", "size")


@dataclass(frozen=True, slots=True)
class Target:
    """A core and what matters on it.

    Raises
    ------
    ConfigError
        If there is no such core or aim.
    """

    name: str = "generic"
    optimise: str = "speed"
    """`speed`: each layer has a copy of its kernel with its sizes as literals, but for kernels
    whose time goes into assembly, which are shared. `size`: the C asks its compiler for small code
    (as -Os does), layers share a kernel where that takes less (see `sharing`), int8 operators with
    a constant compute instead of looking up, and `few_kernels` holds where it fits."""
    few_kernels: bool = False
    """Products with all of an input use the kernel of convolutions, where that is in use."""

    def __post_init__(self) -> None:
        for value, known in ((self.name, TARGETS), (self.optimise, OPTIMISE)):
            if value not in known:
                raise ConfigError(f"There is no target {value!r}.", f"Choose one of {known}.")

    @property
    def family(self) -> str:
        """Which kernels suit: `portable`, `dsp` (SMLAD and its kin) or `v6m` (Thumb-1)."""
        return _FAMILIES[self.name]

    @property
    def switches(self) -> tuple[str, ...]:
        """The macros that choose among the kernels' forms; all forms compute the same."""
        return ("TML_NN_DUAL_ISSUE",) if self.name == "cortex-m7" else ()
