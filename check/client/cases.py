"""The cases for clients: a row each, in the order of the RFC's sections, then of protocol.md's.

`sends` is in the words of `check.client.trial` and `check.client.answers`, `expects` in the phrases
of `check.client.judgements`; `needs` is `setup` (the client sends SETUP), `ends` (it asks for that)
or `tty`. A row of the RFC is a MUST where the RFC says it. That a client outlives what no server of
the RFC sends is a SHOULD. What only protocol.md says is a SHOULD, but for what a client begins
itself.
"""

from __future__ import annotations

from check.case import MUST, SHOULD, Case

_SOCKET = "The client python script receives an open port and IP address of the server as parameters and uses those to open a socket to the server to communicate via TCP connection."
_THREE = (
    "Once connected, the client has three different requests they can make: list, play, and stop."
)
_END = 'An end of line is denoted with the string "END" while the end of message is denoted with a double end of line, which would be "END END".'
_LIST = "The list command retrieves a list of songs available on the server, along with their associated song ID numbers. It does not need any parameters. An example of the request would be: LIST END END"
_PLAY = (
    "The play command plays one of the songs on the server and takes in a song ID as a parameter."
)
_CLEARS = "Before sending this message, the client also clears the MAD buffer used to store the binary audio data, to stop a song if it is currently playing and get ready for the requested one."
_STOP = "The stop command stops a currently playing song. It takes no parameters."
_SIZE = "A server message has a maximum size of 4117 bytes"
_300 = "An example of a response with this code would be: RESP 300 END (1. NIN - 34 Ghosts IV END 2. cinematrik - Revolve END 3. grapes - I dunno.mp3) END END"
_CRLF = "The server responds with the status code and a text based, single carriage return/line feed delimited list of the songs available with their IDs."
_NO_END = "An example of a response with this code would be: RESP 200 (data) END END"
_CODES = "There are three different server response status codes"
_404 = "Not Found(404) is used if there is an error."
_NEXT = "If the next song up exceeds it, the server sends all the packaged songs and begins a new message from there."
_WHILE = "If the server receives a LIST message while looping through an MP3 file to stream, the server sends a LIST message first then continues to the PLAY messages."
_NO_EFFECT = "If a song is not playing, there is no effect."
_PARTIAL = "The client also has functionality to handle partial receives from the server."
_TYPES = "The client has to handle three different types of messages coming from the server."
_PRINTS = "When a client receives a RESP 100 message, the receiving thread loops through each element in the received list data and prints it out."
_REJOINS = "It rejoins the tokens on the space character to bring the binary data back into a usable format."
_500 = "Once the MAD buffer is full, the playing thread next checks if at least 500 RESP 200 messages for the current song have been received."
_ADDS = "The client then adds the binary audio data to the MAD buffer."
_ERROR = "When a client receives an ERRO 404 message, the receiving thread prints out an error to let the user know the supplied number was not a valid song ID."
_LATE = "It is also used to prevent late RESP 200 messages from adding to the buffer if the user has already requested to stop or change songs."
_ARROW = 'The second state, ARROW_LOCK, is used to ensure the ">>" character shows up at every user input line.'
_EXIT = "Client requests: exit script"
_EXAMPLE = "Client requests: PLAY 3 END END ... Client requests: PLAY 2 END END ... Client requests: PLAY 1 END END ... Client requests: STOP END END ... Client requests: exit script"
_LIST_200 = "Server responds: RESP 200 END (1. NIN - 34 Ghosts IV END 2. cinematrik - Revolve END 3. grapes - I dunno) END END"
_GRAMMAR = 'play = "PLAY" SP song-id EOM ; song-id = 1*10DIGIT, no leading zero, 1 or more'
_SPACE = "Grammar (ABNF; SP is one 0x20)"
_NOTHING = "There is nothing between two messages; TCP may split or join them anywhere."
_WAITS = "A client begins with `SETUP` and the tokens that it wants, and sends nothing else until it knows what the server is"
_MEAN = "`ERRO 404`, 1 s of silence, or the connection's end (it is then made anew, and nothing is offered) mean that the server is **plain**."
_COMES_LATE = "A `RESP 101` that comes late, at any time, is taken all the same"
_TOKENS = "a product token, then the tokens it accepts"
_CLOSED = "Every LIST and every PLAY that the server receives after a SETUP ends in exactly one closing message"
_CUT_SHORT = "A song that was cut short by `STOP` or by another `PLAY` is closed too, by the empty message, before anything that follows."
_HALF_WAY = "A song that the server cannot send whole (its file fails half-way) is closed by `ERRO 404`: nobody takes it for complete."
_FROM_0 = "IDs from 0, gaps | the IDs that the list shows"
_APART = "Deployed servers read one request per `recv`, so to a plain server two requests are at least 100 ms apart."
_NO_STOP = "No `STOP` is sent where nothing is open."
_ASKS = "After 2 s without audio (250 ms behind a payload shorter than all before it), send `LIST`"

