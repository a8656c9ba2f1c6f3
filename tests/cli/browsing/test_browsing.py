"""Albums, artists and songs: how they are found, chosen and set in columns."""

import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.browsing import query
from cli.browsing.answer import answer_of
from cli.browsing.choosing import choose, clear_names
from cli.browsing.columns import album_heading, albums_rows, artists_rows, queue_rows, song_rows
from cli.browsing.library import VARIOUS, Library
from cli.browsing.song_ids import NotChosen
from cli.words.commands.parser import Context, parse
from cli.words.commands.table import CommandError
from cli.words.formatters.plain import Formatter
from cli.words.moment import Status
from cli.words.safe_text import columns_of
from fsm.client.events import ListedSong, PlayRequested
from fsm.client.queue.edits import Append, Insert
from fsm.client.requests import EditRequested


def library(*songs):
    """A library of songs, each (artist, album, title, track, year, more fields)."""
    listed, fields = [], []
    for song_id, (artist, album, title, track, year, *more) in enumerate(songs, 1):
        listed.append(ListedSong(song_id, f"{artist} - {title}"))
        known = [("ar", artist), ("al", album), ("ti", title), ("tr", track), ("yr", year)]
        fields.append((*known, ("du", "60.5"), ("fo", f"{artist}/{album}"), *more))
    return Library(tuple(listed), tuple(fields))


MOVEMENT = "Symphony No. 5 in C minor, Op. 67: II. Andante con moto"
SONGS = library(
    ("Ludwig van Beethoven", "Symphonies 5 & 6", MOVEMENT, "2", "1976"),
    ("Sigur Rós", "Ágætis byrjun", "Starálfur", "3", "1999"),
    ("Sigur Rós", "Ágætis byrjun", "Svefn-g-englar", "2", "1999"),
    ("NIN", "Ghosts", "Ghosts", "1", "2008"),
    ("NIN", "Ghosts", "34", "2", "2008"),
)


def ids(word, rest):
    return [track.song_id for track in answer_of(word, rest, SONGS).tracks]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("byrjun", [2, 3]),
        ("artist:sigur star", [2]),
        ('album:"agaetis byrjun"', [2, 3]),
        ("year:1999-2005", [2, 3]),
        ("year:2000-", [4, 5]),
        ("year:1976", [1]),
        ("1976", [1]),
        ("folder:nin/ghosts", [4, 5]),
        ("title:ghosts", [4]),
        ("67: andante", [1]),
        ("artist:nobody", []),
    ],
)
def test_find_looks_in_every_field_and_filters_narrow_it(words, found):
    assert ids("find", words) == found


def test_an_album_is_in_the_order_of_its_tracks():
    assert ids("album", "byrjun") == [3, 2]
    album = answer_of("album", "byrjun", SONGS).albums[0]
    assert album_heading(album) == "Sigur Rós - Ágætis byrjun (1999), 2 songs, 2:01"


def test_an_album_that_is_not_clear_is_asked_about():
    songs = library(("A", "Live", "x", "1", ""), ("B", "Live", "y", "1", ""))
    with pytest.raises(NotChosen, match="2 albums have that: Live by A, Live by B"):
        answer_of("album", "live", songs)
    with pytest.raises(NotChosen, match="albums shows them"):
        answer_of("album", "nowhere", songs)


