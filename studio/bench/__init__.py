"""What is measured, each beside a reference in the same process."""
