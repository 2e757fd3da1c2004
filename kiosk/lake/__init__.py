"""The lake: the stays of all sites in files by day, and the questions that engines answer over them."""