def test_albums_of_several_artists_are_one_where_the_server_says_so():
    songs = library(
        ("A", "Hits", "x", "2", "", ("aa", "Label")), ("B", "Hits", "y", "1", "", ("aa", "Label"))
    )
    assert [(a.name, a.artist, len(a.tracks)) for a in songs.albums] == [("Hits", "Label", 2)]
    assert [a.name for a in songs.artists] == ["Label", "A", "B"]
    same_folder = (("fo", "Hits"),)
    fields = tuple((("ar", a), ("al", "Hits"), *same_folder) for a in "AB")
    mixed = Library((ListedSong(1, "a"), ListedSong(2, "b")), fields)
    assert [a.artist for a in mixed.albums] == [VARIOUS]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("byrjun", (3, 2)),
        ("SIGUR ROS", (3, 2)),
        ("andante", (1,)),
        ("34", (5,)),
        ("all", (1, 2, 3, 4, 5)),
        ("*", (4,)),
        ("2-4 1", (2, 3, 4, 1)),
        ("4-2", (4, 3, 2)),
        ("album:ghosts", (4, 5)),
        ("nin/ghosts", (4, 5)),
        ("9,7", (9, 7)),
    ],
)
def test_what_play_queue_and_insert_take(text, chosen):
    context = Context(SONGS, answer=SONGS[3:4])
    assert parse(f"queue {text}").request(context) == EditRequested(Append(chosen))
    assert parse(f"insert {text}").request(context) == EditRequested(Insert(chosen))
    line = parse(f"play {text}")
    assert line.request(context) == PlayRequested(chosen[0])
    assert line.also(context) == (EditRequested(Insert(chosen[1:])) if chosen[1:] else None)


HITS = library(
    ("ABBA", "Greatest Hits", "SOS", "1", "1975"),
    ("ABBA", "Greatest Hits", "Waterloo", "2", "1975"),
    ("Queen", "Greatest Hits", "Bohemian Rhapsody", "1", "1981"),
    ("Queen", "Jazz", "Jealousy", "2", "1978"),
    ("Queen", "Jazz", "Mustapha", "1", "1978"),
    ("Kiss", "", "Album of the Year", "", ""),
    ("Jazz", "", "Jealousy", "", ""),
)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("album jazz", (5, 4)),
        ("Album Jaz", (5, 4)),
        ('album "jazz"', (5, 4)),
        ("album queen greatest", (3,)),
        ("artist jazz", (7,)),
        ("artist qu", (3, 5, 4)),
        ("folder queen/jazz", (4, 5)),
        ("folder abba", (1, 2)),
        ("title waterloo", (2,)),
        ("title kiss - album of the year", (6,)),
        ("album of the year", (6,)),
        ("album of the", (6,)),
    ],
)
def test_the_word_for_a_kind_says_what_is_meant(text, chosen):
    assert choose(HITS, text) == chosen


@pytest.mark.parametrize("command", ["play", "queue", "insert"])
def test_behind_the_word_album_it_asks_the_same_question(command):
    def question(text):
        with pytest.raises(CommandError) as refused:
            parse(f"{command} {text}").request(Context(HITS))
        return str(refused.value).partition(": ")[2]

    assert question("album greatest hits") == question("greatest hits")
    assert question("album greatest hits") == (
        "it could be the album Greatest Hits by ABBA (2 songs), the album Greatest Hits by Queen "
        '(1 song); say album:"Greatest Hits" artist:"ABBA", or a song\'s ID'
    )
    assert question("title jealousy") == question("jealousy").replace("title jeal", "jeal")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("album nosuch", "no album has that; albums shows them"),
        ("artist nosuch", "no artist has that; artists shows them"),
        ("folder nosuch", "no folder has that; list shows the songs"),
        ("title waterlo0", "no title has that; the nearest: 2. ABBA - Waterloo"),
        ("genre zydeco 9", "no song has that; the fields are artist:, album:"),
    ],
)
def test_what_has_no_such_name_is_said_of_its_kind(text, why):
    assert why in refusal(HITS, text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "ghosts",
            'album Ghosts by NIN (2 songs), 4. NIN - Ghosts; say album:"Ghosts" artist:"NIN", or',
        ),
        ("77-99", "no song from 77 to 99"),
        ("*", "no songs were listed last"),
        ("artist:nobody", "no song fits"),
        ("year:x", "year:1999-2005"),
    ],
)
def test_what_is_not_clear_is_refused_and_the_candidates_named(text, why):
    with pytest.raises(CommandError) as error:
        parse(f"play {text}").request(Context(SONGS))
    assert why in str(error.value)


