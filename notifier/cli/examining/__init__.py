"""What `notifier doctor` looks at: one file a neighbourhood, one function a question, nothing changed by any."""
