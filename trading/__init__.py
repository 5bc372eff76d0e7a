"""Projects, tenders, lots, sealed bids, opening sessions, objections, awards, contracts."""
