"""
Decides whether what is known about our dependencies is acceptable: every finding is named and argued, or it fails.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

from packaging.version import Version

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def floors(advisories: dict) -> list[str]:
    """Locked versions below the first version without a known weakness."""
    locked = {
        p["name"]: p["version"] for p in tomllib.loads((ROOT / "uv.lock").read_text())["package"] if "version" in p
    }
    faults = []
    for floor in advisories["floor"]:
        version = locked.get(floor["package"])
        if version is not None and Version(version) < Version(floor["at_least"]):
            faults.append(f"{floor['package']} {version} is below {floor['at_least']}: {floor['why']}")
    return faults


def findings(advisories: dict, report: Path) -> list[str]:
    """What pip-audit found and ``advisories.toml`` does not argue for."""
    try:
        dependencies = json.loads(report.read_text())["dependencies"]
    except (OSError, ValueError, KeyError):
        dependencies = []
    audited = [d for d in dependencies if "vulns" in d]
    if not audited:
        print(
            "audit: no advisory feed can be reached from here, so nothing was looked up; only the floors were checked"
        )
        return []
    print(f"audit: {len(audited)} of {len(dependencies)} packages looked up")
    accepted = {(a["package"], a["id"]) for a in advisories["accepted"]}
    faults = []
    for dependency in audited:
        for weakness in dependency["vulns"]:
            names = {weakness["id"], *weakness.get("aliases", [])}
            if not any((dependency["name"], name) in accepted for name in names):
                faults.append(f"{dependency['name']} {dependency['version']}: {weakness['id']} is not argued for")
    return faults


def main() -> int:
    """``audit.py floors`` or ``audit.py findings REPORT``; prints every fault and fails when there is one."""
    advisories = tomllib.loads((HERE / "advisories.toml").read_text())
    faults = floors(advisories) if sys.argv[1] == "floors" else findings(advisories, Path(sys.argv[2]))
    for fault in faults:
        print(f"audit: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
