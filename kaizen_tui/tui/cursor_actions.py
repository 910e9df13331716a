"""The registry's cursor actions, as moves on the board."""

from kaizen_tui.tui.widgets.board import Board


class CursorActions:
    """Handlers of the actions that move the cursor."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def action_step(self, down: int) -> None:
        """Cards down."""
        self._board.step(down)

    def action_page(self, down: int) -> None:
        """Screens down."""
        self._board.page(down)

    def action_end(self, last: int) -> None:
        """To the first (0) or the last (1) card."""
        self._board.go_to_end(last=bool(last))

    def action_turn(self, right: int) -> None:
        """Columns to the right."""
        self._board.go_to_column(self._board.focused_column + right)

    def action_column(self, column: int) -> None:
        """To a column, 0..6."""
        self._board.go_to_column(column)
