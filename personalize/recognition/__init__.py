"""Who is this: the key ring, tokens, our cookie, click links, and the visitor they prove."""
