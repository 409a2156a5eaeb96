"""The vocabulary: frozen values without I/O or framework. Import from the defining module."""
