"""Learning: from features and labels to a quantized model and honest figures about it.

Owns training, standardisation, augmentation, the `.tflite` file and the metrics; imports no other
package of the studio. The decision behind it: TensorFlow (tf_keras) is imported inside the
functions that run in the training worker and nowhere else, so importing this package costs
nothing and no window ever loads it. What the worker is given and gives back are files in the
run's folder (NumPy arrays, the model) and plain values.

The model's input is standardised features, clipped; board and PC standardise and quantize in one
step with the same C code (`tml_quantize_f32_s8`), so the scaler is stored beside the model.
"""

from studio.learning.augment import AugmentParams, augment
from studio.learning.metrics import evaluate, wilson
from studio.learning.scaling import Scaler, load_arrays, save_arrays
from studio.learning.settings import LearningSettings, TrainParams
from studio.learning.suspects import Opinions, opinions, vectors

__all__ = [
    "AugmentParams",
    "LearningSettings",
    "Opinions",
    "Scaler",
    "TrainParams",
    "augment",
    "evaluate",
    "load_arrays",
    "opinions",
    "save_arrays",
    "vectors",
    "wilson",
]
