"""The `alfine` command of an installation: it finds the rooms (fsm, net, cli …), and runs `cli`.

The rooms come first on the path of this process alone, so that no package of the same name that
somebody else has installed is taken for one, nor is a room taken for such a package.
"""

import os.path
import sys


def main() -> None:
    """Run the command line."""
    sys.path.insert(0, rooms())
    from cli.app import main as run

    run()


def rooms() -> str:
    """Return the folder with the rooms: an editable installation has them in the source tree."""
    here = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(here, "rooms")
    return installed if os.path.isdir(installed) else os.path.dirname(os.path.dirname(here))


if __name__ == "__main__":
    main()
