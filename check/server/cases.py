"""The cases for servers: a row each, in the order of the RFC's sections, then of protocol.md's.

`sends` is in the words of `check.server.steps`, `expects` and `allows` in those of
`check.server.matching`; what follows `where` is in `check.server.judgements`, `needs` in
`check.server.needs`. A row of the RFC is a MUST where the RFC says it without contradicting itself.
What only protocol.md settles is a SHOULD, but for what a server has offered by itself.
"""

from __future__ import annotations

from check.case import MUST, SHOULD, Case

_MULTIPLE = "The server makes responses to multiple clients' requests for data."
_SPLIT = 'An end of line is denoted with the string "END" while the end of message is denoted with a double end of line, which would be "END END".'
_SIZE = "A server message has a maximum size of 4117 bytes: 4096 worth of send buffer data (e.g. binary audio, list) and a remaining 21 bytes for the header, status code, and end of message characters."
_STARTS = "The messages either starts with response or error headers depending on whether the request was successful."
_ERROR = "Not Found(404) is used if there is an error."
_ENTRIES = "makes a list of formatted songs with their IDs to be printed out (in form ID_NUM. SONG_TITLE END_OF_LINE)"
_LIST = "If the server receives a LIST message, the write thread cycles through the generated song list created at the start of the runtime"
_NEXT = "If the next song up exceeds it, the server sends all the packaged songs and begins a new message from there."
_LAST = "The server also checks if it is the last song in the list of formatted songs (i.e. if the list of songs is complete but send buffer is not reached) to send out that data as a RESP 100 message."
_WHILE = "If the server receives a LIST message while looping through an MP3 file to stream, the server sends a LIST message first then continues to the PLAY messages."
_CHECK_ID = "takes the song ID fed in as an argument to check if the song ID does exist within the server, sending out an ERRO 404 if it does not"
_READS = "The server then reads the file and packages up RESP 200 with binary music data split into send buffer sized chunks."
_HALTS = "If the server receives a STOP message, the write thread halts the current reading of an MP3 file to prevent further messages from being sent out."
_NO_EFFECT = "If a song is not playing, there is no effect."
_QUEUE = "The server also keeps a queue of all the message requests received to process."
_EACH = "The server keeps track of a few states for each client."
_SAVED = "The current requested song to play is also saved so the receiving thread can communicate to the write thread what to send."
_GAP = "CR, LF, SP, TAB and NUL before a request are skipped"
_NOT_UNDERSTOOD = "Anything else (an unknown word, `PLAY` with no id, a second id, `PLAY 0`, `PLAY x`, bytes that are not ASCII) is answered `ERRO 404 END END` and the connection goes on."
_IGNORED = "Parameters after `LIST` and `STOP` are ignored"
_RAISES = "Nothing a peer sends can raise past the connection it came on."
_CLOSING = "Every LIST and every PLAY that the server receives after a SETUP ends in exactly one closing message"
_CUT_SHORT = "A song that was cut short by `STOP` or by another `PLAY` is closed too, by the empty message, before anything that follows."
_PLAIN = "A peer that never sends them sees exactly the RFC's bytes."
_ACCEPTS = "a product token, then the tokens it accepts"
_TEARDOWN = "the server finishes the message it is sending, sends nothing more, and closes."

_TOGETHER = "Negotiated like `ends` (`SETUP ends tags from END END`), and only together with it."
_SEES_NOTHING = "A peer that does not ask for them sees nothing of them."
_FIELDS = (
    "then any number of fields, each the byte 0x1F, a two-letter key, `=`, and a value in UTF-8"
)
_WHOLE = "the rules of section 4 for `END`, for whole entries per message and for long entries hold for the whole entry"
_FROM = "sends the song from that byte on, exactly, cut anew from there; it ends in the closing message as always"
_BEYOND = "An OFFSET at the song's end is answered with the closing message alone, one beyond it with `ERRO 404`."

