"""Where things are kept: one folder per site, opened by `storage.open`."""
