"""What can be shown: variants from files, texts with placeholders, and the recipe published of it all."""
