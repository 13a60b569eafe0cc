"""`python -m notifier` is the same as the command `notifier`."""


def main() -> None:
    from notifier.cli import main as run_command

    run_command()


if __name__ == "__main__":
    main()
