-- RFC 9999, as alfine speaks it, for Wireshark and tshark.
--
-- Made by `alfine diagrams` from diagrams/dissector.lua, the grammar in net/ and the tables in fsm/.
-- Do not edit docs/wireshark/alfine.lua. How to install and to use it: docs/wireshark/README.md.
--
-- It knows bytes and what of both sides' machines can be seen from them. What one side has received
-- and not yet acted on cannot be seen: so it follows every course that the tables allow, drops those
-- that a message contradicts, and calls a message that no course is left for a violation.

local EOM, SEPARATOR = " END END", " END "
local ENDS, FROM, LIBRARY = "ends", "from", "library="
local FIELD_MARK = string.char(31)
local ENTRY_FIELDS = { ar = "artist", aa = "album_artist", al = "album", ti = "title", tr = "track", di = "disc", yr = "year", ge = "genre", du = "duration", fo = "folder" }
local MAX_MESSAGE_BYTES, MAX_REQUEST_BYTES = 4117, 4096
local MAX_PENDING_BYTES = 65536
local MAX_ID_DIGITS, MAX_OFFSET_DIGITS = 10, 10
local CODES = { ["100"] = "LIST", ["300"] = "LIST", ["200"] = "AUDIO", ["101"] = "SETUP" }
local REQUESTS = { LIST = "ListRequested", PLAY = "PlayRequested", STOP = "StopRequested", SETUP = "SetupRequested", TEARDOWN = "TeardownRequested" }
local PLAY_FROM = "PlayFromRequested"
local REQUEST_WORDS = "LIST, PLAY, STOP, SETUP, TEARDOWN"

