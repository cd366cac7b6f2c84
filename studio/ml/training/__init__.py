"""Training networks: crops kept ready, batches of them, the loop, and what it leaves behind."""
