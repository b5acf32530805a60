"""
Writes the page: targets first, then sets, layers, peers, curves, intents, cost. Ids of invented messages, never a text.
"""

from __future__ import annotations

import html
import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.understanding import figures
from benchmarks.understanding.figures import Share, at_rate, auroc
from benchmarks.understanding.peers import NOT_RUN
from benchmarks.understanding.sets import LEVEL_SETS, ROOT
from bot.triage.levels import Level, ReplyKind

LEVELS = [level.label for level in Level]
REPLIES = [kind.value for kind in ReplyKind]
PREVALENCES = (0.001, 0.01, 0.05)

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-top: 1px solid #ccd3dc; padding-top: 1rem; }
table { border-collapse: collapse; margin: 1rem 0; } td, th { padding: .3rem .7rem; border-bottom: 1px solid #dde3ea; }
th { text-align: left; } td.n { text-align: right; font-variant-numeric: tabular-nums; }
.met { color: #14632f; font-weight: 600; } .missed { color: #9b1c1c; font-weight: 600; }
img { max-width: 100%; } code { font-size: .9em; } .ids { font-size: .85em; color: #45505e; }
"""


def commit() -> str:
    """The commit that is measured, and whether anything was changed since."""

    def git(*arguments: str) -> str:
        return subprocess.run(("git", *arguments), cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    changed = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    return git("rev-parse", "--short", "HEAD") + changed


def write(found: Any, out: Path) -> None:
    """``index.html``, its pictures, and ``figures.json`` for whoever wants to compare two runs."""
    out.mkdir(parents=True, exist_ok=True)
    sections = [
        _must(found),
        _sets(found),
        _curves(found, out),
        _layers(found),
        _peers(found),
        _intents(found, out),
        _cost(found),
        _misses(found),
        _limits(),
    ]
    body = "\n".join(sections)
    title = "How well Sidedoor understands"
    (out / "index.html").write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
        f"<p>Measured by <code>make evaluate</code> on commit {html.escape(found.commit)}. Shares come with 95 % "
        f"Wilson intervals. No text stands here, only figures and ids of messages that were invented for it.</p>"
        f"{body}</html>\n",
        encoding="utf-8",
    )
    summary = [
        {"what": what, "target": target, "measured": value, "met": met} for what, target, value, met in found.must
    ]
    (out / "figures.json").write_text(json.dumps({"commit": found.commit, "must": summary}, indent=1), encoding="utf-8")


def _must(found: Any) -> str:
    rows = []
    for what, target, value, met in found.must:
        verdict = "no data" if met is None else "met" if met else "not met"
        kind = "met" if met else "missed" if met is not None else ""
        rows.append((what, target, value, f"<span class='{kind}'>{verdict}</span>"))
    return "<h2>Targets</h2>" + _table(("what", "target", "measured", ""), rows)


def _sets(found: Any) -> str:
    parts = [
        "<h2>Set by set</h2><p>Share answered with the numbers (crisis), and with the numbers or the question.</p>"
    ]
    for name, judged in found.judged.items():
        one = found.sets[name]
        parts.append(f"<h3>{html.escape(name)}</h3><p>{html.escape(one.about)}; {len(judged)} messages.</p>")
        rows = []
        for label in _labels(name, judged):
            chosen = [each for each in judged if _is(each.item.label, label)]
            rows.append(
                (label, _share(chosen, (ReplyKind.CRISIS,)), _share(chosen, (ReplyKind.CRISIS, ReplyKind.CHECK_IN)))
            )
        if any(each.item.hard for each in judged):
            hard = [each for each in judged if each.item.hard]
            rows.append(
                (
                    "none, hard ones",
                    _share(hard, (ReplyKind.CRISIS,)),
                    _share(hard, (ReplyKind.CRISIS, ReplyKind.CHECK_IN)),
                )
            )
        parts.append(_table(("label", "crisis", "crisis or check_in"), rows))
    return "".join(parts)


def _curves(found: Any, out: Path) -> str:
    parts = ["<h2>Levels and curves</h2>"]
    held = found.judged["held_out"]
    table = np.zeros((5, 5), dtype=np.int64)
    replies = np.zeros((5, 3), dtype=np.int64)
    for each in held:
        row = LEVELS.index(each.item.label)
        table[row, int(each.verdict.level)] += 1
        replies[row, REPLIES.index(each.verdict.reply_kind.value)] += 1
    figures.draw_confusion(out / "levels.png", table, LEVELS, LEVELS)
    figures.draw_confusion(out / "replies.png", replies, LEVELS, REPLIES)
    parts.append(
        "<p><img src=levels.png alt='levels of the held-out set'> <img src=replies.png alt='replies by level'></p>"
    )
    within = np.mean([abs(LEVELS.index(each.item.label) - int(each.verdict.level)) <= 1 for each in held])
    exact = np.mean([LEVELS.index(each.item.label) == int(each.verdict.level) for each in held])
    parts.append(
        f"<p>Held-out levels: exactly right {exact:.3f}, within one {within:.3f}, weighted kappa {_kappa(table):.3f}."
    )
    curves = [("held-out, high and up", _truth(held, 3), [each.scores.get("high", 0.0) for each in held])]
    both = [("held-out, with the lexicon", _truth(held, 3), [each.risk for each in held])]
    if posts := found.judged.get("cssrs_dev"):
        for grade in (1, 4):
            known = [each.item.label >= grade for each in posts]
            curves.append((f"cssrs_dev, grade {grade} and up", known, [each.scores.get("high", 0.0) for each in posts]))
            both.append((f"cssrs_dev, {grade} and up, with the lexicon", known, [each.risk for each in posts]))
    figures.draw_curves(out / "curves.png", curves + both)
    figures.draw_calibration(
        out / "calibration.png",
        [
            curves[0],
            ("held-out, moderate and up", _truth(held, 2), [each.scores.get("moderate", 0.0) for each in held]),
        ],
    )
    parts.append(
        "<p><img src=curves.png alt='ROC and precision-recall curves'><img src=calibration.png alt='calibration'>"
    )
    parts.append(_predictive(held))
    return "".join(parts)


def _predictive(held: Sequence[Any]) -> str:
    crisis = [each for each in held if each.item.label in ("high", "imminent")]
    calm = [each for each in held if each.item.label in ("none", "mild")]
    recall, alarms = _rate(crisis), _rate(calm)
    rows = []
    for share in PREVALENCES:
        right, wrong = share * recall, (1 - share) * alarms
        rows.append((f"{share:.1%}", f"{right / (right + wrong):.2f}" if right + wrong else "-"))
    return "<p>If so many of all messages were crises, this share of alarms and questions would be right:</p>" + _table(
        ("crises", "right"), rows
    )


def _layers(found: Any) -> str:
    parts = ["<h2>Layer by layer</h2><p>The same verdicts with layers taken away, and what length alone would do.</p>"]
    for name, judged in found.judged.items():
        positive = _positive(name)
        if positive is None:
            continue
        known = [positive(each.item.label) for each in judged]
        if len(set(known)) < 2:
            continue
        rows = []
        for layer, scores, verdict in (
            ("length of the message", [float(each.length) for each in judged], None),
            ("lexicon", [_weight(each.lexicon) for each in judged], "lexicon"),
            ("scorer", [each.scores.get("high", 0.0) for each in judged], "scorer"),
            ("both", [each.risk for each in judged], "verdict"),
        ):
            hits = misses = "-"
            if verdict:
                flags = [getattr(each, verdict).reply_kind is not ReplyKind.NORMAL for each in judged]
                hits = str(Share.count(flag for flag, is_so in zip(flags, known, strict=True) if is_so))
                misses = str(Share.count(flag for flag, is_so in zip(flags, known, strict=True) if not is_so))
            rows.append((layer, f"{auroc(known, scores):.3f}", hits, misses))
        parts.append(f"<h3>{html.escape(name)}: {_POSITIVE_NAMES[name]}</h3>")
        parts.append(_table(("layer", "area under ROC", "found", "false alarms"), rows))
    return "".join(parts)


def _peers(found: Any) -> str:
    parts = [
        "<h2>Beside others</h2><p>Programs that run offline on the same messages, at their own thresholds; the last "
        "column is what our scores find at exactly their rate of false alarms.</p>"
    ]
    for name, judged in found.judged.items():
        positive = _positive(name)
        known = [positive(each.item.label) if positive else False for each in judged]
        rows = []
        for peer, by_set in found.peers.items():
            flags = by_set[name]
            hits = Share.count(flag for flag, is_so in zip(flags, known, strict=True) if is_so)
            alarms = Share.count(flag for flag, is_so in zip(flags, known, strict=True) if not is_so)
            risks = [each.risk for each in judged]
            ours = at_rate(
                [r for r, k in zip(risks, known, strict=True) if not k],
                [r for r, k in zip(risks, known, strict=True) if k],
                alarms.value,
            )
            rows.append((peer, str(hits), str(alarms), f"{ours:.3f}" if hits.of else "-"))
        flags = [each.verdict.reply_kind is not ReplyKind.NORMAL for each in judged]
        hits = Share.count(flag for flag, is_so in zip(flags, known, strict=True) if is_so)
        rows.append(
            ("<b>Sidedoor</b>", str(hits), str(Share.count(f for f, k in zip(flags, known, strict=True) if not k)), "")
        )
        parts.append(
            f"<h3>{html.escape(name)}</h3>" + _table(("program", "found", "false alarms", "ours at that rate"), rows)
        )
    left_out = "; ".join(f"{name}: {why}" for name, why in NOT_RUN.items())
    return "".join(parts) + f"<p>Not run: {html.escape(left_out)}.</p>"


def _intents(found: Any, out: Path) -> str:
    one = found.intents
    if not one:
        return "<h2>Intents</h2><p>Not measured in a quick run.</p>"
    figures.draw_confusion(out / "intents.png", one["table"], one["names"], one["names"])
    rows = [
        ("messages", one["n"]), ("macro-F1", f"{one['macro_f1']:.3f}"),
        ("macro-F1 if nothing were given up", f"{one['macro_f1_without_fallback']:.3f}"),
        ("right", f"{one['right']:.3f}"), ("right one among the first three", f"{one['right_of_three']:.3f}"),
        ("given up (offered as buttons)", f"{one['fallback']:.3f}"),
        ("messages with two needs", one["two"]["n"]), ("the urgent one first", f"{one['two']['urgent']:.3f}"),
        ("both among the first three", f"{one['two']['near']:.3f}"),
        ("the urgent one answered, the other a tap away, or both a tap away", f"{one['two']['offered']:.3f}"),
    ]  # fmt: skip
    chosen = one["chosen"]
    chosen_rows = [
        ("messages with two needs", chosen["n"]), ("the urgent one first", f"{chosen['urgent']:.3f}"),
        ("both among the first three", f"{chosen['near']:.3f}"),
        ("the urgent one answered, the other a tap away, or both a tap away", f"{chosen['offered']:.3f}"),
        ("messages with one need in several clauses", chosen["one"]["n"]),
        ("it comes first", f"{chosen['one']['right']:.3f}"),
        ("a second is seen where none is", f"{chosen['one']['second']:.3f}"),
    ]  # fmt: skip
    weakest = sorted(one["by_intent"].items(), key=lambda item: item[1])[:15]
    rasa = found.rasa
    said = (
        f"<p><code>rasa test nlu</code>, {rasa['folds']} folds over the utterances: macro-F1 {rasa['f1-score']:.3f}, "
        f"precision {rasa['precision']:.3f}, recall {rasa['recall']:.3f}. The encoder has seen all utterances, so this "
        f"figure flatters.</p>" if rasa.get("f1-score") else "<p>Rasa's cross-validation was not run.</p>"
    )  # fmt: skip
    ids = ", ".join(f"{name} ({true} → {guess})" for name, true, guess in one["misses"])
    return (
        "<h2>Intents</h2>" + _table(("held out", ""), rows) + said
        + _table(("by these the weight of a clause was chosen", ""), chosen_rows)
        + "<h3>The weakest</h3>" + _table(("intent", "F1"), [(name, f"{value:.2f}") for name, value in weakest])
        + f"<p><img src=intents.png alt='intents taken for one another'></p><p class=ids>Misses: {html.escape(ids)}</p>"
    )  # fmt: skip


def _cost(found: Any) -> str:
    rows = [
        (
            name,
            f"{one['p50']:.1f}",
            f"{one['p95']:.1f}",
            f"{one['most']:.1f}",
            f"{one['mb']:.0f}",
            f"{one['loading']:.2f}",
        )
        for name, one in found.speed.items()
    ]
    redaction = [(name, changes, of) for name, (changes, of) in found.redaction.items()]
    return (
        "<h2>Cost</h2><p>Processor time of one thread, over all messages of all sets.</p>"
        + _table(("layers", "p50 ms", "p95 ms", "most ms", "memory MB", "loading s"), rows)
        + "<h3>Redaction</h3><p>Messages whose level or reply differs when they are redacted first.</p>"
        + _table(("set", "changed", "messages"), redaction)
    )


def _misses(found: Any) -> str:
    parts = ["<h2>Misses, by id</h2>"]
    for name, judged in found.judged.items():
        if name not in LEVEL_SETS:
            continue
        parts.append(f"<h3>{html.escape(name)}</h3>")
        for label in LEVELS:
            chosen = [each for each in judged if each.item.label == label]
            wrong = [each for each in chosen if each.verdict.reply_kind not in _RIGHT[label]]
            ids = ", ".join(each.item.id for each in wrong)
            parts.append(
                f"<p><b>{label}</b>: {len(wrong)} of {len(chosen)}. <span class=ids>{html.escape(ids)}</span></p>"
            )
    return "".join(parts)


def _limits() -> str:
    return (
        "<h2>What this does not show</h2><p>No real message of an officer was ever measured: there is no such set. "
        "The held-out messages were written apart from the training messages; the public sets are forum "
        "posts by young civilians and requests to assistants, and thresholds were chosen with them in sight.</p>"
    )


_RIGHT = {
    "none": {ReplyKind.NORMAL},
    "mild": {ReplyKind.NORMAL},
    "moderate": {ReplyKind.NORMAL, ReplyKind.CHECK_IN},
    "high": {ReplyKind.CRISIS, ReplyKind.CHECK_IN},
    "imminent": {ReplyKind.CRISIS},
}
_POSITIVE_NAMES = {**dict.fromkeys(LEVEL_SETS, "high and imminent"), "cssrs_dev": "grade 1 and up"}


def _positive(name: str) -> Any:
    if name in LEVEL_SETS:
        return lambda label: label in ("high", "imminent")
    return (lambda grade: grade >= 1) if name == "cssrs_dev" else None


def _labels(name: str, judged: Sequence[Any]) -> list[Any]:
    if name in LEVEL_SETS:
        return list(LEVELS)
    if name == "cssrs_dev":
        return [0, 1, 2, 3, 4, 5, 6, "1 and up", "4 and up"]
    if name == "clinc_dev":
        return ["all"]
    return sorted({each.item.label for each in judged})


def _is(label: Any, wanted: Any) -> bool:
    if wanted == "all":
        return True
    if isinstance(wanted, str) and wanted.endswith(" and up"):
        return bool(label >= int(wanted.split()[0]))
    return bool(label == wanted)


def _share(judged: Sequence[Any], kinds: Sequence[ReplyKind]) -> str:
    return str(Share.count(each.verdict.reply_kind in kinds for each in judged))


def _rate(judged: Sequence[Any]) -> float:
    return Share.count(each.verdict.reply_kind is not ReplyKind.NORMAL for each in judged).value


def _truth(judged: Sequence[Any], least: int) -> list[bool]:
    return [LEVELS.index(each.item.label) >= least for each in judged]


def _weight(verdict: Any) -> float:
    return REPLIES.index(verdict.reply_kind.value) + int(verdict.level) / 10


def _kappa(table: Any) -> float:
    places = np.arange(len(table))
    weights = (places[:, None] - places[None, :]) ** 2
    chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(table.sum(), 1)
    return float(1 - (weights * table).sum() / max((weights * chance).sum(), 1e-9))


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
