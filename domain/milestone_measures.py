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
            raise _not_measured(step, figure)
        if (figure.quantity, figure.by) in seen:
            raise _wrong_figures(
                step,
                f"«{_called(figure)}» se repite: deja una sola cifra de cada cantidad y grupo",
                f"'{_called(figure)}' is repeated: leave one figure for each quantity and group",
            )
        seen.add((figure.quantity, figure.by))
    first = next(iter(known))
    total = total_of(figures, first)
    if total is not None and total != done:
        raise _wrong_figures(
            step,
            f"«{first}» suma {total} y «done» dice {done}: corrige el que esté mal",
            f"'{first}' adds up to {total} and 'done' says {done}: correct the one that is wrong",
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


def _not_measured(step: Step | None, figure: Figure) -> Refused:
    """Return the refusal of a figure for which there is no place, with those there are."""
    if step is None or not step.quantities:
        return _wrong_figures(
            step,
            f"aquí no se mide «{_called(figure)}»: reporta solo «done»",
            f"'{_called(figure)}' is not measured here: report 'done' alone",
        )
    names = [
        name for each in step.quantities for name in (each.id, *(f"{each.id}/{group}" for group in each.by))
    ]
    listed = ", ".join(names)
    return _wrong_figures(
        step,
        f"no se mide «{_called(figure)}»: usa {listed}",
        f"'{_called(figure)}' is not measured: use {listed}",
    )


def _wrong_figures(step: Step | None, es: str, en: str) -> Refused:
    """Return a refusal that names the step and its legal basis, where the procedure is at hand."""
    of_es, of_en = (
        (f" de {step.id} «{step.name.es}»", f" of {step.id} '{step.name.en}'") if step else ("", "")
    )
    return Refused(
        "wrong-figures",
        es=f"Las cifras{of_es} no se registran: {es}.",
        en=f"The figures{of_en} are not recorded: {en}.",
        basis=", ".join(step.basis) if step else "",
        fields=("figures",),
    )
