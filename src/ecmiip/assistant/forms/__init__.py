"""The forms: one TOML file each, in wording and layout of our own, and what reads them."""
