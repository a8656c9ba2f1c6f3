"""The programs as a user has them: processes of their own, joined by TCP."""
