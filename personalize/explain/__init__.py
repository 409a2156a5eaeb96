"""Why was it shown: a cookbook entry into sentences that can be read aloud, and the decision made again."""
