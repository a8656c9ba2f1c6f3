"""What is read of a certificate's file."""

import datetime

from net.tls.certificate_files import end_of


def test_the_end_of_a_certificate_is_read_by_an_older_library_too():
    class Older:
        not_valid_after = datetime.datetime(2036, 1, 2, 3, 4, 5)

    assert end_of(Older()) == datetime.datetime(2036, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
