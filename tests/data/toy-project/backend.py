"""The least build backend that an editable install accepts (PEP 660)."""

import zipfile
from pathlib import Path

NAME = "toy-1.0"


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """Write a wheel that holds nothing but the path of this folder."""
    info = f"{NAME}.dist-info"
    files = {
        "toy.pth": f"{Path.cwd()}\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: toy\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    wheel = f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return wheel
