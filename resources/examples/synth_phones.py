"""Phones and words of the synthetic speakers.

Formant targets are round figures for an adult vocal tract of reference length; every voice scales
and bends them. A word is a list of phones; the same word has several pronunciations where real
speakers differ (an r that is dropped, a final stop that is not released).
"""

from dataclasses import dataclass

Bands = tuple[tuple[float, float, float], ...]
"""Noise spectrum: (centre Hz, width Hz, level dB) of each band."""


@dataclass(frozen=True, slots=True)
class Phone:
    """What one speech sound asks of the synthesiser."""

    kind: str
    """`vowel`, `liquid`, `nasal`, `fricative`, `stop`, `affricate` or `breath`."""
    duration_ms: float
    formants: tuple[float, float, float]
    """F1, F2, F3 in Hz at the start (the whole sound, unless `glide` is given)."""
    glide: tuple[float, float, float] | None = None
    """F1, F2, F3 in Hz at the end: diphthongs."""
    voiced: bool = True
    dominance: float = 1.0
    """How strongly the targets hold against the neighbours' (coarticulation)."""
    noise: Bands = ()
    """Spectrum of the frication or burst."""
    noise_level: float = 0.0
    """Amplitude of the noise beside a vowel's voicing of 1."""


def _vowel(duration_ms: float, *targets: tuple[float, float, float]) -> Phone:
    return Phone("vowel", duration_ms, targets[0], targets[1] if len(targets) > 1 else None)


def _sonorant(kind: str, duration_ms: float, formants: tuple[float, float, float]) -> Phone:
    return Phone(kind, duration_ms, formants, dominance=0.9)


S_BAND = ((5600.0, 1700.0, 0.0), (7200.0, 1500.0, -3.0))
SH_BAND = ((2900.0, 700.0, 0.0), (4400.0, 1600.0, -4.0), (6200.0, 1800.0, -10.0))
F_BAND = ((1600.0, 1400.0, -10.0), (4200.0, 3000.0, -6.0), (7400.0, 1600.0, 0.0))
TH_BAND = ((1500.0, 1000.0, -12.0), (6800.0, 2200.0, 0.0))
P_BAND = ((700.0, 600.0, 0.0), (2200.0, 1500.0, -10.0))
T_BAND = ((4300.0, 1600.0, 0.0), (6500.0, 1800.0, -4.0))
K_BAND = ((1900.0, 450.0, 0.0), (4600.0, 1500.0, -10.0))


def _stop(locus: tuple[float, float, float], voiced: bool, band: Bands, level: float) -> Phone:
    return Phone("stop", 75, locus, voiced=voiced, dominance=0.55, noise=band, noise_level=level)


def _fricative(
    duration_ms: float, locus: tuple[float, float, float], voiced: bool, band: Bands, level: float
) -> Phone:
    return Phone(
        "fricative",
        duration_ms,
        locus,
        voiced=voiced,
        dominance=0.4,
        noise=band,
        noise_level=level,
    )


_LIP = (250.0, 850.0, 2200.0)
_TEETH = (260.0, 1750.0, 2650.0)
_PALATE = (270.0, 1900.0, 2600.0)
_VELUM = (260.0, 1600.0, 2150.0)

PHONES = {
    "IY": _vowel(130, (300, 2280, 2980)),
    "IH": _vowel(95, (400, 1980, 2560)),
    "EH": _vowel(115, (560, 1820, 2480)),
    "AE": _vowel(150, (690, 1680, 2420)),
    "AA": _vowel(160, (730, 1110, 2440)),
    "AAH": _vowel(230, (700, 1180, 2430)),
    "AO": _vowel(165, (590, 880, 2420)),
    "UH": _vowel(100, (450, 1060, 2260)),
    "UW": _vowel(140, (320, 950, 2240)),
    "AH": _vowel(110, (630, 1220, 2400)),
    "AX": _vowel(65, (500, 1480, 2480)),
    "ER": _vowel(150, (480, 1330, 1680)),
    "AY": _vowel(215, (740, 1220, 2450), (390, 2020, 2600)),
    "EY": _vowel(185, (510, 1850, 2500), (340, 2180, 2750)),
    "OW": _vowel(190, (540, 1000, 2380), (370, 840, 2300)),
    "AW": _vowel(215, (740, 1300, 2450), (440, 950, 2300)),
    "OY": _vowel(220, (560, 860, 2400), (390, 1980, 2560)),
    "R": _sonorant("liquid", 85, (330, 1120, 1520)),
    "L": _sonorant("liquid", 80, (350, 1120, 2750)),
    "EL": _sonorant("liquid", 95, (430, 820, 2600)),
    "W": _sonorant("liquid", 80, (300, 660, 2250)),
    "Y": _sonorant("liquid", 75, (280, 2220, 2980)),
    "M": _sonorant("nasal", 85, (270, 1050, 2250)),
    "N": _sonorant("nasal", 85, (270, 1600, 2600)),
    "NG": _sonorant("nasal", 95, (270, 2000, 2500)),
    "S": _fricative(125, _TEETH, False, S_BAND, 0.24),
    "Z": _fricative(90, _TEETH, True, S_BAND, 0.15),
    "SH": _fricative(125, _PALATE, False, SH_BAND, 0.26),
    "F": _fricative(105, _LIP, False, F_BAND, 0.06),
    "V": _fricative(70, _LIP, True, F_BAND, 0.04),
    "TH": _fricative(100, (270, 1350, 2550), False, TH_BAND, 0.06),
    "P": _stop(_LIP, False, P_BAND, 0.30),
    "B": _stop(_LIP, True, P_BAND, 0.25),
    "T": _stop(_TEETH, False, T_BAND, 0.36),
    "D": _stop(_TEETH, True, T_BAND, 0.30),
    "K": _stop(_VELUM, False, K_BAND, 0.45),
    "G": _stop(_VELUM, True, K_BAND, 0.30),
    "CH": Phone("affricate", 150, _PALATE, None, False, 0.5, SH_BAND, 0.32),
    "JH": Phone("affricate", 120, _PALATE, None, True, 0.5, SH_BAND, 0.22),
    "HH": Phone("breath", 70, (500, 1500, 2500), None, False, 0.03),
}

KEYWORDS = ("forward", "stop", "left", "right")

WORDS = {
    "forward": ("F AO R W ER D", "F AO W AX D"),
    "stop": ("S T AA P", "S T AO P"),
    "left": ("L EH F T",),
    "right": ("R AY T",),
    # near neighbours of the four
    "star": ("S T AA R", "S T AAH"),
    "light": ("L AY T",),
    "step": ("S T EH P",),
    "road": ("R OW D",),
    "less": ("L EH S",),
    "water": ("W AO D ER", "W AO T AX"),
    # everything else
    "yes": ("Y EH S",),
    "no": ("N OW",),
    "go": ("G OW",),
    "up": ("AH P",),
    "down": ("D AW N",),
    "on": ("AA N", "AO N"),
    "off": ("AO F",),
    "seven": ("S EH V AX N",),
    "zero": ("Z IH R OW",),
    "nine": ("N AY N",),
    "house": ("HH AW S",),
    "music": ("M Y UW Z IH K",),
    "window": ("W IH N D OW",),
    "yellow": ("Y EH L OW",),
    "happy": ("HH AE P IY",),
    "machine": ("M AX SH IY N",),
    "jungle": ("JH AH NG G EL",),
    "boy": ("B OY",),
    "think": ("TH IH NG K",),
    "good": ("G UH D",),
}

UNKNOWN = tuple(word for word in WORDS if word not in KEYWORDS)
NEAR = UNKNOWN[:6]
