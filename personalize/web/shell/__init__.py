"""What every page shares: layout, stylesheet, headers, language and the guard before a POST."""
