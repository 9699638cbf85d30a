"""TinyML Studio: from a board on the cable to a model deciding on it, on your own desk.

Packages are named after what they handle and do not know each other; `services` joins them, one
module per step of the workflow; `cli` and `gui` call services only. The dependency rule is written
as import-linter contracts in `pyproject.toml`.
"""

__version__ = "0.1.0"
