"""
Tells Rasa's own tools where this project keeps things, so that ``rasa train``, ``rasa data validate`` and ``rasa test`` need no arguments.

The domain is ``domain.yml`` and the reviewed wording beside it; the training data is ``nlu_data`` and ``stories``. ``config.yml``
names this class.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter

_DATA = ("nlu_data", "stories")
_RESPONSES = Path("nlu_data") / "responses"


class ProjectImporter(RasaFileImporter):  # type: ignore[misc]  # Rasa has no types
    """Rasa's importer, with the wording merged into the domain."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **_unused: Any,
    ) -> None:
        given = [training_data_paths] if isinstance(training_data_paths, str) else training_data_paths or []
        there = [path for path in given if path and Path(path).exists()]
        self._root = Path(domain_path or config_file or ".").resolve().parent
        super().__init__(config_file, domain_path, there or [str(self._root / name) for name in _DATA])

    def get_domain(self) -> Domain:
        """The domain with every response that an officer can read."""
        domain = super().get_domain()
        wording = self._root / _RESPONSES
        return domain.merge(Domain.from_directory(str(wording))) if wording.is_dir() else domain
