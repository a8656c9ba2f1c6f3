"""The headings under which the help of `alfine server` sorts its options."""

RUNNING, SONGS = "Running", "Songs"
CLIENTS, REQUESTS, PACE = "Limits of clients", "Limits of requests", "Limits of silence"
