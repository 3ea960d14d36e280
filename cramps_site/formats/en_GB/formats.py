"""Where staff read a time it is by the clock of 24 hours, as they type it; the rest is Django's own for en-gb."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATETIME_FORMAT = "d/m/Y H:i"
