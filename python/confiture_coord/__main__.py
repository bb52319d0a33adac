"""``python -m confiture_coord`` is the command ``confiture-coord``."""

from confiture_coord.cli import main

main()
