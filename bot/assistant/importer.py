"""
Tells Rasa's own tools where the training data is, so that ``rasa train`` and ``rasa data validate`` need no arguments.

``config.yml`` names this class. The reviewed wording lies in ``nlu_data`` too; Rasa adds it to the domain by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

DATA = ("nlu_data", "stories")


class ProjectImporter(RasaFileImporter):
    """Rasa's importer; it reads ``nlu_data`` and ``stories`` beside the configuration where nothing else was named."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **_unused: Any,
    ) -> None:
        named = [training_data_paths] if isinstance(training_data_paths, str) else training_data_paths or []
        there = [path for path in named if path and Path(path).exists()]
        root = Path(domain_path or config_file or ".").resolve().parent
        super().__init__(config_file, domain_path, there or [str(root / name) for name in DATA])
        self._read: TrainingData | None = None

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The examples, read once: Rasa asks twice, and 80 files take it 10 s each time."""
        if self._read is None:
            self._read = super().get_nlu_data(language)
        return self._read
