"""What a person does on the board besides moving the cursor: undo, several tickets at once, commands, news, notes."""
