"""The pages by which people agree: banner and form, the mail to confirm by, and the way out of it."""