# fmt: off
CASES = (
    # How requests come
    Case("2.1-1",    "A request that comes byte by byte is one request", MUST, _SPLIT, "<bytewise> | LIST END END | {mark}", "list mark", needs="list"),
    Case("2.1-2",    "A request that comes in two pieces is one request", MUST, _SPLIT, "LI | ST END END | {mark}", "list mark", needs="list"),
    Case("2.1-3",    "A request may be parted inside its END END", MUST, _SPLIT, "LIST END E | ND | {mark}", "list mark", needs="list"),
    Case("2.1-4",    "One END does not end a request", MUST, _SPLIT, "LIST END | <quiet> |  END | {mark}", "quiet list mark", needs="list"),
    Case("2.1-5",    "Two requests in one segment are two requests", MUST, _SPLIT, "LIST END ENDLIST END END | {mark}", "list list mark", needs="list"),
    Case("2.1-6",    "Ten requests in one segment are ten requests", MUST, _SPLIT, "LIST END ENDLIST END ENDLIST END ENDLIST END ENDLIST END ENDLIST END ENDLIST END ENDLIST END ENDLIST END ENDLIST END END | {mark}", "list list list list list list list list list list mark", needs="list"),
    Case("2.1-7",    "A request and half of the next in one segment are both answered", MUST, _SPLIT, "LIST END ENDLI | ST END END | {mark}", "list list mark", needs="list"),
    # What responses look like
    Case("2.3-1",    "Responses begin with RESP or ERRO, and nothing stands between them", MUST, _STARTS, "LIST END END | {mark} | LIST END END | {mark}", "list mark list mark, where nothing stands between messages", needs="list"),
    Case("2.3-2",    "A message of a list carries at most 4096 bytes", MUST, _SIZE, "LIST END END | {mark}", "list mark, where no payload exceeds 4096 bytes", needs="list"),
    Case("2.3-3",    "A message of a song carries at most 4096 bytes", MUST, _SIZE, "PLAY {song} END END", "song, where no payload exceeds 4096 bytes", needs="songs"),
    Case("2.3-4",    "Nothing stands between messages of a song", MUST, _STARTS, "PLAY {song} END END | <song> | {fence}", "song fence, where nothing stands between messages", needs="songs"),
    Case("2.3-5",    "Two clients are served at the same time", MUST, _MULTIPLE, "{fence} | <other> | {fence} | <first> | {mark}", "fence mark || fence"),
    Case("2.3-6",    "Two clients hear songs at the same time, each its own", MUST, _MULTIPLE, "PLAY {long} END END | <other> | PLAY {song} END END | <song> | <first>", "long || song", needs="two several"),
    # Status codes
    Case("2.3.1-1",  "A list has the status code 100", SHOULD, "List(100) is used after the server receives a request to list the songs on the server.", "LIST END END | {mark}", "list mark, where the code is 100", needs="list"),
    Case("2.3.1-2",  "The list's entries are parted by END", SHOULD, "An example of a response with this code would be: RESP 300 END (1. NIN - 34 Ghosts IV END 2. cinematrik - Revolve END 3. grapes - I dunno.mp3) END END", "LIST END END | {mark}", "list mark, where END parts the entries", needs="list"),
    Case("2.3.1-3",  "The list stands in no brackets", SHOULD, "The server responds with the status code and a text based, single carriage return/line feed delimited list of the songs available with their IDs.", "LIST END END | {mark}", "list mark, where there are no brackets", needs="list"),
    Case("2.3.1-4",  "After RESP 200 comes END", SHOULD, "the receiving thread finds the tokens corresponding to binary data by removing the first 3 and last 2 tokens (RESP, 200, END then END and END)", "PLAY {song} END END", "song, where audio begins with RESP 200 END", needs="songs"),
    Case("2.3.1-5",  "The error is ERRO 404 END END", MUST, "An example of a response using this code would be: ERRO 404 END END", "PLAY {unknown} END END | {fence}", "404 fence, where the error is ERRO 404 END END"),
    Case("2.3.1-6",  "An unknown word is an error", MUST, _ERROR, "NOPE END END | {fence}", "404 fence"),
    Case("2.3.1-7",  "LISTEN is not LIST", MUST, _ERROR, "LISTEN END END | {fence}", "404 fence"),
    Case("2.3.1-8",  "STOPPED is not STOP", MUST, _ERROR, "STOPPED END END | {fence}", "404 fence"),
    Case("2.3.1-9",  "PLAYER is not PLAY", MUST, _ERROR, "PLAYER {first} END END | {fence}", "404 fence", needs="songs"),
    Case("2.3.1-10", "After several errors the connection goes on", MUST, _ERROR, "PLAY {unknown} END END | PLAY {unknown} END END | PLAY {unknown} END END | {fence}", "404 404 404 fence"),
    # LIST
    Case("2.4.1-1",  "LIST is answered", MUST, _LIST, "LIST END END | {mark}", "list mark"),
    Case("2.4.1-2",  "LIST is answered the same again", MUST, _LIST, "LIST END END | LIST END END | {mark}", "list list mark", needs="list"),
    Case("2.4.1-3",  "Entries are ID. TITLE", MUST, _ENTRIES, "LIST END END | {mark}", "list mark, where entries are ID. TITLE", needs="list"),
    Case("2.4.1-4",  "One space stands between an ID's dot and the title", SHOULD, _ENTRIES, "LIST END END | {mark}", "list mark, where one space follows the dot", needs="list"),
    Case("2.4.1-5",  "No two songs have the same ID", MUST, "The list command retrieves a list of songs available on the server, along with their associated song ID numbers.", "LIST END END | {mark}", "list mark, where IDs are distinct", needs="list"),
    Case("2.4.1-6",  "Titles carry no file extension", SHOULD, "Server responds: RESP 100 END (1. NIN - 34 Ghosts IV END 2. cinematrik - Revolve END 3. grapes - I dunno) END END", "LIST END END | {mark}", "list mark, where no title ends in .mp3", needs="list"),
    Case("2.4.1-7",  "No entry is parted between two messages", MUST, _NEXT, "LIST END END | {mark}", "list mark, where messages begin with an entry", needs="long-list"),
    Case("2.4.1-8",  "A message holds as many entries as fit", SHOULD, "begins adding the formatted songs to response to be sent out, so long as the size of the formatted songs in the response stays under the send buffer of 4096 bytes", "LIST END END | {mark}", "list mark, where messages are filled", needs="long-list"),
    Case("2.4.1-9",  "No song is there that the list leaves out", MUST, _NEXT, "PLAY {missing} END END | {fence}", "404 fence", needs="missing"),
    Case("2.4.1-10", "LIST during a song is answered, then the song goes on", MUST, _WHILE, "PLAY {long} END END | LIST END END", "long-cut list long-rest", needs="list long"),
    Case("2.4.1-11", "LIST during a song is answered once", MUST, _WHILE, "PLAY {long} END END | LIST END END | <quiet>", "long-part list long-rest quiet", needs="list long"),
    Case("2.4.1-12", "Two LISTs during a song are each answered", SHOULD, _WHILE, "PLAY {long} END END | LIST END ENDLIST END END | <quiet>", "long-part list long-more list long-rest quiet", "long-part list long-rest quiet", needs="list long"),
    Case("2.4.1-13", "LIST behind a song's end is answered", MUST, _LIST, "PLAY {song} END END | <song> | LIST END END | {mark}", "song list mark", needs="list songs"),
    Case("2.4.1-14", "The list has every file of the music directory", SHOULD, _LIST, "LIST END END | {mark}", "list mark, where it has as many entries as there are files", needs="list music"),
    Case("2.4.1-15", "No song is there behind the last of the list", MUST, _LAST, "PLAY {next} END END | {fence}", "404 fence", needs="songs"),
    # PLAY
    Case("2.4.2-1",  "PLAY sends a song, the same each time, and no more", MUST, _READS, "PLAY {song} END END | <song> | {fence} | <quiet>", "song fence quiet", needs="songs"),
    Case("2.4.2-2",  "A long song comes whole", MUST, _READS, "PLAY {long} END END", "long", needs="long"),
    Case("2.4.2-3",  "A client that reads slowly gets the song whole", MUST, _READS, "PLAY {long} END END | <pause> | <gap> | <pause>", "long", needs="long"),
    Case("2.4.2-4",  "The first song of the list can be played", MUST, _CHECK_ID, "PLAY {first} END END", "audio", needs="songs"),
    Case("2.4.2-5",  "The last song of the list can be played", MUST, _CHECK_ID, "PLAY {last} END END", "audio", needs="songs"),
    Case("2.4.2-6",  "An unknown song ID is answered ERRO 404", MUST, _CHECK_ID, "PLAY {unknown} END END | {fence}", "404 fence"),
    Case("2.4.2-7",  "PLAY without an ID is answered ERRO 404", MUST, _CHECK_ID, "PLAY END END | {fence}", "404 fence"),
    Case("2.4.2-8",  "PLAY with a word is answered ERRO 404", MUST, _CHECK_ID, "PLAY x END END | {fence}", "404 fence"),
    Case("2.4.2-9",  "PLAY 0 is answered ERRO 404, where there is no song 0", MUST, _CHECK_ID, "PLAY 0 END END | {fence}", "404 fence", needs="no-zero"),
    Case("2.4.2-10", "PLAY -1 is answered ERRO 404", MUST, _CHECK_ID, "PLAY -1 END END | {fence}", "404 fence"),
    Case("2.4.2-11", "PLAY with a number of 300 digits is answered ERRO 404", MUST, _CHECK_ID, "PLAY {3009} END END | {fence}", "404 fence"),
    Case("2.4.2-12", "Songs begin as MP3s do", SHOULD, "RESP 200 with binary music data", "PLAY {song} END END", "song, where it begins as an MP3 does", needs="songs"),
    Case("2.4.2-13", "Another PLAY takes the place of the song", MUST, _SAVED, "PLAY {long} END END | PLAY {song} END END | <quiet>", "long-cut song quiet", needs="two"),
    Case("2.4.2-14", "PLAY of the same song begins it again", MUST, _SAVED, "PLAY {long} END END | PLAY {long} END END | <quiet>", "long-begun long quiet", needs="long"),
    Case("2.4.2-15", "An unknown ID during a song is answered ERRO 404", MUST, _CHECK_ID, "PLAY {long} END END | PLAY {unknown} END END", "long-part 404", needs="long"),
    Case("2.4.2-16", "Songs are the files of the music directory, byte for byte", MUST, _READS, "PLAY {song} END END", "song, where songs are files, byte for byte", needs="songs music"),
    Case("2.4.2-17", "Two songs are two files", MUST, "When the song ID is found, the song name is saved and used to open the MP3 file with the supplied music directory.", "PLAY {song} END END", "song, where two IDs are two files", needs="songs music"),
    Case("2.4.2-18", "A client that has shut down its sending side gets its song whole", SHOULD, _READS, "PLAY {long} END END | <half-close>", "long end", needs="long"),
    Case("2.4.2-19", "An audio message has audio in it", SHOULD, "packages up RESP 200 with binary music data", "PLAY {song} END END | <song> | {fence}", "song fence, where no audio message is empty", needs="songs"),
    # STOP
    Case("2.4.3-1",  "STOP ends the song", MUST, _HALTS, "PLAY {long} END END | STOP END END | <gap> | {fence} | <quiet>", "long-cut fence quiet", needs="long"),
    Case("2.4.3-2",  "STOP with no song is not answered", MUST, _NO_EFFECT, "STOP END END | {fence}", "fence"),
    Case("2.4.3-3",  "STOP twice is STOP once", MUST, _NO_EFFECT, "PLAY {long} END END | STOP END END | <gap> | STOP END END | <gap> | {fence} | <quiet>", "long-cut fence quiet", needs="long"),
    Case("2.4.3-4",  "STOP behind a song's end is not answered", MUST, _NO_EFFECT, "PLAY {song} END END | <song> | STOP END END | {fence}", "song fence", needs="songs"),
    Case("2.4.3-5",  "After STOP another song is played whole", MUST, _HALTS, "PLAY {long} END END | STOP END END | <gap> | PLAY {song} END END | <quiet>", "long-cut song quiet", needs="two"),
    Case("2.4.3-6",  "After STOP the same song begins anew", MUST, _HALTS, "PLAY {long} END END | STOP END END | <gap> | PLAY {long} END END", "long-begun long", needs="long"),
    Case("2.4.3-7",  "STOP before another request in one segment stops nothing", MUST, _NO_EFFECT, "STOP END ENDLIST END END | {mark}", "list mark", needs="list"),
    Case("2.4.3-8",  "STOP does not cut a list short", MUST, _HALTS, "LIST END ENDSTOP END ENDLIST END END | {mark}", "list list mark", needs="list"),
    # What the server keeps for each client
    Case("2.6.2-1",  "Requests are answered in their order", MUST, _QUEUE, "LIST END END{mark} | <gap> | LIST END END | {mark}", "list mark list mark", needs="list"),
    Case("2.6.2-2",  "PLAY and LIST in one segment are both answered", MUST, "A list_req_while_playing boolean state is also saved to let the write thread know to send a RESP 100 list message before other RESP 200 audio messages", "PLAY {long} END ENDLIST END END", "long-cut list", needs="list long"),
    Case("2.6.2-3",  "PLAY and STOP in one segment leave nothing to play", MUST, "When a STOP message is received, this boolean is switched off to stop the write thread from sending more RESP 200 messages.", "PLAY {long} END ENDSTOP END END | <gap> | {fence} | <quiet>", "long-cut fence quiet", needs="long"),
    Case("2.6.2-4",  "Of two PLAYs in one segment the second is played", MUST, _SAVED, "PLAY {long} END ENDPLAY {song} END END | <quiet>", "long-cut song quiet", needs="two"),
    Case("2.6.2-5",  "STOP of one client does not end another's song", MUST, _EACH, "PLAY {long} END END | <other> | PLAY {long} END END | STOP END END | <gap> | {fence} | <first>", "long || long-cut fence", needs="long several"),
    Case("2.6.2-6",  "A client that vanishes during a song leaves the server as it was", MUST, _EACH, "PLAY {long} END END | <reset> | <other> | {fence} | {mark}", "long-part || fence mark", needs="long"),
    Case("2.6.2-7",  "A client that vanishes does not end another's song", MUST, _EACH, "PLAY {long} END END | <other> | PLAY {long} END END | <reset> | <first>", "long || long-part", needs="long several"),
    Case("2.7.1-1",  "The RFC's example, from its list to its STOP", MUST, "Client requests: STOP END END Server responds: (no response necessary)", "LIST END END | PLAY {long} END END | PLAY {song} END END | <quiet> | PLAY {long} END END | STOP END END | <gap> | LIST END END | <quiet>", "list long-cut song quiet long-cut list quiet", needs="list two"),
    # What a server accepts
    Case("P3-1",     "Line ends before a request are skipped", SHOULD, _GAP, "\\r\\nLIST END END | \\r\\n\\r\\n\\n{mark} | {fence}", "list mark fence", needs="list"),
    Case("P3-2",     "A NUL behind a request is skipped", SHOULD, _GAP, "LIST END END\\0 | {mark}\\0 | {fence}", "list mark fence", needs="list"),
    Case("P3-3",     "Spaces and tabs before a request are skipped", SHOULD, _GAP, " \\t LIST END END | {mark}", "list mark", needs="list"),
    Case("P3-4",     "Several spaces between words are one", SHOULD, "Several spaces between the words of a request are one (RFC 2.1: segments are \"separated by spaces\").", "PLAY   {first} END END", "audio", needs="songs"),
    Case("P3-5",     "What follows LIST is ignored", SHOULD, _IGNORED, "LIST 3 END END | {mark}", "list mark", needs="list"),
    Case("P3-6",     "What follows STOP is ignored", SHOULD, _IGNORED, "PLAY {long} END END | STOP 3 END END | <gap> | {fence} | <quiet>", "long-cut fence quiet", needs="long"),
    Case("P3-7",     "STOP None with no song is not answered", SHOULD, _IGNORED, "STOP None END END | {fence}", "fence"),
    Case("P3-8",     "PLAY with two IDs is not understood", SHOULD, _NOT_UNDERSTOOD, "PLAY {first} {first} END END | {fence}", "404 fence", needs="songs"),
    Case("P3-9",     "PLAY with a leading zero is not understood", SHOULD, _NOT_UNDERSTOOD, "PLAY 0{first} END END | {fence}", "404 fence", needs="songs"),
    Case("P3-10",    "PLAY with a sign is not understood", SHOULD, _NOT_UNDERSTOOD, "PLAY +{first} END END | {fence}", "404 fence", needs="songs"),
    Case("P3-11",    "Digits that are not ASCII are not understood", SHOULD, _NOT_UNDERSTOOD, "PLAY \\xef\\xbc\\x91 END END | {fence}", "404 fence"),
    Case("P3-12",    "Bytes that are no text are not understood", MUST, _NOT_UNDERSTOOD, "\\xff\\xfe\\0\\x01 END END | {fence}", "404 fence"),
    Case("P3-13",    "Words in lower case are not understood", SHOULD, _NOT_UNDERSTOOD, "list END END | {fence}", "404 fence"),
    Case("P3-14",    "An HTTP request is not understood", SHOULD, _NOT_UNDERSTOOD, "GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n END END | {fence}", "404 fence"),
    Case("P3-15",    "END END alone is not understood", SHOULD, _NOT_UNDERSTOOD, " END END | {fence}", "404 fence"),
    Case("P3-16",    "More than 4096 bytes without END END are refused, and the connection is closed", SHOULD, "More than 4096 bytes with no EOM: `ERRO 404 END END`, then the connection is closed.", "{5000x}", "404 end"),
    Case("P3-17",    "A request of 4000 bytes is read to its end", SHOULD, "More than 4096 bytes with no EOM: `ERRO 404 END END`, then the connection is closed.", "{4000x} END END | {fence}", "404 fence"),
    Case("P3-18",    "A request that is not finished in time is refused, and the connection closed", SHOULD, "Bytes that do not become a request in the time allowed are answered `ERRO 404 END END` before the connection is closed.", "LIST EN | <end>", "404 end", needs="request-time"),
    Case("P3-19",    "Half a request and the connection's end harm nobody", MUST, _RAISES, "LIST EN | <reset> | <other> | {fence}", "|| fence"),
    Case("P3-20",    "Bytes that are no request, and a reset, harm nobody", MUST, _RAISES, "\\0\\xff{4000x}\\xc3 | <reset> | <other> | {fence}", "|| fence"),
    Case("P3-21",    "A connection that was idle for a while is answered", MUST, _RAISES, "<gap> | <pause> | {fence}", "fence"),
    # Framing
    Case("P4-1",     "The first END END of an audio message is its end", MUST, "the *sender* chooses where to cut the song so that this is always right", "PLAY {hard} END END | <quiet>", "hard quiet", needs="hard"),
    Case("P4-2",     "Audio messages are as long as they can be", SHOULD, "The sender cuts greedily: the longest prefix of what is left, 1 to 4096 bytes, whose message is clean.", "PLAY {long} END END", "long, where chunks are as long as can be", needs="long"),
    Case("P4-3",     "The list is UTF-8, message by message", SHOULD, "Entries are UTF-8, `ID. TITLE`, joined by ` END `.", "LIST END END | {mark}", "list mark, where it is UTF-8", needs="list"),
    Case("P4-4",     "Titles hold no control characters", SHOULD, "control characters are dropped", "LIST END END | {mark}", "list mark, where there are no control characters", needs="list"),
    Case("P4-5",     "An empty list is RESP 100 END END", SHOULD, "an empty payload kills the receiving thread of deployed clients", "LIST END END | {mark}", "list mark, where it is RESP 100 END END", needs="list empty"),
    # Order
    Case("P6-1",     "An unknown ID ends the song", SHOULD, "A `PLAY` of an unknown ID also ends the song that was being sent, because its client has already thrown its buffer away (2.2).", "PLAY {long} END END | PLAY {unknown} END END | <quiet>", "long-cut 404 quiet", needs="long"),
    Case("P6-2",     "A request that is not understood does not end the song", SHOULD, "One connection is answered in the order of its requests, with two exceptions that the RFC makes:", "PLAY {long} END END | NOPE END END", "long-part 404 long-rest", needs="long"),
    # The extension
    Case("P7-1",     "SETUP ends is answered RESP 101, and ends is accepted", MUST, _ACCEPTS, "SETUP ends END END", "101, where ends is accepted", needs="ends"),
    Case("P7-2",     "RESP 101 begins with a product token", MUST, _ACCEPTS, "SETUP ends END END", "101, where a product token comes first", needs="ends"),
    Case("P7-3",     "A token that does not exist is not accepted", MUST, _ACCEPTS, "SETUP no-such-thing ends END END", "101, where no-such-thing is not accepted", needs="ends"),
    Case("P7-4",     "SETUP without tokens accepts none, and lists are not closed", MUST, _ACCEPTS, "SETUP END END | LIST END END | {mark}", "101 list mark, where ends is not accepted", needs="ends errors list"),
    Case("P7-5",     "Without SETUP nothing is closed", MUST, _PLAIN, "LIST END END | PLAY {song} END END | <song> | {mark}", "list song mark", needs="ends errors songs"),
    Case("P7-6",     "A list is closed once", MUST, _CLOSING, "SETUP ends END END | LIST END END | {mark}", "101 closed-list mark", needs="ends errors list"),
    Case("P7-7",     "SETUP twice is answered twice, and a list is closed once", MUST, _CLOSING, "SETUP ends END END | SETUP ends END END | LIST END END | {mark}", "101 101 closed-list mark", needs="ends errors list"),
    Case("P7-8",     "A song that was sent whole is closed once", MUST, _CLOSING, "SETUP ends END END | PLAY {song} END END | <song> | {mark}", "101 song closed mark", needs="ends errors songs"),
    Case("P7-9",     "A PLAY of an unknown ID is closed by ERRO 404 alone", MUST, "or for a `PLAY`, `ERRO 404 END END`", "SETUP ends END END | PLAY {unknown} END END | {mark}", "101 404 mark", needs="ends errors"),
    Case("P7-10",    "STOP closes the song", MUST, _CUT_SHORT, "SETUP ends END END | PLAY {long} END END | STOP END END | <quiet>", "101 long-cut closed quiet", needs="ends long"),
    Case("P7-11",    "STOP twice closes the song once", MUST, _CLOSING, "SETUP ends END END | PLAY {long} END END | STOP END END | <gap> | STOP END END | <quiet>", "101 long-cut closed quiet", needs="ends long"),
    Case("P7-12",    "STOP with no song closes nothing", MUST, _CLOSING, "SETUP ends END END | STOP END END | <quiet>", "101 quiet", needs="ends"),
    Case("P7-13",    "STOP behind a song's end closes nothing", MUST, _CLOSING, "SETUP ends END END | PLAY {song} END END | <song> | <gap> | STOP END END | <quiet>", "101 song closed quiet", needs="ends songs"),
    Case("P7-14",    "Another PLAY closes the song before it begins", MUST, _CUT_SHORT, "SETUP ends END END | PLAY {long} END END | PLAY {song} END END | <quiet>", "101 long-cut closed song closed quiet", needs="ends two"),
    Case("P7-15",    "PLAY of an unknown ID closes the song, then itself", MUST, _CUT_SHORT, "SETUP ends END END | PLAY {long} END END | PLAY {unknown} END END | <gap> | {mark}", "101 long-cut closed 404 mark", needs="ends errors long"),
    Case("P7-16",    "LIST during a song is closed, then the song", MUST, _CLOSING, "SETUP ends END END | PLAY {long} END END | LIST END END", "101 long-cut closed-list long-rest closed", needs="ends list long"),
    Case("P7-17",    "Each of ten PLAYs is closed once", MUST, _CLOSING, "SETUP ends END END | PLAY {song} END ENDPLAY {song} END ENDPLAY {unknown} END ENDPLAY {song} END ENDPLAY {unknown} END ENDPLAY {song} END ENDPLAY {song} END ENDPLAY {unknown} END ENDPLAY {unknown} END ENDPLAY {song} END END", "101 song-part closed song-part closed 404 song-part closed 404 song-part closed song-part closed 404 404 song closed", needs="ends songs"),
    Case("P7-18",    "A song that was asked for before SETUP is not closed", MUST, "Every LIST and every PLAY that the server receives after a SETUP", "PLAY {long} END END | SETUP ends END END | <quiet>", "long-part 101 long-rest quiet", needs="ends long"),
    Case("P7-19",    "A word that is not understood closes nothing else", MUST, _CLOSING, "SETUP ends END END | PLAY {long} END END | NOPE END END", "101 long-part 404 long-rest closed", needs="ends long"),
    Case("P7-20",    "SETUP and what follows may come in one segment", MUST, _CLOSING, "SETUP ends END ENDPLAY {song} END END", "101 song closed", needs="ends songs"),
    Case("P7-21",    "TEARDOWN closes the connection", MUST, _TEARDOWN, "SETUP ends END END | TEARDOWN END END", "101 end", needs="ends"),
    Case("P7-22",    "TEARDOWN during a song ends behind a whole message, without a closing message", MUST, _TEARDOWN, "SETUP ends END END | PLAY {long} END END | TEARDOWN END END", "101 long-cut end", needs="ends long"),
    Case("P7-23",    "TEARDOWN needs no SETUP", MUST, _TEARDOWN, "{mark} | TEARDOWN END END", "mark end", needs="ends errors"),
    Case("P7-24",    "A library that RESP 101 names has a name of letters, digits and hyphens", MUST, "`library=TOKEN` (1 to 64 of `A-Z a-z 0-9 -`) names the library's version", "SETUP ends END END", "101, where library= is well formed", needs="ends"),
    # Fields, and songs from an offset on
    Case("P10-1",    "tags is accepted together with ends", MUST, _TOGETHER, "SETUP ends tags END END", "101, where tags is accepted", needs="tags"),
    Case("P10-2",    "tags is not accepted without ends", MUST, _TOGETHER, "SETUP tags END END", "101, where tags is not accepted", needs="tags"),
    Case("P10-3",    "Who does not ask for tags gets none", MUST, _SEES_NOTHING, "SETUP ends END END | LIST END END", "101 closed-list, where there are no fields", needs="ends tags list"),
    Case("P10-4",    "Fields are a key of two letters, =, and a value", MUST, _FIELDS, "SETUP ends tags END END | LIST END END", "101 lists list-closed, where fields are well formed", needs="ends tags list"),
    Case("P10-5",    "A list with fields has the same songs in the same order", MUST, "The order of a list is that of section 5 whatever is negotiated.", "SETUP ends tags END END | LIST END END", "101 lists list-closed, where the songs are the same", needs="ends tags list"),
    Case("P10-6",    "A message of a list with fields carries at most 4096 bytes", MUST, _WHOLE, "SETUP ends tags END END | LIST END END", "101 lists list-closed, where no payload exceeds 4096 bytes", needs="ends tags list"),
    Case("P10-7",    "No entry with fields is parted between two messages", MUST, _WHOLE, "SETUP ends tags END END | LIST END END", "101 lists list-closed, where messages begin with an entry", needs="ends tags list"),
    Case("P10-8",    "from is accepted together with ends", MUST, _TOGETHER, "SETUP ends from END END", "101, where from is accepted", needs="from"),
    Case("P10-9",    "from is not accepted without ends", MUST, _TOGETHER, "SETUP from END END", "101, where from is not accepted", needs="from"),
    Case("P10-10",   "A song is sent from an offset on, exactly", MUST, _FROM, "SETUP ends from END END | PLAY {song} {half} END END", "101 song-half closed", needs="ends from songs"),
    Case("P10-11",   "From offset 0 all of a song is sent", MUST, _FROM, "SETUP ends from END END | PLAY {song} 0 END END", "101 song closed", needs="ends from songs"),
    Case("P10-12",   "From a song's end on there is only the closing message", MUST, _BEYOND, "SETUP ends from END END | PLAY {song} {size} END END | {mark}", "101 closed mark", needs="ends from songs errors"),
    Case("P10-13",   "An offset beyond a song's end is answered ERRO 404", MUST, _BEYOND, "SETUP ends from END END | PLAY {song} {beyond} END END | {mark}", "101 404 mark", needs="ends from songs errors"),
    Case("P10-14",   "An offset that is no number is not understood", MUST, "(`OFFSET` = 1*10DIGIT, bytes of the song's file)", "SETUP ends from END END | PLAY {song} -1 END END | PLAY {song} x END END | {mark}", "101 404 404 mark", needs="ends from songs errors"),
    Case("P10-15",   "An offset in an unknown song is answered ERRO 404", MUST, _BEYOND, "SETUP ends from END END | PLAY {unknown} 0 END END | {mark}", "101 404 mark", needs="ends from songs errors"),
    Case("P10-16",   "A song from an offset on takes the place of another, which is closed", MUST, _FROM, "SETUP ends from END END | PLAY {long} END END | PLAY {song} {half} END END | <quiet>", "101 long-cut closed song-half closed quiet", needs="ends from two"),
    Case("P10-17",   "Without from an offset is not understood", MUST, "Without `from`, `PLAY 3 5` stays what it was: not understood.", "SETUP ends END END | PLAY {song} 5 END END | {mark}", "101 404 mark", needs="ends from songs errors"),
)
# fmt: on
