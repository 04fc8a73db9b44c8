"""Writing kept rows in the forms that trainers read."""
