"""Single keys on an empty line are commands; in a line that is typed they are characters."""

from tests.cli.prompt import at_prompt, client, has_typed, run, status_line


def test_keys_on_an_empty_line(terminal):
    run(terminal, "repeat one")
    run(terminal, "play 1")
    terminal.type(" ")
    terminal.wait_until(lambda t: status_line(t).startswith("‖ 1. 1 first"))
    terminal.type(" ")
    terminal.wait_until(lambda t: status_line(t).startswith("▶ 1. 1 first"))
    run(terminal, "queue 3")
    terminal.type("n")
    terminal.wait_until(lambda t: status_line(t).startswith("▶ 3. 3 THE END END") and at_prompt(t))
    terminal.type(" ")
    terminal.wait_until(lambda t: status_line(t).startswith("‖"))
    terminal.type("play 1")
    terminal.wait_until(has_typed("play 1"))
    terminal.type("\x1b[D\x1b[D\x1b[D ")
    terminal.wait_until(has_typed("pla y 1"))


def test_plus_and_minus_change_the_volume(terminal):
    terminal.type("--")
    terminal.wait_until(lambda t: "vol 90 %" in status_line(t) and at_prompt(t))
    terminal.type("+")
    terminal.wait_until(lambda t: "vol 95 %" in status_line(t) and at_prompt(t))
    terminal.type("volume +5")
    terminal.wait_until(has_typed("volume +5"))


def test_next_can_still_be_typed(terminal):
    terminal.wait_until(at_prompt)
    terminal.type("next\r")
    terminal.wait_for(">> next")
    terminal.wait_for("nothing is")


def test_prev_in_a_new_session_says_that_nothing_was_played(steady_server):
    with client(steady_server.port) as terminal:
        run(terminal, "queue")
        run(terminal, "prev")
        assert "nothing was played before; play ID or a title starts a song" in terminal.text


def test_arrows_seek(terminal):
    run(terminal, "repeat one")
    run(terminal, "play 1")
    terminal.type(" ")
    terminal.wait_until(lambda t: status_line(t).startswith("‖"))
    terminal.type("\x1b[C")
    terminal.wait_until(lambda t: "the song ends at 0:02: seek 0:00?" in t.text)
    terminal.type("\x1b[D")
    terminal.wait_until(lambda t: "0:00 / 0:02" in status_line(t))
