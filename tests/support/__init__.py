"""What several tests build on: sample objects and a mail server that does as it is told."""
