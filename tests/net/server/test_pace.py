"""Time limits and rates; the test says what time it is."""

import pytest

from net.server.connections.pace import Pace
from net.server.limits import Limits

LIMITS = Limits()


@pytest.fixture
def pace():
    return Pace(LIMITS, 0.0)


def test_a_request_has_ten_seconds_from_its_first_byte(pace):
    for now in range(12):
        pace.received(0, 1 + now, float(now))
        assert pace.request_overdue(float(now)) == (now > 10), (
            "a byte now and then must not extend the time"
        )


def test_a_complete_request_has_no_time_limit(pace):
    pace.received(0, 5, 0.0)
    pace.received(1, 0, 9.0)
    assert not pace.request_overdue(20.0)


def test_the_next_request_has_its_own_ten_seconds(pace):
    pace.received(0, 5, 0.0)
    pace.received(1, 3, 9.0)
    assert not pace.request_overdue(18.0)
    assert pace.request_overdue(19.5)


def test_the_time_in_which_nothing_was_read_does_not_count(pace):
    pace.received(0, 5, 0.0)
    pace.reading_resumed(9.0)
    assert not pace.request_overdue(18.0)


def test_idle(pace):
    assert pace.overdue(600.0, 0, full=False, playing=False) is None
    assert pace.overdue(601.0, 0, full=False, playing=False) == "idle for 600 s"
    assert pace.overdue(601.0, 0, full=False, playing=True) is None


def test_a_client_to_which_bytes_are_sent_is_not_idle(pace):
    pace.overdue(599.0, 10, full=False, playing=True)
    assert pace.overdue(1190.0, 10, full=False, playing=False) is None
    assert pace.overdue(1200.0, 10, full=False, playing=False)


def test_a_stall(pace):
    assert pace.overdue(100.0, 5, full=True, playing=True) is None
    assert pace.overdue(130.0, 5, full=True, playing=True) is None
    assert pace.overdue(131.0, 5, full=True, playing=True) == "it took nothing for 30 s"


def test_what_is_exceeded_names_its_option(pace):
    assert pace.overdue(601.0, 0, full=False, playing=False).limit == "idle-time"
    pace.overdue(602.0, 0, full=True, playing=False)
    assert pace.overdue(640.0, 0, full=True, playing=False).limit == "stall-time"
    pace = Pace(LIMITS, 0.0)
    for now in range(60):
        pace.overdue(float(now), now, full=True, playing=True)
    assert pace.overdue(60.0, 60, full=True, playing=True).limit == "least-rate"


def test_a_byte_a_second_is_no_stall_but_too_slow(pace):
    for now in range(60):
        assert pace.overdue(float(now), now, full=True, playing=True) is None
    assert pace.overdue(60.0, 60, full=True, playing=True) == "it took less than 1024 bytes/s"


def test_fast_enough_is_fast_enough(pace):
    for now in range(300):
        assert pace.overdue(float(now), now * 1100, full=True, playing=True) is None


def test_fifty_at_once_then_fifty_a_second(pace):
    assert pace.received(50, 0, 0.0) == 0
    assert pace.received(25, 0, 0.0) == pytest.approx(0.5)
    assert pace.received(1, 0, 0.5) == pytest.approx(0.02)
    assert pace.received(50, 0, 100.0) == 0


def test_bytes_are_paced_also_where_they_make_no_request(pace):
    assert pace.received(0, 0, 0.0, received_bytes=50 * 128) == 0
    assert pace.received(0, 0, 0.0, received_bytes=1280) == pytest.approx(10 / 50)
    assert pace.received(50, 0, 100.0, received_bytes=1) == 0
    assert pace.received(0, 0, 100.0, received_bytes=1) > 0, "a byte is a read as well"


def test_half_a_request_has_no_time_limit_once_the_rest_cannot_come(pace):
    pace.received(0, 3, 0.0)
    pace.requests_ended()
    assert not pace.request_overdue(100.0)


def test_who_takes_the_least_rate_in_long_steps_is_not_stalled():
    """As over loopback: segments are so long that there is room for one only twice a minute."""
    pace, step_bytes = Pace(LIMITS, 0.0, step_bytes=65_483), 65_483
    for now in range(300):
        taken_bytes = now * 2000 // step_bytes * step_bytes
        assert pace.overdue(float(now), taken_bytes, full=True, playing=True) is None
    assert pace.overdue(400.0, taken_bytes, full=True, playing=True) == "it took nothing for 63.9 s"
