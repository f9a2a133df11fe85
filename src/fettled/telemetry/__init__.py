"""What the daemon tells about itself: log lines and metrics."""
