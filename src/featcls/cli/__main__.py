"""`python -m featcls.cli` is `featcls`."""

from featcls.cli import main

if __name__ == "__main__":
    main()
