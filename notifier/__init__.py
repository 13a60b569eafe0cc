"""Mass notification and lockdown orchestration."""

from importlib.metadata import version

__version__ = version("lockdown-notifier")
