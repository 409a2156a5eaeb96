"""What people may demand: to be erased, and to stay so; and for how long anything is kept at all."""
