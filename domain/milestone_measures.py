"""What a step's procedure asks of a report: a known outcome, figures that add up, a threshold that was reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.event import Refused
from domain.milestone_events import Figure
from domain.step import Outcome, Quantity, Step


def known_outcome(step: Step | None, outcome: str | None) -> Outcome | None:
    """Return the outcome a step came to, or refuse one it cannot come to. A step without outcomes takes any words."""
    if step is None or not step.outcomes:
        return None
    found = step.outcome(outcome) if outcome else None
    if found is None:
        listed = ", ".join(each.id for each in step.outcomes)
        raise Refused(
            "unknown-outcome",
            es=f"{step.id} «{step.name.es}» concluye con un resultado de estos: {listed}.",
            en=f"{step.id} '{step.name.en}' comes to one of these outcomes: {listed}.",
            basis=", ".join(step.basis),
            fields=("outcome",),
        )
    return found


def total_of(figures: Sequence[Figure], quantity: str) -> int | None:
    """Return how much there is of a quantity, or None where nothing was said of it."""
    values = [figure.value for figure in figures if figure.quantity == quantity]
    return sum(values) if values else None


def refuse_wrong_figures(step: Step | None, figures: Sequence[Figure], done: int) -> None:
    """Refuse figures the step does not measure, two of the same, and figures that contradict the sum."""
    if not figures:
        return
    known = {quantity.id: quantity for quantity in step.quantities} if step else {}
    seen: set[tuple[str, str | None]] = set()
    for figure in figures:
        quantity = known.get(figure.quantity)
        if quantity is None or (figure.by is not None and figure.by not in quantity.by):
            raise _wrong_figures(f"no se mide «{_called(figure)}»", f"'{_called(figure)}' is not measured")
        if (figure.quantity, figure.by) in seen:
            raise _wrong_figures(f"«{_called(figure)}» se repite", f"'{_called(figure)}' is repeated")
        seen.add((figure.quantity, figure.by))
    first = next(iter(known))
    total = total_of(figures, first)
    if total is not None and total != done:
        raise _wrong_figures(
            f"«{first}» suma {total} y «done» dice {done}",
            f"'{first}' adds up to {total} and 'done' says {done}",
        )


def refuse_below_threshold(
    step: Step | None,
    outcome: Outcome | None,
    figures: Sequence[Figure],
    done: int | None,
    facts: Mapping[str, str],
) -> None:
    """Refuse an outcome whose threshold was not reached."""
    if step is None or outcome is None:
        return
    for id_ in outcome.needs:
        quantity = next(each for each in step.quantities if each.id == id_)
        value = total_of(figures, id_)
        if value is None and quantity is step.quantities[0]:
            value = done
        whole = int(facts[quantity.of]) if quantity.of and quantity.of in facts else None
        if value is None or not quantity.reaches(value, whole):
            raise _below(step, outcome, quantity, value, whole)


def _below(step: Step, outcome: Outcome, quantity: Quantity, value: int | None, whole: int | None) -> Refused:
    percent = quantity.at_least_percent
    of_es = whole if whole is not None else f"«{quantity.of}», dato con el que el expediente no se abrió"
    of_en = whole if whole is not None else f"'{quantity.of}', a fact the case was not opened with"
    needed_es = f"{percent} % de {of_es}" if percent else str(quantity.target)
    needed_en = f"{percent}% of {of_en}" if percent else str(quantity.target)
    return Refused(
        "threshold-not-reached",
        es=f"{step.id} no puede resultar «{outcome.name.es}»: se reportan {value if value is not None else 'cero'} "
        f"{quantity.unit.es} y hacen falta {needed_es}. Corrige la cifra o elige otro resultado.",
        en=f"{step.id} cannot come to '{outcome.name.en}': {value if value is not None else 'no'} "
        f"{quantity.unit.en} are reported and {needed_en} are needed. Correct the figure or choose another outcome.",
        basis=", ".join(quantity.basis or step.basis),
        fields=("outcome",),
    )


def _called(figure: Figure) -> str:
    return f"{figure.quantity}/{figure.by}" if figure.by else figure.quantity


def _wrong_figures(es: str, en: str) -> Refused:
    return Refused(
        "wrong-figures",
        es=f"Las cifras no se registran: {es}.",
        en=f"The figures are not recorded: {en}.",
        fields=("figures",),
    )
