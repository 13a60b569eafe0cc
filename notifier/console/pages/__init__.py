"""The pages people see: one module for each group, found by its file. Its `ROUTES` are its registration."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from notifier.console.route import Route


def page_routes() -> tuple[Route, ...]:
    """The routes of every module here that has some; a name that begins with `_` is a shared part."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return tuple(route for module in modules for route in getattr(module, "ROUTES", ()))
