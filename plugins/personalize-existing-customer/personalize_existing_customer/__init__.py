"""Suppresses offers of products the visitor already has."""
