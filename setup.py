"""Says to setuptools where the packages lie: the rooms stay at the top here, and are installed
below one name, for `diagrams`, `net` and `cli` are the names of other people's packages as well.

All else that setuptools has to know is in pyproject.toml.
"""

from setuptools import find_packages, setup

ROOMS = (
    "fsm", "net", "songs", "audio", "cli", "diagrams", "traces", "proxy", "monitor", "verify",
    "check",
)  # fmt: skip

packages = find_packages(include=[pattern for room in ROOMS for pattern in (room, f"{room}.*")])
setup(
    packages=["alfine", *(f"alfine.rooms.{package}" for package in packages)],
    package_dir={"alfine": "packaging/alfine", "alfine.rooms": "."},
)
