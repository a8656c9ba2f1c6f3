"""What a first word means another command by is in the manual and in the reference, too."""

import pytest

from docs.site import commands, manual


@pytest.mark.parametrize("word", ["migrate", "copy"])
def test_the_manual_and_the_reference_descend(word):
    page, reference = manual.pages()["alfine-library.1"], commands.reference()
    assert f'.SH "LIBRARY {word.upper()}"' in page
    assert f"\n    alfine library {word} " in page
    assert f"## alfine library {word}\n" in reference
    assert "Example: `alfine library " in reference


def test_paragraphs_do_not_keep_the_indent_of_their_source():
    assert not [name for name, page in manual.pages().items() if "\n    The " in page]
