"""Draws the line that is typed without what could steer the terminal.

A line may have been pasted, or come from the history's file: both may hold anything.
"""

from __future__ import annotations

from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput

from cli.words.safe_text import in_place


class SafeInput(Processor):
    """Shows one character for each of the line, so that the cursor stands where it should."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Replace each character that is not to be printed; the line itself stays as it is."""
        return Transformation(
            [(style, in_place(text)) for style, text, *_ in transformation_input.fragments]
        )
