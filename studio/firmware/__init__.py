"""Firmware: a board and C files become a PlatformIO project, an image, and its measured sizes.

Owns the PlatformIO home that works without a registry (`provision`), the C text of a trained
pipeline (`pipeline_files`), the project folder (`write_project`) and its build (`build`).
Imports the shared modules only; external programs run through the `ToolRunner` it is given, and
PlatformIO is never imported: it is a program with global state and its own idea of the network.
"""

from studio.firmware.build import BuildResult, build
from studio.firmware.pipeline_c import PipelineCode, pipeline_files
from studio.firmware.project import write_project
from studio.firmware.provision import provision
from studio.firmware.sizes import image_sizes

__all__ = [
    "BuildResult",
    "PipelineCode",
    "build",
    "image_sizes",
    "pipeline_files",
    "provision",
    "write_project",
]
