"""The default plugins: they use nothing but what a stranger's plugin could use."""
