"""What is printed: answers and reports as plain lines, as rich text and as JSON."""
