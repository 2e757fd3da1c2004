"""The hub: where the logs of kiosks arrive, and tracing teams ask."""
