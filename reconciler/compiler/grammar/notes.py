"""What a reading takes for granted."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Notes:
    """What a reading takes for granted, as it is found out."""

    assumptions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    conventions: dict[str, str] = field(default_factory=dict)
    choice: str | None = None

    def assume(self, sentence: str) -> None:
        """Add *sentence* once."""
        if sentence not in self.assumptions:
            self.assumptions.append(sentence)
