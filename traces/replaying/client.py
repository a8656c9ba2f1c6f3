"""Runs the trace of a client again: responses out of the bytes, steps, the requests as bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.effects import DisconnectForGood, SendRequest
from fsm.client.link.session import LinkSession
from fsm.client.machines import LINK, ClientSession
from fsm.events import Event
from fsm.table import Step, UnexpectedEvent
from net.dialects import WireError
from net.responses import ResponseDecoder
from net.wire import encode_request
from traces import parts, values
from traces.reading import Line, Reader
from traces.recorder import CLIENT, values_of
from traces.replaying.replay import Difference, Expected, LineUnknown, compare
from traces.values import Describer, Json

_RESPONSES = (
    on.ListReceived,
    on.AudioReceived,
    on.SetupReceived,
    on.NotFoundReceived,
    on.MessageNotUnderstood,
)


class _LinkWithoutAudio(LinkSession):
    """The link where audio was not recorded: whether two pieces are the same, the trace says."""

    __slots__ = ("audio_is_same",)
    table = LinkSession.table

    def __init__(self, max_retries: int | None, audio_is_same: Callable[[], bool]) -> None:
        super().__init__(max_retries)
        self.audio_is_same = audio_is_same

    def same_song(self, event: internal.AudioFromServer) -> bool:
        """As much has come again as is here, and the trace says that it is the same."""
        return self.caught_up(event) and self.audio_is_same()


class ClientReplay:
    """The machines of one client, over all its connections (a Side)."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        options = reader.header.options
        prebuffer, retries = options.get("prebuffer"), options.get("retries")
        if not isinstance(prebuffer, int | None) or not isinstance(retries, int | None):
            raise LineUnknown("no prebuffer or retries")
        self._session = ClientSession(prebuffer, options.get("plain") is True, retries)
        if not reader.header.audio:
            link = _LinkWithoutAudio(retries, self._audio_is_same)
            self._session.link = self._session.machines[LINK] = link
        self._session.observe = self._observe
        self._describer = Describer()
        self._begun = False
        self._decoder = ResponseDecoder()
        self._expected = Expected(_RESPONSES)
        self._steps: deque[Step] = deque()
        """What the machines have done with the event in hand, and the trace has not said yet."""
        self._requests: dict[bool, deque[bytes]] = {True: deque(), False: deque()}
        """What is to be sent: paced, and at once."""
        self._left = False

    def take(self, line: Line) -> None:
        match line.kind:
            case "opened":
                self._open(line)
            case "connected":
                self._decoder = ResponseDecoder()
                self._clear_requests()
            case "bytes":
                self._bytes(line)
            case "step":
                self._step(line)

    def _observe(self, step: Step) -> None:
        self._steps.append(step)

    # The machines as they were

    def _open(self, line: Line) -> None:
        recorded = line.members.get("state")
        if not isinstance(recorded, dict) or recorded.keys() != self._session.machines.keys():
            raise LineUnknown("no state of the client's machines")
        if self._begun:
            self._compare_state(recorded)
        else:
            self._restore_state(recorded)
        self._begun = True

    def _restore_state(self, recorded: dict[str, Json]) -> None:
        for name, machine in self._session.machines.items():
            state, restored = _state_of(recorded[name])
            if state not in machine.table.states.__members__:
                raise LineUnknown(f"{name} has no state {state[:40]!a}")
            if restored.keys() != set(_names(machine)):
                raise LineUnknown(f"{name} remembers other things")
            machine.state = machine.table.states[state]
            for slot, value in restored.items():
                setattr(machine, slot, values.restore(value))

    def _compare_state(self, recorded: dict[str, Json]) -> None:
        for name, machine in self._session.machines.items():
            state, remembered = _state_of(recorded[name])
            if state != machine.state.name:
                raise Difference(f"{name} is {machine.state.name}; the trace has {state[:40]}")
            for slot, value in remembered.items():
                now = self._describer.describe(getattr(machine, slot, None))
                if not values.same(value, now):
                    raise Difference(f"{name} remembers another {slot[:40]!a} than the trace has")

    # Bytes

    def _bytes(self, line: Line) -> None:
        data = parts.restore(line.members["parts"], line.members["length"])
        if line.members["sender"] == CLIENT:
            self._check_sent(data)
        elif not self._left:
            self._expected.end()
            self._receive(data)

    def _receive(self, data: bytes) -> None:
        try:
            self._expected.add(*self._decoder.feed(data))
        except WireError as error:
            self._expected.add(*error.events, on.MessageNotUnderstood(str(error)))

    def _check_sent(self, data: bytes) -> None:
        paced, at_once = self._requests[True], self._requests[False]
        if paced and paced[0] == data:
            paced.popleft()
            return
        unsaid = data
        while at_once and unsaid.startswith(at_once[0]):  # those of one moment leave together
            unsaid = unsaid.removeprefix(at_once.popleft())
        if unsaid:
            raise Difference(f"the client has sent {ascii(unsaid[:40])[1:]}, which no effect says")

    def _clear_requests(self) -> None:
        for waiting in self._requests.values():
            waiting.clear()

    # Steps

    def _step(self, line: Line) -> None:
        if not self._steps:
            self._fire(line)
        if not self._steps:
            raise Difference(f"no machine takes {line.members['row']}")
        step = self._steps.popleft()
        if step.machine != line.members["machine"]:
            raise Difference(
                f"{step.machine} fires {step.row}; the trace has {line.members['machine']}, "
                f"{line.members['row']}"
            )
        compare(line, step, self._describer)

    def _fire(self, line: Line) -> None:
        event = values.restore(line.members["event"])
        if not isinstance(event, Event):
            raise LineUnknown("no event")
        if isinstance(event, on.ConnectionLost | on.ServerClosed):
            self._expected.end()
        self._expected.tell(event, self._says)
        try:
            effects = self._session.handle(event)
        except (UnexpectedEvent, KeyError) as error:
            raise Difference(f"there is no row any more: {error}") from None
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            # The state that a trace begins with is set as it is.
            raise LineUnknown(f"what no machine can have remembered: {error}") from None
        for effect in effects:
            if isinstance(effect, SendRequest):
                self._requests[effect.paced].append(encode_request(effect))
            self._left = self._left or isinstance(effect, DisconnectForGood)
        if self._left:
            self._expected.clear()

    def _says(self, expected: Event, told: Event) -> bool:
        if isinstance(told, on.MessageNotUnderstood):
            return isinstance(expected, on.MessageNotUnderstood)  # its words may show audio
        if isinstance(told, on.AudioReceived):  # over several reads its hash is not known
            return isinstance(expected, on.AudioReceived) and len(expected.data) == len(told.data)
        return expected == told

    def _audio_is_same(self) -> bool:
        """Tell what the trace says of the audio that the link compares at this moment."""
        for line in self._reader.ahead():
            if line.kind == "step" and line.members["machine"] == LINK:
                return "[same_song" in line.members["row"]
        return False


def _names(machine: Any) -> list[str]:
    return [name for name in values_of(machine) if name != "audio_is_same"]


def _state_of(recorded: Json) -> tuple[str, dict[str, Json]]:
    match recorded:
        case {"state": str(state), "values": dict(remembered)}:
            return state, remembered
    raise LineUnknown("no state of a machine")
