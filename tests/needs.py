"""What a test needs from the machine it runs on; knows nothing about alfine."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest


def needs_program(*names: str) -> pytest.MarkDecorator:
    """Skip the test where one of the programs `names` is missing; with CI=true fail it instead.

    A build server that lacks a program would otherwise look as green as one that has it.
    """
    return _needs([name for name in names if not _is_installed(name)])


def _is_installed(name: str) -> bool:
    """Debian keeps PostgreSQL's programs, which may be of several versions, outside PATH."""
    return shutil.which(name) is not None or any(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))


def needs_module(*names: str) -> pytest.MarkDecorator:
    """Skip the test where one of the Python modules `names` is missing; with CI=true fail it."""
    return _needs([name for name in names if importlib.util.find_spec(name) is None])


def _needs(missing: list[str]) -> pytest.MarkDecorator:
    reason = f"needs {', '.join(missing)}"
    if missing and os.environ.get("CI") == "true":
        # pytest evaluates a string just before the test, so only this test fails, with the reason.
        return pytest.mark.skipif(
            f"__import__('pytest').fail({reason!r}, pytrace=False)", reason=reason
        )
    return pytest.mark.skipif(bool(missing), reason=reason)


def module_or_skip(name: str) -> None:
    """Skip the test that uses a fixture, where this module is missing; with CI=true fail it."""
    if importlib.util.find_spec(name) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"needs {name}", pytrace=False)
        pytest.skip(f"needs {name}")


def without_powers(*capabilities: str) -> tuple[str, ...]:
    """What to put before a command, so that root has no more rights in it than others have.

    capabilities: what root is to lose, as in `man 7 capabilities`, without CAP_.
    """
    lost = ",".join(f"-{capability}" for capability in capabilities)
    return _setpriv(f"--inh-caps={lost}", f"--bounding-set={lost}")


def as_nobody() -> tuple[str, ...]:
    """What to put before a command, so that root is nobody in it, who may open any file still."""
    return _setpriv(
        *("--reuid=65534", "--regid=65534", "--clear-groups"),
        *("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"),
    )


def _setpriv(*options: str) -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("needs setpriv", pytrace=False)
        pytest.skip("root, and no setpriv to be less")
    return ("setpriv", *options)
