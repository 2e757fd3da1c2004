"""The pages by which a kiosk is set up: an application of their own, for the kiosk's own pages do not run meanwhile."""
