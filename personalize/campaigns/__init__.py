"""Mailings: the links of a whole mailing, the newsletter that holds them, and who came by them."""
