"""EC-MIIP: a small language model for Chinese intellectual-property law."""

from importlib.metadata import version

__version__ = version("ecmiip")
