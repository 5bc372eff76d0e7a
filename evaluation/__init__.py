"""Expert pool, committee draw, evaluation rooms (评标). See README.md."""
