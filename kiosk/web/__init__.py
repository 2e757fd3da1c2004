"""The pages of the kiosk. They read the log and ask the door; they decide nothing."""
