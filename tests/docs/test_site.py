"""The documentation: built without a warning, no link is broken, nothing comes from elsewhere."""

import fcntl
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from cli.app import COMMANDS, module_of
from cli.command_line import import_command
from cli.outside import command as outside
from diagrams.machines import MACHINES
from tests.needs import needs_module

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS) for path in DOCS.rglob("*.md"))
MARKDOWN = [ROOT / "README.md", *(DOCS / page for page in PAGES)]

RESOURCES = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""From a tag to its attribute by which a browser loads something with the page."""

needs_sphinx = needs_module("sphinx", "furo", "myst_parser")


class Page(HTMLParser):
    """What a built page links to, loads, and can be linked to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.anchors, self.drawings = [], [], set(), 0
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values:
            self.anchors.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in RESOURCES and RESOURCES[tag] in values:
            self.loaded.append(values[RESOURCES[tag]])
        self.drawings += tag == "div" and values.get("class") == "drawing"


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site, built once for all tests and all processes that run them."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    built = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (built / "done").exists():
            build(built)
            (built / "done").touch()
    return built


def build(to):
    nowhere = "http://127.0.0.1:9"
    strict = ("--fail-on-warning", "--keep-going", "--quiet")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *strict, "-d", to.with_name("doctrees"), DOCS, to],
        cwd=ROOT,
        env=os.environ | {"http_proxy": nowhere, "https_proxy": nowhere},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}


@needs_sphinx
def test_every_page_is_built_and_is_reached_from_the_first(site, pages):
    first = pages[site / "index.html"]
    for page in PAGES:
        built = page.with_suffix(".html")
        assert site / built in pages
        assert page.name == "index.md" or built.as_posix() in first.links


@needs_sphinx
def test_every_internal_link_leads_somewhere(pages):
    followed = 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path.name}: {link}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].anchors, f"{path.name}: {link}"
            followed += 1
    assert followed > 1000


@needs_sphinx
def test_nothing_is_loaded_from_elsewhere(site, pages):
    for path, page in pages.items():
        for loaded in page.loaded:
            parts = urlsplit(loaded)
            assert not parts.scheme
            assert not parts.netloc, f"{path.name}: {loaded}"
    styles = list(site.rglob("*.css"))
    assert styles
    for style in styles:
        # Pictures that stand in the style itself name the namespace of SVG, which is not loaded.
        text = re.sub(r"url\(['\"]?data:[^)]*\)", "", style.read_text())
        assert not re.search(r"url\(['\"]?(?:https?:)?//|@import", text), style.name


@needs_sphinx
def test_every_drawing_stands_in_a_box_of_its_own_and_alone(site, pages):
    page = pages[site / "state-machines.html"]
    assert page.drawings == len(MACHINES) + 1
    for machine in MACHINES:
        assert f"_images/{machine.table.name}.svg" in page.links
    css = (site / "_static" / "site.css").read_text()
    assert "overflow: auto" in css
    assert "max-width: none" in css


@needs_sphinx
def test_every_option_of_every_command_is_in_the_reference(site):
    text = (site / "commands.html").read_text()
    for name, options in options_of_commands().items():
        section = text.split(f'id="alfine-{name}"')[1].split("<section")[0]
        for option in options:
            assert f"{option}" in section, (name, option)
    for word in outside.WORDS:
        assert "--client PID" in text.split(f'id="alfine-{word}"')[1].split("<section")[0]


# What is written


def options_of_commands():
    return {
        name: {
            option
            for parameter in import_command(module_of(name)).params
            if parameter.param_type_name == "option"
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        for name in COMMANDS
    }


def test_what_the_pages_say_to_type_exists():
    options = options_of_commands()
    found = 0
    for path in [*MARKDOWN, *DOCS.glob("*.service")]:
        for name, rest in re.findall(r"\balfine (\w+)((?: [^\s#|`&;]+)*)", commands_in(path)):
            if name in options:
                own, _, _ = rest.partition(" -- ")  # behind it stands another command
                typed = set(re.findall(r"(?<= )--[a-z-]+", own))
                assert typed <= options[name] | {"--help"}, (path.name, name, rest)
                found += 1
    assert found > 30


def commands_in(path):
    """The lines of a page that may be commands: in boxes, in backticks, or indented."""
    text = path.read_text()
    if path.suffix != ".md":
        return text
    boxes = re.findall(r"^```(?:sh|text)?\n(.*?)^```", text, re.M | re.S)
    return "\n".join(
        [*boxes, *re.findall(r"`([^`\n]+)`", text), *re.findall(r"^    .*$", text, re.M)]
    )


def test_the_options_that_the_operating_page_names_are_the_servers():
    named = set(re.findall(r"`(--[a-z-]+)`", (DOCS / "operating.md").read_text()))
    assert len(named) > 10
    options = options_of_commands()
    assert named <= options["server"] | options["service"]


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere_on_a_code_host_too(path):
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)
    text = re.sub(r"`[^`\n]*`", "", text)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"^\[[^\]]+\]: (\S+)$", text, re.M)
    for link in links:
        parts = urlsplit(link)
        if not parts.scheme:
            target = (path.parent / parts.path).resolve() if parts.path else path
            assert target.exists(), link
            if parts.fragment and target.suffix == ".md":
                assert parts.fragment in headings(target), link


def headings(path):
    """The anchors that a code host gives the headings of a page."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
