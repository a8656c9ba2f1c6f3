"""What fails on the event loop while nobody waits for it."""

import asyncio
import gc

import pytest

from cli.playing.background import tell_background_faults


async def lost(make):
    """Let something fail, and have nobody look at it."""
    make()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()


async def fails():
    raise ValueError("\x1b[7m twice")


def failed_future():
    asyncio.get_running_loop().create_future().set_exception(BrokenPipeError("gone"))


@pytest.mark.asyncio
async def test_a_call_and_a_task_that_fail_are_a_line_without_escape_codes():
    told = []
    tell_background_faults(told.append)
    await lost(lambda: asyncio.get_running_loop().call_soon(int, "x"))
    await lost(lambda: asyncio.ensure_future(fails()))
    assert len(told) == 2
    assert told[0].startswith("a fault in the background: ValueError: invalid literal")
    assert told[1].startswith("a fault in the background: ValueError: ")
    assert "\x1b" not in told[1]


@pytest.mark.asyncio
async def test_a_future_that_nobody_wanted_is_not_told():
    told = []
    tell_background_faults(told.append)
    await lost(failed_future)
    assert told == []
