"""Logging in at an identity provider (OpenID Connect): what visitors and staff have in common."""
