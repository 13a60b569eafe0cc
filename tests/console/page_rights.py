"""What right each page asks for, written by hand: one line for each route of `notifier/console/pages/`."""

PAGES = {
    "GET /": "view or press",
    "GET /about": "view",
    "GET /now": "view",
    "GET /enrol": "administer or technician",
    "POST /enrol": "administer or technician",
    "GET /enrol/{token}": "public",
    "POST /enrol/{token}": "public",
    "GET /press": "press",
    "GET /press/confirm": "press",
    "POST /press/start": "press",
    "GET /press/started": "press or view",
    "GET /press/state": "press or drill",
    "GET /press/worker": "public",
    "POST /press/911": "press",
    "GET /press/mistake": "press",
    "POST /press/mistake": "press",
    "GET /drill/press": "drill",
    "GET /drill/press/confirm": "drill",
    "POST /drill/press/start": "drill",
    "GET /drill/press/started": "drill or view",
    "POST /drill/press/stop": "drill",
}
"""A right, several joined by " or ", or `public`."""
