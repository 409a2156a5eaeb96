"""What may we use: the ledger of consent events and the gate that turns it into grants."""
