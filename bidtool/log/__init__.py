"""The offline side of the transparency log: batch checks, mirrors, a witness. Contract: RFC 6962 and C2SP."""