def test_what_names_one_thing_is_known_without_a_search_for_each():
    names = ("Ghosts", "34", "Starálfur", "NIN", "Ágætis byrjun", "all", "*", "year:1999", "", "x")
    # An album with the name of its song is two things, 34 is an ID as well.
    assert clear_names(SONGS, names) == {"Starálfur", "NIN", "Ágætis byrjun"}


def test_albums_of_one_name_are_told_apart_by_their_artists():
    songs = library(("A", "Live", "x", "1", ""), ("B", "Live", "y", "1", ""))
    with pytest.raises(NotChosen) as question:
        choose(songs, "live")
    assert 'Live by A (1 song), the album Live by B (1 song); say album:"Live" artist:"A"' in str(
        question.value
    )
    assert choose(songs, 'album:"Live" artist:"B"') == (2,)


def test_a_quoted_value_is_the_whole_of_a_field_if_any_song_has_it():
    songs = library(("A", "Live", "x", "1", ""), ("A", "Live in Rome", "y", "1", ""))
    assert choose(songs, 'album:"live"') == (1,)
    assert choose(songs, "album:live") == (1, 2)
    assert choose(songs, 'album:"in rome"') == (2,)


def test_the_last_answer_is_what_the_list_still_has_under_its_ids():
    answer = SONGS[1:4]
    renumbered = library(("Sigur Rós", "x", "other", "1", ""), *[("NIN", "", "a", "", "")] * 3)
    assert choose(SONGS, "*", answer) == (2, 3, 4)
    with pytest.raises(NotChosen, match="not on the list now"):
        choose(renumbered, "*", answer)


def test_a_list_that_says_the_same_is_the_same_library():
    songs, fields = SONGS.songs, tuple((("al", str(n)),) for n in range(len(SONGS)))
    known = Library(songs, fields)
    assert known.is_of((*songs,), (*fields,))
    assert not known.is_of(songs[1:], fields[1:])
    assert not known.is_of(songs, ())


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("III. Scherzo: Allegro", "Symphony No. 5…III. Scherzo: Allegro"),
        ("II. Andante con moto", "Symphony No. 5…II. Andante con moto"),
        ("A".ljust(50, "a"), "Symphony No. 5 in…" + "a" * 18),
    ],
)
def test_the_end_of_a_cut_title_begins_with_a_word(title, shown):
    songs = library(("", "x", f"Symphony No. 5 in C minor, Op. 67: {title}", "1", ""))
    (row,) = song_rows(songs.tracks, 36 + len("  1:00  x"), "…")
    assert row.removesuffix("  1:00  x").rstrip() == shown


def test_a_long_title_keeps_its_end_on_80_columns():
    rows = list(song_rows(SONGS.tracks, 74, "…"))
    assert all(columns_of(row) <= 74 for row in rows)
    assert "II. Andante con moto" in rows[0]
    assert "Ludwig" in rows[0]
    assert "Ágætis" in rows[1]
    assert [row.index("1:00") for row in rows] == [rows[0].index("1:00")] * 5


def refusal(songs, text):
    with pytest.raises(NotChosen) as refused:
        choose(songs, text)
    return str(refused.value)


def test_in_quotes_it_is_the_whole_name():
    songs = library(
        ("Radiohead", "Kid A", "Kid A", "1", ""),
        ("Radiohead", "Kid A Mnesia", "Everything", "1", ""),
        ("Bowie", '"Heroes"', "Joe", "1", ""),
        ("X", "Heroes", "34", "1", ""),
    )
    assert choose(songs, '"kid a mnesia"') == choose(songs, "kid a m") == (2,)
    assert "nothing has just that name; without quotes" in refusal(songs, '"kid a m"')
    assert choose(songs, '"everything"') == (2,)
    assert choose(songs, '"radiohead - everything"') == (2,)
    assert choose(songs, "heroes") == (4,)
    assert choose(songs, '"heroes"') == (3,), "the quotes are a part of this name"
    assert parse('queue "34"').request(Context(songs)) == EditRequested(Append((4,)))
    assert answer_of("album", '"kid a"', songs).albums[0].name == "Kid A"
    with pytest.raises(NotChosen):
        answer_of("album", '"kid"', songs)


