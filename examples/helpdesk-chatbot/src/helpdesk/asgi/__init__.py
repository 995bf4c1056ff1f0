"""What every service on FastAPI shares: request ids, limits, headers, log lines, start and end."""
