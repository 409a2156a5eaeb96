"""What do we know: the dictionary applied to a person, the view with its named absences, identifiers."""