def in_folders(*songs):
    """A library of songs, each (folder, artist, album, title)."""
    listed = tuple(ListedSong(i, f"{s[1]} - {s[3]}") for i, s in enumerate(songs, 1))
    keys = ("fo", "ar", "al", "ti")
    return Library(listed, tuple(tuple(zip(keys, song, strict=True)) for song in songs))


FOLDERS = in_folders(
    ("Classical/Bach/Mass", "Bach", "Mass", "Kyrie"),
    ("Classical/Bach/Suites", "Casals", "Suites", "Prelude"),
    ("Classical/Satie", "Satie", "Piano", "Vexations"),
    ("Classical", "Nobody", "", "Alone"),
    ("Best of Classical/cd1", "Liszt", "Best", "Etude"),
)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("classical", (1, 2, 3, 4)),
        ("classical/bach", (1, 2)),
        ('folder:"classical"', (1, 2, 3, 4)),
        ('folder:"classical/bach"', (1, 2)),
        ("folder:classical/sat", (3,)),
        ("best of", (5,)),
        # The artist of this name is meant, not the folder, in which another one plays as well.
        ("bach", (1,)),
    ],
)
def test_a_folder_means_all_below_it(text, chosen):
    assert choose(FOLDERS, text) == chosen


def test_a_folder_and_an_album_elsewhere_of_one_name_are_asked_about():
    songs = in_folders(("a", "A", "Live", "x"), ("Live/b", "B", "Other", "y"))
    assert "the album Live by A (1 song), the folder Live (1 song)" in refusal(songs, "live")
    assert clear_names(songs, ["Live", "Other"]) == {"Other"}


def test_albums_that_look_alike_are_told_apart_by_their_folders():
    songs = in_folders(
        ("one/Takk", "Sigur Rós", "Takk", "x"),
        *[(f"two/cd{n}", "Sigur Rós", "Takk", f"y{n}") for n in (1, 2)],
    )
    question = refusal(songs, "takk")
    assert "Takk by Sigur Rós in the folder one/Takk (1 song), the album Takk" in question
    assert "by Sigur Rós in the folder two (2 songs)" in question
    assert 'say album:"Takk" folder:"one/Takk", or' in question
    assert choose(songs, 'album:"Takk" folder:"one/Takk"') == (1,)
    assert choose(songs, 'album:"Takk" folder:"two"') == (2, 3)
    with pytest.raises(NotChosen, match=r'folder two; say album:"Takk" folder:"one/Takk"$'):
        answer_of("album", "takk", songs)
    assert len(answer_of("album", 'album:"Takk" folder:"two"', songs).tracks) == 2


def test_where_titles_share_a_part_it_says_how_to_have_them_all():
    songs = library(*[("Radiohead", "", f"Part {n}", "", "") for n in range(5)])
    question = refusal(songs, "part")
    assert question.startswith("5 titles have that: 1. Radiohead - Part 0, ")
    assert question.endswith("; find part shows them all, and play * plays those")
    assert choose(songs, "*", answer_of("find", "part", songs).listed) == (1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("albums zz", "no album has zz; albums shows all"),
        ("artists zz", "no artist has zz; artists shows all"),
        ("find zz", "no song has zz; list shows all"),
        ("find foo:bar", "no song has foo:bar; the fields are artist:, album:, title:, genre:,"),
        (
            "find album foo",
            "no song has album foo; the fields are artist:, album:, title:, genre:,",
        ),
        ("find artist:", "no song has artist:; the fields are artist:, album:, title:, genre:,"),
    ],
)
def test_what_is_not_found_says_where_to_look(line, told):
    word, _, words = line.partition(" ")
    said = Formatter("h:1").listing(answer_of(word, words, SONGS), Status())
    assert said.startswith(told)
    assert "as in artist:x" in said or ":" not in words


