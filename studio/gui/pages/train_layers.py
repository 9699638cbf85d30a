"""The model's layers as a board runs them: before training from the settings, after it exact."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from studio.gui.pages.test_result import fill, table
from studio.gui.texts import grouped, tr
from studio.gui.widgets.bars import size_text
from studio.gui.widgets.panel import words

WORDS = {
    "CONV_2D": "Convolution",
    "DEPTHWISE_CONV_2D": "Depthwise convolution",
    "FULLY_CONNECTED": "Dense",
    "AVERAGE_POOL_2D": "Average pooling",
    "MAX_POOL_2D": "Largest of area",
    "MEAN": "Mean",
    "ADD": "Sum",
    "PAD": "Padding",
    "RESHAPE": "Reshape",
    "SOFTMAX": "Softmax: one score per label",
}


class LayersView(QWidget):
    """A table, and the sum below; or how to get it."""

    def __init__(self) -> None:
        super().__init__()
        heads = (tr("layer"), tr("output"), tr("parameters"), tr("MACs"), tr("RAM"))
        self.table = table(heads, tr("Layers"))
        self.sum = words("", "hint", wrap=True)
        self.hint = words("", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.look = QPushButton(tr("Show the layers"))
        self.look.setToolTip(tr("Build the network once, untrained, as a board would run it (L)"))
        empty = QWidget()
        middle = QVBoxLayout(empty)
        middle.addStretch(1)
        middle.addWidget(self.hint)
        middle.addWidget(self.look, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        column.addWidget(self.sum)
        self.stack = QStackedWidget()
        self.stack.addWidget(empty)
        self.stack.addWidget(full)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.stack)
        self.show_layers(None, "")

    def show_layers(self, found: dict[str, Any] | None, why_not: str) -> None:
        """Show what `services.layers` found, or why there is nothing."""
        self.stack.setCurrentIndex(0 if found is None else 1)
        self.look.setVisible(found is None and not why_not)
        self.hint.setText(
            why_not
            or tr(
                "The layers of these settings are not known yet. Looking builds the network "
                "once, in about 20 s."
            )
        )
        if found is None:
            return
        rows = [
            (
                _named(layer["op"]),
                " × ".join(map(str, layer["output_shape"])),
                grouped(layer["parameters"]) if layer["parameters"] else "–",
                grouped(layer["macs"]) if layer["macs"] else "–",
                size_text(layer["ram_bytes"]),
            )
            for layer in found["layers"]
        ]
        fill(self.table, rows)
        self.sum.setText(
            tr(
                "Together {parameters} parameters, {macs} multiplications per window. On the "
                "board {ram} RAM (values share memory) and {flash} flash for the constants.",
                parameters=grouped(sum(layer["parameters"] for layer in found["layers"])),
                macs=grouped(found["macs"]),
                ram=size_text(found["arena_bytes"]),
                flash=size_text(found["constants_bytes"]),
            )
        )


def _named(operators: str) -> str:
    """Return what a layer does, in words; layers that run together are joined."""
    return " + ".join(
        tr(WORDS.get(one, one.replace("_", " ").lower())) for one in operators.split("+")
    )
