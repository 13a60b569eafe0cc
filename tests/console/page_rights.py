"""What right each page asks for, written by hand: one line for each route of `notifier/console/pages/`."""

PAGES = {
    "GET /": "view or press",
    "GET /about": "view",
    "GET /now": "view",
}
"""A right, several joined by " or ", or `public`."""
