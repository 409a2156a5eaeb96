"""Files of a customer system into profiles and consent events."""