local SERVER_STATES = { "IDLE", "LISTING", "STREAMING", "LISTING_WHILE_STREAMING", "FINISHING", "DRAINING", "CLOSING", "CLOSED" }
local SERVER = {
  IDLE = { -- nothing is being sent
    ListRequested = { { when = "", effects = { "send_list" }, next = "LISTING" }, },
    PlayRequested = { { when = "song_known", effects = { "start_song" }, next = "STREAMING" }, { when = "", effects = { "send_not_found" }, next = "IDLE" }, },
    PlayFromRequested = { { when = "can_play_from", effects = { "start_song_at" }, next = "STREAMING" }, { when = "", effects = { "send_not_found" }, next = "IDLE" }, },
    StopRequested = { { when = "", effects = {}, next = "IDLE" }, },
    SetupRequested = { { when = "", effects = { "send_setup_reply" }, next = "IDLE" }, },
    TeardownRequested = { { when = "", effects = { "close_at_boundary" }, next = "CLOSING" }, },
    RequestNotUnderstood = { { when = "", effects = { "send_not_found" }, next = "IDLE" }, },
    RequestTooLong = { { when = "", effects = { "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    RequestTimedOut = { { when = "", effects = { "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    RequestsEnded = { { when = "", effects = { "close_when_sent" }, next = "CLOSING" }, },
    ShutdownRequested = { { when = "", effects = { "close_when_sent" }, next = "CLOSING" }, },
    ConnectionLost = { { when = "", effects = {}, next = "CLOSED" }, },
  },
  LISTING = { -- a list is being sent, no song
    ListRequested = { { when = "", effects = { "send_list" }, next = "LISTING" }, },
    ListSent = { { when = "last_list", effects = { "count_list" }, next = "IDLE" }, { when = "", effects = { "count_list" }, next = "LISTING" }, },
    PlayRequested = { { when = "song_known", effects = { "start_song" }, next = "LISTING_WHILE_STREAMING" }, { when = "", effects = { "send_not_found" }, next = "LISTING" }, },
    PlayFromRequested = { { when = "can_play_from", effects = { "start_song_at" }, next = "LISTING_WHILE_STREAMING" }, { when = "", effects = { "send_not_found" }, next = "LISTING" }, },
    StopRequested = { { when = "", effects = {}, next = "LISTING" }, },
    SetupRequested = { { when = "", effects = { "send_setup_reply" }, next = "LISTING" }, },
    TeardownRequested = { { when = "", effects = { "close_at_boundary" }, next = "CLOSING" }, },
    RequestNotUnderstood = { { when = "", effects = { "send_not_found" }, next = "LISTING" }, },
    RequestTooLong = { { when = "", effects = { "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    RequestTimedOut = { { when = "", effects = { "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    RequestsEnded = { { when = "", effects = { "close_when_sent" }, next = "CLOSING" }, },
    ShutdownRequested = { { when = "", effects = { "close_when_sent" }, next = "CLOSING" }, },
    ConnectionLost = { { when = "", effects = {}, next = "CLOSED" }, },
  },
  STREAMING = { -- a song is being sent (keep_playing)
    ListRequested = { { when = "", effects = { "send_list" }, next = "LISTING_WHILE_STREAMING" }, },
    PlayRequested = { { when = "song_known", effects = { "stop_song", "close_song", "start_song" }, next = "STREAMING" }, { when = "", effects = { "stop_song", "close_song", "send_not_found" }, next = "IDLE" }, },
    PlayFromRequested = { { when = "can_play_from", effects = { "stop_song", "close_song", "start_song_at" }, next = "STREAMING" }, { when = "from_accepted", effects = { "stop_song", "close_song", "send_not_found" }, next = "IDLE" }, { when = "", effects = { "send_not_found" }, next = "STREAMING" }, },
    SongSent = { { when = "", effects = { "close_song" }, next = "IDLE" }, },
    SongFailed = { { when = "", effects = { "send_not_found" }, next = "IDLE" }, },
    StopRequested = { { when = "", effects = { "stop_song", "close_song" }, next = "IDLE" }, },
    SetupRequested = { { when = "", effects = { "send_setup_reply" }, next = "STREAMING" }, },
    TeardownRequested = { { when = "", effects = { "stop_song", "close_at_boundary" }, next = "CLOSING" }, },
    RequestNotUnderstood = { { when = "", effects = { "send_not_found" }, next = "STREAMING" }, },
    RequestTooLong = { { when = "", effects = { "stop_song", "close_song", "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    RequestTimedOut = { { when = "", effects = { "stop_song", "close_song", "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    RequestsEnded = { { when = "", effects = {}, next = "FINISHING" }, },
    ShutdownRequested = { { when = "", effects = {}, next = "DRAINING" }, },
    ConnectionLost = { { when = "", effects = { "stop_song" }, next = "CLOSED" }, },
  },
  LISTING_WHILE_STREAMING = { -- a list is being sent, then the song goes on (keep_playing, list_req_while_playing)
    ListRequested = { { when = "", effects = { "send_list" }, next = "LISTING_WHILE_STREAMING" }, },
    ListSent = { { when = "last_list", effects = { "count_list" }, next = "STREAMING" }, { when = "", effects = { "count_list" }, next = "LISTING_WHILE_STREAMING" }, },
    PlayRequested = { { when = "song_known", effects = { "stop_song", "close_song", "start_song" }, next = "LISTING_WHILE_STREAMING" }, { when = "", effects = { "stop_song", "close_song", "send_not_found" }, next = "LISTING" }, },
    PlayFromRequested = { { when = "can_play_from", effects = { "stop_song", "close_song", "start_song_at" }, next = "LISTING_WHILE_STREAMING" }, { when = "from_accepted", effects = { "stop_song", "close_song", "send_not_found" }, next = "LISTING" }, { when = "", effects = { "send_not_found" }, next = "LISTING_WHILE_STREAMING" }, },
    SongFailed = { { when = "", effects = { "send_not_found" }, next = "LISTING" }, },
    StopRequested = { { when = "", effects = { "stop_song", "close_song" }, next = "LISTING" }, },
    SetupRequested = { { when = "", effects = { "send_setup_reply" }, next = "LISTING_WHILE_STREAMING" }, },
    TeardownRequested = { { when = "", effects = { "stop_song", "close_at_boundary" }, next = "CLOSING" }, },
    RequestNotUnderstood = { { when = "", effects = { "send_not_found" }, next = "LISTING_WHILE_STREAMING" }, },
    RequestTooLong = { { when = "", effects = { "stop_song", "close_song", "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    RequestTimedOut = { { when = "", effects = { "stop_song", "close_song", "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    RequestsEnded = { { when = "", effects = {}, next = "FINISHING" }, },
    ShutdownRequested = { { when = "", effects = {}, next = "DRAINING" }, },
    ConnectionLost = { { when = "", effects = { "stop_song" }, next = "CLOSED" }, },
  },
  FINISHING = { -- the client can ask for nothing more; its song is sent to the end (keep_playing)
    ListSent = { { when = "", effects = {}, next = "FINISHING" }, },
    SongSent = { { when = "", effects = { "close_song", "close_when_sent" }, next = "CLOSING" }, },
    SongFailed = { { when = "", effects = { "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    ShutdownRequested = { { when = "", effects = {}, next = "FINISHING" }, },
    DrainExpired = { { when = "", effects = { "stop_song", "close_at_boundary" }, next = "CLOSING" }, },
    ConnectionLost = { { when = "", effects = { "stop_song" }, next = "CLOSED" }, },
  },
  DRAINING = { -- the server is ending; this song is sent to its end (keep_playing)
    ListRequested = { { when = "", effects = { "send_list" }, next = "DRAINING" }, },
    ListSent = { { when = "", effects = { "count_list" }, next = "DRAINING" }, },
    PlayRequested = { { when = "song_known", effects = { "stop_song", "close_song", "close_when_sent" }, next = "CLOSING" }, { when = "", effects = { "stop_song", "close_song", "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    PlayFromRequested = { { when = "can_play_from", effects = { "stop_song", "close_song", "close_when_sent" }, next = "CLOSING" }, { when = "from_accepted", effects = { "stop_song", "close_song", "send_not_found", "close_when_sent" }, next = "CLOSING" }, { when = "", effects = { "send_not_found" }, next = "DRAINING" }, },
    SongSent = { { when = "", effects = { "close_song", "close_when_sent" }, next = "CLOSING" }, },
    SongFailed = { { when = "", effects = { "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    StopRequested = { { when = "", effects = { "stop_song", "close_song", "close_when_sent" }, next = "CLOSING" }, },
    SetupRequested = { { when = "", effects = { "send_setup_reply" }, next = "DRAINING" }, },
    TeardownRequested = { { when = "", effects = { "stop_song", "close_at_boundary" }, next = "CLOSING" }, },
    RequestNotUnderstood = { { when = "", effects = { "send_not_found" }, next = "DRAINING" }, },
    RequestTooLong = { { when = "", effects = { "stop_song", "close_song", "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    RequestTimedOut = { { when = "", effects = { "stop_song", "close_song", "send_not_found", "close_when_sent" }, next = "CLOSING" }, },
    RequestsEnded = { { when = "", effects = {}, next = "FINISHING" }, },
    DrainExpired = { { when = "", effects = { "stop_song", "close_at_boundary" }, next = "CLOSING" }, },
    ConnectionLost = { { when = "", effects = { "stop_song" }, next = "CLOSED" }, },
  },
  CLOSING = { -- the answers that wait are sent, then the connection is closed
    ListRequested = { { when = "", effects = {}, next = "CLOSING" }, },
    ListSent = { { when = "", effects = {}, next = "CLOSING" }, },
    PlayRequested = { { when = "", effects = {}, next = "CLOSING" }, },
    PlayFromRequested = { { when = "", effects = {}, next = "CLOSING" }, },
    StopRequested = { { when = "", effects = {}, next = "CLOSING" }, },
    SetupRequested = { { when = "", effects = {}, next = "CLOSING" }, },
    TeardownRequested = { { when = "", effects = {}, next = "CLOSING" }, },
    RequestNotUnderstood = { { when = "", effects = {}, next = "CLOSING" }, },
    RequestTooLong = { { when = "", effects = {}, next = "CLOSING" }, },
    RequestTimedOut = { { when = "", effects = {}, next = "CLOSING" }, },
    RequestsEnded = { { when = "", effects = {}, next = "CLOSING" }, },
    ShutdownRequested = { { when = "", effects = {}, next = "CLOSING" }, },
    DrainExpired = { { when = "", effects = { "close_at_boundary" }, next = "CLOSING" }, },
    ConnectionLost = { { when = "", effects = {}, next = "CLOSED" }, },
  },
  CLOSED = { -- the connection is gone
  },
}

local CLIENT_STATES = { "UNCONNECTED", "OFFER_LOST", "OFFERING", "GREETING", "CLOSING_SERVER", "PLAIN", "PLAIN_LISTING", "ASKING", "ANSWERED", "STOPPING", "FENCING", "PASSING", "RENEWING", "GIVING_UP", "BREAKING", "LEAVING" }
local CLIENT_START = {
  { when = "?", sends = {}, next = "PLAIN" },
  { when = "?", sends = { "LIST" }, next = "GREETING" },
  { when = "", sends = { "SETUP" }, next = "OFFERING" },
}
local CLIENT = {
  OFFER_LOST = {
    unseen = {
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  OFFERING = {
    ListReceived = {
      { when = "", sends = {}, next = "RENEWING" },
    },
    AudioReceived = {
      { when = "", sends = {}, next = "RENEWING" },
    },
    SetupReceived = {
      { when = "?", sends = {}, next = "CLOSING_SERVER" },
      { when = "ends_accepted", sends = {}, next = "CLOSING_SERVER" },
      { when = "", sends = { "LIST" }, next = "GREETING" },
    },
    NotFoundReceived = {
      { when = "", sends = { "LIST" }, next = "GREETING" },
    },
    unseen = {
      { when = "", sends = { "LIST" }, next = "GREETING" },
      { when = "", sends = {}, next = "RENEWING" },
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  GREETING = {
    ListReceived = {
      { when = "", sends = {}, next = "PLAIN_LISTING" },
    },
    AudioReceived = {
      { when = "", sends = {}, next = "GREETING" },
    },
    SetupReceived = {
      { when = "ends_accepted", sends = {}, next = "CLOSING_SERVER" },
      { when = "", sends = {}, next = "GREETING" },
    },
    NotFoundReceived = {
      { when = "?", sends = {}, next = "GREETING" },
      { when = "", sends = {}, next = "PLAIN" },
    },
    unseen = {
      { when = "", sends = {}, next = "GIVING_UP" },
      { when = "", sends = {}, next = "BREAKING" },
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  CLOSING_SERVER = {
    ListReceived = {
      { when = "?", sends = {}, next = "CLOSING_SERVER" },
      { when = "", sends = {}, next = "CLOSING_SERVER" },
    },
    AudioReceived = {
      { when = "?", sends = {}, next = "CLOSING_SERVER" },
      { when = "carries_audio", sends = {}, next = "CLOSING_SERVER" },
      { when = "", sends = {}, next = "CLOSING_SERVER" },
    },
    SetupReceived = {
      { when = "", sends = {}, next = "CLOSING_SERVER" },
    },
    NotFoundReceived = {
      { when = "?", sends = {}, next = "CLOSING_SERVER" },
      { when = "", sends = {}, next = "CLOSING_SERVER" },
    },
    unseen = {
      { when = "", sends = { "LIST" }, next = "CLOSING_SERVER" },
      { when = "?", sends = { "PLAY" }, next = "CLOSING_SERVER" },
      { when = "", sends = { "PLAY" }, next = "CLOSING_SERVER" },
      { when = "?", sends = { "STOP" }, next = "CLOSING_SERVER" },
      { when = "?", sends = {}, next = "GIVING_UP" },
      { when = "", sends = {}, next = "BREAKING" },
      { when = "", sends = { "TEARDOWN" }, next = "LEAVING" },
    },
  },
  PLAIN = {
    ListReceived = {
      { when = "", sends = {}, next = "PLAIN" },
    },
    AudioReceived = {
      { when = "?", sends = {}, next = "PLAIN" },
      { when = "", sends = {}, next = "PLAIN" },
    },
    SetupReceived = {
      { when = "?", sends = {}, next = "PLAIN" },
      { when = "", sends = {}, next = "PLAIN" },
    },
    NotFoundReceived = {
      { when = "?", sends = {}, next = "PLAIN" },
      { when = "", sends = {}, next = "PLAIN" },
    },
    unseen = {
      { when = "", sends = { "LIST" }, next = "PLAIN_LISTING" },
      { when = "?", sends = {}, next = "RENEWING" },
      { when = "?", sends = { "STOP", "LIST" }, next = "STOPPING" },
      { when = "?", sends = { "LIST" }, next = "STOPPING" },
      { when = "?", sends = { "PLAY" }, next = "PLAIN" },
      { when = "", sends = { "PLAY" }, next = "PLAIN" },
      { when = "?", sends = { "STOP" }, next = "PLAIN" },
      { when = "?", sends = { "LIST" }, next = "ASKING" },
      { when = "?", sends = {}, next = "CLOSING_SERVER" },
      { when = "", sends = {}, next = "CLOSING_SERVER" },
      { when = "", sends = {}, next = "BREAKING" },
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  PLAIN_LISTING = {
    ListReceived = {
      { when = "?", sends = {}, next = "PLAIN_LISTING" },
    },
    AudioReceived = {
      { when = "?", sends = {}, next = "PLAIN_LISTING" },
      { when = "", sends = {}, next = "PLAIN_LISTING" },
    },
    SetupReceived = {
      { when = "?", sends = {}, next = "PLAIN_LISTING" },
      { when = "", sends = {}, next = "PLAIN_LISTING" },
    },
    NotFoundReceived = {
      { when = "?", sends = {}, next = "PLAIN_LISTING" },
      { when = "", sends = {}, next = "PLAIN" },
    },
    unseen = {
      { when = "", sends = {}, next = "PLAIN" },
      { when = "?", sends = { "STOP" }, next = "PLAIN_LISTING" },
      { when = "", sends = {}, next = "GIVING_UP" },
      { when = "", sends = {}, next = "BREAKING" },
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  ASKING = {
    ListReceived = {
      { when = "", sends = {}, next = "ANSWERED" },
    },
    AudioReceived = {
      { when = "?", sends = {}, next = "ASKING" },
      { when = "", sends = {}, next = "ASKING" },
    },
    SetupReceived = {
      { when = "?", sends = {}, next = "ASKING" },
      { when = "", sends = {}, next = "ASKING" },
    },
    NotFoundReceived = {
      { when = "?", sends = {}, next = "ASKING" },
      { when = "", sends = {}, next = "ASKING" },
    },
    unseen = {
      { when = "", sends = {}, next = "RENEWING" },
      { when = "?", sends = { "STOP" }, next = "ASKING" },
      { when = "", sends = {}, next = "GIVING_UP" },
      { when = "", sends = {}, next = "BREAKING" },
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  ANSWERED = {
    ListReceived = {
      { when = "", sends = {}, next = "ANSWERED" },
    },
    AudioReceived = {
      { when = "?", sends = {}, next = "ANSWERED" },
      { when = "?", sends = {}, next = "PLAIN" },
      { when = "", sends = {}, next = "ANSWERED" },
    },
    SetupReceived = {
      { when = "?", sends = {}, next = "ANSWERED" },
      { when = "", sends = {}, next = "ANSWERED" },
    },
    NotFoundReceived = {
      { when = "?", sends = {}, next = "ANSWERED" },
      { when = "", sends = {}, next = "ANSWERED" },
    },
    unseen = {
      { when = "?", sends = { "STOP" }, next = "ANSWERED" },
      { when = "?", sends = {}, next = "PLAIN" },
      { when = "", sends = {}, next = "PLAIN" },
      { when = "", sends = {}, next = "BREAKING" },
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  STOPPING = {
    ListReceived = {
      { when = "", sends = {}, next = "STOPPING" },
    },
    AudioReceived = {
      { when = "", sends = {}, next = "STOPPING" },
    },
    SetupReceived = {
      { when = "?", sends = {}, next = "STOPPING" },
      { when = "", sends = {}, next = "STOPPING" },
    },
    NotFoundReceived = {
      { when = "", sends = {}, next = "STOPPING" },
    },
    unseen = {
      { when = "?", sends = {}, next = "FENCING" },
      { when = "", sends = {}, next = "GIVING_UP" },
      { when = "", sends = {}, next = "BREAKING" },
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  FENCING = {
    ListReceived = {
      { when = "", sends = {}, next = "PASSING" },
    },
    AudioReceived = {
      { when = "", sends = {}, next = "FENCING" },
    },
    SetupReceived = {
      { when = "?", sends = {}, next = "FENCING" },
      { when = "", sends = {}, next = "FENCING" },
    },
    NotFoundReceived = {
      { when = "", sends = {}, next = "FENCING" },
    },
    unseen = {
      { when = "", sends = {}, next = "RENEWING" },
      { when = "", sends = {}, next = "BREAKING" },
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  PASSING = {
    ListReceived = {
      { when = "", sends = {}, next = "PASSING" },
    },
    AudioReceived = {
      { when = "carries_audio", sends = {}, next = "RENEWING" },
      { when = "", sends = {}, next = "PASSING" },
    },
    SetupReceived = {
      { when = "?", sends = {}, next = "PASSING" },
      { when = "", sends = {}, next = "PASSING" },
    },
    NotFoundReceived = {
      { when = "", sends = {}, next = "PASSING" },
    },
    unseen = {
      { when = "", sends = {}, next = "PLAIN" },
      { when = "", sends = {}, next = "BREAKING" },
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  RENEWING = {
    ListReceived = {
      { when = "", sends = {}, next = "RENEWING" },
    },
    AudioReceived = {
      { when = "", sends = {}, next = "RENEWING" },
    },
    SetupReceived = {
      { when = "", sends = {}, next = "RENEWING" },
    },
    NotFoundReceived = {
      { when = "", sends = {}, next = "RENEWING" },
    },
    unseen = {
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  GIVING_UP = {
    ListReceived = {
      { when = "", sends = {}, next = "GIVING_UP" },
    },
    AudioReceived = {
      { when = "", sends = {}, next = "GIVING_UP" },
    },
    SetupReceived = {
      { when = "", sends = {}, next = "GIVING_UP" },
    },
    NotFoundReceived = {
      { when = "", sends = {}, next = "GIVING_UP" },
    },
    unseen = {
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  BREAKING = {
    ListReceived = {
      { when = "", sends = {}, next = "BREAKING" },
    },
    AudioReceived = {
      { when = "", sends = {}, next = "BREAKING" },
    },
    SetupReceived = {
      { when = "", sends = {}, next = "BREAKING" },
    },
    NotFoundReceived = {
      { when = "", sends = {}, next = "BREAKING" },
    },
    unseen = {
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
  LEAVING = {
    ListReceived = {
      { when = "", sends = {}, next = "LEAVING" },
    },
    AudioReceived = {
      { when = "", sends = {}, next = "LEAVING" },
    },
    SetupReceived = {
      { when = "", sends = {}, next = "LEAVING" },
    },
    NotFoundReceived = {
      { when = "", sends = {}, next = "LEAVING" },
    },
  },
}

local p = Proto("alfine", "RFC 9999 Streaming Music Service")

local f = {
  from = ProtoField.string("alfine.from", "From", base.ASCII, "client or server"),
  message = ProtoField.string("alfine.message", "Message", base.ASCII, "Its first word"),
  code = ProtoField.uint16("alfine.code", "Status code"),
  song_id = ProtoField.uint64("alfine.song_id", "Song ID"),
  offset = ProtoField.uint64("alfine.offset", "Offset", base.DEC, nil, nil,
    "Of the first byte that is to be sent, in the song's file"),
  tokens = ProtoField.string("alfine.tokens", "Tokens", base.ASCII, "Of SETUP or RESP 101"),
  fact = ProtoField.string("alfine.fact", "Fact", base.ASCII, "A token of RESP 101 with = in it"),
  library = ProtoField.string("alfine.library", "Library", base.ASCII, "The version of the list"),
  entry = ProtoField.string("alfine.entry", "Entry", base.UNICODE, "ID and title in a list"),
  entry_other = ProtoField.string("alfine.entry.other", "Other field", base.UNICODE,
    "Of an entry: its key is not known"),
  payload_bytes = ProtoField.uint32("alfine.payload_bytes", "Payload bytes"),
  audio = ProtoField.bytes("alfine.audio", "Audio"),
  closing = ProtoField.bool("alfine.closing", "Closing message", base.NONE, nil, nil, "Empty"),
  continued = ProtoField.bool("alfine.continued", "Begun before", base.NONE, nil, nil,
    "Bytes of a message that began before"),
  server_state = ProtoField.string("alfine.server.state", "Server's state", base.ASCII,
    "Behind this message"),
  client_state = ProtoField.string("alfine.client.state", "Client's state", base.ASCII,
    "Of conversation, behind this message, if the client is alfine's"),
  num_audio = ProtoField.uint32("alfine.num_audio_msgs_recv", "NUM_AUDIO_MSGS_RECV", base.DEC, nil,
    nil, "Audio messages of this song (RFC 2.6.1)"),
}
local entry_fields = {} -- by their keys
for key, name in pairs(ENTRY_FIELDS) do
  local label = name:sub(1, 1):upper() .. name:sub(2):gsub("_", " ")
  entry_fields[key] = ProtoField.string("alfine.entry." .. name, label, base.UNICODE)
  f["entry_" .. name] = entry_fields[key]
end
p.fields = f

local PROTOCOL, MALFORMED = expert.group.PROTOCOL, expert.group.MALFORMED
local ERROR, NOTE = expert.severity.ERROR, expert.severity.NOTE
local x = {
  violation = ProtoExpert.new("alfine.violation", "The tables allow no such message here", PROTOCOL,
    ERROR),
  too_long = ProtoExpert.new("alfine.too_long", "Longer than a message may be", PROTOCOL, ERROR),
  malformed = ProtoExpert.new("alfine.malformed", "Not a message of RFC 9999", MALFORMED, ERROR),
  uncut = ProtoExpert.new("alfine.uncut", "Holds an END END that is data: not cut cleanly",
    PROTOCOL, NOTE),
  dialect = ProtoExpert.new("alfine.dialect", "Worded differently, and understood", PROTOCOL, NOTE),
  failed = ProtoExpert.new("alfine.failed", "Something failed that no message tells of", PROTOCOL,
    NOTE),
}
p.experts = x

p.prefs.ports = Pref.range("TCP ports of servers", "", "None: choose them by Decode As", 65535)

local stream_of = Field.new("tcp.stream")
local completeness_of = Field.new("tcp.completeness")

-- Courses of the server ---------------------------------------------------------------------------
--
-- A course: a state, what RESP 101 has accepted (`from` is nil where the capture lacks it), whether
-- the song closes, the answers that the server owes, in order, and the requests that it may not
-- have taken. It takes a request only when it owes nothing: taken earlier, the same would come.

local LIST, BEGUN_LIST, CLOSED_LIST = "list", "list, begun", "list, closed"
local MOST_WAITING, MOST_COURSES = 32, 256 -- beyond that nobody follows a connection

local ACCEPTS_ENDS, ACCEPTS_FROM = "101 ends", "101 ends from"
local OUTPUTS = { "101", "404", "100", "100.", "200", "200." }
local IN_WORDS = {
  ["101"] = "RESP 101", [ACCEPTS_ENDS] = "RESP 101", [ACCEPTS_FROM] = "RESP 101",
  ["404"] = "ERRO 404",
  ["100"] = "RESP 100 with entries", ["100."] = "an empty RESP 100",
  ["200"] = "RESP 200 with audio", ["200."] = "an empty RESP 200",
}

local function copied(list)
  local new = {}
  for i, value in ipairs(list) do new[i] = value end
  return new
end

local function without_first(list)
  local new = {}
  for i = 2, #list do new[i - 1] = list[i] end
  return new
end

local function copied_course(c)
  return { state = c.state, ends = c.ends, from = c.from, closes = c.closes, owed = copied(c.owed),
    waiting = copied(c.waiting) }
end

local function key_of(c)
  return table.concat({ c.state, tostring(c.ends), tostring(c.from), tostring(c.closes),
    table.concat(c.owed, ";"), table.concat(c.waiting, ";") }, "|")
end

local function owes(c, what)
  c.owed[#c.owed + 1] = what
end

-- What each guard of the server's table is, as far as can be seen: nil where it cannot.
local GUARDS = {
  song_known = function() return nil end,
  from_accepted = function(c) return c.from end,
  can_play_from = function(c)
    if c.from == false then return false end
    return nil
  end,
  last_list = function(c)
    local lists = 0
    for _, answer in ipairs(c.owed) do
      if answer == LIST or answer == BEGUN_LIST or answer == CLOSED_LIST then lists = lists + 1 end
    end
    return lists == 1
  end,
}

-- What each effect of the server's table means for what is on the wire.
local EFFECTS = {
  send_list = function(c) owes(c, c.ends and CLOSED_LIST or LIST) end,
  count_list = function() end, -- whoever fires ListSent takes the list away
  start_song = function(c) c.closes = c.ends end,
  start_song_at = function(c) c.closes = c.ends end,
  stop_song = function() end,
  close_song = function(c) if c.closes then owes(c, "200.") end end,
  send_not_found = function(c) owes(c, "404") end,
  send_setup_reply = function(c) owes(c, "101") end,
  close_when_sent = function() end,
  close_at_boundary = function(c) c.owed = {} end,
}

local function rows_that_may_fire(rows, guard_of)
  local chosen = {}
  for _, row in ipairs(rows or {}) do
    local holds = true
    if row.when ~= "" then holds = guard_of(row.when) end
    if holds ~= false then chosen[#chosen + 1] = row end
    if holds == true then break end
  end
  return chosen
end

-- The courses that one becomes by an event: more than one where a guard cannot be seen.
local function taken(c, event)
  local after = {}
  local function guard_of(name) return GUARDS[name](c) end
  for _, row in ipairs(rows_that_may_fire(SERVER[c.state][event], guard_of)) do
    local new = copied_course(c)
    new.state = row.next
    for _, effect in ipairs(row.effects) do EFFECTS[effect](new) end
    after[#after + 1] = new
  end
  return after
end

local explain

local function explain_each(courses, output, rare, found, tried)
  for _, c in ipairs(courses) do explain(c, output, rare, found, tried) end
end

local function answered(c)
  local new = copied_course(c)
  new.owed = without_first(c.owed)
  return new
end

local function list_sent(c)
  local after = {}
  for _, new in ipairs(taken(c, "ListSent")) do after[#after + 1] = answered(new) end
  return after
end

local function begun(c)
  local new = copied_course(c)
  new.owed[1] = BEGUN_LIST
  return new
end

-- By what it owes: from the first answer and the message that came to where the course goes on.
local ANSWERS = {
  ["404"] = function(c, output) return output == "404" and { answered(c) } or {} end,
  ["200."] = function(c, output) return output == "200." and { answered(c) } or {} end,
  [CLOSED_LIST] = function(c, output)
    if output == "100" then return { c } end
    return output == "100." and list_sent(c) or {}
  end,
  [LIST] = function(c, output)
    if output == "100" then return { begun(c) } end
    return output == "100." and list_sent(c) or {}
  end,
  [BEGUN_LIST] = function(c, output, rare, found, tried)
    explain_each(list_sent(c), output, rare, found, tried)
    return output == "100" and { c } or {}
  end,
  -- A plain server answers SETUP by ERRO 404 or not at all: both say that it closes nothing.
  ["101"] = function(c, output, rare, found, tried)
    local new = answered(c)
    new.ends = c.ends or output == ACCEPTS_ENDS or output == ACCEPTS_FROM
    if output == ACCEPTS_FROM then new.from = true end
    if IN_WORDS[output] == "RESP 101" or output == "404" then return { new } end
    explain(new, output, rare, found, tried)
    return {}
  end,
}

-- Put into `found` the courses that are left of one when the server sends this message.
explain = function(c, output, rare, found, tried)
  local key = key_of(c)
  if tried[key] then return end
  tried[key] = true
  local after = {}
  if #c.owed > 0 then
    after = ANSWERS[c.owed[1]](c, output, rare, found, tried)
  else
    if output == "200" and SERVER[c.state].SongFailed then after = { c } end
    explain_each(taken(c, "SongSent"), output, rare, found, tried)
    for _, event in ipairs(rare) do explain_each(taken(c, event), output, rare, found, tried) end
    if #c.waiting > 0 then
      local new = taken(c, c.waiting[1])
      for _, each in ipairs(new) do each.waiting = without_first(c.waiting) end
      explain_each(new, output, rare, found, tried)
    end
  end
  for _, new in ipairs(after) do found[key_of(new)] = new end
end

-- Sets of courses are kept once each, with what each message makes of them: in a song that is
-- one look-up for a message.
local sets = {}
local NONE, TOO_MANY = { courses = {} }, { courses = {} }

local function set_of(found)
  local keys, courses = {}, {}
  for key in pairs(found) do keys[#keys + 1] = key end
  if #keys == 0 then return NONE end
  if #keys > MOST_COURSES then return TOO_MANY end
  table.sort(keys)
  local name = table.concat(keys, "\n")
  if not sets[name] then
    for i, key in ipairs(keys) do courses[i] = found[key] end
    sets[name] = { courses = courses, after = {}, requested = {} }
  end
  return sets[name]
end

local function answer(set, output, rare)
  local name = output .. table.concat(rare)
  if set.after[name] == nil then
    local found, tried = {}, {}
    explain_each(set.courses, output, rare, found, tried)
    set.after[name] = set_of(found)
  end
  return set.after[name]
end

-- The set when the client has sent this request. A course that is so far behind is given up.
local function request(set, event)
  if set.requested[event] == nil then
    local found = {}
    for _, c in ipairs(set.courses) do
      local new = copied_course(c)
      new.waiting[#new.waiting + 1] = event
      if #new.waiting <= MOST_WAITING then found[key_of(new)] = new end
    end
    set.requested[event] = next(found) and set_of(found) or TOO_MANY
  end
  return set.requested[event]
end

local function in_order(states, order)
  local names = {}
  for _, state in ipairs(order) do
    if states[state] then names[#names + 1] = state end
  end
  return table.concat(names, " or ")
end

local function states_now(set)
  if not set.now then
    local states = {}
    for _, c in ipairs(set.courses) do states[c.state] = true end
    set.now = in_order(states, SERVER_STATES)
  end
  return set.now
end

-- Whether a SETUP is unanswered: then what it will bring cannot be seen.
local function setup_open(c)
  for _, answer_owed in ipairs(c.owed) do
    if answer_owed == "101" then return true end
  end
  for _, event in ipairs(c.waiting) do
    if event == REQUESTS.SETUP then return true end
  end
  return false
end

local function refuses_offsets(set)
  for _, c in ipairs(set.courses) do
    if c.from ~= false or setup_open(c) then return false end
  end
  return true
end

-- The states in which the server may be when it has taken all that was requested.
local function states_ahead(set)
  if set.ahead then return set.ahead end
  local states = {}
  for _, c in ipairs(set.courses) do
    local here, seen = { [c.state] = true }, copied_course(c)
    if setup_open(c) then seen.from = c.from or nil end
    local function guard_of(name) return GUARDS[name](seen) end
    for _, event in ipairs(c.waiting) do
      local after = {}
      for state in pairs(here) do
        for _, row in ipairs(rows_that_may_fire(SERVER[state][event], guard_of)) do
          after[row.next] = true
        end
      end
      here = after
    end
    for state in pairs(here) do states[state] = true end
  end
  set.ahead = in_order(states, SERVER_STATES)
  return set.ahead
end

local function legal(set)
  local names = {}
  for _, output in ipairs(OUTPUTS) do
    if answer(set, output, {}) ~= NONE then names[#names + 1] = IN_WORDS[output] end
  end
  return #names > 0 and table.concat(names, ", ") or "nothing, before another request"
end

local function first_set(whole)
  local found = {}
  local function add(state, ends, from, owed)
    local c = { state = state, ends = ends, from = from, closes = ends, owed = owed, waiting = {} }
    found[key_of(c)] = c
  end
  if whole then
    add(SERVER_STATES[1], false, false, {})
    return set_of(found)
  end
  -- The capture begins in the middle: the server may be anywhere that it can be requested in.
  for _, state in ipairs(SERVER_STATES) do
    if SERVER[state].ListRequested then
      local lists = SERVER[state].ListSent ~= nil and SERVER[state].SongSent == nil
      add(state, false, false, lists and { BEGUN_LIST } or {})
      add(state, true, nil, lists and { CLOSED_LIST } or {})
    end
  end
  return set_of(found)
end

-- The client's conversation -----------------------------------------------------------------------
--
-- A set of places: a state, and the requests that it has begun to send. Most guards of this table
-- cannot be seen, so there are often several.

local REMEMBERED = 8 -- answers that a client may not have taken yet when it sends

local function place_key(state, owed) return state .. "|" .. table.concat(owed, ";") end

local function add_place(places, state, owed)
  places[place_key(state, owed)] = { state = state, owed = owed }
end

local function anything_left(places) return next(places) ~= nil end

-- Where the client may be when it has taken this answer.
local function client_takes(places, event, facts)
  local after = {}
  for _, place in pairs(places) do
    local rows = CLIENT[place.state] and CLIENT[place.state][event] or {}
    for _, row in ipairs(rows_that_may_fire(rows, function(name) return facts[name] end)) do
      local owed = copied(place.owed)
      for _, word in ipairs(row.sends) do owed[#owed + 1] = word end
      if #owed <= REMEMBERED then add_place(after, row.next, owed) end
    end
  end
  return after
end

-- All places that events lead to of which the wire shows nothing.
local function client_closure(places)
  local reached, work = {}, {}
  for _, place in pairs(places) do work[#work + 1] = place end
  while #work > 0 do
    local place = table.remove(work)
    local key = place_key(place.state, place.owed)
    if not reached[key] then
      reached[key] = place
      if #place.owed == 0 then
        for _, row in ipairs(CLIENT[place.state].unseen or {}) do
          work[#work + 1] = { state = row.next, owed = row.sends }
        end
      end
    end
  end
  return reached
end

local function client_sends(places, word)
  local after = {}
  for _, place in pairs(client_closure(places)) do
    if place.owed[1] == word then add_place(after, place.state, without_first(place.owed)) end
  end
  return after
end

local function client_sent(client, word)
  local after = client_sends(client.places, word)
  local behind = #client.taken
  while not anything_left(after) and behind > 0 do
    after = client_sends(client.taken[behind].before, word)
    for i = behind, #client.taken do
      after = client_takes(after, client.taken[i].event, client.taken[i].facts)
    end
    behind = behind - 1
  end
  client.places = after
  client.taken = {}
end

local function client_received(client, event, facts)
  local last = client.taken[#client.taken]
  local after = client_takes(client.places, event, facts)
  local same = last and last.event == event and last.facts.carries_audio == facts.carries_audio
  if not same then
    client.taken[#client.taken + 1] = { before = client.places, event = event, facts = facts }
    if #client.taken > REMEMBERED then table.remove(client.taken, 1) end
  end
  client.places = after
end

local function client_state(client)
  local states = {}
  for _, place in pairs(client.places) do states[place.state] = true end
  return in_order(states, CLIENT_STATES)
end

local function new_client()
  local places = {}
  for _, row in ipairs(CLIENT_START) do add_place(places, row.next, row.sends) end
  return { places = places, taken = {} }
end

-- Where messages end --------------------------------------------------------------------------------

local function skip_gap(raw, at) return raw:match("^[\r\n \t\0]*()", at) end

local function may_begin_answer(raw, at)
  local word = raw:sub(at, at + 4)
  return ("RESP "):sub(1, #word) == word or ("ERRO "):sub(1, #word) == word
end

-- The last byte of the answer that begins at `from`, nil if it is not here; and whether it holds an
-- END END that ended nothing (protocol.md 4).
local function end_of_answer(raw, from)
  local uncut = false
  local first, last = raw:find(EOM, from, true)
  while first do
    if may_begin_answer(raw, skip_gap(raw, last + 1)) then return last, uncut end
    uncut = true
    first, last = raw:find(EOM, first + 1, true)
  end
  return nil, uncut
end

-- The last byte of the request that begins at `from`, and that of its words; several spaces are one.
local function end_of_request(raw, from)
  local first, last = raw:find("END", from, true)
  while first do
    local after = raw:match("^ +END()", last + 1)
    if after and (first == from or raw:sub(first - 1, first - 1) == " ") then
      return after - 1, first - 1
    end
    first, last = raw:find("END", last + 1, true)
  end
  return nil
end

-- Requests ------------------------------------------------------------------------------------------

local function play_event(words)
  local song_id, offset = words[2] or "", words[3] or "0"
  if #words > 3 or #song_id > MAX_ID_DIGITS or #offset > MAX_OFFSET_DIGITS then return nil end
  if not song_id:match("^[1-9]%d*$") or not offset:match("^%d+$") then return nil end
  return words[3] and PLAY_FROM or REQUESTS.PLAY
end

local function event_of(words)
  local word = words[1]
  if word == "LIST" or word == "STOP" then return REQUESTS[word] end
  if word == "PLAY" then return play_event(words) end
  if word == "TEARDOWN" and #words == 1 then return REQUESTS.TEARDOWN end
  return nil
end

local function parse_request(text)
  local words = {}
  for word in text:gmatch("[^ ]+") do words[#words + 1] = word end
  local tokens = table.concat(words, " ", 2)
  if words[1] == "SETUP" and not text:find("[\128-\255]") then
    return words, REQUESTS.SETUP, tokens
  end
  return words, event_of(words), tokens
end

local function printable(text)
  return (text:gsub("[^\32-\126]", "?"))
end

local function shown(text)
  return "'" .. printable(text:sub(1, 40)) .. "'" .. (#text > 40 and " …" or "")
end

local function whole_number(text)
  local number = tonumber(text)
  return UInt64.new(number % 4294967296, math.floor(number / 4294967296))
end

-- `seen` is what is kept of a message for when its packet is shown again: what the courses were.

local function followed(set)
  if set ~= TOO_MANY then return set end
  return nil
end

-- What would have been legal in the place of what the server does not understand, or else nil.
local function legal_instead(talk, words, event)
  if not event then return REQUEST_WORDS end
  if event == PLAY_FROM and talk.set and refuses_offsets(talk.set) then
    return string.format("PLAY %s, as no RESP 101 has accepted %s", words[2], FROM)
  end
  return nil
end

local function note_request(talk, words, event)
  local seen, instead = {}, legal_instead(talk, words, event)
  if talk.set then
    seen.before = states_now(talk.set)
    talk.set = followed(request(talk.set, event or "RequestNotUnderstood"))
    seen.server = talk.set and states_ahead(talk.set)
  end
  if instead then
    talk.refused = talk.refused + 1
    seen.violation = string.format(
      "the client sent %s to a server in %s; legal would have been: %s",
      shown(table.concat(words, " ")), seen.before or "a state unknown", instead)
    return seen
  end
  client_sent(talk.client, words[1])
  seen.client = client_state(talk.client)
  if event == REQUESTS.PLAY or event == PLAY_FROM then
    talk.plays[#talk.plays + 1] = { song_id = words[2], count = 0 }
  end
  return seen
end

local function show_request(m, words, event, tokens, text_range)
  local tree = m.tree
  tree:add(f.message, text_range, printable(words[1] or ""))
  if event == REQUESTS.PLAY or event == PLAY_FROM then
    tree:add(f.song_id, text_range, whole_number(words[2]))
  end
  if event == PLAY_FROM then tree:add(f.offset, text_range, whole_number(words[3])) end
  if event == REQUESTS.SETUP then tree:add(f.tokens, text_range, printable(tokens)) end
  m.info = event and table.concat(words, " ") or "not a request: " .. shown(table.concat(words, " "))
end

local function dissect_request(m)
  local text = m.raw:sub(m.first, m.words_end)
  local words, event, tokens = parse_request(text)
  local text_range = m.buf(m.first - 1, math.max(0, m.words_end - m.first + 1))
  show_request(m, words, event, tokens, text_range)
  m.seen = m.kept() or m.keep(note_request(m.talk, words, event))
end

local function dissect_too_long(m)
  m.info = "a request without an end"
  local function note()
    local state = m.talk.set and states_now(m.talk.set) or "a state unknown"
    if m.talk.set then m.talk.set = followed(request(m.talk.set, "RequestTooLong")) end
    m.talk.deaf = true
    return { too_long = true, server = m.talk.set and states_ahead(m.talk.set), violation = string.format(
      "the client sent %d bytes without END END to a server in %s; legal would have been: at most %d",
      #m.raw - m.first + 1, state, MAX_REQUEST_BYTES) }
  end
  m.seen = m.kept() or m.keep(note())
end

-- Answers -------------------------------------------------------------------------------------------

-- The kind of an answer, its code, and where its payload begins; nil if it is none.
local function parse_answer(raw, first, last)
  local code, at = raw:match("^RESP (%d%d%d) END ()", first)
  if code and at <= last - #EOM + 2 then
    return CODES[code] or "UNKNOWN", code, at, code == "300"
  end
  code = raw:match("^RESP (100) END END", first)
  if code then return "LIST", code, last - #EOM + 1, false end
  code, at = raw:match("^RESP (200) ()", first)
  if code then return "AUDIO", code, at, true end
  code = raw:match("^ERRO (%d%d%d) ", first)
  if code then return "ERROR", code, last - #EOM + 1, code ~= "404" end
  return nil
end

local MAX_LIBRARY_BYTES = 64
local AFTER_PRODUCT = "^%s*%S*()" -- its first token names the server (protocol.md 7)

local function setup_output(payload)
  local accepted = {}
  for token in payload:sub(payload:match(AFTER_PRODUCT)):gmatch("%S+") do accepted[token] = true end
  if not accepted[ENDS] then return "101" end
  return accepted[FROM] and ACCEPTS_FROM or ACCEPTS_ENDS
end

local function output_of(kind, bytes, payload)
  if kind == "ERROR" then return "404" end
  if kind == "SETUP" then return setup_output(payload) end
  local output = kind == "LIST" and "100" or "200"
  return bytes == 0 and output .. "." or output
end

local EVENTS = {
  LIST = "ListReceived", AUDIO = "AudioReceived", SETUP = "SetupReceived", ERROR = "NotFoundReceived",
}

-- Follow the server; a message that no course is left for is a violation, and changes nothing.
local function note_output(talk, output, seen)
  local before = talk.set
  local after = answer(before, output, {})
  if after == NONE then
    local rare = { "SongFailed" }
    if talk.request_begun then rare[2] = "RequestTimedOut" end
    after = answer(before, output, rare)
    seen.failed = after ~= NONE and "a song failed, or a request took too long" or nil
  end
  if after ~= NONE then
    talk.set = followed(after)
  else
    seen.violation = string.format("the server in %s sent %s; legal would have been: %s",
      states_ahead(before), IN_WORDS[output], legal(before))
  end
  seen.server = talk.set and states_now(talk.set)
end

-- Which song it belongs to: the oldest that is not closed, or else the last that was requested. An
-- error answers what was not understood, if there is any: then its song goes on.
local function note_song(talk, output, seen)
  local play = talk.plays[talk.closes and 1 or #talk.plays]
  if output == "200" and play and not seen.violation then
    play.count = play.count + 1
    seen.count = play.count
    seen.song_id = talk.closes and play.song_id or nil
  elseif output == "404" and talk.refused > 0 then
    talk.refused = talk.refused - 1
  elseif talk.closes and (output == "200." or output == "404") then
    seen.song_id = play and play.song_id
    table.remove(talk.plays, 1)
  end
end

local function note_answer(talk, kind, output)
  local seen = {}
  local accepts = output == ACCEPTS_ENDS or output == ACCEPTS_FROM
  if accepts then talk.closes = true end
  if talk.set then note_output(talk, output, seen) end
  note_song(talk, output, seen)
  local facts = { ends_accepted = accepts, carries_audio = output == "200" }
  client_received(talk.client, EVENTS[kind], facts)
  seen.client = client_state(talk.client)
  return seen
end

local function show_entry_field(m, tree, at, text)
  local field, value_at = entry_fields[text:match("^(..)=")], 3
  if not field then field, value_at = f.entry_other, 0 end
  tree:add_packet_field(field, m.buf(at + value_at, #text - value_at), ENC_UTF_8)
end

-- An entry and below it its fields (protocol.md 10). at: where it begins in the packet, from 0.
local function show_entry(m, at, text)
  local mark = text:find(FIELD_MARK, 1, true)
  local title_bytes = mark and mark - 1 or #text
  local tree = m.tree:add_packet_field(f.entry, m.buf(at, title_bytes), ENC_UTF_8)
  while mark do
    local following = text:find(FIELD_MARK, mark + 1, true)
    show_entry_field(m, tree, at + mark, text:sub(mark + 1, (following or #text + 1) - 1))
    mark = following
  end
end

local function show_entries(m, from, bytes)
  local text = m.raw:sub(from, from + bytes - 1)
  local at = 1
  while at <= #text do
    local first, last = text:find(SEPARATOR, at, true)
    local stop = first and first - 1 or #text
    show_entry(m, from + at - 2, text:sub(at, stop))
    at = last and last + 1 or #text + 1
  end
end

-- What RESP 101 says besides what it accepts.
local function show_facts(m, from, payload, tree)
  local behind = payload:match(AFTER_PRODUCT)
  for at, token in payload:sub(behind):gmatch("()(%S+)") do
    if token:find("=", 1, true) then
      local first = from + behind + at - 3
      tree:add(f.fact, m.buf(first, #token), printable(token))
      local library = token:match("^" .. LIBRARY .. "([%w-]+)$")
      if library and #library <= MAX_LIBRARY_BYTES then
        tree:add(f.library, m.buf(first + #LIBRARY, #library), library)
      end
    end
  end
end

local function show_payload(m, kind, at, bytes)
  m.tree:add(f.payload_bytes, m.buf(at - 1, bytes), bytes)
  if bytes == 0 and kind ~= "SETUP" then m.tree:add(f.closing, m.buf(at - 1, 0), true) end
  if kind == "AUDIO" and bytes > 0 then m.tree:add(f.audio, m.buf(at - 1, bytes)) end
  if kind == "LIST" then show_entries(m, at, bytes) end
  if kind == "SETUP" then
    local payload = m.raw:sub(at, at + bytes - 1)
    show_facts(m, at, payload, m.tree:add(f.tokens, m.buf(at - 1, bytes), printable(payload)))
  end
end

local function dissect_answer(m)
  local kind, code, at, dialect = parse_answer(m.raw, m.first, m.last)
  if not kind then
    m.info = "no message of RFC 9999: " .. shown(m.raw:sub(m.first, m.last))
    m.tree:add_proto_expert_info(x.malformed, m.info)
    m.seen = m.kept() or m.keep({})
    return
  end
  local bytes = math.max(0, m.last - #EOM - at + 1)
  local word = kind == "ERROR" and "ERRO" or "RESP"
  m.tree:add(f.message, m.buf(m.first - 1, 4), word)
  m.tree:add(f.code, m.buf(m.first + 4, 3), tonumber(code))
  m.info = word .. " " .. code
  if kind ~= "ERROR" then
    show_payload(m, kind, at, bytes)
    m.info = m.info .. (bytes == 0 and ", empty" or kind == "SETUP" and "" or ", " .. bytes .. " bytes")
  end
  if dialect or kind == "UNKNOWN" then m.tree:add_proto_expert_info(x.dialect) end
  if m.last - m.first + 1 > MAX_MESSAGE_BYTES then m.tree:add_proto_expert_info(x.too_long) end
  m.seen = m.kept() or m.keep(kind == "UNKNOWN" and {}
    or note_answer(m.talk, kind, output_of(kind, bytes, m.raw:sub(at, at + bytes - 1))))
end

-- Bytes that belong to a message that began before: its sender has not cut it cleanly, or the
-- capture lacks its beginning.
local function dissect_continued(m)
  m.tree:add(f.continued, m.buf(m.first - 1, m.last - m.first + 1), true)
  m.info = "more of the message before"
  m.seen = m.kept() or m.keep({ continued = true })
end

-- One packet ----------------------------------------------------------------------------------------

local talks, kept = {}, {} -- by connection, and by packet

function p.init() talks, kept, sets = {}, {}, {} end

-- Which side serves: whoever says what only one side says, or else whoever has the chosen port.
local function find_server(pinfo, raw)
  local word = raw:match("^[\r\n \t\0]*(%u+) ")
  if word == "RESP" or word == "ERRO" then return pinfo.src_port end
  if REQUESTS[word] or pinfo.match ~= pinfo.src_port then return pinfo.dst_port end
  return pinfo.src_port
end

-- The first time that packets are dissected there may be no fields: then a connection is known by its
-- addresses and ports, and taken to be recorded whole if its client speaks first.
local function find_talk(pinfo, raw)
  local one = tostring(pinfo.src) .. ":" .. pinfo.src_port
  local other = tostring(pinfo.dst) .. ":" .. pinfo.dst_port
  local ends = one < other and one .. " " .. other or other .. " " .. one
  local stream, completeness = stream_of(), completeness_of()
  local key = stream and stream.value or ends
  local talk = talks[key] or (pinfo.visited and talks[ends]) or nil
  if talk then return talk end
  talk = { client = new_client(), plays = {}, closes = false, refused = 0 }
  talk.server_port = find_server(pinfo, raw)
  local whole = talk.server_port ~= pinfo.src_port
  if completeness then whole = completeness.value % 2 == 1 end
  talk.set, talk.answered = first_set(whole), not whole
  talks[key] = talk
  return talk
end

local function show_seen(m)
  local seen, tree = m.seen, m.tree
  local function add(field, value) if value then tree:add(field, value):set_generated() end end
  add(f.from, m.from_server and "server" or "client")
  add(f.server_state, seen.server)
  if seen.client and seen.client ~= "" then add(f.client_state, seen.client) end
  if seen.song_id then add(f.song_id, whole_number(seen.song_id)) end
  add(f.num_audio, seen.count)
  if seen.violation then tree:add_proto_expert_info(x.violation, seen.violation) end
  if seen.failed then tree:add_proto_expert_info(x.failed, seen.failed) end
  tree:append_text(", " .. m.info .. (seen.server and " [" .. seen.server .. "]" or ""))
end

-- Find the next message at `at` and dissect it; return it, or nil where its end is not here.
local function next_answer(m)
  local uncut
  m.last, uncut = end_of_answer(m.raw, m.first)
  local begins = may_begin_answer(m.raw, m.first)
  if not m.last then
    if #m.raw - m.first + 1 <= MAX_PENDING_BYTES and not m.truncated then return nil end
    m.last = #m.raw
  end
  m.tree = m.root:add(p, m.buf(m.first - 1, m.last - m.first + 1))
  local seen = m.kept()
  local answered = m.talk.answered
  if seen then answered = seen.continued end
  if begins or not answered then dissect_answer(m) else dissect_continued(m) end
  if uncut then m.tree:add_proto_expert_info(x.uncut) end
  m.talk.answered = true
  return m
end

local function next_request(m)
  m.last, m.words_end = end_of_request(m.raw, m.first)
  local bytes = (m.last or #m.raw) - m.first + 1
  local seen = m.kept()
  local too_long = m.talk.deaf
  if seen then too_long = seen.too_long end
  if bytes > MAX_REQUEST_BYTES and not too_long and not seen then
    local squeezed = m.raw:sub(m.first, m.last or #m.raw):gsub("  +", " ")
    too_long = #squeezed > MAX_REQUEST_BYTES
  end
  if not m.last and not too_long and not m.truncated then return nil end
  if too_long or not m.last then m.last = #m.raw end
  m.tree = m.root:add(p, m.buf(m.first - 1, m.last - m.first + 1))
  if too_long then dissect_too_long(m) else
    m.words_end = m.words_end or m.last
    dissect_request(m)
  end
  return m
end

-- What was found out about the messages of this packet the first time that it was dissected: later
-- it may be shown in any order, and with fewer bytes of the message behind it.
local function memory(m, pinfo)
  local key = pinfo.number .. ":" .. m.first
  function m.kept() return pinfo.visited and kept[key] or nil end
  function m.keep(seen)
    kept[key] = seen
    return seen
  end
end

local function infos(messages)
  local texts, last, times = {}, nil, 0
  for _, m in ipairs(messages) do
    local text = m.info .. (m.seen.server and " [" .. m.seen.server .. "]" or "")
    if text == last then times = times + 1 else last, times = text, 1 end
    texts[#texts + (times == 1 and 1 or 0)] = times == 1 and text or times .. " × " .. text
  end
  return table.concat(texts, ", ")
end

function p.dissector(buf, pinfo, root)
  local raw = buf:raw()
  local talk = find_talk(pinfo, raw)
  pinfo.cols.protocol = "ALFINE"
  local from_server = pinfo.src_port == talk.server_port
  local dissect = from_server and next_answer or next_request
  local messages, at = {}, skip_gap(raw, 1)
  while at <= #raw do
    local m = { buf = buf, raw = raw, root = root, first = at, talk = talk,
      from_server = from_server, truncated = buf:len() < buf:reported_len() }
    memory(m, pinfo)
    local found = dissect(m)
    if not from_server then talk.request_begun = not found end
    if not found then
      pinfo.desegment_offset = at - 1
      pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
      break
    end
    show_seen(m)
    messages[#messages + 1] = m
    at = skip_gap(raw, m.last + 1)
  end
  if #messages > 0 then pinfo.cols.info = infos(messages) end
  return buf:len()
end

-- No port is taken that nobody has named.
local tcp_ports = DissectorTable.get("tcp.port")
tcp_ports:add_for_decode_as(p)
local chosen = nil

function p.prefs_changed()
  if chosen and chosen ~= "" then tcp_ports:remove(chosen, p) end
  chosen = p.prefs.ports
  if chosen and chosen ~= "" then tcp_ports:add(chosen, p) end
end
