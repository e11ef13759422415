"""What an alert is: its stamps, its survey, and the labels that come as a file."""
