"""Pure facts and rules: no input or output, no asyncio, no logging."""
