"""Demo certification authorities: real hierarchies, revocation lists and OCSP, for tests and training."""
