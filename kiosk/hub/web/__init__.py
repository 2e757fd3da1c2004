"""What a hub answers by HTTPS: kiosks, the consoles of tracing teams, its staff's browsers."""
