"""How devices are spoken to: HTTP with limits and logins, a line to each device, SOAP. It knows no kind of device."""
