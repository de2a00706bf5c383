"""Dates as Serbian writes them, where Django leaves the month in the nominative: 3. маја 2007."""

# E is the month as our catalogue has it under "alt. month", in the genitive.
DATE_FORMAT = "j. E Y."
DATETIME_FORMAT = r"j. E Y. \у H:i"
MONTH_DAY_FORMAT = "j. E"
