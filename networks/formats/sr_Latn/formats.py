"""As networks/formats/sr/formats.py, in Latin."""

DATE_FORMAT = "j. E Y."
DATETIME_FORMAT = r"j. E Y. \u H:i"
MONTH_DAY_FORMAT = "j. E"