# fmt: off
CASES = (
    # What it connects to, and what becomes of a client whose connection ends
    Case("2.1-1",   "It connects to the host and port that it is given", MUST, _SOCKET, "", "it connects"),
    Case("2.1-2",   "Each request ends in END END", MUST, _END, "PLAY=long list play:1 stop", "END END ends each request"),
    Case("2.1-3",   "It sends LIST, PLAY, STOP, and no other words", MUST, _THREE, "PLAY=long list play:1 stop", "only LIST, PLAY, STOP", allows="SETUP and TEARDOWN"),
    Case("2.1-4",   "Requests are in capital letters", MUST, _LIST, "PLAY=long list play:1 stop", "capital letters"),
    Case("2.1-5",   "All requests go over one connection", SHOULD, _SOCKET, "PLAY=long list play:1 list stop list", "one connection"),
    Case("2.1-6",   "The connection is closed instead of an answer to LIST", SHOULD, _SOCKET, "LIST=nothing/close list watch", "no crash; no flood"),
    Case("2.1-7",   "The connection is closed in the middle of a list", SHOULD, _SOCKET, "LIST=several/half-close list watch", "no crash; no flood"),
    Case("2.1-8",   "The connection is closed in the middle of a song", SHOULD, _SOCKET, "PLAY=song/half-close play:1 watch", "no crash; no flood"),
    Case("2.1-9",   "The connection is reset in the middle of a song", SHOULD, _SOCKET, "PLAY=song/half-reset play:1 watch", "no crash; no flood"),
    Case("2.1-10",  "The connection is closed where nothing is awaited", SHOULD, _SOCKET, "close watch", "no crash; no flood"),
    Case("2.1-11",  "The connection is closed, and a second one is refused", SHOULD, _SOCKET, "PLAY=long play:1 refuse watch quit", "no crash; no flood; it leaves"),
    Case("2.1-12",  "Each connection is closed as it is made", SHOULD, _SOCKET, "PLAY=long play:1 closing watch watch quit", "no crash; no flood; it leaves"),
    # Requests
    Case("2.2-1",   "LIST is sent when it is typed", MUST, _LIST, "list", "LIST is sent"),
    Case("2.2-2",   "LIST has no parameters", MUST, _LIST, "list", "LIST alone"),
    Case("2.2-3",   "PLAY is sent with the ID that is typed", MUST, _PLAY, "list play:2", "PLAY is sent"),
    Case("2.2-4",   "PLAY has one parameter, a number", MUST, _PLAY, "list play:2", "PLAY and a number"),
    Case("2.2-5",   "PLAY takes the ID that the list shows, not the place in the list", MUST, _PLAY, "LIST=gaps list play:1204", "PLAY is sent"),
    Case("2.2-6",   "PLAY is sent while another song arrives", MUST, _CLEARS, "PLAY=long list play:1 play:2", "PLAY is sent; the next LIST is sent and printed", allows="STOP, or STOP and LIST, before it"),
    Case("2.2-7",   "PLAY is sent for the song that has just been sent", MUST, _PLAY, "list play:3 settle play:3", "PLAY is sent"),
    Case("2.2-8",   "STOP is sent when it is typed while a song arrives", MUST, _STOP, "PLAY=long list play:1 stop", "STOP is sent"),
    Case("2.2-9",   "STOP has no parameters", MUST, _STOP, "PLAY=long list play:1 stop play:2", "STOP alone"),
    # Messages
    Case("2.3-1",   "A list message of 4117 bytes", MUST, _SIZE, "LIST=full list", "the whole list is printed; the next LIST is sent and printed"),
    Case("2.3-2",   "A message that has no end", SHOULD, _SIZE, "last LIST=huge list watch", "no crash; no flood"),
    # Status codes
    Case("2.3.1-1", "A list with the status code of the RFC's example, 300", SHOULD, _300, "plain LIST=300 list", "the whole list is printed; the next LIST is sent and printed"),
    Case("2.3.1-2", "A list parted by carriage return and line feed", SHOULD, _CRLF, "plain LIST=crlf list", "the whole list is printed; the next LIST is sent and printed"),
    Case("2.3.1-3", "Audio without END behind the status code, as in the RFC's example", SHOULD, _NO_END, "plain PLAY=no-end list play:1 settle", "the next LIST is sent and printed"),
    Case("2.3.1-4", "A response whose status code is unknown", SHOULD, _CODES, "send=unknown", "the next LIST is sent and printed"),
    Case("2.3.1-5", "An error whose status code is unknown", SHOULD, _404, "plain PLAY=500 list play:1", "the next LIST is sent and printed"),
    Case("2.3.1-6",  "Brackets round the list, as in the RFC's examples", SHOULD, _300, "plain LIST=brackets list", "the whole list is printed; the next LIST is sent and printed"),
    # LIST, STOP
    Case("2.4.1-1", "A list of 300 songs, in several messages", MUST, _NEXT, "LIST=several list", "the whole list is printed; the next LIST is sent and printed"),
    Case("2.4.1-2", "A list of 10,000 songs", MUST, _NEXT, "LIST=many list", "the whole list is printed; the next LIST is sent and printed"),
    Case("2.4.1-3", "A list that is asked for while a song arrives", MUST, _WHILE, "PLAY=long play:1 list", "LIST is sent; the whole list is printed; the next LIST is sent and printed"),
    Case("2.4.3-1", "STOP where no song is playing", MUST, _NO_EFFECT, "stop", "the next LIST is sent and printed", allows="STOP is sent, or not"),
    # How messages come
    Case("2.5-1",   "A list that comes byte by byte", MUST, _PARTIAL, "LIST=list/bytes list", "the whole list is printed; the next LIST is sent and printed"),
    Case("2.5-2",   "An error that comes byte by byte", MUST, _PARTIAL, "PLAY=404/bytes list play:1", "the next LIST is sent and printed"),
    Case("2.5-3",   "Messages that come in one segment", MUST, _PARTIAL, "LIST=list/joined PLAY=long play:1 list stop", "the whole list is printed; the next LIST is sent and printed"),
    Case("2.5-4",   "Spaces and ENDs in audio", MUST, _REJOINS, "PLAY=tokens list play:1 settle", "the next LIST is sent and printed"),
    Case("2.5-5",   "An END END in the middle of audio", SHOULD, _REJOINS, "plain PLAY=dirty list play:1 settle", "the next LIST is sent and printed"),
    Case("2.5-6",   "Bytes that are no message, in the place of a list", SHOULD, _TYPES, "last LIST=garbage list watch", "no crash; no flood"),
    Case("2.5-7",   "Bytes that are no message, where nothing is awaited", SHOULD, _TYPES, "last send=garbage watch", "no crash; no flood"),
    Case("2.5-8",   "No answer to LIST, ever", SHOULD, _TYPES, "new LIST=nothing list watch quit", "no flood; it leaves in the end"),
    Case("2.5-9",   "No answer to PLAY, ever", SHOULD, _TYPES, "new PLAY=nothing list play:1 watch quit", "no flood; it leaves in the end"),
    # Lists
    Case("2.5.1-1", "Each song of a list is printed", MUST, _PRINTS, "list", "the whole list is printed"),
    Case("2.5.1-2", "A list with gaps between its IDs", MUST, _PRINTS, "LIST=gaps list", "the whole list is printed"),
    Case("2.5.1-3", "An empty list", SHOULD, _PRINTS, "LIST=empty list", "the next LIST is sent and printed"),
    Case("2.5.1-4", "An empty list that is only a status code", SHOULD, _PRINTS, "plain LIST=bare list", "the next LIST is sent and printed"),
    Case("2.5.1-5", "Titles that are not UTF-8", SHOULD, _PRINTS, "LIST=latin list", "the next LIST is sent and printed"),
    Case("2.5.1-6", "Escape sequences of titles do not reach the terminal", SHOULD, _PRINTS, "LIST=escapes list", "no escape sequence is printed; the next LIST is sent and printed"),
    Case("2.5.1-7", "A list that nobody has asked for", SHOULD, _PRINTS, "send=list", "the next LIST is sent and printed"),
    # Audio
    Case("2.5.2-1", "A song that is shorter than 500 messages", MUST, _500, "list play:1 settle", "the next LIST is sent and printed"),
    Case("2.5.2-2", "A song of more than 500 messages, as fast as they go", MUST, _500, "PLAY=over-500 list play:1 settle", "the next LIST is sent and printed"),
    Case("2.5.2-3", "Audio that comes slowly", MUST, _ADDS, "PLAY=slow list play:1 watch settle", "the next LIST is sent and printed; no flood"),
    Case("2.5.2-4", "Audio that is no MP3", SHOULD, _ADDS, "PLAY=no-mp3 list play:1 settle watch", "the next LIST is sent and printed; no flood"),
    Case("2.5.2-5", "Audio that nobody has asked for", SHOULD, _ADDS, "send=audio", "the next LIST is sent and printed"),
    # Errors
    Case("2.5.3-1", "ERRO 404 to PLAY is told", MUST, _ERROR, "PLAY=404/after list play:1", "an error is printed"),
    Case("2.5.3-2", "ERRO 404 to PLAY", MUST, _ERROR, "PLAY=404 list play:1", "the next LIST is sent and printed"),
    Case("2.5.3-3", "ERRO 404 to LIST", SHOULD, _404, "LIST=404 list", "the next LIST is sent and printed"),
    Case("2.5.3-4", "ERRO 404 to STOP", SHOULD, _404, "plain STOP=404 PLAY=long list play:1 stop", "the next LIST is sent and printed"),
    Case("2.5.3-5", "ERRO 404 that answers nothing", SHOULD, _404, "send=404", "the next LIST is sent and printed"),
    Case("2.5.3-6",  "ERRO 404 in the middle of a song", SHOULD, _404, "plain PLAY=broken list play:1 settle", "the next LIST is sent and printed"),
    # States
    Case("2.6.1-1", "Audio that comes after STOP", MUST, _LATE, "PLAY=late list play:1 stop", "the next LIST is sent and printed"),
    Case("2.6.1-2", "Audio of the old song that comes after another PLAY", MUST, _LATE, "PLAY=late list play:1 play:2", "the next LIST is sent and printed"),
    Case("2.6.1-3", 'The prompt is ">>"', SHOULD, _ARROW, "", ">> is printed", needs="tty"),
    # Examples
    Case("2.7.1-1", "The RFC's example: list, play 3, 2, 1, stop, exit", MUST, _EXAMPLE, "PLAY=long list play:3 play:2 play:1 stop quit", "PLAY is sent; it leaves"),
    Case("2.7.1-2", "It ends when it is told to", MUST, _EXIT, "list quit", "it leaves"),
    Case("2.7.1-3", "It ends while a song arrives", SHOULD, _EXIT, "PLAY=long list play:1 quit", "it leaves"),
    Case("2.7.2-1", "A list with the status code of audio, as in the RFC's example", SHOULD, _LIST_200, "last plain LIST=as-200 list watch", "no crash; no flood"),
    # The grammar
    Case("P2-1",    "One space stands between words", SHOULD, _SPACE, "PLAY=long list play:1 stop", "single spaces"),
    Case("P2-2",    "An ID has no leading zeros", SHOULD, _GRAMMAR, "list play:3", "no leading zeros"),
    Case("P2-3",    "Nothing stands between requests", SHOULD, _NOTHING, "PLAY=long list play:1 stop list watch", "nothing between requests"),
    # SETUP
    Case("P7-1",    "Requests wait until SETUP is answered", MUST, _WAITS, "new SETUP=slow list", "nothing before RESP 101; the whole list is printed; the next LIST is sent and printed", needs="setup"),
    Case("P7-2",    "SETUP is answered by ERRO 404", MUST, _MEAN, "new SETUP=404 list", "one SETUP; the whole list is printed; the next LIST is sent and printed", needs="setup"),
    Case("P7-3",    "SETUP is not answered", MUST, _MEAN, "new SETUP=nothing list", "LIST is sent; the whole list is printed; the next LIST is sent and printed", needs="setup"),
    Case("P7-4",    "The connection is closed instead of an answer to SETUP", MUST, _MEAN, "new SETUP=close list", "one SETUP; LIST is sent; the whole list is printed; the next LIST is sent and printed", needs="setup"),
    Case("P7-5",    "SETUP is answered by a status code that is unknown", SHOULD, _MEAN, "new SETUP=unknown list", "LIST is sent; the whole list is printed; the next LIST is sent and printed", needs="setup"),
    Case("P7-6",    "RESP 101 comes late, with the answer to the LIST that follows", SHOULD, _COMES_LATE, "new SETUP=late list", "LIST is sent; the whole list is printed; the next LIST is sent and printed", needs="ends"),
    Case("P7-7",    "RESP 101 accepts what is not known, and tells facts", MUST, _TOKENS, "new SETUP=facts list", "LIST is sent; the whole list is printed; the next LIST is sent and printed", needs="ends"),
    Case("P7-8",    "RESP 101 accepts nothing", MUST, _TOKENS, "new SETUP=none list", "LIST is sent; the whole list is printed; the next LIST is sent and printed", needs="setup"),
    Case("P7-9",    "After a closed song, the next one is asked for without STOP", SHOULD, _NO_STOP, "list play:1 settle play:2 settle", "PLAY is sent; no STOP; the next LIST is sent and printed", needs="ends"),
    Case("P7-10",   "A song that STOP cuts short is closed, and another one follows", MUST, _CUT_SHORT, "PLAY=late list play:1 stop play:2 play:3", "STOP is sent; PLAY is sent; the next LIST is sent and printed", needs="ends"),
    Case("P7-11",   "A list is closed, and no more of it is awaited", MUST, _CLOSED, "LIST=several list", "the whole list is printed; the next LIST is sent and printed", needs="ends"),
    Case("P7-12",    "A song that cannot be sent whole is closed by ERRO 404", MUST, _HALF_WAY, "PLAY=broken list play:1 settle", "the next LIST is sent and printed", needs="ends"),
    # A plain server
    Case("P8-1",    "Requests do not follow each other at once", SHOULD, _APART, "plain PLAY=long list play:1 play:2 stop list", "requests apart"),
    Case("P8-2",    "No STOP is sent where nothing is open", SHOULD, _NO_STOP, "new plain list play:1", "no STOP"),
    Case("P8-3",    "A song that has ended does not bring a flood of questions", SHOULD, _ASKS, "plain list play:1 settle watch", "no flood; the next LIST is sent and printed"),
    Case("P8-4",     "IDs that begin with 0", SHOULD, _FROM_0, "plain LIST=from-0 list play:0", "PLAY is sent"),
)
# fmt: on
