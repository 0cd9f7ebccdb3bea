"""The package is `countersign-webhooks`, imported as `countersign_webhooks`: `countersign` on PyPI is somebody else's."""

import importlib.metadata
import re
import subprocess
from pathlib import Path

import pytest

import countersign_webhooks

ROOT = Path(__file__).parents[3]
# What installs or imports a package whose name begins like ours. Where a line ends does not matter.
INSTALLS = re.compile(
    r"\b(?:pip3?|pipx|uv|poetry|pdm|conda)\s+(?:pip\s+)?(?:install|add|run)\s[^`#|;]*?(?<![\w./-])countersign(?![\w-])"
)
REQUIRES = re.compile(r"""^\s*["']?countersign(?:\[\w+\])?\s*(?:[=<>~!]=|["'],?$|$)""", re.MULTILINE)
IMPORTS = re.compile(
    r"(?:^[ \t>]*(?:from|import)[ \t]+|\bpython3?[ \t]+-m[ \t]+|import(?:orskip|_module)\(.)countersign(?![\w-])(?!::)", re.MULTILINE
)


def written_for_people_and_python():
    """Every text that tells a person or Python which package to take."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split("\0") if listed.returncode == 0 else [str(path.relative_to(ROOT)) for path in walk(ROOT)]
    for name in names:
        path = ROOT / name
        if path.suffix in (".md", ".py", ".pyi", ".txt", ".in") and path.is_file() and path != Path(__file__):
            yield name, path.read_text(encoding="utf-8")


def walk(folder):
    for path in folder.iterdir():
        if path.is_dir() and path.name not in ("target", ".git", "node_modules"):
            yield from walk(path)
        elif path.is_file():
            yield path


def wrong(name, text):
    """The places of a text that name somebody else's package."""
    patterns = [INSTALLS, IMPORTS] + ([REQUIRES] if re.search(r"requirements[\w.-]*\.(txt|in)$", name) else [])
    return [f"{name}: {found[0]!r}" for pattern in patterns for found in pattern.finditer(text)]


def test_nobody_is_told_to_take_somebody_elses_package():
    found, seen = [], set()
    for name, text in written_for_people_and_python():
        seen.add(name)
        found += wrong(name, text)
    assert not found
    assert {"README.md", "bindings/python/README.md", "examples/spark/README.md", "examples/spark/verify_archive.py",
            "bindings/python/bench/bench.py", "bindings/python/examples/flask_app.py"} <= seen


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "    pip install countersign\n"),
        ("a.md", "(`pip install\ncountersign[arrow]`)"),
        ("a.md", 'pip install "countersign[arrow]" pyspark'),
        ("a.md", "pip install -U countersign==0.1.0"),
        ("a.md", "uv add countersign"),
        ("a.md", "python3 -m pip install pandas countersign"),
        ("a.py", "from countersign import Verifier"),
        ("a.py", "import countersign\n"),
        ("a.py", "    import countersign._native"),
        ("a.py", 'pytest.importorskip("countersign")'),
        ("a/requirements.txt", "numpy==2\ncountersign==0.1.0\n"),
        ("requirements.in", "countersign[arrow]>=0.1\n"),
    ],
)
def test_what_would_be_found(name, text):
    assert wrong(name, text)


@pytest.mark.parametrize(
    "text",
    [
        "pip install countersign-webhooks",
        'pip install "./bindings/python[arrow]"',
        "from countersign_webhooks import Verifier",
        "import countersign_webhooks",
        "The package `countersign` on PyPI is another project",
        "use countersign::Verifier",
        "deliveries come from\ncountersign, which",
    ],
)
def test_what_is_right(text):
    assert not wrong("a.md", text)


def test_what_is_installed_has_the_name_that_is_told():
    assert importlib.metadata.version("countersign-webhooks") == countersign_webhooks.__version__
    assert countersign_webhooks.Verifier.__module__ == "countersign_webhooks"
    assert set(importlib.metadata.packages_distributions()["countersign_webhooks"]) == {"countersign-webhooks"}
