"""The decisions. Pure: no clock, disk, network, environment, randomness or logging; `now` is passed in."""
