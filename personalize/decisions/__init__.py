"""What is shown: conditions, suppression, choosing, and the decision with its reasons."""
