"""What a network sees: its layers, its filters, what it puts out, and why."""
