"""The visitor's own page: what data may be used for, and the buttons that change it."""
