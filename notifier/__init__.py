"""Mass notification and lockdown orchestration."""

import mimetypes
import os
from importlib.metadata import version

# Nothing that happens to be installed beside us hooks into how our files and requests are read, and no start looks
# through every distribution for such a thing; what a file of ours is called does not depend on the machine's own list.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
mimetypes.knownfiles.clear()

__version__ = version("lockdown-notifier")
