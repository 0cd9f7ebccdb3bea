"""What `help()` says is what editors show."""

import ast
import importlib.util
import inspect
from pathlib import Path

import countersign_webhooks
from countersign_webhooks import _native

STUB = ast.parse(Path(_native.__file__).with_name("_native.pyi").read_text(encoding="utf-8"))


def documented():
    for node in STUB.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            yield node.name, node, getattr(_native, node.name)
            for inner in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(inner, ast.FunctionDef) and ast.get_docstring(inner):
                    yield f"{node.name}.{inner.name}", inner, getattr(getattr(_native, node.name), inner.name)
                elif isinstance(inner, ast.FunctionDef):
                    assert inner.name.startswith("__"), f"{node.name}.{inner.name} has no docstring"


def test_docstrings_are_the_same_in_the_stub_and_in_the_module():
    found = 0
    for name, node, runtime in documented():
        assert ast.get_docstring(node) == inspect.cleandoc(runtime.__doc__ or ""), name
        found += 1
    assert found >= 40, found


def test_all_that_is_exported_is_documented():
    assert countersign_webhooks.__doc__ and sorted(countersign_webhooks.__all__) == countersign_webhooks.__all__
    for name in countersign_webhooks.__all__:
        # Names of types have no docstring at run time.
        assert name in ("Algorithm", "Encoding", "Headers", "Verdict", "__version__") or getattr(countersign_webhooks, name).__doc__, name
    assert importlib.util.find_spec("countersign_webhooks").submodule_search_locations
