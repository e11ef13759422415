"""What an alert is: its stamps, its survey, and labels files."""
