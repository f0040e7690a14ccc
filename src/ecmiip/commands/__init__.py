"""One module per group of commands; each holds typed functions and no logic of its own."""