def test_a_field_that_there_is_not_is_told_to_play_as_well():
    assert "the fields are artist:, album:" in refusal(SONGS, "foo:bar")


PARTS = [("Radiohead", "Kid A", f"Part number {n}", str(n), "2000") for n in range(1, 31)]
BYRJUN = [("Sigur Rós", "Ágætis byrjun", title, "1", "1999") for title in ("Starálfur", "Ný")]
LONG = ("Ludwig van Beethoven", "Symphonies 5 & 6 in Vienna", MOVEMENT, "2", "1976")
ONE_LONG = library(*PARTS, *BYRJUN, LONG)


@pytest.mark.parametrize("columns", [60, 80])
def test_one_long_title_leaves_artists_and_albums_to_the_others(columns):
    room = columns - 1 - 2 - 4  # beside the IDs
    rows = list(song_rows(ONE_LONG.tracks, room, "…"))
    assert all(columns_of(row) <= room for row in rows)
    for row in rows[:30]:
        assert re.fullmatch(r"Radiohead +Part number \d+ +1:00  Kid A", row)
    assert re.fullmatch(r"Sigur Rós +Starálfur +1:00  Ágætis byrj(un|…)", rows[30])
    assert ("byrjun" in rows[30]) == (columns == 80)
    assert re.fullmatch(r"Ludwig v.* +Symphony.*….*con moto +1:00  Symphonies.*…", rows[32])
    waits = list(queue_rows(ONE_LONG.tracks, ["in 1:00"] * 33, room, "…"))
    assert re.fullmatch(r"Sigur Rós +Starálfur +1:00  in 1:00.*", waits[30])


@pytest.mark.parametrize("columns", [60, 80])
def test_artists_and_albums_share_the_room_of_albums(columns):
    rows = list(albums_rows(ONE_LONG.albums, columns - 1, "…"))
    assert all(columns_of(row) < columns for row in rows)
    assert re.fullmatch(r"Radiohead +Kid A +2000  30 songs  30:15", rows[0])
    assert re.fullmatch(r"Sigur Rós +Ágætis byrjun +1999   2 songs   2:01", rows[1])
    assert re.fullmatch(r"Ludwig van.*  Symphon.*  1976    1 song   1:00", rows[2])


def test_most_albums_are_whole_though_all_titles_are_long():
    titles = [f"Symphony No. {n} in C minor, Op. 67: II. Andante con moto" for n in range(40)]
    songs = library(*[("Beethoven", "Symphonies", title, "1", "") for title in titles])
    for row in song_rows(songs.tracks, 73, "…"):
        assert re.fullmatch(r"Beethoven  .*II\. Andante con moto +1:00  Symphonies", row)
    for row in song_rows(songs.tracks, 40, "…"):
        assert re.search(r"…II\. Andante con moto +1:00$", row)


FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["ar", "aa", "al", "ti", "tr", "di", "yr", "ge", "du", "fo"]),
        st.text(max_size=30)
        | st.sampled_from(["\x1b[2J", "\u202eevil", "となりのトトロ" * 60, "9" * 400, "-1", "nan"]),
    ),
    max_size=10,
).map(tuple)


@settings(deadline=None)  # the first example may load a module
@given(
    st.lists(st.tuples(st.none() | st.integers(0, 10**10), FIELDS)), st.integers(1, 120), st.text()
)
def test_hostile_fields_stay_in_their_columns(songs, columns, typed):
    listed = tuple(ListedSong(song_id, "\x1b]0;x\x07") for song_id, _ in songs)
    hostile = Library(listed, tuple(fields for _, fields in songs))
    rows = [
        *song_rows(hostile.tracks, columns, "…"),
        *albums_rows(hostile.albums, columns, "…"),
        *artists_rows(hostile.artists, columns, "…"),
    ]
    assert all(row.isprintable() or "\u200d" in row or "\u200c" in row for row in rows)
    with contextlib.suppress(query.BadQuery):
        query.find(hostile, typed)
    with contextlib.suppress(NotChosen, query.BadQuery):
        choose(hostile, typed)
