"""Tidegate's own rules: what happens where no law speaks but passing would be wrong.

They fail closed and cite themselves, so that nobody takes them for an article of law.
"""

from __future__ import annotations

from tidegate.events.decision import Evidence, Outcome, Reason
from tidegate.licenses.standing import Fault

INSTRUMENT = "Tidegate house rules"
UNANSWERED = "TG-LICENSE-UNANSWERED"
NOT_FOUND = "TG-LICENSE-NOT-FOUND"
NOT_USABLE = "TG-LICENSE-NOT-USABLE"
NOT_JUDGED = "TG-NOT-JUDGED"
NO_GOODS = "TG-NO-GOODS"


def license_fault(fault: Fault, line: int) -> Reason:
    """Give the reason for a cited license that no measure of its regime speaks of."""
    evidence = (Evidence(path=fault.path, value=fault.value),)
    unknown = () if fault.unknown is None else (fault.unknown,)
    if fault.name == "unanswered":
        measure, article = UNANSWERED, "1: a cited license counts once its owner has answered"
        title, advice = "The license has not been answered for yet", None
    elif fault.name == "not_found":
        measure, article = NOT_FOUND, "2: a license that is not on file grants nothing"
        title = "The license cited is not on file"
        advice = "Send the license's event, or correct the number on the shipment."
    else:
        measure, article = NOT_USABLE, "3: a license is used within its own terms"
        title = "The license cited is not usable: " + fault.name.replace("_", " ")
        advice = "Cite a license that covers this line at this date."
    return Reason(
        measure=measure,
        instrument=INSTRUMENT,
        article=article,
        outcome=Outcome.LICENSE_INVALID,
        title=title,
        line=line,
        evidence=evidence,
        unknown=unknown,
        advice=advice,
    )


def not_judged(cause: str) -> Reason:
    """Give the reason for a shipment on which the engine itself failed."""
    return Reason(
        measure=NOT_JUDGED,
        instrument=INSTRUMENT,
        article="4: what cannot be judged does not pass",
        outcome=Outcome.REVIEW,
        title="The shipment could not be judged: internal error",
        evidence=(Evidence(path="engine", value=cause),),
        unknown=("decision",),
        advice="Have a person judge it, and report the error.",
    )


def no_goods() -> Reason:
    """Give the reason for a shipment that states no goods: most measures ask about goods."""
    return Reason(
        measure=NO_GOODS,
        instrument=INSTRUMENT,
        article="5: what is shipped must be known",
        outcome=Outcome.REVIEW,
        title="The shipment states no goods, so most measures cannot be asked",
        unknown=("items",),
        advice="State the lines of goods.",
    )
