"""The SQLite backend. Driver errors end here: callers see StoreError."""
