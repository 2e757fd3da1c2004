"""The pages in Debian's Chromium, on a whole kiosk."""
