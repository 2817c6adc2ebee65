"""Packages that only a part of the module needs."""

import importlib


def need(name, what):
    """The package, or an error that says how to get it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"{what} needs {name.split('.')[0]}: pip install 'cellprism[anndata]'") from error
