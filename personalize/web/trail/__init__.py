"""The trail: who of the staff looked up whom, when and why."""
